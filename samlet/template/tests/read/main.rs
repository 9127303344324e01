//! What templates are read as, and what is said of wrong ones: what both need.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use samlet_template::{Application, Diagnostic, Settings, read};

mod applications;
mod merging;
mod mistakes;
mod mutations;

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

/// `line:column message (help)` of each error.
fn errors(source: &str) -> Vec<String> {
    errors_with(source, &settings())
}

fn errors_with(source: &str, settings: &Settings) -> Vec<String> {
    lines(&read(source, settings).map(|_| ()).unwrap_err())
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
