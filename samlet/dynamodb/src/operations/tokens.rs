//! Idempotency: a transaction that is sent again with its ClientRequestToken is answered again, not done again. What is
//! remembered of it is committed with it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

#[cfg(test)]
mod tests;

use rusqlite::{CachedStatement, OptionalExtension, params};
use samlet_commit::Session;
use samlet_dynamodb_api::request::Fingerprint;
use samlet_dynamodb_api::{Operation, Request};

use crate::database::Database;
use crate::error::{Error, Exception};

/// Seconds for which a token is remembered.
const WINDOW: f64 = 600.0;

/// Tokens remembered at most; the oldest are forgotten first.
const MAX_TOKENS: i64 = 10_000;

/// Bytes of all that is remembered with them.
const MAX_BYTES: i64 = 16 * 1024 * 1024;

/// Bytes of a token's row beside the token and the answer.
const ROW_BYTES: usize = 64;

/// Old tokens that each new one makes forgotten, at most: more than one, and few enough to take no time.
const FORGOTTEN_AT_ONCE: i64 = 32;

/// What a transaction is known by when it is sent again.
#[derive(Debug)]
pub(crate) struct Token<'r> {
    operation: Operation,
    token: &'r str,
    fingerprint: Fingerprint,
}

/// How much is remembered.
struct Totals {
    tokens: i64,
    bytes: i64,
}

impl<'r> Token<'r> {
    /// The token of a request that has one.
    pub(crate) fn of(request: &'r Request) -> Option<Self> {
        Some(Self {
            token: request.token()?,
            operation: request.operation(),
            fingerprint: request.fingerprint()?,
        })
    }

    /// What was kept of the transaction, if it was done in the last ten minutes.
    pub(crate) fn kept(&self, database: &Database) -> Result<Option<String>, Error> {
        let mut select = database.connection().prepare_cached(
            "SELECT at, fingerprint, answer FROM tokens WHERE operation = ? AND token = ?",
        )?;
        let found = select.query_row(params![self.operation.name(), self.token], |row| {
            let at: f64 = row.get(0)?;
            let fingerprint: [u8; 32] = row.get(1)?;
            Ok((at, fingerprint, row.get(2)?))
        });
        match found.optional()? {
            None => Ok(None),
            Some((at, _, _)) if at + WINDOW <= database.now() => Ok(None),
            Some((_, fingerprint, answer)) if fingerprint == *self.fingerprint.as_bytes() => {
                Ok(Some(answer))
            }
            Some(_) => Err(Error::Refused(Exception::new(
                "IdempotentParameterMismatchException",
                "Idempotent parameter mismatch.",
            ))),
        }
    }

    /// Keeps an answer of the transaction that is being done.
    pub(crate) fn keep(&self, database: &Database, answer: &str) -> Result<(), Error> {
        let mut totals = Totals::read(database)?;
        totals.forget_this(database, self)?;
        totals.forget(database, database.now() - WINDOW)?;
        let bytes = answer.len() + self.token.len() + ROW_BYTES;
        totals.tokens += 1;
        totals.bytes += i64::try_from(bytes).unwrap_or(i64::MAX);
        while totals.are_too_many() && totals.forget(database, f64::MAX)? {}
        let mut insert = database
            .connection()
            .prepare_cached("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)")?;
        insert.execute(params![
            self.operation.name(),
            self.token,
            self.fingerprint.as_bytes(),
            database.now(),
            answer
        ])?;
        totals.write(database)
    }
}

impl Totals {
    fn read(database: &Database) -> Result<Self, Error> {
        let select = "SELECT tokens, bytes FROM token_totals";
        let mut select = database.connection().prepare_cached(select)?;
        Ok(select.query_row([], |row| {
            Ok(Self {
                tokens: row.get(0)?,
                bytes: row.get(1)?,
            })
        })?)
    }

    fn write(&self, database: &Database) -> Result<(), Error> {
        let update = "UPDATE token_totals SET tokens = ?, bytes = ?";
        let mut update = database.connection().prepare_cached(update)?;
        update.execute([self.tokens, self.bytes])?;
        Ok(())
    }

    fn are_too_many(&self) -> bool {
        self.tokens > MAX_TOKENS || self.bytes > MAX_BYTES
    }

    /// Forgets some of the oldest tokens, those that were kept at a time or before; whether there were any.
    fn forget(&mut self, database: &Database, until: f64) -> Result<bool, Error> {
        let mut delete = database.connection().prepare_cached(
            "DELETE FROM tokens WHERE (operation, token) IN
                (SELECT operation, token FROM tokens WHERE at <= ? ORDER BY at LIMIT ?)
            RETURNING length(CAST(answer AS BLOB)) + length(CAST(token AS BLOB))",
        )?;
        self.forgotten(&mut delete, params![until, FORGOTTEN_AT_ONCE])
    }

    /// Forgets a token that was used before.
    fn forget_this(&mut self, database: &Database, token: &Token<'_>) -> Result<bool, Error> {
        let mut delete = database.connection().prepare_cached(
            "DELETE FROM tokens WHERE operation = ? AND token = ?
            RETURNING length(CAST(answer AS BLOB)) + length(CAST(token AS BLOB))",
        )?;
        self.forgotten(&mut delete, params![token.operation.name(), token.token])
    }

    /// Runs a deletion that returns the bytes of what is deleted.
    fn forgotten(
        &mut self,
        delete: &mut CachedStatement<'_>,
        parameters: &[&dyn rusqlite::ToSql],
    ) -> Result<bool, Error> {
        let mut rows = delete.query(parameters)?;
        let mut has_forgotten = false;
        while let Some(row) = rows.next()? {
            let bytes: i64 = row.get(0)?;
            self.tokens -= 1;
            self.bytes -= bytes + i64::try_from(ROW_BYTES).unwrap_or_default();
            has_forgotten = true;
        }
        Ok(has_forgotten)
    }
}
