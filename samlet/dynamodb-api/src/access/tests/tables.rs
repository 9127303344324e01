//! Requests about tables and streams.

use serde_json::json;

use super::{Operation, assert_needs};

const TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/orders";
const STREAM: &str =
    "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000";

#[test]
fn tables_are_named() {
    for operation in [
        Operation::DeleteTable,
        Operation::DescribeContinuousBackups,
        Operation::DescribeTable,
        Operation::DescribeTimeToLive,
    ] {
        for name in ["orders", TABLE] {
            let needs = vec![(operation.name(), "orders", json!({}))];
            assert_needs(operation, vec![(json!({"TableName": name}), needs)]);
        }
    }
    let stream = json!({"StreamEnabled": false});
    let update = json!({"TableName": "orders", "StreamSpecification": stream});
    let needs = vec![("UpdateTable", "orders", json!({}))];
    assert_needs(Operation::UpdateTable, vec![(update, needs)]);
    let specification = json!({"AttributeName": "e", "Enabled": true});
    let update = json!({"TableName": "orders", "TimeToLiveSpecification": specification});
    let needs = vec![("UpdateTimeToLive", "orders", json!({}))];
    assert_needs(Operation::UpdateTimeToLive, vec![(update, needs)]);
}

#[test]
fn tags_are_condition_keys() {
    let create = json!({
        "TableName": "orders",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let mut tagged = create.clone();
    tagged["Tags"] = json!([{"Key": "team", "Value": "blue"}]);
    let tags = json!({"aws:TagKeys": ["team"], "aws:RequestTag/team": ["blue"]});
    let needs = |keys| vec![("CreateTable", "orders", keys)];
    assert_needs(
        Operation::CreateTable,
        vec![
            (create, needs(json!({"aws:TagKeys": []}))),
            (tagged, needs(tags)),
        ],
    );
    let tag = json!({"ResourceArn": TABLE, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "B", "Value": ""}]});
    let tags =
        json!({"aws:TagKeys": ["B", "a"], "aws:RequestTag/a": ["1"], "aws:RequestTag/B": [""]});
    assert_needs(
        Operation::TagResource,
        vec![(tag, vec![("TagResource", TABLE, tags)])],
    );
    let untag = json!({"ResourceArn": TABLE, "TagKeys": ["a"]});
    let keys = json!({"aws:TagKeys": ["a"]});
    assert_needs(
        Operation::UntagResource,
        vec![(untag, vec![("UntagResource", TABLE, keys)])],
    );
    let list = json!({"ResourceArn": TABLE});
    let needs = vec![("ListTagsOfResource", TABLE, json!({}))];
    assert_needs(Operation::ListTagsOfResource, vec![(list, needs)]);
}

#[test]
fn streams_are_named() {
    let describe = json!({"StreamArn": STREAM});
    let needs = vec![("DescribeStream", STREAM, json!({}))];
    assert_needs(Operation::DescribeStream, vec![(describe, needs)]);
    let shard = "shardId-00000000000000000000-00000001";
    let iterator =
        json!({"StreamArn": STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let needs = vec![("GetShardIterator", STREAM, json!({}))];
    assert_needs(Operation::GetShardIterator, vec![(iterator, needs)]);
    let records = json!({"ShardIterator": "x"});
    let needs = vec![("GetRecords", "iterator x", json!({}))];
    assert_needs(Operation::GetRecords, vec![(records, needs)]);
}

#[test]
fn lists_are_of_nothing_in_particular() {
    for operation in [
        Operation::DescribeEndpoints,
        Operation::DescribeLimits,
        Operation::ListStreams,
        Operation::ListTables,
    ] {
        let needs = vec![(operation.name(), "*", json!({}))];
        assert_needs(operation, vec![(json!({}), needs)]);
    }
}
