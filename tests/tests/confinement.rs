//! What conditions on DynamoDB's own keys allow and refuse, of requests that are written to get past them.

#![allow(clippy::unwrap_used, missing_docs)]

use acceptance::{Application, Samlet};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

/// A function for each role; all of them have their credentials from the fixture.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023}
Resources:
  Own: {Type: AWS::Serverless::SimpleTable}
  Orders: {Type: AWS::Serverless::SimpleTable}
  OwnOnly:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement: {Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Own.Arn}
      Events: {Get: {Type: Api, Properties: {Path: '/own/{mode}', Method: GET}}}
  Keys:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            Effect: Allow
            Action: 'dynamodb:*'
            Resource: !GetAtt Orders.Arn
            Condition: {'ForAllValues:StringEquals': {dynamodb:LeadingKeys: [mine]}}
      Events: {Get: {Type: Api, Properties: {Path: '/keys/{mode}', Method: GET}}}
  NoSecret:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            - {Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Orders.Arn}
            - Effect: Deny
              Action: 'dynamodb:*'
              Resource: '*'
              Condition: {'ForAnyValue:StringEquals': {dynamodb:LeadingKeys: [secret]}}
      Events: {Get: {Type: Api, Properties: {Path: '/no-secret/{mode}', Method: GET}}}
  Columns:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            Effect: Allow
            Action: 'dynamodb:*'
            Resource: !GetAtt Orders.Arn
            Condition:
              'ForAllValues:StringEquals': {dynamodb:Attributes: [id, name]}
              StringEqualsIfExists:
                dynamodb:Select: SPECIFIC_ATTRIBUTES
                dynamodb:ReturnValues: [NONE, UPDATED_OLD, UPDATED_NEW]
      Events: {Get: {Type: Api, Properties: {Path: '/columns/{mode}', Method: GET}}}
  NoScan:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            - {Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Orders.Arn}
            - Effect: Deny
              Action: dynamodb:PartiQLSelect
              Resource: '*'
              Condition: {Bool: {dynamodb:FullTableScan: true}}
      Events: {Get: {Type: Api, Properties: {Path: '/no-scan/{mode}', Method: GET}}}
";

const ALLOWED: &str = "allowed";
const REFUSED: &str = "AccessDeniedException";

/// DynamoDB as a role has it.
struct Role<'s> {
    name: &'s str,
    client: Client,
}

impl<'s> Role<'s> {
    fn new(samlet: &Samlet, name: &'s str, credentials: Credentials) -> Self {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(credentials)
            .endpoint_url(&samlet.aws)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = Client::from_conf(config);
        Self { name, client }
    }

    fn of_function(samlet: &Samlet, name: &'s str) -> Self {
        let path = format!("/{name}/environment");
        let (_, environment) = samlet.json("GET", &path, None);
        let variable = |name: &str| environment[name].as_str().unwrap().to_owned();
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
            Some(variable("AWS_SESSION_TOKEN")),
            None,
            "test",
        );
        Self::new(samlet, name, credentials)
    }

    /// Sends any text as an operation's request; gives `allowed`, or the error's code.
    fn send(&self, operation: &str, body: &str) -> String {
        let (target, body) = (format!("DynamoDB_20120810.{operation}"), body.to_owned());
        // An SDK writes no stray members: another operation's request is written over, and then signed.
        let request = self.client.list_tables().customize();
        let request = request.mutate_request(move |request| {
            let headers = request.headers_mut();
            headers.insert("x-amz-target", target.clone());
            headers.insert("content-length", body.len().to_string());
            *request.body_mut() = body.clone().into();
        });
        match acceptance::block_on(request.send()) {
            Ok(_) => ALLOWED.to_owned(),
            Err(error) => error.code().unwrap_or_default().to_owned(),
        }
    }

    fn assert(&self, cases: &[(&str, Value, &str)]) {
        for (operation, body, expected) in cases {
            let found = self.send(operation, &body.to_string());
            assert_eq!(found, *expected, "{}: {operation} {body}", self.name);
        }
    }
}

fn statement(text: &str) -> Value {
    json!({ "Statement": text })
}

fn key(id: &str) -> Value {
    json!({"id": {"S": id}})
}

fn of_item(member: &str, id: &str) -> Value {
    json!({"TableName": "local-Orders", member: key(id)})
}

#[test]
fn conditions_hold_for_what_is_run_however_it_is_written() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let developer = Role::new(
        &samlet,
        "developer",
        Credentials::new("local", "local", None, None, "test"),
    );
    for id in ["mine", "theirs", "secret"] {
        let item = json!({"id": {"S": id}, "name": {"S": id}, "salary": {"N": "1"}});
        let put = json!({"TableName": "local-Orders", "Item": item});
        developer.assert(&[("PutItem", put, ALLOWED)]);
    }
    comments_and_texts_name_no_table(&Role::of_function(&samlet, "own"));
    stray_members_name_no_key(&Role::of_function(&samlet, "keys"));
    statements_have_leading_keys(&Role::of_function(&samlet, "no-secret"));
    attributes_are_those_that_are_named(&Role::of_function(&samlet, "columns"));
    a_scan_is_a_scan_in_partiql(&Role::of_function(&samlet, "no-scan"));
    // Nothing was written on the way.
    for id in ["theirs", "secret"] {
        let unchanged = json!({"TableName": "local-Orders", "Key": key(id),
            "ConditionExpression": "#n = :id AND salary = :one",
            "ExpressionAttributeNames": {"#n": "name"},
            "ExpressionAttributeValues": {":id": {"S": id}, ":one": {"N": "1"}}});
        developer.assert(&[("DeleteItem", unchanged, ALLOWED)]);
    }
}

fn comments_and_texts_name_no_table(role: &Role<'_>) {
    let own = statement("SELECT * FROM \"local-Own\"");
    role.assert(&[("ExecuteStatement", own, ALLOWED)]);
    for select in [
        "SELECT /* from \"local-Own\" */ * FROM \"local-Orders\"",
        "SELECT * -- from \"local-Own\"\n FROM \"local-Orders\"",
        "SELECT * /* FROM \"local-Own\" WHERE */ FROM \"local-Orders\" WHERE id = 'secret'",
        "SELECT -- FROM \"local-Own\"\r\n id FROM \"local-Orders\"",
        "SELECT 'from', * FROM \"local-Orders\"",
        "/* SELECT * FROM \"local-Own\" */ SELECT * FROM \"local-Orders\"",
    ] {
        let several = json!([statement(select)]);
        // What can't be read is not run.
        for (operation, body, refusals) in [
            (
                "ExecuteStatement",
                statement(select),
                [REFUSED, "ValidationException"],
            ),
            (
                "ExecuteTransaction",
                json!({ "TransactStatements": several }),
                [REFUSED, "ValidationException"],
            ),
        ] {
            let found = role.send(operation, &body.to_string());
            assert!(refusals.contains(&found.as_str()), "{found}: {body}");
        }
        let batch = json!({"Statements": several}).to_string();
        let is_readable = !select.contains("'from'");
        let expected = if is_readable { REFUSED } else { ALLOWED };
        assert_eq!(
            role.send("BatchExecuteStatement", &batch),
            expected,
            "{batch}"
        );
    }
    // The last of two members of one name is what JSON's readers take.
    let twice =
        r#"{"Key": {"id": {"S": "mine"}}, "TableName": "local-Own", "TableName": "local-Orders"}"#;
    assert_eq!(role.send("GetItem", twice), REFUSED);
}

fn stray_members_name_no_key(role: &Role<'_>) {
    let put = |id: &str| {
        json!({"TableName": "local-Orders", "Key": key("mine"),
            "Item": {"id": {"S": id}, "v": {"S": "OVERWRITTEN"}}})
    };
    let transaction = |id: &str| json!({"TransactItems": [{"Put": put(id)}]});
    let mut delete = of_item("Key", "theirs");
    delete["Item"] = key("mine");
    let batch = json!({"RequestItems": {"local-Orders": [
        {"PutRequest": {"Item": key("theirs"), "Key": key("mine")}},
    ]}});
    role.assert(&[
        ("PutItem", put("mine"), ALLOWED),
        ("PutItem", put("theirs"), REFUSED),
        ("TransactWriteItems", transaction("mine"), ALLOWED),
        ("TransactWriteItems", transaction("theirs"), REFUSED),
        ("DeleteItem", delete, REFUSED),
        ("BatchWriteItem", batch, REFUSED),
    ]);
    for (condition, expected) in [
        ("id = 'mine'", ALLOWED),
        ("id IN ['mine']", ALLOWED),
        ("id = 'theirs'", REFUSED),
        ("id = 'mine' OR id = 'theirs'", REFUSED),
        ("id IN ['mine', 'theirs']", REFUSED),
        ("id = 'mine' OR salary = 1", REFUSED),
        ("NOT id = 'mine'", REFUSED),
        ("id = 'theirs' -- ' AND id = 'mine'", REFUSED),
        ("id = 'theirs' /* AND id = 'mine' */", REFUSED),
    ] {
        let select = format!("SELECT * FROM \"local-Orders\" WHERE {condition}");
        role.assert(&[("ExecuteStatement", statement(&select), expected)]);
    }
    let mut update =
        statement("UPDATE \"local-Orders\" SET v = 1 WHERE id IN ['mine'] AND id = 'theirs'");
    update["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    role.assert(&[("ExecuteStatement", update, REFUSED)]);
    let all = statement("SELECT * FROM \"local-Orders\"");
    role.assert(&[("ExecuteStatement", all, REFUSED)]);
}

fn statements_have_leading_keys(role: &Role<'_>) {
    let select = |id: &str| statement(&format!("SELECT * FROM \"local-Orders\" WHERE id = '{id}'"));
    let update = |id: &str| {
        let update = format!("UPDATE \"local-Orders\" SET name = 'x' WHERE id = '{id}'");
        statement(&update)
    };
    role.assert(&[
        ("GetItem", of_item("Key", "mine"), ALLOWED),
        ("GetItem", of_item("Key", "secret"), REFUSED),
        ("ExecuteStatement", select("mine"), ALLOWED),
        ("ExecuteStatement", select("secret"), REFUSED),
        ("ExecuteStatement", update("mine"), ALLOWED),
        ("ExecuteStatement", update("secret"), REFUSED),
    ]);
    let either = "SELECT * FROM \"local-Orders\" WHERE id IN ['mine', 'secret']";
    role.assert(&[("ExecuteStatement", statement(either), REFUSED)]);
}

fn attributes_are_those_that_are_named(role: &Role<'_>) {
    for (text, expected) in [
        (
            "SELECT name FROM \"local-Orders\" WHERE id = 'mine'",
            ALLOWED,
        ),
        (
            "SELECT salary FROM \"local-Orders\" WHERE id = 'mine'",
            REFUSED,
        ),
        ("SELECT * FROM \"local-Orders\" WHERE id = 'mine'", REFUSED),
        (
            "SELECT name FROM \"local-Orders\" WHERE id = 'mine' AND salary > 1",
            REFUSED,
        ),
        (
            "UPDATE \"local-Orders\" SET name = 'x' WHERE id = 'mine'",
            ALLOWED,
        ),
        (
            "UPDATE \"local-Orders\" SET salary = 9 WHERE id = 'mine'",
            REFUSED,
        ),
        (
            "UPDATE \"local-Orders\" SET name = salary WHERE id = 'mine'",
            REFUSED,
        ),
        (
            "UPDATE \"local-Orders\" SET name = 'x' WHERE id = 'mine' RETURNING ALL NEW *",
            REFUSED,
        ),
        (
            "DELETE FROM \"local-Orders\" WHERE id = 'mine' AND salary = 9",
            REFUSED,
        ),
        (
            "INSERT INTO \"local-Orders\" VALUE {'id': 'n', 'salary': 9}",
            REFUSED,
        ),
    ] {
        role.assert(&[("ExecuteStatement", statement(text), expected)]);
    }
    let mut some = of_item("Key", "mine");
    some["ProjectionExpression"] = json!("id");
    let batch = json!({"RequestItems": {"local-Orders": {"Keys": [key("mine")]}}});
    let mut some_of_batch = batch.clone();
    some_of_batch["RequestItems"]["local-Orders"]["AttributesToGet"] = json!(["name"]);
    role.assert(&[
        ("GetItem", some, ALLOWED),
        ("GetItem", of_item("Key", "mine"), REFUSED),
        ("BatchGetItem", some_of_batch, ALLOWED),
        ("BatchGetItem", batch, REFUSED),
        ("Scan", json!({"TableName": "local-Orders"}), REFUSED),
    ]);
}

fn a_scan_is_a_scan_in_partiql(role: &Role<'_>) {
    for (rest, expected) in [
        ("WHERE id = 'mine'", ALLOWED),
        ("WHERE id IN ['mine', 'theirs'] AND salary = 1", ALLOWED),
        ("", REFUSED),
        ("WHERE salary = 1", REFUSED),
        ("WHERE id > 'a'", REFUSED),
        ("WHERE id = 'mine' OR salary = 1", REFUSED),
    ] {
        let select = format!("SELECT * FROM \"local-Orders\" {rest}");
        role.assert(&[("ExecuteStatement", statement(&select), expected)]);
    }
}
