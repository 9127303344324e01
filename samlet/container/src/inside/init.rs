//! A container's first process: prepares its root, starts its program, reaps what is left of others, and ends with
//! samlet.
//!
//! The program is not the first process itself: there, its own signals would not end it, and orphans that end would
//! stay as zombies.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};

use super::{Failed, children, end, last_error, map, program, root};
use crate::order::Operations;
use crate::wire::{self, Message, Word};

/// Does what an init does, from the container's beginning to its end.
pub(super) fn run(samlet: BorrowedFd<'static>, base: &'static [u8], is_alone: bool) -> ! {
    // Neither samlet's session nor that of other containers.
    rustix::process::setsid().ok();
    rustix::thread::set_name(c"samlet-init").ok();
    let ended = match block_child_signals() {
        Ok(ended) => ended,
        Err(errno) => fail(
            samlet,
            Failed {
                operation: 0,
                errno,
            },
        ),
    };
    if let Err(failed) = carry_out(base) {
        fail(samlet, failed);
    }
    if wire::send(samlet, Message::new(Word::Ready), &[]).is_err() {
        end(0);
    }
    let Some((order, output)) = receive_order(samlet) else {
        end(0);
    };
    let program = match start(order, output) {
        Ok(program) => program,
        Err(failed) => {
            if !is_alone {
                children::end_all();
            }
            fail(samlet, failed);
        }
    };
    tell_of_start(samlet, program, is_alone);
    let status = supervise(samlet, &ended, program);
    if !is_alone {
        children::end_all();
    }
    if let Some(status) = status {
        wire::send(samlet, Message::with(Word::Ended, status), &[]).ok();
    }
    // With this process, the kernel ends all that is left in its namespace.
    end(0)
}

fn fail(samlet: BorrowedFd<'_>, failed: Failed) -> ! {
    let message = Message {
        word: Word::Failed,
        operation: failed.operation,
        number: failed.errno.raw_os_error(),
    };
    wire::send(samlet, message, &[]).ok();
    end(1)
}

/// Carries out the operations of an order that are for the container, not its program.
fn carry_out(order: &[u8]) -> Result<(), Failed> {
    let own = Operations::of(order).filter(|operation| !operation.kind.is_of_program());
    for operation in own {
        root::carry_out(&operation).map_err(|errno| Failed {
            operation: operation.number,
            errno,
        })?;
    }
    Ok(())
}

/// Waits for the order, and for what the program is to write to.
fn receive_order(samlet: BorrowedFd<'_>) -> Option<(&'static [u8], OwnedFd)> {
    let (message, descriptors) = wire::receive(samlet).ok()??;
    let [Some(order), Some(output), _] = descriptors else {
        return None;
    };
    if message.word != Word::Carry {
        return None;
    }
    Some((map(&order).ok()?, output))
}

/// Starts the program, and waits until it runs.
fn start(order: &'static [u8], output: OwnedFd) -> Result<Pid, Failed> {
    carry_out(order)?;
    let failed = |errno| Failed {
        operation: 0,
        errno,
    };
    // Closed by the kernel when the program runs; until then, says why it doesn't.
    let (reader, writer) =
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(failed)?;
    let program = match fork().map_err(failed)? {
        Some(program) => program,
        None => {
            let failed = program::run(order, output.as_fd());
            let mut bytes = [0; 8];
            bytes[..4].copy_from_slice(&failed.operation.to_ne_bytes());
            bytes[4..].copy_from_slice(&failed.errno.raw_os_error().to_ne_bytes());
            rustix::io::write(&writer, &bytes).ok();
            end(127);
        }
    };
    drop((writer, output));
    let mut bytes = [0; 8];
    let length = loop {
        match rustix::io::read(&reader, &mut bytes) {
            Err(Errno::INTR) => {}
            other => break other.unwrap_or_default(),
        }
    };
    if length == 0 {
        return Ok(program);
    }
    let [a, b, c, d, e, f, g, h] = bytes;
    Err(Failed {
        operation: u32::from_ne_bytes([a, b, c, d]),
        errno: Errno::from_raw_os_error(i32::from_ne_bytes([e, f, g, h])),
    })
}

#[allow(unsafe_code)]
fn fork() -> Result<Option<Pid>, Errno> {
    // SAFETY: this process has one thread, and allocates nothing on either side.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    match i32::try_from(pid) {
        Ok(pid) if pid >= 0 => Ok(Pid::from_raw(pid)),
        _ => Err(last_error()),
    }
}

/// Reports to samlet that the program runs, with the descriptors by which samlet sees into this container.
fn tell_of_start(samlet: BorrowedFd<'_>, program: Pid, is_alone: bool) {
    let message = Message::with(Word::Started, program.as_raw_nonzero().get());
    let open = |path, flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty());
    let sent = match (
        open(c"/proc", OFlags::RDONLY | OFlags::DIRECTORY),
        open(c"/tmp", OFlags::PATH | OFlags::DIRECTORY),
        open(c"/proc/sysvipc/shm", OFlags::RDONLY),
    ) {
        (Ok(proc), Ok(tmp), Ok(segments)) if is_alone => wire::send(
            samlet,
            message,
            &[proc.as_fd(), tmp.as_fd(), segments.as_fd()],
        ),
        (Ok(proc), Ok(tmp), _) if is_alone => {
            wire::send(samlet, message, &[proc.as_fd(), tmp.as_fd()])
        }
        _ => wire::send(samlet, message, &[]),
    };
    if sent.is_err() {
        end(0);
    }
}

/// Waits until the program has ended, and returns its status; `None` if samlet has closed the socket.
fn supervise(samlet: BorrowedFd<'_>, ended: &OwnedFd, program: Pid) -> Option<i32> {
    loop {
        let mut awaited = [
            PollFd::from_borrowed_fd(samlet, PollFlags::IN),
            PollFd::new(ended, PollFlags::IN),
        ];
        match poll(&mut awaited, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return None,
        }
        let [by_samlet, by_child] = awaited.map(|awaited| !awaited.revents().is_empty());
        if by_child {
            // How many there were doesn't matter: all that ended are reaped.
            let mut bytes = [0; 128];
            rustix::io::read(ended, &mut bytes).ok();
            if let Some(status) = reap(program) {
                return Some(status);
            }
        }
        if by_samlet {
            return None;
        }
    }
}

/// Reaps all that have ended; returns the program's status if it is among them.
fn reap(program: Pid) -> Option<i32> {
    let mut status = None;
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, ended))) if pid == program => status = Some(ended.as_raw()),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) | Err(_) => return status,
        }
    }
}

/// Blocks every signal; returns a descriptor that can be read when a child has ended.
#[allow(unsafe_code)]
fn block_child_signals() -> Result<OwnedFd, Errno> {
    // SAFETY: plain calls on values of this frame; the descriptor is this process's alone.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
        let mut child = std::mem::zeroed();
        libc::sigemptyset(&raw mut child);
        libc::sigaddset(&raw mut child, libc::SIGCHLD);
        match libc::signalfd(-1, &raw const child, libc::SFD_CLOEXEC) {
            -1 => Err(last_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}
