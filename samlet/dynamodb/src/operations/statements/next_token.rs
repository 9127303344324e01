//! Where a `SELECT` goes on, for the client to give back: opaque, and for the same statement only.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html#DDB-ExecuteStatement-request-NextToken>

use samlet_dynamodb_api::AttributeValue;
use samlet_dynamodb_api::request::ExecuteStatement;
use serde_json::{Value, json};

use crate::database::{Key, Position};
use crate::error::Error;

/// Bytes that stand for the statement.
const STATEMENT_BYTES: usize = 32;

/// A token to go on after a position: the statement's fingerprint, the length of the position's key, that, and the key
/// of the item in the table if it is one of an index.
pub(super) fn write(request: &ExecuteStatement, position: &Position) -> String {
    let Position {
        key: Key(key),
        item,
    } = position;
    let mut token = request.fingerprint().as_bytes().to_vec();
    token.extend(u32::try_from(key.len()).unwrap_or(u32::MAX).to_be_bytes());
    token.extend(key);
    if let Some(Key(item)) = item {
        token.extend(item);
    }
    match AttributeValue::B(token).write() {
        Value::Object(mut members) => match members.remove("B") {
            Some(Value::String(text)) => text,
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The position that a token of the same statement says.
pub(super) fn read(token: &str, request: &ExecuteStatement) -> Result<Position, Error> {
    let Ok(AttributeValue::B(bytes)) = AttributeValue::from_json(json!({"B": token})) else {
        return Err(invalid());
    };
    let Some((statement, rest)) = bytes.split_first_chunk::<STATEMENT_BYTES>() else {
        return Err(invalid());
    };
    let position = position(rest).ok_or_else(invalid)?;
    if statement != request.fingerprint().as_bytes() {
        return Err(Error::validation("NextToken does not match request"));
    }
    Ok(position)
}

fn position(bytes: &[u8]) -> Option<Position> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (key, item) = rest.split_at_checked(length)?;
    let item = (!item.is_empty()).then(|| Key(item.to_vec()));
    Some(Position {
        key: Key(key.to_vec()),
        item,
    })
}

/// The refusal of a token that no statement was answered with.
pub(super) fn invalid() -> Error {
    Error::validation("Invalid NextToken")
}
