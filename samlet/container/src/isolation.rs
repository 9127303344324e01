//! What keeps containers apart on this machine, layer by layer: plain data, for a report and a sentence at the start.

use std::fmt;

/// What this machine allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// How containers are made.
    pub mode: Mode,
    /// The layers, in the order in which they are shown. Those that the mode doesn't need are left out: there is no user
    /// namespace in [`Mode::Root`].
    pub layers: Vec<Layer>,
}

/// How containers are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With samlet's own privileges.
    Root,
    /// In a user namespace, without privileges.
    User,
    /// Not at all: processes run on the machine as it is.
    None,
}

/// One of the layers that keep containers apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which one.
    pub kind: Kind,
    /// Whether it is there.
    pub state: State,
    /// How it is done, where there are several ways: `cgroup v2`, `ABI 6`.
    pub how: Option<String>,
    /// Why it is not there, or not all of it: what was tried, and how that failed.
    pub why: Option<String>,
    /// What to do about it, where something can be done.
    pub remedy: Option<Remedy>,
}

/// The layers that there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A process table of its own.
    PidNamespace,
    /// System V IPC and POSIX message queues of its own.
    IpcNamespace,
    /// A root of its own.
    MountNamespace,
    /// User ids of its own.
    UserNamespace,
    /// Another user id than samlet's, without privileges.
    UnprivilegedId,
    /// The kernel's Landlock: which files, signals and sockets are reached.
    Landlock,
    /// A list of the system calls that can be made.
    Seccomp,
    /// Limits on processes, open files and core dumps.
    Limits,
    /// A limit on the memory of all processes together.
    Memory,
    /// A `/tmp` of its own, with a limit on its size.
    Tmp,
}

/// Whether a layer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All of it.
    On,
    /// Not all of it: `why` says what is missing.
    Partly,
    /// None of it.
    Off,
}

/// What would switch a layer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// An AppArmor profile that lets samlet's executable create user namespaces.
    AppArmorProfile,
    /// A kernel parameter with at least this value.
    Sysctl {
        /// As `sysctl` names it.
        name: &'static str,
        /// What it must be set to.
        value: &'static str,
    },
    /// At least this version of Linux.
    Kernel(&'static str),
    /// A kernel that was built with this option.
    KernelOption(&'static str),
    /// A kernel that was booted with this security module in its `lsm=` list.
    SecurityModule(&'static str),
    /// Options of the container that samlet itself runs in.
    ContainerEngine(Engine),
    /// A cgroup that systemd delegates to samlet.
    Delegation,
    /// Linux, instead of another system.
    Linux,
}

/// What made the container that samlet itself runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Docker, or an engine that behaves like it.
    Docker,
    /// Podman.
    Podman,
    /// LXC, systemd-nspawn or another one.
    Other,
}

impl Isolation {
    /// On systems other than Linux: no layer is there.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of_another_system() -> Self {
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
        Self {
            mode: Mode::None,
            layers: kinds.map(layer).to_vec(),
        }
    }

    /// One sentence for the start of samlet: what is missing, and how to find out more. Nothing, if nothing is missing.
    pub fn sentence(&self) -> Option<String> {
        const MORE: &str = "`samlet doctor` says why, and what to do about it";
        if self.mode == Mode::None {
            let confines = |layer: &Layer| {
                let is_meant = matches!(layer.kind, Kind::Landlock | Kind::Seccomp);
                is_meant && layer.state != State::Off
            };
            let confined = match self.names(confines) {
                names if names.is_empty() => "and nothing confines them".to_owned(),
                names => format!("confined by {} only", joined(&names)),
            };
            return Some(format!(
                "functions run without containers on this machine, {confined}: {MORE}"
            ));
        }
        let missing = self.names(Layer::is_missed);
        if missing.is_empty() {
            return None;
        }
        Some(format!(
            "functions' containers lack {} on this machine: {MORE}",
            joined(&missing)
        ))
    }

    fn names(&self, is_meant: impl Fn(&Layer) -> bool) -> Vec<String> {
        let layers = self.layers.iter().filter(|layer| is_meant(layer));
        layers.map(Layer::shown).collect()
    }
}

impl Layer {
    /// A layer that is there.
    pub fn on(kind: Kind) -> Self {
        Self {
            kind,
            state: State::On,
            how: None,
            why: None,
            remedy: None,
        }
    }

    /// Whether the sentence at the start mentions it.
    fn is_missed(&self) -> bool {
        match self.state {
            State::On => false,
            // Memory that samlet counts has a limit all the same.
            State::Partly => self.kind != Kind::Memory,
            State::Off => true,
        }
    }

    fn shown(&self) -> String {
        if self.state == State::Partly {
            return format!("part of {}", self.kind);
        }
        self.kind.to_string()
    }
}

impl Kind {
    /// Its name, in plain words.
    pub fn name(self) -> &'static str {
        match self {
            Self::PidNamespace => "PID namespace",
            Self::IpcNamespace => "IPC namespace",
            Self::MountNamespace => "mount namespace",
            Self::UserNamespace => "user namespace",
            Self::UnprivilegedId => "unprivileged id",
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
            Self::Limits => "limits",
            Self::Memory => "memory limits",
            Self::Tmp => "/tmp of its own",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// `a`, `a and b`, `a, b and c`.
fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolation(mode: Mode, states: &[(Kind, State)]) -> Isolation {
        let layers = states.iter().map(|&(kind, state)| Layer {
            state,
            ..Layer::on(kind)
        });
        Isolation {
            mode,
            layers: layers.collect(),
        }
    }

    #[test]
    fn nothing_is_said_where_nothing_is_missing() {
        let states = [(Kind::Landlock, State::On), (Kind::Memory, State::Partly)];
        assert_eq!(isolation(Mode::Root, &states).sentence(), None);
        assert_eq!(isolation(Mode::User, &states).sentence(), None);
    }

    #[test]
    fn what_containers_lack_is_said() {
        let states = [
            (Kind::PidNamespace, State::On),
            (Kind::Landlock, State::Partly),
            (Kind::Seccomp, State::Off),
            (Kind::Memory, State::Off),
        ];
        assert_eq!(
            isolation(Mode::User, &states).sentence().as_deref(),
            Some(
                "functions' containers lack part of Landlock, seccomp and memory limits on this \
                 machine: `samlet doctor` says why, and what to do about it"
            )
        );
    }

    #[test]
    fn what_confines_functions_without_containers_is_said() {
        let states = [
            (Kind::PidNamespace, State::Off),
            (Kind::Landlock, State::Partly),
            (Kind::Seccomp, State::On),
        ];
        assert_eq!(
            isolation(Mode::None, &states).sentence().as_deref(),
            Some(
                "functions run without containers on this machine, confined by part of Landlock \
                 and seccomp only: `samlet doctor` says why, and what to do about it"
            )
        );
        let states = [(Kind::Landlock, State::Off)];
        assert_eq!(
            isolation(Mode::None, &states).sentence().as_deref(),
            Some(
                "functions run without containers on this machine, and nothing confines them: \
                 `samlet doctor` says why, and what to do about it"
            )
        );
    }
}
