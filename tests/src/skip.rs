//! Tests for which this machine lacks something: skipped, and reported so; in CI a missing tool is an error.

use std::io::Write as _;

/// Whether this runs in CI.
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// Reports a test as skipped because a tool is missing. In CI the test fails, and says how to install the tool.
pub fn skip_without_tool(tool: &str, install: &str) {
    assert!(!is_ci(), "there is no {tool}; install it with: {install}");
    skip(&format!("there is no {tool}; install it with: {install}"));
}

/// Reports a test, or a part of it, as skipped because of what this machine doesn't allow.
pub fn skip(reason: &str) {
    // Not `eprintln`, which the test runner holds back.
    writeln!(std::io::stderr(), "SKIPPED: {reason}").ok();
}
