//! What a function's process can reach of the machine: its own code, the system's libraries, its own `/tmp`.
//! <https://docs.kernel.org/userspace-api/landlock.html>
//!
//! Landlock also keeps it from other functions' processes: from their memory
//! and environment under `/proc`, and from sending them signals.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use rustix::thread::CapabilitySet;

use crate::function::Program;
use crate::tmp::Tmp;

/// The newest Landlock that is asked for; an older kernel's is taken as it is.
const NEWEST: ABI = ABI::V6;

/// What every program may need of the system, to read.
const SYSTEM: [&str; 11] = [
    "/bin",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/opt",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
];

/// Files of `/etc` that many systems keep elsewhere.
const LINKED: [&str; 3] = ["/etc/hosts", "/etc/localtime", "/etc/resolv.conf"];

/// Devices that are no one's in particular.
const DEVICES: [&str; 5] = [
    "/dev/full",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
];

/// What an interpreter has beside its `bin`.
const BESIDE_BIN: [&str; 6] = ["lib", "lib64", "libexec", "share", "include", "pyvenv.cfg"];

/// Whether this system can confine processes.
pub(crate) fn is_possible() -> bool {
    static POSSIBLE: LazyLock<bool> = LazyLock::new(|| {
        let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        ruleset.handle_access(AccessFs::from_all(ABI::V1)).is_ok()
    });
    *POSSIBLE
}

/// Has the process that `command` starts confined to what `program` needs;
/// `store` is never reached.
#[allow(unsafe_code)]
pub(crate) fn apply(
    command: &mut Command,
    program: &Program,
    store: &Path,
    tmp: &Tmp,
) -> io::Result<()> {
    let mut ruleset = match is_possible() {
        true => Some(ruleset(program, store, tmp).map_err(io::Error::other)?),
        false => None,
    };
    let mounted = matches!(tmp, Tmp::Mounted { .. });
    let root = rustix::process::geteuid().is_root();
    let confine = move || {
        rustix::thread::set_no_new_privs(true)?;
        if root {
            drop_capabilities();
        }
        let Some(mut ruleset) = ruleset.take() else {
            return Ok(());
        };
        let failed = |_: RulesetError| io::Error::from(io::ErrorKind::PermissionDenied);
        if mounted {
            // Its own, which is there since a moment ago.
            let tmp = PathFd::new("/tmp").map_err(|_| io::ErrorKind::NotFound)?;
            let all = PathBeneath::new(tmp, AccessFs::from_all(NEWEST));
            ruleset = ruleset.add_rule(all).map_err(failed)?;
        }
        ruleset.restrict_self().map_err(failed)?;
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed.
    // The closure makes plain system calls, on a ruleset that was made before;
    // it allocates nothing unless it fails, and then only ends.
    unsafe { command.pre_exec(confine) };
    Ok(())
}

/// All of root's but the one to read files that are somebody else's: what it
/// can read is Landlock's to say.
fn drop_capabilities() {
    let kept = CapabilitySet::DAC_OVERRIDE;
    for capability in CapabilitySet::all().difference(kept).iter() {
        // One that this kernel doesn't have, or that is gone already.
        rustix::thread::remove_capability_from_bounding_set(capability).ok();
    }
}

fn ruleset(program: &Program, store: &Path, tmp: &Tmp) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::from_read(NEWEST);
    let all = AccessFs::from_all(NEWEST);
    let mut ruleset = Ruleset::default()
        .handle_access(all)?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let system = SYSTEM.iter().map(PathBuf::from);
    let linked = LINKED
        .iter()
        .filter_map(|path| Path::new(path).canonicalize().ok());
    let readable = system.chain(linked).chain(own(program, store));
    let mut writable: Vec<PathBuf> = DEVICES.iter().map(PathBuf::from).collect();
    if let Tmp::Folder(folder) = tmp {
        writable.push(folder.path().to_owned());
    }
    let readable = readable.map(|path| (path, read));
    for (path, access) in readable.chain(writable.into_iter().map(|path| (path, all))) {
        // Not every system has all of them.
        if let Ok(descriptor) = PathFd::new(path) {
            ruleset = ruleset.add_rule(PathBeneath::new(descriptor, access))?;
        }
    }
    Ok(ruleset)
}

/// The program's own files.
fn own(program: &Program, store: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    match store.starts_with(&program.folder) {
        // The code's folder is the application's, with samlet's own data in it.
        true => paths.extend(all_but(&program.folder, store)),
        false => paths.push(program.folder.clone()),
    }
    let executable = program.executable.canonicalize();
    let mut executables = vec![program.executable.clone()];
    executables.extend(executable.as_deref().map(Path::to_owned).ok());
    executables.extend(executable.ok().and_then(|path| interpreter(&path)));
    for executable in executables {
        paths.extend(around(&executable));
        paths.push(executable);
    }
    paths
}

/// What is in a folder, but for what leads to `left_out`.
fn all_but(folder: &Path, left_out: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| !left_out.starts_with(path)).collect()
}

/// What an executable in a `bin` needs beside it; pyenv calls its own `shims`.
fn around(executable: &Path) -> Vec<PathBuf> {
    let Some((folder, name)) = executable
        .parent()
        .and_then(|folder| Some((folder, folder.file_name()?)))
    else {
        return Vec::new();
    };
    let Some(parent) = folder.parent() else {
        return Vec::new();
    };
    match name.to_str() {
        Some("shims") => vec![parent.to_owned()],
        Some("bin") => {
            let beside = BESIDE_BIN.iter().map(|name| parent.join(name));
            beside.chain([folder.to_owned()]).collect()
        }
        _ => Vec::new(),
    }
}

/// The interpreter that a script names in its first line.
fn interpreter(script: &Path) -> Option<PathBuf> {
    use std::io::Read;
    let mut beginning = [0; 256];
    let length = std::fs::File::open(script)
        .ok()?
        .read(&mut beginning)
        .ok()?;
    let text = std::str::from_utf8(beginning[..length].strip_prefix(b"#!")?).ok()?;
    let path = text.split_whitespace().next()?;
    Some(path.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_script_names_its_interpreter() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "#!/usr/bin/env python3\n").unwrap();
        assert_eq!(interpreter(&script), Some("/usr/bin/env".into()));
        std::fs::write(&script, b"\x7fELF").unwrap();
        assert_eq!(interpreter(&script), None);
    }

    #[test]
    fn samlets_own_data_is_no_part_of_the_code() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bootstrap", ".samlet"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let store = folder.path().join(".samlet/dynamodb");
        assert_eq!(
            all_but(folder.path(), &store),
            [folder.path().join("bootstrap")]
        );
    }
}
