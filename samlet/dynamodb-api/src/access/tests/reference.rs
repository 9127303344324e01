//! Which condition keys actions have, by AWS's Service Authorization Reference.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::read;
use crate::access::Resource;
use crate::request::tests::written::any_request;
use crate::{Operation, Request};
use serde_json::json;

/// The keys that AWS lists for an action, but for those of fault injection and of further partition keys.
fn listed(action: &str) -> &'static [&'static str] {
    match action {
        "BatchGetItem" => &[
            "Attributes",
            "LeadingKeys",
            "ReturnConsumedCapacity",
            "Select",
        ],
        "BatchWriteItem" => &["Attributes", "LeadingKeys", "ReturnConsumedCapacity"],
        "ConditionCheckItem" => &[
            "Attributes",
            "LeadingKeys",
            "ReturnConsumedCapacity",
            "ReturnValues",
        ],
        "DeleteItem" | "PutItem" | "UpdateItem" => &[
            "Attributes",
            "EnclosingOperation",
            "LeadingKeys",
            "ReturnConsumedCapacity",
            "ReturnValues",
        ],
        "GetItem" => &[
            "Attributes",
            "EnclosingOperation",
            "LeadingKeys",
            "ReturnConsumedCapacity",
            "Select",
        ],
        "Query" => &[
            "Attributes",
            "LeadingKeys",
            "ReturnConsumedCapacity",
            "ReturnValues",
            "Select",
        ],
        "Scan" => &[
            "Attributes",
            "ReturnConsumedCapacity",
            "ReturnValues",
            "Select",
        ],
        "PartiQLInsert" => &["Attributes", "EnclosingOperation", "LeadingKeys"],
        "PartiQLDelete" | "PartiQLUpdate" => &[
            "Attributes",
            "EnclosingOperation",
            "LeadingKeys",
            "ReturnValues",
        ],
        "PartiQLSelect" => &[
            "Attributes",
            "EnclosingOperation",
            "FullTableScan",
            "LeadingKeys",
            "Select",
        ],
        _ => &[],
    }
}

/// Holds that a request's needs have the keys that AWS lists and no others.
fn assert_as_listed(request: &Request) {
    for need in request.needs() {
        let keys = need.condition_keys(Some("pk"));
        let found: BTreeSet<_> = keys.iter().map(|(key, _)| &**key).collect();
        assert_eq!(found.len(), keys.len(), "{}: a key twice", need.action);
        let mut expected: BTreeSet<_> = listed(need.action)
            .iter()
            .map(|key| format!("dynamodb:{key}"))
            .collect();
        // The same by its newer name.
        if expected.contains("dynamodb:LeadingKeys") {
            expected.insert("dynamodb:FirstPartitionKeyValues".into());
            if matches!(need.resource, Resource::Index { .. }) {
                let further = ["Second", "Third", "Fourth"];
                expected.extend(further.map(|one| format!("dynamodb:{one}PartitionKeyValues")));
            }
        }
        let is_part = matches!(
            request.operation(),
            Operation::TransactGetItems
                | Operation::TransactWriteItems
                | Operation::ExecuteTransaction
        );
        if !is_part {
            expected.remove("dynamodb:EnclosingOperation");
        }
        let expected: BTreeSet<_> = expected.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{} of {request:?}", need.action);
    }
}

proptest! {
    #[test]
    fn requests_have_the_keys_that_aws_lists_and_need_all_their_tables(request in any_request()) {
        assert_as_listed(&request);
    }
}

#[test]
fn statements_have_the_keys_that_aws_lists() {
    let all = [
        "SELECT * FROM orders",
        "SELECT a FROM orders.\"by-g\" WHERE pk = 'a'",
        "INSERT INTO orders VALUE {'pk': 'a'}",
        "UPDATE orders SET a = 1 WHERE pk = 'a'",
        "DELETE FROM orders WHERE pk = 'a' RETURNING ALL OLD *",
    ];
    for statement in all {
        let single = json!({"Statement": statement, "ReturnConsumedCapacity": "TOTAL"});
        assert_as_listed(&read(Operation::ExecuteStatement, &single));
        let several = json!([{ "Statement": statement }]);
        let batch = json!({"Statements": several, "ReturnConsumedCapacity": "TOTAL"});
        assert_as_listed(&read(Operation::BatchExecuteStatement, &batch));
        if !statement.contains("by-g") && !statement.contains("RETURNING") {
            let transaction =
                json!({"TransactStatements": several, "ReturnConsumedCapacity": "TOTAL"});
            assert_as_listed(&read(Operation::ExecuteTransaction, &transaction));
        }
    }
}

#[test]
fn tags_name_their_resource() {
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders";
    let list = read(
        Operation::ListTagsOfResource,
        &json!({ "ResourceArn": arn }),
    );
    assert_eq!(list.needs()[0].resource, Resource::Arn(arn));
}
