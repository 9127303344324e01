use serde_json::{Value, json};

use super::{database, execute, keys, refusal};
use crate::operations::testing;

#[test]
fn what_is_selected_in_which_order() {
    let (_folder, mut database) = database();
    for (from, found) in [
        ("tab WHERE pk = 'a'", "a1 a2 a3"),
        ("tab WHERE 'a' = pk AND 1 < sk", "a2 a3"),
        ("tab WHERE pk = 'a' AND sk = 2", "a2"),
        ("tab WHERE pk = 'a' AND sk = 2.0 AND s = 'two'", "a2"),
        ("tab WHERE pk = 'a' AND sk = 2 AND s = 'one'", ""),
        ("tab WHERE pk = 'a' AND sk >= 2", "a2 a3"),
        ("tab WHERE pk = 'a' AND sk BETWEEN 1 AND 2", "a1 a2"),
        ("tab WHERE pk = 'a' AND sk IN [3, 1]", "a1 a3"),
        ("tab WHERE pk = 'a' AND sk > 1 AND sk < 3", "a2"),
        ("tab WHERE pk = 'a' AND NOT sk = 2", "a1 a3"),
        ("tab WHERE pk = 'a' AND sk <> 2", "a1 a3"),
        ("tab WHERE pk = 'a' AND (s = 'one' OR n = 2)", "a1 a2"),
        ("tab WHERE pk = 'a' AND (sk = 1 OR sk = 3)", "a1 a3"),
        ("tab WHERE pk IN ['b', 'a']", "b1 b2 a1 a2 a3"),
        ("tab WHERE pk = 'b' OR pk = 'a'", "b1 b2 a1 a2 a3"),
        (
            "tab WHERE (pk = 'b' AND sk = 2) OR (pk = 'a' AND sk = 1)",
            "b2 a1",
        ),
        ("tab WHERE pk = 'b' AND pk = 'a'", ""),
        ("tab WHERE pk = 'b' AND pk = 'b'", "b1 b2"),
        ("tab WHERE pk IN ['a', 'b'] AND pk = 'b'", "b1 b2"),
        ("tab WHERE pk = true AND pk = 'a'", ""),
        ("tab WHERE s = 'nowhere' OR pk = true", ""),
        ("tab WHERE pk = other", ""),
        ("tab WHERE begins_with('one', s) AND pk = 'b'", "b1 b2"),
        ("tab WHERE contains(other, s) AND pk = 'b'", "b2"),
        ("tab WHERE pk = 'a' ORDER BY sk", "a1 a2 a3"),
        ("tab WHERE pk = 'a' ORDER BY sk DESC", "a3 a2 a1"),
        (
            "tab WHERE pk = 'a' AND sk IN [1, 3] ORDER BY sk DESC",
            "a3 a1",
        ),
        ("tab WHERE pk IN ['b', 'a'] ORDER BY pk", "a3 a2 a1 b2 b1"),
        (
            "tab WHERE pk IN ['b', 'a'] ORDER BY pk, sk",
            "a1 a2 a3 b1 b2",
        ),
        (
            "tab WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk",
            "b1 b2 a1 a2 a3",
        ),
        ("tab.by_n WHERE pk = 'a'", "a3 a2 a1"),
        ("tab.by_n WHERE pk = 'a' AND n > 1", "a2 a1"),
        ("tab.by_n WHERE pk = 'a' ORDER BY n DESC", "a1 a2 a3"),
        ("tab.by_g WHERE g = 'x'", "a2 a1"),
        ("tab.by_g WHERE g = 'x' AND n = 3", "a1"),
        ("tab.by_g WHERE g = 'x' AND s = 'two'", "a2"),
        ("tab.by_keys WHERE pk = 'a' AND s = 'two'", ""),
        ("hub WHERE pk = 'a'", "a"),
        ("hub", "a"),
    ] {
        let answer = execute(&mut database, &format!("SELECT * FROM {from}")).unwrap();
        assert_eq!(keys(&answer), found, "{from}");
        assert_eq!(answer.get("NextToken"), None, "{from}");
    }
    let all = execute(&mut database, "SELECT * FROM tab").unwrap();
    let mut all: Vec<String> = keys(&all).split(' ').map(str::to_owned).collect();
    all.sort();
    assert_eq!(all, ["a1", "a2", "a3", "b1", "b2"]);
}

#[test]
fn what_of_items_is_answered() {
    let (_folder, mut database) = database();
    for (statement, items) in [
        (
            "SELECT s, m.x, m.ys[1].z, m.ys[0], absent FROM tab WHERE pk = 'a' AND sk = 1",
            json!([{
                "s": {"S": "one"}, "x": {"N": "1"}, "z": {"BOOL": true}, "ys[0]": {"N": "5"},
            }]),
        ),
        (
            "SELECT l[1], \"a b\" FROM tab WHERE pk IN ['a', 'b'] AND s IN ['two', 'o']",
            json!([{"l[1]": {"N": "2"}}, {"a b": {"S": "odd"}}]),
        ),
        (
            "SELECT absent FROM tab WHERE pk = 'a' AND sk = 1",
            json!([{}]),
        ),
        (
            "SELECT * FROM tab.by_keys WHERE g = 'y'",
            json!([{"pk": {"S": "b"}, "sk": {"N": "1"}, "g": {"S": "y"}}]),
        ),
        // What a local index doesn't have is fetched.
        (
            "SELECT s FROM tab.by_n WHERE pk = 'a' AND n < 3",
            json!([{"s": {"S": "three"}}, {"s": {"S": "two"}}]),
        ),
    ] {
        let answer = execute(&mut database, statement).unwrap();
        assert_eq!(answer, json!({ "Items": items }), "{statement}");
    }
}

#[test]
fn selections_that_are_refused() {
    let (_folder, mut database) = database();
    let overlap = "Overlapping conditions with range keys are not supported in where clause";
    let no_key = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.";
    let long = "x".repeat(2049);
    for (from, message) in [
        (
            "u WHERE pk = 'a'",
            "ResourceNotFoundException: Requested resource not found",
        ),
        (
            "u.i WHERE pk = 'a'",
            "ResourceNotFoundException: Requested resource not found",
        ),
        (
            "tab.nowhere WHERE pk = 'a'",
            "The table does not have the specified index",
        ),
        (
            "tab.by_several WHERE pk = 'a'",
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys.",
        ),
        (
            "tab WHERE pk = 5",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "tab WHERE pk = 'a' AND sk > 'x'",
            "Key attribute's data type should match its data type in table's schema: Key sk",
        ),
        (
            "tab WHERE pk = true OR s = 'x'",
            "Key value must be of type S, N, or B. Key name: pk, Key type: BOOL",
        ),
        (
            "tab WHERE pk = {'a': 1}",
            "Key value must be of type S, N, or B. Key name: pk, Key type: M",
        ),
        (
            "tab.by_g WHERE g = 1",
            "Key attribute's data type should match its data type in table's schema: Key g",
        ),
        ("tab WHERE pk = 'a' OR pk = 'a'", overlap),
        ("tab WHERE pk IN ['a', 'a']", overlap),
        ("tab WHERE pk = 'a' AND sk IN [1, 1.0]", overlap),
        ("tab WHERE pk = 'a' AND (sk = 1 OR s = 'x')", overlap),
        (
            "tab WHERE (pk = 'a' AND sk < 3) OR (pk = 'a' AND sk >= 2)",
            overlap,
        ),
        (
            "tab WHERE pk = 'a' ORDER BY s",
            "Attribute s in ORDER BY clause must be part of the primary key",
        ),
        ("tab WHERE s = 'one' ORDER BY sk", no_key),
        ("tab WHERE pk = 'a' AND pk = 'b' ORDER BY sk", no_key),
        (
            "tab WHERE pk IN ['a', 'b'] ORDER BY sk",
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ),
        (
            "tab.by_keys WHERE g = 'x' AND s = 'one' AND l IS MISSING",
            "One or more parameter values were invalid: Secondary index by_keys does not project one or more filter attributes: [s, l]",
        ),
        (
            "tab.by_n WHERE pk = 'a' AND s = 'one'",
            "One or more parameter values were invalid: Secondary index by_n does not project one or more filter attributes: [s]",
        ),
        (
            &format!("tab WHERE pk = '{long}'"),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
    ] {
        let statement = format!("SELECT * FROM {from}");
        assert_eq!(refusal(&mut database, &statement), message, "{from}");
    }
    assert_eq!(
        refusal(&mut database, "SELECT s, l[0] FROM tab.by_keys"),
        "One or more parameter values were invalid: Global secondary index by_keys does not project [s, l]"
    );
    for ranges in [
        "(pk = 'a' AND sk < 2) OR (pk = 'a' AND sk >= 2)",
        "(pk = 'a' AND NOT sk = 1) OR pk = 'a'",
        "pk = 'a' OR (pk = 'b' AND sk = 1)",
    ] {
        execute(&mut database, &format!("SELECT * FROM tab WHERE {ranges}")).unwrap();
    }
}

#[test]
fn consistent_reads_are_not_of_global_indexes() {
    let (_folder, mut database) = database();
    let request =
        |from: &str| json!({"Statement": format!("SELECT * FROM {from}"), "ConsistentRead": true});
    let refusal = testing::refusal(&mut database, "ExecuteStatement", request("tab.by_g"));
    assert_eq!(
        refusal.message,
        "Strongly consistent read is not supported on Global Secondary Indexes"
    );
    testing::run(&mut database, "ExecuteStatement", request("tab.by_n")).unwrap();
}

#[test]
fn what_selections_consume() {
    let (_folder, mut database) = database();
    let table = |units: f64| json!({"TableName": "tab", "CapacityUnits": units, "Table": {"CapacityUnits": units}});
    for (from, is_consistent, consumed) in [
        ("* FROM tab WHERE pk = 'a'", false, table(0.5)),
        (
            "* FROM tab WHERE pk = 'a' AND s = 'nobody'",
            true,
            table(1.0),
        ),
        ("* FROM tab WHERE pk = 'a' AND pk = 'b'", false, table(0.5)),
        ("* FROM tab", true, table(1.0)),
        (
            "* FROM tab.by_g WHERE g = 'x'",
            false,
            json!({
                "TableName": "tab", "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.0},
                "GlobalSecondaryIndexes": {"by_g": {"CapacityUnits": 0.5}},
            }),
        ),
    ] {
        let request = json!({
            "Statement": format!("SELECT {from}"),
            "ConsistentRead": is_consistent,
            "ReturnConsumedCapacity": "INDEXES",
        });
        let answer: Value = testing::run(&mut database, "ExecuteStatement", request).unwrap();
        assert_eq!(answer["ConsumedCapacity"], consumed, "{from}");
    }
}

/// A clause can say more than can be looked at as ranges of keys.
#[test]
fn clauses_of_too_many_branches_filter() {
    let (_folder, mut database) = database();
    let pairs = (0..40).map(|n| format!("(sk = {n} OR s <> 'x{n}')"));
    let pairs = pairs.collect::<Vec<_>>().join(" AND ");
    let statement = format!("SELECT * FROM tab WHERE pk = 'a' AND {pairs}");
    let answer = execute(&mut database, &statement).unwrap();
    assert_eq!(keys(&answer), "a1 a2 a3");
}
