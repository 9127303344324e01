//! @name@: `@route@`.

use std::collections::HashMap;

use aws_lambda_events::apigw::{@imports@};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::header::{CONTENT_TYPE, HeaderValue};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(handler)).await
}

/// Request logic: what API Gateway sends, and what it is answered.
async fn handler(
    event: LambdaEvent<@request@>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let answer = @function@(&event.payload.path_parameters).await?;
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = 200;
    response.body = Some(Body::Text(answer.to_string()));
    let json = HeaderValue::from_static("application/json");
    response.headers.insert(CONTENT_TYPE, json);
    Ok(response)
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
