//! What policies may ask of a request: DynamoDB's condition keys.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::expressions::{is_attribute, scalar, words};

/// Stands for what is not known, and is no item's key: a condition on it doesn't hold.
const UNKNOWN: &str = "\u{0}unknown";

/// The members of a request that name attributes in an expression.
const EXPRESSIONS: [&str; 5] = [
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
];

/// The condition keys of one part of a request, `dynamodb:` and all; `hash_key`
/// is the partition key of the table or index it goes to.
pub(crate) fn of(
    operation: &str,
    part: &Value,
    hash_key: Option<&str>,
) -> BTreeMap<&'static str, Vec<String>> {
    let mut keys = BTreeMap::new();
    let text = |name: &str| part[name].as_str().map(str::to_owned);
    keys.insert(
        "dynamodb:LeadingKeys",
        leading_keys(operation, part, hash_key),
    );
    keys.insert(
        "dynamodb:Attributes",
        attributes(part).into_iter().collect(),
    );
    if matches!(operation, "Query" | "Scan") {
        let specific =
            part["ProjectionExpression"].is_string() || part["AttributesToGet"].is_array();
        let default = match (specific, part["IndexName"].is_string()) {
            (true, _) => "SPECIFIC_ATTRIBUTES",
            (false, true) => "ALL_PROJECTED_ATTRIBUTES",
            (false, false) => "ALL_ATTRIBUTES",
        };
        keys.insert(
            "dynamodb:Select",
            vec![text("Select").unwrap_or(default.into())],
        );
    }
    if matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem") {
        let values = text("ReturnValues").unwrap_or("NONE".into());
        keys.insert("dynamodb:ReturnValues", vec![values]);
    }
    if operation.starts_with("Transact") {
        keys.insert("dynamodb:EnclosingOperation", vec![operation.to_owned()]);
    }
    let capacity = text("ReturnConsumedCapacity").unwrap_or("NONE".into());
    keys.insert("dynamodb:ReturnConsumedCapacity", vec![capacity]);
    keys
}

/// The values of the partition key that a request is about.
fn leading_keys(operation: &str, part: &Value, hash_key: Option<&str>) -> Vec<String> {
    // A scan is about all of them, which conditions don't see.
    if operation == "Scan" || !touches_items(operation) {
        return Vec::new();
    }
    let Some(hash_key) = hash_key else {
        return vec![UNKNOWN.into()];
    };
    let value = |key: &Value| key_text(&key[hash_key]);
    let found: Vec<String> = match operation {
        "BatchGetItem" => part["Keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(value)
            .collect(),
        "BatchWriteItem" => {
            let writes = part.as_array().into_iter().flatten();
            let each = writes.filter_map(|write| {
                value(&write["PutRequest"]["Item"]).or(value(&write["DeleteRequest"]["Key"]))
            });
            each.collect()
        }
        "Query" => query_key(part, hash_key).into_iter().collect(),
        _ => value(&part["Key"])
            .or(value(&part["Item"]))
            .into_iter()
            .collect(),
    };
    match found.is_empty() {
        true => vec![UNKNOWN.into()],
        false => found,
    }
}

fn touches_items(operation: &str) -> bool {
    operation.ends_with("Item")
        || operation.ends_with("Items")
        || operation.ends_with("Statement")
        || matches!(operation, "Query" | "ExecuteTransaction")
}

/// The partition key's value that a query asks for.
fn query_key(part: &Value, hash_key: &str) -> Option<String> {
    if let Some(condition) = part["KeyConditions"].get(hash_key) {
        return key_text(&condition["AttributeValueList"][0]);
    }
    let words = words(part["KeyConditionExpression"].as_str()?);
    let name = |word: &str| {
        part["ExpressionAttributeNames"][word].as_str() == Some(hash_key) || word == hash_key
    };
    words.windows(3).find_map(|three| match three {
        [left, "=", right] if name(left) => key_text(&part["ExpressionAttributeValues"][*right]),
        [left, "=", right] if name(right) => key_text(&part["ExpressionAttributeValues"][*left]),
        _ => None,
    })
}

/// The text of a key's value.
fn key_text(value: &Value) -> Option<String> {
    scalar(value).map(|(_, text)| text.to_owned())
}

/// The top-level attributes that a request names.
fn attributes(part: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for member in [
        "Item",
        "Key",
        "AttributeUpdates",
        "Expected",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
    ] {
        let map = part[member].as_object().into_iter().flatten();
        names.extend(map.map(|(name, _)| name.clone()));
    }
    let to_get = part["AttributesToGet"].as_array().into_iter().flatten();
    names.extend(to_get.filter_map(Value::as_str).map(str::to_owned));
    for key in part["Keys"].as_array().into_iter().flatten() {
        names.extend(
            key.as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone()),
        );
    }
    // The requests of a batch.
    for write in part.as_array().into_iter().flatten() {
        for map in [&write["PutRequest"]["Item"], &write["DeleteRequest"]["Key"]] {
            names.extend(
                map.as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.clone()),
            );
        }
    }
    for member in EXPRESSIONS {
        for word in words(part[member].as_str().unwrap_or_default()) {
            let top = word.split('.').next().unwrap_or(word);
            if is_attribute(top) {
                let meant = part["ExpressionAttributeNames"][top].as_str();
                names.insert(meant.unwrap_or(top).to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leading_keys_are_the_partition_keys_that_a_request_is_about() {
        let a = json!({"pk": {"S": "a"}, "sk": {"N": "1"}});
        for (operation, part, keys) in [
            ("GetItem", json!({"Key": a}), vec!["a"]),
            ("PutItem", json!({"Item": a}), vec!["a"]),
            ("TransactWriteItems", json!({"Item": a}), vec!["a"]),
            (
                "BatchGetItem",
                json!({"Keys": [a, {"pk": {"S": "b"}}]}),
                vec!["a", "b"],
            ),
            (
                "BatchWriteItem",
                json!([{"PutRequest": {"Item": a}}, {"DeleteRequest": {"Key": {"pk": {"S": "c"}}}}]),
                vec!["a", "c"],
            ),
            (
                "Query",
                json!({
                    "KeyConditionExpression": "begins_with(sk, :s) AND #p = :p",
                    "ExpressionAttributeNames": {"#p": "pk"},
                    "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"S": "x"}},
                }),
                vec!["a"],
            ),
            ("Scan", json!({}), vec![]),
            ("DescribeTable", json!({}), vec![]),
            // What isn't understood is allowed to nobody.
            (
                "Query",
                json!({"KeyConditionExpression": "nonsense"}),
                vec![UNKNOWN],
            ),
            (
                "ExecuteStatement",
                json!({"Statement": "SELECT * FROM t"}),
                vec![UNKNOWN],
            ),
        ] {
            assert_eq!(
                of(operation, &part, Some("pk"))["dynamodb:LeadingKeys"],
                keys,
                "{operation}"
            );
        }
    }

    #[test]
    fn attributes_are_those_named_anywhere() {
        let part = json!({
            "Key": {"pk": {"S": "a"}},
            "UpdateExpression": "SET #n.inner = if_not_exists(#n.inner, :x), list[0] = :y REMOVE old",
            "ConditionExpression": "attribute_exists(pk) AND size(other) > :z",
            "ExpressionAttributeNames": {"#n": "nested"},
        });
        let keys = of("UpdateItem", &part, Some("pk"));
        assert_eq!(
            keys["dynamodb:Attributes"],
            ["list", "nested", "old", "other", "pk"]
        );
        assert_eq!(keys["dynamodb:ReturnValues"], ["NONE"]);
        assert_eq!(
            of("Query", &json!({}), None)["dynamodb:Select"],
            ["ALL_ATTRIBUTES"]
        );
    }
}
