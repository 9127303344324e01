//! What an application needs and costs on AWS at a rate of requests: arithmetic, from figures to figures.
//!
//! No I/O: the price and quota tables are texts, the load is of an application that was read and figures that were
//! measured elsewhere.

mod bill;
mod demand;
mod error;
mod limits;
mod load;
mod measured;
mod mix;
mod prices;
mod quotas;
mod report;
mod watching;

pub use bill::{Alternative, Charge, LOG_EVENT_BYTES};
pub use demand::{FunctionDemand, TableDemand};
pub use error::EstimateError;
pub use limits::Limit;
pub use load::{Figures, FunctionFigures, Given, Named, SourcedLoad, TableFigures, Use, load};
pub use measured::Measured;
pub use mix::entries;
pub use prices::{PRICES, Prices};
pub use quotas::{QUOTAS, Quotas};
pub use report::{Section, json, text};

use serde::Serialize;

/// What a month has, as AWS's own calculator counts: 730 hours.
pub const SECONDS_PER_MONTH: f64 = 730.0 * 3600.0;

/// Why a table of prices or quotas is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It isn't one.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A price is wrong.
    #[error("the price of `{what}` in {region}: {wrong}")]
    Price {
        /// The region.
        region: String,
        /// What has the price.
        what: &'static str,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// A quota is wrong.
    #[error("the quota `{0}` is not above zero")]
    Quota(&'static str),
}

/// An application under load.
#[derive(Clone, Debug)]
pub struct Load {
    /// Requests a second, on average over the month: what is paid for.
    pub rate: f64,
    /// Requests a second at the peak: what quotas must hold.
    pub peak_rate: f64,
    /// The AWS region, as `us-east-1`.
    pub region: String,
    /// Which share of invocations begin a new environment.
    pub cold_share: f64,
    /// How requests come in.
    pub entries: Vec<Entry>,
    /// The functions.
    pub functions: Vec<Function>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Metrics that CloudWatch alarms watch.
    pub alarm_metrics: usize,
}

/// A way into the application: a route, or invocations without API Gateway.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As `GET /path`.
    pub name: String,
    /// The API it is part of, if any.
    pub gateway: Option<Gateway>,
    /// Index of the function.
    pub function: usize,
    /// Which part of all requests come this way.
    pub share: f64,
    /// Requests a second that its own throttle lets in.
    pub throttle: Option<f64>,
    /// Whether X-Ray samples what comes this way.
    pub traced: bool,
    /// Bytes that its API logs of each request.
    pub access_log_bytes: f64,
}

/// API Gateway's two kinds of API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// A function and what one invocation of it takes.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its logical id.
    pub name: String,
    /// Memory, MB.
    pub memory_mb: u32,
    /// Whether it runs on arm64, not x86_64.
    pub arm64: bool,
    /// The longest an invocation may take, ms.
    pub timeout_ms: f64,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<u32>,
    /// How long invocations take.
    pub durations: Durations,
    /// Bytes an invocation logs.
    pub log_bytes: f64,
    /// Bytes a response has, with its headers.
    pub response_bytes: f64,
    /// What an invocation does to tables.
    pub access: Vec<Access>,
}

/// How long a function's invocations take, ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Durations {
    /// The mean: what concurrency follows from.
    pub mean_ms: f64,
    /// Half are at most as long.
    pub median_ms: f64,
    /// 99 of 100 are at most as long.
    pub p99_ms: f64,
    /// The mean of what is billed: each rounded up to a whole millisecond, without init.
    pub billed_ms: f64,
    /// What a cold start adds, on average.
    pub init_ms: f64,
}

impl Durations {
    /// All invocations alike.
    pub fn constant(ms: f64) -> Self {
        Self {
            mean_ms: ms,
            median_ms: ms,
            p99_ms: ms,
            billed_ms: ms.ceil(),
            init_ms: 0.0,
        }
    }

    /// From measured ones: of all invocations without init, and inits of cold
    /// starts; none of none.
    pub fn measured(durations: &mut [f64], inits: &[f64]) -> Option<Self> {
        durations.sort_by(f64::total_cmp);
        let mean = |values: &mut dyn Iterator<Item = f64>, count: usize| {
            values.sum::<f64>() / count.max(1) as f64
        };
        let count = durations.len();
        let rank = |share: f64| {
            let rank = (share * count as f64).ceil() as usize;
            durations.get(rank.max(1) - 1).copied()
        };
        Some(Self {
            mean_ms: mean(&mut durations.iter().copied(), count),
            median_ms: rank(0.5)?,
            p99_ms: rank(0.99)?,
            billed_ms: mean(&mut durations.iter().map(|ms| ms.ceil()), count),
            init_ms: mean(&mut inits.iter().copied(), inits.len()),
        })
    }
}

/// What an invocation does to a table, on average.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// Index of the table.
    pub table: usize,
    /// Items it reads.
    pub reads: f64,
    /// Items it writes.
    pub writes: f64,
}

/// A DynamoDB table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its logical id.
    pub name: String,
    /// The mean size of its items.
    pub item_bytes: f64,
    /// What it holds.
    pub stored_bytes: f64,
    /// Its secondary indexes: each is written, too.
    pub indexes: u32,
    /// Whether reads are strongly consistent.
    pub consistent_reads: bool,
    /// Whether it can be restored to any second of the last weeks.
    pub point_in_time_recovery: bool,
}

/// What a load takes and costs.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// Requests a second, on average.
    pub rate: f64,
    /// Requests a second, at the peak.
    pub peak_rate: f64,
    /// Requests a month.
    pub requests_per_month: f64,
    /// The region.
    pub region: String,
    /// Of which day the prices are.
    pub prices_date: String,
    /// Of which day the quotas are.
    pub quotas_date: String,
    /// The currency.
    pub currency: String,
    /// By function.
    pub functions: Vec<FunctionDemand>,
    /// By table.
    pub tables: Vec<TableDemand>,
    /// By service.
    pub charges: Vec<Charge>,
    /// Of all charges.
    pub cost_per_month: f64,
    /// What else could be paid for.
    pub alternatives: Vec<Alternative>,
    /// Quotas, the one that is hit first at the top.
    pub limits: Vec<Limit>,
}

/// The estimate, if the region's prices are known.
pub fn estimate(load: &Load, prices: &Prices, quotas: &Quotas) -> Result<Estimate, EstimateError> {
    let no_region = || prices.no_region(&load.region);
    let functions = demand::functions(load);
    let tables = demand::tables(load, quotas);
    let charges = bill::charges(load, prices).ok_or_else(no_region)?;
    let cost_per_month = charges.iter().map(|charge| charge.cost).sum();
    Ok(Estimate {
        rate: load.rate,
        peak_rate: load.peak_rate,
        requests_per_month: load.rate * SECONDS_PER_MONTH,
        region: load.region.clone(),
        prices_date: prices.date.clone(),
        quotas_date: quotas.date.clone(),
        currency: prices.currency.clone(),
        alternatives: bill::alternatives(load, prices).ok_or_else(no_region)?,
        limits: limits::limits(load, quotas),
        functions,
        tables,
        charges,
        cost_per_month,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod example {
    //! A load small enough to be worked out by hand.

    use samlet_aws::Place;
    use samlet_template::{Application, Catalogue, Settings};

    use super::*;

    /// What a template declares.
    pub(crate) fn application(source: &str) -> Application {
        let settings = Settings::new(Place::new("us-east-1", "1", "local"));
        samlet_template::read(source, &settings, &Catalogue::new([])).unwrap()
    }

    /// 1,000 requests a second: 200 create, 800 retrieve; items of 1.5 KB.
    pub(crate) fn load() -> Load {
        let function = |name: &str, mean_ms: f64, access| Function {
            name: name.into(),
            memory_mb: 128,
            arm64: false,
            timeout_ms: 3_000.0,
            reserved_concurrency: None,
            durations: Durations {
                mean_ms,
                median_ms: mean_ms,
                p99_ms: 40.0,
                billed_ms: mean_ms,
                init_ms: 100.0,
            },
            log_bytes: 512.0,
            response_bytes: 1_024.0,
            access,
        };
        let entry = |name: &str, function, share| Entry {
            name: name.into(),
            gateway: Some(Gateway::Rest),
            function,
            share,
            throttle: None,
            traced: false,
            access_log_bytes: 0.0,
        };
        let access = |reads, writes| Access {
            table: 0,
            reads,
            writes,
        };
        Load {
            rate: 1_000.0,
            peak_rate: 1_000.0,
            region: "us-east-1".into(),
            cold_share: 0.01,
            entries: vec![
                entry("POST /message", 0, 0.2),
                entry("GET /message/{id}", 1, 0.8),
            ],
            functions: vec![
                function("Create", 20.0, vec![access(0.0, 1.0)]),
                function("Retrieve", 10.0, vec![access(1.0, 0.0)]),
            ],
            tables: vec![Table {
                name: "Table".into(),
                item_bytes: 1_536.0,
                stored_bytes: 21.0 * 1024.0 * 1024.0 * 1024.0,
                indexes: 0,
                consistent_reads: false,
                point_in_time_recovery: false,
            }],
            alarm_metrics: 0,
        }
    }
}
