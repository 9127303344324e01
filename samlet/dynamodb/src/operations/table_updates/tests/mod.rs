#![allow(clippy::unwrap_used)]

mod indexes;

use std::time::Duration;

use samlet_clock::Clock;
use serde_json::{Value, json};

use crate::database::Database;
use crate::error::Exception;
use crate::operations::testing::{database, database_with, refusal, run, table};

fn throughput(read: i64, write: i64) -> Value {
    json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write})
}

fn provisioned(name: &str) -> Value {
    let mut table = table(name, "pk sk");
    table["BillingMode"] = "PROVISIONED".into();
    table["ProvisionedThroughput"] = throughput(5, 5);
    table
}

/// The table `abc` with a global index, each of which has throughput of its own.
fn provisioned_with_index() -> Value {
    let mut table = provisioned("abc");
    table["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "index",
        "KeySchema": [{"AttributeName": "sk", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": throughput(2, 3),
    }]);
    table
}

fn update(database: &mut Database, name: &str, mut members: Value) -> Value {
    members["TableName"] = name.into();
    let answer = run(database, "UpdateTable", members).unwrap();
    answer["TableDescription"].clone()
}

fn refused(database: &mut Database, name: &str, mut members: Value) -> Exception {
    members["TableName"] = name.into();
    refusal(database, "UpdateTable", members)
}

fn describe(database: &mut Database, name: &str) -> Value {
    let answer = run(database, "DescribeTable", json!({"TableName": name})).unwrap();
    answer["Table"].clone()
}

fn create_index(name: &str, keys: &str) -> Value {
    let keys: Vec<(&str, &str)> = keys
        .split(' ')
        .map(|key| key.split_once(':').unwrap())
        .collect();
    let attributes = keys
        .iter()
        .map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind}));
    let schema = keys.iter().zip(["HASH", "RANGE"]);
    let schema = schema.map(|((name, _), role)| json!({"AttributeName": name, "KeyType": role}));
    json!({
        "AttributeDefinitions": attributes.collect::<Vec<_>>(),
        "GlobalSecondaryIndexUpdates": [{"Create": {
            "IndexName": name,
            "KeySchema": schema.collect::<Vec<_>>(),
            "Projection": {"ProjectionType": "ALL"},
        }}],
    })
}

fn delete_index(name: &str) -> Value {
    json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]})
}

fn update_index(name: &str, read: i64, write: i64) -> Value {
    let update = json!({"IndexName": name, "ProvisionedThroughput": throughput(read, write)});
    json!({"GlobalSecondaryIndexUpdates": [{"Update": update}]})
}

fn validation(message: impl Into<String>) -> Exception {
    Exception::new("ValidationException", message)
}

fn invalid(reason: &str) -> Exception {
    validation(format!(
        "One or more parameter values were invalid: {reason}"
    ))
}

#[test]
fn throughput_rises_and_falls() {
    let clock = Clock::new();
    let (_folder, mut database) = database_with(&clock);
    run(&mut database, "CreateTable", provisioned("abc")).unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    clock.advance(day);
    let answer = update(
        &mut database,
        "abc",
        json!({"ProvisionedThroughput": throughput(15, 10)}),
    );
    assert_eq!(answer["TableStatus"], "UPDATING");
    let increased = answer["ProvisionedThroughput"]["LastIncreaseDateTime"].clone();
    assert_eq!(
        answer["ProvisionedThroughput"],
        json!({
            "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 5,
            "LastIncreaseDateTime": increased,
        })
    );
    let table = describe(&mut database, "abc");
    assert_eq!(table["TableStatus"], "ACTIVE");
    assert_eq!(
        table["ProvisionedThroughput"],
        json!({
            "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 15, "WriteCapacityUnits": 10,
            "LastIncreaseDateTime": increased,
        })
    );
    let answer = update(
        &mut database,
        "abc",
        json!({"ProvisionedThroughput": throughput(5, 5)}),
    );
    let decreased = answer["ProvisionedThroughput"]["LastDecreaseDateTime"].clone();
    assert!(decreased.is_number());
    assert_eq!(answer["ProvisionedThroughput"]["NumberOfDecreasesToday"], 0);
    assert_eq!(
        describe(&mut database, "abc")["ProvisionedThroughput"],
        json!({
            "NumberOfDecreasesToday": 1, "ReadCapacityUnits": 5, "WriteCapacityUnits": 5,
            "LastIncreaseDateTime": increased, "LastDecreaseDateTime": decreased,
        })
    );
    clock.advance(day);
    let table = describe(&mut database, "abc");
    assert_eq!(table["ProvisionedThroughput"]["NumberOfDecreasesToday"], 0);
    assert_eq!(
        table["ProvisionedThroughput"]["LastDecreaseDateTime"],
        decreased
    );
    assert!(table["BillingModeSummary"].is_null());
}

#[test]
fn a_table_comes_to_be_paid_for_otherwise() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", provisioned_with_index()).unwrap();
    let answer = update(
        &mut database,
        "abc",
        json!({"BillingMode": "PAY_PER_REQUEST"}),
    );
    assert_eq!(answer["TableStatus"], "UPDATING");
    assert_eq!(
        answer["BillingModeSummary"],
        json!({"BillingMode": "PAY_PER_REQUEST"})
    );
    let nothing =
        json!({"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0});
    let table = describe(&mut database, "abc");
    let since = table["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"].clone();
    assert!(since.is_number());
    assert_eq!(table["ProvisionedThroughput"], nothing);
    assert_eq!(
        table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"],
        nothing
    );
    update(
        &mut database,
        "abc",
        json!({"BillingMode": "PAY_PER_REQUEST"}),
    );
    let back = json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput(5, 5)});
    assert_eq!(
        refused(&mut database, "abc", back.clone()),
        invalid("ProvisionedThroughput must be specified for index: index")
    );
    let mut back = back;
    back["GlobalSecondaryIndexUpdates"] =
        update_index("index", 7, 8)["GlobalSecondaryIndexUpdates"].take();
    let answer = update(&mut database, "abc", back);
    assert_eq!(answer["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
    let table = describe(&mut database, "abc");
    assert_eq!(
        table["BillingModeSummary"],
        json!({"BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": since})
    );
    assert_eq!(
        table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"],
        8
    );
}

#[test]
fn limits_of_what_is_paid_for_by_request_are_set_and_go() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    let limits =
        |read: i64, write: i64| json!({"MaxReadRequestUnits": read, "MaxWriteRequestUnits": write});
    let read = json!({"MaxReadRequestUnits": 5});
    for (change, answered, described) in [
        (read.clone(), read.clone(), read),
        (
            json!({"MaxWriteRequestUnits": 6}),
            limits(5, 6),
            limits(5, 6),
        ),
        (
            json!({"MaxReadRequestUnits": -1}),
            limits(-1, 6),
            json!({"MaxWriteRequestUnits": 6}),
        ),
        (limits(-1, -1), limits(-1, -1), Value::Null),
    ] {
        let answer = update(&mut database, "abc", json!({"OnDemandThroughput": change}));
        assert_eq!(answer["OnDemandThroughput"], answered);
        assert_eq!(
            describe(&mut database, "abc")["OnDemandThroughput"],
            described
        );
    }
    assert_eq!(
        refused(
            &mut database,
            "abc",
            json!({"OnDemandThroughput": limits(0, 1)})
        ),
        invalid(
            "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"
        )
    );
}

#[test]
fn classes_and_protection_change() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    let answer = update(
        &mut database,
        "abc",
        json!({"DeletionProtectionEnabled": true}),
    );
    assert_eq!(answer["TableStatus"], "ACTIVE");
    assert_eq!(answer["DeletionProtectionEnabled"], true);
    let class =
        json!({"TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": false});
    assert_eq!(
        update(&mut database, "abc", class)["TableStatus"],
        "UPDATING"
    );
    let table = describe(&mut database, "abc");
    assert_eq!(table["DeletionProtectionEnabled"], false);
    assert_eq!(
        table["TableClassSummary"]["TableClass"],
        "STANDARD_INFREQUENT_ACCESS"
    );
    assert!(table["TableClassSummary"]["LastUpdateDateTime"].is_number());
}

#[test]
fn a_stream_begins_and_ends_and_another_begins() {
    let (_folder, mut database) = database();
    run(&mut database, "CreateTable", table("abc", "pk")).unwrap();
    let on = json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}});
    let off = json!({"StreamSpecification": {"StreamEnabled": false}});
    assert_eq!(
        refused(&mut database, "abc", off.clone()),
        validation("Table has no stream to disable: TableName: abc")
    );
    let answer = update(&mut database, "abc", on.clone());
    assert_eq!(answer["TableStatus"], "UPDATING");
    assert_eq!(answer["StreamSpecification"], on["StreamSpecification"]);
    let first = answer["LatestStreamArn"].clone();
    assert_eq!(describe(&mut database, "abc")["LatestStreamArn"], first);
    assert_eq!(
        refused(&mut database, "abc", on.clone()),
        validation("Table already has an enabled stream: TableName: abc")
    );
    let answer = update(&mut database, "abc", off);
    assert!(answer["StreamSpecification"].is_null());
    assert_eq!(describe(&mut database, "abc")["LatestStreamArn"], first);
    let second = update(&mut database, "abc", on)["LatestStreamArn"].clone();
    assert_ne!(first, second);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_does_not_fit_the_table_is_refused() {
    let (_folder, mut database) = database();
    let mut request = table("demand", "pk sk");
    let attributes = request["AttributeDefinitions"].as_array_mut().unwrap();
    attributes.push(json!({"AttributeName": "x", "AttributeType": "S"}));
    request["LocalSecondaryIndexes"] = json!([{
        "IndexName": "local",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "x", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }]);
    request["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "global",
        "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }]);
    run(&mut database, "CreateTable", request).unwrap();
    run(&mut database, "CreateTable", provisioned("units")).unwrap();
    let no_units = invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
    let will_not_change = validation(
        "The provisioned throughput for the table will not change. The requested value equals the current value. \
         Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. \
         Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. \
         Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
    );
    let exists = validation("Attempting to create an index which already exists");
    let blocked = validation(
        "This operation cannot be performed with given input values. Please contact DynamoDB service team for \
         more info: Action Blocked: IndexUpdate",
    );
    let mut new_with_units = create_index("index", "y:S");
    new_with_units["GlobalSecondaryIndexUpdates"][0]["Create"]["ProvisionedThroughput"] =
        throughput(1, 1);
    let cases = [
        (
            "missing",
            json!({"BillingMode": "PAY_PER_REQUEST"}),
            Exception::new(
                "ResourceNotFoundException",
                "Requested resource not found: Table: missing not found",
            ),
        ),
        (
            "demand",
            json!({"ProvisionedThroughput": throughput(1, 1)}),
            no_units.clone(),
        ),
        ("demand", update_index("global", 1, 1), no_units),
        (
            "units",
            json!({"ProvisionedThroughput": throughput(5, 5)}),
            will_not_change.clone(),
        ),
        (
            "units",
            json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput(5, 5)}),
            will_not_change,
        ),
        (
            "units",
            json!({"OnDemandThroughput": {"MaxWriteRequestUnits": 1}}),
            invalid(
                "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
            ),
        ),
        ("demand", update_index("other", 1, 1), blocked.clone()),
        ("demand", update_index("local", 1, 1), blocked),
        ("demand", create_index("global", "y:S"), exists.clone()),
        ("demand", create_index("local", "y:S"), exists),
        (
            "demand",
            new_with_units,
            invalid(
                "ProvisionedThroughput should not be specified for index: index when BillingMode is PAY_PER_REQUEST",
            ),
        ),
        (
            "demand",
            create_index("index", "x:N"),
            invalid(
                "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. \
                 Existing schema: Schema:[SchemaElement: key{pk:S:HASH}, SchemaElement: key{x:S:RANGE}] \
                 New schema: Schema:[SchemaElement: key{x:N:HASH}]",
            ),
        ),
        (
            "demand",
            delete_index("other"),
            Exception::new(
                "ResourceNotFoundException",
                "Requested resource not found: Table: other not found",
            ),
        ),
        (
            "demand",
            delete_index("local"),
            invalid("Index: local is not a global secondary index"),
        ),
    ];
    for (name, members, expected) in cases {
        let before = (name != "missing").then(|| describe(&mut database, name));
        assert_eq!(refused(&mut database, name, members), expected);
        let after = (name != "missing").then(|| describe(&mut database, name));
        assert_eq!(before, after);
    }
}
