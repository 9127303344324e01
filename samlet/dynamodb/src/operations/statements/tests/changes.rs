use serde_json::{Value, json};

use super::{database, execute, item, key, named, refusal};
use crate::operations::testing;

#[test]
fn insertions() {
    let (_folder, mut database) = database();
    let answer = execute(
        &mut database,
        "INSERT INTO tab VALUE {'pk': 'new', 'sk': 1, 'l': [1]}",
    );
    assert_eq!(answer.unwrap(), json!({"Items": []}));
    let mut new = key("new", 1);
    new["l"] = json!({"L": [{"N": "1"}]});
    assert_eq!(item(&mut database, "new", 1), new);
    for (value, message) in [
        (
            "{'pk': 'new', 'sk': 1}",
            "DuplicateItemException: Duplicate primary key exists in table",
        ),
        (
            "{'pk': 'new'}",
            "One or more parameter values were invalid: Missing the key sk in the item",
        ),
        (
            "{'pk': 1, 'sk': 1}",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "{'pk': 'new', 'sk': [1]}",
            "Key attribute's data type should match its data type in table's schema: Key sk",
        ),
        (
            "{'pk': '', 'sk': 1}",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
        ),
    ] {
        let statement = format!("INSERT INTO tab VALUE {value}");
        assert_eq!(refusal(&mut database, &statement), message, "{value}");
    }
    assert_eq!(item(&mut database, "new", 1), new);
}

#[test]
fn updates_and_what_they_answer() {
    let (_folder, mut database) = database();
    for (update, items) in [
        ("tab SET s = 'new' WHERE pk = 'a' AND sk = 1", json!([])),
        (
            "tab SET s = 'newer', fresh = 1 WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *",
            json!([{"s": {"S": "new"}}]),
        ),
        (
            "tab SET n = n + 1, m.x = 2 WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *",
            json!([{"n": {"N": "4"}, "m": {"M": {"x": {"N": "2"}}}}]),
        ),
        (
            "tab REMOVE fresh WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *",
            json!([]),
        ),
        (
            "tab REMOVE l[0] WHERE pk = 'a' AND sk = 2 RETURNING MODIFIED NEW *",
            json!([{"l": {"L": [{"N": "2"}]}}]),
        ),
        (
            "tab SET v = s, w = m.ys[0], n = 1 + n WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *",
            json!([{"v": {"S": "newer"}, "w": {"N": "5"}, "n": {"N": "5"}}]),
        ),
        (
            "tab SET l = list_append(list_append([0], l), l) WHERE pk = 'a' AND sk = 2 RETURNING MODIFIED NEW *",
            json!([{"l": {"L": [{"N": "0"}, {"N": "2"}, {"N": "2"}]}}]),
        ),
        (
            "tab SET \"c d\" = \"a b\" WHERE pk = 'b' AND sk = 1 RETURNING MODIFIED NEW *",
            json!([{"c d": {"S": "odd"}}]),
        ),
        (
            "tab SET ss = set_add(ss, <<'r'>>) WHERE pk = 'a' AND sk = 3 RETURNING MODIFIED NEW *",
            json!([{"ss": {"SS": ["p", "q", "r"]}}]),
        ),
        (
            "tab SET ss = set_delete(ss, <<'p', 'q', 'r'>>) WHERE pk = 'a' AND sk = 3 RETURNING ALL NEW *",
            json!([{"pk": {"S": "a"}, "sk": {"N": "3"}, "n": {"N": "1"}, "s": {"S": "three"}}]),
        ),
        (
            "tab SET s = 'x' WHERE pk = 'b' AND sk = 2 AND (other = 'one' OR s = 'nothing') RETURNING ALL OLD *",
            json!([{"pk": {"S": "b"}, "sk": {"N": "2"}, "s": {"S": "on"}, "other": {"S": "one"}}]),
        ),
    ] {
        let answer = execute(&mut database, &format!("UPDATE {update}")).unwrap();
        assert_eq!(answer, json!({ "Items": items }), "{update}");
    }
}

const NO_KEY: &str = "Where clause does not contain a mandatory equality on all key attributes";
const FAILED: &str = "ConditionalCheckFailedException: The conditional request failed";

#[test]
fn changes_that_are_refused() {
    let (_folder, mut database) = database();
    let part = |name: &str| {
        format!(
            "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
        )
    };
    for (statement, message) in [
        (
            "UPDATE u SET s = 1 WHERE pk = 'a'",
            "ResourceNotFoundException: Requested resource not found",
        ),
        ("UPDATE tab SET s = 1 WHERE pk = 'a'", NO_KEY),
        ("UPDATE tab SET s = 1 WHERE sk = 1", NO_KEY),
        ("UPDATE tab SET s = 1 WHERE pk = 'a' AND sk IN [1]", NO_KEY),
        (
            "UPDATE tab SET s = 1 WHERE pk = 'a' AND NOT NOT sk = 1",
            NO_KEY,
        ),
        (
            "UPDATE tab SET s = 1 WHERE (pk = 'a' OR pk = 'a') AND sk = 1",
            NO_KEY,
        ),
        (
            "UPDATE tab SET s = 1 WHERE pk = 'a' AND sk = 1 AND sk = 2",
            "Multiple conditions on same key sk. Only single item Update/Insert/Delete are supported",
        ),
        (
            "UPDATE tab SET s = 1 WHERE pk = 1 AND sk = 1",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "DELETE FROM tab WHERE pk = 'a' AND sk = null",
            "Key value must be of type S, N, or B. Key name: sk, Key type: NULL",
        ),
        (
            "UPDATE tab SET sk = 1 WHERE pk = 'nobody' AND sk = 1",
            &part("sk"),
        ),
        (
            "UPDATE tab REMOVE pk WHERE pk = 'a' AND sk = 1",
            &part("pk"),
        ),
        (
            "UPDATE tab SET s = 1 WHERE pk = 'nobody' AND sk = 1",
            FAILED,
        ),
        (
            "UPDATE tab SET s = 1 WHERE pk = 'a' AND sk = 1 AND s = 'x'",
            FAILED,
        ),
        (
            "DELETE FROM tab WHERE pk = 'a' AND sk = 1 AND s = 'x'",
            FAILED,
        ),
        ("DELETE FROM tab WHERE pk = 'a'", NO_KEY),
        ("DELETE FROM tab WHERE pk = 'a' OR sk = 1", NO_KEY),
        (
            "UPDATE tab SET v = missing1 + 1 WHERE pk = 'a' AND sk = 1",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            "UPDATE tab SET v = missing1 + 'x' WHERE pk = 'a' AND sk = 1",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "UPDATE tab SET v = list_append(n, 1) WHERE pk = 'a' AND sk = 1",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
        ),
        (
            "UPDATE tab SET v = s + 1 WHERE pk = 'a' AND sk = 1",
            "An operand in the update expression has an incorrect data type",
        ),
    ] {
        assert_eq!(refusal(&mut database, statement), message, "{statement}");
    }
    assert_eq!(item(&mut database, "nobody", 1), Value::Null);
}

#[test]
fn deletions() {
    let (_folder, mut database) = database();
    let old = item(&mut database, "b", 2);
    for (condition, items) in [
        (
            "pk = 'b' AND sk = 2 AND s = 'on' RETURNING ALL OLD *",
            json!([old]),
        ),
        ("pk = 'b' AND sk = 2 RETURNING ALL OLD *", json!([])),
        ("pk = 'b' AND sk = 2 AND s = 'on'", json!([])),
        ("1 = sk AND ('b' = pk AND attribute_exists(g))", json!([])),
    ] {
        let answer = execute(&mut database, &format!("DELETE FROM tab WHERE {condition}")).unwrap();
        assert_eq!(answer, json!({ "Items": items }), "{condition}");
    }
    assert_eq!(item(&mut database, "b", 1), Value::Null);
}

#[test]
fn the_item_is_answered_when_a_condition_fails() {
    let (_folder, mut database) = database();
    for statement in [
        "UPDATE tab SET s = 'x' WHERE pk = 'a' AND sk = 1 AND s = 'other'",
        "DELETE FROM tab WHERE pk = 'a' AND sk = 1 AND s = 'other'",
        "UPDATE tab SET s = 'x' WHERE pk = 'nobody' AND sk = 1",
    ] {
        for wanted in ["NONE", "ALL_OLD"] {
            let request =
                json!({"Statement": statement, "ReturnValuesOnConditionCheckFailure": wanted});
            let refusal = testing::refusal(&mut database, "ExecuteStatement", request);
            assert_eq!(named(&refusal), FAILED);
            let expected = item(&mut database, "a", 1);
            let is_answered = wanted == "ALL_OLD" && !statement.contains("nobody");
            let expected = is_answered.then_some(&expected);
            assert_eq!(refusal.members.get("Item"), expected, "{statement}");
        }
    }
}

#[test]
fn items_that_nest_a_level_too_deep_are_refused_in_other_words() {
    let (_folder, mut database) = database();
    let nested =
        |levels: usize| (0..levels).fold(json!({"N": "1"}), |value, _| json!({"L": [value]}));
    let statement = "INSERT INTO hub VALUE {'pk': 'deep', 'v': ?}";
    let request = |levels| json!({"Statement": statement, "Parameters": [nested(levels)]});
    let refusal = testing::refusal(&mut database, "ExecuteStatement", request(32));
    assert_eq!(
        refusal.message,
        "Nesting Levels have exceeded supported limits"
    );
    testing::run(&mut database, "ExecuteStatement", request(31)).unwrap();
}

#[test]
fn what_changes_consume() {
    let (_folder, mut database) = database();
    for (statement, units) in [
        ("INSERT INTO hub VALUE {'pk': 'x'}", 1.0),
        ("UPDATE hub SET v = 1 WHERE pk = 'x'", 1.0),
        ("DELETE FROM hub WHERE pk = 'x'", 1.0),
        ("DELETE FROM hub WHERE pk = 'x'", 1.0),
        // The table, its local index and three global ones.
        (
            "INSERT INTO tab VALUE {'pk': 'x', 'sk': 1, 'g': 'y', 'n': 1}",
            5.0,
        ),
    ] {
        let request = json!({"Statement": statement, "ReturnConsumedCapacity": "TOTAL"});
        let answer = testing::run(&mut database, "ExecuteStatement", request).unwrap();
        assert_eq!(
            answer["ConsumedCapacity"]["CapacityUnits"], units,
            "{statement}"
        );
    }
}
