//! Several statements, all or none.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.transactions.html>

use std::collections::HashSet;
use std::sync::Arc;

use samlet_dynamodb_api::expression::Projection;
use samlet_dynamodb_api::partiql::Statement;
use samlet_dynamodb_api::request::{ExecuteTransaction, StatementEntry};
use samlet_dynamodb_api::value::write_item;
use samlet_dynamodb_api::{Item, Request};
use serde_json::{Map, Value, json};

use super::batch::{check_overlaps, code, target};
use super::changes::Change;
use super::keys::{self, KeyFault, Singleton};
use super::parts;
use crate::database::{Database, Table};
use crate::error::Error;
use crate::operations::items::insert;
use crate::operations::schema;
use crate::operations::tokens::Token;
use crate::operations::transactions::{self, Capacity, Reads, cancelled, no_reason};

/// A statement, as far as it is understood by its table's definition.
struct Step<'r> {
    entry: &'r StatementEntry,
    /// `None` if it is not there.
    table: Option<Arc<Table>>,
    action: Action,
}

/// What a statement does.
enum Action {
    /// Reads the item of a key.
    Read(Item),
    /// Changes an item.
    Change(Box<Change>),
    /// Nothing: its key is of another type than the table's.
    WrongType,
    /// Nothing, for another reason.
    Invalid(String),
    /// Nothing: its table is not there.
    NoTable,
}

/// Runs a transaction, unless its token says that it was run before.
pub(in crate::operations) fn transaction(
    database: &mut Database,
    transaction: &ExecuteTransaction,
    request: &Request,
) -> Result<Value, Error> {
    let token = Token::of(request);
    if let Some(token) = &token
        && let Some(kept) = token.kept(database)?
    {
        let wanted = transaction.return_consumed_capacity;
        return Ok(with_responses(
            Vec::new(),
            transactions::answer_again(&kept, wanted),
        ));
    }
    let steps = steps(database, transaction)?;
    let is_wrong = |step: &Step<'_>| matches!(step.action, Action::WrongType);
    if steps.iter().any(is_wrong) {
        let reasons = steps.iter().map(|step| {
            if is_wrong(step) {
                reason(
                    "ValidationError",
                    "The provided key element does not match the schema",
                )
            } else {
                no_reason()
            }
        });
        return Err(cancelled(reasons.collect()));
    }
    let mut capacity = Capacity::new(transaction.return_consumed_capacity);
    let is_read = |entry: &StatementEntry| entry.statement.is_read();
    let responses = if transaction.statements.iter().all(is_read) {
        read(database, &steps, &mut capacity)?
    } else {
        change(database, steps, token.as_ref(), &mut capacity)?;
        Vec::new()
    };
    let mut answer = Map::new();
    insert(&mut answer, "ConsumedCapacity", capacity.answer());
    Ok(with_responses(responses, answer.into()))
}

fn with_responses(responses: Vec<Value>, mut answer: Value) -> Value {
    answer["Responses"] = responses.into();
    answer
}

/// Understands all statements. What only a look at definitions shows is refused of the whole request.
fn steps<'r>(
    database: &mut Database,
    transaction: &'r ExecuteTransaction,
) -> Result<Vec<Step<'r>>, Error> {
    let mut seen = HashSet::new();
    let mut steps = Vec::with_capacity(transaction.statements.len());
    for (position, entry) in transaction.statements.iter().enumerate() {
        let table = database.find_table(entry.statement.table())?;
        let Some(table) = table else {
            steps.push(Step {
                entry,
                table: None,
                action: Action::NoTable,
            });
            continue;
        };
        let action = action(&table, entry).map_err(|error| failed_at(position, error))?;
        if let Some(key) = target(&table, &entry.statement)
            && !seen.insert((table.number, key))
        {
            return Err(Error::validation(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        steps.push(Step {
            entry,
            table: Some(table),
            action,
        });
    }
    Ok(steps)
}

fn action(table: &Table, entry: &StatementEntry) -> Result<Action, Error> {
    if let Statement::Select(select) = &entry.statement {
        check_overlaps(table, select)?;
        return match keys::singleton(table, select.condition.as_ref()) {
            Singleton::Key(key) => Ok(Action::Read(key)),
            Singleton::WrongType(_) => Ok(Action::WrongType),
            Singleton::NotByKey => Err(Error::validation(
                "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
            )),
        };
    }
    match Change::new(table, &entry.statement, entry.values_on_failure) {
        Ok(change) => Ok(Action::Change(Box::new(change))),
        Err(KeyFault::WrongType(_)) => Ok(Action::WrongType),
        Err(KeyFault::NotOne(message)) => Ok(Action::Invalid(message)),
        Err(fault @ KeyFault::NotAKey(_)) => Err(fault.into()),
    }
}

/// Says of which statement a refusal is.
fn failed_at(position: usize, error: Error) -> Error {
    match error {
        Error::Refused(mut exception) => {
            exception.message = format!(
                "Validation failed in TransactStatements[{position}]: {}",
                exception.message
            );
            Error::Refused(exception)
        }
        error => error,
    }
}

/// Reads all items.
fn read(
    database: &Database,
    steps: &[Step<'_>],
    capacity: &mut Capacity,
) -> Result<Vec<Value>, Error> {
    let mut reasons = Reasons::default();
    let mut responses = Vec::with_capacity(steps.len());
    let mut reads = Reads::new(capacity);
    for step in steps {
        let (Some(table), Action::Read(key)) = (&step.table, &step.action) else {
            reasons.add::<()>(Err(step.refusal()))?;
            continue;
        };
        let key = schema::key(table, key).map_err(Error::from);
        let Some(key) = reasons.add(key)? else {
            continue;
        };
        let mut response = Map::new();
        if let Some(item) = reads.get(database, table, &key)? {
            let item = parts(step.projection(), item);
            response.insert("Item".into(), write_item(&item));
        }
        responses.push(response.into());
    }
    reasons.check()?;
    Ok(responses)
}

/// Plans all changes; then, if nothing speaks against any of them, carries them out.
fn change(
    database: &mut Database,
    mut steps: Vec<Step<'_>>,
    token: Option<&Token<'_>>,
    capacity: &mut Capacity,
) -> Result<(), Error> {
    let mut reasons = Reasons::default();
    let (mut tables, mut planned) = (Vec::new(), Vec::with_capacity(steps.len()));
    for step in &mut steps {
        let refusal = step.refusal();
        let (Some(table), Action::Change(change)) = (&step.table, &mut step.action) else {
            reasons.add::<()>(Err(refusal))?;
            continue;
        };
        let key = change.key(database, table)?.map_err(Error::from);
        let plan = key.and_then(|key| change.plan(database, table, key));
        let Some(plan) = reasons.add(plan)? else {
            continue;
        };
        if change.has_missed(&plan) {
            reasons.missed(reasons.0.len() - 1);
        }
        tables.push(Arc::clone(table));
        planned.push(plan);
    }
    reasons.check()?;
    for (table, planned) in tables.iter().zip(&planned) {
        planned.apply(database, table)?;
    }
    if let Some(token) = token {
        token.keep(database, &transactions::kept(&tables, &planned))?;
    }
    for (table, planned) in tables.iter().zip(&planned) {
        planned.consume(table, capacity.of(table.name()));
    }
    Ok(())
}

impl Step<'_> {
    /// Why it does nothing, if it doesn't.
    fn refusal(&self) -> Error {
        match &self.action {
            Action::Invalid(message) => Error::validation(message.as_str()),
            _ => Error::no_table(),
        }
    }

    /// What is asked for of the item that it reads.
    fn projection(&self) -> Option<&Projection> {
        match &self.entry.statement {
            Statement::Select(select) => select.projection.as_ref(),
            _ => None,
        }
    }
}

/// Why a transaction is cancelled, if it is: a reason for each statement.
#[derive(Default)]
struct Reasons(Vec<Reason>);

enum Reason {
    None,
    /// One that is said only if there is a real one, too.
    Missed,
    Failed(Value),
}

impl Reasons {
    /// Adds that of a statement; gives what it came to. An error that is not the statement's stays one.
    fn add<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Error> {
        let exception = match result {
            Ok(done) => {
                self.0.push(Reason::None);
                return Ok(Some(done));
            }
            Err(Error::Refused(exception)) => exception,
            Err(error) => return Err(error),
        };
        let mut members = exception.members;
        members.insert("Code".into(), code(exception.name).into());
        members.insert("Message".into(), exception.message.into());
        self.0.push(Reason::Failed(members.into()));
        Ok(None)
    }

    /// A statement has found no item to delete on its condition.
    fn missed(&mut self, position: usize) {
        self.0[position] = Reason::Missed;
    }

    /// Cancels the transaction if there is a reason.
    fn check(self) -> Result<(), Error> {
        let is_failed = |reason: &Reason| matches!(reason, Reason::Failed(_));
        if !self.0.iter().any(is_failed) {
            return Ok(());
        }
        let reasons = self.0.into_iter().map(|reason| match reason {
            Reason::None => no_reason(),
            Reason::Missed => reason_of_missed(),
            Reason::Failed(reason) => reason,
        });
        Err(cancelled(reasons.collect()))
    }
}

fn reason_of_missed() -> Value {
    reason("ConditionalCheckFailed", "The conditional request failed")
}

fn reason(code: &str, message: &str) -> Value {
    json!({"Code": code, "Message": message})
}
