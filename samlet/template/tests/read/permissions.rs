//! Who may invoke a function: permissions that the template has, and those that SAM adds.

use serde_json::{Value, json};

use crate::{application, errors, warnings};

const HEAD: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: f, Handler: h, Runtime: provided.al2023}
Resources:
";

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:local-F";

/// A permission for the function F.
fn permission(properties: &str) -> String {
    format!(
        "{HEAD}  F: {{Type: AWS::Serverless::Function}}
  P:
    Type: AWS::Lambda::Permission
    Properties: {{Action: lambda:InvokeFunction, {properties}}}
"
    )
}

/// The statements of the policy of a template's function.
fn statements(source: &str, logical_id: &str) -> Vec<Value> {
    let application = application(source);
    let mut functions = application.functions.iter();
    let function = functions.find(|function| function.logical_id == logical_id);
    let policy = &function.unwrap().policy;
    assert_eq!(policy.document.as_json()["Version"], "2012-10-17");
    assert_eq!(policy.document.as_json()["Id"], "default");
    let statements = policy.document.as_json()["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), policy.locations.len());
    statements.clone()
}

/// The `Sid` and the API's part of the `AWS:SourceArn` of each statement.
fn sources(source: &str, logical_id: &str) -> Vec<String> {
    let statements = statements(source, logical_id);
    let line = |statement: &Value| {
        assert_eq!(statement["Action"], "lambda:InvokeFunction");
        let service = json!({"Service": "apigateway.amazonaws.com"});
        assert_eq!(statement["Principal"], service);
        let arn = statement["Condition"]["ArnLike"]["AWS:SourceArn"].as_str();
        let resource = arn
            .unwrap()
            .strip_prefix("arn:aws:execute-api:us-east-1:123456789012:");
        let (api, path) = resource.unwrap().split_once('/').unwrap();
        assert_eq!(api.len(), 10, "{api}");
        format!("{} {path}", statement["Sid"].as_str().unwrap())
    };
    statements.iter().map(line).collect()
}

#[test]
fn a_permission_becomes_a_statement_as_lambda_writes_it() {
    for (properties, principal, condition) in [
        (
            "Principal: '*', FunctionUrlAuthType: NONE",
            json!("*"),
            json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
        ),
        (
            "Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b', SourceAccount: !Ref AWS::AccountId",
            json!({"Service": "s3.amazonaws.com"}),
            json!({
                "StringEquals": {"AWS:SourceAccount": "123456789012"},
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
            }),
        ),
        (
            "Principal: 210987654321",
            json!({"AWS": "arn:aws:iam::210987654321:root"}),
            Value::Null,
        ),
        (
            "Principal: '*', PrincipalOrgID: o-1234567890, InvokedViaFunctionUrl: true",
            json!("*"),
            json!({
                "StringEquals": {"aws:PrincipalOrgID": "o-1234567890"},
                "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
            }),
        ),
        (
            "Principal: 'arn:aws:iam::210987654321:role/r', EventSourceToken: t",
            json!({"AWS": "arn:aws:iam::210987654321:role/r"}),
            json!({"StringEquals": {"lambda:EventSourceToken": "t"}}),
        ),
    ] {
        let source = permission(&format!("FunctionName: !Ref F, {properties}"));
        let mut expected = json!({
            "Sid": "local-P",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "lambda:InvokeFunction",
            "Resource": ARN,
        });
        if !condition.is_null() {
            expected["Condition"] = condition;
        }
        assert_eq!(statements(&source, "F"), [expected], "{properties}");
        assert_eq!(warnings(&source), [""; 0]);
    }
}

#[test]
fn a_permission_names_its_function_in_any_of_lambdas_ways() {
    for name in [
        "local-F",
        "!Ref F",
        "!GetAtt F.Arn",
        "!Sub '${F.Arn}:live'",
        "local-F:live",
        "123456789012:function:local-F",
    ] {
        let source = permission(&format!("Principal: '*', FunctionName: {name}"));
        assert_eq!(statements(&source, "F").len(), 1, "{name}");
        assert_eq!(warnings(&source), [""; 0], "{name}");
    }
    for other in [
        "local-G",
        "local-F2",
        "arn:aws:lambda:us-east-1:210987654321:function:local-F",
    ] {
        let source = permission(&format!("Principal: '*', FunctionName: '{other}'"));
        assert_eq!(statements(&source, "F"), [] as [Value; 0], "{other}");
        let told = format!(
            "9:79 the function {other} is not in this template, so this permission has no effect here (-)"
        );
        assert_eq!(warnings(&source), [told]);
    }
}

#[test]
fn a_wrong_permission_is_refused_or_warned_of() {
    let with = |properties: &str| permission(&format!("FunctionName: !Ref F, {properties}"));
    for (properties, told) in [
        (
            "Principal: sns",
            "invalid Principal `sns`: it must be a service, an account or an ARN",
        ),
        (
            "SourceAccount: '1'",
            "AWS::Lambda::Permission needs Principal",
        ),
        ("Principal: '*', Source: a", "`Source` is no property of"),
    ] {
        let errors = errors(&with(properties));
        assert!(errors[0].contains(told), "{errors:?}");
    }
    let source = with("Principal: '*'").replace("lambda:InvokeFunction", "dynamodb:GetItem");
    assert!(errors(&source)[0].contains("Action must be a Lambda action"));
    let source = with("Principal: '*'").replace("lambda:InvokeFunction", "lambda:Invoke");
    assert!(warnings(&source)[0].contains("lambda has no action `Invoke`"));
}

#[test]
fn sam_permits_apis_to_call_the_functions_of_their_routes() {
    let source = format!(
        "{HEAD}  Rest: {{Type: AWS::Serverless::Api, Properties: {{StageName: live}}}}
  Http: {{Type: AWS::Serverless::HttpApi}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        One: {{Type: Api, Properties: {{Path: '/a/{{id}}/b/{{rest+}}', Method: get, RestApiId: !Ref Rest}}}}
        Two: {{Type: Api, Properties: {{Path: /c/, Method: any}}}}
        Three: {{Type: HttpApi, Properties: {{Path: '/a/{{id}}/{{rest+}}', Method: post, ApiId: !Ref Http}}}}
        Four: {{Type: HttpApi, Properties: {{Path: '/{{proxy+}}', Method: any, ApiId: !Ref Http}}}}
        Zero: {{Type: HttpApi, Properties: {{Path: /zero, Method: get}}}}
        Five: {{Type: HttpApi}}
        Six: {{Type: HttpApi, Properties: {{Path: /six, Method: get}}}}
"
    );
    // As aws-sam-translator 1.115.0 has them.
    let expected = [
        "local-FOnePermissionlive */GET/a/*/b/*",
        "local-FTwoPermissionProd */*/c",
        "local-FThreePermission */POST/a/*/{rest+}",
        "local-FFourPermission */*/*",
        // The catch-all of an API stands for its other routes.
        "local-FFivePermission */*",
    ];
    assert_eq!(sources(&source, "F"), expected);
}

#[test]
fn sam_permits_apis_to_call_authorizers_as_each_kind_has_it() {
    let source = |rest: &str, http: &str| {
        format!(
            "{HEAD}  Rest:
    Type: AWS::Serverless::Api
    Properties: {{StageName: live, Auth: {{Authorizers: {{A: {{FunctionArn: !GetAtt F.Arn{rest}}}}}}}}}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties: {{Auth: {{Authorizers: {{A: {{FunctionArn: !GetAtt F.Arn{http}}}}}}}}}
  F: {{Type: AWS::Serverless::Function}}
"
        )
    };
    let (rest, http) = (
        "local-RestAAuthorizerPermission authorizers/*",
        "local-HttpAAuthorizerPermission authorizers/*",
    );
    assert_eq!(sources(&source("", ""), "F"), [rest]);
    let asked = ", EnableFunctionDefaultPermissions: true";
    assert_eq!(sources(&source("", asked), "F"), [rest, http]);
    let declined = ", DisableFunctionDefaultPermissions: true";
    assert_eq!(sources(&source(declined, ""), "F"), [""; 0]);
    // SAM permits it even if a role is there to call it with.
    for (role, called_with) in [("arn:aws:iam::1:role/r", true), ("NONE", false)] {
        let source = source(&format!(", FunctionInvokeRole: '{role}'"), "");
        assert_eq!(sources(&source, "F"), [rest]);
        let application = application(&source);
        let authorizer = &application.apis_without_routes[0].authorizers["A"];
        let expected = called_with.then_some(role);
        assert_eq!(authorizer.invoke_role.as_deref(), expected);
    }
}

#[test]
fn what_cannot_be_resolved_here_leaves_a_permission_out_and_stops_nothing() {
    for unresolved in [
        "FunctionName: !Ref FAliaslive, Principal: s3.amazonaws.com",
        "FunctionName: !Ref F, Principal: !ImportValue service",
        "FunctionName: !Ref F, Principal: sns.amazonaws.com, SourceArn: !ImportValue topic",
    ] {
        let source = format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  F: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: f, Handler: h, Runtime: provided.al2023}}}}
  P: {{Type: AWS::Lambda::Permission, Properties: {{Action: lambda:InvokeFunction, {unresolved}}}}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !ImportValue name}}}}
"
        );
        let application = application(&source);
        let policy = &application.functions[0].policy;
        assert_eq!(
            policy.document.as_json()["Statement"],
            json!([]),
            "{unresolved}"
        );
        let said = super::lines(&application.warnings);
        let left_out = said.iter().filter(|line| {
            line.contains("the permission P is left out, and so allows nothing here")
        });
        assert_eq!(left_out.count(), 1, "{said:?}");
    }
}
