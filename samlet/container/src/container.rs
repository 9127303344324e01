//! A container that runs its program: its output, its memory, its processes, and its end.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::process::{Pid, Signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use crate::confinement::Confinement;
use crate::error::Error;
use crate::launcher::{Launcher, Prepared};
use crate::members::Members;
use crate::memory::cgroup::Group;
use crate::memory::processes::Processes;
use crate::memory::{Accounting, MB};
use crate::spec::Spec;
use crate::tmp_folder::TmpFolder;
use crate::usage::Usage;
use crate::wire::{self, Word};

/// How long after a container was taken another one is prepared.
const FILL_UP_DELAY: Duration = Duration::from_millis(20);

/// How much more than the program a control group may have, MB: for page tables, the init, and files being read.
const SLACK_MB: u64 = 32;

/// A running program. Dropping this ends it, and all that it started.
#[derive(Debug)]
pub struct Container {
    end: End,
    members: Arc<Members>,
    accounting: Accounting,
    limit_bytes: u64,
    /// Standard output and standard error, in the order written.
    pub output: pipe::Receiver,
    /// How the program ended, once nothing of the container is left.
    pub exited: oneshot::Receiver<ExitStatus>,
}

/// Ends a container.
#[derive(Clone, Debug)]
struct End {
    pidfd: Arc<OwnedFd>,
    socket: Arc<OwnedFd>,
    has_namespaces: bool,
}

/// Which processes belong to a container: to be asked while it runs.
#[derive(Clone, Debug)]
pub struct Membership(Arc<Members>);

impl Membership {
    /// Whether any process of the container runs.
    pub fn is_running(&self) -> bool {
        !self.0.pids().is_empty()
    }

    /// Whether a process of the container has the socket of this inode open.
    pub fn holds_socket(&self, inode: u64) -> bool {
        self.0.hold_socket(inode)
    }
}

/// A container as it comes from a thread that may block.
struct Launched {
    pid: Pid,
    pidfd: OwnedFd,
    socket: OwnedFd,
    output: OwnedFd,
    members: Arc<Members>,
    accounting: Accounting,
    limit_bytes: u64,
    has_namespaces: bool,
    tmp: Option<TmpFolder>,
}

impl Container {
    /// Makes a container, and runs the program in it. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the program can't be run, or this machine refuses the container.
    pub async fn run(spec: Spec) -> Result<Self, Error> {
        let launching = tokio::task::spawn_blocking(move || launch(&spec));
        let launched = launching
            .await
            .map_err(|error| Error::Launcher(error.into()))??;
        // One of the prepared containers is used up. The program, which is starting, goes first.
        tokio::spawn(async {
            tokio::time::sleep(FILL_UP_DELAY).await;
            tokio::task::spawn_blocking(|| Launcher::get().map(|launcher| launcher.fill_up()))
                .await
                .ok();
        });
        Self::of(launched).map_err(Error::Launcher)
    }

    fn of(launched: Launched) -> std::io::Result<Self> {
        let Launched {
            pid,
            pidfd,
            socket,
            output,
            members,
            accounting,
            limit_bytes,
            has_namespaces,
            tmp,
        } = launched;
        rustix::io::ioctl_fionbio(&socket, true)?;
        let end = End {
            pidfd: Arc::new(pidfd),
            socket: Arc::new(socket),
            has_namespaces,
        };
        let output = pipe::Receiver::from_owned_fd(output)?;
        let (exit, exited) = oneshot::channel();
        let awaited = end.clone();
        let container = Self {
            end,
            members,
            accounting,
            limit_bytes,
            output,
            exited,
        };
        tokio::spawn(async move {
            let status = awaited.ended(pid).await;
            exit.send(status).ok();
            // Removing it may take long.
            tokio::task::spawn_blocking(move || drop(tmp));
        });
        Ok(container)
    }

    /// Ends the program and all that it started, at once.
    pub fn kill(&self) {
        self.end.kill();
    }

    /// Which processes belong to it.
    pub fn membership(&self) -> Membership {
        Membership(Arc::clone(&self.members))
    }

    /// The memory of all its processes together; `None` if it can't be read.
    pub fn memory(&mut self) -> Option<Usage> {
        self.accounting.look(self.limit_bytes)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.end.kill();
    }
}

impl End {
    fn kill(&self) {
        if self.has_namespaces {
            rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL).ok();
        } else {
            // Its init then ends what it started, which the kernel would not.
            rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both).ok();
        }
    }

    /// Waits until the program has ended, and nothing of the container is left.
    async fn ended(self, init: Pid) -> ExitStatus {
        let said = self.said().await;
        if let Ok(all) = watch(&self.pidfd) {
            all.readable()
                .await
                .map(|mut ready| ready.retain_ready())
                .ok();
        }
        if !self.has_namespaces {
            let orphans = move || Launcher::get().map(|launcher| launcher.end_orphans(init));
            tokio::task::spawn_blocking(orphans).await.ok();
        }
        said.unwrap_or_else(|| ExitStatus::from_raw(Signal::KILL.as_raw()))
    }

    /// The program's exit status, as its init reports it; `None` if the init was ended itself.
    async fn said(&self) -> Option<ExitStatus> {
        let socket = watch(&self.socket).ok()?;
        loop {
            let mut ready = socket.readable().await.ok()?;
            match wire::receive(self.socket.as_fd()) {
                Ok(Some((message, _))) if message.word == Word::Ended => {
                    return Some(ExitStatus::from_raw(message.number));
                }
                Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                _ => return None,
            }
        }
    }
}

/// Lets a task wait until a descriptor can be read.
#[allow(unsafe_code)]
fn watch(descriptor: &Arc<OwnedFd>) -> std::io::Result<AsyncFd<Arc<OwnedFd>>> {
    let descriptor = Arc::clone(descriptor);
    // SAFETY: what is returned holds the descriptor: it stays open, and its number isn't reused, until that is dropped.
    let watched = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
    watched.map_err(Into::into)
}

fn launch(spec: &Spec) -> Result<Launched, Error> {
    let launcher = Launcher::get().map_err(Error::Launcher)?;
    // Spares are prepared once it is known how containers are confined.
    if let Some(spare) = launcher.take_spare() {
        match launch_in(&launcher, spare, spec) {
            // It was ended while it waited.
            Err(Error::Launcher(_)) => {}
            launched => return launched,
        }
    }
    let prepared = launcher.prepare(launcher.confinement())?;
    launch_in(&launcher, prepared, spec)
}

/// Runs the program in a container. If that fails, nothing of the container is left.
fn launch_in(launcher: &Launcher, prepared: Prepared, spec: &Spec) -> Result<Launched, Error> {
    let confinement = launcher.confinement();
    let pid = prepared.pid;
    hand_over(prepared, confinement, spec).inspect_err(|_| {
        if !confinement.mode.has_namespaces() {
            launcher.end_orphans(pid);
        }
    })
}

fn hand_over(
    prepared: Prepared,
    confinement: &Confinement,
    spec: &Spec,
) -> Result<Launched, Error> {
    let (order, tmp) = confinement.order(spec, prepared.pid)?;
    let (reader, writer) = std::io::pipe().map_err(Error::Launcher)?;
    let writer = rustix::fd::OwnedFd::from(writer);
    // A program may open its own output again, by `/dev/stdout`.
    if let Some(user) = confinement.user(prepared.pid) {
        rustix::fs::fchown(&writer, Some(user), None)
            .map_err(|errno| Error::Launcher(errno.into()))?;
    }
    let (message, descriptors) = crate::confinement::carry(&prepared, &order, &writer)?;
    if message.word != Word::Started {
        return Err(Error::of(message, &order));
    }
    let [proc, tmp_folder, segments] = descriptors;
    let members = Arc::new(match proc {
        Some(proc) => Members::of(proc),
        None => Members::below(prepared.pid).map_err(Error::Launcher)?,
    });
    let accounting = match prepared.group.filter(|group| is_limited(group, spec)) {
        Some(group) => {
            let status = members.open(&format!("{}/status", message.number));
            Accounting::of_group(group, tmp_folder, status.ok())
        }
        None => {
            let processes = Processes::new(Arc::clone(&members), segments.map(Into::into));
            Accounting::of_processes(processes)
        }
    };
    Ok(Launched {
        pid: prepared.pid,
        pidfd: prepared.pidfd,
        socket: prepared.socket,
        output: reader.into(),
        members,
        accounting,
        limit_bytes: u64::from(spec.memory_mb) * MB,
        has_namespaces: confinement.mode.has_namespaces(),
        tmp,
    })
}

/// Has the kernel limit a control group. The exact limit is enforced by looking at the memory; this one is for what
/// happens between two looks. Files in `/tmp` count here as well.
fn is_limited(group: &Group, spec: &Spec) -> bool {
    let most = u64::from(spec.memory_mb) + u64::from(spec.tmp_mb) + SLACK_MB;
    group.limit(most * MB).is_ok()
}
