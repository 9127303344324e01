//! How containers are confined on this machine: found out by trying, and written into each container's order.

mod machine;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Pid;
use rustix::thread::CapabilitySet;

use crate::error::Error;
use crate::isolation::Mode;
use crate::landlock::Masks;
use crate::launcher::{Launcher, Prepared, answer, sealed};
use crate::layout::{self, Ids};
use crate::memory::cgroup::{Cgroups, Group};
use crate::order::{Kind, Order};
use crate::seccomp::{self, Others, Wanted};
use crate::spec::Spec;
use crate::step::Reach;
use crate::tmp_folder::TmpFolder;
use crate::wire::{self, Message, Word};
use machine::{counts_by_namespace, is_for_everybody, kept_capability, users_processes};

/// The user and group of functions on AWS, where a user namespace lets them be that.
const LAMBDA_IDS: Ids = Ids { uid: 993, gid: 990 };

/// As root, each container's program has a user of its own: this number and its init's process id. Nothing else
/// gives out ids from here on. <https://systemd.io/UIDS-GIDS/>
const FIRST_USER: u32 = 0x7100_0000;

/// Files that a function may have open, as on AWS; samlet itself may have more.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_OPEN_FILES: u64 = 1024;

/// Processes and threads that a function may have, as on AWS.
const MAX_PROCESSES: u64 = 1024;

/// The largest core dump, in bytes. Not 0: a program that core dumps are piped into would get one all the same.
const MAX_CORE: u64 = 1;

/// What it takes to run programs as users of their own, and to look into their processes afterwards.
const FOR_OWN_USER: CapabilitySet = CapabilitySet::SETUID
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::CHOWN)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SYS_PTRACE);

/// The number of files for each MB of `/tmp`. Even an empty one takes kernel memory, which isn't counted as anybody's.
const FILES_PER_MB: u32 = 64;

/// How containers are made and confined on this machine.
#[derive(Debug)]
pub(crate) struct Confinement {
    pub(crate) mode: Mode,
    /// What every container begins with.
    pub(crate) base: Order,
    /// Whether programs run as a user of their own.
    own_user: bool,
    /// The capability that they keep for it, to read code that is root's alone; as an order has it.
    kept: u8,
    pub(crate) landlock: Option<Masks>,
    filter: Vec<u8>,
    cgroups: Mutex<Option<Cgroups>>,
    containers: AtomicU64,
    /// What was tried and refused, and why.
    pub(crate) refusals: Vec<Refusal>,
}

/// Something that this machine refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) mode: Mode,
    pub(crate) what: Refused,
    pub(crate) why: String,
    pub(crate) errno: i32,
    /// The operation that failed; none, if that was making the namespaces.
    pub(crate) operation: Option<Kind>,
}

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The whole mode.
    Mode,
    Landlock,
    Seccomp,
    OwnUser,
}

impl Mode {
    pub(crate) fn has_namespaces(self) -> bool {
        self != Self::None
    }

    fn namespaces(self) -> i32 {
        let all = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC;
        match self {
            Self::Root => all,
            Self::User => all | libc::CLONE_NEWUSER,
            Self::None => 0,
        }
    }
}

impl Confinement {
    /// Tries the strictest confinement first, and leaves out what this machine doesn't allow.
    pub(crate) fn find(launcher: &Launcher) -> Self {
        let mut refusals = Vec::new();
        for mode in [Mode::Root, Mode::User] {
            let mut tried = Self::new(mode);
            match tried.settle(launcher) {
                // Root's own user is no user for a function.
                Ok(()) if mode == Mode::Root && !tried.own_user => {}
                Ok(()) => {
                    tried.refusals.splice(0..0, refusals);
                    return tried;
                }
                Err((error, operation)) => {
                    refusals.push(Refusal::of(mode, Refused::Mode, &error, operation));
                }
            }
        }
        let mut last = Self::new(Mode::None);
        if let Err((error, _)) = last.settle(launcher) {
            tracing::debug!(%error, "no container can be made");
        }
        last.refusals.splice(0..0, refusals);
        last
    }

    fn new(mode: Mode) -> Self {
        let held = rustix::thread::capabilities(None).map(|sets| sets.permitted);
        let held = held.unwrap_or(CapabilitySet::empty());
        let landlock = crate::landlock::masks();
        let kept = kept_capability(mode, held, landlock.is_some());
        let own_user = mode != Mode::User && held.contains(FOR_OWN_USER) && kept > 0;
        Self {
            mode,
            base: base(mode, landlock.as_ref()),
            own_user,
            kept,
            landlock,
            filter: filter(mode),
            cgroups: Mutex::new(None),
            containers: AtomicU64::new(0),
            refusals: Vec::new(),
        }
    }

    /// Tries it, and leaves out what is refused; an error if that can't be left out.
    fn settle(&mut self, launcher: &Launcher) -> Result<(), (Error, Option<Kind>)> {
        let namespaces = self.mode.namespaces();
        launcher
            .begin_with(&self.base, namespaces)
            .map_err(|error| (error, None))?;
        loop {
            let Err((error, kind)) = self.attempt(launcher) else {
                self.cgroups = Mutex::new(Cgroups::find());
                return Ok(());
            };
            let what = match kind {
                Some(Kind::Landlock | Kind::Allow | Kind::Restrict) if self.landlock.is_some() => {
                    self.landlock = None;
                    Refused::Landlock
                }
                Some(Kind::Filter) if !self.filter.is_empty() => {
                    self.filter.clear();
                    Refused::Seccomp
                }
                Some(Kind::Ids) if self.own_user && !self.mode.has_namespaces() => {
                    self.own_user = false;
                    Refused::OwnUser
                }
                _ => return Err((error, kind)),
            };
            let refusal = Refusal::of(self.mode, what, &error, kind);
            self.refusals.push(refusal);
        }
    }

    /// Makes a container that ends where others run their program.
    fn attempt(&self, launcher: &Launcher) -> Result<(), (Error, Option<Kind>)> {
        let plain = |error: Error| {
            let operation = error.operation();
            (error, operation)
        };
        let prepared = launcher.prepare(self).map_err(plain)?;
        let order = self.trial(prepared.pid);
        let (_reader, writer) = io::pipe().map_err(|error| plain(Error::Launcher(error)))?;
        let mut answered = carry(&prepared, &order, &writer.into()).map_err(plain)?.0;
        while answered.word == Word::Started {
            answered = answer(&prepared.socket).map_err(plain)?.0;
        }
        if answered == Message::with(Word::Ended, 0) {
            return Ok(());
        }
        Err(plain(Error::of(answered, &order)))
    }

    fn trial(&self, init: Pid) -> Order {
        let mut order = Order::default();
        self.begin(&mut order, 1);
        self.enter(&mut order);
        self.limit(&mut order);
        self.restrict(&mut order, &[(PathBuf::from("/"), Reach::Read)]);
        self.become_other(&mut order, init, self.kept);
        self.filter(&mut order);
        order.put(Kind::Finish);
        order
    }

    /// The order that has the container of this init run `spec`, and the folder for its temporary files where `/tmp`
    /// can't be its own.
    pub(crate) fn order(
        &self,
        spec: &Spec,
        init: Pid,
    ) -> Result<(Order, Option<TmpFolder>), Error> {
        let mut order = Order::default();
        let folder = |error: layout::Error| Error::Folder(error.to_string());
        if self.mode.has_namespaces() {
            let own = layout::own(spec, self.ids(init)).map_err(folder)?;
            self.begin(&mut order, spec.tmp_mb);
            order.steps(&own.steps);
            self.enter(&mut order);
            self.limit(&mut order);
            order.text(Kind::Work, own.folder.as_os_str());
            self.restrict(&mut order, &[]);
            self.run(&mut order, spec, &own.executable, None, init);
            return Ok((order, None));
        }
        let tmp = self.make_tmp(spec, init).map_err(Error::Launcher)?;
        self.limit(&mut order);
        order.text(Kind::Work, spec.code.as_os_str());
        let mut reachable = layout::reachable(spec);
        reachable.push((tmp.path().to_owned(), Reach::All));
        self.restrict(&mut order, &reachable);
        self.run(&mut order, spec, &spec.executable, Some(tmp.path()), init);
        Ok((order, Some(tmp)))
    }

    fn run(
        &self,
        order: &mut Order,
        spec: &Spec,
        executable: &Path,
        tmp: Option<&Path>,
        init: Pid,
    ) {
        let kept = match self.own_user && is_for_everybody(spec) {
            true => 0,
            false => self.kept,
        };
        self.become_other(order, init, kept);
        self.filter(order);
        order.text(Kind::Argument, executable.as_os_str());
        for argument in &spec.arguments {
            order.text(Kind::Argument, OsStr::new(argument));
        }
        let mut variable = |name: &str, value: &OsStr| {
            let both = [name.as_bytes(), b"=", value.as_bytes()].concat();
            order.text(Kind::Variable, OsStr::from_bytes(&both));
        };
        for (name, value) in &spec.environment {
            variable(name, OsStr::new(value));
        }
        if let Some(tmp) = tmp {
            variable("TMPDIR", tmp.as_os_str());
        }
        order.text(Kind::Run, executable.as_os_str());
    }

    /// Mounts `/tmp` first, since what is shown later may lie below the machine's `/tmp`.
    fn begin(&self, order: &mut Order, tmp_mb: u32) {
        if self.mode.has_namespaces() {
            let files = tmp_mb.saturating_mul(FILES_PER_MB);
            let options = format!("size={tmp_mb}m,nr_inodes={files},mode=1777");
            order.text(Kind::Tmp, OsStr::new(&options));
        }
    }

    fn enter(&self, order: &mut Order) {
        if self.mode.has_namespaces() {
            order.put(Kind::Enter);
        }
    }

    fn limit(&self, order: &mut Order) {
        order.numbers(Kind::Limit, 0, [MAX_CORE, 0]);
        order.numbers(Kind::Limit, 1, [MAX_OPEN_FILES, 0]);
        let processes = match self.limits_processes() {
            true => MAX_PROCESSES,
            // What else the user runs counts, too: this only keeps the machine usable.
            false => users_processes() + MAX_PROCESSES * 4,
        };
        order.numbers(Kind::Limit, 2, [processes, 0]);
    }

    fn restrict(&self, order: &mut Order, reachable: &[(PathBuf, Reach)]) {
        let Some(masks) = &self.landlock else {
            return;
        };
        order.landlock(masks);
        if self.mode.has_namespaces() {
            // It sees only what it may read; this keeps it from changing that, and from sockets of other programs.
            order.allow(Path::new("/"), masks.fs_read);
            order.allow(Path::new("/tmp"), masks.fs_all);
            order.allow(Path::new("/dev"), masks.fs_device);
            order.allow(Path::new("/proc"), masks.fs_read | masks.fs_device);
        }
        for (path, reach) in reachable {
            let rights = match reach {
                Reach::Read => masks.fs_read,
                Reach::List => masks.fs_list(),
                Reach::All => masks.fs_all,
                Reach::Device => masks.fs_device,
            };
            order.allow(path, rights);
        }
        order.put(Kind::Restrict);
    }

    /// `kept` is the capability that is left to it, as an order has it.
    fn become_other(&self, order: &mut Order, init: Pid, kept: u8) {
        let (user, group) = match self.own_user {
            true => (user_of(init).into(), user_of(init).into()),
            false => (u64::MAX, u64::MAX),
        };
        order.numbers(Kind::Ids, kept, [user, group]);
    }

    /// The user that the program of this init's container runs as, if that is one of its own.
    pub(crate) fn user(&self, init: Pid) -> Option<rustix::process::Uid> {
        self.own_user
            .then(|| rustix::process::Uid::from_raw(user_of(init)))
    }

    fn filter(&self, order: &mut Order) {
        if !self.filter.is_empty() {
            order.raw(Kind::Filter, &self.filter);
        }
    }

    /// Whether programs run as a user of their own.
    pub(crate) fn has_own_user(&self) -> bool {
        self.own_user
    }

    /// Whether system calls are filtered.
    pub(crate) fn filters_calls(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Whether the kernel limits the number of processes. It counts all processes of a user: if the program ran as
    /// samlet's user, that user's other processes would count, too.
    pub(crate) fn limits_processes(&self) -> bool {
        self.own_user || (self.mode == Mode::User && counts_by_namespace())
    }

    /// The version of control groups that memory is counted by, if it is.
    pub(crate) fn cgroup_version(&self) -> Option<u8> {
        self.cgroups().as_ref().map(Cgroups::version)
    }

    fn ids(&self, init: Pid) -> Ids {
        match self.mode {
            Mode::User => LAMBDA_IDS,
            Mode::Root | Mode::None => Ids {
                uid: user_of(init),
                gid: user_of(init),
            },
        }
    }

    fn make_tmp(&self, spec: &Spec, init: Pid) -> io::Result<TmpFolder> {
        let folder = TmpFolder::create_in(&spec.tmp_folder)?;
        if self.own_user {
            let id = Some(user_of(init));
            std::os::unix::fs::chown(folder.path(), id, id)?;
        }
        Ok(folder)
    }

    /// Removes the control groups; no more are made.
    pub(crate) fn close(&self) {
        self.cgroups().take();
    }

    fn cgroups(&self) -> MutexGuard<'_, Option<Cgroups>> {
        self.cgroups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A control group for a container, if samlet may make one that counts memory.
    pub(crate) fn group(&self) -> Option<Group> {
        let cgroups = self.cgroups();
        let number = self.containers.fetch_add(1, Ordering::Relaxed);
        match cgroups.as_ref()?.create(number) {
            Ok(group) => Some(group),
            Err(error) => {
                tracing::debug!(%error, "a container has no control group");
                None
            }
        }
    }
}

impl Refusal {
    fn of(mode: Mode, what: Refused, error: &Error, operation: Option<Kind>) -> Self {
        let errno = match error {
            Error::Launcher(source) | Error::CannotRun(source) => source.raw_os_error(),
            Error::Refused(refusal) => refusal.source.raw_os_error(),
            Error::Folder(_) => None,
        };
        Self {
            mode,
            what,
            why: error.to_string(),
            errno: errno.unwrap_or_default(),
            operation,
        }
    }
}

/// Hands an order to a container, and waits for the answer.
pub(crate) fn carry(
    prepared: &Prepared,
    order: &Order,
    output: &rustix::fd::OwnedFd,
) -> Result<(Message, wire::Descriptors), Error> {
    use rustix::fd::AsFd as _;
    let file = sealed(order.bytes()).map_err(Error::Launcher)?;
    let descriptors = [file.as_fd(), output.as_fd()];
    wire::send(&prepared.socket, Message::new(Word::Carry), &descriptors)
        .map_err(|errno| Error::Launcher(errno.into()))?;
    answer(&prepared.socket)
}

/// What every container of this mode begins with.
fn base(mode: Mode, landlock: Option<&Masks>) -> Order {
    let mut order = Order::default();
    if mode == Mode::None {
        // Its end isn't that of what it started: so it doesn't end with the launcher, but once samlet's socket is closed.
        order.put(Kind::AdoptOrphans);
        match landlock.map(Masks::signals) {
            // Landlock closes it to programs. This way it would be closed to samlet as well where `/proc` is mounted
            // with `hidepid`.
            None => order.put(Kind::Close),
            Some(0) => {}
            Some(scope) => order.numbers(Kind::Fence, 0, [scope, 0]),
        }
        return order;
    }
    order.put(Kind::EndWithParent);
    if mode == Mode::User {
        let user = rustix::process::geteuid().as_raw();
        let group = rustix::process::getegid().as_raw();
        let Ids { uid, gid } = LAMBDA_IDS;
        order.write(Path::new("/proc/self/setgroups"), b"deny");
        let map = |inside: u32, outside: u32| format!("{inside} {outside} 1").into_bytes();
        order.write(Path::new("/proc/self/uid_map"), &map(uid, user));
        order.write(Path::new("/proc/self/gid_map"), &map(gid, group));
    }
    order.put(Kind::Root);
    order.lasting_steps(&layout::base());
    order.put(Kind::Proc);
    order.put(Kind::Close);
    order
}

fn filter(mode: Mode) -> Vec<u8> {
    let others = match mode.has_namespaces() {
        true => Others::Hidden,
        false => Others::Visible,
    };
    let wanted = Wanted {
        others,
        stay_dumpable: true,
    };
    seccomp::filter(wanted).unwrap_or_else(|error| {
        tracing::warn!("system calls are not filtered: {error}");
        Vec::new()
    })
}

/// The user of the program in this init's container.
fn user_of(init: Pid) -> u32 {
    FIRST_USER.saturating_add(init.as_raw_nonzero().get().unsigned_abs())
}
