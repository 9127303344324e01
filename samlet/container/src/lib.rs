//! Containers without Docker: each runs one program in a root, a process table and limits of its own.
//!
//! Knows nothing of Lambda: a [`Spec`] says what to run, what that may see of the machine, and how much it may take.

#[cfg(target_os = "linux")]
mod confinement;
#[cfg(target_os = "linux")]
mod container;
#[cfg(target_os = "linux")]
mod error;
#[cfg(target_os = "linux")]
mod facts;
#[cfg(target_os = "linux")]
mod inside;
mod isolation;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod landlock_support;
#[cfg(target_os = "linux")]
mod launcher;
#[cfg(target_os = "linux")]
mod layout;
#[cfg(target_os = "linux")]
mod members;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod order;
#[cfg(not(target_os = "linux"))]
mod plain;
#[cfg(target_os = "linux")]
mod reasons;
#[cfg(target_os = "linux")]
mod seccomp;
mod spec;
#[cfg(target_os = "linux")]
mod step;
#[cfg(target_os = "linux")]
mod tmp_folder;
mod usage;
#[cfg(target_os = "linux")]
mod wire;

#[cfg(all(test, target_os = "linux"))]
mod child;
#[cfg(all(test, target_os = "linux"))]
mod testing;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
pub use container::{Container, Membership};
#[cfg(target_os = "linux")]
pub use error::Error;
pub use isolation::{Engine, Isolation, Kind, Layer, Mode, Remedy, State};
#[cfg(not(target_os = "linux"))]
pub use plain::{Container, Error, Membership};
pub use spec::Spec;
pub use usage::Usage;

#[cfg(target_os = "linux")]
use launcher::Launcher;

/// Starts the process that containers are forked from: as early as possible, since forking takes longer the larger
/// this process is. Without this call it is started when it is first needed.
///
/// # Errors
///
/// When this machine can't fork.
pub fn start() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    Launcher::get()?;
    Ok(())
}

/// Finds out how containers are confined on this machine, and prepares some. Blocks for some milliseconds.
pub fn prepare() {
    #[cfg(target_os = "linux")]
    if let Ok(launcher) = Launcher::get() {
        launcher.fill_up();
    }
}

/// Ends what was prepared, and removes the control groups: to be called when samlet ends. Containers that still run are
/// not ended by this.
pub fn close() {
    #[cfg(target_os = "linux")]
    if let Some(launcher) = Launcher::started() {
        launcher.close();
    }
}

/// What keeps containers apart on this machine. The first call finds it out by trying.
#[cfg(target_os = "linux")]
pub fn isolation() -> Isolation {
    match Launcher::get() {
        Ok(launcher) => facts::isolation(launcher.confinement()),
        Err(_) => Isolation {
            mode: Mode::None,
            layers: Vec::new(),
        },
    }
}

/// What keeps containers apart on this machine: nothing does.
#[cfg(not(target_os = "linux"))]
pub fn isolation() -> Isolation {
    Isolation::of_another_system()
}

/// Where a program sees its code, which is in `code` on this machine.
pub fn code_folder(code: &Path) -> PathBuf {
    #[cfg(target_os = "linux")]
    if let Ok(launcher) = Launcher::get()
        && launcher.confinement().mode.has_namespaces()
    {
        return "/var/task".into();
    }
    code.to_owned()
}
