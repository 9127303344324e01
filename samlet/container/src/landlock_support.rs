//! What this kernel's Landlock keeps processes from, and what an older one leaves open.
//! <https://docs.kernel.org/userspace-api/landlock.html#kernel-interface>

use landlock::{
    ABI, Access as _, AccessFs, LandlockStatus, Ruleset, RulesetAttr as _, RulesetError,
};

use crate::isolation::{Kind, Layer, Mode, Remedy, State};

/// What a kernel has of Landlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: it is too old, was built without it, or a filter of system calls hides it.
    Nothing,
    /// All of it, switched off.
    SwitchedOff,
    /// This version of its interface.
    Version {
        /// The kernel's own.
        kernel: i32,
        /// What is used of it.
        used: i32,
    },
}

impl Found {
    /// Tries it in a thread, which ends with the restriction.
    pub(crate) fn here() -> Self {
        let tried = std::thread::spawn(|| -> Result<LandlockStatus, RulesetError> {
            let ruleset = Ruleset::default().handle_access(AccessFs::from_all(ABI::V1))?;
            Ok(ruleset.create()?.restrict_self()?.landlock)
        });
        match tried.join() {
            Ok(Ok(LandlockStatus::Available {
                effective_abi,
                kernel_abi,
            })) => {
                let used = effective_abi as i32;
                Self::Version {
                    kernel: kernel_abi.unwrap_or(used),
                    used,
                }
            }
            Ok(Ok(LandlockStatus::NotEnabled)) => Self::SwitchedOff,
            Ok(Ok(LandlockStatus::NotImplemented) | Err(_)) | Err(_) => Self::Nothing,
        }
    }

    /// The layer, for containers of this mode.
    pub(crate) fn layer(self, mode: Mode) -> Layer {
        let layer = Layer::on(Kind::Landlock);
        match self {
            Self::Nothing => Layer {
                state: State::Off,
                why: Some("this kernel has no Landlock (it needs Linux 5.13 or newer), or a filter of system calls hides it".to_owned()),
                remedy: Some(Remedy::KernelOption("CONFIG_SECURITY_LANDLOCK")),
                ..layer
            },
            Self::SwitchedOff => Layer {
                state: State::Off,
                why: Some("this kernel has Landlock, but it is switched off".to_owned()),
                remedy: Some(Remedy::SecurityModule("landlock")),
                ..layer
            },
            Self::Version { kernel, used } => {
                let lacks = LACKS.iter().filter(|lack| lack.is_open(used, mode));
                let lacks: Vec<&Lack> = lacks.collect();
                let layer = Layer {
                    how: Some(version(kernel, used)),
                    ..layer
                };
                let Some(newest) = lacks.last() else {
                    return layer;
                };
                let sentences: Vec<String> = lacks.iter().map(|lack| lack.text()).collect();
                Layer {
                    state: State::Partly,
                    why: Some(sentences.join("; ")),
                    remedy: Some(Remedy::Kernel(newest.linux)),
                    ..layer
                }
            }
        }
    }
}

fn version(kernel: i32, used: i32) -> String {
    if kernel == used {
        return format!("ABI {used}");
    }
    format!("ABI {used} of the kernel's {kernel}")
}

/// What a version of Landlock's interface closed, and so what is open before it. Versions that are not listed closed
/// nothing that samlet forbids.
struct Lack {
    version: i32,
    /// The first Linux that has it.
    linux: &'static str,
    /// What a function can do before that.
    open: &'static str,
    /// Whether namespaces forbid it as well.
    is_covered: bool,
}

const LACKS: [Lack; 4] = [
    Lack {
        version: 3,
        linux: "6.2",
        open: "a function can empty (truncate) files that it may not write",
        is_covered: true,
    },
    Lack {
        version: 5,
        linux: "6.10",
        open: "a function can send any request (ioctl) to devices that it may open",
        is_covered: true,
    },
    Lack {
        version: 6,
        linux: "6.12",
        open: "a function can connect to abstract UNIX sockets of other programs, and, outside a PID namespace, signal \
               your processes",
        is_covered: false,
    },
    Lack {
        version: 9,
        linux: "7.1",
        open: "a function can connect to UNIX sockets whose path it knows, such as those of a desktop session or of Docker",
        is_covered: true,
    },
];

impl Lack {
    fn is_open(&self, used: i32, mode: Mode) -> bool {
        used < self.version && (mode == Mode::None || !self.is_covered)
    }

    fn text(&self) -> String {
        format!("before Linux {}, {}", self.linux, self.open)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of_version(used: i32, mode: Mode) -> Layer {
        let kernel = used;
        Found::Version { kernel, used }.layer(mode)
    }

    #[test]
    fn each_older_version_leaves_something_open_without_containers() {
        let newest = of_version(10, Mode::None);
        assert_eq!((newest.state, newest.why), (State::On, None));
        let before = |version: i32| {
            let layer = of_version(version, Mode::None);
            assert_eq!(layer.state, State::Partly, "{version}");
            assert_eq!(layer.remedy, Some(Remedy::Kernel("7.1")), "{version}");
            layer.why.unwrap().matches("before Linux").count()
        };
        assert_eq!([8, 5, 4, 2, 1].map(before), [1, 2, 3, 4, 4]);
    }

    #[test]
    fn containers_cover_all_but_abstract_sockets() {
        assert_eq!(of_version(6, Mode::User).state, State::On);
        let older = of_version(5, Mode::Root);
        assert_eq!(older.state, State::Partly);
        assert_eq!(older.remedy, Some(Remedy::Kernel("6.12")));
        assert_eq!(older.how.as_deref(), Some("ABI 5"));
    }

    #[test]
    fn a_kernel_newer_than_samlet_is_used_as_far_as_samlet_knows_it() {
        let layer = Found::Version {
            kernel: 12,
            used: 10,
        };
        let layer = layer.layer(Mode::None);
        assert_eq!(layer.how.as_deref(), Some("ABI 10 of the kernel's 12"));
    }

    #[test]
    fn no_landlock_and_one_that_is_switched_off_differ() {
        let nothing = Found::Nothing.layer(Mode::User);
        let off = Found::SwitchedOff.layer(Mode::User);
        assert_eq!((nothing.state, off.state), (State::Off, State::Off));
        assert_eq!(off.remedy, Some(Remedy::SecurityModule("landlock")));
        assert_ne!(nothing.remedy, off.remedy);
    }
}
