//! Makes up histories: tables, and requests on them that meet in few keys.

mod batch;
mod expression;
mod legacy;
mod request;
mod schema;
mod source;
mod statement;

use schema::Schema;
use source::Source;

use crate::request::Request;

/// The most requests of a history, without those that make its tables.
const MAX_REQUESTS: usize = 40;

/// A history; the same seed gives the same one.
pub(crate) fn history(seed: u64) -> Vec<Request> {
    let mut source = Source::new(seed);
    let source = &mut source;
    let mut schemas = vec![Schema::new(source, "one")];
    if source.chance(40) {
        schemas.push(Schema::new(source, "two"));
    }
    let mut history: Vec<_> = schemas
        .iter()
        .map(|schema| Request::new("CreateTable", schema.definition()))
        .collect();
    for _ in 0..=source.below(MAX_REQUESTS) {
        history.push(request(source, &schemas));
    }
    for schema in &schemas {
        history.extend(schema.scans());
    }
    history
}

fn request(source: &mut Source, schemas: &[Schema]) -> Request {
    let schema = &schemas[source.below(schemas.len())];
    let (operation, mut body) = match source.below(100) {
        0..=24 => ("PutItem", request::put(source, schema)),
        25..=29 => ("GetItem", request::get(source, schema)),
        30..=46 => ("UpdateItem", request::update(source, schema)),
        47..=50 => ("DeleteItem", request::delete(source, schema)),
        51..=63 => ("Query", request::query(source, schema)),
        64..=72 => ("Scan", request::scan(source, schema)),
        73..=75 => ("BatchGetItem", batch::get(source, schemas)),
        76..=78 => ("BatchWriteItem", batch::write(source, schemas)),
        79..=81 => ("TransactGetItems", batch::transact_get(source, schemas)),
        82..=86 => ("TransactWriteItems", batch::transact_write(source, schemas)),
        87..=95 => ("ExecuteStatement", request::statement(source, schema)),
        96 => ("BatchExecuteStatement", batch::statements(source, schemas)),
        97 => ("ExecuteTransaction", batch::transaction(source, schemas)),
        98 => (
            "DescribeTable",
            serde_json::json!({"TableName": schema.name}),
        ),
        _ => ("Scan", serde_json::json!({"TableName": "missing"})),
    };
    if source.chance(2) {
        request::spoil(source, &mut body);
    }
    Request::new(operation, body)
}
