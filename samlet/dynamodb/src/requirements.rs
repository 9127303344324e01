//! What a caller must be allowed to do for an operation: actions on resources.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
use samlet_aws::Place;
use serde_json::Value;

use crate::arns::table_name;
use crate::engine::kind;
use crate::errors::ApiError;
use crate::statements;

/// What the ARN of a stream ends in whose label is not known.
pub(crate) const ANY_STREAM: &str = "/stream/*";

/// An action on a resource that a request needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Requirement<'a> {
    /// Such as `dynamodb:PutItem`.
    pub(crate) action: String,
    /// An ARN, or `*`.
    pub(crate) resource: String,
    /// The table that it is about, with the index.
    pub(crate) table: Option<(String, Option<String>)>,
    /// The part of the request that it is about.
    pub(crate) part: &'a Value,
}

/// Everything that must be allowed before `operation` may run with `request`.
#[expect(
    clippy::too_many_lines,
    reason = "a flat match over operations, which is to be replaced with the engine"
)]
pub(crate) fn requirements<'a>(
    operation: &str,
    request: &'a Value,
    place: &Place,
) -> Result<Vec<Requirement<'a>>, ApiError> {
    if kind(operation).is_none() || operation.starts_with("samlet:") {
        return Err(ApiError::unknown_operation(operation));
    }
    let action = format!("dynamodb:{operation}");
    let on = |name: &str, index: Option<&str>, part: &'a Value| {
        let name = table_name(name);
        let suffix = index.map_or(String::new(), |index| format!("/index/{index}"));
        let resource = place.arn("dynamodb", format_args!("table/{name}{suffix}"));
        Requirement {
            action: action.clone(),
            resource: resource.into(),
            table: Some((name.to_owned(), index.map(str::to_owned))),
            part,
        }
    };
    let plain = |resource: String| {
        let requirement = Requirement {
            action: action.clone(),
            resource,
            table: None,
            part: request,
        };
        Ok(vec![requirement])
    };
    match operation {
        "ListTables" | "DescribeLimits" | "DescribeEndpoints" | "ListStreams" => plain("*".into()),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request.get("RequestItems").and_then(Value::as_object);
            let tables = tables
                .filter(|tables| !tables.is_empty())
                .ok_or_else(|| missing("requestItems"))?;
            // Each table has an item at least.
            if tables.len() > if operation == "BatchGetItem" { 100 } else { 25 } {
                let text = format!("Too many items requested for the {operation} call");
                return Err(ApiError::validation(&text));
            }
            let each = tables.iter();
            Ok(each.map(|(name, part)| on(name, None, part)).collect())
        }
        "TransactGetItems" => {
            let items = request.get("TransactItems").and_then(Value::as_array);
            let items = items
                .filter(|items| !items.is_empty())
                .ok_or_else(|| missing("transactItems"))?;
            at_most(100, items, "transactItems")?;
            let name = |item: &'a Value| {
                let part = item.get("Get")?;
                Some(Requirement {
                    action: "dynamodb:GetItem".into(),
                    ..on(part.get("TableName")?.as_str()?, None, part)
                })
            };
            items
                .iter()
                .map(|item| name(item).ok_or_else(|| missing("tableName")))
                .collect()
        }
        "TransactWriteItems" => {
            let items = request.get("TransactItems").and_then(Value::as_array);
            let items = items
                .filter(|items| !items.is_empty())
                .ok_or_else(|| missing("transactItems"))?;
            at_most(100, items, "transactItems")?;
            let each = |item: &'a Value| {
                let actions = [
                    ("Put", "dynamodb:PutItem"),
                    ("Update", "dynamodb:UpdateItem"),
                    ("Delete", "dynamodb:DeleteItem"),
                    ("ConditionCheck", "dynamodb:ConditionCheckItem"),
                ];
                // All that are there; the engine refuses more than one.
                let named = actions.into_iter().filter_map(|(member, action)| {
                    let part = item.get(member)?;
                    Some(Requirement {
                        action: action.into(),
                        ..on(part.get("TableName")?.as_str()?, None, part)
                    })
                });
                named.collect::<Vec<_>>()
            };
            let needed: Vec<Vec<Requirement<'a>>> = items.iter().map(each).collect();
            match needed.iter().any(Vec::is_empty) {
                true => Err(missing("tableName")),
                false => Ok(needed.into_iter().flatten().collect()),
            }
        }
        "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => {
            let one = std::slice::from_ref(request);
            let list = match operation {
                "BatchExecuteStatement" => request["Statements"].as_array(),
                "ExecuteTransaction" => request["TransactStatements"].as_array(),
                _ => None,
            };
            let statements = list.map_or(one, Vec::as_slice);
            match operation {
                "BatchExecuteStatement" => at_most(25, statements, "statements")?,
                _ => at_most(100, statements, "transactStatements")?,
            }
            let statements = statements.iter();
            let each = |statement: &'a Value| {
                let text = statement["Statement"]
                    .as_str()
                    .ok_or_else(|| missing("statement"))?;
                let target = statements::target(text).ok_or_else(|| {
                    ApiError::validation("Statement wasn't well formed, can't be processed.")
                })?;
                Ok(Requirement {
                    action: format!("dynamodb:{}", target.action),
                    ..on(&target.table, target.index.as_deref(), statement)
                })
            };
            statements.map(each).collect()
        }
        "TagResource" | "UntagResource" | "ListTagsOfResource" => {
            let arn = request.get("ResourceArn").and_then(Value::as_str);
            plain(arn.ok_or_else(|| missing("resourceArn"))?.to_owned())
        }
        "DescribeStream" | "GetShardIterator" => {
            let arn = request.get("StreamArn").and_then(Value::as_str);
            plain(arn.ok_or_else(|| missing("streamArn"))?.to_owned())
        }
        "GetRecords" => {
            let iterator = request.get("ShardIterator").and_then(Value::as_str);
            let iterator = iterator.ok_or_else(|| missing("shardIterator"))?;
            let (table, ..) = decode_shard_iterator(iterator)
                .ok_or_else(|| ApiError::validation("Invalid ShardIterator"))?;
            // The stream's label is not in the iterator; the service looks it up.
            let resource = format_args!("table/{table}{ANY_STREAM}");
            plain(place.arn("dynamodb", resource).into())
        }
        _ => {
            let name = request.get("TableName").and_then(Value::as_str);
            let index = request.get("IndexName").and_then(Value::as_str);
            let name = name.ok_or_else(|| missing("tableName"))?;
            Ok(vec![on(name, index, request)])
        }
    }
}

/// DynamoDB's bounds of what one request is about, before all of it is authorised.
fn at_most(most: usize, list: &[Value], member: &str) -> Result<(), ApiError> {
    if list.len() <= most {
        return Ok(());
    }
    Err(ApiError::validation(&format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: \
         Member must have length less than or equal to {most}"
    )))
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
        let needed =
            requirements(operation, &request, &Place::new("us-east-1", "1", "local")).unwrap();
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
        assert!(
            requirements(
                "PutItem",
                &json!({}),
                &Place::new("us-east-1", "1", "local")
            )
            .is_err()
        );
    }
}
