//! Any text as a template: what is found has a place in it, and what is read holds together.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::{Corpus, fuzz_target};
use samlet_template::{Application, Diagnostic, Location, Problems, read};
use serde_json::Value;

/// What all values of a template may come to, in texts; see the crate's `MAX_RESOLVED_BYTES`.
const MAX_VALUES: usize = 64 << 20;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(source) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let settings = fuzz::settings();
    let outcome = read(source, &settings, &fuzz::CATALOGUE);
    match &outcome {
        Ok(application) => {
            holds_together(application);
            each_is_within(&application.warnings, source);
        }
        Err(problems) => {
            assert!(!problems.errors.is_empty(), "refused for no reason");
            each_is_within(&problems.errors, source);
            each_is_within(&problems.warnings, source);
        }
    }
    // A byte order mark is one only at the very start; an empty template has no place.
    if !source.starts_with('\u{feff}') {
        let below = read(
            &format!("# A comment.\n{source}"),
            &settings,
            &fuzz::CATALOGUE,
        );
        let (here, below) = (told(&outcome, 1), told(&below, 0));
        if !is_empty(&outcome) {
            assert_eq!(here, below, "a comment at its top changes what it means");
        }
    }
    Corpus::Keep
});

fn is_empty(outcome: &Result<Application, Problems>) -> bool {
    let empty = |problems: &Problems| problems.errors[0].message == "the template is empty";
    outcome.as_ref().is_err_and(empty)
}

fn each_is_within(findings: &[Diagnostic], source: &str) {
    // YAML ends lines at a carriage return alone, too.
    let lines = source.split(['\n', '\r']).count() + 1;
    for finding in findings {
        let Location {
            line,
            column,
            end_column,
        } = finding.location;
        let is_within = (1..=lines).contains(&line) && column >= 1 && end_column > column;
        assert!(is_within, "{finding:?} of {lines} lines");
        assert!(!finding.message.is_empty());
    }
    let place = |finding: &Diagnostic| (finding.location.line, finding.location.column);
    assert!(findings.is_sorted_by_key(place), "{findings:#?}");
}

fn each_statement_has_its_place(document: &Value, locations: &[Location]) {
    let statements = document.get("Statement").and_then(Value::as_array);
    let statements = statements.map_or(0, Vec::len);
    let places = locations.len();
    assert!(places == 0 || places == statements, "{document}");
}

/// What the parts of an application say of each other is true.
fn holds_together(application: &Application) {
    let names = application.functions.iter().map(|function| &function.name);
    let functions: BTreeSet<&String> = names.collect();
    assert_eq!(functions.len(), application.functions.len(), "named alike");
    for function in &application.functions {
        assert!((128..=10_240).contains(&function.memory_mb));
        assert!((1..=900).contains(&function.timeout.as_secs()));
        let of_role = function.role.policies.iter().chain(&function.role.boundary);
        for policy in of_role {
            each_statement_has_its_place(policy.document.as_json(), &policy.locations);
        }
        let own = &function.policy;
        each_statement_has_its_place(own.document.as_json(), &own.locations);
    }
    let declared = application.apis.iter();
    for api in declared.chain(&application.apis_without_routes) {
        let mut keys = BTreeSet::new();
        for route in &api.routes {
            assert!(functions.contains(&route.function), "{route:?}");
            assert!(keys.insert((&route.method, &route.path)), "{route:?} twice");
            let known = |name: &String| api.authorizers.contains_key(name);
            assert!(route.authorizer.iter().all(known), "{route:?}");
        }
        for authorizer in api.authorizers.values() {
            assert!(!authorizer.function.is_empty());
        }
    }
    for table in &application.tables {
        assert_eq!(table.create_table["TableName"], table.name.as_str());
    }
}

/// All that is told of a template, its lines being `further` down.
fn told(outcome: &Result<Application, Problems>, further: usize) -> Value {
    let json = match outcome {
        Ok(application) => serde_json::to_value(application),
        Err(problems) => serde_json::to_value((&problems.errors, &problems.warnings)),
    };
    let mut json = json.expect("it is data");
    let mut bytes = 0;
    walk(&mut json, further, &mut bytes);
    assert!(bytes <= MAX_VALUES, "its texts come to {bytes} bytes");
    json
}

fn walk(value: &mut Value, further: usize, bytes: &mut usize) {
    match value {
        Value::Object(members) => {
            if let (Some(Value::Number(line)), Some(_)) =
                (members.get("line"), members.get("end_column"))
            {
                let line = line.as_u64().unwrap_or_default() as usize + further;
                members.insert("line".into(), line.into());
            }
            for (name, value) in members {
                *bytes += name.len();
                walk(value, further, bytes);
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(item, further, bytes);
            }
        }
        Value::String(text) => {
            *bytes += text.len();
            // A message may name another line.
            if text.contains("line ") {
                *text = text.chars().filter(|c| !c.is_ascii_digit()).collect();
            }
        }
        _ => {}
    }
}
