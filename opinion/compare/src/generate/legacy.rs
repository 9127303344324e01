//! The parameters that came before expressions.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html>

use serde_json::{Map, Value, json};

use super::schema::Key;
use super::source::Source;

const ATTRIBUTES: [&str; 8] = ["a", "b", "c", "m", "t", "s", "none", "name"];

/// `Expected`, at times with `ConditionalOperator`.
pub(super) fn expected(source: &mut Source, request: &mut Value) {
    let mut conditions = Map::new();
    for _ in 0..=source.below(2) {
        let condition = match source.below(4) {
            0 => json!({ "Exists": false }),
            1 => json!({ "Value": source.value(1) }),
            _ => condition(source),
        };
        conditions.insert(source.pick(&ATTRIBUTES).into(), condition);
    }
    request["Expected"] = conditions.into();
    operator(source, request);
}

fn operator(source: &mut Source, request: &mut Value) {
    if source.chance(20) {
        request["ConditionalOperator"] = source.pick(&["AND", "OR"]).into();
    }
}

/// `QueryFilter` or `ScanFilter`.
pub(super) fn filter(source: &mut Source, request: &mut Value, member: &str) {
    let mut conditions = Map::new();
    for _ in 0..=source.below(2) {
        conditions.insert(source.pick(&ATTRIBUTES).into(), condition(source));
    }
    request[member] = conditions.into();
    operator(source, request);
}

fn condition(source: &mut Source) -> Value {
    let operator = source.pick(&[
        "EQ",
        "EQ",
        "NE",
        "LT",
        "LE",
        "GT",
        "GE",
        "NULL",
        "NOT_NULL",
        "CONTAINS",
        "NOT_CONTAINS",
        "BEGINS_WITH",
        "IN",
        "BETWEEN",
    ]);
    let values: Vec<Value> = match operator {
        "NULL" | "NOT_NULL" => return json!({ "ComparisonOperator": operator }),
        "EQ" | "NE" => vec![source.value(1)],
        "IN" => {
            let kind = source.pick(&['S', 'N', 'B']);
            (0..=source.below(2)).map(|_| source.key(kind)).collect()
        }
        "BETWEEN" => {
            let kind = source.pick(&['S', 'N', 'B']);
            let (low, high) = source.bounds(kind);
            vec![low, high]
        }
        "BEGINS_WITH" => {
            let kind = source.pick(&['S', 'B']);
            vec![source.key(kind)]
        }
        _ => vec![scalar(source)],
    };
    json!({"ComparisonOperator": operator, "AttributeValueList": values})
}

fn scalar(source: &mut Source) -> Value {
    let kind = source.pick(&['S', 'S', 'N', 'B']);
    source.key(kind)
}

/// `KeyConditions`.
pub(super) fn key_conditions(source: &mut Source, hash: Key, range: Option<Key>) -> Value {
    let mut conditions = Map::new();
    let value = source.key(hash.1);
    conditions.insert(
        hash.0.into(),
        json!({"ComparisonOperator": "EQ", "AttributeValueList": [value]}),
    );
    if let Some((name, kind)) = range.filter(|_| source.chance(60)) {
        let operators = ["EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"];
        let operator = source.pick(&operators[..if kind == 'N' { 6 } else { 7 }]);
        let (low, high) = source.bounds(kind);
        let values = if operator == "BETWEEN" {
            vec![low, high]
        } else {
            vec![low]
        };
        conditions.insert(
            name.into(),
            json!({"ComparisonOperator": operator, "AttributeValueList": values}),
        );
    }
    conditions.into()
}

/// `AttributeUpdates` that make an item where there is none: of those that only take away, DynamoDB makes none.
pub(super) fn updates(source: &mut Source) -> Value {
    let mut updates = Map::new();
    updates.insert(
        "c".into(),
        json!({"Action": "PUT", "Value": source.value(1)}),
    );
    for _ in 0..source.below(3) {
        let update = match source.below(5) {
            0 => json!({"Action": "DELETE"}),
            1 => json!({"Action": "DELETE", "Value": source.set()}),
            2 => json!({"Action": "ADD", "Value": source.number()}),
            3 => json!({"Action": "ADD", "Value": source.set()}),
            _ => json!({"Action": "PUT", "Value": source.value(1)}),
        };
        // Without the first.
        let name = source.pick(&["a", "b", "m", "t", "s", "none", "name"]);
        updates.insert(name.into(), update);
    }
    updates.into()
}

/// `AttributesToGet`.
pub(super) fn attributes(source: &mut Source) -> Value {
    let mut names: Vec<&str> = (0..=source.below(2))
        .map(|_| source.pick(&["a", "b", "m", "pk", "name", "none"]))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into()
}
