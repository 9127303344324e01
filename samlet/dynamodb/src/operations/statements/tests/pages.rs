use serde_json::{Value, json};

use super::{database, keys};
use crate::database::Database;
use crate::operations::testing::{refusal, run};

/// All pages of a statement, by the keys of their items.
fn pages(database: &mut Database, statement: &str, limit: Option<u32>) -> Vec<String> {
    let mut request = json!({ "Statement": statement });
    if let Some(limit) = limit {
        request["Limit"] = limit.into();
    }
    let mut pages = Vec::new();
    loop {
        let answer = run(database, "ExecuteStatement", request.clone()).unwrap();
        pages.push(keys(&answer));
        let Some(token) = answer.get("NextToken") else {
            assert_eq!(answer.get("LastEvaluatedKey"), None);
            return pages;
        };
        assert!(answer["LastEvaluatedKey"]["pk"].is_object());
        request["NextToken"] = token.clone();
        assert!(pages.len() < 50, "{statement}");
    }
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let (_folder, mut database) = database();
    for (from, limit, expected) in [
        ("tab WHERE pk = 'a'", 2, vec!["a1 a2", "a3"]),
        ("tab WHERE pk = 'a'", 3, vec!["a1 a2 a3", ""]),
        (
            "tab WHERE pk = 'a' ORDER BY sk DESC",
            2,
            vec!["a3 a2", "a1"],
        ),
        ("tab WHERE pk = 'a' AND s = 'three'", 2, vec!["", "a3"]),
        ("tab WHERE pk IN ['b', 'a']", 3, vec!["b1 b2 a1", "a2 a3"]),
        (
            "tab WHERE pk IN ['b', 'a'] ORDER BY pk DESC, sk DESC",
            2,
            vec!["b2 b1", "a3 a2", "a1"],
        ),
        (
            "tab WHERE pk = 'a' AND sk IN [1, 3]",
            1,
            vec!["a1", "a3", ""],
        ),
        (
            "tab.by_g WHERE g IN ['x', 'y']",
            1,
            vec!["a2", "a1", "b1", ""],
        ),
        ("tab.by_n WHERE pk = 'a'", 2, vec!["a3 a2", "a1"]),
    ] {
        let statement = format!("SELECT * FROM {from}");
        let found = pages(&mut database, &statement, Some(limit));
        assert_eq!(found, expected, "{from}");
    }
    let all = pages(&mut database, "SELECT * FROM tab", Some(2)).join(" ");
    let mut all: Vec<&str> = all.split_whitespace().collect();
    all.sort_unstable();
    assert_eq!(all, ["a1", "a2", "a3", "b1", "b2"]);
}

#[test]
fn a_page_ends_at_a_mebibyte_whatever_the_ranges() {
    let (_folder, mut database) = database();
    for pk in ["c", "d"] {
        for sk in 0..5 {
            let text = "x".repeat(300_000);
            let item = json!({"pk": {"S": pk}, "sk": {"N": sk.to_string()}, "text": {"S": text}});
            let put = json!({"TableName": "tab", "Item": item});
            run(&mut database, "PutItem", put).unwrap();
        }
    }
    assert_eq!(
        pages(
            &mut database,
            "SELECT * FROM tab WHERE pk IN ['c', 'd']",
            None
        ),
        ["c0 c1 c2 c3", "c4 d0 d1 d2", "d3 d4"]
    );
    assert_eq!(
        pages(
            &mut database,
            "SELECT pk, sk FROM tab WHERE pk = 'c' AND sk IN [0, 1, 2, 3, 4]",
            None
        ),
        ["c0 c1 c2 c3", "c4"]
    );
}

#[test]
fn a_token_is_for_its_statement_only() {
    let (_folder, mut database) = database();
    let request = |statement: &str, parameters: Value, token: Option<&str>| {
        let mut request = json!({"Statement": statement, "Limit": 1});
        if parameters.is_array() {
            request["Parameters"] = parameters;
        }
        if let Some(token) = token {
            request["NextToken"] = token.into();
        }
        request
    };
    let statement = "SELECT * FROM tab WHERE pk = ?";
    let a = || json!([{"S": "a"}]);
    let first = request(statement, a(), None);
    let answer = run(&mut database, "ExecuteStatement", first).unwrap();
    let token = answer["NextToken"].as_str().unwrap().to_owned();
    let next = request(statement, a(), Some(&token));
    let answer = run(&mut database, "ExecuteStatement", next).unwrap();
    assert_eq!(keys(&answer), "a2");
    let mismatch = "NextToken does not match request";
    let invalid = "Invalid NextToken";
    for (statement, parameters, token, message) in [
        (statement, json!([{"S": "b"}]), token.as_str(), mismatch),
        (
            "SELECT * FROM tab WHERE pk = 'a' AND sk > 0",
            Value::Null,
            &token,
            mismatch,
        ),
        (
            "SELECT pk FROM tab WHERE pk = 'a'",
            Value::Null,
            &token,
            mismatch,
        ),
        (
            "SELECT * FROM hub WHERE pk = 'a'",
            Value::Null,
            &token,
            mismatch,
        ),
        (statement, a(), "x", invalid),
        (statement, a(), "bm90aGluZw==", invalid),
        (statement, a(), &token[..8], invalid),
        (
            "DELETE FROM hub WHERE pk = 'a'",
            Value::Null,
            &token,
            "NextToken is only valid on a SELECT statement",
        ),
    ] {
        let request = request(statement, parameters, Some(token));
        let refusal = refusal(&mut database, "ExecuteStatement", request);
        assert_eq!(refusal.message, message, "{statement} {token}");
    }
}
