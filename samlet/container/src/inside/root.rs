//! A container's root: bind mounts in an empty file system, put in place of the machine's.
//!
//! Paths of operations are absolute in the new root; until that is entered they are taken from the current folder,
//! which is it.

use std::ffi::CStr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use super::{children, last_error};
use crate::order::{self, Kind, Operation};

/// Where the new root is mounted at first: a folder of the machine of which a container sees nothing.
const PLACE: &CStr = c"/proc";

/// Parts of `/proc` by which processes change settings of the machine: made read-only.
const READ_ONLY: [&CStr; 5] = [
    c"proc/sys",
    c"proc/sysrq-trigger",
    c"proc/irq",
    c"proc/bus",
    c"proc/fs",
];

/// Parts of `/proc` that show the machine's memory, its timers and keys: covered by an empty file.
const COVERED: [&CStr; 4] = [
    c"proc/kcore",
    c"proc/keys",
    c"proc/timer_list",
    c"proc/sched_debug",
];

/// Carries out an operation that is for the container.
pub(super) fn carry_out(operation: &Operation<'_>) -> Result<(), Errno> {
    let target = relative(operation.text());
    match operation.kind {
        Kind::Write => write(operation.text(), operation.rest()),
        Kind::EndWithParent => {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        }
        Kind::AdoptOrphans => {
            rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1))
        }
        Kind::Root => begin(),
        Kind::Folder => make_folder(target),
        Kind::Link => {
            make_parents(target)?;
            rustix::fs::symlink(operation.second(), target)
        }
        Kind::File => make_file(target, operation.rest()),
        Kind::Bind => {
            let to = relative(operation.second());
            match bind(operation.text(), to, operation.flag & order::IS_FOLDER != 0) {
                Err(Errno::NOENT) if operation.flag & order::MAY_BE_MISSING != 0 => Ok(()),
                bound => bound,
            }
        }
        Kind::Hide => hide(target),
        Kind::Proc => mount_proc(),
        Kind::Tmp => mount_tmpfs(c"tmp", operation.text()),
        Kind::Enter => enter(),
        Kind::Close => close_to_others(),
        Kind::Fence => {
            children::fence(operation.numbers[0]);
            Ok(())
        }
        _ => Err(Errno::INVAL),
    }
}

/// A path of the new root, from its folder.
fn relative(path: &CStr) -> &CStr {
    match path.to_bytes_with_nul() {
        [b'/', 0] => c".",
        [b'/', rest @ ..] => CStr::from_bytes_with_nul(rest).unwrap_or(path),
        _ => path,
    }
}

fn begin() -> Result<(), Errno> {
    // What is mounted from here on is not to be seen elsewhere.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change(c"/", private)?;
    mount_tmpfs(PLACE, c"size=4m,nr_inodes=16k,mode=755")?;
    rustix::process::chdir(PLACE)
}

fn mount_tmpfs(target: &CStr, options: &CStr) -> Result<(), Errno> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount(c"tmpfs", target, c"tmpfs", flags, options)
}

fn make_folder(target: &CStr) -> Result<(), Errno> {
    make_parents(target)?;
    make_one(target)
}

fn make_one(target: &CStr) -> Result<(), Errno> {
    match rustix::fs::mkdir(target, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        // It may be there already, in what can't be written to.
        Err(Errno::ROFS | Errno::ACCESS) if rustix::fs::stat(target).is_ok() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the folders that lead to `target`.
fn make_parents(target: &CStr) -> Result<(), Errno> {
    let mut path = [0; libc::PATH_MAX as usize];
    for (at, byte) in target.to_bytes().iter().enumerate() {
        if *byte == b'/'
            && at > 0
            && let Ok(folder) = CStr::from_bytes_until_nul(&path)
        {
            make_one(folder)?;
        }
        // One byte is left for the end.
        if at + 1 == path.len() {
            return Err(Errno::NAMETOOLONG);
        }
        if let Some(place) = path.get_mut(at) {
            *place = *byte;
        }
    }
    Ok(())
}

fn make_file(target: &CStr, text: &[u8]) -> Result<(), Errno> {
    make_parents(target)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = rustix::fs::open(target, flags, Mode::from_raw_mode(0o644))?;
    let mut left = text;
    while !left.is_empty() {
        let written = rustix::io::write(&file, left)?;
        left = left.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Writes to a file that is there, in one piece.
fn write(path: &CStr, text: &[u8]) -> Result<(), Errno> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, text)?;
    Ok(())
}

fn bind(source: &CStr, target: &CStr, is_folder: bool) -> Result<(), Errno> {
    if is_folder {
        make_folder(target)?;
    } else {
        make_parents(target)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        match rustix::fs::open(target, flags, Mode::from_raw_mode(0o644)) {
            Ok(_) => {}
            Err(_) if rustix::fs::stat(target).is_ok() => {}
            Err(error) => return Err(error),
        }
    }
    rustix::mount::mount_bind_recursive(source, target)?;
    set_attributes(target, READ_ONLY_NO_SUID, 0, true)
}

fn hide(target: &CStr) -> Result<(), Errno> {
    make_folder(target)?;
    mount_tmpfs(target, c"size=64k,nr_inodes=1k,mode=755")
}

fn mount_proc() -> Result<(), Errno> {
    make_folder(c"proc")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount(c"proc", c"proc", c"proc", flags, None)?;
    for path in READ_ONLY {
        let bound = rustix::mount::mount_bind_recursive(path, path);
        match bound {
            Ok(()) => set_attributes(path, READ_ONLY_NO_SUID, 0, true)?,
            // Not every kernel has each.
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    for path in COVERED {
        match rustix::mount::mount_bind(c"dev/null", path) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Leaves the machine's root for the new one, in which nothing can be written any more but in `/tmp` and, of what a
/// process says of itself, in `/proc`.
fn enter() -> Result<(), Errno> {
    set_attributes(c".", READ_ONLY_NO_SUID, 0, true)?;
    for own in [c"proc", c"tmp"] {
        set_attributes(own, 0, libc::MOUNT_ATTR_RDONLY, false)?;
    }
    // The old root comes to lie over the new one, and is taken off.
    // <https://man7.org/linux/man-pages/man2/pivot_root.2.html>
    rustix::process::pivot_root(c".", c".")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH)?;
    rustix::process::chdir(c"/")
}

const READ_ONLY_NO_SUID: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;

/// Changes what a mount allows, and with `recursive` those in it.
/// <https://man7.org/linux/man-pages/man2/mount_setattr.2.html>
#[allow(unsafe_code)]
fn set_attributes(path: &CStr, set: u64, clear: u64, recursive: bool) -> Result<(), Errno> {
    let attributes = libc::mount_attr {
        attr_set: set,
        attr_clr: clear,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the string and the structure live until the call is over.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if done == 0 { Ok(()) } else { Err(last_error()) }
}

/// Keeps other processes of this user from this one's memory and descriptors.
fn close_to_others() -> Result<(), Errno> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
