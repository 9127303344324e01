//! ListTables, UpdateTimeToLive and the requests about tags.

use serde_json::{Value, json};

use super::super::{ListTables, TagResource, UntagResource, UpdateTimeToLive, read_list_tags};
use super::{invalid, read};
use crate::{Operation, Refusal};

const ARN: &str = "arn:aws:dynamodb:eu-central-1:123456789012:table/messages";
const ELSEWHERE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";

fn fault(path: &str, value: &str, constraint: &str) -> Refusal {
    Refusal::Validation(format!(
        "1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: Member must {constraint}"
    ))
}

fn invalid_arn(arn: &str) -> Refusal {
    Refusal::Validation(format!(
        "Invalid TableArn: Invalid ResourceArn provided as input {arn}"
    ))
}

#[test]
fn lists_of_tables_have_limits() {
    let list = |body: Value| read(Operation::ListTables, ListTables::read, body);
    let cases = [
        (
            json!({"Limit": 0}),
            fault("limit", "'0'", "have value greater than or equal to 1"),
        ),
        (
            json!({"Limit": 101}),
            fault("limit", "'101'", "have value less than or equal to 100"),
        ),
        (
            json!({"ExclusiveStartTableName": "ab"}),
            fault(
                "exclusiveStartTableName",
                "'ab'",
                "have length greater than or equal to 3",
            ),
        ),
    ];
    for (body, refusal) in cases {
        assert_eq!(list(body), Err(refusal));
    }
    assert_eq!(list(json!({"Limit": 5})).unwrap().limit, Some(5));
}

#[test]
fn a_time_to_live_names_its_attribute() {
    let specify = |specification: Value| {
        let body = json!({"TableName": "abc", "TimeToLiveSpecification": specification});
        read(Operation::UpdateTimeToLive, UpdateTimeToLive::read, body)
    };
    let path = "timeToLiveSpecification.attributeName";
    let long = "a".repeat(256);
    let cases = [
        (
            json!({"Enabled": true, "AttributeName": ""}),
            fault(path, "''", "have length greater than or equal to 1"),
        ),
        (
            json!({"Enabled": true, "AttributeName": long}),
            fault(
                path,
                &format!("'{long}'"),
                "have length less than or equal to 255",
            ),
        ),
        (json!({"Enabled": true}), fault(path, "null", "not be null")),
        (
            json!({"AttributeName": "a"}),
            fault("timeToLiveSpecification.enabled", "null", "not be null"),
        ),
        (
            json!({"Enabled": "dog", "AttributeName": "a"}),
            Refusal::Serialization("Unexpected token received from parser".into()),
        ),
    ];
    for (specification, refusal) in cases {
        assert_eq!(specify(specification), Err(refusal));
    }
}

#[test]
fn tags_are_of_a_table_of_this_place() {
    let tag = |body: Value| read(Operation::TagResource, TagResource::read, body);
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let key = |key: &str, value: &str| json!({"ResourceArn": ARN, "Tags": [{"Key": key, "Value": value}]});
    let index = format!("{ARN}/index/abc");
    let characters = "Tag keys and values can only have letters, white space, numbers, and the characters \
        + - = . _ : / @: ";
    let cases = [
        (json!({}), Refusal::validation("Invalid TableArn")),
        (
            json!({"ResourceArn": "abcd", "Tags": tags}),
            Refusal::validation("ARNs must start with 'arn:': abcd"),
        ),
        (
            json!({"ResourceArn": "a:b:c:d:e:f/g"}),
            fault("tags", "null", "not be null"),
        ),
        (
            json!({"ResourceArn": index, "Tags": tags}),
            invalid_arn(&index),
        ),
        (
            json!({"ResourceArn": ARN, "Tags": []}),
            Refusal::validation("Atleast one Tag needs to be provided as Input."),
        ),
        (
            json!({"ResourceArn": ELSEWHERE, "Tags": tags}),
            Refusal::ResourceNotFound(format!(
                "Requested resource not found: ResourcArn: {ELSEWHERE} not found"
            )),
        ),
        (
            key("", "b"),
            fault(
                "tags.1.member.key",
                "''",
                "have length greater than or equal to 1",
            ),
        ),
        (
            json!({"ResourceArn": ARN, "Tags": [{"Key": "a"}]}),
            fault("tags.1.member.value", "null", "not be null"),
        ),
        (key("hi!", "b"), invalid(&format!("{characters}hi!"))),
        (key("a", "d%g"), invalid(&format!("{characters}d%g"))),
        (
            key("aws:a", "b"),
            invalid("Tag keys that begin with aws: are reserved for AWS: aws:a"),
        ),
    ];
    for (body, refusal) in cases {
        assert_eq!(tag(body.clone()), Err(refusal), "{body}");
    }
    assert!(tag(key(&"א".repeat(128), &"ä".repeat(256))).is_ok());
    assert!(tag(key(&"א".repeat(129), "")).is_err());
}

#[test]
fn tags_are_taken_off_and_listed_by_arn_too() {
    let untag = |body: Value| read(Operation::UntagResource, UntagResource::read, body);
    let cases = [
        (json!({}), Refusal::validation("Invalid TableArn")),
        (
            json!({"ResourceArn": "arn:b:c:d:e:f/g"}),
            fault("tagKeys", "null", "not be null"),
        ),
        (
            json!({"ResourceArn": "arn:b:c:d:e:f/g", "TagKeys": []}),
            invalid_arn("arn:b:c:d:e:f/g"),
        ),
        (
            json!({"ResourceArn": ARN, "TagKeys": []}),
            Refusal::validation("Atleast one Tag Key needs to be provided as Input."),
        ),
        (
            json!({"ResourceArn": ELSEWHERE, "TagKeys": ["a"]}),
            Refusal::ResourceNotFound("Requested resource not found".into()),
        ),
    ];
    for (body, refusal) in cases {
        assert_eq!(untag(body.clone()), Err(refusal), "{body}");
    }
    let list = |body: Value| read(Operation::ListTagsOfResource, read_list_tags, body);
    assert_eq!(
        list(json!({})),
        Err(Refusal::validation("Invalid TableArn"))
    );
    let short = "arn:aws:dynamodb:eu-central-1:123456789012:table/ab";
    assert_eq!(list(json!({"ResourceArn": short})), Err(invalid_arn(short)));
    assert_eq!(list(json!({"ResourceArn": ARN})), Ok((ARN.into(), None)));
}
