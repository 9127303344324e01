//! What a caller must be allowed to do for an operation: actions on resources.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use serde_json::Value;

use crate::arns::table_name;
use crate::errors::ApiError;

/// An action on a resource that a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Such as `dynamodb:PutItem`.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
}

/// Everything that must be allowed before `operation` may run with `request`.
pub fn requirements(
    operation: &str,
    request: &Value,
    region: &str,
    account_id: &str,
) -> Result<Vec<Requirement>, ApiError> {
    let action = format!("dynamodb:{operation}");
    let on = |name: &str, index: Option<&str>| {
        let name = table_name(name);
        let index = index.map_or(String::new(), |index| format!("/index/{index}"));
        let resource = format!("arn:aws:dynamodb:{region}:{account_id}:table/{name}{index}");
        Requirement {
            action: action.clone(),
            resource,
        }
    };
    match operation {
        "ListTables" => Ok(vec![Requirement {
            action,
            resource: "*".into(),
        }]),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request.get("RequestItems").and_then(Value::as_object);
            let tables = tables
                .filter(|tables| !tables.is_empty())
                .ok_or_else(|| missing("requestItems"))?;
            Ok(tables.keys().map(|name| on(name, None)).collect())
        }
        "TransactGetItems" => {
            let items = request.get("TransactItems").and_then(Value::as_array);
            let items = items
                .filter(|items| !items.is_empty())
                .ok_or_else(|| missing("transactItems"))?;
            let name = |item: &Value| {
                let name = item.get("Get")?.get("TableName")?.as_str()?;
                Some(Requirement {
                    action: "dynamodb:GetItem".into(),
                    ..on(name, None)
                })
            };
            items
                .iter()
                .map(|item| name(item).ok_or_else(|| missing("tableName")))
                .collect()
        }
        _ => {
            let name = request.get("TableName").and_then(Value::as_str);
            let index = request.get("IndexName").and_then(Value::as_str);
            Ok(vec![on(name.ok_or_else(|| missing("tableName"))?, index)])
        }
    }
}

fn missing(member: &str) -> ApiError {
    ApiError::validation(&format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn of(operation: &str, request: Value) -> Vec<(String, String)> {
        let needed = requirements(operation, &request, "us-east-1", "1").unwrap();
        needed.into_iter().map(|r| (r.action, r.resource)).collect()
    }

    #[test]
    fn each_table_index_and_item_is_named() {
        let table = |name: &str| format!("arn:aws:dynamodb:us-east-1:1:table/{name}");
        assert_eq!(
            of("Query", json!({"TableName": "a", "IndexName": "i"})),
            [("dynamodb:Query".into(), table("a/index/i"))]
        );
        assert_eq!(
            of(
                "BatchWriteItem",
                json!({"RequestItems": {"a": [], "b": []}})
            ),
            [
                ("dynamodb:BatchWriteItem".into(), table("a")),
                ("dynamodb:BatchWriteItem".into(), table("b"))
            ]
        );
        assert_eq!(
            of(
                "TransactGetItems",
                json!({"TransactItems": [{"Get": {"TableName": "a"}}]})
            ),
            [("dynamodb:GetItem".into(), table("a"))]
        );
        assert!(requirements("PutItem", &json!({}), "us-east-1", "1").is_err());
    }
}
