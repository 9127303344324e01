//! What DynamoDB refuses of the tables that a template declares, said when the template is read.

use samlet_aws::Place;
use samlet_dynamodb_api::{Operation, Request};
use samlet_service::{Declared, Objection};

use crate::service::KIND;

/// What is wrong with declared tables, as far as no store is needed to say so.
pub(crate) fn check(declared: &[Declared]) -> Vec<Objection> {
    let tables = declared.iter().enumerate();
    let tables = tables.filter(|(_, declared)| declared.kind == KIND);
    let objections = tables.filter_map(|(index, table)| {
        Some(Objection {
            index,
            message: refusal(table)?,
            help: String::new(),
        })
    });
    objections.collect()
}

/// Why the table could not be created.
fn refusal(table: &Declared) -> Option<String> {
    let mut request = table.properties.clone();
    if let Some(members) = request.as_object_mut() {
        members.remove("TimeToLiveSpecification");
    }
    // No name in it has a place.
    let place = Place::new("us-east-1", "123456789012", "");
    let refusal = Request::from_json(Operation::CreateTable, request, &place).err()?;
    Some(format!(
        "DynamoDB refuses to create the table {}: {refusal}",
        table.name
    ))
}
