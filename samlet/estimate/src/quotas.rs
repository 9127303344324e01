//! The quota table, read from TOML.

use serde::Deserialize;

use crate::TableError;

/// The table that samlet comes with.
pub const QUOTAS: &str = include_str!("../quotas.toml");

/// A default quota of AWS's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quota {
    pub(crate) limit: f64,
    /// Whether AWS raises it on request.
    pub(crate) raisable: bool,
    pub(crate) source: String,
}

/// The quotas that are looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quotas {
    /// Of which day they are.
    pub date: String,
    pub(crate) api_gateway_requests: Quota,
    pub(crate) api_gateway_timeout: Quota,
    pub(crate) lambda_concurrency: Quota,
    pub(crate) lambda_requests_per_concurrency: Quota,
    pub(crate) lambda_scaling: Quota,
    pub(crate) lambda_payload: Quota,
    pub(crate) dynamodb_table_reads: Quota,
    pub(crate) dynamodb_table_writes: Quota,
    pub(crate) dynamodb_new_table_reads: Quota,
    pub(crate) dynamodb_new_table_writes: Quota,
    pub(crate) dynamodb_partition_reads: Quota,
    pub(crate) dynamodb_partition_writes: Quota,
    pub(crate) dynamodb_partition_size: Quota,
    pub(crate) dynamodb_item_size: Quota,
}

impl Quotas {
    /// Reads a table.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let quotas: Self = toml::from_str(text)?;
        let named = quotas.named();
        let is_wrong = |quota: &Quota| quota.limit.is_nan() || quota.limit <= 0.0;
        let wrong = named.iter().find(|(_, quota)| is_wrong(quota));
        match wrong {
            Some((name, _)) => Err(TableError::Quota(name)),
            None => Ok(quotas),
        }
    }

    fn named(&self) -> [(&'static str, &Quota); 14] {
        [
            ("api-gateway-requests", &self.api_gateway_requests),
            ("api-gateway-timeout", &self.api_gateway_timeout),
            ("lambda-concurrency", &self.lambda_concurrency),
            (
                "lambda-requests-per-concurrency",
                &self.lambda_requests_per_concurrency,
            ),
            ("lambda-scaling", &self.lambda_scaling),
            ("lambda-payload", &self.lambda_payload),
            ("dynamodb-table-reads", &self.dynamodb_table_reads),
            ("dynamodb-table-writes", &self.dynamodb_table_writes),
            ("dynamodb-new-table-reads", &self.dynamodb_new_table_reads),
            ("dynamodb-new-table-writes", &self.dynamodb_new_table_writes),
            ("dynamodb-partition-reads", &self.dynamodb_partition_reads),
            ("dynamodb-partition-writes", &self.dynamodb_partition_writes),
            ("dynamodb-partition-size", &self.dynamodb_partition_size),
            ("dynamodb-item-size", &self.dynamodb_item_size),
        ]
    }

    /// Partitions that so many units a second fill: not a whole number.
    pub(crate) fn partitions(&self, reads: f64, writes: f64) -> f64 {
        reads / self.dynamodb_partition_reads.limit + writes / self.dynamodb_partition_writes.limit
    }

    pub(crate) fn partition_bytes(&self) -> f64 {
        self.dynamodb_partition_size.limit
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_quota_has_an_address_and_is_above_zero() {
        let quotas = Quotas::parse(QUOTAS).unwrap();
        for (name, quota) in quotas.named() {
            assert!(
                quota.source.starts_with("https://docs.aws.amazon.com/"),
                "{name}"
            );
        }
        let text = QUOTAS.replace("limit = 10_000 ", "limit = 0 ");
        let error = Quotas::parse(&text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the quota `api-gateway-requests` is not above zero"
        );
    }
}
