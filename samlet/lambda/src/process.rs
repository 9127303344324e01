//! The operating system's side of an execution environment: one process group, its output, its end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

#[cfg(target_os = "linux")]
use crate::confinement;
use crate::function::Program;
use crate::tmp::{Tmp, TmpSettings};

/// The process group of a running process.
#[derive(Clone, Debug)]
pub(crate) struct Group(Arc<Mutex<Option<Pid>>>);

impl Group {
    /// Its id, which is its first process's; `None` once that is being
    /// reaped: the id may then mean another.
    pub(crate) fn id(&self) -> Option<Pid> {
        *self.lock()
    }

    fn kill(&self) {
        // Held while killing: else the process could be reaped in between.
        let group = self.lock();
        if let Some(pid) = *group {
            rustix::process::kill_process_group(pid, Signal::KILL).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running process. Dropping it kills it and all that it started.
#[derive(Debug)]
pub(crate) struct Process {
    group: Group,
    /// Standard output and standard error, in the order written.
    pub(crate) output: pipe::Receiver,
    pub(crate) exited: oneshot::Receiver<ExitStatus>,
    /// What the system tells of the process: kept open, since each invocation
    /// asks; of one that has ended it tells nothing.
    status: Option<File>,
}

/// More than the system tells of any process.
const MAX_STATUS_BYTES: usize = 4096;

impl Process {
    /// Starts `program` on a thread of its own, which then waits for its end.
    /// `environment` is all that it is given: nothing is inherited.
    ///
    /// The thread has to live as long as the process: the parent-death signal
    /// comes when the *thread* that made the process ends.
    pub(crate) async fn launch(
        program: Program,
        environment: BTreeMap<String, String>,
        tmp: TmpSettings,
    ) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let (started, start) = oneshot::channel();
        let (exit, exited) = oneshot::channel();
        std::thread::Builder::new()
            .name("environment".into())
            .spawn(move || {
                let store = tmp.folder.parent().unwrap_or(&tmp.folder).to_owned();
                let tmp = Tmp::new(&program, &tmp);
                let spawned = tmp.and_then(|tmp| {
                    let child = spawn(&program, &environment, writer, &tmp, &store)?;
                    Ok((child, tmp))
                });
                let (mut child, tmp) = match spawned {
                    Ok(spawned) => spawned,
                    Err(error) => {
                        started.send(Err(error)).ok();
                        return;
                    }
                };
                let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
                    return;
                };
                let group = Group(Arc::new(Mutex::new(Some(pid))));
                if started.send(Ok(group.clone())).is_err() {
                    group.kill();
                }
                // Waits without reaping, so that the id stays ours until the group is killed.
                let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                while matches!(
                    rustix::process::waitid(WaitId::Pid(pid), options),
                    Err(rustix::io::Errno::INTR)
                ) {}
                group.kill();
                group.lock().take();
                let status = child.wait();
                drop(tmp);
                if let Ok(status) = status {
                    exit.send(status).ok();
                }
            })?;
        let group = start
            .await
            .map_err(|_| io::Error::other("the launching thread ended"))??;
        let output = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
        let pid = group.id().map(Pid::as_raw_nonzero);
        let status = pid.and_then(|pid| File::open(format!("/proc/{pid}/status")).ok());
        Ok(Self {
            group,
            output,
            exited,
            status,
        })
    }

    /// Ends the process and all that it started, at once.
    pub(crate) fn kill(&self) {
        self.group.kill();
    }

    /// The group of all that it started.
    pub(crate) fn group(&self) -> Group {
        self.group.clone()
    }

    /// The memory it has; where the system tells.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let mut status = [0; MAX_STATUS_BYTES];
        let length = self.status.as_ref()?.read_at(&mut status, 0).ok()?;
        // A process may have any name.
        let status = String::from_utf8_lossy(&status[..length]);
        let mb = |field| {
            let value = status.lines().find_map(|line| line.strip_prefix(field))?;
            let kib: u64 = value.trim().strip_suffix(" kB")?.trim().parse().ok()?;
            Some(kib.div_ceil(1024))
        };
        Some(Memory {
            now_mb: mb("VmRSS:")?,
            peak_mb: mb("VmHWM:")?,
        })
    }
}

/// What a process has resident, in MB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) now_mb: u64,
    /// The most it has had so far.
    pub(crate) peak_mb: u64,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(
    program: &Program,
    environment: &BTreeMap<String, String>,
    output: io::PipeWriter,
    tmp: &Tmp,
    store: &Path,
) -> io::Result<std::process::Child> {
    let mut command = Command::new(&program.executable);
    command
        .args(&program.arguments)
        .current_dir(&program.folder)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        // A group of its own: Ctrl-C in the terminal must not reach it, and
        // what it starts can be ended with it.
        .process_group(0);
    tmp.apply(&mut command);
    #[cfg(target_os = "linux")]
    confinement::apply(&mut command, program, store, tmp)?;
    #[cfg(not(target_os = "linux"))]
    let _ = store;
    // Last: a user namespace of its own would have the kernel forget it.
    die_with_parent(&mut command);
    command.spawn()
}

/// Files that a function may have open, as on AWS; samlet itself may have more.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
#[cfg(target_os = "linux")]
const MAX_OPEN_FILES: u64 = 1024;

/// Has the kernel kill the child when samlet is gone, however it went, and
/// bounds the files it may have open.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn die_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    let limit = getrlimit(Resource::Nofile).maximum;
    let limit = Some(limit.unwrap_or(MAX_OPEN_FILES).min(MAX_OPEN_FILES));
    let set = move || {
        let limit = Rlimit {
            current: limit,
            maximum: limit,
        };
        setrlimit(Resource::Nofile, limit)?;
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // samlet may have died before the line above.
        if rustix::process::getppid() != Some(parent) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed.
    // The closure makes three plain system calls and allocates nothing. There is
    // no safe way: the signal is cleared by fork, so it must be set in the child.
    unsafe { command.pre_exec(set) };
}

/// Elsewhere a runtime ends by itself when its Runtime API no longer answers.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

/// How Lambda words a process's end.
pub(crate) fn describe_exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".into(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(9)) => "Runtime exited with error: signal: killed".into(),
        (None, Some(6)) => "Runtime exited with error: signal: aborted".into(),
        (None, Some(11)) => "Runtime exited with error: signal: segmentation fault".into(),
        (None, Some(signal)) => format!("Runtime exited with error: signal: {signal}"),
        (None, None) => "Runtime exited with error".into(),
    }
}
