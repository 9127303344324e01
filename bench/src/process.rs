//! A server that runs while this is held, and its descendants with it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use procfs::process::Process;
use rustix::process::{Pid, Signal, kill_process};

use crate::usage;

/// How long a server may take until it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a server may take to end when asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A server's process; ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    output: PathBuf,
}

impl Server {
    /// Starts it; what it prints goes to a file, as it would to a terminal.
    pub(crate) fn start(command: &mut Command, output: &Path) -> Result<Self> {
        let file = File::create(output)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let child = command.spawn();
        let child = child.with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self {
            child,
            output: output.to_owned(),
        })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    pub(crate) fn printed(&self) -> String {
        let bytes = std::fs::read(&self.output).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits for a line that begins so; gives its rest.
    pub(crate) fn wait_for_line(&mut self, prefix: &str) -> Result<String> {
        self.wait_for(&format!("a line `{prefix}…`"), |server| {
            let printed = server.printed();
            let (whole, _) = printed.rsplit_once('\n')?;
            let line = whole.lines().find_map(|line| line.strip_prefix(prefix));
            line.map(str::to_owned)
        })
    }

    /// Waits until something listens on a port.
    pub(crate) fn wait_for_port(&mut self, port: u16) -> Result<()> {
        self.wait_for(&format!("port {port}"), |_| {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        })?;
        Ok(())
    }

    fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> Result<T> {
        let began = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return Ok(found);
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || began.elapsed() > READY_TIMEOUT {
                bail!("no {what}: it printed\n{}", self.printed());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let family = usage::family(self.pid()).unwrap_or_default();
        // Each is still the same process as long as its handle is alive.
        let descendants = family.into_iter().skip(1).map(Process::new);
        let descendants: Vec<_> = descendants.flatten().collect();
        let signal = |pid: i32, signal| {
            if let Some(pid) = Pid::from_raw(pid) {
                kill_process(pid, signal).ok();
            }
        };
        signal(self.child.id().cast_signed(), Signal::TERM);
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && began.elapsed() < STOP_TIMEOUT {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().ok();
        self.child.wait().ok();
        // Whoever of them it has not ended itself.
        for process in descendants.iter().filter(|process| process.is_alive()) {
            signal(process.pid(), Signal::KILL);
        }
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
