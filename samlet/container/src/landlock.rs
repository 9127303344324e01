//! Has Landlock confine a process to the paths it is given, without allocating: this runs between fork and exec.
//! <https://docs.kernel.org/userspace-api/landlock.html>
//!
//! The crate `landlock` knows which rights each version of the kernel has; its calls allocate, so they are made here.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use landlock::{ABI, Access, AccessFs, Scope};
use libc::{c_int, c_long};
use rustix::fs::FileType;
use rustix::io::Errno;

/// The newest version whose rights are asked for: the crate's newest.
const NEWEST: ABI = ABI::V10;

/// Of `landlock_create_ruleset`: asks for the kernel's version.
const VERSION: u32 = 1;

/// Of `landlock_add_rule`.
const RULE_PATH_BENEATH: c_int = 1;

/// What is asked of Landlock: the rights of [`NEWEST`] that this kernel has, as the kernel's bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// All rights to files and folders. What no rule allows of them is refused.
    pub(crate) fs_all: u64,
    /// Those that a file can have; the others are a folder's.
    pub(crate) fs_file: u64,
    /// To read files and folders, and to run files.
    pub(crate) fs_read: u64,
    /// To read, write and control a device.
    pub(crate) fs_device: u64,
    /// Of the network. None: functions reach any address, as on AWS.
    pub(crate) net: u64,
    /// Signals and abstract sockets, if the kernel can keep them within the process and those it starts.
    pub(crate) scopes: u64,
    /// The kernel's version of Landlock.
    pub(crate) abi: i32,
    /// The version whose rights are asked for: the kernel's or [`NEWEST`].
    pub(crate) asked: i32,
}

impl Masks {
    /// To list the names in folders.
    pub(crate) fn fs_list(&self) -> u64 {
        self.fs_read & !self.fs_file
    }

    /// The scope of signals; 0 where the kernel has none, before Linux 6.12.
    pub(crate) fn signals(&self) -> u64 {
        self.scopes & Scope::Signal as u64
    }
}

/// `struct landlock_ruleset_attr` of `linux/landlock.h`, up to what is used here. Older kernels know fewer members and
/// take the others if they are 0.
#[repr(C)]
struct RulesetAttribute {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr` of `linux/landlock.h`.
#[repr(C, packed)]
struct PathBeneathAttribute {
    allowed_access: u64,
    parent_fd: c_int,
}

/// What is asked of this kernel's Landlock; `None` if it has none, or has it switched off.
pub(crate) fn masks() -> Option<Masks> {
    masks_of(kernel_abi()?)
}

fn masks_of(abi: i32) -> Option<Masks> {
    // Rights are taken from a known version, whatever newer one an update of the crate brings.
    let asked = ABI::from(abi.min(NEWEST as i32));
    if asked == ABI::Unsupported {
        return None;
    }
    let fs_all = AccessFs::from_all(asked);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    Some(Masks {
        fs_all: fs_all.bits(),
        fs_file: AccessFs::from_file(asked).bits(),
        fs_read: AccessFs::from_read(asked).bits(),
        fs_device: (device & fs_all).bits(),
        net: 0,
        scopes: Scope::from_all(asked).bits(),
        abi,
        asked: asked as i32,
    })
}

#[allow(unsafe_code)]
fn kernel_abi() -> Option<i32> {
    let none = std::ptr::null::<RulesetAttribute>();
    // SAFETY: without attributes, the call only returns a number.
    let result =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, VERSION) };
    i32::try_from(checked(result).ok()?).ok()
}

/// A set of rules that allows nothing yet. It is closed by exec.
#[allow(unsafe_code)]
pub(crate) fn create_ruleset(masks: &Masks) -> Result<OwnedFd, Errno> {
    let attribute = RulesetAttribute {
        handled_access_fs: masks.fs_all,
        handled_access_net: masks.net,
        scoped: masks.scopes,
    };
    let size = size_of::<RulesetAttribute>();
    let (pointer, flags) = (&raw const attribute, 0_u32);
    // SAFETY: the kernel reads `size` bytes of the attribute, which outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, pointer, size, flags) };
    let descriptor = c_int::try_from(checked(result)?).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just opened it, for nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Allows `access` to `path`, and to everything beneath it if it is a folder. Rights that a file can't have are left
/// out if it is a file: the kernel would refuse the rule.
#[allow(unsafe_code)]
pub(crate) fn add_rule(
    masks: &Masks,
    ruleset: BorrowedFd<'_>,
    path: BorrowedFd<'_>,
    access: u64,
) -> Result<(), Errno> {
    let mode = rustix::fs::fstat(path)?.st_mode;
    let possible = if FileType::from_raw_mode(mode) == FileType::Directory {
        masks.fs_all
    } else {
        masks.fs_file
    };
    let attribute = PathBeneathAttribute {
        allowed_access: access & possible,
        parent_fd: path.as_raw_fd(),
    };
    let (pointer, flags) = (&raw const attribute, 0_u32);
    // SAFETY: the kernel reads the attribute, which is what this type of rule has and outlives the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            RULE_PATH_BENEATH,
            pointer,
            flags,
        )
    };
    checked(result).map(drop)
}

/// Confines the calling thread, and what it starts from now on, for good. It must have `no_new_privs`.
#[allow(unsafe_code)]
pub(crate) fn restrict_self(ruleset: BorrowedFd<'_>) -> Result<(), Errno> {
    let (descriptor, flags) = (ruleset.as_raw_fd(), 0_u32);
    // SAFETY: the call takes no memory.
    let result = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, descriptor, flags) };
    checked(result).map(drop)
}

/// What `libc::syscall` has just returned.
fn checked(result: c_long) -> Result<c_long, Errno> {
    if result >= 0 {
        return Ok(result);
    }
    let error = std::io::Error::last_os_error();
    Err(Errno::from_io_error(&error).unwrap_or(Errno::INVAL))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
