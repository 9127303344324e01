//! `samlet generate-event`: events to invoke functions with, under SAM CLI's names.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-local-generate-event.html>

use std::io::Write;

use samlet_gateway::SampleRequest;
use samlet_template::{ApiKind, PayloadFormat};
use serde_json::{Map, Value, json};

use crate::args::{
    ApiGatewayEvent, CloudWatchEvent, DynamoDbEvent, EventBridgeEvent, EventPlace,
    GenerateEventCommand, HttpArgs, SnsEvent, SqsEvent,
};
use crate::error::Error;

/// `samlet generate-event`.
pub(crate) fn command(command: &GenerateEventCommand) -> Result<(), Error> {
    let event = match command {
        GenerateEventCommand::Apigateway(ApiGatewayEvent::AwsProxy {
            http,
            resource,
            querystringparameters,
        }) => api_gateway(http, "prod", Some(resource), querystringparameters)?,
        GenerateEventCommand::Apigateway(ApiGatewayEvent::HttpApiProxy { http }) => {
            api_gateway(http, "$default", None, "{}")?
        }
        GenerateEventCommand::Sqs(SqsEvent::ReceiveMessage {
            place,
            queue_name,
            body,
        }) => sqs(place, queue_name, body),
        GenerateEventCommand::Sns(SnsEvent::Notification {
            place,
            topic,
            subject,
            message,
        }) => sns(place, topic, subject, message),
        GenerateEventCommand::Dynamodb(DynamoDbEvent::Update { place, table }) => {
            dynamodb(place, table)
        }
        GenerateEventCommand::Cloudwatch(CloudWatchEvent::ScheduledEvent { place, rule }) => {
            let rule = place.arn("events", &format!("rule/{rule}"));
            event_bridge(place, "aws.events", "Scheduled Event", &json!({}), &[rule])
        }
        GenerateEventCommand::Eventbridge(EventBridgeEvent::Event {
            place,
            source,
            detail_type,
            detail,
        }) => event_bridge(place, source, detail_type, &parse("--detail", detail)?, &[]),
    };
    writeln!(std::io::stdout(), "{event:#}").ok();
    Ok(())
}

fn parse(option: &'static str, text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::NotJson {
        what: option,
        reason: error.to_string(),
    })
}

/// A REST API's event for one resource, or an HTTP API's, whose route is the path itself.
fn api_gateway(
    http: &HttpArgs,
    default_stage: &str,
    resource: Option<&str>,
    query: &str,
) -> Result<Value, Error> {
    let path = format!("/{}", http.path.trim_start_matches('/'));
    let Value::Object(query) = parse("--querystringparameters", query)? else {
        return Err(Error::NotJson {
            what: "--querystringparameters",
            reason: "it is no JSON object".to_owned(),
        });
    };
    let region = http.dns_suffix.split('.').next().unwrap_or_default();
    let is_rest = resource.is_some();
    let request = SampleRequest {
        kind: match is_rest {
            true => ApiKind::Rest,
            false => ApiKind::Http,
        },
        format: match is_rest {
            true => PayloadFormat::V1,
            false => PayloadFormat::V2,
        },
        method: &http.method,
        resource: resource.unwrap_or(&path),
        path: &path,
        query: &query_string(&query),
        body: Some(&http.body),
        stage: http.stage.as_deref().unwrap_or(default_stage),
        api_id: "abcde12345",
        account_id: &http.account_id,
        region,
    };
    Ok(request.event()?)
}

fn query_string(parameters: &Map<String, Value>) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = parameters.iter().map(|(name, value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        format!("{}={}", encode(name), encode(&value))
    });
    pairs.collect::<Vec<_>>().join("&")
}

impl EventPlace {
    fn arn(&self, service: &str, resource: &str) -> String {
        let Self {
            partition,
            region,
            account_id,
        } = self;
        format!("arn:{partition}:{service}:{region}:{account_id}:{resource}")
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
fn sqs(place: &EventPlace, queue: &str, body: &str) -> Value {
    json!({"Records": [{
        "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
        "receiptHandle": "MessageReceiptHandle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795420800000",
            "SenderId": place.account_id,
            "ApproximateFirstReceiveTimestamp": "1795420800001",
        },
        "messageAttributes": {},
        "md5OfBody": format!("{:x}", md5::compute(body)),
        "eventSource": "aws:sqs",
        "eventSourceARN": place.arn("sqs", queue),
        "awsRegion": place.region,
    }]})
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
fn sns(place: &EventPlace, topic: &str, subject: &str, message: &str) -> Value {
    let topic = place.arn("sns", topic);
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:21be56ed-a058-49f5-8c98-aedd2564c486"),
        "Sns": {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": topic,
            "Subject": subject,
            "Message": message,
            "Timestamp": "2026-11-23T08:00:00.000Z",
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "EXAMPLE",
            "UnsubscribeUrl": "EXAMPLE",
            "MessageAttributes": {},
        },
    }]})
}

/// An item that is made, changed and deleted.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>
fn dynamodb(place: &EventPlace, table: &str) -> Value {
    let keys = json!({"Id": {"N": "101"}});
    let image = |message: &str| json!({"Id": {"N": "101"}, "Message": {"S": message}});
    let (new, changed) = (image("New item!"), image("This item has changed"));
    let stream = place.arn(
        "dynamodb",
        &format!("table/{table}/stream/2026-11-23T00:00:00.000"),
    );
    let record = |number: u32, name: &str, size: u32, images: [Option<&Value>; 2]| {
        let mut change = json!({
            "ApproximateCreationDateTime": 1_795_420_800,
            "Keys": keys,
            "SequenceNumber": format!("442158450000000001745043909{number}"),
            "SizeBytes": size,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        });
        for (member, image) in ["NewImage", "OldImage"].into_iter().zip(images) {
            if let Some(image) = image {
                change[member] = image.clone();
            }
        }
        json!({
            "eventID": format!("{:x}", md5::compute(number.to_string())),
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": place.region,
            "dynamodb": change,
            "eventSourceARN": stream,
        })
    };
    json!({"Records": [
        record(1, "INSERT", 26, [Some(&new), None]),
        record(2, "MODIFY", 59, [Some(&changed), Some(&new)]),
        record(3, "REMOVE", 38, [None, Some(&changed)]),
    ]})
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
fn event_bridge(
    place: &EventPlace,
    source: &str,
    detail_type: &str,
    detail: &Value,
    resources: &[String],
) -> Value {
    json!({
        "version": "0",
        "id": "cdc73f9d-aea9-11e3-9d5a-835b769c0d9c",
        "detail-type": detail_type,
        "source": source,
        "account": place.account_id,
        "time": "2026-11-23T08:00:00Z",
        "region": place.region,
        "resources": resources,
        "detail": detail,
    })
}
