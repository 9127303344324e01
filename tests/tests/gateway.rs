//! REST and HTTP APIs as their clients meet them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use acceptance::{Application, json, outcome, send};
use serde_json::json;
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

#[test]
fn several_apis_have_ports_of_their_own_and_outputs_name_them() {
    let application = application();
    let samlet = application.start(&[]);
    let (rest, http) = (samlet.api_named("Rest"), samlet.api_named("Http"));
    assert_ne!(rest, http);
    assert_eq!(rest, samlet.api);
    for url in [
        format!("{rest}/who"),
        format!("{rest}/live/who"),
        format!("{http}/two/who"),
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

/// The status and body of a request with these lines in its head.
fn raw(url: &str, lines: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let request = format!("GET /who HTTP/1.1\r\n{lines}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[test]
fn only_hosts_that_are_served_are_answered() {
    let application = application();
    let samlet = application.start(&["--allow-host", "App.test", "--allow-host", "10.0.0.5"]);
    for (lines, status) in [
        ("host: localhost\r\n", 200),
        ("host: shop.localhost:3000\r\n", 200),
        ("host: [::1]\r\n", 200),
        ("host: app.test:3000\r\n", 200),
        ("host: 10.0.0.5\r\n", 200),
        ("host: 10.0.0.6\r\n", 403),
        ("host: evil.example\r\n", 403),
        ("host: 127.0.0.1.evil.example\r\n", 403),
        ("host: 127.0.0.1:evil.example\r\n", 400),
        ("host: localhost:80@evil.example\r\n", 400),
        ("host: localhost\r\nhost: evil.example\r\n", 400),
        (
            "host: localhost\r\norigin: http://a\r\norigin: http://b\r\n",
            400,
        ),
        ("", 400),
    ] {
        let (answered, body) = raw(&samlet.api, lines);
        assert_eq!(answered, status, "{lines:?}: {body}");
        if status != 200 {
            assert_eq!(raw(&samlet.aws, lines).0, status, "{lines:?}");
        }
    }
    let (_, body) = raw(&samlet.api, "host: evil.example\r\n");
    assert!(body.contains("--allow-host evil.example"), "{body}");
    samlet.wait_for_log("start samlet with --allow-host evil.example");
    // What is allowed is allowed for the application's APIs only.
    assert_eq!(raw(&samlet.aws, "host: app.test\r\n").0, 403);
}

#[test]
fn an_api_that_is_open_to_the_network_answers_to_every_address_but_not_to_every_name() {
    let application = application();
    let samlet = application.start(&["--host", "0.0.0.0"]);
    for (host, status) in [
        ("192.168.1.9:3000", 200),
        ("[2001:db8::1]", 200),
        ("localhost", 200),
        ("evil.example", 403),
    ] {
        let (answered, body) = raw(&samlet.api, &format!("host: {host}\r\n"));
        assert_eq!(answered, status, "{host}: {body}");
    }
}

#[test]
fn cors_of_an_http_api_is_its_own_business() {
    let application = application();
    let samlet = application.start(&[]);
    let url = format!("{}/two/who", samlet.api_named("Http"));
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
        assert_eq!(samlet.json("GET", "/reserved/who", None), throttled);
        assert_eq!(samlet.request("GET", "/who", None).0, 200);
        assert_eq!(slow.join().unwrap().0, 502);
    });
    assert_eq!(samlet.request("GET", "/reserved/who", None).0, 200);
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
#[expect(clippy::too_many_lines, reason = "mostly a table of tokens")]
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
    for path in ["/who", "/who", "/event"] {
        let request =
            Request::get(format!("{}{path}", samlet.api)).header("authorization", "allow");
        let (status, ..) = send(request.body(vec![]).unwrap());
        // The cached policy names the first path alone.
        assert_eq!(status, if path == "/who" { 200 } else { 403 }, "{path}");
    }
    samlet.wait_for_log("mode authorizer");
    assert_eq!(asked(), 1);
    for _ in 0..2 {
        let request =
            Request::get(format!("{}/request/who?who=me", samlet.api)).header("x-token", "allow");
        assert_eq!(send(request.body(vec![]).unwrap()).0, 200);
    }
    samlet.wait_for_lines("mode authorizer", 3);
    let options = Request::builder()
        .method("OPTIONS")
        .uri(format!("{}/who", samlet.api));
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
