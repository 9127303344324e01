//! What templates are read as, and what is said of wrong ones.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use samlet_template::{Application, Identity, PayloadFormat, Settings, read};
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
    assert_eq!(function.role.policies[1..], [policy]);
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
    assert_eq!(application.functions[0].environment["STAGE"], "false");
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
            "22:3 AWS::Serverless::Function needs Handler (add `Handler: …`)",
            "26:7 `Handlr` is no property of AWS::Serverless::Function (did you mean `Handler`?)",
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
    assert!(
        errors(&twice)[0]
            .contains("GET /message/{id} is declared twice in Api: local-Get has it on line")
    );
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
            "Tracing of AWS::Serverless::Function has no effect here",
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
fn misspelt_names_are_told_wherever_they_stand() {
    for (from, to, told) in [
        (
            "  Function:\n    Runtime",
            "  Functoin:\n    Runtime",
            "did you mean `Function`?",
        ),
        (
            "    Timeout: 3",
            "    Timeuot: 3",
            "Globals: Function cannot set `Timeuot` (did you mean `Timeout`?)",
        ),
        (
            "Environment:\n        Variables",
            "Environment:\n        Variabels",
            "did you mean `Variables`?",
        ),
        (
            "  Get:\n    Type: AWS::Serverless::Function\n    Properties",
            "  Get:\n    Type: AWS::Serverless::Function\n    Propertees",
            "did you mean `Properties`?",
        ),
        (
            "RestApiId: !Ref Api}",
            "RestApId: !Ref Api}",
            "did you mean `RestApiId`?",
        ),
        (
            "AttributeType: S}]",
            "AttributeTyp: S}]",
            "did you mean `AttributeType`?",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: PAY",
            "one of PAY_PER_REQUEST, PROVISIONED",
        ),
        ("Type: Api\n", "Type: Apy\n", "`Apy` is no type of an event"),
        ("Resources:", "Resorces:", "did you mean `Resources`?"),
        ("Handler: bootstrap", "Handler: [a]", "Handler is a text"),
        (
            "Runtime: provided.al2023",
            "Runtime: nodejs22.x",
            "the runtime nodejs22.x is not provided",
        ),
        (
            "Runtime: provided.al2023",
            "Runtime: provided.al2024",
            "the runtime provided.al2024 is not provided",
        ),
    ] {
        let source = FUNCTION.replace(from, to);
        assert_ne!(source, FUNCTION, "{from}");
        let errors = errors(&source).join("\n");
        assert!(errors.contains(told), "{to}: {errors}");
    }
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
fn a_malformed_or_unknown_intrinsic_function_is_an_error() {
    for (value, told) in [
        ("!Join [a]", "Fn::Join is malformed"),
        ("!Join [',', text]", "Fn::Join is malformed"),
        ("!Split ['', a]", "Fn::Split is malformed"),
        ("!Sub {a: b}", "Fn::Sub is malformed"),
        ("!Sub '${Table'", "a `}` for every"),
        ("!Select [9, [a]]", "an index within its list"),
        ("!FindInMap [A, b, c]", "there is no A.b.c under Mappings"),
        ("!GetAtt Table", "Resource.Attribute"),
        (
            "!GetAtt Table.Name",
            "Table has no attribute `Name` (it has Arn and StreamArn)",
        ),
        ("!Ref [a]", "Ref is malformed"),
        ("!If [Nowhere, a, b]", "`Nowhere` is no condition"),
        ("!ImportValue a", "there is no other stack"),
        ("!Cidr [a]", "Fn::Cidr is not provided"),
        ("!Equals [a, b]", "belongs under Conditions"),
    ] {
        let source = FUNCTION.replace("LOG: info", &format!("LOG: {value}"));
        let errors = errors(&source).join("\n");
        assert!(errors.contains(told), "{value}: {errors}");
    }
    let condition = FUNCTION.replace("!Equals [!Ref Stage, Prod]", "!Equals [a]");
    assert!(errors(&condition)[0].contains("a condition is malformed"));
}

#[test]
fn parameters_are_held_to_what_they_declare() {
    for (declared, given, told) in [
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: lower case}",
            "Ab",
            "does not match [a-z]+, the AllowedPattern of P (lower case)",
        ),
        (
            "{Type: Number, MinValue: 2, MaxValue: 5}",
            "6",
            "outside the MinValue or MaxValue",
        ),
        ("{Type: Number}", "six", "is no Number"),
        ("{Type: String, MaxLength: 2}", "abc", "shorter or longer"),
        (
            "{Type: CommaDelimitedList, AllowedValues: [a, b]}",
            "a,c",
            "`c` is not allowed",
        ),
        ("{Type: Strng}", "a", "did you mean `String`?"),
        ("{Type: String, Defualt: a}", "a", "did you mean `Default`?"),
        ("{Default: a}", "a", "has no Type"),
    ] {
        let source = FUNCTION.replace("Parameters:\n", &format!("Parameters:\n  P: {declared}\n"));
        let mut settings = settings();
        settings
            .parameter_overrides
            .insert("P".into(), given.into());
        let errors = read(&source, &settings).map(|_| ()).unwrap_err();
        let text: Vec<_> = errors
            .iter()
            .map(|e| format!("{} ({})", e.message, e.help.as_deref().unwrap_or("-")))
            .collect();
        assert!(text.join("\n").contains(told), "{declared}: {text:?}");
    }
    // One that has no value is told once, however often it is used.
    let missing = FUNCTION.replace("Default: Prod, ", "");
    assert_eq!(errors(&missing).len(), 1, "{:?}", errors(&missing));
}

#[test]
fn circular_references_are_refused_as_by_cloudformation() {
    for (from, to, circle) in [
        ("TABLE: !Ref Table", "TABLE: !Ref Api", "Api, Get"),
        ("TABLE: !Ref Table", "TABLE: !GetAtt Get.Arn", "Get"),
        (
            "BillingMode: PAY_PER_REQUEST",
            "TableName: !Ref Get",
            "Get, Table",
        ),
        (
            "    Type: AWS::DynamoDB::Table",
            "    Type: AWS::DynamoDB::Table\n    DependsOn: Get",
            "Get, Table",
        ),
    ] {
        let errors = errors(&FUNCTION.replace(from, to)).join("\n");
        assert!(
            errors.contains(&format!("circular dependency between resources: {circle}")),
            "{to}: {errors}"
        );
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
            .map(|policy| policy["Statement"].clone());
        statements
            .flat_map(|list| list.as_array().unwrap().clone())
            .map(|statement| format!("{} {}", statement["Action"], statement["Resource"]))
            .collect()
    };
    let read = r#"["dynamodb:GetItem","dynamodb:Scan","dynamodb:Query","dynamodb:BatchGetItem","dynamodb:DescribeTable"]"#;
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table";
    assert_eq!(
        actions(0)[1..],
        [
            format!(r#"{read} ["{table}","{table}/index/*"]"#),
            r#"["lambda:InvokeFunction"] ["*"]"#.to_owned(),
            r#""s3:Get*" "*""#.to_owned(),
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
fn what_would_leave_a_route_open_is_refused() {
    for (auth, told) in [
        (
            "{Authorizer: AWS_IAM}",
            "does not provide the authorizer AWS_IAM",
        ),
        (
            "{Authorizer: Nobody}",
            "`Nobody` is no authorizer of this API",
        ),
        (
            "{AuthorizationScopes: [a]}",
            "AuthorizationScopes of Auth (it would be open",
        ),
    ] {
        let route = FUNCTION.replace(
            "RestApiId: !Ref Api}",
            &format!("RestApiId: !Ref Api, Auth: {auth}}}"),
        );
        let errors = errors(&route).join("\n");
        assert!(errors.contains(told), "{auth}: {errors}");
    }
    let cognito = FUNCTION.replace(
        "{StageName: !Ref Stage}",
        "{StageName: Prod, Auth: {DefaultAuthorizer: Pool, Authorizers: {Pool: {UserPoolArn: a}}}}",
    );
    assert!(errors(&cognito)[0].contains("UserPoolArn of the authorizer Pool"));
    let open = FUNCTION.replace(
        "RestApiId: !Ref Api}",
        "RestApiId: !Ref Api, Auth: {Authorizer: NONE}}",
    );
    application(&open);
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

#[test]
fn this_repositorys_own_template_is_read_without_a_warning() {
    let source = include_str!("../../../template.yaml");
    let application = application(source);
    assert_eq!(application.warnings, []);
    assert_eq!(application.functions.len(), 4);
    assert_eq!(application.apis[0].routes.len(), 4);
}

#[test]
fn a_template_is_one_document_with_sams_transform() {
    assert!(errors(&format!("{FUNCTION}---\na: b\n"))[0].contains("a second YAML document"));
    let without = FUNCTION.replace("Transform: AWS::Serverless-2016-10-31", "");
    assert!(errors(&without)[0].contains("add `Transform:"));
}
