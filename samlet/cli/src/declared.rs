//! What the template declares, as services take it.

use samlet_service::Declared;
use samlet_template::{Application, Table};
use serde_json::{Value, json};

/// Everything that a service is asked to have.
pub(crate) fn declared(application: &Application) -> Vec<Declared> {
    application.tables.iter().map(table).collect()
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
