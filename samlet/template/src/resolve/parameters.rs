//! The template's parameters: their values, and the rules they declare for them.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;

use regex::Regex;

use crate::Settings;
use crate::diagnostics::{Findings, Location};
use crate::resolve::names::did_you_mean;
use crate::yaml::{Entry, Kind, Node};

/// What a parameter may declare.
const ATTRIBUTES: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// A parameter's value: a list for the list types.
#[derive(Clone, Debug)]
pub(crate) enum Parameter {
    Text(String),
    List(Vec<String>),
}

/// The values of all parameters. One that has none or a wrong one is reported
/// once, here, and then taken for an empty text.
pub(crate) fn read(
    template: &Node,
    settings: &Settings,
    findings: &mut Findings,
) -> BTreeMap<String, Parameter> {
    let declared = template.entries_of("Parameters");
    let names: Vec<&str> = declared.iter().map(|entry| entry.key.as_str()).collect();
    for name in settings.parameter_overrides.keys() {
        if !names.contains(&name.as_str()) {
            let message = format!(
                "--parameter-overrides names {name}, which is no parameter of the template"
            );
            findings.error(template.at, message, did_you_mean(name, &names));
        }
    }
    declared
        .iter()
        .map(|entry| (entry.key.clone(), parameter(entry, settings, findings)))
        .collect()
}

fn parameter(entry: &Entry, settings: &Settings, findings: &mut Findings) -> Parameter {
    let name = &entry.key;
    for attribute in entry.value.entries() {
        if !ATTRIBUTES.contains(&attribute.key.as_str()) {
            let message = format!("`{}` is no attribute of a parameter", attribute.key);
            findings.error(
                attribute.at,
                message,
                did_you_mean(&attribute.key, &ATTRIBUTES),
            );
        }
    }
    let text = |attribute: &str| entry.value.get_text(attribute);
    let Some(kind) = text("Type") else {
        findings.error(
            entry.at,
            format!("the parameter {name} has no Type"),
            "add `Type: String`",
        );
        return Parameter::Text(String::new());
    };
    check_kind(kind, entry, findings);
    let given = settings.parameter_overrides.get(name).map(String::as_str);
    let by_ssm = kind.starts_with("AWS::SSM::Parameter::Value<");
    let value = match (given, text("Default")) {
        (Some(given), _) => given,
        // It names a value in a store of another account.
        (None, Some(default)) if by_ssm => {
            findings.error(
                entry.at,
                format!("the value of the SSM parameter {default}, which {name} takes, is not known here"),
                format!("pass --parameter-overrides {name}=VALUE"),
            );
            return Parameter::Text(String::new());
        }
        (None, Some(default)) => default,
        (None, None) => {
            findings.error(
                entry.at,
                format!("the parameter {name} has no value"),
                format!("pass --parameter-overrides {name}=VALUE"),
            );
            return Parameter::Text(String::new());
        }
    };
    let list = kind.contains("List<") || kind.ends_with("CommaDelimitedList");
    if list {
        let items: Vec<String> = value
            .split(',')
            .map(|item| item.trim().to_owned())
            .collect();
        for item in &items {
            check(item, kind, entry, findings);
        }
        Parameter::List(items)
    } else {
        check(value, kind, entry, findings);
        Parameter::Text(value.to_owned())
    }
}

fn check_kind(kind: &str, entry: &Entry, findings: &mut Findings) {
    let known = ["String", "Number", "List<Number>", "CommaDelimitedList"];
    if !known.contains(&kind) && !kind.starts_with("AWS::") && !kind.starts_with("List<AWS::") {
        let at = entry.value.get("Type").map_or(entry.at, |node| node.at);
        findings.error(
            at,
            format!("`{kind}` is no type of a parameter"),
            did_you_mean(kind, &known),
        );
    }
}

/// Holds one value against what the parameter declares.
fn check(value: &str, kind: &str, entry: &Entry, findings: &mut Findings) {
    check_allowed_values(value, entry, findings);
    check_allowed_pattern(value, entry, findings);
    if kind.contains("Number") {
        check_number(value, entry, findings);
    } else {
        check_length(value, entry, findings);
    }
}

fn check_allowed_values(value: &str, entry: &Entry, findings: &mut Findings) {
    let Some(allowed) = entry.value.get("AllowedValues") else {
        return;
    };
    let texts: Vec<&str> = allowed.texts().collect();
    if !texts.contains(&value) {
        findings.error(
            entry.at,
            format!("`{value}` is not allowed for the parameter {}", entry.key),
            format!("allowed are {}", texts.join(", ")),
        );
    }
}

fn check_allowed_pattern(value: &str, entry: &Entry, findings: &mut Findings) {
    let Some(pattern) = entry.value.get("AllowedPattern") else {
        return;
    };
    let name = &entry.key;
    let text = pattern.as_text().unwrap_or_default();
    // The whole value has to match.
    match Regex::new(&format!("^(?:{text})$")) {
        Ok(regex) if !regex.is_match(value) => findings.error(
            entry.at,
            format!("`{value}` does not match {text}, the AllowedPattern of {name}"),
            explanation(entry),
        ),
        Ok(_) => {}
        Err(_) => findings.warn(
            pattern.at,
            format!("the AllowedPattern of {name} is not checked: samlet cannot read it"),
        ),
    }
}

fn check_number(value: &str, entry: &Entry, findings: &mut Findings) {
    let name = &entry.key;
    let Ok(number) = value.parse::<f64>() else {
        findings.error(
            entry.at,
            format!("`{value}` is no Number, as the parameter {name} is declared"),
            "",
        );
        return;
    };
    let is_inside = limit(entry, "MinValue").is_none_or(|low| number >= low)
        && limit(entry, "MaxValue").is_none_or(|high| number <= high);
    if !is_inside {
        findings.error(
            entry.at,
            format!("{value} is outside the MinValue or MaxValue of the parameter {name}"),
            explanation(entry),
        );
    }
}

fn check_length(value: &str, entry: &Entry, findings: &mut Findings) {
    #[allow(clippy::cast_precision_loss)]
    let length = value.chars().count() as f64;
    if limit(entry, "MinLength").is_some_and(|low| length < low)
        || limit(entry, "MaxLength").is_some_and(|high| length > high)
    {
        let name = &entry.key;
        findings.error(
            entry.at,
            format!("`{value}` is shorter or longer than the parameter {name} may be"),
            explanation(entry),
        );
    }
}

/// A bound that the parameter declares.
fn limit(entry: &Entry, name: &str) -> Option<f64> {
    entry.value.get(name)?.as_text()?.parse().ok()
}

/// What the template itself says of the values that the parameter may have.
fn explanation(entry: &Entry) -> &str {
    entry
        .value
        .get_text("ConstraintDescription")
        .unwrap_or_default()
}

impl Parameter {
    /// Its value as `!Ref` gives it.
    pub(crate) fn node(&self, at: Location) -> Node {
        match self {
            Self::Text(text) => Node::text(text, at),
            Self::List(items) => Node {
                kind: Kind::List(items.iter().map(|item| Node::text(item, at)).collect()),
                at,
            },
        }
    }

    /// Its value within a text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(items) => items.join(","),
        }
    }
}
