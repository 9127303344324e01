//! Finds the processes of a container, in a way that none of them can escape.
//!
//! Process groups and sessions don't count: a process can change its own.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::fs::{CWD, Mode, OFlags, RawDir};
use rustix::process::Pid;

/// How many processes of a container are looked at. A function may have 1,024, as on AWS.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const MAX_PROCESSES: usize = 1024;

/// How many open files of a process are looked at. A function may have 1,024, as on AWS.
pub(crate) const MAX_FILES: usize = 1024;

/// Longer than the link of a socket or a memfd can be. Other links may be cut off.
const MAX_LINK_BYTES: usize = 320;

/// How much of a folder is read at a time.
const NAMES_BYTES: usize = 2048;

/// The processes of a container, without its init.
#[derive(Debug)]
pub(crate) struct Members {
    /// The container's own `/proc`, or the machine's.
    proc: OwnedFd,
    /// The container's init, if `proc` is the machine's.
    init: Option<Pid>,
    /// The process that held the last socket that was found, or 0. It nearly always holds the next one, too.
    holder: AtomicI32,
}

/// How reading a process's open files went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// All were seen, or as many as the caller wanted.
    Read,
    /// The process has ended.
    Gone,
    /// samlet may not read them.
    Hidden,
    /// There are more than [`MAX_FILES`].
    TooMany,
}

impl Members {
    /// All processes in a container's own `/proc`, where its init is process 1.
    pub(crate) fn of(proc: OwnedFd) -> Self {
        Self {
            proc,
            init: None,
            holder: AtomicI32::new(0),
        }
    }

    /// All descendants of `init`, which must be a subreaper, so that orphans stay below it.
    pub(crate) fn below(init: Pid) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            proc: rustix::fs::openat(CWD, "/proc", flags, Mode::empty())?,
            init: Some(init),
            holder: AtomicI32::new(0),
        })
    }

    /// Their ids, as this `/proc` has them. At most one more than [`MAX_PROCESSES`], which shows that there are too
    /// many.
    pub(crate) fn pids(&self) -> Vec<Pid> {
        let mut pids = Vec::new();
        match self.init {
            None => self.numbers(".", |pid| {
                if pid != Pid::INIT {
                    pids.push(pid);
                }
                is_enough(&pids)
            }),
            Some(init) => pids = self.descendants(init),
        }
        pids
    }

    /// Whether one of the processes has the socket with this inode open.
    pub(crate) fn hold_socket(&self, inode: u64) -> bool {
        let target = format!("socket:[{inode}]");
        let last = Pid::from_raw(self.holder.load(Ordering::Relaxed));
        if let Some(last) = last
            && self.holds(last, &target)
            && self.is_member(last)
        {
            return true;
        }
        let mut pids = self.pids();
        pids.truncate(MAX_PROCESSES);
        let holder = pids
            .into_iter()
            .filter(|pid| Some(*pid) != last)
            .find(|pid| self.holds(*pid, &target));
        if let Some(holder) = holder {
            self.holder
                .store(holder.as_raw_nonzero().get(), Ordering::Relaxed);
        }
        holder.is_some()
    }

    /// Opens a file below this `/proc`.
    pub(crate) fn open(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.proc, path, flags, Mode::empty())?;
        Ok(file.into())
    }

    /// Calls `see` for each open file of a process, with the folder, the file's name there, and the link's target.
    pub(crate) fn files(
        &self,
        pid: Pid,
        mut see: impl FnMut(BorrowedFd<'_>, &CStr, &[u8]) -> ControlFlow<()>,
    ) -> Files {
        let pid = pid.as_raw_nonzero();
        let (files, count) = self.files_in(&format!("{pid}/fd"), &mut see);
        if count > 0 || files == Files::Gone {
            return files;
        }
        // If the first thread has ended, the files are only found below the other threads.
        let mut found = files;
        self.numbers(&format!("{pid}/task"), |thread| {
            let folder = format!("{pid}/task/{}/fd", thread.as_raw_nonzero());
            let (files, count) = self.files_in(&folder, &mut see);
            if files == Files::Gone {
                return false;
            }
            found = files;
            count > 0
        });
        found
    }

    fn files_in(
        &self,
        folder: &str,
        see: &mut impl FnMut(BorrowedFd<'_>, &CStr, &[u8]) -> ControlFlow<()>,
    ) -> (Files, usize) {
        let mut count = 0;
        let folder = match self.folder(folder) {
            Ok(folder) => folder,
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => {
                return (Files::Hidden, count);
            }
            Err(_) => return (Files::Gone, count),
        };
        let mut buffer = [MaybeUninit::uninit(); NAMES_BYTES];
        let mut names = RawDir::new(&folder, &mut buffer);
        let mut target = [MaybeUninit::uninit(); MAX_LINK_BYTES];
        while let Some(Ok(entry)) = names.next() {
            let name = entry.file_name();
            if name.to_bytes().starts_with(b".") {
                continue;
            }
            count += 1;
            if count > MAX_FILES {
                return (Files::TooMany, count);
            }
            let target = match rustix::fs::readlinkat_raw(&folder, name, &mut target) {
                Ok((target, _)) => target,
                Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => {
                    return (Files::Hidden, count);
                }
                Err(_) => continue,
            };
            if see(folder.as_fd(), name, target).is_break() {
                break;
            }
        }
        (Files::Read, count)
    }

    fn holds(&self, pid: Pid, target: &str) -> bool {
        let mut found = false;
        self.files(pid, |_, _, link| {
            if link == target.as_bytes() {
                found = true;
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        found
    }

    /// Whether a former member still is one: the process may have ended and its id be in use again.
    fn is_member(&self, pid: Pid) -> bool {
        let Some(init) = self.init else {
            return pid != Pid::INIT;
        };
        let mut pid = pid;
        for _ in 0..MAX_PROCESSES {
            match self.parent(pid) {
                Some(parent) if parent == init => return true,
                Some(parent) => pid = parent,
                None => return false,
            }
        }
        false
    }

    fn parent(&self, pid: Pid) -> Option<Pid> {
        let path = format!("{}/stat", pid.as_raw_nonzero());
        let mut stat = [0; 512];
        let length = self.open(&path).ok()?.read(&mut stat).ok()?;
        // The program's name may contain brackets and spaces; what follows it doesn't.
        let stat = String::from_utf8_lossy(&stat[..length]);
        let (_, fields) = stat.rsplit_once(')')?;
        let parent = fields.split_ascii_whitespace().nth(1)?;
        Pid::from_raw(parent.parse().ok()?)
    }

    fn descendants(&self, init: Pid) -> Vec<Pid> {
        // Kernels without CONFIG_PROC_CHILDREN have no such file.
        if self.open("thread-self/children").is_err() {
            return self.descendants_by_parents(init);
        }
        let mut found = Vec::new();
        self.add_children(init, &mut found);
        let mut next = 0;
        while next < found.len() && !is_enough(&found) {
            self.add_children(found[next], &mut found);
            next += 1;
        }
        found
    }

    /// Each child is listed below the thread that started it.
    fn add_children(&self, pid: Pid, found: &mut Vec<Pid>) {
        let pid = pid.as_raw_nonzero();
        let mut children = String::new();
        self.numbers(&format!("{pid}/task"), |thread| {
            let path = format!("{pid}/task/{}/children", thread.as_raw_nonzero());
            children.clear();
            let read = self
                .open(&path)
                .and_then(|mut file| file.read_to_string(&mut children));
            if read.is_err() {
                return false;
            }
            for child in children.split_ascii_whitespace() {
                let child = child.parse().ok().and_then(Pid::from_raw);
                // A child that has just been orphaned may be listed twice.
                if let Some(child) = child
                    && !found.contains(&child)
                {
                    found.push(child);
                }
                if is_enough(found) {
                    return true;
                }
            }
            false
        });
    }

    fn descendants_by_parents(&self, init: Pid) -> Vec<Pid> {
        let mut all = Vec::new();
        self.numbers(".", |pid| {
            if let Some(parent) = self.parent(pid) {
                all.push((pid, parent));
            }
            false
        });
        let mut found = Vec::new();
        let mut parent = init;
        let mut next = 0;
        while !is_enough(&found) {
            let children = all.iter().filter(|(_, of)| *of == parent);
            found.extend(children.map(|(pid, _)| *pid));
            let Some(pid) = found.get(next) else {
                break;
            };
            parent = *pid;
            next += 1;
        }
        found.truncate(MAX_PROCESSES + 1);
        found
    }

    /// Calls `see` for each name in a folder that is a number, until it returns true.
    pub(crate) fn numbers(&self, folder: &str, mut see: impl FnMut(Pid) -> bool) {
        let Ok(folder) = self.folder(folder) else {
            return;
        };
        let mut buffer = [MaybeUninit::uninit(); NAMES_BYTES];
        let mut names = RawDir::new(&folder, &mut buffer);
        while let Some(Ok(entry)) = names.next() {
            let name = entry.file_name().to_str().ok();
            let number = name.and_then(|name| name.parse().ok());
            if let Some(number) = number.and_then(Pid::from_raw)
                && see(number)
            {
                return;
            }
        }
    }

    fn folder(&self, path: &str) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(&self.proc, path, flags, Mode::empty())
    }
}

fn is_enough(pids: &[Pid]) -> bool {
    pids.len() > MAX_PROCESSES
}

#[cfg(test)]
mod tests;
