//! The end of an environment that has no process table of its own: its init ends what descends from it.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fd::AsFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};

use crate::landlock::{self, Masks};

/// Whether Landlock refuses this process's signals to all but what it starts.
static IS_FENCED: AtomicBool = AtomicBool::new(false);

/// Has Landlock keep this process's signals within it and what it starts, so that one call can end all of that.
/// Where that isn't possible, `end_all` does with less.
pub(super) fn fence(scope: u64) {
    let Some(launcher) = rustix::process::getppid() else {
        return;
    };
    // The launcher is outside: whether it can be signalled shows whether the fence holds.
    let signal = || rustix::process::test_kill_process(launcher);
    let masks = Masks {
        scopes: scope,
        ..Masks::default()
    };
    let fenced = signal()
        .and_then(|()| rustix::thread::set_no_new_privs(true))
        .and_then(|()| landlock::create_ruleset(&masks))
        .and_then(|ruleset| landlock::restrict_self(ruleset.as_fd()));
    if fenced.is_ok() && signal() == Err(Errno::PERM) {
        IS_FENCED.store(true, Ordering::Relaxed);
    }
}

/// Ends all of this process's descendants. Those that lose their parent become its children, since it adopts orphans;
/// so it ends its children until it has none.
pub(super) fn end_all() {
    loop {
        kill_all();
        kill_children();
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Err(Errno::CHILD) => return,
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) | Err(_) => break,
            }
        }
        pause();
    }
}

/// Ends every process within the fence at once: however fast they start others, none is left out.
#[allow(unsafe_code)]
fn kill_all() {
    if IS_FENCED.load(Ordering::Relaxed) {
        // SAFETY: a plain call.
        unsafe { libc::kill(-1, libc::SIGKILL) };
    }
}

/// A tenth of a millisecond: ending takes a moment.
fn pause() {
    let moment = rustix::time::Timespec {
        tv_sec: 0,
        tv_nsec: 100_000,
    };
    let _ = rustix::thread::nanosleep(&moment);
}

/// Kills the present children.
fn kill_children() {
    // The kernel lists each thread's children apart; this process has one.
    let path = c"/proc/thread-self/children";
    let Ok(file) = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) else {
        return;
    };
    let mut bytes = [0; 4096];
    let mut number: i32 = 0;
    while let Ok(length @ 1..) = rustix::io::read(&file, &mut bytes) {
        for byte in bytes.iter().take(length) {
            if byte.is_ascii_digit() {
                number = number
                    .saturating_mul(10)
                    .saturating_add(i32::from(byte - b'0'));
                continue;
            }
            if let Some(child) = Pid::from_raw(number) {
                rustix::process::kill_process(child, Signal::KILL).ok();
            }
            number = 0;
        }
    }
}
