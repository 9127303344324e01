//! samlet reads templates as AWS's own SAM translator does.

#![allow(clippy::unwrap_used, missing_docs)]

mod cloudformation;
mod facts;

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::{repository, samlet_binary, tool};
use cloudformation::Stack;
use serde_json::Value;

/// Templates that samlet and the translator both take; a new application's is made in `folder`.
fn templates(folder: &Path) -> Vec<PathBuf> {
    let root = repository();
    let applications = std::fs::read_dir(root.join("tests/applications")).unwrap();
    let applications = applications.map(|entry| entry.unwrap().path().join("template.yaml"));
    let mut templates: Vec<PathBuf> = applications.collect();
    templates.push(root.join("template.yaml"));
    templates.push(root.join("tests/translator/everything.yaml"));
    output(
        Command::new(samlet_binary())
            .current_dir(folder)
            .args(["init", "shop"]),
    );
    templates.push(folder.join("shop/template.yaml"));
    templates.sort();
    templates
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the translator makes of each template.
fn translated(templates: &[PathBuf]) -> Vec<Value> {
    let script = repository().join("tests/translator/translate.py");
    let lines = output(Command::new(tool("python")).arg(script).args(templates));
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn reading(template: &Path) -> Value {
    let arguments = ["validate", "--format", "json", "--template"];
    let mut samlet = Command::new(samlet_binary());
    serde_json::from_str(&output(samlet.args(arguments).arg(template))).unwrap()
}

/// Where the two readings differ, in words.
fn differences(reading: &Value, translated: &Value) -> Vec<String> {
    let declared = ["apis", "apis_without_routes"].map(|name| reading[name].as_array().unwrap());
    let ids = declared.into_iter().flatten();
    let api_ids = ids.map(|api| {
        let member = |name: &str| api[name].as_str().unwrap().to_owned();
        (member("logical_id"), member("id"))
    });
    let stack = Stack {
        template: translated,
        api_ids: api_ids.collect(),
    };
    let ours = facts::of_reading(reading, &facts::managed_policies(&stack));
    let theirs = facts::of_stack(&stack);
    let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    names.sort();
    names.dedup();
    let told = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let differ = names
        .into_iter()
        .filter(|name| ours.get(*name) != theirs.get(*name));
    differ
        .map(|name| {
            let (ours, theirs) = (told(ours.get(name)), told(theirs.get(name)));
            format!("{name}: samlet has {ours}, the translator {theirs}")
        })
        .collect()
}

#[test]
fn samlet_reads_every_template_as_the_sam_translator_does() {
    let folder = tempfile::tempdir().unwrap();
    let templates = templates(folder.path());
    let translated = translated(&templates);
    assert_eq!(translated.len(), templates.len());
    let mut found = Vec::new();
    for (template, translated) in templates.iter().zip(&translated) {
        let differences = differences(&reading(template), translated);
        found.extend(
            differences
                .into_iter()
                .map(|difference| format!("{}: {difference}", template.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "mostly a table of changes")]
fn a_difference_is_found_and_named() {
    let template = repository().join("template.yaml");
    let original = translated(std::slice::from_ref(&template)).remove(0);
    let reading = reading(&template);
    let body = "/Resources/ApiGatewayApi/Properties/Body/paths";
    for (place, value, told) in [
        (
            "/Resources/CreateMessageItem/Properties/MemorySize",
            Value::from(256),
            "CreateMessageItem memory_mb",
        ),
        (
            "/Resources/CreateMessageItem/Properties/Timeout",
            9.into(),
            "CreateMessageItem timeout",
        ),
        (
            "/Resources/CreateMessageItem/Properties/Environment/Variables",
            Value::Null,
            "CreateMessageItem environment",
        ),
        (
            "/Resources/CreateMessageItemRole/Properties/Policies/0/PolicyDocument/Statement/0/Action/0",
            "dynamodb:*".into(),
            "CreateMessageItem policy",
        ),
        (
            "/Resources/CreateMessageItemApiGatewayPermissionProd/Properties/Action",
            "lambda:*".into(),
            "CreateMessageItemApiGatewayPermissionProd permits Action",
        ),
        (
            "/Resources/DynamoDBTable/Properties/BillingMode",
            "PROVISIONED".into(),
            "DynamoDBTable BillingMode",
        ),
        (
            "/Resources/ApiGatewayApiProdStage/Properties/StageName",
            "dev".into(),
            "ApiGatewayApi stage",
        ),
        (
            "/Resources/CreateMessageItem/Properties/LoggingConfig/LogGroup",
            "other".into(),
            "CreateMessageItem log_group",
        ),
        (
            "/Resources/ApiGatewayApi/Properties/Body/components/schemas/message/type",
            "array".into(),
            "ApiGatewayApi P",
        ),
        (
            "/Resources/ApiGatewayApi/Properties/Body/x-amazon-apigateway-gateway-responses/BAD_REQUEST_BODY/responseTemplates/application~1json",
            "{}".into(),
            "ApiGatewayApi BAD_REQUEST_BODY",
        ),
        (
            "/Outputs/TableName/Value",
            "other".into(),
            "output TableName",
        ),
    ] {
        let mut changed = original.clone();
        *changed.pointer_mut(place).unwrap() = value;
        let found = differences(&reading, &changed);
        assert!(
            !found.is_empty() && found.iter().all(|found| found.starts_with(told)),
            "{told}: {found:?}"
        );
    }
    let mut changed = original.clone();
    let paths = changed.pointer_mut(body).unwrap().as_object_mut().unwrap();
    paths.remove("/message").unwrap();
    let found = differences(&reading, &changed);
    assert!(
        found
            .iter()
            .any(|found| found.starts_with("ApiGatewayApi POST /message:")),
        "{found:?}"
    );
}
