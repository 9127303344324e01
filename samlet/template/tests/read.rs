//! What templates are read as, and what is said of wrong ones.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use samlet_template::{Application, Settings, read};
use serde_json::json;

fn settings() -> Settings {
    Settings {
        region: "us-east-1".into(),
        account_id: "123456789012".into(),
        stack_name: "local".into(),
        parameter_overrides: BTreeMap::new(),
    }
}

fn application(source: &str) -> Application {
    read(source, &settings()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// `line:column message` of each error.
fn errors(source: &str) -> Vec<String> {
    let errors = read(source, &settings()).map(|_| ()).unwrap_err();
    errors
        .iter()
        .map(|e| {
            format!(
                "{}:{} {} ({})",
                e.location.line,
                e.location.column,
                e.message,
                e.help.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

const FUNCTION: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: Prod, AllowedValues: [Prod, Test]}
Conditions:
  IsProd: !Equals [!Ref Stage, Prod]
Globals:
  Function:
    Runtime: provided.al2023
    Timeout: 3
    Environment: {Variables: {LOG: info, STAGE: global}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: !Ref Stage}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Get:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/get
      Handler: bootstrap
      MemorySize: 256
      Environment:
        Variables:
          TABLE: !Ref Table
          STAGE: !If [IsProd, yes, no]
          CODE: 0012
          URL: !Sub 'https://${Api}.example/${!keep}/${AWS::Region}'
      Policies:
        - Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem]
              Resource: !GetAtt Table.Arn
      Events:
        Get:
          Type: Api
          Properties: {Path: '/message/{id}', Method: get, RestApiId: !Ref Api}
Outputs:
  Arn: {Value: {Fn::GetAtt: [Get, Arn]}}
";

#[test]
fn a_function_has_its_globals_intrinsics_role_and_routes() {
    let application = application(FUNCTION);
    let function = &application.functions[0];
    assert_eq!(function.name, "local-Get");
    assert_eq!((function.memory_mb, function.timeout.as_secs()), (256, 3));
    let environment: Vec<_> = function
        .environment
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let url = format!(
        "https://{}.example/${{keep}}/us-east-1",
        application.apis[0].id
    );
    let expected = [
        ("CODE", "0012"),
        ("LOG", "info"),
        ("STAGE", "yes"),
        ("TABLE", "local-Table"),
        ("URL", url.as_str()),
    ];
    assert_eq!(environment, expected);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem"],
        "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table",
    }]});
    assert_eq!(function.role.policies, [policy]);
    let api = &application.apis[0];
    assert_eq!((api.stage.as_str(), api.id.len()), ("Prod", 10));
    let route = &api.routes[0];
    assert_eq!(
        (route.method.as_str(), route.path.as_str()),
        ("GET", "/message/{id}")
    );
    assert_eq!(
        application.tables[0].create_table["TableName"],
        "local-Table"
    );
    assert_eq!(
        application.outputs[0].value,
        "arn:aws:lambda:us-east-1:123456789012:function:local-Get"
    );
}

#[test]
fn parameters_are_overridden_and_checked() {
    let mut settings = settings();
    settings
        .parameter_overrides
        .insert("Stage".into(), "Test".into());
    let application = read(FUNCTION, &settings).unwrap();
    assert_eq!(application.apis[0].stage, "Test");
    assert_eq!(application.functions[0].environment["STAGE"], "no");
    settings
        .parameter_overrides
        .insert("Stage".into(), "Nowhere".into());
    settings
        .parameter_overrides
        .insert("Stagee".into(), "x".into());
    assert_eq!(read(FUNCTION, &settings).unwrap_err().len(), 2);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_the_way_out() {
    let source = FUNCTION
        .replace("MemorySize: 256", "MemorySize: 2")
        .replace("      Handler: bootstrap\n", "      Handlr: bootstrap\n")
        .replace("TABLE: !Ref Table", "TABLE: !Ref Tabel")
        .replace("CODE: 0012", "AWS_REGION: x");
    assert_eq!(
        errors(&source),
        [
            "22:3 the function Get has no Handler (add `Handler: …` to its Properties)",
            "26:7 `Handlr` is no property of a function (did you mean `Handler`?)",
            "27:19 MemorySize is a whole number from 128 to 10240 (-)",
            "30:18 `Tabel` is neither a parameter nor a resource of this template (did you mean `Table`?)",
            "32:11 AWS_REGION is one of Lambda's own variables (choose another name)",
        ]
    );
}

#[test]
fn a_syntax_error_or_a_duplicate_key_ends_the_reading() {
    for source in ["Resources: [", "Resources:\n  A: 1\n  A: 2\n", ""] {
        assert_eq!(errors(source).len(), 1, "{source}");
    }
    assert!(errors("Resources:\n  A: 1\n  A: 2\n")[0].starts_with("3:"));
    let deep = "[".repeat(5000);
    assert_eq!(errors(&deep).len(), 1);
}

#[test]
fn a_route_has_one_function_and_a_sound_path() {
    let twice = FUNCTION.replace(
        "        Get:\n",
        "        Other:\n          Type: Api\n          Properties: {Path: '/message/{other}', Method: GET, RestApiId: !Ref Api}\n        Get:\n",
    );
    assert!(errors(&twice)[0].contains("GET /message/{id} is declared twice in Api"));
    assert!(
        errors(&FUNCTION.replace("'/message/{id}'", "message"))[0]
            .contains("does not start with a slash")
    );
    assert!(
        errors(&FUNCTION.replace("Method: get", "Method: gett"))[0].contains("did you mean `GET`?")
    );
}

#[test]
fn what_is_not_provided_is_named_in_a_warning() {
    let source = FUNCTION.replace(
        "Outputs:",
        "  Queue: {Type: AWS::SQS::Queue}\nOutputs:\n  Queue: {Value: !GetAtt Queue.Arn}",
    );
    let application = application(&source.replace("MemorySize: 256", "Tracing: Active"));
    let warnings: Vec<&str> = application
        .warnings
        .iter()
        .map(|w| w.message.as_str())
        .collect();
    assert_eq!(
        warnings,
        [
            "the property Tracing of a function has no effect here",
            "Queue (AWS::SQS::Queue) is not provided here; references to it give its name",
        ]
    );
    assert_eq!(
        application.outputs[0].value,
        "arn:aws:sqs:us-east-1:123456789012:local-Queue"
    );
}

#[test]
fn conditions_that_refer_to_one_another_or_to_themselves_come_to_an_end() {
    let chain: String = (1..40)
        .map(|n| {
            format!(
                "  C{n}: !Or [!Condition C{}, !Condition C{}]\n",
                n - 1,
                n - 1
            )
        })
        .collect();
    let source = FUNCTION.replace(
        "Conditions:\n",
        &format!("Conditions:\n  C0: !Equals [a, b]\n{chain}"),
    );
    let chained = application(&source.replace("!If [IsProd,", "!If [C39,"));
    assert_eq!(chained.functions[0].environment["STAGE"], "no");
    let circular = FUNCTION.replace(
        "!Equals [!Ref Stage, Prod]",
        "!Or [!Condition IsProd, !Condition IsProd]",
    );
    assert!(errors(&circular)[0].contains("refers to itself"));
}
