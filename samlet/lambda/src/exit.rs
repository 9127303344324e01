//! How Lambda words the end of a runtime's process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// How Lambda words a process's end: as Go's `ProcessState` does, which its own supervisor is written in.
pub(crate) fn describe_exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".into(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => match name(signal) {
            Some(name) => format!("Runtime exited with error: signal: {name}"),
            None => format!("Runtime exited with error: signal: signal {signal}"),
        },
        (None, None) => "Runtime exited with error".into(),
    }
}

/// What Go calls a signal. <https://pkg.go.dev/syscall#Signal>
fn name(signal: i32) -> Option<&'static str> {
    const NAMES: [&str; 15] = [
        "hangup",
        "interrupt",
        "quit",
        "illegal instruction",
        "trace/breakpoint trap",
        "aborted",
        "bus error",
        "floating point exception",
        "killed",
        "user defined signal 1",
        "segmentation fault",
        "user defined signal 2",
        "broken pipe",
        "alarm clock",
        "terminated",
    ];
    NAMES
        .get(usize::try_from(signal).ok()?.checked_sub(1)?)
        .copied()
}
