//! What DynamoDB says of types and constraints, by operation.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::check;
use crate::{Operation, Refusal};

fn refusal(operation: Operation, body: Value) -> Refusal {
    check(operation, body.clone()).expect_err(&body.to_string())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn types_are_refused_in_dynamodbs_words() {
    const FIELD: &str = "Unexpected field type";
    const ELEMENT: &str = "Unexpected value type in payload";
    const STRUCTURE: &str = "Start of structure or map found where not expected";
    const CAST: &str = "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class \
        java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in \
        module java.base of loader 'bootstrap')";
    let cases = [
        (Operation::ListTables, json!([]), ""),
        (Operation::ListTables, json!(null), ""),
        (
            Operation::PutItem,
            json!({"TableName": true}),
            "TRUE_VALUE cannot be converted to String",
        ),
        (
            Operation::PutItem,
            json!({"TableName": 23}),
            "NUMBER_VALUE cannot be converted to String",
        ),
        (
            Operation::PutItem,
            json!({"TableName": 34.56}),
            "DECIMAL_VALUE cannot be converted to String",
        ),
        (
            Operation::PutItem,
            json!({"TableName": []}),
            "Unrecognized collection type class java.lang.String",
        ),
        (Operation::PutItem, json!({"TableName": {}}), STRUCTURE),
        (Operation::PutItem, json!({"Item": "a"}), FIELD),
        (
            Operation::PutItem,
            json!({"Item": []}),
            "Unrecognized collection type java.util.Map<java.lang.String, \
             com.amazonaws.dynamodb.v20120810.AttributeValue>",
        ),
        (Operation::PutItem, json!({"Item": {"a": 1}}), ELEMENT),
        (
            Operation::PutItem,
            json!({"Item": {"a": []}}),
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"N": 3}}}),
            "NUMBER_VALUE cannot be converted to String",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"B": 3}}}),
            "only base-64-encoded strings are convertible to bytes",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"B": []}}}),
            "Unrecognized collection type class java.nio.ByteBuffer",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"B": "23456"}}}),
            "Base64 encoded length is expected a multiple of 4 bytes but found: 5",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"M": {"b": {"BS": ["=+/="]}}}}}),
            "Invalid last non-pad Base64 character dectected",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"BOOL": "23"}}}),
            "Unexpected token received from parser",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"NULL": 1}}}),
            "NUMBER_VALUE cannot be converted to Boolean",
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"SS": "b"}}}),
            FIELD,
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"L": {}}}}),
            STRUCTURE,
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"L": ["b"]}}}),
            ELEMENT,
        ),
        (
            Operation::PutItem,
            json!({"Item": {"a": {"M": "b"}}}),
            FIELD,
        ),
        (
            Operation::PutItem,
            json!({"ExpressionAttributeNames": []}),
            "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>",
        ),
        (
            Operation::PutItem,
            json!({"Expected": {"a": {"Value": 1}}}),
            FIELD,
        ),
        (
            Operation::Query,
            json!({"Limit": "23"}),
            "STRING_VALUE cannot be converted to Integer",
        ),
        (
            Operation::Query,
            json!({"Limit": false}),
            "FALSE_VALUE cannot be converted to Integer",
        ),
        (
            Operation::CreateTable,
            json!({"ProvisionedThroughput": {"ReadCapacityUnits": "1"}}),
            "STRING_VALUE cannot be converted to Long",
        ),
        (Operation::CreateTable, json!({"KeySchema": {}}), STRUCTURE),
        (Operation::CreateTable, json!({"KeySchema": ["a"]}), ELEMENT),
        (
            Operation::BatchGetItem,
            json!({"RequestItems": {"a": {"Keys": ["b"]}}}),
            CAST,
        ),
        (
            Operation::BatchGetItem,
            json!({"RequestItems": {"a": {"Keys": [[]]}}}),
            "Unrecognized collection type java.util.Map<java.lang.String, \
             com.amazonaws.dynamodb.v20120810.AttributeValue>",
        ),
        (
            Operation::BatchWriteItem,
            json!({"RequestItems": {"a": "b"}}),
            CAST,
        ),
        (
            Operation::BatchWriteItem,
            json!({"RequestItems": []}),
            "Unrecognized collection type java.util.Map<java.lang.String, \
             java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>",
        ),
    ];
    for (operation, body, message) in cases {
        let expected = Refusal::Serialization(message.into());
        assert_eq!(refusal(operation, body.clone()), expected, "{body}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn constraints_are_refused_in_dynamodbs_words() {
    let long = "a".repeat(256);
    let elements = vec![json!({"AttributeName": "a", "KeyType": "HASH"}); 3];
    let cases = [
        (
            Operation::CreateTable,
            json!({}),
            "The parameter 'TableName' is required but was not present in the request".into(),
        ),
        (
            Operation::CreateTable,
            json!({"TableName": "ab", "BillingMode": "A"}),
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have \
             length greater than or equal to 3"
                .into(),
        ),
        (
            Operation::CreateTable,
            json!({"TableName": "abc;"}),
            "3 validation errors detected: \
             Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null; \
             Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression \
             pattern: [a-zA-Z0-9_.-]+; \
             Value null at 'keySchema' failed to satisfy constraint: Member must not be null"
                .into(),
        ),
        (
            Operation::CreateTable,
            json!({"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [], "BillingMode": "A",
                "ProvisionedThroughput": {"ReadCapacityUnits": -1, "WriteCapacityUnits": -1}}),
            "4 validation errors detected: \
             Value 'A' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: \
             [PROVISIONED, PAY_PER_REQUEST]; \
             Value '-1' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must have \
             value greater than or equal to 1; \
             Value '-1' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have \
             value greater than or equal to 1; \
             Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal \
             to 1"
                .into(),
        ),
        (
            Operation::CreateTable,
            json!({"TableName": "abc", "AttributeDefinitions": [], "KeySchema": elements}),
            "1 validation error detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), \
             KeySchemaElement(attributeName=a, keyType=HASH), KeySchemaElement(attributeName=a, keyType=HASH)]' at \
             'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"
                .into(),
        ),
        (
            Operation::CreateTable,
            json!({"TableName": "abc", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "X"}],
                "KeySchema": [{"AttributeName": "a"}]}),
            "2 validation errors detected: \
             Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must \
             satisfy enum value set: [B, N, S]; \
             Value null at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must not be null"
                .into(),
        ),
        (
            Operation::PutItem,
            json!({"Item": {}}),
            "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be \
             null"
                .into(),
        ),
        (
            Operation::PutItem,
            json!({"TableName": "", "ReturnValues": "A"}),
            "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have \
             length greater than or equal to 1"
                .into(),
        ),
        (
            Operation::PutItem,
            json!({"TableName": long, "Item": {}}),
            format!(
                "1 validation error detected: Value '{long}' at 'tableName' failed to satisfy constraint: Member \
                 must have length less than or equal to 255"
            ),
        ),
        (
            Operation::PutItem,
            json!({"TableName": "bad table!@#", "Item": {}}),
            "1 validation error detected: Value 'bad table!@#' at 'tableName' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
                .into(),
        ),
        (
            Operation::Query,
            json!({"TableName": "abc", "Limit": 0, "Select": "A"}),
            "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value \
             greater than or equal to 1"
                .into(),
        ),
        (
            Operation::Query,
            json!({"TableName": "abc", "Select": "A"}),
            "1 validation error detected: Value 'A' at 'select' failed to satisfy constraint: Member must satisfy \
             enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"
                .into(),
        ),
        (
            Operation::Scan,
            json!({"TableName": "abc", "Limit": 0, "ScanFilter": {"a": {}}}),
            "2 validation errors detected: \
             Value null at 'scanFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must not be \
             null; \
             Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
                .into(),
        ),
        (
            Operation::BatchGetItem,
            json!({"RequestItems": {}}),
            "The requestItems parameter is required for BatchGetItem".into(),
        ),
        (
            Operation::BatchGetItem,
            json!({"RequestItems": {"abc": {"Keys": vec![json!({}); 101]}}}),
            "1 validation error detected: Value at 'RequestItems.abc.member.Keys' failed to satisfy constraint: \
             Member must have length less than or equal to 100"
                .into(),
        ),
        (
            Operation::BatchWriteItem,
            json!({"RequestItems": {"abc": []}}),
            "1 validation error detected: Value '{abc=[]}' at 'requestItems' failed to satisfy constraint: Map value \
             must satisfy constraint: [Member must have length less than or equal to 25, Member must have length \
             greater than or equal to 1]"
                .into(),
        ),
        (
            Operation::BatchWriteItem,
            json!({"RequestItems": {"ab": [{}]}}),
            "1 validation error detected: Value '{ab=[WriteRequest(deleteRequest=null, putRequest=null)]}' at \
             'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length \
             less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy \
             regular expression pattern: [a-zA-Z0-9_.-]+]"
                .into(),
        ),
        (
            Operation::TransactWriteItems,
            json!({"TransactItems": [{"Put": {"Item": {}, "TableName": "a!"}}]}),
            "2 validation errors detected: \
             Value 'a!' at 'transactItems.1.member.put.tableName' failed to satisfy constraint: Member must have \
             length greater than or equal to 3; \
             Value 'a!' at 'transactItems.1.member.put.tableName' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [a-zA-Z0-9_.-]+"
                .into(),
        ),
        (
            Operation::GetItem,
            json!({"TableName": "abc", "Key": {}, "AttributesToGet": [null]}),
            "1 validation error detected: Value null at 'attributesToGet.1.member' failed to satisfy constraint: \
             Member must not be null"
                .into(),
        ),
        (
            Operation::UpdateTable,
            json!({"TableName": "abc", "ReplicaUpdates": [{}]}),
            "samlet does not support ReplicaUpdates: it does not have tables in several regions".into(),
        ),
        (
            Operation::PutItem,
            json!({"TableName": "abc", "Item": {"a": {"NS": [null]}}}),
            "One or more parameter values were invalid: An number set  may not have a null string as a member".into(),
        ),
    ];
    for (operation, body, message) in cases {
        assert_eq!(
            refusal(operation, body.clone()),
            Refusal::Validation(message),
            "{body}"
        );
    }
}

#[test]
fn no_more_than_ten_faults_are_said() {
    let body = json!({"TransactItems": vec![json!({}); 20]});
    let message = refusal(Operation::TransactGetItems, body).to_string();
    assert!(
        message.starts_with("10 validation errors detected: "),
        "{message}"
    );
    assert_eq!(message.matches("must not be null").count(), 10);
}

#[test]
fn what_is_unknown_or_null_is_dropped_and_what_is_convertible_converted() {
    let body = json!({
        "TableName": "abc",
        "Unknown": 1,
        "IndexName": null,
        "Limit": 2.9,
        "ConsistentRead": "true",
        "ExclusiveStartKey": {"a": {"S": "b", "X": 1, "N": null}, "c": null},
    });
    let members = check(Operation::Query, body).unwrap();
    let expected = json!({
        "TableName": "abc",
        "Limit": 2,
        "ConsistentRead": true,
        "ExclusiveStartKey": {"a": {"S": "b"}, "c": {}},
    });
    assert_eq!(Value::from(members), expected);
    let members = check(Operation::Query, json!({"TableName": "abc", "Limit": 1e30})).unwrap();
    assert_eq!(members["Limit"], i32::MAX);
}

#[test]
fn a_tables_arn_is_as_good_as_its_name() {
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";
    let body = json!({"TableName": arn, "Key": {}});
    assert_eq!(check(Operation::GetItem, body).unwrap()["TableName"], arn);
    let body = json!({"RequestItems": {arn: {"Keys": [{}]}}});
    assert!(check(Operation::BatchGetItem, body).is_ok());
}

#[test]
fn long_values_are_cut_where_messages_show_them() {
    let item = json!({"PutRequest": {"Item": {"a": {"S": "ä".repeat(100_000)}}}});
    let body = json!({"RequestItems": {"abc": vec![item; 26]}});
    let message = refusal(Operation::BatchWriteItem, body).to_string();
    assert!(message.len() < 70_000);
    assert!(message.contains("ä...' at 'requestItems'"));
    let body = json!({"TableName": "ä".repeat(100_000)});
    let message = refusal(Operation::DescribeTable, body).to_string();
    assert!(message.len() < 70_000);
    assert!(message.contains("ä...' at 'tableName'"));
}
