#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use crate::database::Database;
use crate::operations::testing::{create, database, refusal, run, table};

/// The table `things` with the keys `pk` (S) and `sk` (N), a local index `local` on `l` (S), and global ones: `global` on
/// `g` (S) and `h` (N), and `binary` on `b` (B).
fn open() -> (tempfile::TempDir, Database) {
    let (folder, mut database) = database();
    let mut request = table("things", "pk sk:N");
    request["AttributeDefinitions"] = ["pk:S", "sk:N", "l:S", "g:S", "h:N", "b:B"]
        .iter()
        .map(|attribute| {
            let (name, kind) = attribute.split_once(':').unwrap();
            json!({"AttributeName": name, "AttributeType": kind})
        })
        .collect();
    let index = |name: &str, keys: &[&str]| {
        let keys: Value = keys
            .iter()
            .zip(["HASH", "RANGE"])
            .map(|(name, role)| json!({"AttributeName": name, "KeyType": role}))
            .collect();
        json!({"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}})
    };
    request["LocalSecondaryIndexes"] = json!([index("local", &["pk", "l"])]);
    request["GlobalSecondaryIndexes"] =
        json!([index("global", &["g", "h"]), index("binary", &["b"])]);
    create(&mut database, request);
    (folder, database)
}

fn message(database: &mut Database, operation: &str, mut request: Value) -> String {
    request["TableName"] = json!("things");
    let refused = refusal(database, operation, request);
    assert_eq!(refused.name, "ValidationException");
    refused.message
}

const MISMATCH: &str = "The provided key element does not match the schema";
const HASH_SIZE: &str = "One or more parameter values were invalid: \
    Size of hashkey has exceeded the maximum size limit of2048 bytes";
const RANGE_SIZE: &str = "One or more parameter values were invalid: \
    Aggregated size of all range keys has exceeded the size limit of 1024 bytes";
const EMPTY: &str = "One or more parameter values are not valid. \
    The AttributeValue for a key attribute cannot contain an empty string value. Key: pk";

#[test]
fn keys_fit_the_table() {
    let (_folder, mut database) = open();
    let long = "a".repeat(2049);
    let cases = [
        (json!({}), MISMATCH),
        (json!({"pk": {"S": "a"}}), MISMATCH),
        (json!({"sk": {"N": "1"}}), MISMATCH),
        (json!({"pk": {"S": "a"}, "other": {"N": "1"}}), MISMATCH),
        (
            json!({"pk": {"S": "a"}, "sk": {"N": "1"}, "other": {"N": "1"}}),
            MISMATCH,
        ),
        (json!({"pk": {"N": "1"}, "sk": {"N": "1"}}), MISMATCH),
        (json!({"pk": {"S": "a"}, "sk": {"S": "1"}}), MISMATCH),
        (json!({"pk": {"SS": ["a"]}, "sk": {"N": "1"}}), MISMATCH),
        (json!({"pk": {"S": ""}, "sk": {"N": "1"}}), EMPTY),
        (json!({"pk": {"S": long}, "sk": {"N": "1"}}), HASH_SIZE),
    ];
    for (key, expected) in cases {
        for operation in ["GetItem", "DeleteItem", "UpdateItem"] {
            assert_eq!(
                message(&mut database, operation, json!({"Key": key})),
                expected
            );
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn items_have_a_key_and_fit_the_indexes() {
    let (_folder, mut database) = open();
    let item = |others: Value| {
        let mut item = json!({"pk": {"S": "a"}, "sk": {"N": "1"}});
        let item_members = item.as_object_mut().unwrap();
        item_members.extend(others.as_object().unwrap().clone());
        item
    };
    let invalid = |reason: &str| format!("One or more parameter values were invalid: {reason}");
    let empty = |kind: &str, index: &str, key: &str| {
        format!(
            "One or more parameter values are not valid. A value specified for a secondary index key is not \
             supported. The AttributeValue for a key attribute cannot contain an empty {kind} value. \
             IndexName: {index}, IndexKey: {key}"
        )
    };
    let long = |bytes: usize| json!({"S": "a".repeat(bytes)});
    let cases = [
        (
            json!({"sk": {"N": "1"}}),
            invalid("Missing the key pk in the item"),
        ),
        (
            json!({"pk": {"S": "a"}}),
            invalid("Missing the key sk in the item"),
        ),
        (
            item(json!({"pk": {"N": "1"}})),
            invalid("Type mismatch for key pk expected: S actual: N"),
        ),
        (
            item(json!({"sk": {"BOOL": true}})),
            invalid("Type mismatch for key sk expected: N actual: BOOL"),
        ),
        (item(json!({"pk": {"S": ""}})), EMPTY.to_owned()),
        (item(json!({"pk": long(2049)})), HASH_SIZE.to_owned()),
        (
            item(json!({"l": {"N": "1"}})),
            invalid("Type mismatch for Index Key l Expected: S Actual: N IndexName: local"),
        ),
        (
            item(json!({"g": {"M": {}}})),
            invalid("Type mismatch for Index Key g Expected: S Actual: M IndexName: global"),
        ),
        (
            item(json!({"h": {"NULL": true}})),
            invalid("Type mismatch for Index Key h Expected: N Actual: NULL IndexName: global"),
        ),
        // The first index by its name.
        (
            item(json!({"l": {"N": "1"}, "b": {"N": "1"}, "g": {"N": "1"}})),
            invalid("Type mismatch for Index Key b Expected: B Actual: N IndexName: binary"),
        ),
        (item(json!({"l": {"S": ""}})), empty("string", "local", "l")),
        (
            item(json!({"b": {"B": ""}})),
            empty("binary", "binary", "b"),
        ),
        (item(json!({"g": long(2049)})), HASH_SIZE.to_owned()),
        (item(json!({"l": long(1025)})), RANGE_SIZE.to_owned()),
    ];
    for (item, expected) in cases {
        assert_eq!(
            message(&mut database, "PutItem", json!({"Item": item})),
            expected
        );
    }
    for fits in [
        item(json!({"g": long(2048)})),
        item(json!({"l": long(1024)})),
        item(json!({})),
    ] {
        let put = json!({"TableName": "things", "Item": fits});
        assert_eq!(run(&mut database, "PutItem", put).unwrap(), json!({}));
    }
}

const UPDATED_TO_EMPTY: &str = "One or more parameter values are not valid. The update expression attempted to \
    update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot \
    contain an empty string value.";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn updates_leave_keys_and_fit_the_indexes() {
    let (_folder, mut database) = open();
    let item = json!({"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "g"}, "n": {"N": "1"}, "e": {"S": ""},
        "lengthy": {"S": "a".repeat(2049)}});
    run(
        &mut database,
        "PutItem",
        json!({"TableName": "things", "Item": item}),
    )
    .unwrap();
    let of_key = |name: &str| {
        format!(
            "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
        )
    };
    let mismatch = |reason: &str| {
        format!("One or more parameter values were invalid: Type mismatch for Index Key {reason}")
    };
    let scalar = |key: &str| {
        format!(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {key}"
        )
    };
    let unsupported = || {
        "The update expression attempted to update the secondary index key to unsupported type"
            .to_owned()
    };
    let cases = [
        ("SET pk = :s", of_key("pk")),
        ("SET x = :s REMOVE sk", of_key("sk")),
        ("ADD pk.x :n", of_key("pk")),
        ("DELETE pk :ss", of_key("pk")),
        // The partition key comes first, and keys before indexes.
        ("SET sk = :n, pk = :s", of_key("pk")),
        ("SET g = :n, sk = :n", of_key("sk")),
        (
            "SET g = :n",
            mismatch("g Expected: S Actual: N IndexName: global"),
        ),
        (
            "SET g = n + :n",
            mismatch("g Expected: S Actual: N IndexName: global"),
        ),
        (
            "SET l = list_append(n, n)",
            mismatch("l Expected: S Actual: L IndexName: local"),
        ),
        (
            "ADD l :n",
            mismatch("l Expected: S Actual: N IndexName: local"),
        ),
        (
            "DELETE h :ss",
            mismatch("h Expected: N Actual: SS IndexName: global"),
        ),
        ("SET x = pk.y", scalar("Key: pk")),
        ("SET g.x = :s", scalar("IndexKey: g")),
        ("REMOVE l[1]", scalar("IndexKey: l")),
        ("SET g = :e", UPDATED_TO_EMPTY.to_owned()),
        // What only the item shows.
        ("SET g = n", unsupported()),
        ("SET g = e", UPDATED_TO_EMPTY.to_owned()),
        ("SET g = lengthy", HASH_SIZE.to_owned()),
        ("SET l = lengthy", RANGE_SIZE.to_owned()),
    ];
    let values = json!({":s": {"S": "s"}, ":n": {"N": "1"}, ":ss": {"SS": ["s"]}, ":e": {"S": ""}});
    for (update, expected) in cases {
        let used = values.as_object().unwrap().iter();
        let used = used.filter(|(name, _)| update.split([' ', ',']).any(|word| word == *name));
        let mut request =
            json!({"Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "UpdateExpression": update});
        let used: Value = used
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !used.as_object().unwrap().is_empty() {
            request["ExpressionAttributeValues"] = used;
        }
        assert_eq!(
            message(&mut database, "UpdateItem", request),
            expected,
            "{update}"
        );
    }
    let legacy = [
        (json!({"pk": {"Value": {"S": "b"}}}), of_key("pk")),
        (json!({"sk": {"Action": "DELETE"}}), of_key("sk")),
        (
            json!({"g": {"Value": {"N": "1"}}}),
            mismatch("g Expected: S Actual: N IndexName: global"),
        ),
        (
            json!({"g": {"Value": {"S": ""}}}),
            UPDATED_TO_EMPTY.to_owned(),
        ),
    ];
    for (updates, expected) in legacy {
        let request =
            json!({"Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "AttributeUpdates": updates});
        assert_eq!(message(&mut database, "UpdateItem", request), expected);
    }
}

#[test]
fn nothing_is_projected_from_within_a_key() {
    let (_folder, mut database) = open();
    let key = json!({"pk": {"S": "a"}, "sk": {"N": "1"}});
    for (projection, key_name) in [("x.y, pk.x", "Key: pk"), ("h[1]", "IndexKey: h")] {
        let expected = format!(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {key_name}"
        );
        let get = json!({"Key": key, "ProjectionExpression": projection});
        assert_eq!(message(&mut database, "GetItem", get), expected);
    }
}
