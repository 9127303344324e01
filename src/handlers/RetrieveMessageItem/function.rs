//! Retrieves a message: `GET /message/{message_id}`.

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use common::item::Json;
use common::{Error, Request, Table};
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    common::init_logging();
    // Made once, while the environment starts; every invocation uses it.
    let table = Table::from_env()?;
    run(service_fn(|event| handler(&table, event))).await
}

/// Request logic: what API Gateway sends, and what it is answered.
async fn handler(
    table: &Table,
    event: LambdaEvent<Request>,
) -> Result<ApiGatewayProxyResponse, Infallible> {
    let retrieved = match common::message_id(&event.payload) {
        Ok(id) => retrieve_item(table, id).await,
        Err(error) => Err(error),
    };
    Ok(common::respond(retrieved))
}

/// Business logic: gives the message with this id, whole.
async fn retrieve_item(table: &Table, id: String) -> Result<Json, Error> {
    let get = table
        .client
        .get_item()
        .table_name(&table.name)
        .set_key(Some(Table::key(id)));
    let found = get.send().await.map_err(Error::from_sdk)?;
    found.item.map(Json).ok_or(Error::NotFound)
}
