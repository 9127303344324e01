//! Runs a test in a process of its own, for what can't be undone or would affect other tests.

use std::process::Command;

/// Is set where the test runs in such a process.
const IN_CHILD: &str = "SAMLET_TEST_IN_CHILD";

/// Starts the test with this full name again, alone, and has it run `test` there. Fails if that fails.
pub(crate) fn run(name: &str, test: impl FnOnce()) {
    if std::env::var_os(IN_CHILD).is_some() {
        return test();
    }
    let executable = std::env::current_exe().expect("the tests' own executable");
    let output = Command::new(executable)
        .args([name, "--exact", "--nocapture"])
        .env(IN_CHILD, "1")
        .output()
        .expect("the tests, again");
    let printed = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{}\n{printed}\n{failed}",
        output.status
    );
}
