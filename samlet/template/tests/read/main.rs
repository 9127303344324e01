//! What templates are read as, and what is said of wrong ones: what both need.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::LazyLock;

use samlet_aws::Place;
use samlet_template::{Application, Catalogue, Diagnostic, Problems, Settings, read};

mod applications;
mod late;
mod merging;
mod mistakes;
mod mutations;
mod permissions;
mod resources;

/// With the actions of all services that samlet has.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::new([
        include_str!("../../../dynamodb/src/actions.txt"),
        include_str!("../../../sts/src/actions.txt"),
        include_str!("../../../gateway/src/actions.txt"),
        include_str!("../../../lambda/src/actions.txt"),
        include_str!("../../../logs/src/actions.txt"),
        include_str!("../../../traces/src/actions.txt"),
    ])
    .with_condition_keys([
        include_str!("../../../dynamodb/src/condition_keys.txt"),
        include_str!("../../../sts/src/condition_keys.txt"),
        include_str!("../../../gateway/src/condition_keys.txt"),
        include_str!("../../../lambda/src/condition_keys.txt"),
        include_str!("../../../logs/src/condition_keys.txt"),
        include_str!("../../../traces/src/condition_keys.txt"),
    ])
});

fn settings() -> Settings {
    Settings::new(Place::new("us-east-1", "123456789012", "local"))
}

fn application(source: &str) -> Application {
    read(source, &settings(), &CATALOGUE).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// `line:column message (help)` of each error.
fn errors(source: &str) -> Vec<String> {
    errors_with(source, &settings())
}

fn errors_with(source: &str, settings: &Settings) -> Vec<String> {
    lines(&problems_with(source, settings).errors)
}

fn problems_with(source: &str, settings: &Settings) -> Problems {
    read(source, settings, &CATALOGUE).map(|_| ()).unwrap_err()
}

/// The same of each warning.
fn warnings(source: &str) -> Vec<String> {
    lines(&application(source).warnings)
}

fn lines(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
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
          URL: !Sub 'https://${Table}.example/${!keep}/${AWS::Region}'
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
