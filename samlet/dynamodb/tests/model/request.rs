//! Requests as the model knows them, and how they are sent.

use serde_json::{Value as Json, json};

use crate::expressions::{Condition, Placeholders};
use crate::table::{EXPIRY, Index, Range, Schema, View};
use crate::updates::{Action, Operand, update_text};
use crate::value::{self, Item, Value};

/// `ReturnValues`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    None,
    AllOld,
    AllNew,
    UpdatedOld,
    UpdatedNew,
}

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Put(Item),
    /// Of the item of a key; so with the others.
    Update(Item, Vec<Action>),
    Delete(Item),
    Check(Item),
}

/// A write of one item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) table: String,
    /// The attributes of the item's key.
    pub(crate) key: Item,
    pub(crate) change: Change,
    pub(crate) condition: Option<Condition>,
    /// Whether the item is answered if the condition fails.
    pub(crate) shows_failed: bool,
}

/// A Query, a Scan, or the statement of either, of a table or an index.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) table: String,
    pub(crate) index: Option<String>,
    /// The key of what is searched: its partition key, its value and what is asked of the sort key.
    pub(crate) partition: Option<(String, Value)>,
    pub(crate) range: Option<(String, Range)>,
    pub(crate) is_forward: bool,
    pub(crate) limit: Option<usize>,
    /// Segments of a Scan.
    pub(crate) segments: usize,
    pub(crate) filter: Option<Condition>,
    pub(crate) is_statement: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Request {
    Create(Schema),
    Drop(String),
    AddIndex(String, Index, Json),
    DropIndex(String, String),
    Stream(String, Option<View>),
    /// Whether items of a table expire.
    TimeToLive(String, bool),
    Write(Write, Returned),
    Statement(Write),
    Batch(Vec<Write>),
    Transact(Vec<Write>, Option<String>),
    Get(String, Item),
    BatchGet(Vec<(String, Item)>),
    TransactGet(Vec<(String, Item)>),
    Search(Search),
}

impl Write {
    fn body(&self) -> Json {
        let mut request = json!({"TableName": self.table});
        let mut placeholders = Placeholders::default();
        match &self.change {
            Change::Put(item) => request["Item"] = value::write(item),
            Change::Update(key, actions) => {
                request["Key"] = value::write(key);
                if !actions.is_empty() {
                    request["UpdateExpression"] = update_text(actions, &mut placeholders).into();
                }
            }
            Change::Delete(key) | Change::Check(key) => request["Key"] = value::write(key),
        }
        if let Some(condition) = &self.condition {
            request["ConditionExpression"] = condition.text(&mut placeholders).into();
        }
        if self.shows_failed {
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
        }
        placeholders.put(&mut request);
        request
    }

    /// As a statement.
    fn statement(&self) -> Json {
        let mut parameters = Vec::new();
        let mut parameter = |value: &Value| {
            parameters.push(value.write());
            "?"
        };
        let table = &self.table;
        let statement = match &self.change {
            Change::Put(item) => {
                let members = item.iter();
                let members =
                    members.map(|(name, value)| format!("'{name}': {}", parameter(value)));
                let members: Vec<String> = members.collect();
                format!("INSERT INTO \"{table}\" VALUE {{{}}}", members.join(", "))
            }
            Change::Update(key, actions) => {
                let mut clauses = Vec::new();
                for action in actions {
                    let name = &action.path().attribute;
                    clauses.push(match action {
                        Action::Set(_, Operand::Value(value)) => {
                            format!("SET \"{name}\" = {}", parameter(value))
                        }
                        _ => format!("REMOVE \"{name}\""),
                    });
                }
                let wanted = wanted(key, &mut parameter);
                format!("UPDATE \"{table}\" {} WHERE {wanted}", clauses.join(" "))
            }
            Change::Delete(key) | Change::Check(key) => {
                format!(
                    "DELETE FROM \"{table}\" WHERE {}",
                    wanted(key, &mut parameter)
                )
            }
        };
        json!({"Statement": statement, "Parameters": parameters})
    }
}

fn wanted<'p>(key: &Item, parameter: &mut impl FnMut(&Value) -> &'p str) -> String {
    let terms = key.iter();
    let terms = terms.map(|(name, value)| format!("\"{name}\" = {}", parameter(value)));
    terms.collect::<Vec<_>>().join(" AND ")
}

impl Search {
    /// The operation and the request of its first page; `segment` is that of a Scan.
    pub(crate) fn body(&self, segment: usize) -> (&'static str, Json) {
        if self.is_statement {
            return ("ExecuteStatement", self.statement());
        }
        let mut request = json!({"TableName": self.table});
        let mut p = Placeholders::default();
        if let Some(index) = &self.index {
            request["IndexName"] = index.as_str().into();
        }
        if let Some(limit) = self.limit {
            request["Limit"] = limit.into();
        }
        if let Some((name, value)) = &self.partition {
            let mut condition = format!("{} = {}", p.name(name), p.value(value));
            if let Some((name, range)) = &self.range {
                let name = p.name(name);
                let term = match range {
                    Range::Compare(comparator, value) => {
                        format!("{name} {} {}", comparator.text(), p.value(value))
                    }
                    Range::Between(low, high) => {
                        format!("{name} BETWEEN {} AND {}", p.value(low), p.value(high))
                    }
                    Range::BeginsWith(start) => format!("begins_with({name}, {})", p.value(start)),
                };
                condition = format!("{condition} AND {term}");
            }
            request["KeyConditionExpression"] = condition.into();
            request["ScanIndexForward"] = self.is_forward.into();
        } else if self.segments > 1 {
            request["Segment"] = segment.into();
            request["TotalSegments"] = self.segments.into();
        }
        if let Some(filter) = &self.filter {
            request["FilterExpression"] = filter.text(&mut p).into();
        }
        p.put(&mut request);
        let operation = if self.partition.is_some() {
            "Query"
        } else {
            "Scan"
        };
        (operation, request)
    }

    fn statement(&self) -> Json {
        let mut statement = format!("SELECT * FROM \"{}\"", self.table);
        if let Some(index) = &self.index {
            statement += &format!(".\"{index}\"");
        }
        let mut parameters = Vec::new();
        if let Some((name, value)) = &self.partition {
            statement += &format!(" WHERE \"{name}\" = ?");
            parameters.push(value.write());
            match &self.range {
                None => {}
                Some((name, Range::Compare(comparator, value))) => {
                    statement += &format!(" AND \"{name}\" {} ?", comparator.text());
                    parameters.push(value.write());
                }
                Some((name, Range::Between(low, high))) => {
                    statement += &format!(" AND \"{name}\" BETWEEN ? AND ?");
                    parameters.extend([low.write(), high.write()]);
                }
                Some((name, Range::BeginsWith(start))) => {
                    statement += &format!(" AND begins_with(\"{name}\", ?)");
                    parameters.push(start.write());
                }
            }
        }
        let mut request = json!({"Statement": statement});
        if !parameters.is_empty() {
            request["Parameters"] = parameters.into();
        }
        if let Some(limit) = self.limit {
            request["Limit"] = limit.into();
        }
        request
    }
}

impl Request {
    /// The operation's name and its request; of a search, the first page's.
    #[expect(clippy::too_many_lines, reason = "a flat match of requests")]
    pub(crate) fn body(&self) -> (&'static str, Json) {
        match self {
            Self::Create(schema) => ("CreateTable", schema.create_table()),
            Self::Drop(table) => ("DeleteTable", json!({"TableName": table})),
            Self::AddIndex(table, index, definitions) => {
                let update = json!({
                    "TableName": table,
                    "AttributeDefinitions": definitions,
                    "GlobalSecondaryIndexUpdates": [{"Create": index.describe()}],
                });
                ("UpdateTable", update)
            }
            Self::DropIndex(table, index) => {
                let updates = json!([{"Delete": {"IndexName": index}}]);
                let update = json!({"TableName": table, "GlobalSecondaryIndexUpdates": updates});
                ("UpdateTable", update)
            }
            Self::Stream(table, view) => {
                let specification = match view {
                    Some(view) => json!({"StreamEnabled": true, "StreamViewType": view.name()}),
                    None => json!({"StreamEnabled": false}),
                };
                let update = json!({"TableName": table, "StreamSpecification": specification});
                ("UpdateTable", update)
            }
            Self::TimeToLive(table, is_enabled) => {
                let specification = json!({"Enabled": is_enabled, "AttributeName": EXPIRY});
                let update = json!({"TableName": table, "TimeToLiveSpecification": specification});
                ("UpdateTimeToLive", update)
            }
            Self::Write(write, returned) => {
                let mut body = write.body();
                let returned = match returned {
                    Returned::None => "NONE",
                    Returned::AllOld => "ALL_OLD",
                    Returned::AllNew => "ALL_NEW",
                    Returned::UpdatedOld => "UPDATED_OLD",
                    Returned::UpdatedNew => "UPDATED_NEW",
                };
                body["ReturnValues"] = returned.into();
                let operation = match write.change {
                    Change::Put(_) => "PutItem",
                    Change::Update(..) => "UpdateItem",
                    Change::Delete(_) | Change::Check(_) => "DeleteItem",
                };
                (operation, body)
            }
            Self::Statement(write) => ("ExecuteStatement", write.statement()),
            Self::Batch(writes) => {
                let mut tables = json!({});
                for write in writes {
                    let one = match &write.change {
                        Change::Put(item) => json!({"PutRequest": {"Item": value::write(item)}}),
                        _ => json!({"DeleteRequest": {"Key": value::write(&write.key)}}),
                    };
                    push(&mut tables, &write.table, one);
                }
                ("BatchWriteItem", json!({"RequestItems": tables}))
            }
            Self::Transact(writes, token) => {
                let items = writes.iter().map(|write| {
                    let action = match write.change {
                        Change::Put(_) => "Put",
                        Change::Update(..) => "Update",
                        Change::Delete(_) => "Delete",
                        Change::Check(_) => "ConditionCheck",
                    };
                    json!({action: write.body()})
                });
                let mut request = json!({"TransactItems": items.collect::<Vec<_>>()});
                if let Some(token) = token {
                    request["ClientRequestToken"] = token.as_str().into();
                }
                ("TransactWriteItems", request)
            }
            Self::Get(table, key) => {
                let key = value::write(key);
                (
                    "GetItem",
                    json!({"TableName": table, "Key": key, "ConsistentRead": true}),
                )
            }
            Self::BatchGet(keys) => {
                let mut tables = json!({});
                for (table, key) in keys {
                    if tables[table].is_null() {
                        tables[table] = json!({"Keys": []});
                    }
                    push(&mut tables[table], "Keys", value::write(key));
                }
                ("BatchGetItem", json!({"RequestItems": tables}))
            }
            Self::TransactGet(keys) => {
                let gets = keys.iter().map(
                    |(table, key)| json!({"Get": {"TableName": table, "Key": value::write(key)}}),
                );
                (
                    "TransactGetItems",
                    json!({"TransactItems": gets.collect::<Vec<_>>()}),
                )
            }
            Self::Search(search) => search.body(0),
        }
    }

    /// The writes of a request that is about items.
    pub(crate) fn writes(&self) -> &[Write] {
        match self {
            Self::Write(write, _) | Self::Statement(write) => std::slice::from_ref(write),
            Self::Batch(writes) | Self::Transact(writes, _) => writes,
            _ => &[],
        }
    }

    /// The table whose definition it changes.
    pub(crate) fn definition(&self) -> Option<&str> {
        match self {
            Self::Create(schema) => Some(&schema.name),
            Self::Drop(table)
            | Self::AddIndex(table, ..)
            | Self::DropIndex(table, _)
            | Self::Stream(table, _) => Some(table),
            _ => None,
        }
    }

    /// The request on one line.
    pub(crate) fn line(&self) -> String {
        let (operation, body) = self.body();
        let mut line = format!("{operation} {body}");
        if let Self::Search(search) = self
            && search.segments > 1
        {
            line += &format!(" and the other of {} segments", search.segments);
        }
        line
    }
}

fn push(lists: &mut Json, name: &str, one: Json) {
    if lists[name].is_null() {
        lists[name] = json!([]);
    }
    lists[name].as_array_mut().unwrap().push(one);
}
