//! Brings answers into a form in which only those differ that mean something else.

use serde_json::{Map, Value, json};

use crate::request::{Answer, Request};

/// What depends on the time, the account or chance.
const BY_NATURE: [&str; 12] = [
    "CreationDateTime",
    "TableArn",
    "TableId",
    "IndexArn",
    "LatestStreamArn",
    "LatestStreamLabel",
    "LastUpdateToPayPerRequestDateTime",
    "LastIncreaseDateTime",
    "LastDecreaseDateTime",
    "NumberOfDecreasesToday",
    "TableSizeBytes",
    "IndexSizeBytes",
];

/// An answer, without what may differ by nature.
pub(crate) fn normal(request: &Request, mut answer: Answer) -> Answer {
    if answer.status != 200 && answer.status != 0 {
        error(&mut answer.body);
        sets(&mut answer.body);
        return answer;
    }
    strip(&mut answer.body);
    sets(&mut answer.body);
    let body = &mut answer.body;
    match request.operation.as_str() {
        "Scan" => join(body, Order::Any),
        "Query" if request.request["IndexName"].is_string() => {
            join(body, Order::AsIs);
            sort_runs(body, sort_attribute(request));
        }
        "ExecuteStatement" => {
            let statement = request.request["Statement"].as_str().unwrap_or_default();
            let is_ordered = statement.contains("ORDER BY");
            join(body, if is_ordered { Order::AsIs } else { Order::Any });
        }
        "BatchGetItem" => {
            for (_, items) in body["Responses"].as_object_mut().into_iter().flatten() {
                sort(items);
            }
        }
        _ => {}
    }
    sort(&mut answer.body["ConsumedCapacity"]);
    let is_absent = answer.body["ConsumedCapacity"].is_null();
    if let Some(body) = answer.body.as_object_mut().filter(|_| is_absent) {
        body.remove("ConsumedCapacity");
    }
    answer
}

/// An error's name without its namespace, and its message under one name.
fn error(body: &mut Value) {
    let Some(body) = body.as_object_mut() else {
        return;
    };
    if let Some(message) = body.remove("Message") {
        body.insert("message".into(), message);
    }
    if let Some(Value::String(name)) = body.get_mut("__type") {
        *name = name.rsplit('#').next().unwrap_or_default().to_owned();
    }
    // DynamoDB has begun to put this before what some operations refuse: both ways are its own.
    if let Some(Value::String(message)) = body.get_mut("message")
        && let Some(rest) = message.strip_prefix("1 validation error detected: ")
    {
        *message = rest.to_owned();
    }
}

/// What a search's order means.
enum Order {
    /// Nothing.
    Any,
    /// Something.
    AsIs,
}

/// All pages as one. What they consumed depends on where they end, where that isn't the only page.
fn join(body: &mut Value, order: Order) {
    let Some(pages) = body["Pages"].as_array() else {
        return;
    };
    let mut all = Map::new();
    let (mut items, mut counts) = (Vec::new(), [0, 0]);
    for page in pages {
        items.extend(page["Items"].as_array().into_iter().flatten().cloned());
        for (count, name) in counts.iter_mut().zip(["Count", "ScannedCount"]) {
            *count += page[name].as_u64().unwrap_or_default();
        }
        for (name, value) in page.as_object().into_iter().flatten() {
            all.insert(name.clone(), value.clone());
        }
    }
    let mut items = Value::Array(items);
    if matches!(order, Order::Any) {
        sort(&mut items);
    }
    for name in ["LastEvaluatedKey", "NextToken"] {
        all.remove(name);
    }
    if pages.len() > 1 {
        all.remove("ConsumedCapacity");
    }
    for (name, value) in [("Count", counts[0]), ("ScannedCount", counts[1])] {
        if all.contains_key(name) {
            all.insert(name.into(), value.into());
        }
    }
    if all.contains_key("Items") {
        all.insert("Items".into(), items);
    }
    *body = Value::Object(all);
}

/// The attribute that an index is sorted by: the generator names it after the index.
fn sort_attribute(request: &Request) -> &str {
    let index = request.request["IndexName"].as_str().unwrap_or_default();
    index.rsplit('-').next().unwrap_or_default()
}

/// Items of an index that have the same sort key are in no particular order.
fn sort_runs(body: &mut Value, attribute: &str) {
    let Some(items) = body["Items"].as_array_mut() else {
        return;
    };
    for run in items.chunk_by_mut(|one, other| one[attribute] == other[attribute]) {
        run.sort_by_cached_key(Value::to_string);
    }
}

fn sort(list: &mut Value) {
    if let Value::Array(values) = list {
        values.sort_by_cached_key(Value::to_string);
    }
}

/// Sets have no order.
fn sets(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(sets),
        Value::Object(members) => {
            for (name, value) in members {
                if matches!(name.as_str(), "SS" | "NS" | "BS") {
                    sort(value);
                } else {
                    sets(value);
                }
            }
        }
        _ => {}
    }
}

/// Takes out what differs by nature, and what is another way to say nothing.
fn strip(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(strip),
        Value::Object(members) => {
            members.retain(|name, _| !BY_NATURE.contains(&name.as_str()));
            members.values_mut().for_each(strip);
            for name in ["AttributeDefinitions", "GlobalSecondaryIndexes"] {
                if let Some(list) = members.get_mut(name) {
                    sort(list);
                }
            }
        }
        // 1.0 is 1.
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|number| number.fract() == 0.0) {
                *value = json!(whole as i64);
            }
        }
        _ => {}
    }
}
