//! Pages of a Query or Scan that sets no Limit: read in pieces, since the engine would take every remaining row at once.

use dynoxide::{DynoxideError, Result};
use serde_json::{Value, json};

/// Items the engine reads at once.
const PIECE: u64 = 1000;

/// A page ends when its items take this much, as DynamoDB's do…
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// …or when so many have been looked at, however few were kept.
const MAX_SCANNED: u64 = 20_000;

/// Runs `execute` until a page is full. A request with a Limit is one piece.
pub(crate) fn joined(body: &[u8], execute: impl Fn(&[u8]) -> Result<String>) -> Result<String> {
    let Ok(mut request) = serde_json::from_slice::<Value>(body) else {
        return execute(body);
    };
    if request.get("Limit").is_some_and(|limit| !limit.is_null()) || !request.is_object() {
        return execute(body);
    }
    let mut page: Option<Value> = None;
    let mut bytes = 0;
    loop {
        request["Limit"] = json!(PIECE);
        let text = execute(request.to_string().as_bytes())?;
        // Most pages are one piece: nothing is to be joined.
        if page.is_none() && !text.contains("\"LastEvaluatedKey\"") {
            return Ok(text);
        }
        bytes += text.len();
        let piece: Value = serde_json::from_str(&text)
            .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
        let next = piece.get("LastEvaluatedKey").cloned();
        let whole = match page.take() {
            None => piece,
            Some(before) => append(before, piece),
        };
        let scanned = whole["ScannedCount"].as_u64().unwrap_or(u64::MAX);
        match next {
            Some(key) if bytes < MAX_PAGE_BYTES && scanned < MAX_SCANNED => {
                request["ExclusiveStartKey"] = key;
                page = Some(whole);
            }
            _ => return Ok(whole.to_string()),
        }
    }
}

/// One page of two pieces.
fn append(mut page: Value, mut piece: Value) -> Value {
    if let (Some(items), Some(more)) = (
        page.get_mut("Items").and_then(Value::as_array_mut),
        piece.get_mut("Items").and_then(Value::as_array_mut),
    ) {
        items.append(more);
    }
    for count in ["Count", "ScannedCount"] {
        let sum = page[count].as_u64().unwrap_or(0) + piece[count].as_u64().unwrap_or(0);
        page[count] = json!(sum);
    }
    let units = |page: &Value| page["ConsumedCapacity"]["CapacityUnits"].as_f64();
    if let (Some(a), Some(b)) = (units(&page), units(&piece)) {
        page["ConsumedCapacity"]["CapacityUnits"] = json!(a + b);
    }
    if let Value::Object(members) = &mut page {
        members.remove("LastEvaluatedKey");
        if let Some(key) = piece.get_mut("LastEvaluatedKey") {
            members.insert("LastEvaluatedKey".into(), key.take());
        }
    }
    page
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::cell::Cell;

    /// 2,500 small items, or 250 large ones, in pieces of the asked size.
    fn pages(item: &str, request: &str) -> (u64, usize, bool) {
        let calls = Cell::new(0);
        let page = joined(request.as_bytes(), |body| {
            calls.set(calls.get() + 1);
            let request: Value = serde_json::from_slice(body).unwrap();
            let start = request["ExclusiveStartKey"]["n"].as_u64().unwrap_or(0);
            let end = (start + request["Limit"].as_u64().unwrap()).min(2500);
            let items: Vec<&str> = (start..end).map(|_| item).collect();
            let mut answer =
                json!({"Items": items, "Count": end - start, "ScannedCount": end - start});
            if end < 2500 {
                answer["LastEvaluatedKey"] = json!({"n": end});
            }
            Ok(answer.to_string())
        });
        let page: Value = serde_json::from_str(&page.unwrap()).unwrap();
        assert_eq!(
            page["Items"].as_array().unwrap().len() as u64,
            page["Count"]
        );
        (
            page["Count"].as_u64().unwrap(),
            calls.get(),
            page.get("LastEvaluatedKey").is_some(),
        )
    }

    #[test]
    fn small_items_are_joined_and_large_ones_paged() {
        assert_eq!(pages("x", "{}"), (2500, 3, false));
        assert_eq!(pages("x", r#"{"Limit":10}"#), (10, 1, true));
        assert_eq!(pages(&"x".repeat(600), "{}"), (2000, 2, true));
    }
}
