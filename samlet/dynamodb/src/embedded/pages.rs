//! Pages of a Query or Scan that sets no Limit: read in pieces, since the engine would take every remaining row at once.

use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::Request;
use serde_json::{Value, json};

/// Items the engine reads at once.
const PIECE: u64 = 1000;

/// A page ends when its items take this much, as DynamoDB's do…
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// …or when so many have been looked at, however few were kept.
const MAX_SCANNED: u64 = 20_000;

/// Runs `execute` until a page is full. A request with a limit is one piece.
pub(crate) fn joined(
    request: &Request,
    execute: impl Fn(&[u8]) -> Result<String>,
) -> Result<String> {
    let limit = match request {
        Request::Query(query) => query.limit,
        Request::Scan(scan) => scan.limit,
        _ => None,
    };
    let mut request = request.to_json();
    if limit.is_some() {
        return execute(request.to_string().as_bytes());
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
        // The engine has ended a page of large items by itself.
        let is_full = piece["ScannedCount"].as_u64() < Some(PIECE);
        let whole = match page.take() {
            None => piece,
            Some(before) => append(before, piece),
        };
        let scanned = whole["ScannedCount"].as_u64().unwrap_or(u64::MAX);
        match next {
            // Another piece may be as large as this one.
            Some(key)
                if !is_full && bytes + text.len() < MAX_PAGE_BYTES && scanned < MAX_SCANNED =>
            {
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
    use samlet_dynamodb_api::Operation;
    use std::cell::Cell;

    /// 2,500 small items, or 250 large ones, in pieces of the asked size.
    fn pages(item: &str, limit: Option<u32>) -> (u64, usize, bool) {
        let calls = Cell::new(0);
        let scan = json!({"TableName": "messages"});
        let place = samlet_aws::Place::new("us-east-1", "123456789012", "local");
        let mut scan = Request::from_json(Operation::Scan, scan, &place).unwrap();
        if let Request::Scan(scan) = &mut scan {
            scan.limit = limit;
        }
        let page = joined(&scan, |body| {
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
        assert_eq!(pages("x", None), (2500, 3, false));
        assert_eq!(pages("x", Some(10)), (10, 1, true));
        assert_eq!(pages(&"x".repeat(600), None), (1000, 1, true));
    }
}
