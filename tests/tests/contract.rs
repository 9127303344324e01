//! The API's contract: `docs/openapi.json` is what the template and the functions' own types say, and a running samlet
//! serves it. That the application keeps it, `make contract` tries.
//!
//! `UPDATE_EXPECTED=1 cargo test --workspace --test contract` writes the document anew.

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

use acceptance::{Application, Console, is_expected, repository, samlet_binary, send};
use serde_json::{Value, json};

fn samlet(arguments: &[&str]) -> String {
    let output = Command::new(samlet_binary())
        .current_dir(repository())
        .args(arguments)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_committed_document_is_what_template_and_types_say() {
    let path = repository().join("docs/openapi.json");
    let generated = samlet(&["openapi"]);
    if !is_expected(&path, &generated) {
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            committed, generated,
            "docs/openapi.json is not up to date: write it anew with UPDATE_EXPECTED=1"
        );
    }
}

#[test]
fn all_that_the_document_refers_to_is_in_it() {
    fn visit(value: &Value, whole: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    let place = target.strip_prefix('#').unwrap();
                    assert!(whole.pointer(place).is_some(), "there is no {target}");
                }
                members.values().for_each(|value| visit(value, whole));
            }
            Value::Array(values) => values.iter().for_each(|value| visit(value, whole)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&samlet(&["openapi"])).unwrap();
    visit(&document, &document);
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().map(|path| path.as_object().unwrap().len());
    assert_eq!(operations.sum::<usize>(), 4);
}

#[test]
fn a_running_samlet_serves_the_contract_with_its_own_address() {
    let application = Application::message_service(|template| template);
    let samlet = application.start(&["--no-watch"]);
    let url = Console::of(&samlet).url.replace('?', "openapi.json?");
    let get = |url: &str| {
        let request = ureq::http::Request::get(url).body(Vec::new()).unwrap();
        let (status, _, body) = send(request);
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    let (status, served) = get(&url);
    assert_eq!(status, 200);
    assert_eq!(served["servers"], json!([{"url": samlet.api}]));
    let committed = std::fs::read_to_string(repository().join("docs/openapi.json")).unwrap();
    let committed: Value = serde_json::from_str(&committed).unwrap();
    for part in ["info", "paths", "components"] {
        assert_eq!(served[part], committed[part], "{part}");
    }
    assert_eq!(get(&format!("{url}&api=ApiGatewayApi")), (200, served));
    assert_eq!(get(&format!("{url}&api=None")).0, 404);
    // It is for who has the token, as all of the console is.
    assert_eq!(get(url.split('?').next().unwrap()).0, 401);
    // It is read anew each time.
    std::fs::remove_file(application.folder.path().join("src/common/openapi.json")).unwrap();
    assert_eq!(get(&url).0, 500);
}

/// With an API key required, the contract says so: it is made of the template as it is deployed.
#[test]
fn the_contract_follows_the_parameters() {
    let document = samlet(&["openapi", "--parameter-overrides", "ApiKey=required"]);
    let document: Value = serde_json::from_str(&document).unwrap();
    let create = &document["paths"]["/message"]["post"];
    assert_eq!(create["security"], json!([{"ApiKey": []}]));
    let scheme = &document["components"]["securitySchemes"]["ApiKey"];
    assert_eq!(scheme["name"], "x-api-key");
}
