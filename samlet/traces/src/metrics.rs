//! Lambda's and API Gateway's own metrics of each function and each API.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::statistics::{KEPT_SECONDS, STEP_SECONDS, Step, Steps};

/// Seconds that a present rate is averaged over.
const RATE_SECONDS: u64 = 5;

/// The upper bounds of the histograms, in seconds.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0,
];

/// How an invocation ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) duration: Duration,
    pub(crate) failed: bool,
    pub(crate) cold: bool,
    pub(crate) memory_mb: Option<u64>,
}

/// Each function's numbers over time.
#[derive(Debug, Default)]
pub struct Numbers {
    /// The steps' beginnings, in seconds since the epoch.
    pub times: Vec<u64>,
    /// By the function's name.
    pub functions: BTreeMap<String, FunctionNumbers>,
}

/// One function's numbers, one for each step.
#[derive(Debug, Default)]
pub struct FunctionNumbers {
    /// Invocations that ended.
    pub invocations: Vec<u64>,
    /// Those that failed.
    pub errors: Vec<u64>,
    /// Those that were not made.
    pub throttles: Vec<u64>,
    /// Those for which an environment was started.
    pub cold_starts: Vec<u64>,
    /// The median duration.
    pub p50: Vec<Option<Duration>>,
    /// 90 percent took at most so long.
    pub p90: Vec<Option<Duration>>,
    /// 99 percent took at most so long.
    pub p99: Vec<Option<Duration>>,
    /// The longest.
    pub max: Vec<Option<Duration>>,
    /// The most invocations at once.
    pub concurrency: Vec<u64>,
    /// The most memory that an environment had used, in MB.
    pub memory_mb: Vec<Option<u64>>,
}

/// How much happens now.
#[derive(Debug, Default)]
pub struct Rates {
    /// By the function's name: invocations and errors a second, and how many run.
    pub functions: BTreeMap<String, (f64, f64, u64)>,
    /// By the API's logical id: requests and failures (5xx) a second.
    pub apis: BTreeMap<String, (f64, f64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FunctionLabels {
    function_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiLabels {
    api_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    api_name: String,
    status: &'static str,
}

#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    invocations: Family<FunctionLabels, Counter>,
    errors: Family<FunctionLabels, Counter>,
    throttles: Family<FunctionLabels, Counter>,
    cold_starts: Family<FunctionLabels, Counter>,
    durations: Family<FunctionLabels, Histogram>,
    running: Family<FunctionLabels, Gauge>,
    memory: Family<FunctionLabels, Gauge>,
    requests: Family<StatusLabels, Counter>,
    latencies: Family<ApiLabels, Histogram>,
    /// Held for a moment, never while a trace's lock is.
    recent: Mutex<Recent>,
}

/// By name.
#[derive(Debug, Default)]
struct Recent {
    functions: HashMap<String, Function>,
    apis: HashMap<String, Api>,
}

#[derive(Debug)]
struct Function {
    steps: Steps,
    rate: Rate,
    /// Invocations under way.
    running: u64,
    counters: Counters,
}

/// A function's, so that they needn't be looked up.
#[derive(Debug)]
struct Counters {
    invocations: Counter,
    errors: Counter,
    throttles: Counter,
    cold_starts: Counter,
    durations: Histogram,
    running: Gauge,
    memory: Gauge,
}

#[derive(Debug, Default)]
struct Api {
    rate: Rate,
}

/// What was counted in each of the last seconds.
#[derive(Debug, Default)]
struct Rate([(u64, u64, u64); RATE_SECONDS as usize + 1]);

impl Rate {
    fn add(&mut self, second: u64, failed: bool) {
        let slot = &mut self.0[(second % (RATE_SECONDS + 1)) as usize];
        if slot.0 != second {
            *slot = (second, 0, 0);
        }
        slot.1 += 1;
        slot.2 += u64::from(failed);
    }

    /// Of whole seconds: the present one has only begun.
    fn per_second(&self, second: u64) -> (f64, f64) {
        let whole = |at: u64| at < second && at + RATE_SECONDS >= second;
        let counted = self.0.iter().filter(|(at, ..)| whole(*at));
        let (count, failed) = counted.fold((0, 0), |sum, (_, count, failed)| {
            (sum.0 + count, sum.1 + failed)
        });
        let average = |count: u64| count as f64 / RATE_SECONDS as f64;
        (average(count), average(failed))
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            invocations: Family::default(),
            errors: Family::default(),
            throttles: Family::default(),
            cold_starts: Family::default(),
            durations: Family::new_with_constructor(histogram),
            running: Family::default(),
            memory: Family::default(),
            requests: Family::default(),
            latencies: Family::new_with_constructor(histogram),
            recent: Mutex::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let lambda = self.registry.sub_registry_with_prefix("aws_lambda");
        lambda.register(
            "invocations",
            "Invocations that ended",
            self.invocations.clone(),
        );
        lambda.register("errors", "Invocations that failed", self.errors.clone());
        lambda.register(
            "throttles",
            "Invocations refused for want of concurrency",
            self.throttles.clone(),
        );
        lambda.register(
            "cold_starts",
            "Invocations that an environment was started for",
            self.cold_starts.clone(),
        );
        lambda.register(
            "duration_seconds",
            "How long invocations took, without init",
            self.durations.clone(),
        );
        lambda.register(
            "concurrent_executions",
            "Invocations under way",
            self.running.clone(),
        );
        lambda.register(
            "max_memory_used_bytes",
            "The most memory that the environment of the last invocation had used",
            self.memory.clone(),
        );
        let gateway = self.registry.sub_registry_with_prefix("aws_apigateway");
        gateway.register(
            "requests",
            "Requests that were answered",
            self.requests.clone(),
        );
        gateway.register(
            "latency_seconds",
            "From a whole request to its answer",
            self.latencies.clone(),
        );
        self
    }

    /// An invocation of a function has begun.
    pub(crate) fn began(&self, name: &str, now: SystemTime) {
        self.function(name, |function| {
            function.running += 1;
            function.counters.running.inc();
            let step = function.steps.at(seconds(now));
            step.concurrency = step.concurrency.max(function.running);
        });
    }

    /// An invocation that has begun is over.
    pub(crate) fn ended(&self, name: &str, ended: &Ended, now: SystemTime) {
        self.function(name, |function| {
            let running = function.running;
            function.running = running.saturating_sub(1);
            function.counters.running.dec();
            let second = seconds(now);
            function.rate.add(second, ended.failed);
            let step = function.steps.at(second);
            step.count += 1;
            step.errors += u64::from(ended.failed);
            step.cold_starts += u64::from(ended.cold);
            step.concurrency = step.concurrency.max(running);
            step.memory_mb = step.memory_mb.max(ended.memory_mb);
            step.max = step.max.max(ended.duration);
            step.durations.add(ended.duration);
            let counters = &function.counters;
            counters.invocations.inc();
            counters.errors.inc_by(u64::from(ended.failed));
            counters.cold_starts.inc_by(u64::from(ended.cold));
            counters.durations.observe(ended.duration.as_secs_f64());
            if let Some(memory) = ended.memory_mb.and_then(|mb| i64::try_from(mb << 20).ok()) {
                counters.memory.set(memory);
            }
        });
    }

    /// An invocation was refused for want of concurrency.
    pub(crate) fn throttled(&self, name: &str, now: SystemTime) {
        self.function(name, |function| {
            function.steps.at(seconds(now)).throttles += 1;
            function.counters.throttles.inc();
        });
    }

    /// A request of an API was answered.
    pub(crate) fn answered(&self, api: &str, status: u16, latency: Duration, now: SystemTime) {
        let mut recent = self.recent();
        if !recent.apis.contains_key(api) {
            recent.apis.insert(api.to_owned(), Api::default());
        }
        if let Some(api) = recent.apis.get_mut(api) {
            api.rate.add(seconds(now), status >= 500);
        }
        drop(recent);
        let status = match status {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        };
        let api_name = api.to_owned();
        let labels = StatusLabels { api_name, status };
        self.requests.get_or_create(&labels).inc();
        let labels = ApiLabels {
            api_name: labels.api_name,
        };
        let latencies = self.latencies.get_or_create(&labels);
        latencies.observe(latency.as_secs_f64());
    }

    pub(crate) fn numbers(&self, span: u64, now: SystemTime) -> Numbers {
        let now = seconds(now) / STEP_SECONDS;
        let first = now.saturating_sub(span.min(KEPT_SECONDS) / STEP_SECONDS);
        // The present step has only begun.
        let steps = first..now;
        let recent = self.recent();
        let functions = recent.functions.iter().map(|(name, function)| {
            let mut numbers = FunctionNumbers::default();
            for number in steps.clone() {
                numbers.push(function.steps.get(number));
            }
            (name.clone(), numbers)
        });
        Numbers {
            functions: functions.collect(),
            times: steps.map(|number| number * STEP_SECONDS).collect(),
        }
    }

    pub(crate) fn rates(&self, now: SystemTime) -> Rates {
        let second = seconds(now);
        let recent = self.recent();
        let functions = recent.functions.iter().map(|(name, function)| {
            let (rate, errors) = function.rate.per_second(second);
            (name.clone(), (rate, errors, function.running))
        });
        let apis = recent.apis.iter();
        Rates {
            functions: functions.collect(),
            apis: apis
                .map(|(name, api)| (name.clone(), api.rate.per_second(second)))
                .collect(),
        }
    }

    pub(crate) fn open_metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        encode(&mut text, &self.registry).ok();
        text
    }

    fn function(&self, name: &str, with: impl FnOnce(&mut Function)) {
        let mut recent = self.recent();
        if let Some(function) = recent.functions.get_mut(name) {
            return with(function);
        }
        let mut function = Function {
            steps: Steps::default(),
            rate: Rate::default(),
            running: 0,
            counters: self.counters(name),
        };
        with(&mut function);
        recent.functions.insert(name.to_owned(), function);
    }

    fn counters(&self, name: &str) -> Counters {
        let labels = FunctionLabels {
            function_name: name.to_owned(),
        };
        Counters {
            invocations: self.invocations.get_or_create(&labels).clone(),
            errors: self.errors.get_or_create(&labels).clone(),
            throttles: self.throttles.get_or_create(&labels).clone(),
            cold_starts: self.cold_starts.get_or_create(&labels).clone(),
            durations: self.durations.get_or_create(&labels).clone(),
            running: self.running.get_or_create(&labels).clone(),
            memory: self.memory.get_or_create(&labels).clone(),
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FunctionNumbers {
    fn push(&mut self, step: Option<&Step>) {
        let count = |of: fn(&Step) -> u64| step.map_or(0, of);
        let percentile = |share| step.and_then(|step| step.durations.percentile(share));
        self.invocations.push(count(|step| step.count));
        self.errors.push(count(|step| step.errors));
        self.throttles.push(count(|step| step.throttles));
        self.cold_starts.push(count(|step| step.cold_starts));
        self.p50.push(percentile(0.5));
        self.p90.push(percentile(0.9));
        self.p99.push(percentile(0.99));
        let counted = step.filter(|step| step.count > 0);
        self.max.push(counted.map(|step| step.max));
        self.concurrency.push(count(|step| step.concurrency));
        self.memory_mb.push(step.and_then(|step| step.memory_mb));
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
