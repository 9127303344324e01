//! What each operation needs to be allowed, and with which condition keys: as AWS's Service Authorization Reference has
//! it.

mod depth;
mod items;
mod reference;
mod statements;
mod tables;

use samlet_aws::Place;
use serde_json::{Map, Value, json};

use super::{Need, Resource};
use crate::{Operation, Request};

/// An action, its resource, and its condition keys without `dynamodb:`.
type Expected = (&'static str, &'static str, Value);

fn read(operation: Operation, body: &Value) -> Request {
    let place = Place::new("us-east-1", "123456789012", "local");
    let request = Request::from_json(operation, body.clone(), &place);
    request.unwrap_or_else(|refusal| panic!("{body}: {refusal}"))
}

/// `table`, `table/index`, an ARN, `*`, or an iterator.
fn name(resource: Resource<'_>) -> String {
    match resource {
        Resource::Any => "*".to_owned(),
        Resource::Table(table) => table.to_owned(),
        Resource::Index { table, index } => format!("{table}/{index}"),
        Resource::Arn(arn) => arn.to_owned(),
        Resource::Iterator(iterator) => format!("iterator {iterator}"),
    }
}

/// The condition keys of tables whose partition key is `pk`, and of indexes whose is `g`.
fn keys(need: &Need<'_>) -> Value {
    let partition_key = match need.resource {
        Resource::Index { .. } => "g",
        _ => "pk",
    };
    let keys = need.condition_keys(Some(partition_key)).into_iter();
    let keys = keys.map(|(key, values)| {
        let key = key.strip_prefix("dynamodb:").unwrap_or(&key);
        // What is not known has no values, and is said by a text that no key has.
        let values = values.unwrap_or_else(|| vec!["\u{0}unknown".to_owned()]);
        (key.to_owned(), json!(values))
    });
    let mut keys: Map<_, _> = keys.collect();
    // Of an index's partition key only the first attribute is looked at.
    for further in ["Second", "Third", "Fourth"] {
        let further = keys.remove(&format!("{further}PartitionKeyValues"));
        let is_of_index = matches!(need.resource, Resource::Index { .. });
        let is_there = is_of_index && keys.contains_key("LeadingKeys");
        assert_eq!(further, is_there.then(|| json!(["\u{0}unknown"])));
    }
    let first = keys.remove("FirstPartitionKeyValues");
    assert_eq!(first.as_ref(), keys.get("LeadingKeys"));
    keys.into()
}

/// Holds what each request needs, all of it and in its order.
fn assert_needs(operation: Operation, cases: Vec<(Value, Vec<Expected>)>) {
    for (body, expected) in cases {
        let request = read(operation, &body);
        let needs = request.needs();
        let found: Vec<_> = needs
            .iter()
            .map(|need| (need.action, name(need.resource), keys(need)))
            .collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(action, resource, keys)| (action, resource.to_owned(), keys))
            .collect();
        assert_eq!(found, expected, "{body}");
    }
}
