//! Tables that are named by their ARNs, which DynamoDB takes wherever it takes a table's name.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html#DDB-GetItem-request-TableName>

use samlet_aws::{Arn, Place};
use serde_json::{Map, Value};

use super::tables::is_name;
use crate::Refusal;

/// Puts names in place of ARNs into the members of a request.
pub(super) fn reduce(members: &mut Map<String, Value>, place: &Place) -> Result<(), Refusal> {
    if let Some(name) = members.get_mut("TableName") {
        reduce_text(name, place)?;
    }
    if let Some(Value::Object(tables)) = members.get_mut("RequestItems") {
        reduce_keys(tables, place)?;
    }
    let Some(Value::Array(items)) = members.get_mut("TransactItems") else {
        return Ok(());
    };
    let actions = items
        .iter_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for action in actions {
        if let Some(name) = action.get_mut("TableName") {
            reduce_text(name, place)?;
        }
    }
    Ok(())
}

fn reduce_text(value: &mut Value, place: &Place) -> Result<(), Refusal> {
    let Value::String(text) = value else {
        return Ok(());
    };
    if is_arn(text) {
        *text = name_in(text, place)?;
    }
    Ok(())
}

fn reduce_keys(tables: &mut Map<String, Value>, place: &Place) -> Result<(), Refusal> {
    if !tables.keys().any(|table| is_arn(table)) {
        return Ok(());
    }
    for (mut table, value) in std::mem::take(tables) {
        if is_arn(&table) {
            table = name_in(&table, place)?;
        }
        if tables.contains_key(&table) {
            return Err(Refusal::validation(format!(
                "Table {table} is in the request both by its name and by its ARN"
            )));
        }
        tables.insert(table, value);
    }
    Ok(())
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// The name of the table of an ARN, which must be of this place: there are no tables of other accounts and Regions.
fn name_in(text: &str, place: &Place) -> Result<String, Refusal> {
    let invalid = || {
        Refusal::validation(format!(
            "Invalid TableArn: Invalid ResourceArn provided as input {text}"
        ))
    };
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let name = arn.resource().strip_prefix("table/").ok_or_else(invalid)?;
    if arn.service() != "dynamodb" || !is_name(name) {
        return Err(invalid());
    }
    if arn.as_str() != place.arn("dynamodb", arn.resource()).as_str() {
        let not_found = "Requested resource not found".into();
        return Err(Refusal::elsewhere(&arn, place, not_found));
    }
    Ok(name.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place() -> Place {
        Place::new("eu-central-1", "123456789012", "local")
    }

    fn reduced(request: Value) -> Result<Value, Refusal> {
        let Value::Object(mut members) = request else {
            panic!("requests are objects");
        };
        reduce(&mut members, &place())?;
        Ok(Value::Object(members))
    }

    #[test]
    fn tables_are_named_by_their_arns_too() {
        let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/messages";
        for (with_arn, with_name) in [
            (
                json!({"TableName": arn, "Limit": 1}),
                json!({"TableName": "messages", "Limit": 1}),
            ),
            (
                json!({"RequestItems": {arn: [1], "other": [2]}}),
                json!({"RequestItems": {"messages": [1], "other": [2]}}),
            ),
            (
                json!({"TransactItems": [{"Put": {"TableName": arn}}, {"Get": {"TableName": "abc"}}]}),
                json!({"TransactItems": [{"Put": {"TableName": "messages"}}, {"Get": {"TableName": "abc"}}]}),
            ),
        ] {
            assert_eq!(reduced(with_arn), Ok(with_name));
        }
    }

    #[test]
    fn only_tables_of_this_place_are_there() {
        for arn in [
            "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/index/i",
            "arn:aws:dynamodb:eu-central-1:123456789012:table/ab",
            "arn:aws:sqs:eu-central-1:123456789012:table/messages",
            "arn:aws:dynamodb:eu-central-1:123456789012:messages",
            "arn:aws",
        ] {
            assert_eq!(
                reduced(json!({"TableName": arn})),
                Err(Refusal::Validation(format!(
                    "Invalid TableArn: Invalid ResourceArn provided as input {arn}"
                )))
            );
        }
        for elsewhere in [
            "arn:aws:dynamodb:us-east-1:123456789012:table/messages",
            "arn:aws-cn:dynamodb:eu-central-1:123456789012:table/messages",
        ] {
            assert_eq!(
                reduced(json!({"TableName": elsewhere})),
                Err(Refusal::ResourceNotFound(
                    "Requested resource not found".into()
                ))
            );
        }
        let of_others = "arn:aws:dynamodb:eu-central-1:210987654321:table/messages";
        let refusal = reduced(json!({"TableName": of_others}));
        assert!(
            matches!(refusal, Err(Refusal::AccessDenied(_))),
            "{refusal:?}"
        );
    }

    #[test]
    fn a_table_is_in_a_batch_once() {
        let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/messages";
        let twice = reduced(json!({"RequestItems": {arn: [], "messages": []}}));
        assert_eq!(
            twice,
            Err(Refusal::validation(
                "Table messages is in the request both by its name and by its ARN"
            ))
        );
    }
}
