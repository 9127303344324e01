//! Requests about items: by their keys, in searches, batches and transactions.

use serde_json::json;

use super::{Operation, assert_needs};

#[test]
fn an_item_is_read() {
    let body = |more: serde_json::Value| {
        let mut body =
            json!({"TableName": "orders", "Key": {"pk": {"S": "ann"}, "sk": {"N": "1"}}});
        if let (Some(members), Some(more)) = (body.as_object_mut(), more.as_object()) {
            members.extend(more.clone());
        }
        body
    };
    let needs = |keys| vec![("GetItem", "orders", keys)];
    assert_needs(
        Operation::GetItem,
        vec![
            (
                body(json!({})),
                needs(
                    json!({"Attributes": ["pk", "sk"], "Select": ["ALL_ATTRIBUTES"],
                    "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]}),
                ),
            ),
            // Members that GetItem doesn't have say nothing.
            (
                body(
                    json!({"Item": {"pk": {"S": "bob"}}, "Select": "COUNT", "IndexName": "by-g",
                    "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "TOTAL"}),
                ),
                needs(
                    json!({"Attributes": ["pk", "sk"], "Select": ["ALL_ATTRIBUTES"],
                    "ReturnConsumedCapacity": ["TOTAL"], "LeadingKeys": ["ann"]}),
                ),
            ),
            (
                body(
                    json!({"ProjectionExpression": "a.b, #c[1]", "ExpressionAttributeNames": {"#c": "c.d"}}),
                ),
                needs(
                    json!({"Attributes": ["a", "c.d", "pk", "sk"], "Select": ["SPECIFIC_ATTRIBUTES"],
                    "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]}),
                ),
            ),
            (
                body(json!({"AttributesToGet": ["e"]})),
                needs(
                    json!({"Attributes": ["e", "pk", "sk"], "Select": ["SPECIFIC_ATTRIBUTES"],
                    "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]}),
                ),
            ),
        ],
    );
}

#[test]
fn keys_of_all_types_are_texts() {
    for (value, text) in [
        (json!({"S": "ann"}), "ann"),
        (json!({"N": "1.50"}), "1.5"),
        (json!({"N": "15e2"}), "1500"),
        (json!({"N": "-0"}), "0"),
        (json!({"B": "AQI="}), "AQI="),
        // These can't be keys.
        (json!({"BOOL": true}), "\u{0}unknown"),
        (json!({"SS": ["ann"]}), "\u{0}unknown"),
    ] {
        let body = json!({"TableName": "orders", "Key": {"pk": value}});
        let keys = json!({"Attributes": ["pk"], "Select": ["ALL_ATTRIBUTES"],
            "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": [text]});
        let needs = vec![("GetItem", "orders", keys)];
        assert_needs(Operation::GetItem, vec![(body, needs)]);
    }
    // Nor is it known what an item without the key is about.
    let body = json!({"TableName": "orders", "Key": {"other": {"S": "ann"}}});
    let keys = json!({"Attributes": ["other"], "Select": ["ALL_ATTRIBUTES"],
        "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["\u{0}unknown"]});
    let needs = vec![("GetItem", "orders", keys)];
    assert_needs(Operation::GetItem, vec![(body, needs)]);
}

#[test]
fn an_item_is_written() {
    let put = json!({"TableName": "orders", "Item": {"pk": {"S": "ann"}, "a": {"S": "x"}},
        "Key": {"pk": {"S": "mine"}}, "ReturnValues": "ALL_OLD",
        "ConditionExpression": "attribute_not_exists(b) OR size(c.d) > :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}}});
    let keys = json!({"Attributes": ["a", "b", "c", "pk"], "ReturnValues": ["ALL_OLD"],
        "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]});
    assert_needs(
        Operation::PutItem,
        vec![(put, vec![("PutItem", "orders", keys)])],
    );
    let expected = json!({"TableName": "orders", "Key": {"pk": {"S": "ann"}},
        "Item": {"pk": {"S": "mine"}}, "Expected": {"a": {"Exists": false}},
        "ReturnConsumedCapacity": "INDEXES"});
    let keys = json!({"Attributes": ["a", "pk"], "ReturnValues": ["NONE"],
        "ReturnConsumedCapacity": ["INDEXES"], "LeadingKeys": ["ann"]});
    assert_needs(
        Operation::DeleteItem,
        vec![(expected, vec![("DeleteItem", "orders", keys)])],
    );
    let update = json!({"TableName": "orders", "Key": {"pk": {"S": "ann"}}, "ReturnValues": "UPDATED_NEW",
        "UpdateExpression": "SET a = if_not_exists(b, :n), c = list_append(c, :l), d.e = f - :n REMOVE g[1] ADD h :n DELETE i :s",
        "ConditionExpression": "j IN (k, :n)",
        "ExpressionAttributeValues": {":n": {"N": "1"}, ":l": {"L": []}, ":s": {"SS": ["x"]}}});
    let keys = json!({"Attributes": ["a", "b", "c", "d", "f", "g", "h", "i", "j", "k", "pk"],
        "ReturnValues": ["UPDATED_NEW"], "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]});
    let old = json!({"TableName": "orders", "Key": {"pk": {"S": "ann"}},
        "AttributeUpdates": {"a": {"Action": "DELETE"}, "b": {"Action": "PUT", "Value": {"S": "x"}}}});
    let old_keys = json!({"Attributes": ["a", "b", "pk"], "ReturnValues": ["NONE"],
        "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]});
    let needs = |keys| vec![("UpdateItem", "orders", keys)];
    assert_needs(
        Operation::UpdateItem,
        vec![(update, needs(keys)), (old, needs(old_keys))],
    );
}

#[test]
fn tables_and_indexes_are_searched() {
    let values = json!({":a": {"S": "ann"}, ":n": {"N": "1"}});
    let table = json!({"TableName": "orders", "KeyConditionExpression": "sk > :n AND pk = :a",
        "FilterExpression": "contains(a, b.c)", "ProjectionExpression": "d",
        "ExclusiveStartKey": {"pk": {"S": "bob"}, "sk": {"N": "1"}},
        "ExpressionAttributeValues": values});
    let keys = json!({"Attributes": ["a", "b", "d", "pk", "sk"], "Select": ["SPECIFIC_ATTRIBUTES"],
        "ReturnValues": ["NONE"], "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann"]});
    let index = json!({"TableName": "orders", "IndexName": "by-g", "Select": "COUNT",
        "KeyConditions": {
            "g": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]},
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ann"}]},
        },
        "QueryFilter": {"a": {"ComparisonOperator": "NULL"}}});
    let index_keys = json!({"Attributes": ["a", "g", "pk"], "Select": ["COUNT"],
        "ReturnValues": ["NONE"], "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["x"]});
    let all = json!({"TableName": "orders", "IndexName": "by-g", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"N": "1.0"}}, "ReturnConsumedCapacity": "TOTAL"});
    let all_keys = json!({"Attributes": ["g"], "Select": ["ALL_PROJECTED_ATTRIBUTES"],
        "ReturnValues": ["NONE"], "ReturnConsumedCapacity": ["TOTAL"], "LeadingKeys": ["1"]});
    assert_needs(
        Operation::Query,
        vec![
            (table, vec![("Query", "orders", keys)]),
            (index, vec![("Query", "orders/by-g", index_keys)]),
            (all, vec![("Query", "orders/by-g", all_keys)]),
        ],
    );
    let scan = json!({"TableName": "orders", "IndexName": "by-g",
        "FilterExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "ann"}}});
    let keys = json!({"Attributes": ["pk"], "Select": ["ALL_PROJECTED_ATTRIBUTES"],
        "ReturnValues": ["NONE"], "ReturnConsumedCapacity": ["NONE"]});
    let old = json!({"TableName": "orders", "AttributesToGet": ["a"],
        "ScanFilter": {"b": {"ComparisonOperator": "NOT_NULL"}}});
    let old_keys = json!({"Attributes": ["a", "b"], "Select": ["SPECIFIC_ATTRIBUTES"],
        "ReturnValues": ["NONE"], "ReturnConsumedCapacity": ["NONE"]});
    assert_needs(
        Operation::Scan,
        vec![
            (scan, vec![("Scan", "orders/by-g", keys)]),
            (old, vec![("Scan", "orders", old_keys)]),
        ],
    );
}

#[test]
fn batches_are_about_all_items_of_each_table() {
    let key = |key: &str| json!({"pk": {"S": key}});
    let get = json!({"ReturnConsumedCapacity": "TOTAL", "RequestItems": {
        "orders": {"Keys": [key("ann"), key("bob")]},
        "people": {"Keys": [key("eve")], "ProjectionExpression": "a"},
    }});
    let orders = json!({"Attributes": ["pk"], "Select": ["ALL_ATTRIBUTES"],
        "ReturnConsumedCapacity": ["TOTAL"], "LeadingKeys": ["ann", "bob"]});
    let people = json!({"Attributes": ["a", "pk"], "Select": ["SPECIFIC_ATTRIBUTES"],
        "ReturnConsumedCapacity": ["TOTAL"], "LeadingKeys": ["eve"]});
    assert_needs(
        Operation::BatchGetItem,
        vec![(
            get,
            vec![
                ("BatchGetItem", "orders", orders),
                ("BatchGetItem", "people", people),
            ],
        )],
    );
    let write = json!({"RequestItems": {
        "orders": [
            {"PutRequest": {"Item": {"pk": {"S": "ann"}, "a": {"S": "x"}}, "Key": key("mine")}},
            {"DeleteRequest": {"Key": key("bob"), "Item": key("mine")}},
        ],
        "people": [{"DeleteRequest": {"Key": key("eve")}}],
    }});
    let orders = json!({"Attributes": ["a", "pk"],
        "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["ann", "bob"]});
    let people = json!({"Attributes": ["pk"],
        "ReturnConsumedCapacity": ["NONE"], "LeadingKeys": ["eve"]});
    assert_needs(
        Operation::BatchWriteItem,
        vec![(
            write,
            vec![
                ("BatchWriteItem", "orders", orders),
                ("BatchWriteItem", "people", people),
            ],
        )],
    );
}

#[test]
fn transactions_need_the_actions_of_their_parts() {
    let key = |key: &str| json!({"pk": {"S": key}});
    let get = json!({"TransactItems": [
        {"Get": {"TableName": "orders", "Key": key("ann"), "ProjectionExpression": "a"}},
        {"Get": {"TableName": "people", "Key": key("ann")}},
    ]});
    let keys = |attributes, select| {
        json!({"Attributes": attributes, "Select": [select], "LeadingKeys": ["ann"],
            "EnclosingOperation": ["TransactGetItems"], "ReturnConsumedCapacity": ["NONE"]})
    };
    assert_needs(
        Operation::TransactGetItems,
        vec![(
            get,
            vec![
                (
                    "GetItem",
                    "orders",
                    keys(json!(["a", "pk"]), "SPECIFIC_ATTRIBUTES"),
                ),
                ("GetItem", "people", keys(json!(["pk"]), "ALL_ATTRIBUTES")),
            ],
        )],
    );
    let write = json!({"ReturnConsumedCapacity": "TOTAL", "TransactItems": [
        {"ConditionCheck": {"TableName": "orders", "Key": key("ann"), "ConditionExpression": "attribute_exists(a)"}},
        {"Put": {"TableName": "orders", "Item": key("bob"), "Key": key("mine")}},
        {"Update": {"TableName": "people", "Key": key("eve"), "UpdateExpression": "REMOVE b"}},
        {"Delete": {"TableName": "people", "Key": key("joe"), "Item": key("mine")}},
    ]});
    let keys = |attributes: &[&str], leading: &str| {
        json!({"Attributes": attributes, "ReturnValues": ["NONE"], "LeadingKeys": [leading],
            "EnclosingOperation": ["TransactWriteItems"], "ReturnConsumedCapacity": ["TOTAL"]})
    };
    // The action that is always part of a transaction doesn't have its name.
    let mut check = keys(&["a", "pk"], "ann");
    check
        .as_object_mut()
        .and_then(|keys| keys.remove("EnclosingOperation"));
    assert_needs(
        Operation::TransactWriteItems,
        vec![(
            write,
            vec![
                ("ConditionCheckItem", "orders", check),
                ("PutItem", "orders", keys(&["pk"], "bob")),
                ("UpdateItem", "people", keys(&["b", "pk"], "eve")),
                ("DeleteItem", "people", keys(&["pk"], "joe")),
            ],
        )],
    );
}
