//! samlet's side of the launcher: asks it for containers, and keeps a few prepared.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::Pid;

use crate::confinement::Confinement;
use crate::error::Error;
use crate::inside;
use crate::memory::cgroup::Group;
use crate::order::Order;
use crate::wire::{self, Message, Word};

/// How many containers are prepared before they are needed.
const SPARES: usize = 2;

/// How long the launcher or an init may take to answer; it takes a millisecond or two.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what an init left behind is looked for, and the pause in between.
const ORPHANS_TIMEOUT: Duration = Duration::from_secs(5);
const ORPHANS_PAUSE: Duration = Duration::from_millis(1);

/// A handle to the process that containers are forked from.
#[derive(Clone, Debug)]
pub(crate) struct Launcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    process: Mutex<Process>,
    /// What this machine allows, found out by trying, once.
    confinement: OnceLock<Confinement>,
    spares: Mutex<Vec<Prepared>>,
    /// Held while spares are prepared.
    filling: Mutex<()>,
    /// The inits that run without namespaces: when such an init ends, its descendants don't end with it.
    inits: Mutex<HashSet<Pid>>,
}

/// The launcher's process.
#[derive(Debug)]
struct Process {
    pid: Pid,
    control: OwnedFd,
    /// What containers begin with, and in which namespaces: sent again to a launcher that replaces this one.
    begin: Option<(OwnedFd, i32)>,
}

/// A container that waits for its order.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The process id of its init, on the machine.
    pub(crate) pid: Pid,
    pub(crate) pidfd: OwnedFd,
    pub(crate) socket: OwnedFd,
    pub(crate) group: Option<Group>,
}

/// The launcher of this process.
static LAUNCHER: OnceLock<Launcher> = OnceLock::new();

impl Launcher {
    /// The launcher of this process; it is started when there is none yet.
    pub(crate) fn get() -> io::Result<Self> {
        static STARTING: Mutex<()> = Mutex::new(());
        if let Some(launcher) = LAUNCHER.get() {
            return Ok(launcher.clone());
        }
        let _one = lock(&STARTING);
        if let Some(launcher) = LAUNCHER.get() {
            return Ok(launcher.clone());
        }
        let launcher = Self(Arc::new(Inner {
            process: Mutex::new(Process::start()?),
            confinement: OnceLock::new(),
            spares: Mutex::default(),
            filling: Mutex::default(),
            inits: Mutex::default(),
        }));
        Ok(LAUNCHER.get_or_init(|| launcher).clone())
    }

    /// The launcher of this process, if it was started.
    pub(crate) fn started() -> Option<Self> {
        LAUNCHER.get().cloned()
    }

    /// How containers are confined on this machine. The first call tries, and takes some milliseconds.
    pub(crate) fn confinement(&self) -> &Confinement {
        self.0.confinement.get_or_init(|| Confinement::find(self))
    }

    /// Has containers begin with this order, in these new namespaces, from now on.
    pub(crate) fn begin_with(&self, base: &Order, namespaces: i32) -> Result<(), Error> {
        let file = sealed(base.bytes()).map_err(Error::Launcher)?;
        let mut process = lock(&self.0.process);
        process.begin = Some((file, namespaces));
        process.begin().map_err(Error::Launcher)
    }

    /// A container that was prepared already, if there is one.
    pub(crate) fn take_spare(&self) -> Option<Prepared> {
        lock(&self.0.spares).pop()
    }

    /// Prepares containers until there are [`SPARES`]. Each takes some milliseconds.
    pub(crate) fn fill_up(&self) {
        let confinement = self.confinement();
        let Ok(_one) = self.0.filling.try_lock() else {
            return;
        };
        while lock(&self.0.spares).len() < SPARES {
            match self.prepare(confinement) {
                Ok(prepared) => lock(&self.0.spares).push(prepared),
                Err(error) => {
                    tracing::debug!(%error, "no container is prepared");
                    return;
                }
            }
        }
    }

    /// Has a container made, and waits until it has carried out what all begin with.
    pub(crate) fn prepare(&self, confinement: &Confinement) -> Result<Prepared, Error> {
        let group = confinement.group();
        let entrance = group.as_ref().and_then(Group::entrance);
        let (pid, socket, pidfd) = match confinement.mode.has_namespaces() {
            true => self.clone_init(entrance.as_ref())?,
            false => {
                // Held until it is known for an init: `end_orphans` would take it for an orphan.
                let mut inits = lock(&self.0.inits);
                let init = self.clone_init(entrance.as_ref())?;
                inits.insert(init.0);
                init
            }
        };
        match answer(&socket)? {
            (
                Message {
                    word: Word::Ready, ..
                },
                _,
            ) => Ok(Prepared {
                pid,
                pidfd,
                socket,
                group: group.filter(|group| is_in(pid, group, entrance.is_some())),
            }),
            (message, _) => Err(Error::of(message, &confinement.base)),
        }
    }

    /// `entrance` is that of the control group that it is to be in.
    fn clone_init(&self, entrance: Option<&File>) -> Result<(Pid, OwnedFd, OwnedFd), Error> {
        let mut process = lock(&self.0.process);
        let (message, descriptors) = match process.ask(entrance) {
            Ok(answer) => answer,
            // Somebody has killed it: start another one.
            Err(_) => {
                *process = process.again().map_err(Error::Launcher)?;
                process.ask(entrance)?
            }
        };
        drop(process);
        let pid = Pid::from_raw(message.number);
        match (message.word, pid, descriptors) {
            (Word::Prepared, Some(pid), [Some(socket), Some(pidfd), _]) => {
                set_socket_timeout(&socket, Timeout::Recv, Some(ANSWER_TIMEOUT))
                    .map_err(|errno| Error::Launcher(errno.into()))?;
                Ok((pid, socket, pidfd))
            }
            _ => Err(Error::Launcher(
                Errno::from_raw_os_error(message.number).into(),
            )),
        }
    }

    /// Ends the containers that were prepared and not used, and removes the control groups.
    pub(crate) fn close(&self) {
        lock(&self.0.spares).clear();
        if let Some(confinement) = self.0.confinement.get() {
            confinement.close();
        }
    }

    /// Ends what an init without namespaces has left behind when it ended: the launcher has adopted that, and adopts what
    /// those have started when they end.
    pub(crate) fn end_orphans(&self, init: Pid) {
        let launcher = lock(&self.0.process).pid;
        lock(&self.0.inits).remove(&init);
        let start = Instant::now();
        while self.kill_orphans(launcher) > 0 && start.elapsed() < ORPHANS_TIMEOUT {
            std::thread::sleep(ORPHANS_PAUSE);
        }
    }

    /// Kills the launcher's children that are no inits, and says how many there were.
    fn kill_orphans(&self, launcher: Pid) -> usize {
        let inits = lock(&self.0.inits);
        // The launcher has one thread, so all its children are in one list.
        let launcher = launcher.as_raw_nonzero();
        let children =
            std::fs::read_to_string(format!("/proc/{launcher}/task/{launcher}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_ascii_whitespace();
        let children = children.filter_map(|child| Pid::from_raw(child.parse().ok()?));
        let orphans: Vec<Pid> = children.filter(|child| !inits.contains(child)).collect();
        for orphan in &orphans {
            rustix::process::kill_process(*orphan, rustix::process::Signal::KILL).ok();
        }
        orphans.len()
    }
}

impl Process {
    fn start() -> io::Result<Self> {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let (control, launchers) = socketpair(family, kind, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&control, Timeout::Recv, Some(ANSWER_TIMEOUT))?;
        let pid = inside::fork(launchers)?;
        Ok(Self {
            pid,
            control,
            begin: None,
        })
    }

    /// Starts one in place of this.
    fn again(&mut self) -> io::Result<Self> {
        // Reaps it, if it has ended.
        rustix::process::waitpid(Some(self.pid), rustix::process::WaitOptions::NOHANG).ok();
        let mut process = Self::start()?;
        process.begin = self.begin.take();
        process.begin()?;
        Ok(process)
    }

    fn begin(&self) -> io::Result<()> {
        if let Some((file, namespaces)) = &self.begin {
            let message = Message::with(Word::Begin, *namespaces);
            wire::send(&self.control, message, &[file.as_fd()])?;
        }
        Ok(())
    }

    fn ask(&self, entrance: Option<&File>) -> Result<(Message, wire::Descriptors), Error> {
        let entrance: Vec<_> = entrance.iter().map(|file| file.as_fd()).collect();
        wire::send(&self.control, Message::new(Word::Prepare), &entrance)
            .map_err(|errno| Error::Launcher(errno.into()))?;
        answer(&self.control)
    }
}

/// Waits for a message of the other end.
pub(crate) fn answer(socket: &OwnedFd) -> Result<(Message, wire::Descriptors), Error> {
    match wire::receive(socket) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(Error::Launcher(io::ErrorKind::UnexpectedEof.into())),
        Err(Errno::AGAIN) => Err(Error::Launcher(io::ErrorKind::TimedOut.into())),
        Err(errno) => Err(Error::Launcher(errno.into())),
    }
}

/// Whether a container's init is in its control group: it has entered by itself, or is put there now.
fn is_in(init: Pid, group: &Group, has_entered: bool) -> bool {
    match has_entered {
        true => !group.is_empty(),
        false => group.add(init).is_ok(),
    }
}

/// A file in memory with these bytes, sealed against changes.
pub(crate) fn sealed(bytes: &[u8]) -> io::Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    use std::io::Write as _;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = std::fs::File::from(memfd_create(c"samlet-order", flags)?);
    file.write_all(bytes)?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file.into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
