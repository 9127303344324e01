//! RetrieveMessageItem as a tutorial sets it up: the SDK with its default
//! features, configured by `load_defaults`. All else is ours.

use std::convert::Infallible;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use aws_sdk_dynamodb::Client;
use common::Table;
use common::item::Json;
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    common::init_logging();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let table = Table {
        client: Client::new(&config),
        name: std::env::var("DDB_TABLE_NAME")?,
    };
    run(service_fn(|event| handler(&table, event))).await
}

async fn handler(
    table: &Table,
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Infallible> {
    let id = event.payload.path_parameters.get("message_id");
    let id = id.cloned().unwrap_or_default();
    Ok(common::respond(retrieve_item(table, id).await))
}

async fn retrieve_item(table: &Table, id: String) -> Result<Json, common::Error> {
    let get = table
        .client
        .get_item()
        .table_name(&table.name)
        .set_key(Some(Table::key(id)));
    let found = get.send().await.map_err(common::Error::from_sdk)?;
    found.item.map(Json).ok_or(common::Error::NotFound)
}
