//! What watching an application costs on AWS: access logs, traces, alarms, and what of it cannot be counted.

use samlet_template::{AccessLog, Api, Application, Table};

use crate::{Entry, LOG_EVENT_BYTES};

/// Where a variable begins in an access log's format.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>
const VARIABLE: &str = "$context.";

/// Bytes of a variable's value, on average: an id or a time has 26 to 36, a
/// method, a status or a latency 2 to 4, what isn't there is a dash.
const VARIABLE_BYTES: usize = 16;

/// Bytes that an API's access log has of each request, with what is charged
/// beside them. A log that goes to Firehose is no log of CloudWatch.
pub(crate) fn access_log_bytes(api: &Api) -> f64 {
    let log = api.access_log.as_ref();
    let log = log.filter(|log| !is_of_firehose(log));
    log.map_or(0.0, |log| {
        (event_bytes(&log.format) as u64 + LOG_EVENT_BYTES) as f64
    })
}

fn is_of_firehose(log: &AccessLog) -> bool {
    log.destination.contains(":firehose:")
}

/// Bytes of a format with its variables replaced.
fn event_bytes(format: &str) -> usize {
    let mut parts = format.split(VARIABLE);
    let before = parts.next().map_or(0, str::len);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    let after = parts.map(|part| VARIABLE_BYTES + part.trim_start_matches(is_of_name).len());
    before + after.sum::<usize>()
}

/// Metrics that alarms watch, as far as they can be counted.
pub(crate) fn alarm_metrics(application: &Application) -> usize {
    let alarms = application.alarms.iter();
    alarms.filter_map(|alarm| alarm.metrics).sum()
}

/// What was assumed, and what was left out.
pub(crate) fn notes(application: &Application, entries: &[Entry]) -> Vec<String> {
    let mut notes = Vec::new();
    let used = entries.iter().filter(|entry| entry.share > 0.0);
    if used.clone().any(|entry| entry.traced) {
        let note = "X-Ray is taken to sample by its default rule: the first request each second and 5 % of the others";
        notes.push(note.to_owned());
    }
    let mut sizes: Vec<String> = used
        .map(|entry| entry.access_log_bytes.to_string())
        .collect();
    sizes.retain(|bytes| bytes != "0");
    sizes.sort();
    sizes.dedup();
    if !sizes.is_empty() {
        let sizes = sizes.join(" or ");
        notes.push(format!(
            "An access log takes {sizes} bytes a request: its format with {VARIABLE_BYTES} for each variable, and {LOG_EVENT_BYTES} that AWS adds"
        ));
    }
    let uncounted = uncounted(application);
    if !uncounted.is_empty() {
        notes.push(format!("Not counted: {}", uncounted.join("; ")));
    }
    notes
}

/// What costs, and is not in the bill.
fn uncounted(application: &Application) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |what: &str, names: Vec<&str>| {
        if !names.is_empty() {
            found.push(format!("{what} {}", names.join(", ")));
        }
    };
    let tables = application.tables.iter();
    let encrypted = tables.filter(|table| table.encrypted_by_kms);
    let encrypted = encrypted.map(|table: &Table| table.logical_id.as_str());
    add("requests to KMS for", encrypted.collect());
    let apis = application.apis.iter();
    let logged = apis.filter(|api| api.access_log.as_ref().is_some_and(is_of_firehose));
    let logged = logged.map(|api: &Api| api.logical_id.as_str());
    add("what Firehose takes from", logged.collect());
    let alarms = application.alarms.iter();
    let others = alarms.filter(|alarm| alarm.metrics.is_none());
    let others = others.map(|alarm| alarm.logical_id.as_str());
    add("alarms with a price of their own,", others.collect());
    if !application.dashboards.is_empty() {
        found.push("dashboards past an account's three free ones".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::example::application;
    use crate::mix;

    /// Ids, times, words and numbers.
    const FORMAT: &str = "$context.requestId $context.xrayTraceId $context.requestTime \
        $context.identity.sourceIp $context.identity.apiKeyId $context.httpMethod $context.path \
        $context.resourcePath $context.status $context.responseLength $context.responseLatency \
        $context.integration.latency $context.integration.requestId $context.error.responseType \
        $context.error.message";
    const EVENT: &str = "468a1b4d-3015-4901-b749-37e4e0551029 1-5759e988-bd862e3fe1be46a994272793 \
        25/Nov/2026:12:34:56 +0000 203.0.113.123 - GET \
        /Prod/message/67394741-90ae-4c6c-94fb-df8bf7be33ec /message/{message_id} 200 819 23 18 \
        d20c8a5e-0d2b-4b0a-8a55-4a2cf4d1f0c7 - -";

    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Handler: h, Runtime: provided.al2023}}
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      TracingEnabled: true
      AccessLogSetting: {DestinationArn: 'arn:aws:logs:a:1:log-group:b', Format: '$context.requestId $context.status'}
  Streamed:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      AccessLogSetting: {DestinationArn: 'arn:aws:firehose:a:1:deliverystream/b', Format: $context.requestId}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      AccessLogSettings: {DestinationArn: 'arn:aws:logs:a:1:log-group:c', Format: $context.requestId}
  Quiet:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: GET, RestApiId: !Ref Rest}}
        B: {Type: Api, Properties: {Path: /b, Method: GET, RestApiId: !Ref Streamed}}
        C: {Type: HttpApi, Properties: {Path: /c, Method: GET, ApiId: !Ref Http}}
  Traced:
    Type: AWS::Serverless::Function
    Properties:
      Tracing: Active
      Events:
        D: {Type: HttpApi, Properties: {Path: /d, Method: GET, ApiId: !Ref Http}}
  Invoked: {Type: AWS::Serverless::Function, Properties: {Tracing: Active}}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {SSESpecification: {SSEEnabled: true}}}
  Slow: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Duration, Period: 60}}
  Fast: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Duration, Period: 10}}
  Both: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: ALARM(Slow)}}
  Board: {Type: AWS::CloudWatch::Dashboard}
";

    #[test]
    fn a_variable_of_a_format_counts_as_an_average_value() {
        assert_eq!(event_bytes(""), 0);
        assert_eq!(event_bytes("plain"), 5);
        // Two quotes, a blank and a point.
        let clf = "\"$context.identity.sourceIp\" $context.status, $contextual";
        assert_eq!(event_bytes(clf), 2 + 16 + 1 + 16 + 2 + 11);
        // Close to an event as it may be.
        assert_eq!((event_bytes(FORMAT), EVENT.len()), (14 + 15 * 16, 247));
    }

    #[test]
    fn what_watches_a_request_follows_the_way_it_comes() {
        let application = application(TEMPLATE);
        let mix = ["/a", "/b", "/c", "/d"].map(|path| (format!("GET {path}"), 1.0));
        let mix = [&mix[..], &[("Invoked".to_owned(), 1.0)]].concat();
        let entries = mix::entries(&application, &mix).unwrap();
        let found: Vec<(&str, bool, f64)> = entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.traced, entry.access_log_bytes))
            .collect();
        let expected = [
            ("GET /a", true, 59.0),
            ("GET /b", false, 0.0),
            ("GET /c", false, 42.0),
            ("GET /d", true, 42.0),
            ("Invoked", true, 0.0),
        ];
        assert_eq!(found, expected);
        assert_eq!(alarm_metrics(&application), 1);
    }

    #[test]
    fn what_was_assumed_or_left_out_is_told_where_it_is_so() {
        let application_of = application;
        let application = application_of(TEMPLATE);
        let of = |name: &str| {
            let mix = [(name.to_owned(), 1.0)];
            notes(&application, &mix::entries(&application, &mix).unwrap())
        };
        let not_counted = "Not counted: requests to KMS for Table; what Firehose takes from Streamed; \
            alarms with a price of their own, Fast, Both; dashboards past an account's three free ones";
        assert_eq!(of("GET /b"), [not_counted]);
        let of_http = "An access log takes 42 bytes a request: its format with 16 for each variable, and 26 that AWS adds";
        assert_eq!(of("GET /c"), [of_http, not_counted]);
        assert!(of("GET /d")[0].starts_with("X-Ray is taken to sample"));
        let plain = "Resources: {Table: {Type: AWS::Serverless::SimpleTable}}\nTransform: AWS::Serverless-2016-10-31\n";
        assert_eq!(notes(&application_of(plain), &[]), Vec::<String>::new());
    }
}
