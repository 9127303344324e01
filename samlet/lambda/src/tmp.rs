//! The `/tmp` of an execution environment: its own, and gone with it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html>
//!
//! Where the system lets samlet, that is a file system of its own in a mount
//! namespace of its own, as large as the function declares. Elsewhere it is a
//! folder that `TMPDIR` names, which most libraries follow.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::function::Program;

/// What an environment is to have.
#[derive(Clone, Debug)]
pub(crate) struct TmpSettings {
    /// Its size, MB.
    pub(crate) size_mb: u32,
    /// Where folders are made.
    pub(crate) folder: PathBuf,
}

/// An environment's `/tmp`; a folder is removed with this.
#[derive(Debug)]
pub(crate) enum Tmp {
    /// Made by the process itself before it runs its program.
    #[cfg(target_os = "linux")]
    Mounted { size_mb: u32 },
    /// Made already.
    Folder(TempDir),
}

impl Tmp {
    /// The best one that this system can have for `program`.
    pub(crate) fn new(program: &Program, settings: &TmpSettings) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if mounted::is_possible() && !is_in_tmp(program) {
            let size_mb = settings.size_mb;
            return Ok(Self::Mounted { size_mb });
        }
        std::fs::create_dir_all(&settings.folder)?;
        let folder = tempfile::tempdir_in(&settings.folder)?;
        Ok(Self::Folder(folder))
    }

    /// Has the process that `command` starts use it.
    pub(crate) fn apply(&self, command: &mut Command) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Mounted { size_mb } => mounted::apply(command, *size_mb),
            Self::Folder(folder) => {
                command.env("TMPDIR", folder.path());
            }
        }
    }
}

/// Whether a file system over `/tmp` would hide the program itself.
#[cfg(target_os = "linux")]
fn is_in_tmp(program: &Program) -> bool {
    let arguments = program.arguments.iter().map(Path::new);
    let mut paths = arguments.chain([program.executable.as_path(), &program.folder]);
    paths.any(|path| {
        let target = path.canonicalize();
        path.starts_with("/tmp") || target.is_ok_and(|target| target.starts_with("/tmp"))
    })
}

#[cfg(target_os = "linux")]
mod mounted {
    use std::ffi::{CStr, CString};
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};
    use std::sync::LazyLock;

    use rustix::fs::{Mode, OFlags};
    use rustix::mount::{MountFlags, MountPropagationFlags};
    use rustix::thread::UnshareFlags;

    /// Whether this system lets samlet mount, found out once: many forbid it,
    /// in containers and by AppArmor.
    pub(super) fn is_possible() -> bool {
        static POSSIBLE: LazyLock<bool> = LazyLock::new(|| {
            let mut command = Command::new("true");
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            apply(&mut command, 1);
            command.status().is_ok_and(|status| status.success())
        });
        *POSSIBLE
    }

    #[allow(unsafe_code)]
    pub(super) fn apply(command: &mut Command, size_mb: u32) {
        let user = rustix::process::geteuid();
        let group = rustix::process::getegid();
        // Whoever isn't root is, in a user namespace of its own, who it was.
        let maps = (!user.is_root()).then(|| {
            let (user, group) = (user.as_raw(), group.as_raw());
            [
                (c"/proc/self/setgroups", "deny".to_owned()),
                (c"/proc/self/uid_map", format!("{user} {user} 1")),
                (c"/proc/self/gid_map", format!("{group} {group} 1")),
            ]
        });
        let options = CString::new(format!("size={size_mb}m,mode=1777")).unwrap_or_default();
        let enter = move || {
            let mut flags = UnshareFlags::NEWNS;
            flags.set(UnshareFlags::NEWUSER, maps.is_some());
            // SAFETY: the flags concern no memory and no open files.
            unsafe { rustix::thread::unshare_unsafe(flags) }?;
            for (path, text) in maps.iter().flatten() {
                write(path, text)?;
            }
            // What is mounted here is not to be seen elsewhere.
            let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
            rustix::mount::mount_change(c"/", private)?;
            let flags = MountFlags::NOSUID | MountFlags::NODEV;
            rustix::mount::mount(c"tmpfs", c"/tmp", c"tmpfs", flags, options.as_c_str())?;
            Ok(())
        };
        // SAFETY: between fork and exec only async-signal-safe calls are
        // allowed. The closure makes plain system calls on memory that was
        // allocated before, and allocates nothing.
        unsafe { command.pre_exec(enter) };
    }

    fn write(path: &CStr, text: &str) -> io::Result<()> {
        let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        rustix::io::write(&file, text.as_bytes())?;
        Ok(())
    }
}
