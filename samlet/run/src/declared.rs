//! What the template declares, as services take it.

use std::sync::Arc;

use samlet_iam::ResourcePolicy;
use samlet_service::Declared;
use samlet_template::{Application, Function, Table};
use serde_json::{Value, json};

/// Everything that services are asked to have; `policies` are the functions', in their order.
pub(crate) fn declared(application: &Application, policies: Vec<ResourcePolicy>) -> Vec<Declared> {
    let functions = application.functions.iter().zip(policies);
    let functions = functions.map(|(declared, policy)| function(declared, policy));
    let tables = application.tables.iter().map(table);
    functions.chain(tables).collect()
}

fn function(function: &Function, policy: ResourcePolicy) -> Declared {
    Declared {
        logical_id: function.logical_id.clone(),
        kind: "AWS::Lambda::Function".into(),
        name: function.name.clone(),
        // Lambda is given functions with their code.
        properties: Value::Null,
        policy: Some(Arc::new(policy)),
        location: function.location,
    }
}

fn table(table: &Table) -> Declared {
    let mut properties = table.create_table.clone();
    if let (Some(expiry), Value::Object(members)) = (&table.time_to_live, &mut properties) {
        let specification = json!({"AttributeName": expiry.attribute, "Enabled": true});
        members.insert("TimeToLiveSpecification".into(), specification);
    }
    Declared {
        logical_id: table.logical_id.clone(),
        kind: "AWS::DynamoDB::Table".into(),
        name: table.name.clone(),
        properties,
        policy: None,
        location: table.location,
    }
}
