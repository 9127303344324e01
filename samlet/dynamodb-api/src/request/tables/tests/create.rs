//! CreateTable.

use serde_json::{Value, json};

use super::super::{Billing, CreateTable, IndexProjection};
use super::{invalid, read};
use crate::{Operation, Refusal};

fn create(body: Value) -> Result<CreateTable, Refusal> {
    read(Operation::CreateTable, CreateTable::read, body)
}

/// A table with the keys a and b, and these members.
fn table(members: Value) -> Value {
    let mut body = json!({
        "TableName": "abc",
        "AttributeDefinitions": definitions(&["a", "b"]),
        "KeySchema": keys(&["a HASH", "b RANGE"]),
        "BillingMode": "PAY_PER_REQUEST",
    });
    let Value::Object(members) = members else {
        return body;
    };
    for (name, value) in members {
        body[name] = value;
    }
    body
}

fn definitions(names: &[&str]) -> Value {
    let definition = |name: &&str| json!({"AttributeName": name, "AttributeType": "S"});
    names.iter().map(definition).collect()
}

fn keys(keys: &[&str]) -> Value {
    let key = |key: &&str| {
        let (name, kind) = key.split_once(' ').unwrap();
        json!({"AttributeName": name, "KeyType": kind})
    };
    keys.iter().map(key).collect()
}

fn index(name: &str, schema: &[&str], projection: Value) -> Value {
    json!({"IndexName": name, "KeySchema": keys(schema), "Projection": projection})
}

fn all() -> Value {
    json!({"ProjectionType": "ALL"})
}

fn assert_refused(cases: impl IntoIterator<Item = (Value, Refusal)>) {
    for (members, refusal) in cases {
        assert_eq!(create(table(members.clone())), Err(refusal), "{members}");
    }
}

#[test]
fn throughput_goes_with_the_billing_mode() {
    let units =
        |read: i64, write: i64| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
    let missing = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED";
    assert_refused([
        (json!({"BillingMode": null}), invalid(missing)),
        (json!({"BillingMode": "PROVISIONED"}), invalid(missing)),
        (
            json!({"ProvisionedThroughput": units(1, 1)}),
            invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            ),
        ),
        (
            json!({"BillingMode": null, "ProvisionedThroughput": units(1_000_000_000_001, 1_000_000_000_001)}),
            Refusal::validation("Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
        ),
        (
            json!({"BillingMode": null, "ProvisionedThroughput": units(1_000_000_000_000, 1_000_000_000_001)}),
            Refusal::validation(
                "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
            ),
        ),
        (
            json!({"OnDemandThroughput": {"MaxWriteRequestUnits": 0}}),
            invalid(
                "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
            ),
        ),
        (
            json!({"BillingMode": null, "ProvisionedThroughput": units(1, 1),
                "OnDemandThroughput": {"MaxReadRequestUnits": 1}}),
            invalid(
                "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
            ),
        ),
    ]);
    let read = create(table(json!({"OnDemandThroughput": {}}))).unwrap();
    assert_eq!(read.billing, Billing::PayPerRequest(None));
}

#[test]
fn keys_are_defined_and_in_order() {
    let undefined = "Invalid KeySchema: Some index key attribute have no definition";
    let same = "Both the Hash Key and the Range Key element in the KeySchema have the same name";
    let second = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type";
    let first = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type";
    let unused = "Number of attributes in KeySchema does not exactly match number of attributes defined in \
        AttributeDefinitions";
    let with = |defined: &[&str], schema: &[&str]| json!({"AttributeDefinitions": definitions(defined), "KeySchema": keys(schema)});
    assert_refused([
        (with(&[], &["a HASH"]), Refusal::validation(undefined)),
        (
            with(&["a"], &["a HASH", "a RANGE"]),
            Refusal::validation(undefined),
        ),
        (
            with(&["b"], &["a HASH", "b RANGE"]),
            Refusal::validation(undefined),
        ),
        (
            with(&["b"], &["a HASH"]),
            invalid(
                "Some index key attributes are not defined in AttributeDefinitions. \
                 Keys: [a], AttributeDefinitions: [b]",
            ),
        ),
        (
            with(&["a", "b"], &["a HASH", "a HASH"]),
            Refusal::validation(same),
        ),
        (
            with(&["a", "b"], &["a HASH", "b HASH"]),
            Refusal::validation(second),
        ),
        (
            with(&["a", "b"], &["a RANGE", "b HASH"]),
            Refusal::validation(first),
        ),
        (
            with(&["a", "b"], &["a RANGE", "b RANGE"]),
            Refusal::validation(first),
        ),
        (
            with(&["a", "c", "b"], &["a HASH", "b RANGE"]),
            invalid(unused),
        ),
        (with(&["a", "b"], &["a HASH"]), invalid(unused)),
        (
            with(&["a", "a"], &["a HASH"]),
            invalid("Duplicate AttributeName in AttributeDefinitions: a"),
        ),
    ]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn local_indexes_have_the_tables_partition_key() {
    let local = |indexes: Vec<Value>| json!({"LocalSecondaryIndexes": indexes});
    let one = |schema: &[&str], projection: Value| local(vec![index("abc", schema, projection)]);
    let good = |name: &str| index(name, &["a HASH", "b RANGE"], all());
    let mut without_range = one(&["a HASH"], all());
    without_range["KeySchema"] = keys(&["a HASH"]);
    assert_refused([
        (
            local(vec![]),
            invalid("List of LocalSecondaryIndexes is empty"),
        ),
        (
            without_range,
            invalid(
                "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
            ),
        ),
        (
            one(&["c RANGE", "d RANGE"], all()),
            invalid(
                "Some index key attributes are not defined in AttributeDefinitions. \
                 Keys: [d, c], AttributeDefinitions: [a, b]",
            ),
        ),
        (
            one(&["a RANGE"], all()),
            Refusal::validation(
                "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
            ),
        ),
        (
            one(&["a HASH", "a RANGE"], all()),
            Refusal::validation(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            ),
        ),
        (
            one(&["a HASH", "b HASH"], all()),
            Refusal::validation(
                "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
            ),
        ),
        (
            one(&["b HASH"], all()),
            invalid("Index KeySchema does not have a range key for index: abc"),
        ),
        (
            one(&["b HASH", "a RANGE"], all()),
            invalid(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. \
                 index hash key: b, table hash key: a",
            ),
        ),
        (
            one(&["a HASH", "b RANGE", "c RANGE"], all()),
            Refusal::validation(
                "1 validation error detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), \
                 KeySchemaElement(attributeName=b, keyType=RANGE), \
                 KeySchemaElement(attributeName=c, keyType=RANGE)]' at 'keySchema' failed to satisfy constraint: \
                 Member must have length less than or equal to 2",
            ),
        ),
        (
            local(vec![good("abc"), good("abc")]),
            invalid("Duplicate index name: abc"),
        ),
        (
            local(
                ["abc", "abd", "abe", "abf", "abg", "abh"]
                    .map(good)
                    .to_vec(),
            ),
            invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
        ),
    ]);
}

#[test]
fn projections_say_what_they_include() {
    let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let include = json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names});
    let many: Vec<Value> = (0..6)
        .map(|number| index(&format!("index{number}"), &["a HASH"], include.clone()))
        .collect();
    let one = |projection: Value| json!({"GlobalSecondaryIndexes": [index("abc", &["a HASH"], projection)]});
    assert_refused([
        (one(json!({})), invalid("Unknown ProjectionType: null")),
        (
            one(json!({"NonKeyAttributes": ["a"]})),
            invalid("Unknown ProjectionType: null"),
        ),
        (
            one(json!({"ProjectionType": "ALL", "NonKeyAttributes": ["a"]})),
            invalid("ProjectionType is ALL, but NonKeyAttributes is specified"),
        ),
        (
            one(json!({"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]})),
            invalid("ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"),
        ),
        (
            one(json!({"ProjectionType": "INCLUDE"})),
            invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
        ),
        (
            one(json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "a"]})),
            invalid("Duplicate attribute name in NonKeyAttributes: a"),
        ),
        (
            json!({"GlobalSecondaryIndexes": many}),
            invalid(
                "The number of NonKeyAttributes of all indexes exceeds the per-table limit of 100",
            ),
        ),
    ]);
    let read = create(table(one(include))).unwrap();
    assert_eq!(
        read.global_indexes[0].projection,
        IndexProjection::Include(names)
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn global_indexes_have_up_to_four_attributes_of_each_kind() {
    let with = |defined: &[&str], schema: &[&str]| {
        json!({
            "AttributeDefinitions": definitions(defined),
            "KeySchema": keys(&["a HASH"]),
            "GlobalSecondaryIndexes": [index("abc", schema, all())],
        })
    };
    let letters = ["a", "b", "c", "d", "e"];
    let same = "The KeySchema contains multiple key attributes with the same name";
    let too_many = |kind: &str| {
        invalid(&format!(
            "The KeySchema exceeds the maximum allowed number of {kind} key attributes"
        ))
    };
    assert_refused([
        (
            with(
                &letters,
                &["a HASH", "b HASH", "c HASH", "d HASH", "e HASH"],
            ),
            too_many("HASH"),
        ),
        (
            with(
                &["a", "b", "c", "d", "e", "f"],
                &[
                    "a HASH", "b RANGE", "c RANGE", "d RANGE", "e RANGE", "f RANGE",
                ],
            ),
            too_many("RANGE"),
        ),
        (
            with(&letters, &["a HASH", "b RANGE", "c HASH"]),
            invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema"),
        ),
        (
            with(&["a"], &["a HASH", "a HASH"]),
            Refusal::validation(same),
        ),
        (
            with(&["a", "b"], &["a HASH", "b HASH", "a RANGE"]),
            Refusal::validation(same),
        ),
        (
            with(&["a"], &["a HASH", "a RANGE"]),
            Refusal::validation(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            ),
        ),
        (
            with(&["a", "b"], &["b RANGE", "a HASH"]),
            Refusal::validation(
                "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
            ),
        ),
        (
            with(&["a", "b", "c"], &["b HASH"]),
            invalid(
                "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]",
            ),
        ),
    ]);
    let schema = ["a HASH", "b HASH", "c RANGE", "d RANGE"];
    let read = create(table(with(&letters[..4], &schema))).unwrap();
    assert_eq!(read.global_indexes[0].keys.partition, ["a", "b"]);
    assert_eq!(read.global_indexes[0].keys.sort, ["c", "d"]);
}

#[test]
fn global_indexes_are_named_once_and_not_too_many() {
    let global = |names: &[&str]| {
        let indexes = names.iter().map(|name| index(name, &["b HASH"], all()));
        json!({"GlobalSecondaryIndexes": indexes.collect::<Vec<_>>()})
    };
    let names: Vec<String> = (0..21).map(|number| format!("index{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut both = global(&["abc"]);
    both["LocalSecondaryIndexes"] = json!([index("abc", &["a HASH", "b RANGE"], all())]);
    let mut provisioned = global(&["abc"]);
    provisioned["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] =
        json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 1});
    assert_refused([
        (
            global(&[]),
            invalid("List of GlobalSecondaryIndexes is empty"),
        ),
        (
            global(&["abc", "abc"]),
            invalid("Duplicate index name: abc"),
        ),
        (both, invalid("Duplicate index name: abc")),
        (
            global(&names),
            invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20"),
        ),
        (
            provisioned,
            invalid(
                "ProvisionedThroughput should not be specified for index: abc when BillingMode is PAY_PER_REQUEST",
            ),
        ),
    ]);
}

#[test]
fn streams_and_tags_are_checked_last() {
    let tags = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({"Key": number.to_string(), "Value": ""}))
            .collect()
    };
    assert_refused([
        (
            json!({"StreamSpecification": {"StreamEnabled": false, "StreamViewType": "NEW_IMAGE"}}),
            invalid(
                "Table is being created with a stream disabled, UpdateViewType should not be specified",
            ),
        ),
        (
            json!({"StreamSpecification": {"StreamEnabled": true}}),
            invalid("StreamViewType must be specified when StreamEnabled is true"),
        ),
        (
            json!({"Tags": tags(51)}),
            invalid("A table can have at most 50 tags"),
        ),
        (
            json!({"Tags": [{"Key": "aws:a", "Value": ""}]}),
            invalid("Tag keys that begin with aws: are reserved for AWS: aws:a"),
        ),
        (
            json!({"VectorIndexes": []}),
            Refusal::validation(
                "samlet does not support VectorIndexes: it does not have vector indexes",
            ),
        ),
    ]);
    assert_eq!(
        create(table(json!({"Tags": tags(50)}))).unwrap().tags.len(),
        50
    );
}
