//! What of this machine, and of a function's code, a confinement depends on.

use std::io;
use std::sync::LazyLock;

use rustix::thread::CapabilitySet;

use crate::isolation::Mode;
use crate::spec::Spec;

/// Code of root's may be readable by root only. So the capability to read everything is kept; it only reaches what the
/// container sees.
pub(super) fn kept_capability(mode: Mode, held: CapabilitySet, has_landlock: bool) -> u8 {
    const DAC_OVERRIDE: u8 = 1;
    const DAC_READ_SEARCH: u8 = 2;
    if mode == Mode::User {
        return 0;
    }
    if held.contains(CapabilitySet::DAC_READ_SEARCH) {
        return DAC_READ_SEARCH + 1;
    }
    // It writes, too: only where Landlock says what may be written.
    if held.contains(CapabilitySet::DAC_OVERRIDE) && has_landlock {
        return DAC_OVERRIDE + 1;
    }
    0
}

/// How many files of a function's code are looked at.
const MAX_LOOKED_AT: usize = 256;

/// Whether everybody may read a function's code, and no capability is needed for that: as far as the folder itself,
/// what is at its top and the executable tell. AWS needs it to be so, too.
pub(super) fn is_for_everybody(spec: &Spec) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let allows = |metadata: io::Result<std::fs::Metadata>| {
        let Ok(metadata) = metadata else { return true };
        let needed = if metadata.is_dir() { 0o5 } else { 0o4 };
        metadata.permissions().mode() & needed == needed
    };
    let roots = spec.readable.iter().chain([&spec.code]);
    roots.chain([&spec.executable]).all(|root| {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        allows(root.metadata())
            && entries
                .take(MAX_LOOKED_AT)
                .all(|entry| allows(entry.path().metadata()))
    })
}

/// How many processes and threads samlet's user had when this was first asked.
pub(super) fn users_processes() -> u64 {
    static COUNT: LazyLock<u64> = LazyLock::new(count_users_processes);
    *COUNT
}

fn count_users_processes() -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid().as_raw();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = processes.filter(|process| {
        let metadata = process.metadata();
        metadata.is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
    });
    // A folder has two links more than it has folders in it.
    own.filter_map(|process| process.path().join("task").metadata().ok())
        .map(|threads| threads.nlink().saturating_sub(2))
        .sum()
}

/// Whether the kernel counts a user's processes in each user namespace apart: since Linux 5.14.
pub(super) fn counts_by_namespace() -> bool {
    let release = rustix::system::uname();
    let release = release.release().to_string_lossy();
    let mut numbers = release.split(['.', '-']).map(str::parse::<u32>);
    let (major, minor) = (numbers.next(), numbers.next());
    match (major, minor) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (5, 14),
        _ => false,
    }
}
