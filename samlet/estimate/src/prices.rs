//! The price table: read from TOML, applied in tiers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{EstimateError, TableError};

/// The table that samlet comes with.
pub const PRICES: &str = include_str!("../prices.toml");

/// What is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Item {
    ApiGatewayRest,
    ApiGatewayHttp,
    LambdaRequests,
    #[serde(rename = "lambda-x86-64")]
    LambdaX86,
    #[serde(rename = "lambda-arm64")]
    LambdaArm64,
    DynamodbReads,
    DynamodbWrites,
    DynamodbProvisionedReads,
    DynamodbProvisionedWrites,
    DynamodbStorage,
    DynamodbPointInTimeRecovery,
    LogsIngestion,
    CloudwatchAlarms,
    XrayTraces,
    DataTransferOut,
}

impl Item {
    const ALL: [Self; 15] = [
        Self::ApiGatewayRest,
        Self::ApiGatewayHttp,
        Self::LambdaRequests,
        Self::LambdaX86,
        Self::LambdaArm64,
        Self::DynamodbReads,
        Self::DynamodbWrites,
        Self::DynamodbProvisionedReads,
        Self::DynamodbProvisionedWrites,
        Self::DynamodbStorage,
        Self::DynamodbPointInTimeRecovery,
        Self::LogsIngestion,
        Self::CloudwatchAlarms,
        Self::XrayTraces,
        Self::DataTransferOut,
    ];

    /// As bills name it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::ApiGatewayRest => "API Gateway, REST API",
            Self::ApiGatewayHttp => "API Gateway, HTTP API",
            Self::LambdaRequests => "Lambda, requests",
            Self::LambdaX86 => "Lambda, duration on x86_64",
            Self::LambdaArm64 => "Lambda, duration on arm64",
            Self::DynamodbReads => "DynamoDB, on-demand reads",
            Self::DynamodbWrites => "DynamoDB, on-demand writes",
            Self::DynamodbProvisionedReads => "DynamoDB, provisioned reads",
            Self::DynamodbProvisionedWrites => "DynamoDB, provisioned writes",
            Self::DynamodbStorage => "DynamoDB, storage",
            Self::DynamodbPointInTimeRecovery => "DynamoDB, point-in-time recovery",
            Self::LogsIngestion => "CloudWatch Logs, ingestion",
            Self::CloudwatchAlarms => "CloudWatch, alarms",
            Self::XrayTraces => "X-Ray, traces recorded",
            Self::DataTransferOut => "Data transfer to the internet",
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::ApiGatewayRest | Self::ApiGatewayHttp | Self::LambdaRequests => "requests",
            Self::LambdaX86 | Self::LambdaArm64 => "GB-seconds",
            Self::DynamodbReads => "read units",
            Self::DynamodbWrites => "write units",
            Self::DynamodbProvisionedReads | Self::DynamodbProvisionedWrites => "unit-hours",
            Self::DynamodbStorage | Self::DynamodbPointInTimeRecovery => "GB-months",
            Self::CloudwatchAlarms => "metrics",
            Self::XrayTraces => "traces",
            Self::LogsIngestion | Self::DataTransferOut => "GB",
        }
    }
}

/// The prices of all regions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Of which day they are.
    pub date: String,
    /// The currency, as `USD`.
    pub currency: String,
    regions: BTreeMap<String, Region>,
}

/// The prices of one region.
#[derive(Clone, Debug, Deserialize)]
struct Region {
    #[serde(rename = "name")]
    _name: String,
    #[serde(flatten)]
    prices: BTreeMap<Item, Price>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    per: f64,
    /// Up to so many units a month, and the price of `per` of them.
    tiers: Vec<(f64, f64)>,
    pub(crate) source: String,
    pub(crate) checked: String,
}

impl Price {
    /// What so many units of a month cost.
    pub(crate) fn cost(&self, units: f64) -> f64 {
        let mut from = 0.0;
        let mut cost = 0.0;
        for (up_to, price) in &self.tiers {
            let within = (units.min(*up_to) - from).max(0.0);
            cost += within / self.per * price;
            from = *up_to;
        }
        cost
    }

    fn wrong(&self) -> Option<&'static str> {
        let ascending = self.tiers.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let (ends, positive) = (
            self.tiers
                .last()
                .is_some_and(|(up_to, _)| up_to.is_infinite()),
            self.tiers.iter().all(|(_, price)| *price >= 0.0),
        );
        match () {
            () if !ascending => Some("its tiers do not ascend"),
            () if !ends => Some("its last tier is not up to inf"),
            () if !positive => Some("it has a price below zero"),
            () if !(self.per.is_finite() && self.per > 0.0) => Some("`per` is not above zero"),
            () => None,
        }
    }
}

impl Prices {
    /// Reads a table; in it, every region has all prices.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let prices: Self = toml::from_str(text)?;
        for (region, table) in &prices.regions {
            for item in Item::ALL {
                let wrong = match table.prices.get(&item) {
                    None => Some("it is missing"),
                    Some(price) => price.wrong(),
                };
                if let Some(wrong) = wrong {
                    return Err(TableError::Price {
                        region: region.clone(),
                        what: item.title(),
                        wrong,
                    });
                }
            }
        }
        Ok(prices)
    }

    /// Refuses a region whose prices are not known.
    pub fn check_region(&self, region: &str) -> Result<(), EstimateError> {
        if self.regions.contains_key(region) {
            return Ok(());
        }
        Err(self.no_region(region))
    }

    /// That a region's prices are not known.
    pub(crate) fn no_region(&self, region: &str) -> EstimateError {
        let known: Vec<&str> = self.regions.keys().map(String::as_str).collect();
        EstimateError::NoRegion {
            region: region.to_owned(),
            known: known.join(", "),
        }
    }

    pub(crate) fn of(&self, region: &str, item: Item) -> Option<&Price> {
        self.regions.get(region)?.prices.get(&item)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cost(region: &str, item: Item, units: f64) -> f64 {
        let prices = Prices::parse(PRICES).unwrap();
        prices.of(region, item).unwrap().cost(units)
    }

    #[test]
    fn a_quantity_is_charged_tier_by_tier() {
        // 333 x 3.50 + 667 x 2.80 + 1,628 x 2.38 = 1,165.50 + 1,867.60 + 3,874.64.
        let rest = cost("us-east-1", Item::ApiGatewayRest, 2_628e6);
        assert!((rest - 6_907.74).abs() < 1e-6, "{rest}");
        // All within the first tier.
        let few = cost("us-east-1", Item::ApiGatewayRest, 2_628_000.0);
        assert!((few - 9.198).abs() < 1e-9, "{few}");
        // 60 TB of logs: 5,120 + 5,120 + 2,048 + 512.
        let logs = cost("us-east-1", Item::LogsIngestion, 61_440.0);
        assert!((logs - 12_800.0).abs() < 1e-6, "{logs}");
        assert_eq!(cost("us-east-1", Item::LambdaRequests, 0.0), 0.0);
    }

    #[test]
    fn a_table_that_would_charge_wrongly_is_refused() {
        for (from, to, wrong) in [
            ("[inf, 1.51]]", "[21e9, 1.51]]", "not up to inf"),
            (
                "[333e6, 3.50], [1e9",
                "[333e6, 3.50], [1e6",
                "do not ascend",
            ),
            ("[[inf, 0.20]]", "[[inf, -0.20]]", "below zero"),
            (
                "[regions.us-east-1.lambda-requests]",
                "[regions.us-east-1.lambda-request]",
                "unknown variant",
            ),
        ] {
            let text = PRICES.replacen(from, to, 1);
            assert_ne!(text, PRICES, "{from}");
            let error = Prices::parse(&text).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn every_price_has_an_address_and_says_how_it_was_checked() {
        let prices = Prices::parse(PRICES).unwrap();
        for price in prices
            .regions
            .values()
            .flat_map(|region| region.prices.values())
        {
            assert!(
                price.source.starts_with("https://aws.amazon.com/"),
                "{price:?}"
            );
            assert!(!price.checked.is_empty(), "{price:?}");
        }
    }
}
