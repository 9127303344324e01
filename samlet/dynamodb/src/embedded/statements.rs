//! Statements that the embedded engine doesn't run, or runs in another sense: they are refused by name.

use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::Refusal;
use samlet_dynamodb_api::request::{BatchExecuteStatement, ExecuteStatement, ExecuteTransaction};
use serde_json::Value;

/// Refuses a statement that the engine can't run.
pub(crate) fn check(request: &ExecuteStatement) -> Result<()> {
    request.statement.check_supported().map_err(refused)
}

/// Refuses a transaction with a statement that the engine can't run.
pub(crate) fn check_transaction(request: &ExecuteTransaction) -> Result<()> {
    for (index, entry) in request.statements.iter().enumerate() {
        entry.statement.check_supported().map_err(|refusal| {
            DynoxideError::ValidationException(format!(
                "Validation failed in TransactStatements[{index}]: {refusal}"
            ))
        })?;
    }
    Ok(())
}

/// Runs the statements of a batch that the engine can run, and answers the others with their refusals. `execute` runs
/// a batch, and gives its answer.
pub(crate) fn run_batch(
    batch: &BatchExecuteStatement,
    execute: impl FnOnce(&BatchExecuteStatement) -> Result<String>,
) -> Result<String> {
    let statements = batch.statements.iter().cloned();
    let statements = statements.map(|entry| {
        let entry = entry?;
        entry.statement.check_supported()?;
        Ok(entry)
    });
    let supported = BatchExecuteStatement {
        statements: statements.collect(),
        return_consumed_capacity: batch.return_consumed_capacity,
    };
    let answer = if supported.is_readable() {
        execute(&supported)?
    } else {
        "{}".to_owned()
    };
    let mut answer: Value = serde_json::from_str(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    let answers = match answer["Responses"].take() {
        Value::Array(answers) => answers,
        _ => Vec::new(),
    };
    answer["Responses"] = supported.answers(answers).into();
    Ok(answer.to_string())
}

fn refused(refusal: Refusal) -> DynoxideError {
    DynoxideError::ValidationException(refusal.to_string())
}
