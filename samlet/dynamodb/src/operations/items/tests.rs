#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use crate::database::Database;
use crate::operations::testing::{create, database, refusal, run, table};

/// A request about an item of the table `things`.
fn request(members: Value) -> Value {
    let mut request = json!({"TableName": "things"});
    request
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    request
}

fn get(database: &mut Database) -> Value {
    let key = request(json!({"Key": {"pk": {"S": "a"}}}));
    run(database, "GetItem", key).unwrap()
}

/// Runs a request on the item `a` of a new table, which is as `before` says; gives the answer and the item after it.
fn on(before: Option<&Value>, operation: &str, members: Value) -> (Value, Option<Value>) {
    let (_folder, mut database) = database();
    create(&mut database, table("things", "pk"));
    if let Some(item) = before {
        run(&mut database, "PutItem", request(json!({"Item": item}))).unwrap();
    }
    let answer = run(&mut database, operation, request(members)).unwrap();
    (answer, get(&mut database).get("Item").cloned())
}

#[test]
fn an_item_that_was_put_is_got() {
    let item = json!({"pk": {"S": "a"}, "n": {"N": "1.50"}, "set": {"SS": ["b", "a"]}, "m": {"M": {"l": {"L": [
        {"NULL": true}, {"BOOL": false}, {"B": "AAE="}]}}}});
    let (answer, got) = on(None, "PutItem", json!({"Item": item}));
    assert_eq!(answer, json!({}));
    let mut stored = item;
    stored["n"] = json!({"N": "1.5"});
    assert_eq!(got, Some(stored));
}

#[test]
fn projections_are_answered_without_the_key() {
    let item =
        json!({"pk": {"S": "a"}, "x": {"N": "1"}, "m": {"M": {"y": {"N": "2"}, "z": {"N": "3"}}}});
    let cases = [
        (json!({}), json!({"Item": item})),
        (
            json!({"ProjectionExpression": "x"}),
            json!({"Item": {"x": {"N": "1"}}}),
        ),
        (
            json!({"ProjectionExpression": "m.y"}),
            json!({"Item": {"m": {"M": {"y": {"N": "2"}}}}}),
        ),
        (
            json!({"ProjectionExpression": "absent"}),
            json!({"Item": {}}),
        ),
        (
            json!({"AttributesToGet": ["pk", "x"]}),
            json!({"Item": {"pk": {"S": "a"}, "x": {"N": "1"}}}),
        ),
    ];
    for (mut members, expected) in cases {
        members["Key"] = json!({"pk": {"S": "a"}});
        let (answer, _) = on(Some(&item), "GetItem", members);
        assert_eq!(answer, expected);
    }
    let (answer, _) = on(None, "GetItem", json!({"Key": {"pk": {"S": "a"}}}));
    assert_eq!(answer, json!({}));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn writes_answer_what_they_are_asked_for() {
    let before = json!({"pk": {"S": "a"}, "x": {"N": "1"}, "y": {"N": "1"}});
    let set = |values: &str| {
        json!({"Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET x = :x",
            "ExpressionAttributeValues": {":x": {"N": "2"}}, "ReturnValues": values})
    };
    let after = json!({"pk": {"S": "a"}, "x": {"N": "2"}, "y": {"N": "1"}});
    let made = json!({"pk": {"S": "a"}, "x": {"N": "2"}});
    let put = json!({"Item": {"pk": {"S": "a"}}, "ReturnValues": "ALL_OLD"});
    let delete = json!({"Key": {"pk": {"S": "a"}}, "ReturnValues": "ALL_OLD"});
    let cases = [
        (
            Some(&before),
            "PutItem",
            put.clone(),
            Some(before.clone()),
            Some(json!({"pk": {"S": "a"}})),
        ),
        (None, "PutItem", put, None, Some(json!({"pk": {"S": "a"}}))),
        (
            Some(&before),
            "DeleteItem",
            delete.clone(),
            Some(before.clone()),
            None,
        ),
        (None, "DeleteItem", delete, None, None),
        (
            Some(&before),
            "UpdateItem",
            set("NONE"),
            None,
            Some(after.clone()),
        ),
        (
            Some(&before),
            "UpdateItem",
            set("ALL_OLD"),
            Some(before.clone()),
            Some(after.clone()),
        ),
        (
            Some(&before),
            "UpdateItem",
            set("ALL_NEW"),
            Some(after.clone()),
            Some(after.clone()),
        ),
        (
            Some(&before),
            "UpdateItem",
            set("UPDATED_OLD"),
            Some(json!({"x": {"N": "1"}})),
            Some(after.clone()),
        ),
        (
            Some(&before),
            "UpdateItem",
            set("UPDATED_NEW"),
            Some(json!({"x": {"N": "2"}})),
            Some(after.clone()),
        ),
        (None, "UpdateItem", set("ALL_OLD"), None, Some(made.clone())),
        (
            None,
            "UpdateItem",
            set("ALL_NEW"),
            Some(made.clone()),
            Some(made.clone()),
        ),
        (
            None,
            "UpdateItem",
            set("UPDATED_OLD"),
            None,
            Some(made.clone()),
        ),
        (
            None,
            "UpdateItem",
            set("UPDATED_NEW"),
            Some(json!({"x": {"N": "2"}})),
            Some(made),
        ),
    ];
    for (item, operation, members, attributes, stored) in cases {
        let (answer, got) = on(item, operation, members.clone());
        let expected = attributes.map_or(json!({}), |attributes| json!({"Attributes": attributes}));
        assert_eq!(
            (answer, got),
            (expected, stored),
            "{operation} {members} of {item:?}"
        );
    }
}

#[test]
fn an_update_that_only_removes_makes_no_item() {
    let key = json!({"pk": {"S": "a"}});
    let cases = [
        (json!({"UpdateExpression": "REMOVE x"}), false),
        (json!({"UpdateExpression": "REMOVE x.y, z[1]"}), false),
        (
            json!({"AttributeUpdates": {"x": {"Action": "DELETE"}}}),
            false,
        ),
        (
            json!({"UpdateExpression": "DELETE x :s", "ExpressionAttributeValues": {":s": {"SS": ["a"]}}}),
            false,
        ),
        (
            json!({"UpdateExpression": "SET x = :n REMOVE y", "ExpressionAttributeValues": {":n": {"N": "1"}}}),
            true,
        ),
        (json!({"AttributeUpdates": {}}), true),
        (json!({}), true),
    ];
    for (mut members, is_made) in cases {
        members["Key"] = key.clone();
        members["ReturnValues"] = json!("ALL_NEW");
        let (answer, got) = on(None, "UpdateItem", members.clone());
        assert_eq!(got.is_some(), is_made, "{members}");
        assert_eq!(answer.get("Attributes"), got.as_ref(), "{members}");
    }
}

#[test]
fn conditions_decide_whether_anything_is_written() {
    let (_folder, mut database) = database();
    create(&mut database, table("things", "pk"));
    let item = json!({"pk": {"S": "a"}, "x": {"N": "1"}});
    run(&mut database, "PutItem", request(json!({"Item": item}))).unwrap();
    let one = json!({":x": {"N": "2"}});
    let cases = [
        (
            "PutItem",
            json!({"Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)"}),
        ),
        (
            "PutItem",
            json!({"Item": {"pk": {"S": "a"}}, "Expected": {"pk": {"Exists": false}}}),
        ),
        (
            "DeleteItem",
            json!({"Key": {"pk": {"S": "a"}}, "ConditionExpression": "x = :x", "ExpressionAttributeValues": one}),
        ),
        (
            "UpdateItem",
            json!({"Key": {"pk": {"S": "a"}}, "ConditionExpression": "x = :x", "UpdateExpression": "SET x = :x",
            "ExpressionAttributeValues": one}),
        ),
        // Conditions come before what the update says of the item.
        (
            "UpdateItem",
            json!({"Key": {"pk": {"S": "a"}}, "ConditionExpression": "x = :x", "UpdateExpression": "SET y = z",
            "ExpressionAttributeValues": one}),
        ),
    ];
    for (operation, members) in cases {
        for values in ["NONE", "ALL_OLD"] {
            let mut members = members.clone();
            members["ReturnValuesOnConditionCheckFailure"] = json!(values);
            let refused = refusal(&mut database, operation, request(members));
            assert_eq!(refused.name, "ConditionalCheckFailedException");
            assert_eq!(refused.message, "The conditional request failed");
            let expected = (values == "ALL_OLD").then_some(&item);
            assert_eq!(refused.members.get("Item"), expected);
        }
    }
    assert_eq!(get(&mut database), json!({"Item": item}));
    let missing = json!({"Key": {"pk": {"S": "b"}}, "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    let refused = refusal(&mut database, "DeleteItem", request(missing));
    assert!(refused.members.is_empty());
}

#[test]
fn what_an_update_says_of_an_item_must_fit_it() {
    let (_folder, mut database) = database();
    create(&mut database, table("things", "pk"));
    let item = json!({"pk": {"S": "a"}, "x": {"N": "1"}, "big": {"S": "b".repeat(300 * 1024)}});
    run(&mut database, "PutItem", request(json!({"Item": item}))).unwrap();
    let half = json!({":v": {"S": "b".repeat(200 * 1024)}});
    let cases = [
        (
            json!({"UpdateExpression": "SET y = z"}),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            json!({"UpdateExpression": "SET x.y = x"}),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            json!({"UpdateExpression": "SET y = :v", "ExpressionAttributeValues": half}),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ];
    for (mut members, message) in cases {
        members["Key"] = json!({"pk": {"S": "a"}});
        let refused = refusal(&mut database, "UpdateItem", request(members));
        assert_eq!(
            (refused.name, refused.message.as_str()),
            ("ValidationException", message)
        );
    }
    assert_eq!(get(&mut database), json!({"Item": item}));
}

#[test]
fn a_table_must_be_there() {
    let (_folder, mut database) = database();
    let key = json!({"Key": {"pk": {"S": "a"}}});
    for (operation, members) in [
        ("GetItem", key.clone()),
        ("DeleteItem", key.clone()),
        ("UpdateItem", key),
        ("PutItem", json!({"Item": {"pk": {"S": "a"}}})),
    ] {
        let refused = refusal(&mut database, operation, request(members));
        assert_eq!(refused.name, "ResourceNotFoundException");
        assert_eq!(refused.message, "Requested resource not found");
    }
}

#[test]
fn capacity_is_counted_to_the_unit() {
    let kib = 1024;
    // The item's name and value take 3 bytes, the attribute's name one.
    let item = |bytes: usize| json!({"pk": {"S": "a"}, "x": {"S": "x".repeat(bytes - 4)}});
    let key = json!({"Key": {"pk": {"S": "a"}}});
    let consistent = json!({"Key": {"pk": {"S": "a"}}, "ConsistentRead": true});
    let small =
        json!({"Key": {"pk": {"S": "a"}}, "AttributeUpdates": {"x": {"Value": {"S": "x"}}}});
    let remove = json!({"Key": {"pk": {"S": "a"}}, "UpdateExpression": "REMOVE x"});
    let cases = [
        (None, "GetItem", key.clone(), 0.5),
        (None, "GetItem", consistent.clone(), 1.0),
        (Some(4 * kib), "GetItem", key.clone(), 0.5),
        (Some(4 * kib), "GetItem", consistent.clone(), 1.0),
        (Some(4 * kib + 1), "GetItem", key.clone(), 1.0),
        (Some(4 * kib + 1), "GetItem", consistent, 2.0),
        (None, "PutItem", json!({"Item": item(kib)}), 1.0),
        (None, "PutItem", json!({"Item": item(kib + 1)}), 2.0),
        (Some(3 * kib), "PutItem", json!({"Item": item(kib)}), 3.0),
        (Some(kib), "PutItem", json!({"Item": item(3 * kib)}), 3.0),
        (None, "DeleteItem", key.clone(), 1.0),
        (Some(2 * kib + 1), "DeleteItem", key, 3.0),
        (None, "UpdateItem", small.clone(), 1.0),
        (Some(2 * kib + 1), "UpdateItem", small, 3.0),
        (None, "UpdateItem", remove, 1.0),
    ];
    for (bytes, operation, mut members, units) in cases {
        let before = bytes.map(item);
        members["ReturnConsumedCapacity"] = json!("TOTAL");
        let (answer, _) = on(before.as_ref(), operation, members.clone());
        let expected = json!({"TableName": "things", "CapacityUnits": units});
        assert_eq!(
            answer["ConsumedCapacity"], expected,
            "{operation} of {bytes:?}"
        );
        members["ReturnConsumedCapacity"] = json!("INDEXES");
        let (answer, _) = on(before.as_ref(), operation, members);
        let expected = json!({"TableName": "things", "CapacityUnits": units, "Table": {"CapacityUnits": units}});
        assert_eq!(answer["ConsumedCapacity"], expected);
    }
}

/// A table with a local index `on_l`, and two global ones: `on_g` with `a` in it, `on_k` with its keys only.
fn with_indexes() -> Value {
    let mut request = table("things", "pk sk");
    request["AttributeDefinitions"] = ["pk", "sk", "l", "g", "k"]
        .map(|name| json!({"AttributeName": name, "AttributeType": "S"}))
        .into_iter()
        .collect();
    request["LocalSecondaryIndexes"] = json!([{
        "IndexName": "on_l",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }]);
    let global = |name: &str, projection: Value| json!({"IndexName": format!("on_{name}"), "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}], "Projection": projection});
    request["GlobalSecondaryIndexes"] = json!([
        global(
            "g",
            json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]})
        ),
        global("k", json!({"ProjectionType": "KEYS_ONLY"})),
    ]);
    request
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn indexes_take_capacity_if_what_is_in_them_changes() {
    let text = |text: &str| json!({"S": text});
    let item = |others: &[(&str, Value)]| {
        let mut item = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
        for (name, value) in others {
            item[*name] = value.clone();
        }
        item
    };
    let kib = |kib: usize| json!({"S": "x".repeat(kib * 1024)});
    let plain = item(&[]);
    let in_g = item(&[("g", text("1"))]);
    let cases = [
        // Neither is in an index.
        (None, plain.clone(), 1.0, json!({})),
        // Comes to be in indexes, and goes out of them.
        (
            None,
            item(&[("l", text("1")), ("g", text("1"))]),
            3.0,
            json!({"LocalSecondaryIndexes": {"on_l": 1.0}, "GlobalSecondaryIndexes": {"on_g": 1.0}}),
        ),
        (
            Some(in_g.clone()),
            plain.clone(),
            2.0,
            json!({"GlobalSecondaryIndexes": {"on_g": 1.0}}),
        ),
        // Nothing changes there.
        (Some(in_g.clone()), in_g.clone(), 1.0, json!({})),
        (
            Some(in_g.clone()),
            item(&[("g", text("1")), ("other", kib(2))]),
            3.0,
            json!({}),
        ),
        // Changes there: the larger of what it was and is.
        (
            Some(in_g.clone()),
            item(&[("g", text("1")), ("a", kib(1))]),
            4.0,
            json!({"GlobalSecondaryIndexes": {"on_g": 2.0}}),
        ),
        // Moves: out and in.
        (
            Some(item(&[("g", text("1")), ("a", kib(1))])),
            item(&[("g", text("2"))]),
            5.0,
            json!({"GlobalSecondaryIndexes": {"on_g": 3.0}}),
        ),
        // Only its keys are there.
        (
            Some(item(&[("k", text("1"))])),
            item(&[("k", text("1")), ("a", text("1"))]),
            1.0,
            json!({}),
        ),
    ];
    for (before, after, total, indexes) in cases {
        let (_folder, mut database) = database();
        create(&mut database, with_indexes());
        if let Some(item) = before {
            run(&mut database, "PutItem", request(json!({"Item": item}))).unwrap();
        }
        let put = json!({"Item": after, "ReturnConsumedCapacity": "INDEXES"});
        let answer = run(&mut database, "PutItem", request(put)).unwrap();
        let consumed = &answer["ConsumedCapacity"];
        assert_eq!(consumed["CapacityUnits"], json!(total), "{after}");
        for kind in ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"] {
            let units = indexes.get(kind).and_then(Value::as_object);
            let expected = units.map(|units| {
                let units = units.iter();
                units
                    .map(|(name, units)| (name.clone(), json!({"CapacityUnits": units})))
                    .collect::<Value>()
            });
            assert_eq!(consumed.get(kind), expected.as_ref(), "{after}");
        }
    }
}

#[test]
fn tables_with_local_indexes_have_item_collections() {
    let (_folder, mut database) = database();
    create(&mut database, with_indexes());
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let metrics =
        json!({"ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]});
    for (operation, member) in [
        ("PutItem", "Item"),
        ("UpdateItem", "Key"),
        ("DeleteItem", "Key"),
    ] {
        let members = json!({member: key, "ReturnItemCollectionMetrics": "SIZE"});
        let answer = run(&mut database, operation, request(members)).unwrap();
        assert_eq!(answer, json!({"ItemCollectionMetrics": metrics}));
        let answer = run(&mut database, operation, request(json!({member: key}))).unwrap();
        assert_eq!(answer, json!({}));
    }
    let mut other = table("others", "pk sk");
    other["TableName"] = json!("others");
    create(&mut database, other);
    let put = json!({"TableName": "others", "Item": key, "ReturnItemCollectionMetrics": "SIZE"});
    assert_eq!(run(&mut database, "PutItem", put).unwrap(), json!({}));
}
