//! Each function's numbers over time, and now.

use std::time::Duration;

use samlet_traces::{FunctionNumbers, KEPT_SECONDS, STEP_SECONDS};
use serde_json::{Map, Value, json};

use crate::answer::{Problem, Query};
use crate::{Console, milliseconds};

/// How far back, unless asked otherwise.
const DEFAULT_SECONDS: u64 = 900;

impl Console {
    /// Over time.
    pub(crate) fn metrics(&self, query: &Query<'_>) -> Result<Value, Problem> {
        let seconds = query.number("seconds", DEFAULT_SECONDS, KEPT_SECONDS)?;
        let numbers = self.sources.traces.numbers(seconds);
        let known = self.known();
        let functions = numbers.functions.iter();
        let functions: Map<String, Value> = functions
            .map(|(name, numbers)| (known.id(name).to_owned(), columns(numbers)))
            .collect();
        Ok(json!({
            "step_seconds": STEP_SECONDS,
            "times": numbers.times,
            "functions": functions,
        }))
    }

    /// Now.
    pub(crate) fn now(&self) -> Value {
        let known = self.known();
        let rates = self.sources.traces.rates();
        let mut functions = Map::new();
        for (name, environments) in self.sources.lambda.environments() {
            let (rate, errors, busy) = rates.functions.get(&name).copied().unwrap_or_default();
            let described = json!({
                "rate": rate,
                "errors": errors,
                "starting": environments.starting,
                "idle": environments.idle,
                "busy": busy,
            });
            functions.insert(known.id(&name).to_owned(), described);
        }
        let apis = rates.apis.iter();
        let apis: Map<String, Value> = apis
            .map(|(id, (rate, errors))| (id.clone(), json!({"rate": rate, "errors": errors})))
            .collect();
        json!({"functions": functions, "apis": apis})
    }
}

fn columns(numbers: &FunctionNumbers) -> Value {
    let times = |column: &[Option<Duration>]| -> Value {
        column.iter().map(|time| time.map(milliseconds)).collect()
    };
    json!({
        "invocations": numbers.invocations,
        "errors": numbers.errors,
        "throttles": numbers.throttles,
        "cold_starts": numbers.cold_starts,
        "p50_ms": times(&numbers.p50),
        "p90_ms": times(&numbers.p90),
        "p99_ms": times(&numbers.p99),
        "max_ms": times(&numbers.max),
        "concurrency": numbers.concurrency,
        "memory_mb": numbers.memory_mb,
    })
}
