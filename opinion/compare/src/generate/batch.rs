//! Requests about several items.

use serde_json::{Value, json};

use super::expression::{self, Placeholders};
use super::request::{consistent, consumed, projected};
use super::schema::Schema;
use super::source::Source;
use super::statement;

pub(super) fn get(source: &mut Source, schemas: &[Schema]) -> Value {
    let mut request = json!({"RequestItems": {}});
    for schema in schemas {
        let keys = distinct(source, schema);
        let mut part = json!({ "Keys": keys });
        projected(source, &mut part, 25);
        consistent(source, &mut part);
        request["RequestItems"][schema.name] = part;
    }
    consumed(source, &mut request);
    request
}

/// Keys, seldom one of them twice.
fn distinct(source: &mut Source, schema: &Schema) -> Vec<Value> {
    let mut keys: Vec<Value> = (0..=source.below(3))
        .map(|_| schema.key(source).into())
        .collect();
    if source.chance(95) {
        keys.sort_by_cached_key(Value::to_string);
        keys.dedup();
    }
    keys
}

pub(super) fn write(source: &mut Source, schemas: &[Schema]) -> Value {
    let mut request = json!({"RequestItems": {}});
    for schema in schemas {
        let mut writes = Vec::new();
        for key in distinct(source, schema) {
            if source.chance(30) {
                writes.push(json!({"DeleteRequest": {"Key": key}}));
                continue;
            }
            let mut item = schema.item(source);
            item.extend(key.as_object().into_iter().flatten().map(owned));
            writes.push(json!({"PutRequest": {"Item": item}}));
        }
        request["RequestItems"][schema.name] = writes.into();
    }
    consumed(source, &mut request);
    if source.chance(10) {
        request["ReturnItemCollectionMetrics"] = "SIZE".into();
    }
    request
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

pub(super) fn transact_get(source: &mut Source, schemas: &[Schema]) -> Value {
    let mut items = Vec::new();
    for schema in schemas {
        for key in distinct(source, schema) {
            let mut get = json!({"TableName": schema.name, "Key": key});
            if source.chance(25) {
                let mut placeholders = Placeholders::default();
                let text = expression::projection(source, &mut placeholders);
                get["ProjectionExpression"] = text.into();
                placeholders.write(&mut get);
            }
            items.push(json!({ "Get": get }));
        }
    }
    let mut request = json!({ "TransactItems": items });
    consumed(source, &mut request);
    request
}

pub(super) fn transact_write(source: &mut Source, schemas: &[Schema]) -> Value {
    let mut items = Vec::new();
    for schema in schemas {
        for key in distinct(source, schema) {
            items.push(part(source, schema, key));
        }
    }
    let mut request = json!({ "TransactItems": items });
    if source.chance(10) {
        request["ClientRequestToken"] = source.pick(&["one", "two"]).into();
    }
    if source.chance(10) {
        request["ReturnItemCollectionMetrics"] = "SIZE".into();
    }
    consumed(source, &mut request);
    request
}

/// A part of a transaction about one item.
fn part(source: &mut Source, schema: &Schema, key: Value) -> Value {
    let mut placeholders = Placeholders::default();
    let mut part = json!({"TableName": schema.name});
    let kind = match source.below(10) {
        0..=3 => {
            let mut item = schema.item(source);
            item.extend(key.as_object().into_iter().flatten().map(owned));
            part["Item"] = item.into();
            "Put"
        }
        4..=6 => {
            part["Key"] = key;
            let text = expression::update(source, &mut placeholders, schema);
            part["UpdateExpression"] = text.into();
            "Update"
        }
        7 => {
            part["Key"] = key;
            "Delete"
        }
        _ => {
            part["Key"] = key;
            "ConditionCheck"
        }
    };
    if kind == "ConditionCheck" || source.chance(20) {
        let text = expression::condition(source, &mut placeholders, 1);
        part["ConditionExpression"] = text.into();
        if source.chance(30) {
            part["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
        }
    }
    placeholders.write(&mut part);
    json!({ (kind): part })
}

pub(super) fn statements(source: &mut Source, schemas: &[Schema]) -> Value {
    let is_read = source.chance(40);
    let statements = parts(source, schemas, is_read);
    let mut request = json!({ "Statements": statements });
    consumed(source, &mut request);
    request
}

pub(super) fn transaction(source: &mut Source, schemas: &[Schema]) -> Value {
    let is_read = source.chance(40);
    let statements = parts(source, schemas, is_read);
    let mut request = json!({ "TransactStatements": statements });
    consumed(source, &mut request);
    request
}

fn parts(source: &mut Source, schemas: &[Schema], is_read: bool) -> Vec<Value> {
    (0..=source.below(3))
        .map(|_| {
            let schema = &schemas[source.below(schemas.len())];
            statement::single(source, schema, is_read)
        })
        .collect()
}
