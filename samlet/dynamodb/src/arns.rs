//! ARNs between the application's account and the engine, which has one of its own.

use serde_json::Value;

/// What the engine puts before `table/NAME`.
const ENGINE_PREFIX: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// The name in a table's ARN, or the text itself: DynamoDB takes both for TableName.
pub(crate) fn table_name(text: &str) -> &str {
    match text.strip_prefix("arn:") {
        Some(arn) => arn.rsplit_once(":table/").map_or(text, |(_, name)| name),
        None => text,
    }
}

/// Replaces a table ARN given as a request's TableName by the name.
pub(crate) fn reduce_table_name(request: &mut Value) {
    if let Some(Value::String(name)) = request.get_mut("TableName")
        && name.starts_with("arn:")
    {
        *name = table_name(name).to_owned();
    }
}

/// Puts the application's region and account into a description's ARNs.
pub(crate) fn localise(description: &str, region: &str, account_id: &str) -> String {
    description
        .replace(ENGINE_PREFIX, &prefix(region, account_id))
        .replace(
            "\"awsRegion\":\"dynoxide\"",
            &format!("\"awsRegion\":\"{region}\""),
        )
}

/// Puts the engine's own account into a request's ARNs.
pub(crate) fn delocalise(request: &[u8], prefix: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    text.replace(prefix, ENGINE_PREFIX).into_bytes()
}

/// What stands before `table/NAME` in the application's ARNs.
pub(crate) fn prefix(region: &str, account_id: &str) -> String {
    format!("arn:aws:dynamodb:{region}:{account_id}:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tables_arn_is_reduced_to_its_name() {
        assert_eq!(
            table_name("arn:aws:dynamodb:us-east-1:1:table/messages"),
            "messages"
        );
        assert_eq!(table_name("messages"), "messages");
    }
}
