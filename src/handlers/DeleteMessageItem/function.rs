//! Deletes a message: `DELETE /message/{message_id}`.

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use common::{Error, MessageId, Request, Table};
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
    let deleted = match common::message_id(&event.payload) {
        Ok(id) => delete_item(table, id).await,
        Err(error) => Err(error),
    };
    Ok(common::respond(
        deleted.map(|message_id| MessageId { message_id }),
    ))
}

/// Business logic: deletes a message that exists.
async fn delete_item(table: &Table, id: String) -> Result<String, Error> {
    table
        .client
        .delete_item()
        .table_name(&table.name)
        .set_key(Some(Table::key(id.clone())))
        .condition_expression("attribute_exists(pk)")
        .send()
        .await
        .map_err(Error::from_sdk)?;
    Ok(id)
}
