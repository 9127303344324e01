//! Least privilege: explained when it is refused, and derived from what functions do.

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Output;

use acceptance::{Application, Samlet, samlet_binary};
use serde_json::{Value, json};

const TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/local-DynamoDBTable";

/// Each operation's function, with the one action it needs.
const ACTIONS: [(&str, &str); 4] = [
    ("CreateMessageItem", "dynamodb:PutItem"),
    ("RetrieveMessageItem", "dynamodb:GetItem"),
    ("UpdateMessageItem", "dynamodb:UpdateItem"),
    ("DeleteMessageItem", "dynamodb:DeleteItem"),
];

fn policies(application: &Application, arguments: &[&str]) -> Output {
    std::process::Command::new(samlet_binary())
        .current_dir(application.folder.path())
        .arg("policies")
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

/// Tries all four operations; gives their statuses, of a message that is there.
fn operations(samlet: &Samlet, id: &str) -> [u16; 4] {
    let path = format!("/message/{id}");
    let message = Some(r#"{"a": 1}"#);
    [
        samlet.request("POST", "/message", message).0,
        samlet.request("GET", &path, None).0,
        samlet.request("PUT", &path, message).0,
        samlet.request("DELETE", &path, None).0,
    ]
}

#[test]
fn the_application_is_granted_what_it_uses_and_no_more() {
    let application = Application::message_service(|template| template);
    let unused = policies(&application, &["--check"]);
    assert_eq!(unused.status.code(), Some(1), "{}", printed(&unused));
    let mut samlet = application.start(&[]);
    let id = samlet.create(r#"{"a": 1}"#);
    assert_eq!(operations(&samlet, &id), [200; 4]);
    samlet.terminate();

    let checked = policies(&application, &["--check"]);
    let text = printed(&checked);
    assert!(checked.status.success(), "{text}");
    assert!(text.contains("dynamodb:PutItem"), "{text}");
    assert!(text.contains("2 times, last "), "{text}");
    assert!(!text.contains('!'), "{text}");
    let reports: Value =
        serde_json::from_slice(&policies(&application, &["--format", "json"]).stdout).unwrap();
    assert_eq!(reports[1]["function"], "RetrieveMessageItem");
    assert_eq!(reports[1]["grants"][0]["pattern"], "dynamodb:GetItem");
    assert_eq!(reports[1]["grants"][0]["used"], 1);
    assert_eq!(
        reports[1]["least"],
        json!([{"actions": ["dynamodb:GetItem"], "resource": "!GetAtt DynamoDBTable.Arn"}])
    );
}

#[test]
fn without_its_action_an_operation_fails_and_the_way_out_is_told() {
    for (number, (function, action)) in ACTIONS.into_iter().enumerate() {
        let application = Application::message_service(|template| {
            template.replace(&format!("- {action}\n"), "- dynamodb:DescribeTable\n")
        });
        let mut samlet = application.start(&[]);
        let id = match function {
            "CreateMessageItem" => "none".to_owned(),
            _ => samlet.create(r#"{"a": 1}"#),
        };
        let mut expected = match function {
            // Nothing is there to be found.
            "CreateMessageItem" => [500, 404, 404, 404],
            _ => [200; 4],
        };
        expected[number] = 500;
        assert_eq!(operations(&samlet, &id), expected, "{function}");
        samlet.wait_for_log("Resource: !GetAtt DynamoDBTable.Arn");
        let said = samlet.stderr();
        for line in [
            format!("ACCESS DENIED: {function} is not allowed to perform {action} on {TABLE}"),
            "allows dynamodb:DescribeTable on this resource, not this action".to_owned(),
            format!("add to the Policies of {function} (template.yaml:"),
            format!("Action: {action}"),
        ] {
            assert!(said.contains(&line), "{line}\n{said}");
        }
        samlet.terminate();
        let checked = policies(&application, &["--check"]);
        let text = printed(&checked);
        assert_eq!(checked.status.code(), Some(1), "{text}");
        assert!(
            text.contains(&format!("! refused: {action} on {TABLE}, 1 time, last ")),
            "{text}"
        );
        assert!(text.contains("! dynamodb:DescribeTable"), "{text}");
    }
}

#[test]
fn what_is_wider_than_its_use_is_named_with_the_least_that_would_do() {
    let application = Application::message_service(|template| {
        let wide = "- dynamodb:Get*\n                - dynamodb:Scan\n";
        template.replace("- dynamodb:GetItem\n", wide)
    });
    let mut samlet = application.start(&[]);
    let id = samlet.create(r#"{"a": 1}"#);
    assert_eq!(operations(&samlet, &id), [200; 4]);
    samlet.terminate();
    let text = printed(&policies(&application, &["--check"]));
    for line in [
        "! dynamodb:Get*",
        "wider than its use: dynamodb:GetItem",
        "! dynamodb:Scan",
        "never used",
        "Action: [dynamodb:GetItem]",
        "error: functions that are granted more than they used, or were refused something: 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// Where the first statement of the template begins: CreateMessageItem's.
fn first_statement(application: &Application) -> String {
    let template = application.folder.path().join("template.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let mut lines = template.lines();
    let before = lines.position(|line| line.trim() == "- Effect: Allow");
    format!("template.yaml:{}", before.unwrap() + 1)
}

#[test]
fn a_request_is_simulated_with_the_statement_that_decides() {
    let application = Application::message_service(|template| {
        let condition = "Resource: !GetAtt DynamoDBTable.Arn\n              Condition: {StringEquals: {aws:RequestedRegion: us-east-1}}";
        template.replace("Resource: !GetAtt DynamoDBTable.Arn", condition)
    });
    let simulate = |function: &str, action: &str, more: &[&str]| {
        let arguments = [
            "simulate",
            "--function",
            function,
            "--action",
            action,
            "--resource",
            TABLE,
        ];
        let output = policies(&application, &[&arguments[..], more].concat());
        (output.status.code(), printed(&output))
    };
    let region = ["--context", "aws:RequestedRegion=us-east-1"];
    let put = simulate("CreateMessageItem", "dynamodb:PutItem", &region);
    let place = first_statement(&application);
    assert_eq!(put, (Some(0), format!("allowed by {place}\n")));
    let (code, text) = simulate("CreateMessageItem", "dynamodb:PutItem", &[]);
    assert_eq!(code, Some(1));
    let nearest = format!("{place}: allows it where StringEquals aws:RequestedRegion: us-east-1");
    assert!(text.contains(&nearest), "{text}");
    let (code, text) = simulate("local-CreateMessageItem", "dynamodb:Scan", &region);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("because no identity-based policy allows the dynamodb:Scan action"),
        "{text}"
    );
    let (code, text) = simulate("Nobody", "dynamodb:Scan", &region);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("there are CreateMessageItem, RetrieveMessageItem"),
        "{text}"
    );
}

#[test]
fn a_policy_that_cannot_be_enforced_is_told_with_its_place() {
    let application = Application::message_service(|template| {
        template.replacen(
            "Effect: Allow",
            "Effect: Allow\n              Condition: {StringIs: {a: b}}",
            1,
        )
    });
    let output = application.command(&[]).output().unwrap();
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("cannot be enforced: `StringIs` is no condition operator"),
        "{text}"
    );
    let place = first_statement(&application);
    assert!(text.contains(&format!("{place}:")), "{text}");
}

/// Scans the table with a key, a secret and a token, or none of it: `allowed`, or the error's code.
fn scan(samlet: &Samlet, [key, secret, token]: [&str; 3]) -> String {
    let token = (!token.is_empty()).then(|| token.to_owned());
    let credentials = aws_credential_types::Credentials::new(key, secret, token, None, "test");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(&samlet.aws)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let scanned = acceptance::block_on(client.scan().table_name("local-Table").send());
    match scanned {
        Ok(_) => "allowed".to_owned(),
        Err(error) => error
            .into_service_error()
            .meta()
            .code()
            .unwrap_or_default()
            .to_owned(),
    }
}

#[test]
fn a_stolen_key_is_worth_nothing_after_a_restart_and_the_developers_may_be_secret() {
    const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");
    let application = Application::fixture(
        BINARY,
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Policies: [DynamoDBCrudPolicy: {TableName: !Ref Table}]
      Events: {Any: {Type: Api, Properties: {Path: '/{mode}', Method: GET}}}
",
    );
    let mut samlet = application.start(&[]);
    let stolen = samlet.json("GET", "/environment", None).1;
    let member = |name: &str| stolen[name].as_str().unwrap();
    let stolen = [
        member("AWS_ACCESS_KEY_ID"),
        member("AWS_SECRET_ACCESS_KEY"),
        member("AWS_SESSION_TOKEN"),
    ];
    assert_eq!(scan(&samlet, stolen), "allowed");
    assert_eq!(
        scan(&samlet, [stolen[0], stolen[1], ""]),
        "UnrecognizedClientException"
    );
    assert_eq!(
        scan(&samlet, [stolen[0], "guess", stolen[2]]),
        "InvalidSignatureException"
    );
    assert_eq!(scan(&samlet, ["local", "local", ""]), "allowed");
    samlet.terminate();
    let path = application.folder.path().join("secret");
    std::fs::write(&path, "quite another\n").unwrap();
    let samlet = application.start(&["--developer-secret-file", path.to_str().unwrap()]);
    assert_eq!(scan(&samlet, stolen), "UnrecognizedClientException");
    assert_eq!(
        scan(&samlet, ["local", "local", ""]),
        "InvalidSignatureException"
    );
    assert_eq!(scan(&samlet, ["local", "quite another", ""]), "allowed");
    let environment = samlet.request("GET", "/environment", None).1;
    assert!(!environment.contains("quite another"));
}

#[test]
fn credentials_die_with_their_function() {
    const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");
    let function = |name: &str| {
        format!(
            "
  {name}:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Policies: [DynamoDBCrudPolicy: {{TableName: !Ref Table}}]
      Events: {{Any: {{Type: Api, Properties: {{Path: '/{name}/{{mode}}', Method: GET}}}}}}
"
        )
    };
    let head = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
";
    let both = [head, &function("Stays"), &function("Goes")].concat();
    let application = Application::fixture(BINARY, &both);
    let samlet = application.start(&[]);
    let credentials = |name: &str| {
        let environment = samlet.json("GET", &format!("/{name}/environment"), None).1;
        let names = [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ];
        names.map(|name| environment[name].as_str().unwrap().to_owned())
    };
    let try_out = |credentials: &[String; 3]| scan(&samlet, credentials.each_ref().map(|c| &**c));
    let (stays, goes) = (credentials("Stays"), credentials("Goes"));
    assert_eq!(
        (&*try_out(&stays), &*try_out(&goes)),
        ("allowed", "allowed")
    );
    let path = application.folder.path().join("template.yaml");
    std::fs::write(&path, [head, &function("Stays")].concat()).unwrap();
    acceptance::wait_until("the credentials are revoked", || {
        try_out(&goes) == "UnrecognizedClientException"
    });
    assert_eq!(try_out(&stays), "allowed");
    // A function that comes back has others.
    std::fs::write(&path, &both).unwrap();
    acceptance::wait_until("the function is back", || {
        samlet.request("GET", "/Goes/environment", None).0 == 200
    });
    assert_eq!(try_out(&credentials("Goes")), "allowed");
    assert_eq!(try_out(&goes), "UnrecognizedClientException");
    assert_eq!(credentials("Stays"), stays);
}

/// Conditions, variables, tags and boundaries, with a function that signs
/// what it asks for.
#[test]
fn conditions_and_boundaries_hold_for_real_requests() {
    let application = Application::example("store-python");
    let path = application.folder.path().join("template.yaml");
    let template = std::fs::read_to_string(&path).unwrap();
    let start = template.find("      Policies:").unwrap();
    let template = template[..start].to_owned()
        + "      Tags: {customer: ann}
      PermissionsBoundary: !Ref Boundary
      Policies:
        - Statement:
            - Effect: Allow
              Action: ['dynamodb:*']
              Resource: ['*']
              Condition: {'ForAllValues:StringEquals': {dynamodb:LeadingKeys: ['${aws:PrincipalTag/customer}']}}
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Action: ['dynamodb:GetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:Query'], Resource: '*'}
";
    std::fs::write(&path, template).unwrap();
    let samlet = application.build_and_start(&[]);
    let client = aws_sdk_lambda::Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
            .region(aws_sdk_lambda::config::Region::new("us-east-1"))
            .credentials_provider(aws_credential_types::Credentials::new(
                "local", "local", None, None, "test",
            ))
            .endpoint_url(&samlet.aws)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    );
    let attempt = |what: &str| {
        let payload = aws_sdk_lambda::primitives::Blob::new(json!({"try": what}).to_string());
        let invoke = client
            .invoke()
            .function_name("local-Reader")
            .payload(payload);
        let answer = acceptance::block_on(invoke.send()).unwrap();
        String::from_utf8(answer.payload.unwrap().into_inner()).unwrap()
    };
    // Ann's own item may be read.
    assert!(attempt("item").contains("ResponseMetadata"));
    // An index that has another partition key may not.
    let index = attempt("index");
    assert!(
        index.contains("no identity-based policy allows the dynamodb:Query action"),
        "{index}"
    );
    // The boundary lets nobody delete.
    let transaction = attempt("transaction");
    assert!(
        transaction
            .contains("because no permissions boundary allows the dynamodb:DeleteItem action"),
        "{transaction}"
    );
    // What isn't known of a statement is allowed to nobody.
    let statement = attempt("table-statement");
    assert!(
        statement.contains("is not authorized to perform: dynamodb:PartiQLSelect"),
        "{statement}"
    );
    samlet.wait_for_log("the permissions boundary has to");
}
