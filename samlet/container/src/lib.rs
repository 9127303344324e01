//! Containers without Docker: each runs one program in a root, a process table and limits of its own.
//!
//! Knows nothing of Lambda: it is told what to run, what of the machine that may see, and how much it may take.

mod isolation;
#[cfg(target_os = "linux")]
mod landlock_support;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "for what follows")]
mod reasons;
mod spec;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "for what follows")]
mod step;

pub use isolation::{Engine, Isolation, Kind, Layer, Mode, Remedy, State};
pub use spec::Spec;

/// What keeps containers apart on this machine.
///
/// So far that is Landlock; the namespaces and limits follow with what makes containers.
#[cfg(target_os = "linux")]
pub fn isolation() -> Isolation {
    let mode = Mode::None;
    Isolation {
        mode,
        layers: vec![landlock_support::Found::here().layer(mode)],
    }
}

/// What keeps containers apart on this machine: nothing does, but on Linux.
#[cfg(not(target_os = "linux"))]
pub fn isolation() -> Isolation {
    let layer = |kind| Layer {
        state: State::Off,
        why: Some("only Linux has it".to_owned()),
        remedy: Some(Remedy::Linux),
        ..Layer::on(kind)
    };
    let kinds = [
        Kind::PidNamespace,
        Kind::IpcNamespace,
        Kind::MountNamespace,
        Kind::UserNamespace,
        Kind::UnprivilegedId,
        Kind::Landlock,
        Kind::Seccomp,
        Kind::Limits,
        Kind::Memory,
        Kind::Tmp,
    ];
    Isolation {
        mode: Mode::None,
        layers: kinds.map(layer).to_vec(),
    }
}
