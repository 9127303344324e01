//! The month's bill, service by service, and what it would be otherwise.

use serde::Serialize;

use crate::demand::{share_of, units_of};
use crate::prices::Item;
use crate::{Gateway, Load, Prices, SECONDS_PER_MONTH};

const GB: f64 = 1024.0 * 1024.0 * 1024.0;

/// What an HTTP API counts as one request.
/// <https://aws.amazon.com/api-gateway/pricing/>
const HTTP_API_STEP_BYTES: f64 = 512.0 * 1024.0;

/// What a log event is charged beside its text.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
pub const LOG_EVENT_BYTES: u64 = 26;

/// Of what X-Ray's default sampling rule applies to, the first requests of each
/// second, and the share of the others. All services that use the rule have
/// them together, and it is applied once to each request, where that comes in.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-configuring-xray-sampling-rules.html>
const TRACE_RESERVOIR: f64 = 1.0;
const TRACE_SHARE: f64 = 0.05;

const HOURS_PER_MONTH: f64 = SECONDS_PER_MONTH / 3600.0;

/// How much of what is provisioned is used, as auto scaling aims at by default.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html>
const PROVISIONED_UTILISATION: f64 = 0.7;

/// A line of the bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Charge {
    /// The service, and what of it.
    pub service: &'static str,
    /// How much a month.
    pub quantity: f64,
    /// Of what.
    pub unit: &'static str,
    /// What that costs.
    pub cost: f64,
    /// Where the price is from.
    pub source: String,
    /// Against what the price was compared.
    pub checked: String,
}

/// Another way to have the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// What would be changed.
    pub what: &'static str,
    /// What the lines that it changes cost now.
    pub cost_now: f64,
    /// What they would cost.
    pub cost_then: f64,
}

/// Quantities of a month.
type Quantities = Vec<(Item, f64)>;

pub(crate) fn charges(load: &Load, prices: &Prices) -> Option<Vec<Charge>> {
    let quantities = quantities(load).into_iter();
    let charge = |(item, quantity): (Item, f64)| {
        let price = prices.of(&load.region, item)?;
        Some(Charge {
            service: item.title(),
            quantity,
            unit: item.unit(),
            cost: price.cost(quantity),
            source: price.source.clone(),
            checked: price.checked.clone(),
        })
    };
    quantities
        .filter(|(_, quantity)| *quantity > 0.0)
        .map(charge)
        .collect()
}

/// Those that change something.
pub(crate) fn alternatives(load: &Load, prices: &Prices) -> Option<Vec<Alternative>> {
    let now = quantities(load);
    let of = |item| {
        now.iter()
            .filter(move |(of, _)| *of == item)
            .map(|(_, n)| *n)
            .sum::<f64>()
    };
    let cost = |items: &[(Item, f64)]| -> Option<f64> {
        items
            .iter()
            .map(|(item, quantity)| Some(prices.of(&load.region, *item)?.cost(*quantity)))
            .sum()
    };
    let (rest, http) = (of(Item::ApiGatewayRest), of(Item::ApiGatewayHttp));
    let (x86, arm64) = (of(Item::LambdaX86), of(Item::LambdaArm64));
    let (reads, writes) = (of(Item::DynamodbReads), of(Item::DynamodbWrites));
    // Capacity is paid for by the hour, used or not.
    let unit_hours = |units: f64| {
        let per_second = units / SECONDS_PER_MONTH;
        (per_second / PROVISIONED_UTILISATION).ceil() * HOURS_PER_MONTH
    };
    let ways = [
        (
            "HTTP API instead of REST API",
            vec![(Item::ApiGatewayRest, rest), (Item::ApiGatewayHttp, http)],
            vec![(Item::ApiGatewayHttp, rest + http)],
            rest,
        ),
        (
            "arm64 instead of x86_64, at the same durations",
            vec![(Item::LambdaX86, x86), (Item::LambdaArm64, arm64)],
            vec![(Item::LambdaArm64, x86 + arm64)],
            x86,
        ),
        (
            "Provisioned capacity, evenly used to 70 %, instead of on-demand",
            vec![(Item::DynamodbReads, reads), (Item::DynamodbWrites, writes)],
            vec![
                (Item::DynamodbProvisionedReads, unit_hours(reads)),
                (Item::DynamodbProvisionedWrites, unit_hours(writes)),
            ],
            reads + writes,
        ),
    ];
    let ways = ways.into_iter().filter(|(_, _, _, changed)| *changed > 0.0);
    ways.map(|(what, now, then, _)| {
        Some(Alternative {
            what,
            cost_now: cost(&now)?,
            cost_then: cost(&then)?,
        })
    })
    .collect()
}

fn quantities(load: &Load) -> Quantities {
    let requests = load.rate * SECONDS_PER_MONTH;
    let mut gateway = [0.0; 2];
    let (mut bytes_out, mut log_bytes) = (0.0, 0.0);
    for entry in &load.entries {
        let response = load.functions[entry.function].response_bytes;
        match entry.gateway {
            Some(Gateway::Rest) => gateway[0] += entry.share * requests,
            Some(Gateway::Http) => {
                let steps = (response / HTTP_API_STEP_BYTES).ceil().max(1.0);
                gateway[1] += entry.share * requests * steps;
            }
            None => continue,
        }
        bytes_out += entry.share * requests * response;
        // Its tiers are those of the functions' logs: AWS counts both as vended.
        // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>
        log_bytes += entry.share * requests * entry.access_log_bytes;
    }
    let (mut invocations, mut gb_seconds) = (0.0, [0.0; 2]);
    for (index, function) in load.functions.iter().enumerate() {
        let count = share_of(load, index) * requests;
        let durations = &function.durations;
        let billed_ms = durations.billed_ms + load.cold_share * durations.init_ms;
        invocations += count;
        log_bytes += count * function.log_bytes;
        let gb = f64::from(function.memory_mb) / 1024.0;
        gb_seconds[usize::from(function.arm64)] += count * billed_ms / 1000.0 * gb;
    }
    let (mut reads, mut writes) = (0.0, 0.0);
    let (mut stored, mut restorable) = (0.0, 0.0);
    for (index, table) in load.tables.iter().enumerate() {
        let units = units_of(load, index);
        reads += units.reads * requests;
        writes += units.writes * requests;
        stored += table.stored_bytes;
        if table.point_in_time_recovery {
            restorable += table.stored_bytes;
        }
    }
    vec![
        (Item::ApiGatewayRest, gateway[0]),
        (Item::ApiGatewayHttp, gateway[1]),
        (Item::LambdaRequests, invocations),
        (Item::LambdaX86, gb_seconds[0]),
        (Item::LambdaArm64, gb_seconds[1]),
        (Item::DynamodbReads, reads),
        (Item::DynamodbWrites, writes),
        (Item::DynamodbStorage, stored / GB),
        (Item::DynamodbPointInTimeRecovery, restorable / GB),
        (Item::LogsIngestion, log_bytes / GB),
        (Item::CloudwatchAlarms, load.alarm_metrics as f64),
        (Item::XrayTraces, traces(load)),
        (Item::DataTransferOut, bytes_out / GB),
    ]
}

/// What X-Ray records in a month, of requests that come in evenly.
fn traces(load: &Load) -> f64 {
    let sampled = load.entries.iter().filter(|entry| entry.traced);
    let rate = load.rate * sampled.map(|entry| entry.share).sum::<f64>();
    let first = rate.min(TRACE_RESERVOIR);
    (first + (rate - first) * TRACE_SHARE) * SECONDS_PER_MONTH
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{PRICES, Table, example};

    fn cost_of(load: &Load, service: &str) -> f64 {
        let charges = charges(load, &Prices::parse(PRICES).unwrap()).unwrap();
        let mut charges = charges.iter().filter(|charge| charge.service == service);
        charges.next().unwrap().cost
    }

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.005, "{found}, not {expected}");
    }

    /// 1,000/s are 2,628,000,000 requests a month.
    #[test]
    fn the_bill_is_what_it_is_by_hand() {
        let load = example::load();
        // See the tiers' test.
        assert_near(cost_of(&load, "API Gateway, REST API"), 6_907.74);
        // 2,628 x 0.20.
        assert_near(cost_of(&load, "Lambda, requests"), 525.60);
        // 2,628e6 x (0.2 x 21 ms + 0.8 x 11 ms) x 0.125 GB = 4,270,500 GB-s.
        assert_near(cost_of(&load, "Lambda, duration on x86_64"), 71.175);
        // 2,628e6 x 0.8 x 0.5 = 1,051.2 million units.
        assert_near(cost_of(&load, "DynamoDB, on-demand reads"), 131.40);
        // 2,628e6 x 0.2 x 2 = 1,051.2 million units.
        assert_near(cost_of(&load, "DynamoDB, on-demand writes"), 657.00);
        assert_near(cost_of(&load, "DynamoDB, storage"), 5.25);
        // 2,628e6 x 512 bytes = 1,253.13 GB.
        assert_near(cost_of(&load, "CloudWatch Logs, ingestion"), 626.56);
        // 2,628e6 x 1 KB = 2,506.26 GB.
        assert_near(cost_of(&load, "Data transfer to the internet"), 225.56);
    }

    #[test]
    fn what_costs_nothing_is_not_on_the_bill() {
        let mut load = example::load();
        load.entries
            .iter_mut()
            .for_each(|entry| entry.gateway = None);
        let charges = charges(&load, &Prices::parse(PRICES).unwrap()).unwrap();
        let services: Vec<&str> = charges.iter().map(|charge| charge.service).collect();
        assert!(
            !services
                .iter()
                .any(|name| name.contains("API") || name.contains("internet"))
        );
    }

    /// Traced requests a second, by the bill.
    fn traced(load: &Load) -> f64 {
        let charges = charges(load, &Prices::parse(PRICES).unwrap()).unwrap();
        let mut traces = charges.iter().filter(|charge| charge.unit == "traces");
        traces
            .next()
            .map_or(0.0, |charge| charge.quantity / SECONDS_PER_MONTH)
    }

    #[test]
    fn one_request_a_second_is_traced_and_a_twentieth_of_the_others() {
        let mut load = example::load();
        assert_near(traced(&load), 0.0);
        load.entries[0].traced = true;
        // 200/s: 1 + 199 x 0.05.
        assert_near(traced(&load), 10.95);
        // Two ways in share the one: 1 + 999 x 0.05 = 50.95/s, 133.8966 million a month.
        load.entries[1].traced = true;
        assert_near(traced(&load), 50.95);
        assert_near(cost_of(&load, "X-Ray, traces recorded"), 669.48);
        // With an API or without.
        load.entries[1].gateway = None;
        assert_near(traced(&load), 50.95);
        // No more than there are.
        load.rate = 0.5;
        assert_near(traced(&load), 0.5);
        load.rate = 1.0;
        assert_near(traced(&load), 1.0);
    }

    #[test]
    fn access_logs_come_into_the_same_tiers_as_the_functions_logs() {
        let mut load = example::load();
        load.entries[1].access_log_bytes = 640.0;
        // 2,628e6 x (512 + 0.8 x 640) bytes = 2,506.26 GB x 0.50.
        assert_near(cost_of(&load, "CloudWatch Logs, ingestion"), 1_253.13);
        // 25,062.56 GB: 10,240 x 0.50 + 14,822.56 x 0.25.
        load.rate = 10_000.0;
        assert_near(cost_of(&load, "CloudWatch Logs, ingestion"), 8_825.64);
        // What comes without an API is not in its log.
        load.entries[1].gateway = None;
        // 12,531.28 GB: 10,240 x 0.50 + 2,291.28 x 0.25.
        assert_near(cost_of(&load, "CloudWatch Logs, ingestion"), 5_692.82);
    }

    #[test]
    fn alarms_and_recovery_cost_whatever_the_rate() {
        let mut load = example::load();
        load.alarm_metrics = 19;
        let of_another = Table {
            stored_bytes: 4.0 * GB,
            point_in_time_recovery: true,
            ..load.tables[0].clone()
        };
        load.tables.push(of_another);
        for rate in [1.0, 1_000.0] {
            load.rate = rate;
            assert_near(cost_of(&load, "CloudWatch, alarms"), 1.90);
            // 4 of 25 GB.
            assert_near(cost_of(&load, "DynamoDB, point-in-time recovery"), 0.80);
        }
    }

    #[test]
    fn an_http_api_counts_a_large_response_as_several_requests() {
        let mut load = example::load();
        for entry in &mut load.entries {
            entry.gateway = Some(Gateway::Http);
        }
        // 300 x 1.00 + 2,328 x 0.90.
        assert_near(cost_of(&load, "API Gateway, HTTP API"), 2_395.20);
        load.functions[1].response_bytes = 600.0 * 1024.0;
        // 2,628e6 x (0.2 + 0.8 x 2) = 4,730.4 million: 300 + 4,430.4 x 0.90.
        assert_near(cost_of(&load, "API Gateway, HTTP API"), 4_287.36);
    }

    #[test]
    fn alternatives_are_compared_with_what_they_replace() {
        let load = example::load();
        let prices = Prices::parse(PRICES).unwrap();
        let found = alternatives(&load, &prices).unwrap();
        let costs: Vec<(f64, f64)> = found
            .iter()
            .map(|way| (way.cost_now, way.cost_then))
            .collect();
        assert_near(costs[0].0, 6_907.74);
        assert_near(costs[0].1, 2_395.20);
        // 4,270,500 x 0.0000133334.
        assert_near(costs[1].1, 56.94);
        // 400 / 0.7 = 572 units of each: 572 x 730 x (0.00013 + 0.00065).
        assert_near(costs[2].0, 788.40);
        assert_near(costs[2].1, 325.70);
        assert_eq!(
            alternatives(
                &Load {
                    region: "nowhere".into(),
                    ..load
                },
                &prices
            ),
            None
        );
    }
}
