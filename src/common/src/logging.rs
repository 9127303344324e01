//! Structured logs: one JSON object a line, with the invocation's request id.

use tracing::level_filters::LevelFilter;

/// One of Lambda's levels; INFO for what is none.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
fn level_filter(level: &str) -> LevelFilter {
    if level.eq_ignore_ascii_case("fatal") {
        // The most severe that tracing has.
        return LevelFilter::ERROR;
    }
    level.parse().unwrap_or(LevelFilter::INFO)
}

/// Starts logging. The level comes from the function's environment:
/// `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets, else `LOG_LEVEL`, else INFO.
pub fn init_logging() {
    let variable = |name| std::env::var(name).ok();
    let level = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|| variable("LOG_LEVEL"));
    let level = level.map_or(LevelFilter::INFO, |level| level_filter(&level));
    tracing_subscriber::fmt()
        .json()
        .with_max_level(level)
        // The runtime's span around each invocation carries the request id.
        .with_current_span(true)
        .with_span_list(false)
        // Lambda notes the time of each line.
        .without_time()
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_levels_are_known_whatever_their_case() {
        for (name, level) in [
            ("TRACE", LevelFilter::TRACE),
            ("debug", LevelFilter::DEBUG),
            ("Warn", LevelFilter::WARN),
            ("FATAL", LevelFilter::ERROR),
            ("loud", LevelFilter::INFO),
        ] {
            assert_eq!(level_filter(name), level);
        }
    }
}
