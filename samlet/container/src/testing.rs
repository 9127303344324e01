//! What tests of this crate share: a process that stands in for a container's init, and control groups.

#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::members::Members;
use crate::memory::cgroup::Cgroups;

/// A process that stands in for a container's init. Dropping it kills it and its descendants.
#[derive(Debug)]
pub(crate) struct Container {
    init: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Container {
    /// An `sh` that runs `script`.
    pub(crate) fn shell(script: &str) -> Self {
        Self::start(Command::new("sh").args(["-c", script])).unwrap()
    }

    /// A Python that runs `script` as the only child of an `sh`; `None` if there is no Python.
    pub(crate) fn python(script: &str) -> Option<Self> {
        if Command::new("python3").arg("-V").output().is_err() {
            eprintln!("skipped: there is no python3");
            return None;
        }
        let start = "python3 -c \"$0\" <&0; exit";
        let container = Self::start(Command::new("sh").args(["-c", start, script]))?;
        container.wait_for_a_process();
        Some(container)
    }

    /// An `sh` that runs `script` as process 1 of a process table of its own; `None` if that isn't possible here.
    pub(crate) fn namespace(script: &str) -> Option<Self> {
        let kinds: [&[&str]; 2] = [&[], &["-U", "-r"]];
        let works = kinds.iter().find(|kind| {
            let mut test = Command::new("unshare");
            test.args(**kind).args(["-p", "-f", "--mount-proc", "true"]);
            test.output().is_ok_and(|done| done.status.success())
        });
        let Some(kind) = works else {
            eprintln!("skipped: no process table can be made here");
            return None;
        };
        let mut command = Command::new("unshare");
        command
            .args(*kind)
            .args(["-p", "-f", "--kill-child", "--mount-proc"]);
        let container = Self::start(command.args(["sh", "-c", script]))?;
        container.wait_for_a_process();
        Some(container)
    }

    fn start(command: &mut Command) -> Option<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut init = command.spawn().ok()?;
        let output = BufReader::new(init.stdout.take().unwrap());
        Some(Self { init, output })
    }

    fn wait_for_a_process(&self) {
        assert!(wait_until(|| !self.descendants().pids().is_empty()));
    }

    pub(crate) fn init(&self) -> Pid {
        Pid::from_child(&self.init)
    }

    /// The next line that it writes.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().into()
    }

    /// Gives it a line to read.
    pub(crate) fn say(&mut self, line: &str) {
        let mut input = self.init.stdin.as_ref().unwrap();
        writeln!(input, "{line}").unwrap();
    }

    /// The processes that descend from it.
    pub(crate) fn descendants(&self) -> Members {
        Members::below(self.init()).unwrap()
    }

    /// The processes in its own `/proc`.
    pub(crate) fn own_table(&self) -> Members {
        let first = self.descendants().pids()[0].as_raw_nonzero();
        let proc = File::open(format!("/proc/{first}/root/proc")).unwrap();
        Members::of(proc.into())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        for pid in self.descendants().pids() {
            rustix::process::kill_process(pid, Signal::KILL).ok();
        }
        self.init.kill().ok();
        self.init.wait().ok();
    }
}

/// The machine's own control groups, for one test at a time; `None` if there are none.
pub(crate) fn control_groups() -> Option<(MutexGuard<'static, ()>, Cgroups)> {
    let alone = alone();
    let found = Cgroups::find();
    if found.is_none() {
        eprintln!("skipped: no memory control group can be made here");
    }
    Some((alone, found?))
}

/// All tests of a process make the same control group.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until something holds. Returns whether it did in time.
pub(crate) fn wait_until(mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}
