//! Values that only running services know: stand-ins at first, then what the services have said.

use samlet_template::{Application, Attributes, Draft, Settings, read};

use crate::{CATALOGUE, application, errors, settings};

const SOURCE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: live}
  Http: {Type: AWS::Serverless::HttpApi}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: f
      Handler: bootstrap
      Runtime: provided.al2023
      Environment:
        Variables:
          VALUE: @VALUE
      Policies:
        - Statement:
            - {Effect: Allow, Action: dynamodb:GetRecords, Resource: !GetAtt T.StreamArn}
  Routes:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: f
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Rest: {Type: Api, Properties: {Path: /a, Method: GET, RestApiId: !Ref Api}}
        Http: {Type: HttpApi, Properties: {Path: /a, Method: GET, ApiId: !Ref Http}}
        Own: {Type: HttpApi, Properties: {Path: /a, Method: GET}}
Outputs:
  Value: {Value: @VALUE}
";

const LABEL: &str = "2026-11-27T06:00:00.000";
const URL: &str = "http://127.0.0.1:3000";
const STREAM: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream";

fn source(value: &str) -> String {
    SOURCE.replace("@VALUE", value)
}

/// What the services say, once they run.
fn running() -> Settings {
    let mut attributes = Attributes::default();
    attributes.set("T", "StreamArn", format!("{STREAM}/{LABEL}"));
    attributes.set("Api", "Url", URL);
    attributes.set("Http", "Url", format!("{URL}1"));
    attributes.set("ServerlessHttpApi", "Url", format!("{URL}2"));
    Settings {
        attributes,
        ..settings()
    }
}

/// A value as the environment and an output have it.
fn value(application: &Application) -> &str {
    let value = &application.outputs[0].value;
    let variable = &application.functions[0].environment["VALUE"];
    assert_eq!(value, variable);
    value
}

fn mentions(application: &Application) -> Vec<(&str, &str)> {
    let late = application.late.iter();
    late.map(|late| (late.logical_id.as_str(), late.attribute.as_str()))
        .collect()
}

#[test]
fn a_stream_has_a_stand_in_until_its_label_is_known() {
    for (written, before, after) in [
        (
            "!GetAtt T.StreamArn",
            format!("{STREAM}/${{T.StreamLabel}}"),
            format!("{STREAM}/{LABEL}"),
        ),
        (
            "!Sub ['<${Inner}>', {Inner: !Join ['-', [a, !Sub '${T.StreamArn}']]}]",
            format!("<a-{STREAM}/${{T.StreamLabel}}>"),
            format!("<a-{STREAM}/{LABEL}>"),
        ),
        (
            "!Select [3, !Split [/, !GetAtt T.StreamArn]]",
            "${T.StreamLabel}".to_owned(),
            LABEL.to_owned(),
        ),
    ] {
        let draft = Draft::parse(&source(written)).unwrap();
        let early = draft.resolve(&settings(), &CATALOGUE).unwrap();
        assert_eq!(value(&early), before, "{written}");
        assert_eq!(mentions(&early), [("T", "StreamArn")]);
        let late = draft.resolve(&running(), &CATALOGUE).unwrap();
        assert_eq!(value(&late), after, "{written}");
        assert_eq!(late.late, []);
        assert!(late.warnings.is_empty(), "{:?}", late.warnings);
    }
}

#[test]
fn a_policy_is_of_the_stream_that_there_is() {
    let resource = |application: &Application| {
        let policies = &application.functions[0].role.policies;
        policies[1].document.as_json()["Statement"][0]["Resource"].clone()
    };
    let source = source("x");
    let early = application(&source);
    assert_eq!(resource(&early), format!("{STREAM}/${{T.StreamLabel}}"));
    // Where it is mentioned first.
    assert_eq!(early.late[0].location.line, 27);
    let late = read(&source, &running(), &CATALOGUE).unwrap();
    assert_eq!(resource(&late), format!("{STREAM}/{LABEL}"));
}

#[test]
fn an_apis_address_on_aws_becomes_the_local_one_however_it_is_written() {
    for (written, logical_id, after) in [
        (
            "!Sub 'https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/live/'",
            "Api",
            "http://127.0.0.1:3000/live/",
        ),
        (
            "!Join ['', ['https://', !Ref Api, '.execute-api.', !Ref AWS::Region, '.amazonaws.com/live']]",
            "Api",
            "http://127.0.0.1:3000/live",
        ),
        (
            "!Sub ['${Host}.com/b', {Host: !Sub 'https://${Api}.execute-api.${AWS::Region}.amazonaws'}]",
            "Api",
            "http://127.0.0.1:3000/b",
        ),
        (
            "!Sub '${ServerlessHttpApi.Stage}: https://${ServerlessHttpApi}.execute-api.eu-west-1.amazonaws.com/a, b.'",
            "ServerlessHttpApi",
            "$default: http://127.0.0.1:30002/a, b.",
        ),
        (
            "!Sub '${Http.ApiEndpoint}/a'",
            "Http",
            "http://127.0.0.1:30001/a",
        ),
        ("!GetAtt Http.ApiEndpoint", "Http", "http://127.0.0.1:30001"),
        (
            "!GetAtt ServerlessHttpApi.ApiEndpoint",
            "ServerlessHttpApi",
            "http://127.0.0.1:30002",
        ),
    ] {
        let source = source(written);
        let early = application(&source);
        assert!(value(&early).contains(".execute-api."), "{written}");
        let expected = [(logical_id, "Url"), ("T", "StreamArn")];
        assert_eq!(mentions(&early), expected, "{written}");
        let late = read(&source, &running(), &CATALOGUE).unwrap();
        assert_eq!(value(&late), after, "{written}");
    }
}

#[test]
fn what_only_looks_like_an_apis_address_stays() {
    for written in [
        "https://abcdefghij.execute-api.us-east-1.amazonaws.com/a",
        "!Sub 'https://${Api}.execute-api.us-east-1.example.com'",
        "!Sub 'https://${Api}.execute-api.amazonaws.com'",
        "!Sub '${Api}.execute-api.us-east-1.amazonaws.com'",
        "!Sub 'https://x${Api}.execute-api.us-east-1.amazonaws.com'",
        "!Sub 'https://${T}.execute-api.us-east-1.amazonaws.com/.execute-api.'",
    ] {
        let source = source(written);
        let early = application(&source);
        assert_eq!(mentions(&early), [("T", "StreamArn")], "{written}");
        let late = read(&source, &running(), &CATALOGUE).unwrap();
        assert_eq!(value(&early), value(&late), "{written}");
    }
}

#[test]
fn a_table_without_a_stream_has_no_stream_arn() {
    for specification in ["", "      StreamSpecification: !Ref AWS::NoValue\n"] {
        let source = source("x").replace(
            "      StreamSpecification: {StreamViewType: NEW_IMAGE}\n",
            specification,
        );
        let [error] = &errors(&source)[..] else {
            panic!("{:?}", errors(&source));
        };
        let told =
            "T has no StreamArn: the table has no stream (add a StreamSpecification to the table)";
        assert!(error.ends_with(told), "{error}");
    }
}
