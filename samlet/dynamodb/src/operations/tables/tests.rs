#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use samlet_clock::Clock;
use serde_json::{Value, json};

use crate::database::Database;
use crate::error::Exception;
use crate::operations::testing::{database, database_with, refusal, run, table};

/// What can't be known before: checked to be there, and left out.
fn without_chance(mut description: Value) -> Value {
    let members = description.as_object_mut().unwrap();
    let id = members.remove("TableId").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    if let Some(created) = members.remove("CreationDateTime") {
        assert!(created.is_number());
        let summary = members.get("BillingModeSummary");
        let since = summary.map(|summary| &summary["LastUpdateToPayPerRequestDateTime"]);
        if let Some(since) = since.filter(|since| !since.is_null()) {
            assert_eq!(since, &created);
        }
    }
    if let Some(summary) = members.get_mut("BillingModeSummary") {
        let summary = summary.as_object_mut().unwrap();
        summary.remove("LastUpdateToPayPerRequestDateTime");
    }
    description
}

fn described(database: &mut Database, name: &str) -> Value {
    let answer = run(database, "DescribeTable", json!({"TableName": name}));
    answer.unwrap()["Table"].clone()
}

fn on_demand() -> Value {
    json!({"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
}

fn warm(status: &str) -> Value {
    json!({"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": status})
}

#[test]
fn a_table_is_creating_then_active_then_deleting() {
    let (_folder, mut database) = database();
    let created = run(&mut database, "CreateTable", table("messages", "pk")).unwrap();
    let created = created["TableDescription"].clone();
    assert!(created["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"].is_null());
    let expected = |status: &str| {
        json!({
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "TableName": "messages",
            "TableStatus": status,
            "ProvisionedThroughput": on_demand(),
            "TableSizeBytes": 0,
            "ItemCount": 0,
            "TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/messages",
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "WarmThroughput": warm(status),
            "DeletionProtectionEnabled": false,
        })
    };
    assert_eq!(without_chance(created.clone()), expected("CREATING"));
    let active = described(&mut database, "messages");
    assert_eq!(active["TableId"], created["TableId"]);
    assert_eq!(active["CreationDateTime"], created["CreationDateTime"]);
    assert!(active["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"].is_number());
    assert_eq!(without_chance(active), expected("ACTIVE"));
    let deleted = run(
        &mut database,
        "DeleteTable",
        json!({"TableName": "messages"}),
    )
    .unwrap();
    assert!(
        deleted["TableDescription"]["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
            .is_number()
    );
    assert_eq!(
        without_chance(deleted["TableDescription"].clone()),
        json!({
            "TableName": "messages",
            "TableStatus": "DELETING",
            "ProvisionedThroughput": on_demand(),
            "TableSizeBytes": 0,
            "ItemCount": 0,
            "TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/messages",
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "DeletionProtectionEnabled": false,
        })
    );
    let gone = refusal(
        &mut database,
        "DescribeTable",
        json!({"TableName": "messages"}),
    );
    assert_eq!(gone, not_found("messages"));
}

fn not_found(name: &str) -> Exception {
    Exception::new(
        "ResourceNotFoundException",
        format!("Requested resource not found: Table: {name} not found"),
    )
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one history of a table, with exact descriptions"
)]
fn everything_that_a_table_has_is_described() {
    let clock = Clock::new();
    let (_folder, mut database) = database_with(&clock);
    let throughput = |read, write| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
    let request = json!({
        "TableName": "all",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "other", "AttributeType": "B"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "LocalSecondaryIndexes": [{
            "IndexName": "local",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "other", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"]},
        }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "global",
            "KeySchema": [
                {"AttributeName": "other", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "HASH"},
                {"AttributeName": "pk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
            "ProvisionedThroughput": throughput(3, 4),
        }],
        "ProvisionedThroughput": throughput(5, 6),
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
        "SSESpecification": {"Enabled": true, "KMSMasterKeyId": "alias/mine"},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": true,
        "Tags": [{"Key": "a", "Value": "b"}],
    });
    let created = run(&mut database, "CreateTable", request.clone()).unwrap();
    let created = &created["TableDescription"];
    assert_eq!(
        created["GlobalSecondaryIndexes"][0]["IndexStatus"],
        "CREATING"
    );
    assert!(created["BillingModeSummary"].is_null());
    let item = json!({"pk": {"S": "a"}, "sk": {"N": "1"}, "other": {"B": "AQ=="}, "text": {"S": "abc"}, "x": {"S": "y"}});
    run(
        &mut database,
        "PutItem",
        json!({"TableName": "all", "Item": item}),
    )
    .unwrap();
    let described = described(&mut database, "all");
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/all";
    let label = described["LatestStreamLabel"].as_str().unwrap().to_owned();
    let created = described["CreationDateTime"].clone();
    assert_eq!(
        without_chance(described),
        json!({
            "AttributeDefinitions": request["AttributeDefinitions"],
            "KeySchema": request["KeySchema"],
            "TableName": "all",
            "TableStatus": "ACTIVE",
            "ProvisionedThroughput": {
                "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6,
            },
            "TableSizeBytes": 22,
            "ItemCount": 1,
            "TableArn": arn,
            "WarmThroughput": {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE"},
            "DeletionProtectionEnabled": true,
            "LocalSecondaryIndexes": [{
                "IndexName": "local",
                "KeySchema": request["LocalSecondaryIndexes"][0]["KeySchema"],
                "Projection": request["LocalSecondaryIndexes"][0]["Projection"],
                "IndexSizeBytes": 20,
                "ItemCount": 1,
                "IndexArn": format!("{arn}/index/local"),
            }],
            "GlobalSecondaryIndexes": [{
                "IndexName": "global",
                "KeySchema": request["GlobalSecondaryIndexes"][0]["KeySchema"],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
                "IndexStatus": "ACTIVE",
                "ProvisionedThroughput": {
                    "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 3, "WriteCapacityUnits": 4,
                },
                "IndexSizeBytes": 13,
                "ItemCount": 1,
                "IndexArn": format!("{arn}/index/global"),
                "WarmThroughput": {"ReadUnitsPerSecond": 3, "WriteUnitsPerSecond": 4, "Status": "ACTIVE"},
            }],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
            "LatestStreamArn": format!("{arn}/stream/{label}"),
            "LatestStreamLabel": label,
            "SSEDescription": {
                "Status": "ENABLED",
                "SSEType": "KMS",
                "KMSMasterKeyArn": "arn:aws:kms:us-east-1:123456789012:alias/mine",
            },
            "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        })
    );
    let now = clock.now().duration_since(UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - created.as_f64().unwrap();
    assert!((0.0..60.0).contains(&age), "{age}");
    clock.advance(Duration::from_secs(3600));
    let name = json!({"TableName": "all"});
    assert_eq!(
        refusal(&mut database, "DeleteTable", name),
        Exception::new(
            "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. \
             Disable deletion protection first."
        )
    );
}

#[test]
fn a_table_is_made_once_and_names_are_all_different() {
    let (_folder, mut database) = database();
    for name in ["abc", "ABC", "_tables", "sqlite_x", "numbers", "items_1"] {
        run(&mut database, "CreateTable", table(name, "pk")).unwrap();
        let again = refusal(&mut database, "CreateTable", table(name, "pk"));
        let message = format!("Table already exists: {name}");
        assert_eq!(again, Exception::new("ResourceInUseException", message));
    }
    let put = |database: &mut Database, name: &str| {
        let item = json!({"pk": {"S": name}});
        run(
            database,
            "PutItem",
            json!({"TableName": name, "Item": item}),
        )
        .unwrap();
    };
    put(&mut database, "abc");
    put(&mut database, "_tables");
    for (name, count) in [("abc", 1), ("ABC", 0), ("_tables", 1), ("sqlite_x", 0)] {
        assert_eq!(described(&mut database, name)["ItemCount"], count);
    }
    let listed = run(&mut database, "ListTables", json!({})).unwrap();
    let names = ["ABC", "_tables", "abc", "items_1", "numbers", "sqlite_x"];
    assert_eq!(listed, json!({"TableNames": names}));
}

#[test]
fn tables_that_are_not_there_are_not_found() {
    let (_folder, mut database) = database();
    let name = json!({"TableName": "missing"});
    for operation in ["DescribeTable", "DeleteTable", "DescribeTimeToLive"] {
        assert_eq!(
            refusal(&mut database, operation, name.clone()),
            not_found("missing")
        );
    }
    assert_eq!(
        refusal(&mut database, "DescribeContinuousBackups", name),
        Exception::new("TableNotFoundException", "Table not found: missing")
    );
}

#[test]
fn tables_are_listed_by_pages() {
    let (_folder, mut database) = database();
    for number in 0..102 {
        run(
            &mut database,
            "CreateTable",
            table(&format!("t{number:03}"), "pk"),
        )
        .unwrap();
    }
    let cases = [
        (json!({"Limit": 2}), vec!["t000", "t001"], Some("t001")),
        (
            json!({"Limit": 2, "ExclusiveStartTableName": "t001"}),
            vec!["t002", "t003"],
            Some("t003"),
        ),
        (
            json!({"ExclusiveStartTableName": "t099x"}),
            vec!["t100", "t101"],
            None,
        ),
        (
            json!({"Limit": 2, "ExclusiveStartTableName": "t099"}),
            vec!["t100", "t101"],
            None,
        ),
        (json!({"ExclusiveStartTableName": "t101"}), vec![], None),
    ];
    for (request, names, last) in cases {
        let mut expected = json!({"TableNames": names});
        if let Some(last) = last {
            expected["LastEvaluatedTableName"] = last.into();
        }
        assert_eq!(run(&mut database, "ListTables", request).unwrap(), expected);
    }
    let page = run(&mut database, "ListTables", json!({})).unwrap();
    assert_eq!(page["TableNames"].as_array().unwrap().len(), 100);
    assert_eq!(page["LastEvaluatedTableName"], "t099");
}

#[test]
fn a_table_of_the_same_name_is_another() {
    let (_folder, mut database) = database();
    let make = |database: &mut Database| {
        let created = run(database, "CreateTable", table("abc", "pk")).unwrap();
        created["TableDescription"]["TableId"].clone()
    };
    let first = make(&mut database);
    let item = json!({"TableName": "abc", "Item": {"pk": {"S": "a"}}});
    run(&mut database, "PutItem", item).unwrap();
    run(&mut database, "DeleteTable", json!({"TableName": "abc"})).unwrap();
    assert_ne!(make(&mut database), first);
    assert_eq!(described(&mut database, "abc")["ItemCount"], 0);
}
