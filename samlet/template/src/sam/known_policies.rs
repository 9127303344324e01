//! AWS's managed policies and SAM's policy templates, as AWS documents them: data, and how it is read.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>

use std::collections::BTreeMap;
use std::sync::LazyLock;

use samlet_aws::Place;
use serde::Deserialize;
use serde_json::{Value, json};

use super::policies::Written;

/// Statements of managed policies by name: those that functions are usually given.
static MANAGED: LazyLock<BTreeMap<String, Vec<Value>>> =
    LazyLock::new(|| read(include_str!("managed_policies.json")));

/// SAM's policy templates by name, all of them.
static TEMPLATES: LazyLock<BTreeMap<String, Template>> =
    LazyLock::new(|| read(include_str!("policy_templates.json")));

/// A policy template: statements in which `${Parameter}` stands for what the function states.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    parameters: Vec<String>,
    statement: Vec<Value>,
}

/// What the files hold; a test reads both whole.
fn read<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

/// A managed policy of AWS.
pub(crate) fn managed(name: &str) -> Option<Written> {
    let statements = MANAGED.get(name)?;
    Some(policy(name, statements.clone()))
}

/// The parameters of a policy template; `None` when SAM has none of this name.
pub(crate) fn template_parameters(name: &str) -> Option<&'static [String]> {
    Some(&TEMPLATES.get(name)?.parameters)
}

/// All policy templates of SAM.
pub(crate) fn template_names() -> Vec<&'static str> {
    TEMPLATES.keys().map(String::as_str).collect()
}

/// What a policy template makes of the values of its parameters.
pub(crate) fn template<'v>(
    name: &str,
    place: &Place,
    value: &impl Fn(&str) -> Option<&'v str>,
) -> Option<Written> {
    let template = TEMPLATES.get(name)?;
    let value = |name: &str| match name {
        "AWS::Partition" => place.partition.clone(),
        "AWS::Region" => place.region.clone(),
        "AWS::AccountId" => place.account.clone(),
        parameter => value(parameter).unwrap_or_default().to_owned(),
    };
    let statements = template.statement.iter();
    let statements = statements.map(|statement| filled(statement, &value));
    Some(policy(name, statements.collect()))
}

fn policy(name: &str, statements: Vec<Value>) -> Written {
    Written {
        name: name.to_owned(),
        document: json!({"Version": "2012-10-17", "Statement": statements}),
        locations: Vec::new(),
    }
}

/// A value with all `${Name}` in it replaced, once: what is put in is not looked at again.
fn filled(value: &Value, of: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => {
            let mut parts = text.split("${");
            let mut result = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let (name, rest) = part.split_once('}').unwrap_or((part, ""));
                result += &of(name);
                result += rest;
            }
            result.into()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, of)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), filled(value, of)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_policy_can_be_enforced() {
        let place = Place::new("us-east-1", "123456789012", "local");
        let templates = template_names();
        let templates = templates.iter().map(|name| {
            let parameters = template_parameters(name).unwrap();
            let value = |name: &str| parameters.iter().any(|known| known == name).then_some("x");
            template(name, &place, &value).unwrap()
        });
        let policies: Vec<Written> = templates
            .chain(MANAGED.keys().map(|name| managed(name).unwrap()))
            .collect();
        for policy in &policies {
            let parsed = samlet_iam::PolicyDocument::parse(&policy.document);
            assert!(parsed.is_ok(), "{}: {parsed:?}", policy.name);
            let text = policy.document.to_string();
            assert!(
                !text.contains("${Table") && !text.contains("${AWS"),
                "{text}"
            );
        }
        assert!(TEMPLATES.len() == 81 && policies.len() > 150);
    }

    #[test]
    fn a_template_is_filled_in_once() {
        let place = Place::new("us-east-1", "123456789012", "local");
        let value = |name: &str| (name == "QueueName").then_some("${AWS::Region}");
        let policy = template("SQSPollerPolicy", &place, &value).unwrap();
        let resource = &policy.document["Statement"][0]["Resource"];
        assert_eq!(
            resource,
            "arn:aws:sqs:us-east-1:123456789012:${AWS::Region}"
        );
    }
}
