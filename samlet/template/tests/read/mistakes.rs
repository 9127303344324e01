//! What is said of a wrong template.

use crate::{FUNCTION, application, errors, errors_with, settings, warnings};

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
    assert!(
        errors(&FUNCTION.replace("Method: get", "Method: transmit"))[0]
            .contains("`TRANSMIT` is no HTTP method (it is one of ANY, DELETE, GET, HEAD, ")
    );
}

/// The template without what is warned of in it.
fn plain() -> String {
    FUNCTION.replace("CODE: 0012", "CODE: a")
}

#[test]
fn actions_that_there_are_not_are_told_with_what_was_meant() {
    let told = |action: &str| {
        let written = format!("Action: {action}");
        plain().replace("Action: [dynamodb:GetItem]", &written)
    };
    for (action, warning) in [
        (
            "dynamodb:GetItems",
            "37:23 dynamodb has no action `GetItems` (did you mean `dynamodb:GetItem`?)",
        ),
        (
            "[dynamodb:PutItem, dynamodb:UpdateItme]",
            "37:42 dynamodb has no action `UpdateItme` (did you mean `dynamodb:UpdateItem`?)",
        ),
        (
            "lambda:Invoke",
            "37:23 lambda has no action `Invoke` (it allows nothing; there are lambda:InvokeAsync, lambda:InvokeFunction, lambda:InvokeFunctionUrl)",
        ),
        (
            "dynamo:GetItem",
            "37:23 `dynamo` is no service that has GetItem (did you mean `dynamodb:GetItem`?)",
        ),
        (
            "dynamodb:Gett*",
            "37:23 `dynamodb:Gett*` matches no action of dynamodb (it allows nothing)",
        ),
    ] {
        assert_eq!(warnings(&told(action)), [warning]);
    }
    let error = "37:23 `GetItem` names no service: IAM takes no such action (did you mean `dynamodb:GetItem`?)";
    assert_eq!(errors(&told("GetItem")), [error]);
    for fine in [
        "dynamodb:getitem",
        "DynamoDB:Query",
        "s3:GetObject",
        "sns:Publish",
        "dynamodb:Get*",
    ] {
        assert_eq!(warnings(&told(fine)), [""; 0], "{fine}");
    }
}

#[test]
fn permissions_that_reach_too_far_are_told_where_they_stand() {
    let statement = "            - Effect: Allow
              Action: [dynamodb:GetItem]
              Resource: !GetAtt Table.Arn
";
    for (written, told) in [
        (
            "{Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Table.Arn}",
            "36:39 `dynamodb:*` allows every action of dynamodb",
        ),
        (
            "{Effect: Allow, Action: '*', Resource: !GetAtt Table.Arn}",
            "36:39 `*` allows every action of every service",
        ),
        (
            "{Effect: Allow, Action: 'dynamodb:Delete*', Resource: !GetAtt Table.Arn}",
            "36:39 `dynamodb:Delete*` allows dynamodb:DeleteBackup too, and all of such a name",
        ),
        (
            "{Effect: Allow, Action: 'dynamodb:PutItem', Resource: '*'}",
            "36:69 this allows dynamodb:PutItem on every resource of its kind",
        ),
        (
            "{Effect: Allow, Action: 'lambda:InvokeFunction', Resource: !Sub 'arn:aws:lambda:${AWS::Region}:1:function:*'}",
            "36:74 this allows lambda:InvokeFunction on every resource of its kind",
        ),
        (
            "{Effect: Allow, NotAction: 'dynamodb:PutItem', Resource: !GetAtt Table.Arn}",
            "36:42 NotAction allows everything but what it names",
        ),
    ] {
        let source = plain().replace(statement, &format!("            - {written}\n"));
        let found = warnings(&source);
        assert_eq!(found.len(), 1, "{written}: {found:#?}");
        assert!(found[0].starts_with(told), "{written}: {found:#?}");
    }
    for fine in [
        "{Effect: Deny, Action: 'dynamodb:*', Resource: '*'}",
        "{Effect: Allow, Action: [dynamodb:ListTables, logs:PutLogEvents, sts:GetCallerIdentity], Resource: '*'}",
        "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}",
        "{Effect: Allow, Action: 'dynamodb:PutItem', Resource: '*', Condition: {StringEquals: {'aws:ResourceTag/a': b}}}",
        "{Effect: Allow, Action: 'dynamodb:Query', Resource: !Sub '${Table.Arn}/index/*'}",
    ] {
        let source = plain().replace(statement, &format!("            - {fine}\n"));
        let found = warnings(&source);
        assert_eq!(found, [""; 0], "{fine}");
    }
}

/// A condition that is written in the place of a statement of `plain`.
fn with_condition(written: &str) -> String {
    let statement = "            - Effect: Allow
              Action: [dynamodb:GetItem]
              Resource: !GetAtt Table.Arn
";
    let source = plain();
    assert!(source.contains(statement), "{source}");
    source.replace(statement, &format!("            - {written}\n"))
}

#[test]
fn condition_keys_that_there_are_not_are_refused_at_their_place() {
    for (written, told) in [
        (
            "{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Table.Arn, Condition: {StringEquals: {'dynamodb:Selects': COUNT}}}",
            "36:115 dynamodb has no condition key `dynamodb:Selects` (did you mean `dynamodb:Select`?)",
        ),
        (
            "{Effect: Deny, Action: 's3:*', Resource: !GetAtt Table.Arn, Condition: {StringEquals: {'AWS:SourceVpx': a}}}",
            "36:102 `AWS:SourceVpx` is not one of AWS's global condition keys (did you mean `aws:SourceVpc`?)",
        ),
        (
            "{Effect: Deny, Action: 'dynamodb:GetItem', Resource: 'arn:aws:dynamodb:*:*:table/${aws:usernames}'}",
            "36:68 `aws:usernames` is not one of AWS's global condition keys (did you mean `aws:username`?)",
        ),
        (
            "{Effect: Deny, Action: 'dynamodb:GetItem', Resource: !GetAtt Table.Arn, Condition: {StringEquals: {'dynamodb:Select': '${AWS::Region}'}}}",
            "36:133 `AWS::Region` is not one of AWS's global condition keys (only `!Sub` replaces pseudo parameters)",
        ),
    ] {
        assert_eq!(errors(&with_condition(written)), [told], "{written}");
    }
}

#[test]
fn condition_keys_are_warned_of_that_need_another_operator_or_are_not_known() {
    let statement = |action: &str, condition: &str| {
        format!(
            "{{Effect: Allow, Action: '{action}', Resource: !GetAtt Table.Arn, Condition: {condition}}}"
        )
    };
    for (action, condition, told) in [
        (
            "dynamodb:GetItem",
            "{StringEquals: {'dynamodb:LeadingKeys': a}}",
            "StringEquals is for single values, and `dynamodb:LeadingKeys` may have several \
             (write `ForAllValues:StringEquals` or `ForAnyValue:StringEquals`)",
        ),
        (
            "dynamodb:GetItem",
            "{StringLikeIfExists: {'aws:TagKeys': a}}",
            "StringLikeIfExists is for single values, and `aws:TagKeys` may have several \
             (write `ForAllValues:StringLikeIfExists` or `ForAnyValue:StringLikeIfExists`)",
        ),
        (
            "dynamodb:GetItem",
            "{StringEquals: {'s3:prefix': a}}",
            "samlet cannot know the values of `s3:prefix` (of the services here it allows nothing)",
        ),
    ] {
        let found = warnings(&with_condition(&statement(action, condition)));
        assert_eq!(found.len(), 1, "{found:?}");
        let (_, found) = found[0].split_once(' ').unwrap();
        assert_eq!(found, told);
    }
    for (action, condition) in [
        (
            "dynamodb:GetItem",
            "{'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': a}}",
        ),
        (
            "dynamodb:GetItem",
            "{'Null': {'dynamodb:LeadingKeys': 'false'}}",
        ),
        (
            "dynamodb:GetItem",
            "{StringEquals: {'dynamodb:Select': '${aws:PrincipalTag/a}'}}",
        ),
        (
            "dynamodb:GetItem",
            "{StringEquals: {'aws:PrincipalOrgID': o-1, 'lambda:SourceFunctionArn': a}}",
        ),
        (
            "s3:GetObject",
            "{StringEquals: {'s3:prefix': '${s3:more}'}}",
        ),
    ] {
        let found = warnings(&with_condition(&statement(action, condition)));
        assert_eq!(found, [""; 0], "{condition}");
    }
}

#[test]
fn a_key_that_a_parameter_asks_for_is_asked_for_as_on_aws() {
    let source = |default: &str, required: &str| {
        FUNCTION
            .replace(
                "Conditions:",
                &format!("  Key: {{Type: String, Default: {default}}}\nConditions:"),
            )
            .replace(
                "{StageName: !Ref Stage}",
                &format!("{{StageName: !Ref Stage, Auth: {{ApiKeyRequired: {required}}}}}"),
            )
    };
    for (default, required, asked) in [
        ("''", "!Ref Key", false),
        ("required", "!Ref Key", true),
        ("'true'", "!Ref Key", true),
        ("''", "true", true),
        ("''", "false", false),
    ] {
        let application = application(&source(default, required));
        assert_eq!(
            application.apis[0].routes[0].api_key_required, asked,
            "{default} {required}"
        );
    }
    for (default, required) in [("'false'", "!Ref Key"), ("''", "'false'")] {
        let told = errors(&source(default, required));
        assert!(
            told[0].contains("on AWS a key is required here"),
            "{told:?}"
        );
    }
    assert!(errors(&source("''", "[]"))[0].contains("ApiKeyRequired is true or false"));
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
fn a_malformed_or_unknown_intrinsic_function_is_an_error() {
    for (value, told) in [
        ("!Join [a]", "Fn::Join is malformed"),
        ("!Join [',', text]", "Fn::Join is malformed"),
        ("!Split ['', a]", "Fn::Split is malformed"),
        ("!Sub {a: b}", "Fn::Sub is malformed"),
        ("!Sub '${Table'", "a `}` for every"),
        ("!Select [9, [a]]", "an index within its list"),
        (
            "!Select [9, [!Ref AWS::Region, !Ref Stage]]",
            "an index within its list",
        ),
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
        let text = errors_with(&source, &settings);
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
    // The alarms that stop a function's deployment watch it.
    let alarm = "  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {Dimensions: [{Name: FunctionName, Value: !Ref Get}]}
Outputs:";
    let stopped = "      DeploymentPreference: {Type: AllAtOnce, Alarms: [!Ref Alarm]}\n";
    let watched = plain()
        .replace("      MemorySize: 256\n", stopped)
        .replace("Outputs:", alarm);
    assert_eq!(warnings(&watched), [""; 0]);
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
fn a_template_is_one_document_with_sams_transform() {
    assert!(errors(&format!("{FUNCTION}---\na: b\n"))[0].contains("a second YAML document"));
    let without = FUNCTION.replace("Transform: AWS::Serverless-2016-10-31", "");
    assert!(errors(&without)[0].contains("add `Transform:"));
}

#[test]
fn models_and_throttles_are_checked_where_they_stand() {
    let source = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Models:
        User: {type: object, properties: {age: {type: intger}}}
        Other: {properties: {}}
      MethodSettings:
        - {ResourcePath: /usr, HttpMethod: GET, ThrottlingRateLimit: 1}
        - {ResourcePath: /user, HttpMethod: '*', ThrottlingRateLimit: fast}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        User:
          Type: Api
          Properties:
            Path: /user
            Method: GET
            RestApiId: !Ref Rest
            RequestModel: {Model: Usr, ValidateBody: true}
            RequestParameters: [request.querystring.who]
";
    let told = errors(source);
    for start in [
        "9:9 the model User is no JSON schema of draft 4: ",
        "10:9 the model Other has no `type`",
        "13:11 ThrottlingRateLimit is a number of requests a second",
        "13:11 method settings are of one method",
        "27:35 `Usr` is no model of Rest (did you mean `User`?)",
        "28:33 `request.querystring.who` is no request parameter",
        "4:3 Rest throttles `GET /usr`, which it does not have (did you mean `GET /user`?)",
    ] {
        assert!(
            told.iter().any(|line| line.starts_with(start)),
            "{start}\n{told:#?}"
        );
    }
    assert_eq!(told.len(), 7, "{told:#?}");
}

#[test]
fn a_template_that_nests_too_deep_is_refused_however_deep_it_is() {
    for nesting in ["- ", "? "] {
        let told = errors(&nesting.repeat(100_000));
        assert_eq!(told.len(), 1, "{nesting}");
        assert!(told[0].contains("nests deeper than 100 levels"), "{told:?}");
    }
    // Aliases nest it deeper than its text does.
    let mut source = format!("a0: &a0 {}x{}\n", "[".repeat(90), "]".repeat(90));
    for alias in 1..30 {
        let (open, close) = ("[".repeat(90), "]".repeat(90));
        source += &format!("a{alias}: &a{alias} {open}*a{}{close}\n", alias - 1);
    }
    let told = errors(&source);
    assert!(told[0].contains("nests deeper than 100 levels"), "{told:?}");
}

/// Each of these says little, and means more than any machine can hold.
#[test]
fn a_template_whose_values_grow_without_bound_is_refused() {
    let output = |value: &str| format!("Outputs: {{O: {{Value: {value}}}}}\n");
    let table = |name: &str, value: &str| {
        format!("  {name}: {{Type: AWS::SSM::Parameter, Properties: {{Name: {value}}}}}\n")
    };
    let doubled = (0..80).map(|n| {
        let next = n + 1;
        table(
            &format!("R{n}"),
            &format!("!Sub '${{R{next}}}${{R{next}}}'"),
        )
    });
    let doubled: String = doubled.collect();
    let nested = (0..30).fold("a".repeat(100), |value, _| {
        format!("!Sub ['${{A}}${{A}}', {{A: {value}}}]")
    });
    let joined = format!("!Join [{}, [{}]]", "a".repeat(300_000), "b, ".repeat(1000));
    for source in [
        format!(
            "Resources:\n{doubled}{}{}",
            table("R80", "last"),
            output("!Ref R0")
        ),
        format!("Resources:\n{}{}", table("R", "r"), output(&nested)),
        format!("Resources:\n{}{}", table("R", "r"), output(&joined)),
    ] {
        let told = errors(&source);
        let is_told = told
            .iter()
            .any(|error| error.contains("values are larger than"));
        assert!(is_told, "{told:?}");
    }
}

#[test]
fn values_that_lead_from_one_to_another_for_too_long_are_refused() {
    let chain = (0..450).map(|n| {
        let next = (n + 1) % 450;
        format!(
            "  R{n}: {{Type: AWS::SSM::Parameter, Properties: {{Name: !Sub 'x${{R{next}}}'}}}}\n"
        )
    });
    let chain: String = chain.collect();
    let told = errors(&format!(
        "Resources:\n{chain}Outputs: {{O: {{Value: !Ref R0}}}}\n"
    ));
    let is_told = |text: &str| told.iter().any(|error| error.contains(text));
    assert!(is_told("leads through too many others"), "{told:?}");
}

#[test]
fn mappings_are_literal() {
    for source in [
        "!FindInMap [M, a, b]",
        "[x, !Ref AWS::Region]",
        "{Fn::FindInMap: [M, a, b]}",
    ] {
        let source = format!(
            "Mappings: {{M: {{a: {{b: {source}}}}}}}\nResources: {{R: {{Type: AWS::SSM::Parameter}}}}\n\
             Outputs: {{O: {{Value: !Join ['', !FindInMap [M, a, b]]}}}}\n"
        );
        let told = errors(&source);
        assert!(told[0].starts_with("1:"), "{told:?}");
        assert!(
            told[0].contains("Every Mappings attribute must be a String or a List"),
            "{told:?}"
        );
    }
}

#[test]
fn the_functions_own_part_of_the_contract_is_one_file() {
    let source = "Metadata: {OpenApi: [a.json]}\nResources: {R: {Type: AWS::SSM::Parameter}}\n";
    let told = errors(source);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("1:21 OpenApi is the path of a file"),
        "{told:?}"
    );
    let named = source.replace("[a.json]", "a.json");
    let read = application(&named).open_api;
    assert_eq!(read, Some("a.json".into()));
}
