//! What DynamoDB refuses and the engine would take.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
use serde_json::Value;

use crate::expressions::{scalar, words};
use crate::limits;
use crate::tables::declared_indexes;

/// The members of a request that hold conditions.
const CONDITIONS: [&str; 3] = [
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
];

/// The types that `attribute_type` knows, as DynamoDB lists them.
const TYPES: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];

/// Checks a request of any operation.
pub(crate) fn check(storage: &Storage, body: &[u8]) -> Result<()> {
    // Cheap for all requests that can't be wrong in these ways.
    let mentions = |word: &[u8]| {
        body.windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    };
    let much = limits::may_be_passed(body) && mentions(b"Expression\"");
    let conditions = much || mentions(b"BETWEEN") || mentions(b"attribute_type");
    let empty = mentions(b"\"\"");
    if !conditions && !empty {
        return Ok(());
    }
    // What is no JSON is told by whoever reads the request.
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    for part in parts(&request) {
        if conditions {
            check_conditions(part)?;
        }
        if empty {
            check_index_keys(storage, part)?;
        }
    }
    Ok(())
}

/// A request, or each of a transaction's.
fn parts(request: &Value) -> Vec<&Value> {
    let of_transaction = request["TransactItems"].as_array().into_iter().flatten();
    let members = of_transaction.filter_map(Value::as_object);
    let parts: Vec<&Value> = members.flat_map(|item| item.values()).collect();
    match parts.is_empty() {
        true => vec![request],
        false => parts,
    }
}

fn check_conditions(request: &Value) -> Result<()> {
    for name in CONDITIONS {
        let Some(expression) = request[name].as_str() else {
            continue;
        };
        let words = words(expression);
        let refused = |why| DynoxideError::ValidationException(format!("Invalid {name}: {why}"));
        if let Some(excess) = limits::excess(&words) {
            return Err(refused(excess));
        }
        let value = |word: &str| &request["ExpressionAttributeValues"][word];
        for (at, word) in words.iter().enumerate() {
            let next = |ahead: usize| words.get(at + ahead).copied().unwrap_or_default();
            let wrong = if word.eq_ignore_ascii_case("BETWEEN") {
                wrong_bounds(value(next(1)), value(next(3)))
            } else if *word == "attribute_type" {
                // attribute_type ( path , :type )
                let closing = words[at..].iter().position(|word| *word == ")");
                closing.and_then(|closing| wrong_type(value(next(closing.saturating_sub(1)))))
            } else {
                None
            };
            if let Some(reason) = wrong {
                return Err(refused(reason));
            }
        }
    }
    Ok(())
}

fn wrong_bounds(lower: &Value, upper: &Value) -> Option<String> {
    let (lower_type, lower) = scalar(lower)?;
    let (upper_type, upper) = scalar(upper)?;
    let bounds = format!(
        "lower bound operand: AttributeValue: {{{lower_type}:{lower}}}, \
         upper bound operand: AttributeValue: {{{upper_type}:{upper}}}"
    );
    if lower_type != upper_type {
        return Some(format!(
            "The BETWEEN operator requires same data type for lower and upper bounds; {bounds}"
        ));
    }
    let number = |text: &str| text.parse::<f64>().ok();
    let reversed = match lower_type {
        "S" => lower > upper,
        // Numbers that are the same to this precision pass.
        "N" => number(lower)? > number(upper)?,
        _ => false,
    };
    reversed.then(|| {
        format!(
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {bounds}"
        )
    })
}

fn wrong_type(value: &Value) -> Option<String> {
    let name = value["S"].as_str()?;
    (!TYPES.contains(&name)).then(|| {
        let valid = TYPES.join(",");
        format!("Invalid attribute type name found; type: {name}, valid types: {{{valid}}}")
    })
}

/// An attribute that an index has for a key is never an empty text.
fn check_index_keys(storage: &Storage, request: &Value) -> Result<()> {
    let Some(table) = request["TableName"].as_str() else {
        return Ok(());
    };
    let empty = empty_attributes(request);
    if empty.is_empty() {
        return Ok(());
    }
    let Some(metadata) = storage.get_table_metadata(table)? else {
        return Ok(());
    };
    for index in declared_indexes(&metadata) {
        for key in index["KeySchema"].as_array().into_iter().flatten() {
            let key = key["AttributeName"].as_str().unwrap_or_default();
            if empty.contains(&key) {
                let index = index["IndexName"].as_str().unwrap_or_default();
                return Err(DynoxideError::ValidationException(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index \
                     key is not supported. The AttributeValue for a key attribute cannot contain an \
                     empty string value. IndexName: {index}, IndexKey: {key}"
                )));
            }
        }
    }
    Ok(())
}

/// The attributes that a put or an update sets to an empty text.
fn empty_attributes(request: &Value) -> Vec<&str> {
    let is_empty = |value: &Value| value["S"] == "" || value["B"] == "";
    let item = request["Item"].as_object().into_iter().flatten();
    let mut names: Vec<&str> = item
        .filter(|(_, value)| is_empty(value))
        .map(|(name, _)| name.as_str())
        .collect();
    let words = words(request["UpdateExpression"].as_str().unwrap_or_default());
    for assignment in words.windows(3) {
        let [name, "=", value] = assignment else {
            continue;
        };
        if is_empty(&request["ExpressionAttributeValues"][value]) {
            let named = request["ExpressionAttributeNames"][name].as_str();
            names.push(named.unwrap_or(name));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn refusal(condition: &str, values: Value) -> Option<String> {
        let request = json!({"FilterExpression": condition, "ExpressionAttributeValues": values});
        check_conditions(&request)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn bounds_are_of_one_type_and_in_order() {
        let between = |low: Value, high: Value| {
            refusal(
                "(#n between :a AND :b) AND c = :c",
                json!({":a": low, ":b": high}),
            )
        };
        assert_eq!(between(json!({"N": "2"}), json!({"N": "10"})), None);
        assert_eq!(between(json!({"S": "a"}), json!({"S": "a"})), None);
        assert_eq!(
            between(json!({"S": "b"}), json!({"S": "a"})).unwrap(),
            "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or equal to \
             lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"
        );
        let mixed = between(json!({"N": "1"}), json!({"S": "a"})).unwrap();
        assert!(mixed.contains("requires same data type"), "{mixed}");
    }

    #[test]
    fn conditions_are_bounded_whatever_else_the_request_holds() {
        let storage = Storage::memory().unwrap();
        let refusal = |condition: String| {
            let body = json!({"TableName": "t", "FilterExpression": condition}).to_string();
            check(&storage, body.as_bytes()).map_err(|error| error.to_string())
        };
        let operands = |count: usize| refusal(format!("a IN (b{})", ",b".repeat(count - 1)));
        assert_eq!(operands(100), Ok(()));
        assert_eq!(
            operands(101).unwrap_err(),
            "Invalid FilterExpression: The IN operator is provided with too many operands; number of operands: 101"
        );
        let operators = |count: usize| refusal(format!("a=b{}", " OR a=b".repeat(count / 2)));
        assert_eq!(operators(299), Ok(()));
        assert!(operators(301).unwrap_err().ends_with("operator count: 301"));
    }

    #[test]
    fn what_is_too_long_is_left_for_the_engine_to_refuse() {
        let between = |spaces: usize| {
            let condition = format!("a BETWEEN :b AND :a{}", " ".repeat(spaces));
            refusal(&condition, json!({":a": {"N": "1"}, ":b": {"N": "2"}}))
        };
        assert!(between(4096 - 19).is_some());
        assert_eq!(between(4097 - 19), None);
    }

    #[test]
    fn attribute_types_are_dynamodbs() {
        let of = |name: &str| refusal("attribute_type(a.b[0], :t)", json!({":t": {"S": name}}));
        assert_eq!(of("NS"), None);
        assert_eq!(
            of("DOG").unwrap(),
            "Invalid FilterExpression: Invalid attribute type name found; type: DOG, \
             valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
        );
    }

    #[test]
    fn empty_texts_are_found_in_items_and_updates() {
        let put = json!({"Item": {"a": {"S": ""}, "b": {"S": "x"}, "c": {"L": []}}});
        assert_eq!(empty_attributes(&put), ["a"]);
        let update = json!({
            "UpdateExpression": "SET #a = :e, b=:e, c = :x",
            "ExpressionAttributeNames": {"#a": "first"},
            "ExpressionAttributeValues": {":e": {"S": ""}, ":x": {"S": "x"}},
        });
        assert_eq!(empty_attributes(&update), ["first", "b"]);
    }
}
