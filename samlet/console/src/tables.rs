//! What the tables hold, read and changed by hand: through DynamoDB's own operations.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::Console;
use crate::answer::{Problem, Query, bad_request, parse, problem};
use crate::application::KnownTable;

/// Items of a page, by default and at most.
const PAGE: u64 = 50;
const MAX_PAGE: u64 = 1000;

impl Console {
    /// A page of a table's items.
    pub(crate) async fn items(&self, table: &str, query: &Query<'_>) -> Result<Value, Problem> {
        let table = self.table(table)?;
        let limit = query.number("limit", PAGE, MAX_PAGE)?.max(1);
        let mut request = json!({"TableName": table.name, "Limit": limit});
        if let Some(start) = query.get("start") {
            let start: Value = serde_json::from_str(start)
                .map_err(|error| bad_request(format!("start is no JSON: {error}")))?;
            request["ExclusiveStartKey"] = start;
        }
        let operation = match query.get("key") {
            None => "Scan",
            Some(key) => {
                let (name, kind) = table.partition_key()?;
                request["KeyConditionExpression"] = json!("#key = :key");
                request["ExpressionAttributeNames"] = json!({"#key": name});
                request["ExpressionAttributeValues"] = json!({":key": {kind: key}});
                "Query"
            }
        };
        let mut answer = self.dynamodb(operation, &request).await?;
        Ok(json!({
            "items": answer["Items"].take(),
            "next": answer["LastEvaluatedKey"].take(),
        }))
    }

    /// Stores an item.
    pub(crate) async fn put_item(
        &self,
        table: &str,
        query: &Query<'_>,
        body: &Bytes,
    ) -> Result<Value, Problem> {
        let table = self.table(table)?;
        let mut request = json!({"TableName": table.name, "Item": parse(body)?});
        if query.is_set("new") {
            let (name, _) = table.partition_key()?;
            request["ConditionExpression"] = json!("attribute_not_exists(#key)");
            request["ExpressionAttributeNames"] = json!({"#key": name});
        }
        self.dynamodb("PutItem", &request).await?;
        Ok(json!({}))
    }

    /// Deletes an item.
    pub(crate) async fn delete_item(&self, table: &str, body: &Bytes) -> Result<Value, Problem> {
        let table = self.table(table)?;
        let request = json!({"TableName": table.name, "Key": parse(body)?});
        self.dynamodb("DeleteItem", &request).await?;
        Ok(json!({}))
    }

    fn table(&self, name: &str) -> Result<KnownTable, Problem> {
        let known = self.known();
        let mut tables = known.tables.iter();
        let found = tables.find(|table| table.id == name || table.name == name);
        found
            .cloned()
            .ok_or_else(|| problem(StatusCode::NOT_FOUND, format!("there is no table {name}")))
    }

    async fn dynamodb(&self, operation: &str, request: &Value) -> Result<Value, Problem> {
        let body = Bytes::from(request.to_string());
        match self.sources.store.execute(operation, body).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer).unwrap_or_default()),
            Err(error) => {
                let body: Map<String, Value> =
                    serde_json::from_slice(&error.body).unwrap_or_default();
                let text = |name: &str| body.get(name).and_then(Value::as_str);
                let message = text("message").or(text("Message"));
                let kind = text("__type").unwrap_or_default();
                let status = match kind.ends_with("#ConditionalCheckFailedException") {
                    true => StatusCode::CONFLICT,
                    false => StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST),
                };
                let message = match status {
                    StatusCode::CONFLICT => "there is an item with this key already",
                    _ => message.unwrap_or("DynamoDB refused it"),
                };
                Err(problem(status, message))
            }
        }
    }
}

impl KnownTable {
    fn partition_key(&self) -> Result<(&str, &str), Problem> {
        let first = self.key.first();
        let first = first.ok_or_else(|| bad_request("the table has no key"))?;
        Ok((&first.0, &first.1))
    }
}
