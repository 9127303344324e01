//! What runs in the launcher, and in containers before and beside their program.
//!
//! These processes are forks of samlet, which may have had other threads: nothing here allocates, takes a lock or
//! panics, as <https://man7.org/linux/man-pages/man7/signal-safety.7.html> asks for.

mod children;
mod init;
mod launcher;
mod program;
mod root;

pub(crate) use launcher::fork;

use rustix::io::Errno;

/// The operation that failed, and why.
#[derive(Clone, Copy, Debug)]
struct Failed {
    operation: u32,
    errno: Errno,
}

/// Ends this process at once.
#[allow(unsafe_code)]
fn end(status: i32) -> ! {
    // SAFETY: ends the process, and touches nothing of it.
    unsafe { libc::_exit(status) }
}

/// The last error of a function of libc.
fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

/// Has every signal do what it does by default, and none blocked: samlet may ignore some.
#[allow(unsafe_code)]
fn reset_signals() {
    // SAFETY: plain calls; numbers that can't be set are refused, which changes nothing.
    unsafe {
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
    unblock_signals();
}

#[allow(unsafe_code)]
fn unblock_signals() {
    // SAFETY: plain calls on values of this frame.
    unsafe {
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// An order that another process wrote, mapped for good.
#[allow(unsafe_code)]
fn map(file: &rustix::fd::OwnedFd) -> Result<&'static [u8], Errno> {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    let length = usize::try_from(rustix::fs::fstat(file)?.st_size).map_err(|_| Errno::INVAL)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: a new mapping, which is never unmapped; samlet has sealed the file, so that it neither shrinks nor changes.
    unsafe {
        let start = mmap(
            std::ptr::null_mut(),
            length,
            ProtFlags::READ,
            MapFlags::PRIVATE,
            file,
            0,
        )?;
        Ok(std::slice::from_raw_parts(start.cast::<u8>(), length))
    }
}
