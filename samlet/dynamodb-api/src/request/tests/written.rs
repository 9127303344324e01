//! Requests that are written are read again as they were, whatever they are.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use serde_json::{Value as Json, json};

use super::place;
use crate::expression::strategies::{condition, key_condition, projection, update};
use crate::expression::{Path, Projection};
use crate::legacy::strategies::{conditions, updates};
use crate::legacy::{Conditions, Operator, Test};
use crate::request::{
    BatchGetItem, BatchWrite, BatchWriteItem, Check, ConditionCheck, DeleteItem, GetItem,
    ItemUpdate, KeySearch, KeysToGet, PutItem, Query, Request, ReturnConsumedCapacity,
    ReturnItemCollectionMetrics, ReturnValues, Returned, Scan, Segment, Select, TransactGet,
    TransactGetItems, TransactWrite, TransactWriteItems, UpdateItem,
};
use crate::value::strategies::{item, name, value};
use crate::value::write_item;

fn table() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_.-]{3,8}"
}

fn capacity() -> impl Strategy<Value = ReturnConsumedCapacity> {
    use ReturnConsumedCapacity::{Indexes, None, Total};
    select(vec![None, Total, Indexes])
}

fn metrics() -> impl Strategy<Value = ReturnItemCollectionMetrics> {
    use ReturnItemCollectionMetrics::{None, Size};
    select(vec![None, Size])
}

fn returned(values: Vec<ReturnValues>) -> impl Strategy<Value = Returned> {
    let parts = (capacity(), metrics(), select(values), any::<bool>());
    parts.prop_map(
        |(consumed_capacity, item_collection_metrics, values, values_on_failure)| Returned {
            consumed_capacity,
            item_collection_metrics,
            values,
            values_on_failure,
        },
    )
}

fn old_values() -> Vec<ReturnValues> {
    vec![ReturnValues::None, ReturnValues::AllOld]
}

fn expression() -> impl Strategy<Value = Check> {
    condition().prop_map(Check::Expression)
}

fn check() -> impl Strategy<Value = Option<Check>> {
    option::of(prop_oneof![
        expression(),
        conditions().prop_map(Check::Legacy)
    ])
}

fn get_item() -> impl Strategy<Value = GetItem> {
    let parts = (
        table(),
        item(),
        option::of(projection()),
        any::<bool>(),
        capacity(),
    );
    parts.prop_map(
        |(table, key, projection, consistent_read, return_consumed_capacity)| GetItem {
            table,
            key,
            projection,
            consistent_read,
            return_consumed_capacity,
        },
    )
}

fn put_item() -> impl Strategy<Value = PutItem> {
    let parts = (table(), item(), check(), returned(old_values()));
    parts.prop_map(|(table, item, check, returned)| PutItem {
        table,
        item,
        check,
        returned,
    })
}

fn delete_item() -> impl Strategy<Value = DeleteItem> {
    let parts = (table(), item(), check(), returned(old_values()));
    parts.prop_map(|(table, key, check, returned)| DeleteItem {
        table,
        key,
        check,
        returned,
    })
}

fn update_item() -> impl Strategy<Value = UpdateItem> {
    let new = (
        option::of(update().prop_map(ItemUpdate::Expression)),
        option::of(expression()),
    );
    let old = (
        option::of(updates().prop_map(ItemUpdate::Legacy)),
        option::of(conditions().prop_map(Check::Legacy)),
    );
    let values = vec![
        ReturnValues::None,
        ReturnValues::AllOld,
        ReturnValues::UpdatedOld,
        ReturnValues::AllNew,
        ReturnValues::UpdatedNew,
    ];
    let parts = (table(), item(), prop_oneof![new, old], returned(values));
    parts.prop_map(|(table, key, (update, check), returned)| UpdateItem {
        table,
        key,
        update,
        check,
        returned,
    })
}

/// Attributes as `AttributesToGet` can name them.
fn attributes() -> impl Strategy<Value = Projection> {
    btree_set(name(), 1..4).prop_map(|names: BTreeSet<String>| {
        Projection(names.iter().map(|name| Path::from(name.as_str())).collect())
    })
}

fn old_key() -> impl Strategy<Value = Conditions> {
    btree_map(name(), value(), 1..=2).prop_map(|values| Conditions {
        is_any: false,
        tests: values
            .into_iter()
            .map(|(name, value)| {
                let operator = Operator::Equal;
                let values = vec![value];
                (name, Test { operator, values })
            })
            .collect(),
    })
}

type Searched = (KeySearch, Option<Check>, Option<Projection>);

fn searched() -> impl Strategy<Value = Searched> {
    let new = (
        key_condition().prop_map(KeySearch::Expression),
        option::of(expression()),
        option::of(projection()),
    );
    let old = (
        old_key().prop_map(KeySearch::Legacy),
        option::of(conditions().prop_map(Check::Legacy)),
        option::of(attributes()),
    );
    prop_oneof![new, old]
}

/// What goes with a projection.
fn selection(is_projected: bool, index: Option<&String>) -> Vec<Option<Select>> {
    if is_projected {
        return vec![None, Some(Select::SpecificAttributes)];
    }
    let mut selects = vec![None, Some(Select::AllAttributes), Some(Select::Count)];
    if index.is_some() {
        selects.push(Some(Select::AllProjectedAttributes));
    }
    selects
}

fn query() -> impl Strategy<Value = Query> {
    let parts = (
        table(),
        option::of(table()),
        searched(),
        option::of(1..=2_147_483_647_u32),
        option::of(item()),
        any::<[bool; 2]>(),
        capacity(),
    );
    parts.prop_flat_map(
        |(table, index, (key, filter, projection), limit, start, flags, capacity)| {
            let [is_forward, consistent_read] = flags;
            let selects = selection(projection.is_some(), index.as_ref());
            select(selects).prop_map(move |select| Query {
                table: table.clone(),
                index: index.clone(),
                key: key.clone(),
                filter: filter.clone(),
                projection: projection.clone(),
                select,
                limit,
                start: start.clone(),
                is_forward,
                consistent_read,
                return_consumed_capacity: capacity,
            })
        },
    )
}

fn segment() -> impl Strategy<Value = Segment> {
    (0..1_000_u32, 1..=1_000_u32).prop_map(|(number, more)| Segment {
        number,
        total: number + more,
    })
}

fn scan() -> impl Strategy<Value = Scan> {
    let parts = (
        table(),
        option::of(table()),
        searched(),
        option::of(1..=2_147_483_647_u32),
        option::of(item()),
        option::of(segment()),
        any::<bool>(),
        capacity(),
    );
    parts.prop_flat_map(
        |(
            table,
            index,
            (_, filter, projection),
            limit,
            start,
            segment,
            is_consistent,
            capacity,
        )| {
            // Without a key that says which kind of parameters a request has, its filter does.
            let selects = selection(projection.is_some(), index.as_ref());
            select(selects).prop_map(move |select| Scan {
                table: table.clone(),
                index: index.clone(),
                filter: filter.clone(),
                projection: projection.clone(),
                select,
                limit,
                start: start.clone(),
                segment,
                consistent_read: is_consistent,
                return_consumed_capacity: capacity,
            })
        },
    )
}

/// Keys that differ: items of one attribute, by its value.
fn keys() -> impl Strategy<Value = KeysToGet> {
    let keys = vec(item(), 1..4).prop_map(|mut keys| {
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert(write_item(key).to_string()));
        keys
    });
    let parts = (keys, option::of(projection()), any::<bool>());
    parts.prop_map(|(keys, projection, consistent_read)| KeysToGet {
        keys,
        projection,
        consistent_read,
    })
}

fn batch_get_item() -> impl Strategy<Value = BatchGetItem> {
    let tables = btree_map(table(), keys(), 1..4);
    (tables, capacity()).prop_map(|(tables, return_consumed_capacity)| BatchGetItem {
        tables: tables.into_iter().collect(),
        return_consumed_capacity,
    })
}

fn batch_write_item() -> impl Strategy<Value = BatchWriteItem> {
    let write = prop_oneof![
        item().prop_map(BatchWrite::Put),
        item().prop_map(BatchWrite::Delete)
    ];
    let tables = btree_map(table(), vec(write, 1..4), 1..4);
    let parts = (tables, capacity(), metrics());
    parts.prop_map(
        |(tables, return_consumed_capacity, return_item_collection_metrics)| BatchWriteItem {
            tables: tables.into_iter().collect(),
            return_consumed_capacity,
            return_item_collection_metrics,
        },
    )
}

fn transact_get_items() -> impl Strategy<Value = TransactGetItems> {
    let get = (table(), item(), option::of(projection()));
    let get = get.prop_map(|(table, key, projection)| TransactGet {
        table,
        key,
        projection,
    });
    (vec(get, 1..4), capacity()).prop_map(|(items, return_consumed_capacity)| TransactGetItems {
        items,
        return_consumed_capacity,
    })
}

fn action() -> impl Strategy<Value = TransactWrite> {
    let common = || {
        let returned = any::<bool>().prop_map(|values_on_failure| Returned {
            values_on_failure,
            ..Returned::default()
        });
        (table(), item(), option::of(expression()), returned)
    };
    prop_oneof![
        common().prop_map(|(table, item, check, returned)| {
            TransactWrite::Put(PutItem {
                table,
                item,
                check,
                returned,
            })
        }),
        common().prop_map(|(table, key, check, returned)| {
            TransactWrite::Delete(DeleteItem {
                table,
                key,
                check,
                returned,
            })
        }),
        (common(), update()).prop_map(|((table, key, check, returned), update)| {
            let update = Some(ItemUpdate::Expression(update));
            TransactWrite::Update(UpdateItem {
                table,
                key,
                update,
                check,
                returned,
            })
        }),
        (table(), item(), condition(), any::<bool>()).prop_map(
            |(table, key, condition, values_on_failure)| {
                TransactWrite::Check(ConditionCheck {
                    table,
                    key,
                    condition,
                    values_on_failure,
                })
            }
        ),
    ]
}

fn transact_write_items() -> impl Strategy<Value = TransactWriteItems> {
    let token = option::of("[a-z0-9-]{1,36}");
    let parts = (vec(action(), 1..4), token, capacity(), metrics());
    parts.prop_map(
        |(items, token, return_consumed_capacity, return_item_collection_metrics)| {
            TransactWriteItems {
                items,
                token,
                return_consumed_capacity,
                return_item_collection_metrics,
            }
        },
    )
}

pub(crate) fn any_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        get_item().prop_map(Request::GetItem),
        put_item().prop_map(Request::PutItem),
        delete_item().prop_map(Request::DeleteItem),
        update_item().prop_map(Request::UpdateItem),
        query().prop_map(Request::Query),
        scan().prop_map(Request::Scan),
        batch_get_item().prop_map(Request::BatchGetItem),
        batch_write_item().prop_map(Request::BatchWriteItem),
        transact_get_items().prop_map(Request::TransactGetItems),
        transact_write_items().prop_map(Request::TransactWriteItems),
    ]
}

proptest! {
    #[test]
    fn requests_written_and_read_again_are_the_same(request in any_request()) {
        let body = request.to_json().to_string();
        let read = Request::read(request.operation(), body.as_bytes(), &place());
        prop_assert_eq!(read, Ok(request), "{}", body);
    }
}

/// What a client may send in a value's place.
fn replacement() -> impl Strategy<Value = Json> {
    select(vec![
        Json::Null,
        json!(true),
        json!("true"),
        json!(""),
        json!("a"),
        json!("#a = :a"),
        json!("ALL_OLD"),
        json!("COUNT"),
        json!(0),
        json!(1.5),
        json!(-1),
        json!([]),
        json!(["a"]),
        json!({}),
        json!({"S": "a"}),
        json!({"a": {"S": "a"}}),
        json!({"a": {"N": "1"}, "b": {"NS": ["1", "1.0"]}}),
        json!({"#a": "a"}),
        json!({":a": {"S": "a"}}),
        json!({"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"SS": ["a"]}]}}),
        json!({"a": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "a"}]}}),
        json!({"a": {"Action": "ADD", "Value": {"N": "1"}}}),
    ])
}

/// Members that may be added to any request.
fn added() -> impl Strategy<Value = String> {
    let names = [
        "AttributesToGet",
        "AttributeUpdates",
        "ConditionalOperator",
        "ConditionExpression",
        "Expected",
        "ExclusiveStartKey",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "FilterExpression",
        "KeyConditionExpression",
        "KeyConditions",
        "Limit",
        "ProjectionExpression",
        "QueryFilter",
        "ReturnValues",
        "ScanFilter",
        "Segment",
        "Select",
        "TotalSegments",
        "UpdateExpression",
    ];
    select(names.map(String::from).to_vec())
}

/// Puts a value in the place of one of those within another; `steps` say which.
fn replace(json: &mut Json, steps: &[usize], by: Json) {
    let Some((step, rest)) = steps.split_first() else {
        *json = by;
        return;
    };
    let inner = match json {
        Json::Object(members) if !members.is_empty() => {
            let member = step % members.len();
            members.values_mut().nth(member)
        }
        Json::Array(values) if !values.is_empty() => {
            let element = step % values.len();
            values.get_mut(element)
        }
        _ => None,
    };
    match inner {
        Some(inner) => replace(inner, rest, by),
        None => *json = by,
    }
}

proptest! {
    #[test]
    fn what_is_read_of_any_request_is_written_as_it_was(
        request in any_request(),
        steps in vec(any::<usize>(), 1..6),
        by in replacement(),
        name in option::of(added()),
        value in replacement(),
    ) {
        let operation = request.operation();
        let mut body = request.to_json();
        replace(&mut body, &steps, by);
        if let (Some(name), Json::Object(members)) = (name, &mut body) {
            members.insert(name, value);
        }
        if let Ok(read) = Request::from_json(operation, body, &place()) {
            let written = read.to_json();
            let again = Request::from_json(operation, written.clone(), &place());
            prop_assert_eq!(again, Ok(read), "{}", written);
        }
    }
}
