//! Asks a search page by page, since where a page ends may differ where the order does.

use anyhow::Result;
use serde_json::{Value, json};

use crate::program::Program;
use crate::request::{Answer, Request};

/// More than a history has items.
const MAX_PAGES: usize = 200;

/// Asks a request and, of a search, all further pages. A search's answer has them as `Pages`.
pub(crate) fn ask(program: &mut Program, request: &Request) -> Result<Answer> {
    let Some((member, last)) = members(request) else {
        return program.ask(request);
    };
    let segments = request.request["TotalSegments"].as_u64();
    let (mut request, mut pages) = (request.clone(), Vec::new());
    for segment in 0..segments.filter(|count| *count <= 8).unwrap_or(1) {
        if segments.is_some() && !request.request["Segment"].is_null() {
            request.request["Segment"] = segment.into();
        }
        let mut next = request.clone();
        loop {
            let answer = program.ask(&next)?;
            let is_at_end = answer.status != 200 || answer.body[last].is_null();
            if answer.status != 200 && pages.is_empty() {
                return Ok(answer);
            }
            // A page that ends where it began goes on for ever.
            let is_stuck = next.request[member] == answer.body[last];
            next.request[member] = answer.body[last].clone();
            pages.push(match answer.status {
                200 => answer.body,
                _ => json!({"Error": answer.summary()}),
            });
            if is_at_end || is_stuck || pages.len() > MAX_PAGES {
                break;
            }
        }
    }
    Ok(Answer {
        status: 200,
        body: json!({ "Pages": Value::Array(pages) }),
    })
}

/// Where a search's next page begins in its request, and in its answer.
fn members(request: &Request) -> Option<(&'static str, &'static str)> {
    match request.operation.as_str() {
        "Query" | "Scan" => Some(("ExclusiveStartKey", "LastEvaluatedKey")),
        "ExecuteStatement" if request.is_read() => Some(("NextToken", "NextToken")),
        _ => None,
    }
}
