use std::time::Duration;

use serde_json::json;

use super::*;
use crate::operations::testing::write;

fn work(database: &mut Database) {
    while write(database, |database| {
        database.work(Duration::from_millis(10))
    })
    .unwrap()
    {}
}

const ONE_ONLINE: &str = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one history of a table, with exact descriptions"
)]
fn an_index_is_filled_and_deleted() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    for (key, kind) in [("a", "S"), ("b", "S"), ("c", "N")] {
        let item = json!({"pk": {"S": key}, "x": {kind: "1"}});
        run(
            &mut database,
            "PutItem",
            json!({"TableName": "abc", "Item": item}),
        )
        .unwrap();
    }
    let answer = update(&mut database, "abc", create_index("index", "x:S pk:S"));
    assert_eq!(answer["TableStatus"], "UPDATING");
    let index = &answer["GlobalSecondaryIndexes"][0];
    assert_eq!(
        (&index["IndexStatus"], &index["Backfilling"]),
        (&json!("CREATING"), &json!(false))
    );
    let table = describe(&mut database, "abc");
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!(table["TableStatus"], "ACTIVE");
    assert_eq!(
        (&index["IndexStatus"], &index["Backfilling"]),
        (&json!("CREATING"), &json!(true))
    );
    let in_use = refusal(&mut database, "DeleteTable", json!({"TableName": "abc"}));
    assert_eq!(in_use.name, "ResourceInUseException");
    let limit = Exception::new("LimitExceededException", ONE_ONLINE);
    assert_eq!(
        refused(&mut database, "abc", create_index("other", "pk:S")),
        limit
    );
    work(&mut database);
    let table = describe(&mut database, "abc");
    assert_eq!(
        table["GlobalSecondaryIndexes"][0],
        json!({
            "IndexName": "index",
            "KeySchema": [
                {"AttributeName": "x", "KeyType": "HASH"},
                {"AttributeName": "pk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
            "IndexStatus": "ACTIVE",
            "ProvisionedThroughput": {
                "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0,
            },
            "IndexSizeBytes": 10,
            "ItemCount": 2,
            "IndexArn": "arn:aws:dynamodb:us-east-1:123456789012:table/abc/index/index",
            "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
        })
    );
    assert_eq!(table["AttributeDefinitions"].as_array().unwrap().len(), 2);
    let answer = update(&mut database, "abc", delete_index("index"));
    assert_eq!(
        answer["GlobalSecondaryIndexes"][0]["IndexStatus"],
        "DELETING"
    );
    let table = describe(&mut database, "abc");
    assert!(table["GlobalSecondaryIndexes"].is_null());
    assert_eq!(
        table["AttributeDefinitions"],
        json!([{"AttributeName": "pk", "AttributeType": "S"}])
    );
    update(&mut database, "abc", create_index("index", "x:N"));
    work(&mut database);
    assert_eq!(
        describe(&mut database, "abc")["GlobalSecondaryIndexes"][0]["ItemCount"],
        1
    );
}

#[test]
fn an_index_that_is_being_filled_can_be_deleted() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    update(&mut database, "abc", create_index("index", "x:S"));
    update(&mut database, "abc", delete_index("index"));
    assert!(describe(&mut database, "abc")["GlobalSecondaryIndexes"].is_null());
    update(&mut database, "abc", create_index("index", "x:S"));
    work(&mut database);
    run(&mut database, "DeleteTable", json!({"TableName": "abc"})).unwrap();
}

#[test]
fn throughput_of_an_index_changes() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", provisioned_with_index()).unwrap();
    let answer = update(&mut database, "abc", update_index("index", 1, 3));
    let index = &answer["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexStatus"], "UPDATING");
    assert_eq!(index["ProvisionedThroughput"]["ReadCapacityUnits"], 2);
    let table = describe(&mut database, "abc");
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexStatus"], "ACTIVE");
    assert_eq!(index["ProvisionedThroughput"]["ReadCapacityUnits"], 1);
    assert_eq!(index["ProvisionedThroughput"]["NumberOfDecreasesToday"], 1);
    assert_eq!(
        refused(&mut database, "abc", update_index("index", 1, 3)),
        validation(
            "The provisioned throughput for the index index will not change. The requested value equals the \
             current value. Current ReadCapacityUnits provisioned for the index: 1. Requested \
             ReadCapacityUnits: 1. Current WriteCapacityUnits provisioned for the index: 3. Requested \
             WriteCapacityUnits: 3. Refer to the Amazon DynamoDB Developer Guide for current limits and how to \
             request higher limits."
        )
    );
}

#[test]
fn a_table_has_twenty_global_indexes() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    for number in 0..20 {
        update(
            &mut database,
            "abc",
            create_index(&format!("index{number}"), "x:S"),
        );
        work(&mut database);
    }
    assert_eq!(
        refused(&mut database, "abc", create_index("one_more", "x:S")),
        invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20")
    );
}

#[test]
fn an_index_has_several_attributes_as_keys() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    let key = |name: &str, role: &str| json!({"AttributeName": name, "KeyType": role});
    let keys = json!([
        key("a", "HASH"),
        key("b", "HASH"),
        key("c", "RANGE"),
        key("pk", "RANGE")
    ]);
    let attributes = ["a", "b", "c", "pk", "unused"];
    let attributes = attributes.map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
    let request = json!({
        "AttributeDefinitions": attributes,
        "GlobalSecondaryIndexUpdates": [{"Create": {
            "IndexName": "index", "KeySchema": keys, "Projection": {"ProjectionType": "KEYS_ONLY"},
        }}],
    });
    update(&mut database, "abc", request);
    work(&mut database);
    let table = describe(&mut database, "abc");
    assert_eq!(table["GlobalSecondaryIndexes"][0]["KeySchema"], keys);
    assert_eq!(table["AttributeDefinitions"].as_array().unwrap().len(), 4);
}
