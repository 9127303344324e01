//! What DynamoDB refuses of the tables that a template declares, said when the template is read.

use std::collections::BTreeMap;

use samlet_aws::Place;
use samlet_dynamodb_api::{Operation, Request};
use samlet_service::{Declared, Objection};

use crate::embedded;
use crate::service::KIND;

/// What is wrong with declared tables, as far as no store is needed to say so.
pub(crate) fn check(declared: &[Declared]) -> Vec<Objection> {
    let tables = declared.iter().enumerate();
    let tables = tables.filter(|(_, declared)| declared.kind == KIND);
    let mut others = BTreeMap::new();
    let mut objections = Vec::new();
    for (index, table) in tables {
        let other = others.insert(name(table), table);
        let clash = other.filter(|_| embedded::is_used());
        let clash = clash.map(|other| clash_of(table, other));
        if let Some((message, help)) = refusal(table).or(clash) {
            objections.push(Objection {
                index,
                message,
                help: help.into(),
            });
        }
    }
    objections
}

/// The embedded engine has one table of a name, in whatever case.
fn name(table: &Declared) -> String {
    if embedded::is_used() {
        return table.name.to_ascii_lowercase();
    }
    table.name.clone()
}

const OTHER_NAME: &str = "give it another TableName";

fn clash_of(table: &Declared, other: &Declared) -> (String, &'static str) {
    let message = format!(
        "samlet can't have its table {} beside the table {} of {} yet: their names only differ in case",
        table.name, other.name, other.logical_id
    );
    (message, OTHER_NAME)
}

/// Why the table could not be created, and what to do.
fn refusal(table: &Declared) -> Option<(String, &'static str)> {
    let mut request = table.properties.clone();
    if let Some(members) = request.as_object_mut() {
        members.remove("TimeToLiveSpecification");
    }
    // No name in it has a place.
    let place = Place::new("us-east-1", "123456789012", "");
    match Request::from_json(Operation::CreateTable, request, &place) {
        Err(refusal) => {
            let message = format!(
                "DynamoDB refuses to create the table {}: {refusal}",
                table.name
            );
            Some((message, ""))
        }
        Ok(Request::CreateTable(create)) if embedded::is_used() => {
            embedded::names::refuse_new(&create).map(|message| (message, OTHER_NAME))
        }
        Ok(_) => None,
    }
}
