//! The processes that a function starts, by the names that they take, and their end.

use std::time::{Duration, Instant};

use acceptance::{ancestors, is_running, process_name, processes};
use rustix::process::{Pid, Signal};

/// How long what has to end may take to do so.
const END: Duration = Duration::from_secs(5);

/// Those that run, and call themselves something.
pub(crate) fn named(wanted: &str) -> Vec<u32> {
    processes()
        .filter(|process| process_name(*process).is_some_and(|name| name == wanted))
        .filter(|process| is_running(*process))
        .collect()
}

/// Those of a name that descend from a process.
pub(crate) fn named_below(ancestor: u32, wanted: &str) -> Vec<u32> {
    let mut processes = named(wanted);
    processes.retain(|process| ancestors(*process).any(|process| process == ancestor));
    processes
}

/// Whether all processes of a name end: `ended`, or `lives on`, and then they are ended here.
pub(crate) fn end_of(wanted: &str) -> &'static str {
    let began = Instant::now();
    while began.elapsed() < END {
        if named(wanted).is_empty() {
            return "ended";
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    for process in named(wanted) {
        let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, Signal::KILL).ok();
    }
    "lives on"
}
