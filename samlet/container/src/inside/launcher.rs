//! The launcher: a small process that containers are forked from.
//!
//! Forking takes longer the larger a process is; so samlet forks this one before it grows, and asks it from then on.

use rustix::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::Pid;

use super::{end, init, last_error, map, reset_signals};
use crate::wire::{self, Message, Word};

/// Where the launcher, and each init, has its socket.
const SOCKET: i32 = 3;

/// Forks the launcher, which serves the other end of `control`.
#[allow(unsafe_code)]
pub(crate) fn fork(control: OwnedFd) -> Result<Pid, Errno> {
    // SAFETY: the child runs `serve` only, which allocates nothing and takes no lock.
    match unsafe { libc::fork() } {
        0 => serve(control),
        pid => Pid::from_raw(pid)
            .filter(|_| pid > 0)
            .ok_or_else(last_error),
    }
}

/// Serves samlet until that is gone.
fn serve(control: OwnedFd) -> ! {
    reset_signals();
    // Ctrl-C in the terminal, and its closing, must not reach it: it ends with samlet.
    rustix::process::setsid().ok();
    rustix::thread::set_name(c"samlet-launcher").ok();
    clear_arguments();
    if give_up_descriptors(control).is_err() {
        end(1);
    }
    // Adopts processes that an init without namespaces has left behind; none of its children is waited for.
    rustix::process::set_child_subreaper(Pid::from_raw(1)).ok();
    ignore_children();
    let control = socket();
    let mut base: &'static [u8] = &[];
    let mut namespaces = 0;
    loop {
        let Ok(Some((message, mut descriptors))) = wire::receive(control) else {
            end(0);
        };
        let failed = match (message.word, descriptors[0].take()) {
            (Word::Begin, Some(order)) => {
                namespaces = message.number;
                map(&order).map(|order| base = order)
            }
            (Word::Prepare, entrance) => prepare(control, base, namespaces, entrance),
            _ => Err(Errno::INVAL),
        };
        if let Err(error) = failed {
            let failed = Message::with(Word::Failed, error.raw_os_error());
            if wire::send(control, failed, &[]).is_err() {
                end(1);
            }
        }
    }
}

/// Makes a container, and gives samlet its socket. Its first process enters a control group, if there is an entrance.
fn prepare(
    control: BorrowedFd<'_>,
    base: &'static [u8],
    namespaces: i32,
    entrance: Option<OwnedFd>,
) -> Result<(), Errno> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let (samlets, inits) = socketpair(family, kind, SocketFlags::CLOEXEC, None)?;
    let (pid, pidfd) = match clone(namespaces)? {
        Cloned::Child => {
            drop(samlets);
            heed_children();
            if let Some(entrance) = entrance {
                // Where it fails, samlet finds the group empty.
                rustix::io::write(&entrance, b"0").ok();
            }
            if give_up_descriptors(inits).is_err() {
                end(1);
            }
            init::run(socket(), base, namespaces != 0)
        }
        Cloned::Parent { pid, pidfd } => (pid, pidfd),
    };
    let prepared = Message::with(Word::Prepared, pid);
    wire::send(control, prepared, &[samlets.as_fd(), pidfd.as_fd()])
}

enum Cloned {
    Child,
    Parent { pid: i32, pidfd: OwnedFd },
}

/// Forks into new namespaces.
/// <https://man7.org/linux/man-pages/man2/clone.2.html>
#[allow(unsafe_code)]
fn clone(namespaces: i32) -> Result<Cloned, Errno> {
    let mut pidfd: i32 = -1;
    let flags = i64::from(namespaces | libc::CLONE_PIDFD | libc::SIGCHLD);
    // SAFETY: without a stack of its own and without CLONE_VM the child goes on in a copy of this process, as after
    // fork. On the architectures that samlet knows, the third argument is where the pidfd is written.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, &raw mut pidfd, 0, 0) };
    match i32::try_from(pid) {
        Ok(0) => Ok(Cloned::Child),
        Ok(pid) if pid > 0 => Ok(Cloned::Parent {
            pid,
            // SAFETY: the kernel has just made it, for this process.
            pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) },
        }),
        _ => Err(last_error()),
    }
}

/// Closes all that was inherited but `socket`; standard input, output and error become `/dev/null`.
#[allow(unsafe_code)]
fn give_up_descriptors(socket: OwnedFd) -> Result<(), Errno> {
    let null = rustix::fs::open(c"/dev/null", OFlags::RDWR, Mode::empty())?;
    let raw = |descriptor: &OwnedFd| std::os::fd::AsRawFd::as_raw_fd(descriptor);
    // SAFETY: plain calls. No value that owned a descriptor that is replaced or closed here is used any more: from here
    // on, this process only runs code of this file and those beside it.
    let done = unsafe {
        // First, since it may be one of those that are replaced.
        let socket = libc::fcntl(raw(&socket), libc::F_DUPFD_CLOEXEC, 10);
        let standard = [0, 1, 2].map(|number| libc::dup2(raw(&null), number) == number);
        socket >= 0
            && standard == [true; 3]
            && libc::dup3(socket, SOCKET, libc::O_CLOEXEC) == SOCKET
            && close_from(SOCKET + 1)
    };
    // Their numbers may mean other files now.
    std::mem::forget((socket, null));
    if done { Ok(()) } else { Err(last_error()) }
}

/// Closes all descriptors from `first` on.
#[allow(unsafe_code)]
fn close_from(first: i32) -> bool {
    // SAFETY: as in `give_up_descriptors`.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) == 0 {
            return true;
        }
        // Before Linux 5.9.
        for number in first..1 << 20 {
            libc::close(number);
        }
        true
    }
}

/// Empties this process's copy of samlet's command line: of its init, a container's `/proc` shows that to the program.
#[allow(unsafe_code)]
fn clear_arguments() {
    let mut stat = [0; 2048];
    let file = rustix::fs::open(
        c"/proc/self/stat",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    let Ok(length) = file.and_then(|file| rustix::io::read(&file, &mut stat)) else {
        return;
    };
    let Some((start, end)) = stat.get(..length).and_then(arguments) else {
        return;
    };
    let name = b"samlet-launcher";
    let length = end - start;
    // SAFETY: the kernel says that the arguments' strings are there, on the stack, which is this process's own copy;
    // nothing here reads them.
    unsafe {
        std::ptr::write_bytes(start as *mut u8, 0, length);
        // Without the last byte, which says that there are arguments.
        std::ptr::copy_nonoverlapping(name.as_ptr(), start as *mut u8, name.len().min(length - 1));
    }
}

/// Where `/proc/self/stat` says that the arguments are: its 48th and 49th fields.
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn arguments(stat: &[u8]) -> Option<(usize, usize)> {
    // The second field, the program's name, is in brackets and may hold anything.
    let name = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = stat.get(name + 1..)?.split(u8::is_ascii_whitespace);
    // What is before the first space is empty; after that comes the third field.
    let mut fields = fields.skip(1 + 45);
    let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
    let (start, end): (usize, usize) = (number()?, number()?);
    (start != 0 && start < end).then_some((start, end))
}

#[allow(unsafe_code)]
fn socket() -> BorrowedFd<'static> {
    // SAFETY: `give_up_descriptors` put it there, and it stays open for this process's life.
    unsafe { BorrowedFd::borrow_raw(SOCKET) }
}

/// Has the kernel keep children that have ended until they are waited for.
#[allow(unsafe_code)]
fn heed_children() {
    // SAFETY: a plain call.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Has the kernel reap children that end.
#[allow(unsafe_code)]
fn ignore_children() {
    // SAFETY: a plain call.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_found_whatever_the_program_is_called() {
        let fields: Vec<String> = (3..=52).map(|field| (field * 10).to_string()).collect();
        let stat = format!("17 (a) b (c) {}\n", fields.join(" "));
        assert_eq!(arguments(stat.as_bytes()), Some((480, 490)));
        assert_eq!(arguments(b"17 (a) S 1 2"), None);
        assert_eq!(arguments(b""), None);
    }
}
