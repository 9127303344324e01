//! UpdateTable.

use serde_json::{Value, json};

use super::super::{IndexUpdate, UpdateTable};
use super::{invalid, read};
use crate::{Operation, Refusal};

fn update(mut body: Value) -> Result<UpdateTable, Refusal> {
    body["TableName"] = "abc".into();
    read(Operation::UpdateTable, UpdateTable::read, body)
}

fn create(name: &str) -> Value {
    json!({"Create": {
        "IndexName": name,
        "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }})
}

fn delete(name: &str) -> Value {
    json!({"Delete": {"IndexName": name}})
}

fn indexes(updates: Vec<Value>) -> Value {
    json!({
        "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": updates,
    })
}

#[test]
fn an_update_changes_something_that_fits_together() {
    let nothing = Refusal::validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates \
         or SSESpecification or ReplicaUpdates is required",
    );
    let units = json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 1});
    let cases = [
        (json!({}), nothing.clone()),
        (json!({"GlobalSecondaryIndexUpdates": []}), nothing.clone()),
        (json!({"OnDemandThroughput": {}}), nothing),
        (
            json!({"BillingMode": "PROVISIONED"}),
            invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED"),
        ),
        (
            json!({"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units}),
            invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            ),
        ),
        (
            json!({"ProvisionedThroughput": {"ReadCapacityUnits": 1_000_000_000_001_i64, "WriteCapacityUnits": 1}}),
            Refusal::validation("Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
        ),
        (
            json!({"StreamSpecification": {"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"}}),
            invalid("Stream is being disabled, UpdateViewType should not be specified"),
        ),
        (
            json!({"SSESpecification": {"Enabled": true}}),
            Refusal::validation(
                "samlet does not support SSESpecification: it does not have changes of a table's encryption",
            ),
        ),
    ];
    for (body, refusal) in cases {
        assert_eq!(update(body.clone()), Err(refusal), "{body}");
    }
    assert!(update(json!({"DeletionProtectionEnabled": false})).is_ok());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn indexes_are_changed_one_at_a_time() {
    let actions = "GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
        GlobalSecondaryIndexUpdate.Delete";
    let limit = Refusal::LimitExceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table".into(),
    );
    let mut both = create("abc");
    both["Delete"] = json!({"IndexName": "abd"});
    let mut undefined = indexes(vec![create("abc")]);
    undefined["AttributeDefinitions"] = json!([]);
    let mut other = undefined.clone();
    other["AttributeDefinitions"] = json!([{"AttributeName": "y", "AttributeType": "S"}]);
    let cases = [
        (
            indexes(vec![json!({})]),
            invalid(&format!("One of {actions} must not be null")),
        ),
        (
            indexes(vec![both]),
            invalid(&format!("Only one of {actions} may be specified")),
        ),
        (
            indexes(vec![delete("abc"), delete("abc")]),
            invalid(
                "Only one global secondary index update per index is allowed simultaneously. Index: abc",
            ),
        ),
        (indexes(vec![delete("abc"), delete("abd")]), limit.clone()),
        (indexes(vec![create("abc"), create("abd")]), limit.clone()),
        (indexes(vec![create("abc"), delete("abd")]), limit),
        (
            undefined,
            Refusal::validation("Invalid KeySchema: Some index key attribute have no definition"),
        ),
        (
            other,
            invalid(
                "Some index key attributes are not defined in AttributeDefinitions. \
                 Keys: [x], AttributeDefinitions: [y]",
            ),
        ),
        (
            json!({"GlobalSecondaryIndexUpdates": [create("abc")]}),
            invalid(
                "Some index key attributes are not defined in AttributeDefinitions. \
                 Keys: [x], AttributeDefinitions: []",
            ),
        ),
        (
            indexes(vec![json!({"Update": {"IndexName": "abc"}})]),
            Refusal::validation(
                "1 validation error detected: Value null at \
                 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput' failed to satisfy constraint: \
                 Member must not be null",
            ),
        ),
    ];
    for (body, refusal) in cases {
        assert_eq!(update(body.clone()), Err(refusal), "{body}");
    }
    let read = update(indexes(vec![delete("abc")])).unwrap();
    assert_eq!(read.indexes, [IndexUpdate::Delete("abc".into())]);
}
