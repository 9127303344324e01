//! DynamoDB's condition keys, with the values that policies may ask of a request.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html#amazondynamodb-policy-keys>

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Need, Part, Resource, attributes, leading_keys};
use crate::AttributeValue;
use crate::partiql::{Returning, Statement};
use crate::request::{Request, ReturnConsumedCapacity, ReturnValues, Select};

/// A condition key, and its values: none if it is not in the request, `None` if they are not known.
pub type ConditionKey = (Cow<'static, str>, Option<Vec<String>>);

/// The attributes of a partition key after the first.
const FURTHER: [&str; 3] = [
    "dynamodb:SecondPartitionKeyValues",
    "dynamodb:ThirdPartitionKeyValues",
    "dynamodb:FourthPartitionKeyValues",
];

impl Need<'_> {
    /// The condition keys that the action has. `partition_key` is the attribute that is the partition key of the table
    /// or index, `None` if there is no such table.
    pub fn condition_keys(&self, partition_key: Option<&str>) -> Vec<ConditionKey> {
        match self.part {
            Part::None => return Vec::new(),
            Part::Tags(tags) => return of_tags(tags),
            Part::TagKeys(keys) => return vec![("aws:TagKeys".into(), Some(keys.to_vec()))],
            _ => {}
        }
        let attributes = attributes::named(&self.part).into_iter();
        let mut keys: Vec<ConditionKey> = vec![(
            "dynamodb:Attributes".into(),
            Some(attributes.map(str::to_owned).collect()),
        )];
        let mut set = |key: &'static str, value: Option<&str>| {
            keys.extend(value.map(|value| (key.into(), Some(vec![value.to_owned()]))));
        };
        set("dynamodb:Select", self.select());
        set("dynamodb:ReturnValues", self.return_values());
        set("dynamodb:EnclosingOperation", self.enclosing_operation());
        set("dynamodb:ReturnConsumedCapacity", self.capacity());
        let leading = partition_key.and_then(|key| leading_keys::of(&self.part, key));
        let leading = leading.and_then(key_texts);
        if self.is_selection() {
            let is_full_scan = if leading.is_none() { "true" } else { "false" };
            set("dynamodb:FullTableScan", Some(is_full_scan));
        }
        // A Scan is about all keys, which conditions don't see.
        if !matches!(self.part, Part::Scan(_)) {
            keys.push(("dynamodb:FirstPartitionKeyValues".into(), leading.clone()));
            keys.push(("dynamodb:LeadingKeys".into(), leading));
            if matches!(self.resource, Resource::Index { .. }) {
                // Only indexes may have further attributes in their partition key, which are not looked at.
                keys.extend(FURTHER.map(|key| (key.into(), None)));
            }
        }
        keys
    }

    /// What is answered of items that are read.
    fn select(&self) -> Option<&'static str> {
        let (select, is_specific, has_index) = match self.part {
            Part::Get(get) => (None, get.projection.is_some(), false),
            Part::TransactGet(get, _) => (None, get.projection.is_some(), false),
            Part::BatchGet(keys, _) => (None, keys.projection.is_some(), false),
            Part::Query(query) => {
                let has_index = query.index.is_some();
                (query.select, query.projection.is_some(), has_index)
            }
            Part::Scan(scan) => {
                let has_index = scan.index.is_some();
                (scan.select, scan.projection.is_some(), has_index)
            }
            // When the condition fails, the whole item is answered, whatever is selected.
            Part::Statement {
                statement: Statement::Exists(_),
                values_on_failure: true,
                ..
            } => (Some(Select::AllAttributes), false, false),
            Part::Statement {
                statement: Statement::Select(select) | Statement::Exists(select),
                ..
            } => {
                let has_index = select.index.is_some();
                (None, select.projection.is_some(), has_index)
            }
            _ => return None,
        };
        let default = match (is_specific, has_index) {
            (true, _) => Select::SpecificAttributes,
            (false, true) => Select::AllProjectedAttributes,
            (false, false) => Select::AllAttributes,
        };
        Some(select.unwrap_or(default).name())
    }

    /// What is answered of items that are changed.
    fn return_values(&self) -> Option<&'static str> {
        let values = match self.part {
            Part::Put(put, _) => put.returned.values,
            Part::Update(update, _) => update.returned.values,
            Part::Delete(delete, _) => delete.returned.values,
            Part::Check(..) | Part::Query(_) | Part::Scan(_) => ReturnValues::None,
            Part::Statement {
                statement: Statement::Update { returning, .. } | Statement::Delete { returning, .. },
                ..
            } => returned(*returning),
            _ => return None,
        };
        Some(values.name())
    }

    /// The transaction that it is part of; a check always is part of one.
    fn enclosing_operation(&self) -> Option<&'static str> {
        let request = match self.part {
            Part::Put(_, enclosing) | Part::Update(_, enclosing) | Part::Delete(_, enclosing) => {
                enclosing?
            }
            Part::TransactGet(_, request) => request,
            Part::Statement {
                request: request @ Request::ExecuteTransaction(_),
                ..
            } => request,
            _ => return None,
        };
        Some(request.operation().name())
    }

    /// PartiQL's actions don't have it.
    fn capacity(&self) -> Option<&'static str> {
        let capacity = match self.part {
            Part::None | Part::Tags(_) | Part::TagKeys(_) | Part::Statement { .. } => return None,
            Part::Get(get) => get.return_consumed_capacity,
            Part::Query(query) => query.return_consumed_capacity,
            Part::Scan(scan) => scan.return_consumed_capacity,
            Part::Put(put, None) => put.returned.consumed_capacity,
            Part::Update(update, None) => update.returned.consumed_capacity,
            Part::Delete(delete, None) => delete.returned.consumed_capacity,
            Part::Put(_, Some(request))
            | Part::Update(_, Some(request))
            | Part::Delete(_, Some(request))
            | Part::BatchGet(_, request)
            | Part::BatchWrite(_, request)
            | Part::TransactGet(_, request)
            | Part::Check(_, request) => capacity_of(request),
        };
        Some(capacity.name())
    }

    /// Whether it is a PartiQL Select: one that is not bound to values of the partition key reads all items of a table or
    /// index.
    fn is_selection(&self) -> bool {
        matches!(
            self.part,
            Part::Statement {
                statement: Statement::Select(_) | Statement::Exists(_),
                ..
            }
        )
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tagkeys>
fn of_tags(tags: &BTreeMap<String, String>) -> Vec<ConditionKey> {
    let mut keys = vec![("aws:TagKeys".into(), Some(tags.keys().cloned().collect()))];
    for (key, value) in tags {
        let key = format!("aws:RequestTag/{key}");
        keys.push((key.into(), Some(vec![value.clone()])));
    }
    keys
}

fn capacity_of(request: &Request) -> ReturnConsumedCapacity {
    match request {
        Request::BatchGetItem(batch) => batch.return_consumed_capacity,
        Request::BatchWriteItem(batch) => batch.return_consumed_capacity,
        Request::TransactGetItems(transaction) => transaction.return_consumed_capacity,
        Request::TransactWriteItems(transaction) => transaction.return_consumed_capacity,
        _ => ReturnConsumedCapacity::None,
    }
}

fn returned(returning: Option<Returning>) -> ReturnValues {
    match returning {
        None => ReturnValues::None,
        Some(Returning::AllOld) => ReturnValues::AllOld,
        Some(Returning::ModifiedOld) => ReturnValues::UpdatedOld,
        Some(Returning::AllNew) => ReturnValues::AllNew,
        Some(Returning::ModifiedNew) => ReturnValues::UpdatedNew,
    }
}

/// The texts of a key's values; `None` if one can't be a key.
fn key_texts(values: Vec<&AttributeValue>) -> Option<Vec<String>> {
    let text = |value: &AttributeValue| match value {
        AttributeValue::S(text) => Some(text.clone()),
        AttributeValue::N(number) => Some(number.to_string()),
        AttributeValue::B(bytes) => Some(STANDARD.encode(bytes)),
        _ => None,
    };
    let texts: Vec<String> = values.into_iter().map(text).collect::<Option<_>>()?;
    (!texts.is_empty()).then_some(texts)
}
