//! What there is to agree on, as named facts: once from samlet's reading, once from the translator's output.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::cloudformation::{Stack, text};

/// Each by its name, such as `Create memory`.
pub(crate) type Facts = BTreeMap<String, Value>;

/// What both sides say of a table, as CreateTable has it.
const TABLE: [&str; 7] = [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
];

/// From `samlet validate --format json`; `managed` are the policies of AWS
/// that the other side has by name only.
pub(crate) fn of_reading(reading: &Value, managed: &BTreeSet<String>) -> Facts {
    let mut facts = Facts::new();
    for function in list(&reading["functions"]) {
        function_of_reading(&mut facts, function, managed);
    }
    let names = list(&reading["functions"]);
    let apis = list(&reading["apis"])
        .iter()
        .chain(list(&reading["apis_without_routes"]));
    for api in apis {
        api_of_reading(&mut facts, api);
        for route in list(&api["routes"]) {
            let known = names
                .iter()
                .any(|function| function["name"] == route["function"]);
            assert!(known, "{route}");
            route_of_reading(&mut facts, &text(&api["logical_id"]), route);
        }
    }
    for table in list(&reading["tables"]) {
        table_of_reading(&mut facts, table);
    }
    for output in list(&reading["outputs"]) {
        let name = text(&output["name"]);
        facts.insert(format!("output {name}"), output["value"].clone());
    }
    facts
}

fn function_of_reading(facts: &mut Facts, function: &Value, managed: &BTreeSet<String>) {
    let id = text(&function["logical_id"]);
    for name in [
        "name",
        "handler",
        "runtime",
        "architecture",
        "memory_mb",
        "ephemeral_storage_mb",
        "reserved_concurrency",
        "log_group",
    ] {
        facts.insert(format!("{id} {name}"), function[name].clone());
    }
    facts.insert(
        format!("{id} timeout"),
        json!(function["timeout_seconds"].as_f64()),
    );
    facts.insert(format!("{id} environment"), function["environment"].clone());
    for policy in list(&function["role"]["policies"]) {
        match policy["name"]
            .as_str()
            .filter(|name| managed.contains(*name))
        {
            Some(name) => allow(facts, &id, &json!(name)),
            None => statements(facts, &id, &policy["document"]),
        }
    }
    for statement in list(&function["policy"]["document"]["Statement"]) {
        let id = text(&statement["Sid"]);
        let id = id.strip_prefix("local-").unwrap();
        permit(facts, id, statement);
    }
}

fn api_of_reading(facts: &mut Facts, api: &Value) {
    let id = text(&api["logical_id"]);
    facts.insert(format!("{id} kind"), api["kind"].clone());
    facts.insert(format!("{id} stage"), api["stage"].clone());
    facts.insert(format!("{id} variables"), api["stage_variables"].clone());
    for (name, response) in api["gateway_responses"].as_object().unwrap() {
        facts.insert(format!("{id} {name}"), response["template"][1].clone());
    }
    for (name, authorizer) in api["authorizers"].as_object().unwrap() {
        facts.insert(
            format!("{id} authorizer {name}"),
            authorizer["function"].clone(),
        );
        facts.insert(
            format!("{id} authorizer {name} role"),
            authorizer["invoke_role"].clone(),
        );
        let seconds = authorizer["time_to_live_seconds"].as_f64();
        facts.insert(format!("{id} authorizer {name} holds for"), json!(seconds));
    }
}

fn route_of_reading(facts: &mut Facts, id: &str, route: &Value) {
    let what = format!("{id} {} {}", text(&route["method"]), text(&route["path"]));
    facts.insert(format!("{what} authorizer"), route["authorizer"].clone());
    facts.insert(
        format!("{what} needs a key"),
        route["api_key_required"].clone(),
    );
    facts.insert(format!("{what} payload"), route["payload_format"].clone());
    facts.insert(
        format!("{what} timeout"),
        json!(route["timeout_seconds"].as_f64()),
    );
    let document = &route["validation"]["body"];
    let schema = document["$ref"].as_str().map(last_part);
    let schema = schema.map(|name| document["definitions"][name].clone());
    facts.insert(format!("{what} body"), json!(schema));
    facts.insert(what, route["function"].clone());
}

fn table_of_reading(facts: &mut Facts, table: &Value) {
    let id = text(&table["logical_id"]);
    facts.insert(format!("{id} name"), table["name"].clone());
    for name in TABLE {
        facts.insert(format!("{id} {name}"), table["create_table"][name].clone());
    }
    let stream = &table["create_table"]["StreamSpecification"]["StreamViewType"];
    facts.insert(format!("{id} stream"), stream.clone());
    let expiry = &table["time_to_live"]["attribute"];
    facts.insert(format!("{id} expiry"), expiry.clone());
}

/// From a translated template.
pub(crate) fn of_stack(stack: &Stack<'_>) -> Facts {
    let mut facts = Facts::new();
    for (id, kind, properties) in stack.resources() {
        match kind {
            "AWS::Lambda::Function" => function(&mut facts, stack, id, &properties),
            "AWS::Lambda::Permission" => permission(&mut facts, id, &properties),
            "AWS::DynamoDB::Table" => table(&mut facts, stack, id, &properties),
            "AWS::ApiGateway::RestApi" => api(&mut facts, id, "REST", &properties["Body"]),
            "AWS::ApiGatewayV2::Api" => api(&mut facts, id, "HTTP", &properties["Body"]),
            "AWS::ApiGateway::Stage" => stage(&mut facts, stack, &properties, "RestApiId"),
            "AWS::ApiGatewayV2::Stage" => stage(&mut facts, stack, &properties, "ApiId"),
            _ => {}
        }
    }
    let outputs = stack.template["Outputs"].as_object();
    for (name, output) in outputs.into_iter().flatten() {
        if stack.is_wanted(output) {
            facts.insert(format!("output {name}"), stack.resolve(&output["Value"]));
        }
    }
    facts
}

/// The names of AWS's managed policies that roles of a translated template have.
pub(crate) fn managed_policies(stack: &Stack<'_>) -> BTreeSet<String> {
    let roles = stack.resources().into_iter();
    let arns = roles.flat_map(|(.., role)| list(&role["ManagedPolicyArns"]).to_vec());
    arns.map(|arn| last_part(&text(&arn))).collect()
}

fn function(facts: &mut Facts, stack: &Stack<'_>, id: &str, properties: &Value) {
    let name = stack.name(id);
    let or = |value: &Value, default: Value| match value.is_null() {
        true => default,
        false => value.clone(),
    };
    let number = |value: &Value, default: u64| match value.is_null() {
        true => json!(default),
        false => json!(text(value).parse::<u64>().unwrap()),
    };
    let timeout = number(&properties["Timeout"], 3);
    let log_group = or(
        &properties["LoggingConfig"]["LogGroup"],
        format!("/aws/lambda/{name}").into(),
    );
    for (what, value) in [
        ("name", json!(name)),
        ("handler", properties["Handler"].clone()),
        ("runtime", properties["Runtime"].clone()),
        (
            "architecture",
            or(&properties["Architectures"][0], "x86_64".into()),
        ),
        ("memory_mb", number(&properties["MemorySize"], 128)),
        (
            "ephemeral_storage_mb",
            number(&properties["EphemeralStorage"]["Size"], 512),
        ),
        (
            "reserved_concurrency",
            properties["ReservedConcurrentExecutions"].clone(),
        ),
        ("timeout", json!(timeout.as_f64())),
        ("log_group", log_group),
    ] {
        facts.insert(format!("{id} {what}"), value);
    }
    let variables = properties["Environment"]["Variables"].as_object();
    let variables = variables.into_iter().flatten();
    let variables: Value = variables
        .map(|(name, value)| (name.clone(), json!(text(value))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    facts.insert(format!("{id} environment"), variables);
    let role = last_part(&text(&properties["Role"]));
    let all = stack.resources();
    let role = all
        .iter()
        .find(|(id, kind, _)| *kind == "AWS::IAM::Role" && stack.name(id) == role);
    let (.., role) = role.unwrap();
    for arn in list(&role["ManagedPolicyArns"]) {
        allow(facts, id, &json!(last_part(&text(arn))));
    }
    for policy in list(&role["Policies"]) {
        statements(facts, id, &policy["PolicyDocument"]);
    }
}

fn table(facts: &mut Facts, stack: &Stack<'_>, id: &str, properties: &Value) {
    facts.insert(format!("{id} name"), stack.name(id).into());
    for name in TABLE {
        facts.insert(format!("{id} {name}"), properties[name].clone());
    }
    let stream = &properties["StreamSpecification"]["StreamViewType"];
    facts.insert(format!("{id} stream"), stream.clone());
    let expiry = &properties["TimeToLiveSpecification"];
    let expiry = match expiry["Enabled"] == true {
        true => expiry["AttributeName"].clone(),
        false => Value::Null,
    };
    facts.insert(format!("{id} expiry"), expiry);
}

fn stage(facts: &mut Facts, stack: &Stack<'_>, properties: &Value, api: &str) {
    let api = text(&properties[api]);
    let (id, _) = stack
        .api_ids
        .iter()
        .find(|(_, known)| **known == api)
        .unwrap();
    facts.insert(format!("{id} stage"), properties["StageName"].clone());
    let variables = ["Variables", "StageVariables"].map(|name| &properties[name]);
    let variables = variables.into_iter().find(|variables| !variables.is_null());
    let none = json!({});
    facts.insert(
        format!("{id} variables"),
        variables.unwrap_or(&none).clone(),
    );
}

fn api(facts: &mut Facts, id: &str, kind: &str, body: &Value) {
    facts.insert(format!("{id} kind"), kind.into());
    let (longest, hold) = match kind {
        "REST" => (29_000.0, 300.0),
        _ => (30_000.0, 0.0),
    };
    let schemes = [
        &body["securityDefinitions"],
        &body["components"]["securitySchemes"],
    ];
    for (name, scheme) in schemes.into_iter().filter_map(Value::as_object).flatten() {
        let authorizer = &scheme["x-amazon-apigateway-authorizer"];
        if authorizer.is_null() {
            continue;
        }
        let uri = text(&authorizer["authorizerUri"]);
        facts.insert(format!("{id} authorizer {name}"), called(&uri).into());
        let role = authorizer["authorizerCredentials"].clone();
        facts.insert(format!("{id} authorizer {name} role"), role);
        let holds = authorizer["authorizerResultTtlInSeconds"].as_f64();
        let holds = json!(holds.unwrap_or(hold));
        facts.insert(format!("{id} authorizer {name} holds for"), holds);
    }
    let responses = body["x-amazon-apigateway-gateway-responses"].as_object();
    for (name, response) in responses.into_iter().flatten() {
        let template = &response["responseTemplates"]["application/json"];
        facts.insert(format!("{id} {name}"), template.clone());
    }
    for (path, methods) in body["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().unwrap() {
            let integration = &operation["x-amazon-apigateway-integration"];
            // A preflight's answer, which no function gives.
            if integration["type"] == "mock" {
                continue;
            }
            let method = match method.as_str() {
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                method => method.to_uppercase(),
            };
            let what = format!("{id} {method} {path}");
            let needed: Vec<&String> = list(&operation["security"])
                .iter()
                .flat_map(|each| each.as_object().unwrap().keys())
                .collect();
            let is_authorizer = |name: &&&String| !matches!(name.as_str(), "api_key" | "NONE");
            let key = needed.iter().any(|name| *name == "api_key");
            facts.insert(format!("{what} needs a key"), key.into());
            let authorizer = json!(needed.iter().find(is_authorizer));
            facts.insert(format!("{what} authorizer"), authorizer);
            let payload = integration["payloadFormatVersion"].as_str();
            facts.insert(format!("{what} payload"), payload.unwrap_or("1.0").into());
            let timeout = integration["timeoutInMillis"].as_f64().unwrap_or(longest);
            facts.insert(format!("{what} timeout"), json!(timeout / 1000.0));
            facts.insert(format!("{what} body"), json!(model(body, operation)));
            facts.insert(what, called(&text(&integration["uri"])).into());
        }
    }
}

/// The function that an integration calls, or a version of which it calls.
fn called(uri: &str) -> String {
    let (_, arn) = uri.split_once(":function:").unwrap();
    arn.split(['/', ':']).next().unwrap().to_owned()
}

/// The schema that an operation's body is held against.
fn model<'a>(api: &'a Value, operation: &Value) -> Option<&'a Value> {
    let validator = operation["x-amazon-apigateway-request-validator"].as_str()?;
    let validates = &api["x-amazon-apigateway-request-validators"][validator];
    if validates["validateRequestBody"] != true {
        return None;
    }
    // OpenAPI's way, then Swagger's.
    let body = &operation["requestBody"]["content"]["application/json"];
    let mut bodies = std::iter::once(body).chain(list(&operation["parameters"]));
    let name = bodies.find_map(|body| body["schema"]["$ref"].as_str())?;
    let models = [&api["components"]["schemas"], &api["definitions"]];
    let models = models.into_iter().find(|models| models.is_object())?;
    Some(&models[last_part(name)])
}

fn statements(facts: &mut Facts, function: &str, document: &Value) {
    for statement in list(&document["Statement"]) {
        let mut statement = statement.clone();
        for name in ["Action", "NotAction", "Resource", "NotResource"] {
            if statement[name].is_string() {
                statement[name] = json!([statement[name]]);
            }
            if statement[name].is_null() {
                statement.as_object_mut().unwrap().remove(name);
            }
        }
        allow(facts, function, &statement);
    }
}

fn allow(facts: &mut Facts, function: &str, statement: &Value) {
    facts.insert(format!("{function} policy {statement}"), true.into());
}

/// The properties of a permission as the statement that Lambda makes of them.
fn permission(facts: &mut Facts, id: &str, properties: &Value) {
    let function = text(&properties["FunctionName"]);
    let name = match function.contains(":function:") {
        true => called(&function),
        false => function,
    };
    let mut statement = json!({
        "Principal": {"Service": properties["Principal"]},
        "Action": properties["Action"],
        "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"),
    });
    for (property, operator, key) in [
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ] {
        if !properties[property].is_null() {
            statement["Condition"][operator][key] = properties[property].clone();
        }
    }
    permit(facts, id, &statement);
}

fn permit(facts: &mut Facts, id: &str, statement: &Value) {
    for name in ["Principal", "Action", "Resource", "Condition"] {
        facts.insert(format!("{id} permits {name}"), statement[name].clone());
    }
}

fn last_part(arn: &str) -> String {
    arn.rsplit('/').next().unwrap().to_owned()
}

/// A list, or one alone.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}
