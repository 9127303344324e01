//! By which attribute the items of a table expire.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>

use samlet_dynamodb_api::request::UpdateTimeToLive;
use serde_json::{Value, json};

use super::tables;
use crate::database::Database;
use crate::error::Error;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html>
pub(super) fn update(database: &mut Database, request: &UpdateTimeToLive) -> Result<Value, Error> {
    let table = tables::named(database, &request.table)?;
    let wanted = &request.attribute;
    match &table.time_to_live {
        Some(current) if current != wanted => {
            return Err(Error::validation(format!(
                "TimeToLive is active on a different AttributeName: current AttributeName is {current}"
            )));
        }
        Some(_) if request.is_enabled => {
            return Err(Error::validation("TimeToLive is already enabled"));
        }
        None if !request.is_enabled => {
            return Err(Error::validation("TimeToLive is already disabled"));
        }
        _ => {}
    }
    let attribute = request.is_enabled.then_some(wanted.as_str());
    database.set_time_to_live(&table, attribute)?;
    Ok(json!({
        "TimeToLiveSpecification": {"Enabled": request.is_enabled, "AttributeName": wanted},
    }))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html>
pub(super) fn describe(database: &mut Database, name: &str) -> Result<Value, Error> {
    let table = tables::named(database, name)?;
    let description = match &table.time_to_live {
        Some(attribute) => json!({"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}),
        None => json!({"TimeToLiveStatus": "DISABLED"}),
    };
    Ok(json!({"TimeToLiveDescription": description}))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use crate::error::Exception;
    use crate::operations::testing::{create, database, refusal, run, table};

    #[test]
    fn a_time_to_live_is_enabled_and_disabled_by_its_attribute() {
        let (_folder, mut database) = database();
        create(&mut database, table("abc", "pk"));
        let request = |attribute: &str, is_enabled: bool| {
            let specification = json!({"Enabled": is_enabled, "AttributeName": attribute});
            json!({"TableName": "abc", "TimeToLiveSpecification": specification})
        };
        let active =
            "TimeToLive is active on a different AttributeName: current AttributeName is at";
        let enabled = json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "at"});
        let disabled = json!({"TimeToLiveStatus": "DISABLED"});
        let cases = [
            (
                "at",
                false,
                Some("TimeToLive is already disabled"),
                &disabled,
            ),
            ("at", true, None, &enabled),
            ("at", true, Some("TimeToLive is already enabled"), &enabled),
            ("other", true, Some(active), &enabled),
            ("other", false, Some(active), &enabled),
            ("at", false, None, &disabled),
            (
                "at",
                false,
                Some("TimeToLive is already disabled"),
                &disabled,
            ),
            ("at", true, None, &enabled),
        ];
        for (attribute, is_enabled, message, described) in cases {
            let request = request(attribute, is_enabled);
            if let Some(message) = message {
                let refusal = refusal(&mut database, "UpdateTimeToLive", request);
                assert_eq!(refusal, Exception::new("ValidationException", message));
            } else {
                let answer = run(&mut database, "UpdateTimeToLive", request.clone()).unwrap();
                let specification = &request["TimeToLiveSpecification"];
                assert_eq!(answer, json!({"TimeToLiveSpecification": specification}));
            }
            let name = json!({"TableName": "abc"});
            let answer = run(&mut database, "DescribeTimeToLive", name).unwrap();
            assert_eq!(answer, json!({"TimeToLiveDescription": described}));
        }
        let mut missing = request("at", true);
        missing["TableName"] = "missing".into();
        assert_eq!(
            refusal(&mut database, "UpdateTimeToLive", missing),
            Exception::new(
                "ResourceNotFoundException",
                "Requested resource not found: Table: missing not found"
            )
        );
    }
}
