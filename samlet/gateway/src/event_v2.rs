//! The event of an HTTP API's Lambda integration, payload format 2.0, and what 1.0 is there.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use http::request::Parts;
use samlet_template::{ApiKind, PayloadFormat};
use serde_json::{Map, Value, json};

use crate::event::{self, Context, Event, EventBody};

/// The event that a function is given by an API of this kind, in this format, as JSON.
pub(crate) fn of_shape(
    shape: (ApiKind, PayloadFormat),
    request: &Parts,
    body: &EventBody,
    route_key: &str,
    context: &Context<'_>,
) -> String {
    let (kind, _) = shape;
    if shape == (ApiKind::Http, PayloadFormat::V2) {
        return event_v2(request, body, route_key, context).to_string();
    }
    let event = Event {
        request,
        body,
        context,
        in_http_api: kind == ApiKind::Http,
    };
    // Text, numbers and maps with text for keys: nothing that could fail.
    serde_json::to_string(&event).unwrap_or_default()
}

/// Format 2.0. What is absent is left out.
pub(crate) fn event_v2(
    request: &Parts,
    body: &EventBody,
    route_key: &str,
    context: &Context<'_>,
) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": context.path_with_stage(),
        "rawQueryString": request.uri.query().unwrap_or_default(),
        "headers": headers(request, body, context),
        "requestContext": {
            "accountId": context.account_id,
            "apiId": context.api_id,
            "domainName": context.domain_name(),
            "domainPrefix": context.api_id,
            "http": {
                "method": request.method.as_str(),
                "path": context.path_with_stage(),
                "protocol": format!("{:?}", request.version),
                "sourceIp": context.source_ip.to_string(),
                "userAgent": event::user_agent(request).unwrap_or_default(),
            },
            "requestId": context.extended_request_id,
            "routeKey": route_key,
            "stage": context.stage,
            "time": event::request_time(context.time),
            "timeEpoch": event::epoch_ms(context.time),
        },
        "isBase64Encoded": body.is_base64,
    });
    if let Some(authorizer) = context.authorizer {
        event["requestContext"]["authorizer"] = json!({"lambda": authorizer});
    }
    let mut add = |name: &str, value: Value| {
        let empty = match &value {
            Value::Object(map) => map.is_empty(),
            Value::Array(list) => list.is_empty(),
            other => other.is_null(),
        };
        if !empty {
            event[name] = value;
        }
    };
    add("cookies", cookies(request));
    add("queryStringParameters", query(request));
    let parameters = context.parameters.iter();
    add(
        "pathParameters",
        parameters
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect::<Map<_, _>>()
            .into(),
    );
    add("stageVariables", json!(context.stage_variables));
    add("body", json!(body.text));
    event
}

/// Lower case, repeated ones joined; cookies stand apart.
fn headers(request: &Parts, body: &EventBody, context: &Context<'_>) -> Map<String, Value> {
    let mut headers: Map<String, Value> = event::passed_on(request)
        .filter(|(name, _)| *name != "cookie")
        .map(|(name, values)| {
            let values: Vec<_> = values.collect();
            (name.to_owned(), json!(values.join(",")))
        })
        .collect();
    for (name, value) in event::added(request, context) {
        headers.insert(name.to_lowercase(), json!(value));
    }
    // Unlike a REST API, an HTTP API tells it, also when there is no body.
    headers.insert("content-length".into(), json!(body.bytes.to_string()));
    headers
}

fn cookies(request: &Parts) -> Value {
    let headers = request.headers.get_all("cookie").iter();
    headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty())
        .map(|cookie| json!(cookie))
        .collect()
}

/// Repeated names joined with commas.
fn query(request: &Parts) -> Value {
    let mut joined: Map<String, Value> = Map::new();
    for (name, value) in event::decoded_query(request.uri.query().unwrap_or_default()) {
        let all = match joined.get(&name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        joined.insert(name, json!(all));
    }
    joined.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bytes::Bytes;
    use std::collections::BTreeMap;
    use time::OffsetDateTime;

    fn context<'a>(
        parameters: &'a [(String, String)],
        variables: &'a BTreeMap<String, String>,
    ) -> Context<'a> {
        Context {
            account_id: "123456789012",
            api_id: "abcde12345",
            region: "us-east-1",
            stage: "$default",
            resource: "/message/{id}",
            resource_id: "r1",
            path: "/message/a b",
            parameters,
            source_ip: "127.0.0.1".parse().unwrap(),
            port: 3000,
            request_id: "id",
            extended_request_id: "extended",
            trace_id: "Root=1-0-0",
            time: OffsetDateTime::from_unix_timestamp(1_795_420_800).unwrap(),
            stage_variables: variables,
            authorizer: None,
            holder: None,
        }
    }

    #[test]
    fn a_request_becomes_the_event_that_an_http_api_makes() {
        let request = http::Request::post("/message/a%20b?a=1&a=2&name=J%C3%BCrg+K")
            .header("host", "127.0.0.1:3000")
            .header("X-Tag", "one")
            .header("X-Tag", "two")
            .header("cookie", "a=b; c=d")
            .header("user-agent", "curl/8")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        let parameters = [("id".to_owned(), "a b".to_owned())];
        let variables = BTreeMap::from([("colour".to_owned(), "blue".to_owned())]);
        let body = EventBody::new(&Bytes::from("{}"), true);
        let context = context(&parameters, &variables);
        let event = event_v2(&request, &body, "POST /message/{id}", &context);
        let expected: Value = serde_json::from_str(include_str!("../tests/event_v2.json")).unwrap();
        assert_eq!(event, expected, "{event:#}");
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let (request, ()) = http::Request::get("/").body(()).unwrap().into_parts();
        let variables = BTreeMap::new();
        let context = context(&[], &variables);
        let body = EventBody::new(&Bytes::new(), true);
        let event = event_v2(&request, &body, "$default", &context);
        for name in [
            "cookies",
            "queryStringParameters",
            "pathParameters",
            "stageVariables",
            "body",
        ] {
            assert_eq!(event.get(name), None, "{name}");
        }
        assert_eq!(event["isBase64Encoded"], false);
    }
}
