//! What a sound template is read as.

use samlet_template::{AccessLog, ApiKind, Identity, PayloadFormat, read};
use serde_json::json;

use crate::{CATALOGUE, FUNCTION, application, errors, settings};

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
    let expected = [
        ("CODE", "10"),
        ("LOG", "info"),
        ("STAGE", "true"),
        ("TABLE", "local-Table"),
        ("URL", "https://local-Table.example/${keep}/us-east-1"),
    ];
    assert_eq!(environment, expected);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem"],
        "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table",
    }]});
    // After the one that lets every function write its log.
    let [own] = &function.role.policies[1..] else {
        panic!("{:?}", function.role);
    };
    assert_eq!((own.document.as_json(), own.locations.len()), (&policy, 1));
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
    let application = read(FUNCTION, &settings, &CATALOGUE).unwrap();
    assert_eq!(application.apis[0].stage, "Test");
    assert_eq!(application.functions[0].environment["STAGE"], "false");
    settings
        .parameter_overrides
        .insert("Stage".into(), "Nowhere".into());
    settings
        .parameter_overrides
        .insert("Stagee".into(), "x".into());
    assert_eq!(
        read(FUNCTION, &settings, &CATALOGUE)
            .unwrap_err()
            .errors
            .len(),
        2
    );
}

#[test]
fn what_is_not_provided_is_named_in_a_warning() {
    let source = FUNCTION.replace(
        "Outputs:",
        "  Queue: {Type: AWS::SQS::Queue}\nOutputs:\n  Queue: {Value: !GetAtt Queue.Arn}",
    );
    let application = application(&source.replace("MemorySize: 256", "VpcConfig: {}"));
    let warnings: Vec<&str> = application
        .warnings
        .iter()
        .map(|w| w.message.as_str())
        .collect();
    assert_eq!(
        warnings,
        [
            "VpcConfig of AWS::Serverless::Function has no effect here",
            "CloudFormation takes `0012` for the number 10",
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
    assert_eq!(chained.functions[0].environment["STAGE"], "false");
    let circular = FUNCTION.replace(
        "!Equals [!Ref Stage, Prod]",
        "!Or [!Condition IsProd, !Condition IsProd]",
    );
    assert!(errors(&circular)[0].contains("refers to itself"));
}

#[test]
fn intrinsic_functions_are_resolved_in_both_spellings_and_nested() {
    for (value, expected) in [
        (
            "!Join ['-', [a, !Ref Stage, !Sub '${AWS::AccountId}']]",
            "a-Prod-123456789012",
        ),
        ("{'Fn::Join': ['-', [a, {Ref: Stage}]]}", "a-Prod"),
        ("!Select [1, !Split [',', 'a,b,c']]", "b"),
        ("!FindInMap [Sizes, !Ref Stage, Small]", "10"),
        (
            "!FindInMap [Sizes, Nowhere, Small, {DefaultValue: !Ref Stage}]",
            "Prod",
        ),
        ("!Base64 text", "dGV4dA=="),
        (
            "!Sub ['${a}-${Table.Arn}', {a: !Ref Table}]",
            "local-Table-arn:aws:dynamodb:us-east-1:123456789012:table/local-Table",
        ),
        ("!If [IsProd, !If [IsNot, a, b], c]", "b"),
        ("!Ref AWS::StackName", "local"),
        ("!Select [0, !GetAZs '']", "us-east-1a"),
        ("!Join ['', !Ref Names]", "xyz"),
        ("!Ref OtherRole", "local-OtherRole"),
        (
            "!GetAtt OtherRole.Arn",
            "arn:aws:iam::123456789012:role/local-OtherRole",
        ),
        ("!Ref Api.Stage", "Prod"),
        ("!Ref ApiProdStage", "Prod"),
        ("!GetAtt OtherUrl.FunctionUrl", "local-OtherUrl"),
        // Its ARN has other parts on AWS.
        ("!Select [7, !Split ['/', !Ref Queue]]", ""),
        (
            "!Ref Queue",
            "https://sqs.us-east-1.amazonaws.com/123456789012/local-Queue",
        ),
        ("!GetAtt Setting.Value", "on Prod"),
    ] {
        let source = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: Prod}
  Names: {Type: CommaDelimitedList, Default: 'x, y, z'}
Mappings: {Sizes: {Prod: {Small: 10}}}
Conditions:
  IsProd: !Equals [!Ref Stage, Prod]
  IsNot: !Not [!Condition IsProd]
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: Prod}}
  Table: {Type: AWS::Serverless::SimpleTable}
  Queue: {Type: AWS::SQS::Queue}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub 'on ${Stage}'}}
  Other: {Type: AWS::Serverless::Function, Properties: {CodeUri: a, Handler: h, Runtime: provided.al2}}
Outputs:
  Value: {Value: VALUE}
"
        .replace("VALUE", value);
        assert_eq!(application(&source).outputs[0].value, expected, "{value}");
    }
}

#[test]
fn a_function_may_do_what_its_policies_say() {
    let source = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:Get*', Resource: '*'}]}}
  Own:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns: [!Ref Shared]
      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Deny, Action: '*', Resource: '*'}]}}]
  A:
    Type: AWS::Serverless::Function
    Properties:
      Handler: h
      Runtime: provided.al2
      Policies:
        - DynamoDBReadPolicy: {TableName: !Ref Table}
        - AWSLambdaRole
        - !Ref Shared
        - SQSPollerPolicy: {QueueName: q}
        - AmazonFreeLunch
  B: {Type: AWS::Serverless::Function, Properties: {Handler: h, Runtime: provided.al2, Role: !GetAtt Own.Arn}}
";
    let application = application(source);
    let actions = |index: usize| -> Vec<String> {
        let role = &application.functions[index].role;
        let statements = role
            .policies
            .iter()
            .map(|policy| policy.document.as_json()["Statement"].clone());
        statements
            .flat_map(|list| list.as_array().unwrap().clone())
            .map(|statement| format!("{} {}", statement["Action"], statement["Resource"]))
            .collect()
    };
    let read = r#"["dynamodb:GetItem","dynamodb:Scan","dynamodb:Query","dynamodb:BatchGetItem","dynamodb:DescribeTable"]"#;
    let poll = r#"["sqs:ChangeMessageVisibility","sqs:ChangeMessageVisibilityBatch","sqs:DeleteMessage","sqs:DeleteMessageBatch","sqs:GetQueueAttributes","sqs:ReceiveMessage"]"#;
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table";
    assert_eq!(
        actions(0)[1..],
        [
            format!(r#"{read} ["{table}","{table}/index/*"]"#),
            r#"["lambda:InvokeFunction"] ["*"]"#.to_owned(),
            r#""s3:Get*" "*""#.to_owned(),
            // Of a service that is not here.
            format!(r#"{poll} "arn:aws:sqs:us-east-1:123456789012:q""#),
        ]
    );
    assert_eq!(actions(1), [r#""*" "*""#, r#""s3:Get*" "*""#]);
    assert_eq!(application.functions[1].role.name, "local-Own");
    let warnings: Vec<_> = application
        .warnings
        .iter()
        .map(|w| w.message.as_str())
        .collect();
    assert_eq!(
        warnings,
        ["what the managed policy AmazonFreeLunch allows is not known here; it grants A nothing"]
    );
    let misspelt = source.replace(
        "DynamoDBReadPolicy: {TableName",
        "DynamoDBReadPolicy: {TabelName",
    );
    assert!(
        errors(&misspelt)
            .join("\n")
            .contains("did you mean `TableName`?")
    );
    let misspelt = source.replace("DynamoDBReadPolicy", "DynamoDBReedPolicy");
    assert!(errors(&misspelt)[0].contains("did you mean `DynamoDBReadPolicy`?"));
}

#[test]
fn a_route_has_its_own_authorizer_or_its_apis() {
    let source = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Handler: h, Runtime: provided.al2}}
Resources:
  Guard: {Type: AWS::Serverless::Function}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token: {FunctionArn: !GetAtt Guard.Arn, Identity: {Header: X-Token, ValidationExpression: '^a'}}
          Request:
            FunctionPayloadType: REQUEST
            FunctionArn: !GetAtt Guard.Arn
            Identity: {Headers: [X-A], QueryStrings: [b], ReauthorizeEvery: 0}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: GET, RestApiId: !Ref Api}}
        B: {Type: Api, Properties: {Path: /b, Method: GET, RestApiId: !Ref Api, Auth: {Authorizer: Request}}}
        C: {Type: Api, Properties: {Path: /c, Method: GET, RestApiId: !Ref Api, Auth: {Authorizer: NONE}}}
";
    let application = application(source);
    let api = &application.apis[0];
    let routes: Vec<_> = api
        .routes
        .iter()
        .map(|route| route.authorizer.as_deref())
        .collect();
    assert_eq!(routes, [Some("Token"), Some("Request"), None]);
    let token = &api.authorizers["Token"];
    assert_eq!(
        (token.function.as_str(), token.time_to_live.as_secs()),
        ("local-Guard", 300)
    );
    assert_eq!(
        token.identity,
        Identity::Token {
            header: "X-Token".into(),
            validation: Some("^a".into())
        }
    );
    assert_eq!(api.authorizers["Request"].time_to_live.as_secs(), 0);
    assert!(api.authorizes_preflights);
}

#[test]
fn an_http_api_has_its_stage_cors_and_catch_all() {
    let source = "
Transform: AWS::Serverless-2016-10-31
Globals: {HttpApi: {CorsConfiguration: {AllowOrigins: ['https://a.example'], AllowMethods: [GET], MaxAge: 5}}}
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties:
      Handler: h
      Runtime: provided.al2
      Events:
        All: {Type: HttpApi}
        One: {Type: HttpApi, Properties: {Path: /a, Method: get, PayloadFormatVersion: '1.0', TimeoutInMillis: 100}}
";
    let application = application(source);
    let api = &application.apis[0];
    assert_eq!(
        (api.logical_id.as_str(), api.stage.as_str()),
        ("ServerlessHttpApi", "$default")
    );
    let cors = api.cors.as_ref().unwrap();
    assert_eq!(
        (cors.allow_origins.as_slice(), cors.max_age),
        (&["https://a.example".to_owned()][..], Some(5))
    );
    let routes: Vec<_> = api
        .routes
        .iter()
        .map(|route| {
            (
                route.method.as_str(),
                route.path.as_str(),
                route.payload_format,
                route.timeout.as_millis(),
            )
        })
        .collect();
    assert_eq!(
        routes,
        [
            ("ANY", "$default", PayloadFormat::V2, 30_000),
            ("GET", "/a", PayloadFormat::V1, 100),
        ]
    );
}

/// Everything that only matters on AWS, where it costs.
const COSTING: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters: {Seconds: {Type: Number, Default: 30}}
Conditions: {Never: !Equals [a, b], Always: !Equals [a, a]}
Globals:
  Function: {Handler: h, Runtime: provided.al2023, Tracing: !If [Always, Active, PassThrough]}
  HttpApi: {AccessLogSettings: {DestinationArn: !GetAtt Logs.Arn, Format: $context.requestId}}
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      TracingEnabled: !If [Always, true, false]
      AccessLogSetting: !If [Never, {DestinationArn: x, Format: y}, !Ref AWS::NoValue]
  Traced:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: GET, RestApiId: !Ref Rest}}
        B: {Type: HttpApi, Properties: {Path: /b, Method: GET}}
  Passed: {Type: AWS::Serverless::Function, Properties: {Tracing: PassThrough}}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      {Code: a, Handler: h, Runtime: provided.al2023, Role: !GetAtt Role.Arn, TracingConfig: {Mode: Active}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Logs: {Type: AWS::Logs::LogGroup}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7}
      SSESpecification: {SSEEnabled: false}
  Simple:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: false}
      SSESpecification: {SSEEnabled: true}
  Board: {Type: AWS::CloudWatch::Dashboard}
  NoBoard: {Type: AWS::CloudWatch::Dashboard, Condition: Never}
  NoAlarm: {Type: AWS::CloudWatch::Alarm, Condition: Never, Properties: {MetricName: Errors}}
  One:
    Type: AWS::CloudWatch::Alarm
    Properties: {MetricName: Errors, Period: 60, Metrics: !Ref AWS::NoValue}
  Three:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Metrics:
        - {Id: sum, Expression: SUM(METRICS())}
        - {Id: a, MetricStat: {Period: 300, Metric: {Dimensions: [{Value: !ImportValue Other}]}}}
        - !If [Always, {Id: b, MetricStat: {Period: 60}}, {Id: b, Expression: a}]
        - !If [Always, {Id: c, MetricStat: {Period: 60}}, !Ref AWS::NoValue]
        - !If [Never, {Id: d, MetricStat: {Period: 60}}, !Ref AWS::NoValue]
  Fast: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Errors, Period: !Ref Seconds}}
  FastMath:
    Type: AWS::CloudWatch::Alarm
    Properties: {Metrics: [{Id: a, MetricStat: {Period: 10}}]}
  Anomaly:
    Type: AWS::CloudWatch::Alarm
    Properties:
      ThresholdMetricId: band
      Metrics: [{Id: a, MetricStat: {Period: 60}}, {Id: band, Expression: ANOMALY_DETECTION_BAND(a)}]
  Query:
    Type: AWS::CloudWatch::Alarm
    Properties: {Metrics: [{Id: a, Expression: !Sub 'select MAX(Errors) FROM ${Table}'}]}
  Empty: {Type: AWS::CloudWatch::Alarm}
  Composite: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: ALARM(One)}}
";

#[test]
fn what_costs_on_aws_only_is_read_too() {
    let application = application(COSTING);
    let [http, rest] = &application.apis[..] else {
        panic!("{:?}", application.apis);
    };
    let (http, rest) = match http.kind {
        ApiKind::Http => (http, rest),
        ApiKind::Rest => (rest, http),
    };
    assert_eq!((rest.traced, &rest.access_log), (true, &None));
    let access_log = AccessLog {
        destination: "arn:aws:logs:us-east-1:123456789012:log-group:local-Logs:*".into(),
        format: "$context.requestId".into(),
    };
    assert_eq!(
        (http.traced, http.access_log.as_ref()),
        (false, Some(&access_log))
    );
    let traced = application.functions.iter().map(|function| function.traced);
    assert_eq!(traced.collect::<Vec<_>>(), [true, false, true]);
    let tables: Vec<_> = application
        .tables
        .iter()
        .map(|table| (table.point_in_time_recovery, table.encrypted_by_kms))
        .collect();
    assert_eq!(tables, [(true, false), (false, true)]);
    assert_eq!(application.dashboards, ["Board"]);
    let alarms: Vec<_> = application
        .alarms
        .iter()
        .map(|alarm| (alarm.logical_id.as_str(), alarm.metrics))
        .collect();
    assert_eq!(
        alarms,
        [
            ("One", Some(1)),
            ("Three", Some(3)),
            ("Fast", None),
            ("FastMath", None),
            ("Anomaly", None),
            ("Query", None),
            ("Empty", None),
            ("Composite", None),
        ]
    );
}

#[test]
fn this_repositorys_own_template_is_read_without_a_warning() {
    let source = include_str!("../../../../template.yaml");
    let development = application(source);
    assert_eq!(development.warnings, []);
    assert_eq!(development.functions.len(), 4);
    assert_eq!(development.apis[0].routes.len(), 4);
    let mut settings = settings();
    let mut set = |name: &str, value: &str| {
        let overrides = &mut settings.parameter_overrides;
        overrides.insert(name.into(), value.into());
        read(source, &settings, &CATALOGUE).unwrap()
    };
    // Nor as it is in production, but for who is to be told of alarms.
    assert_eq!(set("Stage", "production").warnings, []);
    let limited = set("ApiKey", "required");
    assert!(
        limited.apis[0]
            .routes
            .iter()
            .all(|route| route.api_key_required)
    );
    assert_eq!(limited.usage_plans[0].keys.len(), 1);
    assert_eq!(
        limited.apis[0]
            .throttles
            .general
            .map(|throttle| throttle.burst),
        Some(500)
    );
    let watched = set("AlarmEmail", "a@example.com").warnings;
    assert_eq!(watched.len(), 1);
    assert!(
        watched[0]
            .message
            .starts_with("AlarmTopic (AWS::SNS::Topic)")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "mostly a table of resources")]
fn resources_are_known_by_their_arns_and_how_the_template_writes_them() {
    let source = FUNCTION.replace(
        "Outputs:",
        "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${Table}-jobs'}}
  Topic: {Type: AWS::SNS::Topic}
  Bucket: {Type: AWS::S3::Bucket}
  Gone: {Type: AWS::SQS::Queue, Condition: IsTest}
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /a/b}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
Outputs:",
    );
    let source = source.replace(
        "Conditions:\n",
        "Conditions:\n  IsTest: !Equals [!Ref Stage, Test]\n",
    );
    let application = application(&source);
    let resources: Vec<_> = application
        .resources
        .iter()
        .map(|resource| {
            (
                resource.expression.as_str(),
                resource.name.as_str(),
                resource.arn.as_str(),
            )
        })
        .collect();
    let expected = [
        (
            "!GetAtt Table.Arn",
            "local-Table",
            "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table",
        ),
        (
            "!GetAtt Get.Arn",
            "local-Get",
            "arn:aws:lambda:us-east-1:123456789012:function:local-Get",
        ),
        (
            "!GetAtt Queue.Arn",
            "local-Table-jobs",
            "arn:aws:sqs:us-east-1:123456789012:local-Table-jobs",
        ),
        (
            "!Ref Topic",
            "local-Topic",
            "arn:aws:sns:us-east-1:123456789012:local-Topic",
        ),
        (
            "!GetAtt Bucket.Arn",
            "local-bucket",
            "arn:aws:s3:::local-bucket",
        ),
        (
            "!GetAtt Group.Arn",
            "/a/b",
            "arn:aws:logs:us-east-1:123456789012:log-group:/a/b:*",
        ),
        (
            "!GetAtt Role.Arn",
            "local-Role",
            "arn:aws:iam::123456789012:role/local-Role",
        ),
    ];
    assert_eq!(resources, expected);
    assert_eq!(application.resources[2].kind, "AWS::SQS::Queue");
    assert_eq!(application.resources[2].logical_id, "Queue");
}
