//! Parameters that several operations have, and the faults for those that are wrong.

use std::borrow::Cow;

use samlet_service::Fault;
use serde_json::Value;

use crate::pattern::Pattern;

/// The longest filter pattern, as CloudWatch Logs has it: a long one takes long to match.
const MAX_PATTERN_CHARS: usize = 1024;

/// `logGroupName`, or `logGroupIdentifier`: a name or an ARN.
pub(crate) fn group_name(request: &Value) -> Option<&str> {
    let identifier = || request["logGroupIdentifier"].as_str().map(group_of);
    request["logGroupName"].as_str().or_else(identifier)
}

/// The name of the group that an identifier refers to: it is a name, or an ARN.
pub(crate) fn group_of(identifier: &str) -> &str {
    let arn = identifier.split_once(":log-group:");
    arn.map_or(identifier, |(_, name)| name)
        .trim_end_matches(":*")
}

/// The strings of a list; none when there is no such list.
pub(crate) fn strings(list: &Value) -> Vec<&str> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

/// Reads a filter pattern; without one, all events match.
pub(crate) fn filter_pattern(text: &Value) -> Result<Pattern, Fault> {
    let text = text.as_str().unwrap_or_default();
    if text.chars().count() > MAX_PATTERN_CHARS {
        return Err(invalid_parameter(format!(
            "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: \
             Member must have length less than or equal to {MAX_PATTERN_CHARS}"
        )));
    }
    Pattern::parse(text)
        .map_err(|reason| invalid_parameter(format!("Invalid filter pattern: {reason}")))
}

/// A parameter that must be given.
pub(crate) fn required<'a>(request: &'a Value, name: &str) -> Result<&'a str, Fault> {
    request[name].as_str().ok_or_else(|| {
        invalid_parameter(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// How many entries a page may have: as asked for, up to `most`.
pub(crate) fn limit(request: &Value, most: usize) -> usize {
    let asked = request["limit"]
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok());
    asked.unwrap_or(most).clamp(1, most)
}

/// The exception of this name.
pub(crate) fn refusal(code: &'static str, message: impl Into<Cow<'static, str>>) -> Fault {
    Fault::new(400, code, message)
}

/// A parameter is missing or wrong.
pub(crate) fn invalid_parameter(message: impl Into<Cow<'static, str>>) -> Fault {
    refusal("InvalidParameterException", message)
}

/// The group that a request names doesn't exist.
pub(crate) fn no_group() -> Fault {
    let text = "The specified log group does not exist.";
    refusal("ResourceNotFoundException", text)
}

/// The files could not be read or written.
pub(crate) fn failed(error: &std::io::Error) -> Fault {
    tracing::error!(%error, "the logs cannot be read or written");
    let text = "The service cannot complete the request.";
    Fault::new(500, "ServiceUnavailableException", text)
}
