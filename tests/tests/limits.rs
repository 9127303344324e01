//! Requests that an API turns away: without a key, too many, or not as its routes want them.

#![allow(clippy::unwrap_used, missing_docs)]

use acceptance::{Application, outcome, send};
use serde_json::json;
use ureq::http::Request;

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const KEYED: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth:
        ApiKeyRequired: true
        UsagePlan: {CreateUsagePlan: PER_API, Quota: {Limit: 3, Period: MONTH}}
  Own: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: '01234567890123456789'}}
  Disabled: {Type: AWS::ApiGateway::ApiKey, Properties: {Value: abcdefghijabcdefghij}}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      ApiStages:
        - ApiId: !Ref Rest
          Stage: !Ref Rest.Stage
          Throttle: {/rare/GET: {RateLimit: 0.001, BurstLimit: 1}}
      Throttle: {RateLimit: 0.001, BurstLimit: 2}
  OwnOfPlan: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Own, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
  DisabledOfPlan: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Disabled, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Closed: {Type: Api, Properties: {Path: '/{mode}', Method: GET, RestApiId: !Ref Rest}}
        Rare: {Type: Api, Properties: {Path: /rare, Method: GET, RestApiId: !Ref Rest}}
        Open: {Type: Api, Properties: {Path: '/open/{mode}', Method: GET, RestApiId: !Ref Rest, Auth: {ApiKeyRequired: false}}}
";

#[test]
fn an_api_key_is_needed_and_its_plan_holds() {
    let application = Application::fixture(BINARY, KEYED);
    let samlet = application.start(&[]);
    let at = |path: &str, key: &str| {
        let mut request = Request::get(format!("{}{path}", samlet.api));
        if !key.is_empty() {
            request = request.header("x-api-key", key);
        }
        outcome(request.body(vec![]).unwrap())
    };
    let get = |key: &str| at("/event", key);
    let forbidden = (
        403,
        "ForbiddenException".to_owned(),
        json!({"message": "Forbidden"}),
    );
    for key in ["", "nobody", "abcdefghijabcdefghij"] {
        assert_eq!(get(key), forbidden, "{key}");
    }
    assert_eq!(samlet.request("GET", "/open/who", None).0, 200);

    let own = "01234567890123456789";
    let (status, _, event) = get(own);
    assert_eq!(
        (status, &event["requestContext"]["identity"]["apiKey"]),
        (200, &json!(own))
    );
    assert_eq!(get(own).0, 200);
    let throttled = (
        429,
        "TooManyRequestsException".to_owned(),
        json!({"message": "Too Many Requests"}),
    );
    assert_eq!(get(own), throttled);
    assert_eq!(at("/rare", own).0, 200);
    assert_eq!(at("/rare", own), throttled);

    let printed = samlet.stdout();
    let generated = printed
        .lines()
        .find_map(|line| line.strip_prefix("API key RestApiKey: "));
    for _ in 0..3 {
        assert_eq!(get(generated.unwrap()).0, 200);
    }
    let spent = (
        429,
        "LimitExceededException".to_owned(),
        json!({"message": "Limit Exceeded"}),
    );
    assert_eq!(get(generated.unwrap()), spent);
}

const CHECKED: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Models:
        User:
          type: object
          required: [name, age]
          properties: {name: {enum: [on, '1']}, age: {type: integer, minimum: 1}, pet: {$ref: '#/definitions/pet'}}
        Pet: {type: boolean}
      GatewayResponses:
        BAD_REQUEST_BODY: {ResponseTemplates: {application/json: '{\"why\": \"$context.error.validationErrorString\"}'}}
      MethodSettings:
        - {ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000}
        - {ResourcePath: '/~1rare~1{mode}', HttpMethod: GET, ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 2}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefaultRouteSettings: {ThrottlingBurstLimit: 1, ThrottlingRateLimit: 0.001}
      RouteSettings: {'GET /open/{mode}': {ThrottlingBurstLimit: 1000}}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Checked:
          Type: Api
          Properties:
            Path: '/{mode}'
            Method: POST
            RestApiId: !Ref Rest
            RequestModel: {Model: User, Required: true, ValidateBody: true, ValidateParameters: true}
            RequestParameters:
              - method.request.querystring.who: {Required: true}
              - method.request.header.X-Who: {Required: true}
              - method.request.querystring.free
        Rare: {Type: Api, Properties: {Path: '/rare/{mode}', Method: GET, RestApiId: !Ref Rest}}
        Often: {Type: Api, Properties: {Path: '/often/{mode}', Method: GET, RestApiId: !Ref Rest}}
        Http: {Type: HttpApi, Properties: {Path: '/{mode}', Method: GET, ApiId: !Ref Http}}
        Open: {Type: HttpApi, Properties: {Path: '/open/{mode}', Method: GET, ApiId: !Ref Http}}
        Own: {Type: HttpApi, Properties: {Path: '/own/{mode}', Method: GET, ApiId: !Ref Http, RouteSettings: {ThrottlingBurstLimit: 2, ThrottlingRateLimit: 0.001}}}
";

#[test]
fn a_request_that_is_not_as_the_route_wants_it_never_reaches_the_function() {
    let application = Application::fixture(BINARY, CHECKED);
    let samlet = application.start(&[]);
    let post = |query: &str, who: &str, content_type: &str, body: &str| {
        let mut request = Request::post(format!("{}/body{query}", samlet.api));
        for (name, value) in [("x-who", who), ("content-type", content_type)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        outcome(request.body(body.into()).unwrap())
    };
    let json_type = "application/json; charset=utf-8";
    let good = r#"{"name": "1", "age": 1, "pet": true}"#;
    for (query, who, content_type, missing) in [
        ("", "", json_type, "who, X-Who"),
        ("?who=", "me", json_type, "who"),
        ("?who=me", "", "text/plain", "X-Who"),
    ] {
        let message = format!("Missing required request parameters: [{missing}]");
        assert_eq!(
            post(query, who, content_type, good),
            (
                400,
                "BadRequestException".to_owned(),
                json!({"message": message})
            )
        );
    }
    for body in [
        r#"{"name": "1"}"#,
        r#"{"name": "on", "age": 1}"#,
        r#"{"name": true, "age": 0}"#,
        r#"{"name": "1", "age": 1, "pet": "cat"}"#,
        "not JSON",
        "",
    ] {
        for content_type in [json_type, ""] {
            let (status, error, answer) = post("?who=me", "me", content_type, body);
            assert_eq!(
                (status, error.as_str()),
                (400, "BadRequestException"),
                "{body}"
            );
            assert!(answer["why"].as_str().unwrap().starts_with('['), "{answer}");
        }
    }
    for (content_type, body) in [
        (json_type, good),
        ("", r#"{"name": true, "age": 2}"#),
        ("text/plain", "any"),
    ] {
        assert_eq!(post("?who=me", "me", content_type, body).0, 200, "{body}");
    }
}

#[test]
fn each_route_may_be_used_as_fast_as_its_stage_says() {
    let application = Application::fixture(BINARY, CHECKED);
    let samlet = application.start(&[]);
    let (rest, http) = (samlet.api_named("Rest"), samlet.api_named("Http"));
    let statuses = |url: &str| {
        let get = |_| send(Request::get(url).body(vec![]).unwrap()).0;
        [(); 3].map(get)
    };
    assert_eq!(statuses(&format!("{rest}/rare/who")), [200, 200, 429]);
    assert_eq!(statuses(&format!("{rest}/often/who")), [200; 3]);
    assert_eq!(statuses(&format!("{http}/who")), [200, 429, 429]);
    assert_eq!(statuses(&format!("{http}/open/who")), [200; 3]);
    assert_eq!(statuses(&format!("{http}/own/who")), [200, 200, 429]);
    let request = |url: &str| outcome(Request::get(url).body(vec![]).unwrap());
    let message = json!({"message": "Too Many Requests"});
    assert_eq!(
        request(&format!("{rest}/rare/who")),
        (429, "TooManyRequestsException".to_owned(), message.clone())
    );
    assert_eq!(
        request(&format!("{http}/who")),
        (429, String::new(), message)
    );
}
