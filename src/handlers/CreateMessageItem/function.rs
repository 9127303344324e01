//! Creates a message: `POST /message`.

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use common::item::{Item, check_size};
use common::{Error, MessageId, Request, Table};
use lambda_runtime::{LambdaEvent, run, service_fn};
use uuid::Uuid;

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
    let created = match common::message(&event.payload) {
        Ok(message) => create_item(table, message).await,
        Err(error) => Err(error),
    };
    Ok(common::respond(
        created.map(|message_id| MessageId { message_id }),
    ))
}

/// Business logic: stores a message, and gives its new id.
async fn create_item(table: &Table, mut message: Item) -> Result<String, Error> {
    let id = Uuid::new_v4().to_string();
    message.extend(Table::key(id.clone()));
    message.insert("timestamp".to_owned(), common::timestamp());
    check_size(&message)?;

    let put = table
        .client
        .put_item()
        .table_name(&table.name)
        .set_item(Some(message));
    put.send().await.map_err(Error::from_sdk)?;
    Ok(id)
}
