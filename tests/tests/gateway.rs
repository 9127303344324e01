//! REST and HTTP APIs as their clients meet them.

#![allow(clippy::unwrap_used, missing_docs)]

use acceptance::Application;
use serde_json::{Value, json};
use ureq::http::{HeaderMap, Request};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023, Timeout: 5}
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      BinaryMediaTypes: [image~1png]
      Variables: {colour: blue}
      Cors: {AllowOrigin: \"'https://a.example'\", AllowHeaders: \"'content-type'\"}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: ['https://a.example'], AllowMethods: [GET, PUT], AllowHeaders: [X-A], MaxAge: 5}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Rest: {Type: Api, Properties: {Path: '/{mode}', Method: POST, RestApiId: !Ref Rest}}
        RestGet: {Type: Api, Properties: {Path: '/{mode}', Method: GET, RestApiId: !Ref Rest}}
        Http: {Type: HttpApi, Properties: {Path: '/two/{mode}', Method: ANY, ApiId: !Ref Http}}
        Quick: {Type: HttpApi, Properties: {Path: '/quick/{mode}', Method: GET, ApiId: !Ref Http, TimeoutInMillis: 100}}
        Old: {Type: HttpApi, Properties: {Path: '/one/{mode}', Method: GET, ApiId: !Ref Http, PayloadFormatVersion: '1.0'}}
  Reserved:
    Type: AWS::Serverless::Function
    Properties:
      ReservedConcurrentExecutions: 1
      Events:
        Rest: {Type: Api, Properties: {Path: '/reserved/{mode}', Method: GET, RestApiId: !Ref Rest}}
Outputs:
  Url: {Value: !Sub 'https://${Http}.execute-api.${AWS::Region}.amazonaws.com/two'}
";

fn application() -> Application {
    Application::fixture(BINARY, TEMPLATE)
}

/// Sends a request with headers; gives status, headers and body.
fn send(request: Request<Vec<u8>>) -> (u16, HeaderMap, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request).unwrap();
    let body = response.body_mut().read_to_vec().unwrap();
    (response.status().as_u16(), response.headers().clone(), body)
}

/// Sends a request; gives status, error type (empty when there is none) and JSON.
fn outcome(request: Request<Vec<u8>>) -> (u16, String, Value) {
    let (status, headers, body) = send(request);
    let error = headers
        .get("x-amzn-errortype")
        .map(|value| value.to_str().unwrap().to_owned());
    (status, error.unwrap_or_default(), json(&body))
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(body)))
}

#[test]
fn several_apis_have_ports_of_their_own_and_outputs_name_them() {
    let application = application();
    let samlet = application.start(&[]);
    let (rest, http) = (samlet.api_named("Rest"), samlet.api_named("Http"));
    assert_ne!(rest, http);
    assert_eq!(rest, samlet.api);
    for url in [
        format!("{rest}/pid"),
        format!("{rest}/live/pid"),
        format!("{http}/two/pid"),
    ] {
        assert_eq!(
            send(Request::get(&url).body(vec![]).unwrap()).0,
            200,
            "{url}"
        );
    }
    let printed = std::fs::read_to_string(application.folder.path().join("out.txt")).unwrap();
    assert!(printed.contains(&format!("Url: {http}/two\n")), "{printed}");
}

#[test]
fn a_rest_api_passes_binary_bodies_as_base64_both_ways() {
    let application = application();
    let samlet = application.start(&[]);
    let url = format!("{}/event", samlet.api);
    let request = Request::post(&url).header("content-type", "image/png");
    let (_, _, body) = send(request.body(vec![0x89, b'P', b'N', b'G']).unwrap());
    let event = json(&body);
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("iVBORw=="), &json!(true))
    );
    assert_eq!(event["stageVariables"], json!({"colour": "blue"}));
    assert_eq!(event["requestContext"]["stage"], "live");

    let picture = Request::get(format!("{}/binary", samlet.api));
    let (_, headers, body) = send(picture.header("accept", "image/png").body(vec![]).unwrap());
    assert_eq!(body, [0x89, b'P', b'N', b'G']);
    assert_eq!(headers["content-type"], "image/png");
    // A client that doesn't ask for it is given base64, as on AWS.
    let text = Request::get(format!("{}/binary", samlet.api)).header("accept", "text/html");
    assert_eq!(send(text.body(vec![]).unwrap()).2, b"iVBORw==");
}

#[test]
fn cors_of_a_rest_api_answers_options_for_each_path() {
    let application = application();
    let samlet = application.start(&[]);
    let options = |path: &str| {
        let request = Request::builder()
            .method("OPTIONS")
            .uri(format!("{}{path}", samlet.api));
        send(request.body(vec![]).unwrap())
    };
    let (status, headers, body) = options("/anything");
    assert_eq!((status, body.len()), (200, 0));
    assert_eq!(headers["access-control-allow-origin"], "https://a.example");
    assert_eq!(headers["access-control-allow-methods"], "GET,OPTIONS,POST");
    assert_eq!(headers["access-control-allow-headers"], "content-type");
    assert!(headers.contains_key("x-amzn-requestid"));
    assert_eq!(
        options("/reserved/x").1["access-control-allow-methods"],
        "GET,OPTIONS"
    );
    assert_eq!(options("/a/b/c").0, 403);
}

#[test]
fn an_http_api_has_its_own_events_and_answers() {
    let application = application();
    let samlet = application.start(&[]);
    let http = samlet.api_named("Http");
    let get = |path: &str| send(Request::get(format!("{http}{path}")).body(vec![]).unwrap());

    let (status, headers, body) = get("/two/raw?a=1&a=2");
    let event = json(&body);
    assert_eq!((status, &event["version"]), (200, &json!("2.0")));
    assert_eq!(headers["content-type"], "application/json");
    assert!(headers.contains_key("apigw-requestid") && !headers.contains_key("x-amzn-requestid"));
    assert_eq!(event["routeKey"], "ANY /two/{mode}");
    assert_eq!(event["queryStringParameters"], json!({"a": "1,2"}));
    assert_eq!(event["requestContext"]["http"]["method"], "GET");
    assert_eq!(event["requestContext"]["stage"], "$default");
    let (_, _, body) = get("/one/event");
    assert_eq!(json(&body)["version"], "1.0");
    let form = Request::post(format!("{http}/two/event"))
        .header("content-type", "application/x-www-form-urlencoded");
    let (_, _, body) = send(form.body(b"a=b".to_vec()).unwrap());
    assert_eq!(
        (&json(&body)["body"], &json(&body)["isBase64Encoded"]),
        (&json!("YT1i"), &json!(true))
    );

    let message = |answer: (u16, HeaderMap, Vec<u8>)| (answer.0, json(&answer.2));
    assert_eq!(
        message(get("/nowhere")),
        (404, json!({"message": "Not Found"}))
    );
    for path in ["/two/crash", "/two/error"] {
        assert_eq!(
            message(get(path)),
            (500, json!({"message": "Internal Server Error"})),
            "{path}"
        );
    }
    assert_eq!(
        message(get("/quick/slow")),
        (503, json!({"message": "Service Unavailable"}))
    );
    assert_eq!(get("/two/binary").2, [0x89, b'P', b'N', b'G']);
}

#[test]
fn cors_of_an_http_api_is_its_own_business() {
    let application = application();
    let samlet = application.start(&[]);
    let url = format!("{}/two/pid", samlet.api_named("Http"));
    let preflight = |origin: &str, method: &str| {
        let request = Request::builder()
            .method("OPTIONS")
            .uri(&url)
            .header("origin", origin);
        send(
            request
                .header("access-control-request-method", method)
                .body(vec![])
                .unwrap(),
        )
    };
    let (status, headers, _) = preflight("https://a.example", "PUT");
    assert_eq!(status, 204);
    assert_eq!(headers["access-control-allow-origin"], "https://a.example");
    assert_eq!(headers["access-control-allow-methods"], "GET,PUT");
    assert_eq!(headers["access-control-allow-headers"], "x-a");
    assert_eq!(headers["access-control-max-age"], "5");
    for (origin, method) in [
        ("https://b.example", "PUT"),
        ("https://a.example", "DELETE"),
    ] {
        let (status, headers, _) = preflight(origin, method);
        assert_eq!(status, 204);
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
    let get = Request::get(&url).header("origin", "https://a.example");
    let (_, headers, _) = send(get.body(vec![]).unwrap());
    assert_eq!(headers["access-control-allow-origin"], "https://a.example");
}

#[test]
fn past_its_reserved_concurrency_a_function_is_throttled() {
    let application = application();
    let samlet = application.start(&[]);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| samlet.request("GET", "/reserved/hang", None));
        samlet.wait_for_log("mode hang");
        let throttled = (500, json!({"message": "Internal server error"}));
        assert_eq!(samlet.json("GET", "/reserved/pid", None), throttled);
        assert_eq!(samlet.request("GET", "/pid", None).0, 200);
        assert_eq!(slow.join().unwrap().0, 502);
    });
    assert_eq!(samlet.request("GET", "/reserved/pid", None).0, 200);
}

const GUARDED: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023, Timeout: 5}
Resources:
  Guard: {Type: AWS::Serverless::Function}
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Cors: \"'*'\"
      Auth:
        DefaultAuthorizer: Token
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          Token: {FunctionArn: !GetAtt Guard.Arn, Identity: {ValidationExpression: '[a-z]+'}}
          Request:
            FunctionArn: !GetAtt Guard.Arn
            FunctionPayloadType: REQUEST
            Identity: {Headers: [X-Token], QueryStrings: [who], ReauthorizeEvery: 0}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Simple
        Authorizers:
          Simple:
            FunctionArn: !GetAtt Guard.Arn
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            Identity: {Headers: [X-Token]}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Token: {Type: Api, Properties: {Path: '/{mode}', Method: GET, RestApiId: !Ref Rest}}
        Request: {Type: Api, Properties: {Path: '/request/{mode}', Method: GET, RestApiId: !Ref Rest, Auth: {Authorizer: Request}}}
        Open: {Type: Api, Properties: {Path: '/open/{mode}', Method: GET, RestApiId: !Ref Rest, Auth: {Authorizer: NONE}}}
        Http: {Type: HttpApi, Properties: {Path: '/{mode}', Method: GET, ApiId: !Ref Http}}
";

#[test]
fn an_authorizer_decides_who_is_let_in() {
    let application = Application::fixture(BINARY, GUARDED);
    let samlet = application.start(&[]);
    let get = |path: &str, header: &str, token: &str| {
        let mut request = Request::get(format!("{}{path}", samlet.api));
        if !token.is_empty() {
            request = request.header(header, token);
        }
        outcome(request.body(vec![]).unwrap())
    };
    let by_token = |token: &str| get("/event", "authorization", token);
    let (status, _, event) = by_token("allow");
    assert_eq!(status, 200);
    let authorizer = &event["requestContext"]["authorizer"];
    assert_eq!(authorizer["principalId"], "someone");
    // Texts, numbers and booleans are all written as text.
    assert_eq!(
        (&authorizer["token"], &authorizer["number"]),
        (&json!("allow"), &json!("7"))
    );
    for (token, status, error, body) in [
        (
            "",
            401,
            "UnauthorizedException",
            json!({"message": "Unauthorized"}),
        ),
        // It doesn't match the expression: the function isn't asked.
        (
            "allow1",
            401,
            "UnauthorizedException",
            json!({"message": "Unauthorized"}),
        ),
        (
            "nobody",
            401,
            "UnauthorizedException",
            json!({"message": "Unauthorized"}),
        ),
        (
            "deny",
            403,
            "AccessDeniedException",
            json!({"Message": "User is not authorized to access this resource with an explicit deny"}),
        ),
        (
            "other",
            403,
            "AccessDeniedException",
            json!({"Message": "User is not authorized to access this resource"}),
        ),
        (
            "broken",
            500,
            "AuthorizerConfigurationException",
            json!({"message": null}),
        ),
    ] {
        assert_eq!(by_token(token), (status, error.to_owned(), body), "{token}");
    }
    assert_eq!(get("/open/event", "x", "").0, 200);

    // Each identity source has to be there.
    assert_eq!(get("/request/event", "x-token", "allow").0, 401);
    let (status, _, event) = get("/request/event?who=me", "x-token", "allow");
    assert_eq!(
        (status, &event["requestContext"]["authorizer"]["token"]),
        (200, &json!("allow"))
    );
}

#[test]
fn an_authorizers_answer_holds_for_its_time_and_a_preflight_needs_none() {
    let application = Application::fixture(BINARY, GUARDED);
    let samlet = application.start(&[]);
    let asked = || {
        samlet
            .stderr()
            .lines()
            .filter(|line| line.contains("mode authorizer"))
            .count()
    };
    for path in ["/pid", "/pid", "/event"] {
        let request =
            Request::get(format!("{}{path}", samlet.api)).header("authorization", "allow");
        let (status, ..) = send(request.body(vec![]).unwrap());
        // The cached policy names the first path alone.
        assert_eq!(status, if path == "/pid" { 200 } else { 403 }, "{path}");
    }
    samlet.wait_for_log("mode authorizer");
    assert_eq!(asked(), 1);
    for _ in 0..2 {
        let request =
            Request::get(format!("{}/request/pid?who=me", samlet.api)).header("x-token", "allow");
        assert_eq!(send(request.body(vec![]).unwrap()).0, 200);
    }
    while asked() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let options = Request::builder()
        .method("OPTIONS")
        .uri(format!("{}/pid", samlet.api));
    assert_eq!(send(options.body(vec![]).unwrap()).0, 200);
}

#[test]
fn an_http_apis_authorizer_may_answer_simply() {
    let application = Application::fixture(BINARY, GUARDED);
    let samlet = application.start(&[]);
    let url = format!("{}/event", samlet.api_named("Http"));
    let get = |token: &str| {
        let mut request = Request::get(&url);
        if !token.is_empty() {
            request = request.header("x-token", token);
        }
        let (status, _, body) = send(request.body(vec![]).unwrap());
        (status, json(&body))
    };
    let (status, event) = get("simple");
    assert_eq!(status, 200);
    assert_eq!(
        event["requestContext"]["authorizer"],
        json!({"lambda": {"list": [1]}})
    );
    assert_eq!(get(""), (401, json!({"message": "Unauthorized"})));
    for token in ["nobody", "allow"] {
        assert_eq!(
            get(token),
            (500, json!({"message": "Internal Server Error"})),
            "{token}"
        );
    }
}

#[test]
fn an_api_key_is_needed_and_its_plan_holds() {
    let application = Application::fixture(
        BINARY,
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth:
        ApiKeyRequired: true
        UsagePlan: {CreateUsagePlan: PER_API, Quota: {Limit: 3, Period: MONTH}}
  Own: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: 01234567890123456789}}
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
"
        .replace("01234567890123456789", "'01234567890123456789'")
        .as_str(),
    );
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
    assert_eq!(samlet.request("GET", "/open/pid", None).0, 200);

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

#[test]
fn the_gateways_own_answers_are_as_the_template_has_them() {
    let application = Application::fixture(
        BINARY,
        "
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    GatewayResponses:
      DEFAULT_5XX:
        ResponseParameters: {Headers: {Access-Control-Allow-Origin: \"'*'\", X-Asked: method.request.header.X-Ask}}
      MISSING_AUTHENTICATION_TOKEN:
        StatusCode: 404
        ResponseTemplates: {application/json: '{\"error\": $context.error.messageString, \"type\": \"$context.error.responseType\"}'}
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: GET}}
",
    );
    let samlet = application.start(&[]);
    let get = |path: &str| {
        let request = Request::get(format!("{}{path}", samlet.api)).header("x-ask", "me");
        send(request.body(vec![]).unwrap())
    };
    let (status, headers, body) = get("/a/b/c");
    let expected =
        json!({"error": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN"});
    assert_eq!((status, json(&body)), (404, expected));
    assert!(!headers.contains_key("access-control-allow-origin"));
    let (status, headers, body) = get("/crash");
    assert_eq!(
        (status, json(&body)),
        (502, json!({"message": "Internal server error"}))
    );
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["x-asked"], "me");
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
    assert_eq!(statuses(&format!("{rest}/rare/pid")), [200, 200, 429]);
    assert_eq!(statuses(&format!("{rest}/often/pid")), [200; 3]);
    assert_eq!(statuses(&format!("{http}/pid")), [200, 429, 429]);
    assert_eq!(statuses(&format!("{http}/open/pid")), [200; 3]);
    assert_eq!(statuses(&format!("{http}/own/pid")), [200, 200, 429]);
    let request = |url: &str| outcome(Request::get(url).body(vec![]).unwrap());
    let message = json!({"message": "Too Many Requests"});
    assert_eq!(
        request(&format!("{rest}/rare/pid")),
        (429, "TooManyRequestsException".to_owned(), message.clone())
    );
    assert_eq!(
        request(&format!("{http}/pid")),
        (429, String::new(), message)
    );
}
