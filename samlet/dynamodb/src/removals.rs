//! UpdateItem that only removes attributes: DynamoDB makes no item of it, the engine would.

use dynoxide::actions::{delete_item, get_item, update_item};
use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
use serde_json::{Value, json};

use crate::engine::{answer, read};

/// Whether an update's expression has a REMOVE clause and no other.
pub(crate) fn only_removes(body: &[u8]) -> bool {
    // Cheap for all other updates.
    let removes = |window: &[u8]| window.eq_ignore_ascii_case(b"REMOVE");
    if !body.windows(6).any(removes) {
        return false;
    }
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let expression = request["UpdateExpression"].as_str().unwrap_or_default();
    let mut words = expression.split(|c: char| !c.is_ascii_alphanumeric() && !"#:_".contains(c));
    // The clauses' names are reserved: nothing else can be called so.
    let clause = |word: &str| {
        ["SET", "ADD", "DELETE"]
            .iter()
            .any(|clause| word.eq_ignore_ascii_case(clause))
    };
    !words.any(clause)
}

/// Runs such an update; an item that was not there before is not there after.
pub(crate) fn run(storage: &Storage, body: &[u8]) -> Result<String> {
    let request: Value = read(body)?;
    let key = json!({"TableName": request["TableName"], "Key": request["Key"]}).to_string();
    let before = answer(get_item::execute(storage, read(key.as_bytes())?))?;
    // Everything in the request is checked by the engine, conditions included.
    let updated = answer(update_item::execute(storage, read(body)?))?;
    if before.contains("\"Item\"") {
        return Ok(updated);
    }
    answer(delete_item::execute(storage, read(key.as_bytes())?))?;
    let mut updated: Value = serde_json::from_str(&updated)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    if let Value::Object(members) = &mut updated {
        members.remove("Attributes");
    }
    Ok(updated.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_with_another_clause_is_left_alone() {
        for (expression, only) in [
            ("REMOVE a, #b", true),
            ("remove settings.address", true),
            ("SET a = :a REMOVE b", false),
            ("REMOVE a ADD n :n", false),
            ("SET #remove = :a", false),
        ] {
            let body = json!({"UpdateExpression": expression}).to_string();
            assert_eq!(only_removes(body.as_bytes()), only, "{expression}");
        }
    }
}
