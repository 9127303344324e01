//! Which quota is hit first, and at what rate.

use serde::Serialize;

use crate::demand::{concurrency, share_of, units_of};
use crate::quotas::Quota;
use crate::{Load, Quotas};

/// A quota beside what is asked of it at the peak.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// The quota, and whose.
    pub name: String,
    /// What the load asks for.
    pub used: f64,
    /// What there is.
    pub limit: f64,
    /// Requests a second, of all kinds together, at which it is reached; none
    /// when it doesn't depend on the rate.
    pub reached_at: Option<f64>,
    /// Whether AWS raises it on request; none for what the template says.
    pub raisable: Option<bool>,
    /// Where it is documented; none for what the template says.
    pub source: Option<String>,
}

impl Limit {
    /// Whether the load asks for more than there is.
    pub fn is_exceeded(&self) -> bool {
        self.used > self.limit
    }
}

/// Those that something is asked of, the one that is reached first at the top.
pub(crate) fn limits(load: &Load, quotas: &Quotas) -> Vec<Limit> {
    let mut limits = Vec::new();
    of_gateway(load, quotas, &mut limits);
    of_lambda(load, quotas, &mut limits);
    of_dynamodb(load, quotas, &mut limits);
    limits.retain(|limit| limit.used > 0.0);
    // What is exceeded at any rate comes first, what holds at any rate last.
    let order = |limit: &Limit| match limit.reached_at {
        Some(rate) => rate,
        None if limit.is_exceeded() => 0.0,
        None => f64::INFINITY,
    };
    limits.sort_by(|a, b| order(a).total_cmp(&order(b)));
    limits
}

/// One that grows with the rate; `per_request` is asked by each request a second.
fn rising(name: impl Into<String>, per_request: f64, limit: f64, load: &Load) -> Limit {
    Limit {
        name: name.into(),
        used: per_request * load.peak_rate,
        limit,
        reached_at: (per_request > 0.0).then(|| limit / per_request),
        raisable: None,
        source: None,
    }
}

/// One that is the same at any rate.
fn fixed(name: impl Into<String>, used: f64, limit: f64) -> Limit {
    Limit {
        name: name.into(),
        used,
        limit,
        reached_at: None,
        raisable: None,
        source: None,
    }
}

impl Limit {
    fn of(self, quota: &Quota) -> Self {
        Self {
            raisable: Some(quota.raisable),
            source: Some(quota.source.clone()),
            ..self
        }
    }
}

fn of_gateway(load: &Load, quotas: &Quotas, limits: &mut Vec<Limit>) {
    let entries = load.entries.iter().filter(|entry| entry.gateway.is_some());
    let share: f64 = entries.clone().map(|entry| entry.share).sum();
    let quota = &quotas.api_gateway_requests;
    let name = "API Gateway: requests a second";
    limits.push(rising(name, share, quota.limit, load).of(quota));
    for entry in entries.clone() {
        if let Some(throttle) = entry.throttle {
            let name = format!("Template: throttle of {}", entry.name);
            limits.push(rising(name, entry.share, throttle, load));
        }
    }
    let quota = &quotas.api_gateway_timeout;
    let slowest = entries.filter(|entry| entry.share > 0.0);
    let slowest = slowest.map(|entry| load.functions[entry.function].durations.p99_ms);
    let slowest = slowest.fold(0.0, f64::max);
    let name = "API Gateway: ms to answer, p99 of the slowest";
    limits.push(fixed(name, slowest, quota.limit).of(quota));
}

fn of_lambda(load: &Load, quotas: &Quotas, limits: &mut Vec<Limit>) {
    let indexes = || 0..load.functions.len();
    let quota = &quotas.lambda_concurrency;
    let all: f64 = indexes().map(|index| concurrency(load, index)).sum();
    let name = "Lambda: concurrent executions";
    limits.push(rising(name, all, quota.limit, load).of(quota));

    let ten = &quotas.lambda_requests_per_concurrency;
    let share: f64 = indexes().map(|index| share_of(load, index)).sum();
    let name = format!(
        "Lambda: requests a second, {} for each concurrent execution",
        ten.limit
    );
    limits.push(rising(name, share, ten.limit * quota.limit, load).of(ten));

    // A function faster than a tenth of a second is limited by requests.
    let quota = &quotas.lambda_scaling;
    let scaled = |index| concurrency(load, index).max(share_of(load, index) / ten.limit);
    let most = indexes().map(scaled).fold(0.0, f64::max);
    let name = "Lambda: new environments in 10 s, when all load comes at once to the busiest";
    limits.push(rising(name, most, quota.limit, load).of(quota));

    let used = || {
        load.functions
            .iter()
            .enumerate()
            .filter(|(index, _)| share_of(load, *index) > 0.0)
    };
    for (index, function) in used() {
        if let Some(reserved) = function.reserved_concurrency {
            let name = format!("Template: reserved concurrency of {}", function.name);
            limits.push(rising(
                name,
                concurrency(load, index),
                reserved.into(),
                load,
            ));
        }
        let name = format!("Template: timeout of {}, ms, p99", function.name);
        limits.push(fixed(name, function.durations.p99_ms, function.timeout_ms));
    }
    let quota = &quotas.lambda_payload;
    let largest = used()
        .map(|(_, function)| function.response_bytes)
        .fold(0.0, f64::max);
    let name = "Lambda: bytes of a response";
    limits.push(fixed(name, largest, quota.limit).of(quota));
}

fn of_dynamodb(load: &Load, quotas: &Quotas, limits: &mut Vec<Limit>) {
    for (index, table) in load.tables.iter().enumerate() {
        let units = units_of(load, index);
        if units.reads + units.writes == 0.0 {
            continue;
        }
        let table_name = &table.name;
        let (reads, writes) = (&quotas.dynamodb_table_reads, &quotas.dynamodb_table_writes);
        let name = format!("DynamoDB: read units a second of {table_name}");
        limits.push(rising(name, units.reads, reads.limit, load).of(reads));
        let name = format!("DynamoDB: write units a second of {table_name}");
        limits.push(rising(name, units.writes, writes.limit, load).of(writes));
        // Both together: parts of one whole.
        let (reads, writes) = (
            &quotas.dynamodb_new_table_reads,
            &quotas.dynamodb_new_table_writes,
        );
        let part = units.reads / reads.limit + units.writes / writes.limit;
        let name = format!("DynamoDB: % of what {table_name} can do when new, not warmed");
        limits.push(rising(name, part * 100.0, 100.0, load).of(writes));
        let part = quotas.partitions(units.reads, units.writes);
        let name = format!("DynamoDB: % of a partition of {table_name}, if all is one key");
        let quota = &quotas.dynamodb_partition_writes;
        limits.push(rising(name, part * 100.0, 100.0, load).of(quota));
        let quota = &quotas.dynamodb_item_size;
        let name = format!("DynamoDB: bytes of an item of {table_name}");
        limits.push(fixed(name, table.item_bytes, quota.limit).of(quota));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{QUOTAS, example};

    fn found(load: &Load) -> Vec<Limit> {
        limits(load, &Quotas::parse(QUOTAS).unwrap())
    }

    fn reached_at(limits: &[Limit], name: &str) -> f64 {
        let mut limits = limits.iter().filter(|limit| limit.name.contains(name));
        limits.next().unwrap().reached_at.unwrap()
    }

    #[test]
    fn each_quota_is_reached_at_its_rate() {
        let limits = found(&example::load());
        for (name, rate) in [
            ("API Gateway: requests", 10_000.0),
            // 13 ms of concurrency for each request a second.
            ("Lambda: concurrent", 1_000.0 / 0.013),
            ("Lambda: requests", 10_000.0),
            // Retrieve: 0.8 / 10 environments for each request a second.
            ("Lambda: new environments", 12_500.0),
            // 0.4 units of each for each request a second.
            ("read units", 100_000.0),
            ("write units", 100_000.0),
            // 0.4 / 12,000 + 0.4 / 4,000 = 1 / 7,500.
            ("when new", 7_500.0),
            // 0.4 / 3,000 + 0.4 / 1,000 = 1 / 1,875.
            ("one key", 1_875.0),
        ] {
            let found = reached_at(&limits, name);
            assert!((found - rate).abs() < 1e-6, "{name}: {found}, not {rate}");
        }
        assert!(limits[0].name.contains("one key"));
        assert!(limits.iter().all(|limit| !limit.is_exceeded()));
    }

    #[test]
    fn what_the_template_says_is_a_limit_too() {
        let mut load = example::load();
        load.entries[1].throttle = Some(400.0);
        load.functions[0].reserved_concurrency = Some(2);
        load.functions[1].timeout_ms = 30.0;
        let limits = found(&load);
        // p99 of 40 ms is beyond at any rate.
        assert_eq!(limits[0].name, "Template: timeout of Retrieve, ms, p99");
        assert_eq!(
            (limits[0].reached_at, limits[0].source.as_ref()),
            (None, None)
        );
        // 0.8 of the requests.
        assert_eq!(reached_at(&limits, "throttle of GET /message/{id}"), 500.0);
        // 0.2 x 21 ms for each request a second.
        assert!((reached_at(&limits, "reserved") - 2.0 / 0.0042).abs() < 1e-6);
        let exceeded: Vec<&str> = limits
            .iter()
            .filter(|l| l.is_exceeded())
            .map(|l| l.name.as_str())
            .collect();
        assert_eq!(exceeded.len(), 3, "{exceeded:?}");
    }

    #[test]
    fn the_peak_is_what_quotas_must_hold() {
        let mut load = example::load();
        load.peak_rate = 20_000.0;
        let gateway = found(&load)
            .into_iter()
            .find(|l| l.name.contains("API Gateway: requests"))
            .unwrap();
        assert!(gateway.is_exceeded());
        assert_eq!((gateway.used, gateway.raisable), (20_000.0, Some(true)));
    }

    #[test]
    fn what_nothing_is_asked_of_is_left_out() {
        let mut load = example::load();
        load.entries
            .iter_mut()
            .for_each(|entry| entry.gateway = None);
        load.functions
            .iter_mut()
            .for_each(|function| function.access.clear());
        let limits = found(&load);
        assert!(
            limits
                .iter()
                .all(|limit| !limit.name.contains("API") && !limit.name.contains("DynamoDB"))
        );
    }
}
