//! What DynamoDB refuses of the tables that a template declares, said when the template is read.

use std::collections::BTreeMap;

use samlet_aws::Place;
use samlet_dynamodb_api::{Operation, Request};
use samlet_service::{Declared, Objection};

use crate::service::KIND;

/// What is wrong with declared tables, as far as no store is needed to say so.
pub(crate) fn check(declared: &[Declared]) -> Vec<Objection> {
    let tables = declared.iter().enumerate();
    let tables = tables.filter(|(_, declared)| declared.kind == KIND);
    let mut names = BTreeMap::new();
    let mut objections = Vec::new();
    for (index, table) in tables {
        let clash = names.insert(table.name.to_ascii_lowercase(), &table.logical_id);
        if let Some(message) = refusal(table) {
            let help = String::new();
            objections.push(Objection {
                index,
                message,
                help,
            });
        } else if let Some(other) = clash {
            objections.push(Objection {
                index,
                message: format!("samlet can't have a table of the name {} yet: it only differs in case from that of {other}", table.name),
                help: "name it otherwise".into(),
            });
        }
    }
    objections
}

/// Why DynamoDB would not create the table.
fn refusal(table: &Declared) -> Option<String> {
    let mut request = table.properties.clone();
    if let Some(members) = request.as_object_mut() {
        members.remove("TimeToLiveSpecification");
    }
    // No name in it has a place.
    let place = Place::new("us-east-1", "123456789012", "");
    let refusal = Request::from_json(Operation::CreateTable, request, &place).err()?;
    Some(format!("DynamoDB refuses the table: {refusal}"))
}
