//! The machine's processes, as this process sees them.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How long what has to end may take to do so.
const END: Duration = Duration::from_secs(5);

/// All processes.
fn all() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// What a process calls itself.
pub(crate) fn name(process: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Those that run, and call themselves something.
pub(crate) fn named(wanted: &str) -> Vec<u32> {
    let mut processes = all();
    processes.retain(|process| name(*process).is_some_and(|name| name == wanted));
    processes.retain(|process| !is_dead(*process));
    processes
}

/// What the system says of a process after its name: its state, its parent, and so on.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name is in brackets, and may hold some itself.
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

/// Whether a process is gone, or only waits for its parent to take notice.
pub(crate) fn is_dead(process: u32) -> bool {
    fields(process).is_none_or(|fields| fields[0] == "Z" || fields[0] == "X")
}

/// A process's parent.
pub(crate) fn parent(process: u32) -> Option<u32> {
    fields(process)?[1].parse().ok()
}

/// A process's ancestors, nearest first.
pub(crate) fn ancestors(process: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(parent(process), |process| parent(*process))
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
