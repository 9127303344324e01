//! A DynamoDB that stores nothing and answers at once, to put alternatives in the best light.

use std::net::Ipv4Addr;

use anyhow::Result;
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use tokio::net::TcpListener;

/// Every item is this one.
const ITEM: &str = r#"{"Item":{"pk":{"S":"51eef759-f0a6-4547-b226-7d29ccb057f4"},"sk":{"S":"v0"},"title":{"S":"Hello"},"body":{"S":"Hello, serverless!"},"stars":{"N":"5"},"timestamp":{"N":"1795488309"}}}"#;

/// Serves until it is killed; prints where.
pub(crate) async fn serve() -> Result<()> {
    let answer = |headers: HeaderMap| async move {
        let target = headers.get("x-amz-target").map(|target| target.as_bytes());
        let body = match target {
            Some(b"DynamoDB_20120810.GetItem") => ITEM,
            _ => "{}",
        };
        ([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body)
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("ready http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/", post(answer))).await?;
    Ok(())
}
