//! Tags of tables.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html>

use std::sync::Arc;

use samlet_aws::Arn;
use samlet_dynamodb_api::Refusal;
use samlet_dynamodb_api::request::{TagResource, UntagResource};
use serde_json::{Value, json};

use crate::database::{Database, Table};
use crate::error::Error;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html#TaggingRestrictions>
const MAX_TAGS: usize = 50;

/// Answers nothing at all, as DynamoDB does.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html>
pub(super) fn tag(database: &mut Database, request: &TagResource) -> Result<Value, Error> {
    let table = tagged(database, &request.resource)?.ok_or_else(|| missing(&request.resource))?;
    let mut definition = table.definition.clone();
    for (key, value) in &request.tags {
        definition.tags.insert(key.clone(), value.clone());
    }
    if definition.tags.len() > MAX_TAGS {
        let refusal = format!("A table can have at most {MAX_TAGS} tags");
        return Err(Refusal::invalid_values(refusal).into());
    }
    database.save_definition(&table, &definition)?;
    Ok(Value::Null)
}

/// Answers nothing at all, as DynamoDB does.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html>
pub(super) fn untag(database: &mut Database, request: &UntagResource) -> Result<Value, Error> {
    let table = tagged(database, &request.resource)?.ok_or_else(Error::no_table)?;
    let mut definition = table.definition.clone();
    for key in &request.keys {
        definition.tags.remove(key);
    }
    database.save_definition(&table, &definition)?;
    Ok(Value::Null)
}

/// All tags at once: a table has few.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html>
pub(super) fn list(database: &mut Database, resource: &str) -> Result<Value, Error> {
    let table = tagged(database, resource)?.ok_or_else(|| missing(resource))?;
    let tags = table.definition.tags.iter();
    let tags: Vec<Value> = tags
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    Ok(json!({"Tags": tags}))
}

/// The table of an ARN, which has been checked to be one of this place.
fn tagged(database: &mut Database, resource: &str) -> Result<Option<Arc<Table>>, Error> {
    let Ok(arn) = resource.parse::<Arn>() else {
        return Ok(None);
    };
    match arn.resource().strip_prefix("table/") {
        Some(name) => database.find_table(name),
        None => Ok(None),
    }
}

fn missing(resource: &str) -> Error {
    // DynamoDB's own spelling.
    Error::not_found(format!(
        "Requested resource not found: ResourcArn: {resource} not found"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use crate::database::Database;
    use crate::error::Exception;
    use crate::operations::testing::{database, refusal, run, table};

    fn arn(name: &str) -> String {
        format!("arn:aws:dynamodb:us-east-1:123456789012:table/{name}")
    }

    fn tags(tags: &[(&str, &str)]) -> Vec<Value> {
        let tags = tags.iter();
        tags.map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect()
    }

    fn listed(database: &mut Database) -> Value {
        let request = json!({"ResourceArn": arn("abc")});
        let answer = run(database, "ListTagsOfResource", request).unwrap();
        answer["Tags"].clone()
    }

    #[test]
    fn tags_come_change_and_go() {
        let (_folder, mut database) = database();
        let mut request = table("abc", "pk");
        request["Tags"] = tags(&[("a", "1")]).into();
        run(&mut database, "CreateTable", request).unwrap();
        assert_eq!(listed(&mut database), json!(tags(&[("a", "1")])));
        let request = json!({"ResourceArn": arn("abc"), "Tags": tags(&[("b", ""), ("a", "2")])});
        assert_eq!(
            run(&mut database, "TagResource", request).unwrap(),
            Value::Null
        );
        assert_eq!(listed(&mut database), json!(tags(&[("a", "2"), ("b", "")])));
        let request = json!({"ResourceArn": arn("abc"), "TagKeys": ["a", "unknown"]});
        assert_eq!(
            run(&mut database, "UntagResource", request).unwrap(),
            Value::Null
        );
        assert_eq!(listed(&mut database), json!(tags(&[("b", "")])));
    }

    #[test]
    fn a_table_has_fifty_tags() {
        let (_folder, mut database) = database();
        run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
        let numbered = |range: std::ops::Range<usize>| -> Vec<Value> {
            range
                .map(|number| json!({"Key": number.to_string(), "Value": "x"}))
                .collect()
        };
        let request = |tags: Vec<Value>| json!({"ResourceArn": arn("abc"), "Tags": tags});
        run(&mut database, "TagResource", request(numbered(0..50))).unwrap();
        run(&mut database, "TagResource", request(numbered(10..20))).unwrap();
        let refusal = refusal(&mut database, "TagResource", request(numbered(50..51)));
        let message = "One or more parameter values were invalid: A table can have at most 50 tags";
        assert_eq!(refusal, Exception::new("ValidationException", message));
        assert_eq!(listed(&mut database).as_array().unwrap().len(), 50);
    }

    #[test]
    fn tables_that_are_not_there_have_no_tags() {
        let (_folder, mut database) = database();
        let arn = arn("missing");
        let named = format!("Requested resource not found: ResourcArn: {arn} not found");
        for (operation, members, message) in [
            ("ListTagsOfResource", json!({}), named.as_str()),
            (
                "TagResource",
                json!({"Tags": tags(&[("a", "b")])}),
                named.as_str(),
            ),
            (
                "UntagResource",
                json!({"TagKeys": ["a"]}),
                "Requested resource not found",
            ),
        ] {
            let mut request = members;
            request["ResourceArn"] = arn.as_str().into();
            let refusal = refusal(&mut database, operation, request);
            assert_eq!(
                refusal,
                Exception::new("ResourceNotFoundException", message)
            );
        }
    }
}
