//! @name@: `@route@`.

use std::collections::HashMap;
use std::convert::Infallible;

use aws_lambda_events::apigw::{@imports@};
use common::Error;
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    common::init_logging();
    run(service_fn(handler)).await
}

/// Request logic: what API Gateway sends, and what it is answered.
async fn handler(
    event: LambdaEvent<@request@>,
) -> Result<ApiGatewayProxyResponse, Infallible> {
    let answered = @function@(&event.payload.path_parameters).await;
    Ok(common::respond(answered))
}

/// Business logic: knows nothing of API Gateway. So far it gives back what it
/// is given.
async fn @function@(parameters: &HashMap<String, String>) -> Result<Value, Error> {
    Ok(json!({ "parameters": parameters }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_example_event_is_answered() {
        let event = include_str!("@events@/@name@-event.json");
        let request = serde_json::from_str(event).unwrap();
        let event = LambdaEvent::new(request, lambda_runtime::Context::default());
        assert_eq!(handler(event).await.unwrap().status_code, 200);
    }
}
