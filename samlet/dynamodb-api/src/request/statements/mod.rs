//! Requests in PartiQL.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::body::Body;
use super::members::Members;
use super::{Fingerprint, ReturnConsumedCapacity};
use crate::partiql::{Statement, parse};
use crate::value::NESTING;
use crate::{AttributeValue, Operation, Refusal};

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html>
#[derive(Clone, Debug, PartialEq)]
pub struct ExecuteStatement {
    /// The statement.
    pub statement: Statement,
    /// Items that are looked at, at most.
    pub limit: Option<u32>,
    /// Where to go on.
    pub next_token: Option<String>,
    /// Whether all that was acknowledged must show.
    pub consistent_read: bool,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Whether the item is answered when the condition fails.
    pub values_on_failure: bool,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html>
#[derive(Clone, Debug, PartialEq)]
pub struct BatchExecuteStatement {
    /// The statements: all read, or all write. One that can't be read has its refusal as its answer.
    pub statements: Vec<Result<StatementEntry, Refusal>>,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

/// One of several statements.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementEntry {
    /// The statement.
    pub statement: Statement,
    /// Whether all that was acknowledged must show; not in transactions.
    pub consistent_read: bool,
    /// Whether the item is answered when the condition fails.
    pub values_on_failure: bool,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html>
#[derive(Clone, Debug, PartialEq)]
pub struct ExecuteTransaction {
    /// The statements: all read, or all write.
    pub statements: Vec<StatementEntry>,
    /// Makes a request that is sent twice run once.
    pub token: Option<String>,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

impl ExecuteStatement {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let parameters = parameters(&mut members)?;
        let statement = single_statement(&mut members, parameters)?;
        Ok(Self {
            statement,
            limit: members.number("Limit"),
            next_token: members.text("NextToken"),
            consistent_read: members.flag("ConsistentRead").unwrap_or_default(),
            return_consumed_capacity: members.consumed_capacity(),
            values_on_failure: members.values_on_failure(),
        })
    }

    /// Stands for the statement, whatever else is asked for: where it goes on, only the same statement can.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut body = Body::default();
        write_statement(&self.statement, &mut body);
        Fingerprint::of(Operation::ExecuteStatement, &body.finish())
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        write_statement(&self.statement, &mut body);
        if let Some(limit) = self.limit {
            body.set("Limit", limit);
        }
        if let Some(token) = &self.next_token {
            body.set("NextToken", token.as_str());
        }
        body.set_flag("ConsistentRead", self.consistent_read);
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.set_values_on_failure(self.values_on_failure);
        body.finish()
    }
}

impl BatchExecuteStatement {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let statements = members.list("Statements").unwrap_or_default();
        let statements: Vec<_> = statements.into_iter().map(StatementEntry::read).collect();
        let read = || statements.iter().flatten();
        let is_read = |entry: &StatementEntry| entry.statement.is_read();
        if read().any(is_read) && !read().all(is_read) {
            return Err(Refusal::validation(
                "Read and write requests together in the same batch is not supported.",
            ));
        }
        Ok(Self {
            statements,
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it, without the statements that can't be read.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        let statements: Value = self
            .statements
            .iter()
            .flatten()
            .map(StatementEntry::write)
            .collect();
        body.set("Statements", statements);
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }

    /// The answers to all statements in turn, given those to the statements that were run: the others are answered by
    /// their refusals.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html>
    pub fn answers(&self, of_statements: Vec<Value>) -> Vec<Value> {
        let mut of_statements = of_statements.into_iter();
        let answer = |statement: &Result<StatementEntry, Refusal>| match statement {
            Ok(_) => of_statements.next().unwrap_or_else(|| json!({})),
            Err(refusal) => json!({
                "Error": {"Code": "ValidationError", "Message": refusal.to_string()}
            }),
        };
        self.statements.iter().map(answer).collect()
    }
}

impl StatementEntry {
    /// Reads one of a batch.
    fn read(entry: Value) -> Result<Self, Refusal> {
        let mut members = Members::from(entry);
        let parameters = parameters(&mut members)?;
        let statement = single_statement(&mut members, parameters)?;
        Ok(Self::of(statement, &members))
    }

    /// Reads one of a transaction, whose parameters were read before.
    fn read_in_transaction(
        members: &mut Members,
        parameters: Vec<AttributeValue>,
    ) -> Result<Self, Refusal> {
        let statement = statement(members, parameters)?;
        match &statement {
            Statement::Update {
                returning: Some(_), ..
            }
            | Statement::Delete {
                returning: Some(_), ..
            } => {
                return Err(Refusal::validation(
                    "RETURNING clause is not supported in ExecuteTransaction.",
                ));
            }
            Statement::Select(select) | Statement::Exists(select) if select.index.is_some() => {
                return Err(Refusal::validation(
                    "Reads on indices are not supported within transactions.",
                ));
            }
            _ => {}
        }
        Ok(Self::of(statement, members))
    }

    fn of(statement: Statement, members: &Members) -> Self {
        Self {
            statement,
            consistent_read: members.flag("ConsistentRead").unwrap_or_default(),
            values_on_failure: members.values_on_failure(),
        }
    }

    fn write(&self) -> Value {
        let mut body = Body::default();
        write_statement(&self.statement, &mut body);
        body.set_flag("ConsistentRead", self.consistent_read);
        body.set_values_on_failure(self.values_on_failure);
        body.finish()
    }
}

impl ExecuteTransaction {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let entries = members.list("TransactStatements").unwrap_or_default();
        // All parameters are looked at before any statement.
        let entries = entries.into_iter().map(|entry| {
            let mut members = Members::from(entry);
            let parameters = parameters(&mut members)?;
            Ok((members, parameters))
        });
        let entries: Vec<_> = entries.collect::<Result<_, Refusal>>()?;
        let mut statements = Vec::with_capacity(entries.len());
        for (index, (mut members, parameters)) in entries.into_iter().enumerate() {
            let entry = StatementEntry::read_in_transaction(&mut members, parameters);
            statements.push(entry.map_err(|refusal| failed_at(index, &refusal))?);
        }
        let is_read = |entry: &StatementEntry| entry.statement.is_read();
        if statements.iter().any(is_read) && !statements.iter().all(is_read) {
            return Err(Refusal::validation(
                "ExecuteTransaction API does not support both read and write operations in the same request.",
            ));
        }
        Ok(Self {
            statements,
            token: members.text("ClientRequestToken"),
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        body.set("TransactStatements", self.write_statements());
        if let Some(token) = &self.token {
            body.set("ClientRequestToken", token.as_str());
        }
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }

    /// Its statements, as a client would send them.
    pub(super) fn write_statements(&self) -> Value {
        self.statements.iter().map(StatementEntry::write).collect()
    }
}

fn failed_at(index: usize, refusal: &Refusal) -> Refusal {
    Refusal::Validation(format!(
        "Validation failed in TransactStatements[{index}]: {refusal}"
    ))
}

/// Reads parameters. They may nest a level deeper than items can: that is refused where it would be stored.
fn parameters(members: &mut Members) -> Result<Vec<AttributeValue>, Refusal> {
    let parameters = members.list("Parameters").unwrap_or_default();
    let parameters = parameters
        .into_iter()
        .map(|parameter| AttributeValue::from_json_within(parameter, NESTING + 1));
    parameters.collect()
}

fn statement(members: &mut Members, parameters: Vec<AttributeValue>) -> Result<Statement, Refusal> {
    let text = members.text("Statement").unwrap_or_default();
    parse(&text, parameters)
}

/// A statement that is not one of a transaction.
fn single_statement(
    members: &mut Members,
    parameters: Vec<AttributeValue>,
) -> Result<Statement, Refusal> {
    let statement = statement(members, parameters)?;
    if matches!(statement, Statement::Exists(_)) {
        return Err(Refusal::validation(
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ));
    }
    Ok(statement)
}

fn write_statement(statement: &Statement, body: &mut Body) {
    let (text, parameters) = statement.print();
    body.set("Statement", text);
    if !parameters.is_empty() {
        let parameters: Value = parameters.into_iter().map(AttributeValue::write).collect();
        body.set("Parameters", parameters);
    }
}
