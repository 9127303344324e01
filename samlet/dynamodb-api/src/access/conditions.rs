//! DynamoDB's condition keys, with the values that policies may ask of a request.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html#amazondynamodb-policy-keys>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Need, Part, attributes, leading_keys};
use crate::AttributeValue;
use crate::partiql::{Returning, Statement};
use crate::request::{Request, ReturnConsumedCapacity, ReturnValues, Select};

/// Stands for what is not known, and is the value of no item's key: a condition that asks for certain values doesn't
/// hold.
pub const UNKNOWN: &str = "\u{0}unknown";

/// A condition key without its prefix, and its values; none if it is not in the request.
pub type ConditionKey = (&'static str, Vec<String>);

impl Need<'_> {
    /// The condition keys that the action has. `partition_key` is the attribute that is the partition key of the table
    /// or index, `None` if there is no such table.
    pub fn condition_keys(&self, partition_key: Option<&str>) -> Vec<ConditionKey> {
        if self.part == Part::None {
            return Vec::new();
        }
        let attributes = attributes::named(&self.part).into_iter();
        let mut keys = vec![(
            "dynamodb:Attributes",
            attributes.map(str::to_owned).collect(),
        )];
        let mut set = |key, value: Option<&str>| {
            keys.extend(value.map(|value| (key, vec![value.to_owned()])));
        };
        set("dynamodb:Select", self.select());
        set("dynamodb:ReturnValues", self.return_values());
        set("dynamodb:EnclosingOperation", self.enclosing_operation());
        set("dynamodb:ReturnConsumedCapacity", self.capacity());
        let leading = partition_key.map(|key| leading_keys::of(&self.part, key));
        if let Some(is_full_scan) = self.is_full_table_scan(leading.as_ref()) {
            let value = if is_full_scan { "true" } else { "false" };
            set("dynamodb:FullTableScan", Some(value));
        }
        // A Scan is about all keys, which conditions don't see.
        if !matches!(self.part, Part::Scan(_)) {
            let values = leading.flatten().and_then(key_texts);
            let values = values.unwrap_or_else(|| vec![UNKNOWN.to_owned()]);
            keys.push(("dynamodb:FirstPartitionKeyValues", values.clone()));
            keys.push(("dynamodb:LeadingKeys", values));
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
            Part::Statement(Statement::Select(select) | Statement::Exists(select), _) => {
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
            Part::Statement(
                Statement::Update { returning, .. } | Statement::Delete { returning, .. },
                _,
            ) => returned(*returning),
            _ => return None,
        };
        Some(values.name())
    }

    /// The transaction that it is part of.
    fn enclosing_operation(&self) -> Option<&'static str> {
        let request = match self.part {
            Part::Put(_, enclosing) | Part::Update(_, enclosing) | Part::Delete(_, enclosing) => {
                enclosing?
            }
            Part::TransactGet(_, request) | Part::Check(_, request) => request,
            Part::Statement(_, request @ Request::ExecuteTransaction(_)) => request,
            _ => return None,
        };
        Some(request.operation().name())
    }

    fn capacity(&self) -> Option<&'static str> {
        let capacity = match self.part {
            Part::None => return None,
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
            | Part::Check(_, request)
            | Part::Statement(_, request) => capacity_of(request),
        };
        Some(capacity.name())
    }

    /// Whether a PartiQL Select reads all items of a table or index: it is not bound to values of the partition key.
    fn is_full_table_scan(&self, leading: Option<&Option<Vec<&AttributeValue>>>) -> Option<bool> {
        match self.part {
            Part::Statement(Statement::Select(_) | Statement::Exists(_), _) => {
                Some(leading.is_none_or(Option::is_none))
            }
            _ => None,
        }
    }
}

fn capacity_of(request: &Request) -> ReturnConsumedCapacity {
    match request {
        Request::BatchGetItem(batch) => batch.return_consumed_capacity,
        Request::BatchWriteItem(batch) => batch.return_consumed_capacity,
        Request::TransactGetItems(transaction) => transaction.return_consumed_capacity,
        Request::TransactWriteItems(transaction) => transaction.return_consumed_capacity,
        Request::ExecuteStatement(statement) => statement.return_consumed_capacity,
        Request::BatchExecuteStatement(batch) => batch.return_consumed_capacity,
        Request::ExecuteTransaction(transaction) => transaction.return_consumed_capacity,
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
