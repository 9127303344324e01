//! `samlet estimate` on this repository's own template: each stage by hand, and what the documents show of it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::process::Command;

use acceptance::{Application, repository, samlet_binary};
use serde_json::Value;

/// The load of docs/scale.md, of a table that holds something.
const LOAD: &str = "--rate 1000 --mix create=1,retrieve=8,update=1 --duration-ms 12 --item-bytes 512 --log-bytes 400 --stored-gb 100";

/// The template alone: nothing was run, nothing is stored.
fn message_service() -> Application {
    let folder = tempfile::tempdir().unwrap();
    let template = repository().join("template.yaml");
    std::fs::copy(template, folder.path().join("template.yaml")).unwrap();
    Application { folder }
}

/// What samlet prints, given these words.
fn samlet(application: &Application, arguments: &str) -> String {
    let output = Command::new(samlet_binary())
        .current_dir(application.folder.path())
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments}: {said}");
    assert_eq!(said, "", "{arguments}");
    String::from_utf8(output.stdout).unwrap()
}

/// The estimate of a stage, and its charges to the cent, by service.
fn estimate(application: &Application, more: &str) -> (Value, BTreeMap<String, String>) {
    let arguments = format!("estimate {LOAD} --format json {more}");
    let found: Value = serde_json::from_str(&samlet(application, &arguments)).unwrap();
    let charges = found["charges"].as_array().unwrap().iter();
    let charges = charges.map(|charge| {
        let cost = charge["cost"].as_f64().unwrap();
        let service = charge["service"].as_str().unwrap();
        (service.to_owned(), format!("{cost:.2}"))
    });
    let charges = charges.collect();
    (found, charges)
}

/// 1,000 a second are 2,628 million requests a month.
#[test]
fn production_costs_what_development_does_and_what_watches_and_protects_it() {
    let application = message_service();
    let (plain, development) = estimate(&application, "");
    let (_, same) = estimate(&application, "--parameter-overrides Stage=development");
    assert_eq!(development, same);
    assert_eq!(plain["notes"], serde_json::json!([]));
    let (found, production) = estimate(&application, "--parameter-overrides Stage=production");
    // 2,628e6 x 400 bytes = 979.01 GB x 0.50.
    assert_eq!(development["CloudWatch Logs, ingestion"], "489.50");
    let mut expected = development;
    for (service, cost) in [
        // A format of 193 characters and 15 variables of 16 bytes, and 26 for
        // the event: 2,628e6 x (400 + 459) bytes = 2,102.42 GB x 0.50.
        ("CloudWatch Logs, ingestion", "1051.21"),
        // 4 + 4 + 4 + 1 + 4 + 2 metrics x 0.10.
        ("CloudWatch, alarms", "1.90"),
        // 1 + 999 x 0.05 = 50.95/s, 133.8966 million a month x 5.00.
        ("X-Ray, traces recorded", "669.48"),
        // 100 GB x 0.20.
        ("DynamoDB, point-in-time recovery", "20.00"),
    ] {
        let before = expected.insert(service.into(), cost.into());
        let is_in_both = service == "CloudWatch Logs, ingestion";
        assert_eq!(before.is_some(), is_in_both, "{service}");
    }
    assert_eq!(production, expected);
    let notes: Vec<&str> = found["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap())
        .collect();
    assert_eq!(
        notes,
        [
            "X-Ray is taken to sample by its default rule: the first request each second and 5 % of the others",
            "An access log takes 459 bytes a request: its format with 16 for each variable, and 26 that AWS adds",
            "Not counted: requests to KMS for DynamoDBTable; dashboards past an account's three free ones",
        ]
    );
}

#[test]
fn every_region_has_the_prices_of_production() {
    let application = message_service();
    let (_, charges) = estimate(
        &application,
        "--parameter-overrides Stage=production --region eu-central-1",
    );
    assert_eq!(charges["X-Ray, traces recorded"], "669.48");
    // 100 GB x 0.2448.
    assert_eq!(charges["DynamoDB, point-in-time recovery"], "24.48");
}

/// Each command in the documents, and the lines that follow it, but for `…`.
fn shown(document: &str) -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(repository().join("docs").join(document)).unwrap();
    let blocks = text
        .split("```console\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"));
    let estimates = blocks.filter_map(|(block, _)| block.strip_prefix("$ samlet estimate "));
    let estimates = estimates.map(|block| {
        let mut lines = block.lines().map(str::to_owned);
        let arguments = lines.next().unwrap();
        (arguments, lines.filter(|line| line.trim() != "…").collect())
    });
    estimates.collect()
}

#[test]
fn the_documents_show_what_the_command_prints() {
    let application = message_service();
    for document in ["scale.md", "production.md"] {
        let shown = shown(document);
        assert_eq!(shown.len(), 1, "{document}");
        for (arguments, lines) in shown {
            let printed = samlet(&application, &format!("estimate {arguments}"));
            let mut printed = printed.lines();
            for line in lines {
                assert!(
                    printed.any(|printed| printed.trim_end() == line.trim_end()),
                    "{document}: {line}"
                );
            }
        }
    }
}
