//! Values that only the running services know: in functions' variables, in policies and in outputs.

#![allow(clippy::unwrap_used, missing_docs)]

use acceptance::boto3::Who;
use acceptance::{Application, Samlet, send};
use serde_json::{Value, json};

const FIXTURE: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023}
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Customers:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: KEYS_ONLY}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          STREAM: !GetAtt Orders.StreamArn
          LABEL: !Select [3, !Split ['/', !GetAtt Orders.StreamArn]]
          NESTED: !Join [' ', [at, !Sub ['${Inner}!', {Inner: !Sub 'stream ${Orders.StreamArn}'}]]]
      Policies:
        - Statement:
            - Effect: Allow
              Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']
              Resource: !GetAtt Orders.StreamArn
      Events: {Any: {Type: HttpApi, Properties: {Path: '/reader/{mode}', Method: get}}}
  Other: {Type: AWS::Serverless::HttpApi}
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          API: !Sub https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/reader
      Events: {Any: {Type: HttpApi, Properties: {ApiId: !Ref Other, Path: '/caller/{mode}', Method: get}}}
Outputs:
  Stream: {Value: !Sub 'It is ${Orders.StreamArn}.'}
  Url: {Value: !Sub 'https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/reader'}
";

/// The variables of the function behind a route.
fn environment_of(url: String) -> Value {
    let (status, _, body) = send(ureq::http::Request::get(url).body(Vec::new()).unwrap());
    assert_eq!(status, 200);
    acceptance::json(&body)
}

/// Where a stream's first shard begins.
fn iterator(samlet: &Samlet, who: &Who, stream: &str) -> Value {
    let streams =
        |operation: &str, request: &Value| who.call(samlet, "dynamodbstreams", operation, request);
    let described = streams("DescribeStream", &json!({"StreamArn": stream}));
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let asked = json!({"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    streams("GetShardIterator", &asked)["ShardIterator"].clone()
}

#[test]
fn a_function_that_is_allowed_a_stream_by_its_arn_reads_it_and_no_other() {
    let application = Application::fixture(FIXTURE, TEMPLATE);
    let samlet = application.start(&[]);
    let developer = Who::developer();
    let stream_of = |table: &str| {
        let described = developer.call(
            &samlet,
            "dynamodb",
            "DescribeTable",
            &json!({"TableName": table}),
        );
        let arn = described["Table"]["LatestStreamArn"].as_str();
        arn.unwrap().to_owned()
    };
    let orders = stream_of("local-Orders");
    let label = orders.rsplit('/').next().unwrap();

    let readers_api = samlet.api_named("ServerlessHttpApi");
    let environment = environment_of(format!("{readers_api}/reader/environment"));
    assert_eq!(environment["STREAM"], *orders);
    assert_eq!(environment["LABEL"], *label);
    assert_eq!(environment["NESTED"], format!("at stream {orders}!"));
    let caller = environment_of(format!("{}/caller/environment", samlet.api_named("Other")));
    assert_eq!(caller["API"], format!("{readers_api}/reader"));
    let printed = samlet.stdout();
    assert!(
        printed.contains(&format!("Stream: It is {orders}.\n")),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("Url: {readers_api}/reader\n")),
        "{printed}"
    );

    let item = json!({"TableName": "local-Orders", "Item": {"pk": {"S": "a"}}});
    developer.call(&samlet, "dynamodb", "PutItem", &item);
    let reader = Who::function(&environment);
    let records = |iterator: &Value| {
        let asked = json!({"ShardIterator": iterator});
        reader.call(&samlet, "dynamodbstreams", "GetRecords", &asked)
    };
    let of_orders = iterator(&samlet, &reader, &orders);
    let read = records(&of_orders);
    assert_eq!(
        read["Records"][0]["dynamodb"]["NewImage"]["pk"]["S"], "a",
        "{read}"
    );

    let customers = stream_of("local-Customers");
    let of_customers = iterator(&samlet, &developer, &customers);
    let refused = records(&of_customers);
    assert_eq!(refused["Code"], "AccessDeniedException", "{refused}");
    let message = refused["Message"].as_str().unwrap();
    assert!(
        message.contains(&format!("on resource: {customers} because")),
        "{message}"
    );
}
