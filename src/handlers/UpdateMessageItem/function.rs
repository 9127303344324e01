//! Updates a message: `PUT /message/{message_id}`.

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use common::item::{Item, check_size};
use common::{Error, MessageId, Request, Table};
use lambda_runtime::{LambdaEvent, run, service_fn};

/// DynamoDB's limit for an expression, in bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_EXPRESSION_BYTES: usize = 4096;

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
    let request = &event.payload;
    let updated = match (common::message_id(request), common::message(request)) {
        (Ok(id), Ok(message)) => update_item(table, id, message).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    Ok(common::respond(
        updated.map(|message_id| MessageId { message_id }),
    ))
}

/// Business logic: sets the given fields of a message that exists, leaves its
/// others, and renews its timestamp.
async fn update_item(table: &Table, id: String, mut message: Item) -> Result<String, Error> {
    // The key is the path's; the time is ours.
    message.remove("pk");
    message.remove("sk");
    message.insert("timestamp".to_owned(), common::timestamp());
    check_size(&message)?;

    let count = message.len();
    let mut assignments = Vec::with_capacity(count);
    let mut update = table.client.update_item().table_name(&table.name);
    for (n, (name, value)) in message.into_iter().enumerate() {
        // Placeholders, since a field may be named like one of DynamoDB's own words.
        assignments.push(format!("#{n}=:{n}"));
        update = update
            .expression_attribute_names(format!("#{n}"), name)
            .expression_attribute_values(format!(":{n}"), value);
    }
    let expression = format!("SET {}", assignments.join(","));
    if expression.len() > MAX_EXPRESSION_BYTES {
        let text = format!(
            "The update sets {count} fields; more than fit an update expression of 4 KB, the limit"
        );
        return Err(Error::Invalid(text));
    }
    update
        .set_key(Some(Table::key(id.clone())))
        .update_expression(expression)
        .condition_expression("attribute_exists(pk)")
        .send()
        .await
        .map_err(Error::from_sdk)?;
    Ok(id)
}
