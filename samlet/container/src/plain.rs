//! Programs on systems other than Linux: process groups that nothing confines, each with a folder named by `TMPDIR`.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tempfile::TempDir;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use crate::spec::Spec;
use crate::usage::Usage;

/// Why a program can't be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program itself can't be run.
    #[error("{0}")]
    CannotRun(#[from] io::Error),
    /// The folder for its temporary files can't be created.
    #[error("cannot create a folder for temporary files in {0}")]
    Folder(String),
}

/// A running program. Dropping this ends it, and what it started in its process group.
#[derive(Debug)]
pub struct Container {
    group: Membership,
    /// Standard output and standard error, in the order written.
    pub output: pipe::Receiver,
    /// How the program ended, once its process group has been ended too.
    pub exited: oneshot::Receiver<ExitStatus>,
}

/// A program's process group; `None` once its first process is being reaped, since its id may then be another's.
#[derive(Clone, Debug)]
pub struct Membership(Arc<Mutex<Option<Pid>>>);

impl Container {
    /// Runs a program. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the program can't be run.
    pub async fn run(spec: Spec) -> Result<Self, Error> {
        let launching = tokio::task::spawn_blocking(move || Self::launch(&spec));
        launching.await.map_err(io::Error::from)?
    }

    fn launch(spec: &Spec) -> Result<Self, Error> {
        let tmp = make_tmp(spec)?;
        let (reader, writer) = io::pipe()?;
        let output = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
        let child = Command::new(&spec.executable)
            .args(&spec.arguments)
            .current_dir(&spec.code)
            .env_clear()
            .envs(&spec.environment)
            .env("TMPDIR", tmp.path())
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            // Ctrl-C in the terminal must not reach it, and what it starts can be ended with it.
            .process_group(0)
            .spawn()?;
        let (exit, exited) = oneshot::channel();
        let group = Membership(Arc::new(Mutex::new(Some(Pid::from_child(&child)))));
        let awaited = group.clone();
        let container = Self {
            group,
            output,
            exited,
        };
        let thread = std::thread::Builder::new().name("container".into());
        thread.spawn(move || {
            let status = wait(child, &awaited);
            drop(tmp);
            status.map(|status| exit.send(status)).ok();
        })?;
        Ok(container)
    }

    /// Ends the program and what it started in its process group, at once.
    pub fn kill(&self) {
        self.group.kill();
    }

    /// Which processes are its own.
    pub fn membership(&self) -> Membership {
        self.group.clone()
    }

    /// The memory that it has: not known here.
    pub fn memory(&mut self) -> Option<Usage> {
        None
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Membership {
    /// Whether the program runs.
    pub fn is_running(&self) -> bool {
        self.lock().is_some()
    }

    /// Whether the program has the socket of this inode open. That can't be found out here: every socket counts.
    pub fn holds_socket(&self, _inode: u64) -> bool {
        true
    }

    fn kill(&self) {
        // Held while killing, so that the process isn't reaped in between.
        let group = self.lock();
        if let Some(pid) = *group {
            rustix::process::kill_process_group(pid, Signal::KILL).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_tmp(spec: &Spec) -> Result<TempDir, Error> {
    let folder = &spec.tmp_folder;
    let made = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempdir_in(folder));
    made.map_err(|error| Error::Folder(format!("{}: {error}", folder.display())))
}

/// Waits until the program has ended, and ends what is left of its process group.
fn wait(mut child: Child, group: &Membership) -> io::Result<ExitStatus> {
    let pid = Pid::from_child(&child);
    // Without reaping it, so that the id stays its own until the group is ended.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let interrupted = Err(rustix::io::Errno::INTR);
    while rustix::process::waitid(WaitId::Pid(pid), options).map(drop) == interrupted {}
    group.kill();
    group.lock().take();
    child.wait()
}
