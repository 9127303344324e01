//! The limit: the message service as one plain process, with the same store and no functions, gateway or policies.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use axum::Router;
use axum::extract::{Path as PathOf, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::Store;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

/// The table's name.
const TABLE: &str = "messages";

/// Serves until it is killed; prints where.
pub(crate) async fn serve(folder: &Path) -> Result<()> {
    let place = Arc::new(Place::new("us-east-1", "123456789012", "bench"));
    let store = Store::open(folder, &place, &Clock::new())?;
    let key = |name, kind| json!({"AttributeName": name, "KeyType": kind});
    let attribute = |name| json!({"AttributeName": name, "AttributeType": "S"});
    let table = json!({
        "TableName": TABLE,
        "AttributeDefinitions": [attribute("pk"), attribute("sk")],
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        "BillingMode": "PAY_PER_REQUEST",
    });
    store.ensure_table(&table, None).await?;
    let message = get(retrieve).put(update).delete(delete);
    let routes = Router::new()
        .route("/echo", get(|| async { "/echo" }))
        .route("/message", post(create))
        .route("/message/{message_id}", message)
        .with_state(store);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("ready http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn create(State(store): State<Store>, body: Bytes) -> Response {
    let id = Uuid::new_v4().to_string();
    let Some(mut item) = item(&body) else {
        return answer(
            StatusCode::BAD_REQUEST,
            json!("The body is not a JSON object"),
        );
    };
    item.insert("pk".into(), json!({"S": id}));
    item.insert("sk".into(), json!({"S": "v0"}));
    let request = json!({"TableName": TABLE, "Item": item});
    let put = store.execute("PutItem", request.to_string().into()).await;
    stored(put.map(|_| id))
}

async fn retrieve(State(store): State<Store>, PathOf(id): PathOf<String>) -> Response {
    let request = json!({"TableName": TABLE, "Key": key(&id)});
    let got = store.execute("GetItem", request.to_string().into()).await;
    let got = got
        .ok()
        .and_then(|got| serde_json::from_slice::<Value>(&got).ok());
    match got.as_ref().and_then(|got| got["Item"].as_object()) {
        Some(item) => {
            let fields = item
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)));
            answer(StatusCode::OK, Value::Object(fields.collect()))
        }
        None => answer(StatusCode::NOT_FOUND, json!("Message not found")),
    }
}

async fn update(State(store): State<Store>, PathOf(id): PathOf<String>, body: Bytes) -> Response {
    let Some(item) = item(&body) else {
        return answer(
            StatusCode::BAD_REQUEST,
            json!("The body is not a JSON object"),
        );
    };
    let names = item.keys().enumerate();
    let names: Map<_, _> = names
        .map(|(n, name)| (format!("#{n}"), json!(name)))
        .collect();
    let values = item.values().enumerate();
    let values: Map<_, _> = values.map(|(n, v)| (format!(":{n}"), v.clone())).collect();
    let assignments: Vec<_> = (0..item.len()).map(|n| format!("#{n}=:{n}")).collect();
    let request = json!({
        "TableName": TABLE,
        "Key": key(&id),
        "UpdateExpression": format!("SET {}", assignments.join(",")),
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    });
    let updated = store
        .execute("UpdateItem", request.to_string().into())
        .await;
    stored(updated.map(|_| id))
}

async fn delete(State(store): State<Store>, PathOf(id): PathOf<String>) -> Response {
    let request = json!({
        "TableName": TABLE,
        "Key": key(&id),
        "ConditionExpression": "attribute_exists(pk)",
    });
    let deleted = store
        .execute("DeleteItem", request.to_string().into())
        .await;
    stored(deleted.map(|_| id))
}

fn key(id: &str) -> Value {
    json!({"pk": {"S": id}, "sk": {"S": "v0"}})
}

fn stored(result: Result<String, samlet_dynamodb::ApiError>) -> Response {
    match result {
        Ok(id) => answer(StatusCode::OK, json!({"message_id": id})),
        Err(error) => answer(
            StatusCode::NOT_FOUND,
            serde_json::from_slice(&error.body).unwrap_or_default(),
        ),
    }
}

fn answer(status: StatusCode, message: Value) -> Response {
    let body = json!({"success": status == StatusCode::OK, "message": message});
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, body.to_string()).into_response()
}

/// A JSON object as DynamoDB's, with the time.
fn item(body: &[u8]) -> Option<Map<String, Value>> {
    let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let fields = fields.into_iter().map(|(name, value)| (name, typed(value)));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let time = ("timestamp".to_owned(), json!({"N": now.to_string()}));
    Some(fields.chain([time]).collect())
}

fn typed(value: Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(value) => json!({"BOOL": value}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(values) => json!({"L": values.into_iter().map(typed).collect::<Vec<_>>()}),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, typed(value)));
            json!({"M": fields.collect::<Map<_, _>>()})
        }
    }
}

fn plain(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("N", Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
        ("L", Value::Array(values)) => values.iter().map(plain).collect(),
        ("M", Value::Object(fields)) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(fields.collect())
        }
        ("NULL", _) => Value::Null,
        (_, value) => value.clone(),
    }
}
