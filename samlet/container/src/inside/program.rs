//! The process that becomes a container's program: gives up what it has, piece by piece, and runs it.

use std::ffi::c_char;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{Gid, Resource, Rlimit, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::{Failed, end, last_error, unblock_signals};
use crate::landlock::{self, Masks};
use crate::order::{Kind, Operation, Operations};

/// Runs the program of `order`, which writes to `output`. Returns only if that fails.
pub(super) fn run(order: &[u8], output: BorrowedFd<'_>) -> Failed {
    let first = |errno| Failed {
        operation: 0,
        errno,
    };
    if let Err(errno) = prepare(output) {
        return first(errno);
    }
    let mut ruleset = None;
    let own = |operation: &Operation<'_>| operation.kind.is_of_program();
    for operation in Operations::of(order).filter(own) {
        if let Err(errno) = carry_out(&operation, order, &mut ruleset) {
            return Failed {
                operation: operation.number,
                errno,
            };
        }
    }
    first(Errno::INVAL)
}

/// Gives it a session of its own, without a terminal; of samlet's descriptors it keeps only the one for its output.
fn prepare(output: BorrowedFd<'_>) -> Result<(), Errno> {
    unblock_signals();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    rustix::process::setsid()?;
    let null = rustix::fs::open(
        c"/dev/null",
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    rustix::stdio::dup2_stdin(null)?;
    rustix::stdio::dup2_stdout(output)?;
    rustix::stdio::dup2_stderr(output)?;
    rustix::thread::set_no_new_privs(true)
}

fn carry_out(
    operation: &Operation<'_>,
    order: &[u8],
    ruleset: &mut Option<(OwnedFd, Masks)>,
) -> Result<(), Errno> {
    let [one, two] = operation.numbers;
    match operation.kind {
        Kind::Limit => limit(operation.flag, one),
        Kind::Work => rustix::process::chdir(operation.text()),
        Kind::Ids => become_other(one, two, operation.flag),
        Kind::Landlock => {
            *ruleset = Some(begin_ruleset(operation)?);
            Ok(())
        }
        Kind::Allow => allow(operation, ruleset.as_ref()),
        Kind::Restrict => match ruleset.take() {
            Some((ruleset, _)) => landlock::restrict_self(ruleset.as_fd()),
            None => Err(Errno::INVAL),
        },
        Kind::Filter => install(operation.bytes()),
        Kind::Argument | Kind::Variable => Ok(()),
        Kind::Run => Err(execute(operation, order)),
        Kind::Finish => end(0),
        _ => Err(Errno::INVAL),
    }
}

fn limit(resource: u8, maximum: u64) -> Result<(), Errno> {
    let resource = match resource {
        0 => Resource::Core,
        1 => Resource::Nofile,
        2 => Resource::Nproc,
        _ => return Err(Errno::INVAL),
    };
    let held = rustix::process::getrlimit(resource).maximum;
    let maximum = held.map_or(maximum, |held| held.min(maximum));
    let limit = Rlimit {
        current: Some(maximum),
        maximum: Some(maximum),
    };
    rustix::process::setrlimit(resource, limit)
}

/// An id that means: keep the present one.
pub(crate) const SAME: u64 = u64::MAX;

/// Becomes this user, with at most one capability: `kept` is its number and one more.
fn become_other(user: u64, group: u64, kept: u8) -> Result<(), Errno> {
    let kept = match kept.checked_sub(1) {
        Some(number) => CapabilitySet::from_bits_truncate(1 << number),
        None => CapabilitySet::empty(),
    };
    for capability in CapabilitySet::all().difference(kept).iter() {
        // Fails for a capability that this kernel doesn't have, or that is gone already.
        rustix::thread::remove_capability_from_bounding_set(capability).ok();
    }
    if user == SAME {
        // Leaving the bounding set takes a capability itself. But with `no_new_privs`, running the program gives back
        // nothing that is not permitted now, even as root.
        let held = rustix::thread::capabilities(None)?.permitted;
        let kept = kept.intersection(held);
        let sets = CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        };
        return rustix::thread::set_capabilities(None, sets);
    }
    let id = |number: u64| u32::try_from(number).map_err(|_| Errno::INVAL);
    let (user, group) = (Uid::from_raw(id(user)?), Gid::from_raw(id(group)?));
    if !kept.is_empty() {
        rustix::thread::set_keep_capabilities(true)?;
    }
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)?;
    let sets = CapabilitySets {
        effective: kept,
        permitted: kept,
        inheritable: kept,
    };
    rustix::thread::set_capabilities(None, sets)?;
    for capability in kept.iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true)?;
    }
    Ok(())
}

fn begin_ruleset(operation: &Operation<'_>) -> Result<(OwnedFd, Masks), Errno> {
    let [fs_all, net] = operation.numbers;
    let number = |at: usize| {
        let bytes = operation.bytes().get(at..at + 8)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    };
    let (Some(scopes), Some(fs_file)) = (number(0), number(8)) else {
        return Err(Errno::INVAL);
    };
    let masks = Masks {
        fs_all,
        fs_file,
        net,
        scopes,
        ..Masks::default()
    };
    Ok((landlock::create_ruleset(&masks)?, masks))
}

fn allow(operation: &Operation<'_>, ruleset: Option<&(OwnedFd, Masks)>) -> Result<(), Errno> {
    use rustix::fs::{Mode, OFlags};
    let Some((ruleset, masks)) = ruleset else {
        return Err(Errno::INVAL);
    };
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    // Not every system has all of these paths.
    let Ok(path) = rustix::fs::open(operation.text(), flags, Mode::empty()) else {
        return Ok(());
    };
    let [rights, _] = operation.numbers;
    landlock::add_rule(masks, ruleset.as_fd(), path.as_fd(), rights)
}

/// Installs a filter for every system call from now on.
/// <https://man7.org/linux/man-pages/man2/seccomp.2.html>
#[allow(unsafe_code)]
fn install(filter: &[u8]) -> Result<(), Errno> {
    let instructions = filter.len() / size_of::<libc::sock_filter>();
    let program = libc::sock_fprog {
        len: u16::try_from(instructions).map_err(|_| Errno::INVAL)?,
        // Operations begin at multiples of eight bytes, as the kernel's copy of it would.
        filter: filter.as_ptr().cast_mut().cast(),
    };
    // SAFETY: the kernel copies the filter, which it only reads, before the call is over.
    let done = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const program,
        )
    };
    if done == 0 { Ok(()) } else { Err(last_error()) }
}

/// Runs the program; returns only if that fails.
#[allow(unsafe_code)]
fn execute(operation: &Operation<'_>, order: &[u8]) -> Errno {
    let arguments = match list(order, Kind::Argument) {
        Ok(arguments) => arguments,
        Err(errno) => return errno,
    };
    let variables = match list(order, Kind::Variable) {
        Ok(variables) => variables,
        Err(errno) => return errno,
    };
    // Set again, since changing ids clears it.
    let end_with_parent = Some(rustix::process::Signal::KILL);
    if let Err(errno) = rustix::process::set_parent_process_death_signal(end_with_parent) {
        return errno;
    }
    // SAFETY: the strings lie in the order, which stays mapped; both lists end with null.
    unsafe { libc::execve(operation.text().as_ptr(), arguments, variables) };
    last_error()
}

/// Pointers to the strings of all operations of one kind, and null.
#[allow(unsafe_code)]
fn list(order: &[u8], kind: Kind) -> Result<*const *const c_char, Errno> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
    let all = || Operations::of(order).filter(|operation| operation.kind == kind);
    let bytes = (all().count() + 1) * size_of::<*const c_char>();
    // SAFETY: a new mapping, as large as what is written to it, which is never unmapped; it begins as zeros.
    unsafe {
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        let start = mmap_anonymous(std::ptr::null_mut(), bytes, access, flags)?;
        let start = start.cast::<*const c_char>();
        for (place, operation) in all().enumerate() {
            start.add(place).write(operation.text().as_ptr());
        }
        Ok(start.cast_const())
    }
}
