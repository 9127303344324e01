//! Structured logs: one JSON object a line, with the invocation's request id.

use tracing::level_filters::LevelFilter;

/// Starts logging. The level comes from the function's environment:
/// `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets, else `LOG_LEVEL`, else INFO.
pub fn init_logging() {
    let variable = |name| std::env::var(name).ok();
    let level = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|| variable("LOG_LEVEL"));
    let level = level
        .and_then(|level| level.parse::<LevelFilter>().ok())
        .unwrap_or(LevelFilter::INFO);
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
