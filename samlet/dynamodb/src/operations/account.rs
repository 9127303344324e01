//! What is the same for all tables.

use serde_json::{Value, json};

use crate::database::Database;
use crate::error::{Error, Exception};

/// What an account may have by default, which is not limited here.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
pub(super) fn limits() -> Value {
    json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    })
}

/// DynamoDB's own endpoint: the store doesn't know the address that it is reached by.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html>
pub(super) fn endpoints(database: &Database) -> Value {
    let place = &database.shared().place;
    let address = format!("dynamodb.{}.{}", place.region, place.url_suffix());
    json!({"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]})
}

/// There are no backups here; but every table has what DynamoDB calls continuous backups.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html>
pub(super) fn continuous_backups(database: &mut Database, name: &str) -> Result<Value, Error> {
    if database.find_table(name)?.is_none() {
        let message = format!("Table not found: {name}");
        let exception = Exception::new("TableNotFoundException", message);
        return Err(Error::Refused(exception));
    }
    Ok(json!({"ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
    }}))
}
