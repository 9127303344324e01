//! Requests in PartiQL.

use serde_json::{Value, json};

use super::{Expected, Operation, assert_needs};

const SCAN: &str = "\u{0}unknown";

fn statements(cases: Vec<(&str, Expected)>) {
    for (statement, need) in cases {
        let body = json!({"Statement": statement, "ReturnConsumedCapacity": "TOTAL"});
        assert_needs(Operation::ExecuteStatement, vec![(body, vec![need])]);
    }
}

/// Of a SELECT of all attributes.
fn selected(attributes: &[&str], leading: &[&str]) -> Value {
    json!({"Attributes": attributes, "Select": ["ALL_ATTRIBUTES"], "LeadingKeys": leading,
        "FullTableScan": [(leading == [SCAN]).to_string()]})
}

#[test]
fn what_is_selected_is_named() {
    let from_orders = |statement, attributes: &[&str], leading: &[&str]| {
        let keys = selected(attributes, leading);
        (statement, ("PartiQLSelect", "orders", keys))
    };
    statements(vec![
        from_orders("SELECT * FROM orders", &[], &[SCAN]),
        from_orders("SELECT * FROM orders WHERE pk = 'ann'", &["pk"], &["ann"]),
        from_orders("SELECT * FROM orders WHERE 'ann' = pk", &["pk"], &["ann"]),
        from_orders(
            "select * from \"orders\" where \"pk\" IN ['ann', 'bob'] and a > 1",
            &["a", "pk"],
            &["ann", "bob"],
        ),
        from_orders(
            "SELECT * FROM orders WHERE pk = 'ann' OR (pk = 'bob' AND a = 1)",
            &["a", "pk"],
            &["ann", "bob"],
        ),
        // Some or all of these read the items of any key.
        from_orders(
            "SELECT * FROM orders WHERE pk = 'ann' OR a = 1",
            &["a", "pk"],
            &[SCAN],
        ),
        from_orders("SELECT * FROM orders WHERE pk > 'ann'", &["pk"], &[SCAN]),
        from_orders(
            "SELECT * FROM orders WHERE NOT pk = 'ann'",
            &["pk"],
            &[SCAN],
        ),
        from_orders("SELECT * FROM orders WHERE pk.a = 'ann'", &["pk"], &[SCAN]),
        from_orders("SELECT * FROM orders WHERE PK = 'ann'", &["PK"], &[SCAN]),
        from_orders("SELECT * FROM orders WHERE pk = true", &["pk"], &[SCAN]),
        from_orders("SELECT * FROM orders WHERE pk = a", &["a", "pk"], &[SCAN]),
        // Comments and texts say nothing.
        from_orders(
            "SELECT * -- FROM own\n FROM orders /* WHERE pk = 'own' */",
            &[],
            &[SCAN],
        ),
        from_orders(
            "SELECT * FROM orders WHERE pk = 'ann'' OR pk = ''bob'",
            &["pk"],
            &["ann' OR pk = 'bob"],
        ),
    ]);
    let specific = json!({"Attributes": ["a", "b", "c", "g"], "Select": ["SPECIFIC_ATTRIBUTES"],
        "FullTableScan": ["false"], "LeadingKeys": ["1.5"]});
    let projected = json!({"Attributes": [], "Select": ["ALL_PROJECTED_ATTRIBUTES"],
        "FullTableScan": ["true"], "LeadingKeys": [SCAN]});
    statements(vec![
        (
            "SELECT a, b.x[1] FROM orders.\"by-g\" WHERE g = 1.50 AND size(c) > 1",
            ("PartiQLSelect", "orders/by-g", specific),
        ),
        (
            "SELECT * FROM \"orders\".\"by-g\"",
            ("PartiQLSelect", "orders/by-g", projected),
        ),
    ]);
}

#[test]
fn what_is_written_is_named() {
    let insert = json!({"Attributes": ["a", "pk"], "LeadingKeys": ["ann"]});
    let update = json!({"Attributes": ["a", "b", "c", "d", "pk"], "LeadingKeys": ["ann"],
        "ReturnValues": ["NONE"]});
    let delete = json!({"Attributes": ["pk"], "LeadingKeys": ["ann"], "ReturnValues": ["NONE"]});
    statements(vec![
        (
            "INSERT INTO orders VALUE {'pk': 'ann', 'a': {'b': 1}}",
            ("PartiQLInsert", "orders", insert),
        ),
        (
            "UPDATE orders SET a.x = b + 1 REMOVE c WHERE pk = 'ann' AND d = 1",
            ("PartiQLUpdate", "orders", update),
        ),
        (
            "DELETE FROM orders WHERE pk = 'ann'",
            ("PartiQLDelete", "orders", delete),
        ),
    ]);
    // The item that is looked at is that of any of these, and can be answered though the condition fails.
    let both = json!({"Attributes": ["a", "pk"], "LeadingKeys": ["ann", "bob"],
        "ReturnValues": ["NONE"]});
    statements(vec![(
        "UPDATE orders SET a = 1 WHERE pk IN ['ann'] AND pk = 'bob'",
        ("PartiQLUpdate", "orders", both),
    )]);
    for (returning, value) in [
        ("ALL OLD *", "ALL_OLD"),
        ("MODIFIED OLD *", "UPDATED_OLD"),
        ("ALL NEW *", "ALL_NEW"),
        ("MODIFIED NEW *", "UPDATED_NEW"),
    ] {
        let statement = format!("UPDATE orders SET a = 1 WHERE pk = 'ann' RETURNING {returning}");
        let keys =
            json!({"Attributes": ["a", "pk"], "LeadingKeys": ["ann"], "ReturnValues": [value]});
        statements(vec![(&statement, ("PartiQLUpdate", "orders", keys))]);
    }
}

#[test]
fn a_check_that_answers_the_item_selects_all_of_it() {
    let statement = "EXISTS(SELECT a FROM orders WHERE pk = 'ann' AND b = 1)";
    for (on_failure, select) in [
        ("NONE", "SPECIFIC_ATTRIBUTES"),
        ("ALL_OLD", "ALL_ATTRIBUTES"),
    ] {
        let check =
            json!({"Statement": statement, "ReturnValuesOnConditionCheckFailure": on_failure});
        let insert = json!({"Statement": "INSERT INTO orders VALUE {'pk': 'bob'}"});
        let transaction = json!({"TransactStatements": [check, insert]});
        let enclosing = ["ExecuteTransaction"];
        let check = json!({"Attributes": ["a", "b", "pk"], "Select": [select],
            "FullTableScan": ["false"], "LeadingKeys": ["ann"], "EnclosingOperation": enclosing});
        let insert = json!({"Attributes": ["pk"], "LeadingKeys": ["bob"],
            "EnclosingOperation": enclosing});
        let needs = vec![
            ("PartiQLSelect", "orders", check),
            ("PartiQLInsert", "orders", insert),
        ];
        assert_needs(Operation::ExecuteTransaction, vec![(transaction, needs)]);
    }
}

#[test]
fn parameters_are_values() {
    let body = json!({"Statement": "SELECT * FROM orders WHERE pk = ?",
        "Parameters": [{"S": "x' OR pk = 'bob"}]});
    let keys = selected(&["pk"], &["x' OR pk = 'bob"]);
    let needs = vec![("PartiQLSelect", "orders", keys)];
    assert_needs(Operation::ExecuteStatement, vec![(body, needs)]);
}

#[test]
fn each_statement_of_several_is_needed() {
    let of = |key: &str| json!({"Statement": format!("SELECT * FROM orders WHERE pk = '{key}'")});
    let batch = json!({"Statements": [of("ann"), {"Statement": "SELECT"}, of("bob")]});
    let needs = |keys: fn(Value) -> Value| {
        let need = |key| ("PartiQLSelect", "orders", keys(selected(&["pk"], &[key])));
        vec![need("ann"), need("bob")]
    };
    let same: fn(Value) -> Value = |keys| keys;
    assert_needs(Operation::BatchExecuteStatement, vec![(batch, needs(same))]);
    let transaction = json!({"TransactStatements": [of("ann"), of("bob")]});
    let enclosed: fn(Value) -> Value = |mut keys| {
        keys["EnclosingOperation"] = json!(["ExecuteTransaction"]);
        keys
    };
    assert_needs(
        Operation::ExecuteTransaction,
        vec![(transaction, needs(enclosed))],
    );
    let transaction = json!({"TransactStatements": [
        {"Statement": "INSERT INTO orders VALUE {'pk': 'ann'}"},
        {"Statement": "DELETE FROM people WHERE pk = 'bob'"},
    ]});
    let insert = enclosed(json!({"Attributes": ["pk"], "LeadingKeys": ["ann"]}));
    let delete =
        enclosed(json!({"Attributes": ["pk"], "LeadingKeys": ["bob"], "ReturnValues": ["NONE"]}));
    let needs = vec![
        ("PartiQLInsert", "orders", insert),
        ("PartiQLDelete", "people", delete),
    ];
    assert_needs(Operation::ExecuteTransaction, vec![(transaction, needs)]);
}
