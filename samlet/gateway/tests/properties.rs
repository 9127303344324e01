//! Routing and encoding, for whatever routes an API has and whatever a client sends.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use samlet_aws::Place;
use samlet_gateway::fuzzing::Mute;
use samlet_template::{Api, ApiKind, Catalogue, PayloadFormat, Settings, read};
use serde_json::{Value, json};

/// An API of each kind; their routes are replaced.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest: {Type: AWS::Serverless::Api, Properties: {StageName: a, BinaryMediaTypes: ['image/*']}}
  Http: {Type: AWS::Serverless::HttpApi, Properties: {StageName: a}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Rest: {Type: Api, Properties: {Path: /, Method: GET, RestApiId: !Ref Rest}}
        Http: {Type: HttpApi, Properties: {Path: /, Method: GET, ApiId: !Ref Http}}
";

type Declared = (&'static str, String);

fn api(kind: ApiKind, format: PayloadFormat, routes: &[Declared]) -> Mute {
    let settings = Settings::new(Place::new("us-east-1", "123456789012", "local"));
    let apis = read(TEMPLATE, &settings, &Catalogue::new([])).unwrap().apis;
    let mut api: Api = apis.into_iter().find(|api| api.kind == kind).unwrap();
    let example = api.routes[0].clone();
    let route = |(method, path): &Declared| samlet_template::Route {
        method: (*method).into(),
        path: path.clone(),
        payload_format: format,
        ..example.clone()
    };
    api.routes = routes.iter().map(route).collect();
    Mute::new(api)
}

fn request(method: &str, target: &str, content_type: &str) -> Parts {
    let request = http::Request::builder().method(method).uri(target);
    let request = request.header("content-type", content_type).body(());
    request.unwrap().into_parts().0
}

/// How a route's segment fits one of the path: the better, the higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Greedy,
    Parameter,
    Literal,
}

fn segments(path: &str) -> Vec<&str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').skip(1).collect()
}

/// How a route fits a path, if it does.
fn fit(route: &str, path: &[&str]) -> Option<Vec<Fit>> {
    let declared = segments(route);
    let mut fits = Vec::new();
    for (at, segment) in declared.iter().enumerate() {
        if segment.ends_with("+}") {
            fits.push(Fit::Greedy);
            let rest = path.get(at..).unwrap_or_default().join("/");
            return (!rest.is_empty()).then_some(fits);
        }
        let sent = path.get(at)?;
        match segment.starts_with('{') {
            true if sent.is_empty() => return None,
            true => fits.push(Fit::Parameter),
            false if segment == sent => fits.push(Fit::Literal),
            false => return None,
        }
    }
    (declared.len() == path.len()).then_some(fits)
}

/// What API Gateway documents, one rule after another: of the routes that fit
/// the path, the one whose first segments fit better; of its methods, the
/// request's own before ANY. A REST API decides by the path alone which
/// resource it is; an HTTP API looks only at routes with the method.
fn expected(kind: ApiKind, routes: &[Declared], method: &str, path: &str) -> Option<Declared> {
    let path = segments(path);
    let has_method = |(declared, _): &&Declared| *declared == method || *declared == "ANY";
    let candidates = routes
        .iter()
        .filter(|route| kind == ApiKind::Rest || has_method(route));
    let fitting: Vec<(Vec<Fit>, &Declared)> = candidates
        .filter_map(|route| Some((fit(&route.1, &path)?, route)))
        .collect();
    let best = fitting.iter().map(|(fits, _)| fits).max()?;
    let resource = fitting.iter().filter(|(fits, _)| fits == best);
    let methods: Vec<&Declared> = resource.map(|(_, route)| *route).collect();
    let own = methods.iter().find(|(declared, _)| *declared == method);
    let any = || methods.iter().find(|(declared, _)| *declared == "ANY");
    own.or_else(any).map(|route| (*route).clone())
}

/// A route's path: few names, so that routes meet.
fn declared() -> impl Strategy<Value = Declared> {
    let segment = prop_oneof![Just("a"), Just("b"), Just("c"), Just("{p}")];
    let path = (proptest::collection::vec(segment, 0..4), any::<bool>());
    let path = path.prop_map(|(mut segments, greedy)| {
        if greedy {
            segments.push("{rest+}");
        }
        // A parameter's name is there once in a path.
        let named = segments.iter().enumerate();
        let named = named.map(|(at, segment)| segment.replace("{p}", &format!("{{p{at}}}")));
        format!("/{}", named.collect::<Vec<_>>().join("/"))
    });
    (prop_oneof![Just("GET"), Just("POST"), Just("ANY")], path)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_goes_where_api_gateways_rules_send_it(
        routes in proptest::collection::vec(declared(), 0..12),
        method in prop_oneof![Just("GET"), Just("POST"), Just("PUT")],
        // No `a` at the start: that is the stage's name.
        path in "/([bcx](/[abcx]?){0,4})?",
    ) {
        let mut seen = BTreeSet::new();
        let routes: Vec<Declared> = routes.into_iter().filter(|route| seen.insert(route.clone())).collect();
        for kind in [ApiKind::Rest, ApiKind::Http] {
            let way = api(kind, PayloadFormat::V1, &routes).way(&request(method, &path, "a/b"));
            let key = way.as_ref().map(|way| way.key.clone());
            let expected = expected(kind, &routes, method, &path);
            prop_assert_eq!(key, expected.map(|(method, path)| format!("{method} {path}")), "{:?}", kind);
        }
    }

    #[test]
    fn the_stage_before_a_path_changes_nothing_but_the_path(
        routes in proptest::collection::vec(declared(), 1..8),
        path in "/[bcx](/[bcx]){0,3}",
    ) {
        // A greedy route at the root takes the stage for a part of the path.
        let literal = |(_, path): &Declared| !path.starts_with("/{");
        let routes: Vec<Declared> = routes.into_iter().filter(literal).filter(|(_, path)| !path.starts_with("/a")).collect();
        for kind in [ApiKind::Rest, ApiKind::Http] {
            let api = api(kind, PayloadFormat::V1, &routes);
            let direct = api.way(&request("GET", &path, "a/b"));
            prop_assert_eq!(&direct, &api.way(&request("GET", &format!("/a{path}"), "a/b")));
        }
    }

    #[test]
    fn what_a_client_encodes_is_what_a_function_decodes(
        id in "\\PC{1,12}",
        query in proptest::collection::vec(("\\PC{1,6}", "\\PC{0,6}"), 0..6),
        body in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let query_string = pairs.collect::<Vec<_>>().join("&");
        let target = format!("/b/{}?{query_string}", encode(&id));
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &query {
            all.entry(name).or_default().push(value);
        }
        let routes = [("POST", "/b/{id}".to_owned())];
        let sent = request("POST", &target, "image/png");
        let bytes = Bytes::from(body.clone());

        let rest = api(ApiKind::Rest, PayloadFormat::V1, &routes).event(&sent, &bytes).unwrap();
        // A REST API hands on path parameters as they were sent.
        prop_assert_eq!(&rest["pathParameters"]["id"], &json!(encode(&id)));
        let multi = &rest["multiValueQueryStringParameters"];
        prop_assert_eq!(multi, &if all.is_empty() { Value::Null } else { json!(all) });

        // A slash within is a slash to an HTTP API, which decodes first.
        if !id.contains('/') {
            let http = api(ApiKind::Http, PayloadFormat::V2, &routes).event(&sent, &bytes).unwrap();
            prop_assert_eq!(&http["pathParameters"]["id"], &json!(id));
            prop_assert_eq!(&http["rawQueryString"], &json!(query_string));
            for (name, values) in all {
                prop_assert_eq!(&http["queryStringParameters"][name], &json!(values.join(",")));
            }
        }
        let encoded = rest["body"].as_str().map(|text| STANDARD.decode(text).unwrap());
        prop_assert_eq!(encoded.unwrap_or_default(), body);
        prop_assert_eq!(rest["isBase64Encoded"] == true, !bytes.is_empty());
    }

    #[test]
    fn a_body_in_base64_reaches_the_client_as_it_was(
        body in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let answer = json!({"statusCode": 200, "isBase64Encoded": true, "body": STANDARD.encode(&body)});
        let mut asks = request("GET", "/b", "a/b");
        asks.headers.insert("accept", http::HeaderValue::from_static("image/png"));
        for kind in [ApiKind::Rest, ApiKind::Http] {
            let api = api(kind, PayloadFormat::V1, &[("GET", "/b".to_owned())]);
            let response = api.response(&asks, answer.to_string().as_bytes()).unwrap().unwrap();
            prop_assert_eq!(samlet_http::peek(response.body()).unwrap_or_default(), body.clone());
        }
    }
}
