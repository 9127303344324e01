//! What is stated in several places: Globals and resources, defaults and overrides.

use std::collections::BTreeMap;

use proptest::prelude::*;
use samlet_template::read;
use serde_json::json;

use crate::{CATALOGUE, settings};

/// A few names, so that both sides have some of them.
fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map("[A-D]", "[ -~]{0,8}", 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn maps_are_merged_lists_added_and_scalars_replaced(
        (global_variables, own_variables) in (texts(), texts()),
        (global_timeout, own_timeout) in (proptest::option::of(1_u64..=900), proptest::option::of(1_u64..=900)),
        (global_stage, own_stage) in (texts(), texts()),
        (global_types, own_types) in (
            proptest::collection::vec("[a-z]{1,3}/[a-z]{1,3}", 0..3),
            proptest::collection::vec("[a-z]{1,3}/[a-z]{1,3}", 0..3),
        ),
        ignored in any::<bool>(),
    ) {
        let stage_variable = |values: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            values.iter().map(|(name, value)| (name.clone(), value.replace(|c: char| !c.is_alphanumeric(), "x"))).collect()
        };
        let (global_stage, own_stage) = (stage_variable(&global_stage), stage_variable(&own_stage));
        let mut globals = json!({
            "Function": {"Environment": {"Variables": global_variables}, "Runtime": "provided.al2023"},
            "Api": {"Variables": global_stage, "BinaryMediaTypes": global_types},
        });
        let mut function = json!({
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "function", "Handler": "bootstrap", "Environment": {"Variables": own_variables},
                "Events": {"Get": {"Type": "Api", "Properties": {"Path": "/", "Method": "GET", "RestApiId": {"Ref": "Api"}}}},
            },
        });
        if ignored {
            function["IgnoreGlobals"] = json!(["Environment", "Timeout"]);
        }
        if let Some(timeout) = global_timeout {
            globals["Function"]["Timeout"] = json!(timeout);
        }
        if let Some(timeout) = own_timeout {
            function["Properties"]["Timeout"] = json!(timeout);
        }
        let template = json!({
            "Transform": "AWS::Serverless-2016-10-31",
            "Globals": globals,
            "Resources": {
                "Function": function,
                "Api": {"Type": "AWS::Serverless::Api", "Properties": {
                    "StageName": "Prod", "Variables": own_stage, "BinaryMediaTypes": own_types,
                }},
            },
        });
        let application = read(&template.to_string(), &settings(), &CATALOGUE);
        let application = application.map_err(|errors| TestCaseError::fail(format!("{errors:#?}")))?;
        let function = &application.functions[0];
        let mut variables = if ignored { BTreeMap::new() } else { global_variables };
        variables.extend(own_variables);
        prop_assert_eq!(&function.environment, &variables);
        let timeout = own_timeout.or(global_timeout.filter(|_| !ignored)).unwrap_or(3);
        prop_assert_eq!(function.timeout.as_secs(), timeout);
        let api = &application.apis[0];
        let mut variables = global_stage;
        variables.extend(own_stage);
        prop_assert_eq!(&api.stage_variables, &variables);
        let types: Vec<String> = global_types.into_iter().chain(own_types).collect();
        prop_assert_eq!(&api.binary_media_types, &types);
    }

    #[test]
    fn an_override_stands_for_a_parameters_default(
        defaults in proptest::collection::btree_map("[A-D]", "[ -~]{1,8}", 1..4),
        overrides in texts(),
    ) {
        let parameters: BTreeMap<&String, _> = defaults
            .iter()
            .map(|(name, default)| (name, json!({"Type": "String", "Default": default})))
            .collect();
        let outputs: BTreeMap<&String, _> = defaults
            .keys()
            .map(|name| (name, json!({"Value": {"Fn::Sub": format!("<${{{name}}}>")}})))
            .collect();
        let template = json!({
            "Parameters": parameters,
            "Resources": {"P": {"Type": "AWS::SSM::Parameter"}},
            "Outputs": outputs,
        });
        let mut settings = settings();
        let known = overrides.into_iter().filter(|(name, _)| defaults.contains_key(name));
        settings.parameter_overrides = known.collect();
        let application = read(&template.to_string(), &settings, &CATALOGUE);
        let application = application.map_err(|errors| TestCaseError::fail(format!("{errors:#?}")))?;
        for output in &application.outputs {
            let value = settings.parameter_overrides.get(&output.name);
            let value = value.unwrap_or(&defaults[&output.name]);
            prop_assert_eq!(&output.value, &format!("<{value}>"));
        }
        prop_assert_eq!(application.outputs.len(), defaults.len());
    }
}
