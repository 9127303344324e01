//! Why a step of making a container failed on this machine, and how to make it succeed.
//!
//! The kernel says little more than "not permitted"; the rest is in files of `/proc/sys` and in what made the container
//! that samlet itself may run in.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::isolation::{Engine, Remedy};

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To create the namespaces.
    Namespaces,
    /// To map user ids into a user namespace.
    IdMap,
    /// To mount something, or to change the root.
    Mount,
    /// To mount `/proc`, which a user namespace may only where all of it is visible already.
    Proc,
}

impl Step {
    fn text(self) -> &'static str {
        match self {
            Self::Namespaces => "creating namespaces failed",
            Self::IdMap => "mapping user ids into a user namespace failed",
            Self::Mount => "mounting file systems failed",
            Self::Proc => "mounting /proc failed",
        }
    }
}

/// A step that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) errno: Errno,
    /// Whether it needed a user namespace: samlet has no privileges itself.
    pub(crate) in_user_namespace: bool,
}

/// Why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) why: String,
    pub(crate) remedy: Option<Remedy>,
}

/// The settings of this machine that decide whether containers can be made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Machine {
    /// Ubuntu's restriction, since 23.10.
    /// <https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces>
    is_restricted_by_apparmor: bool,
    /// Debian's switch, which other kernels don't have.
    is_forbidden_to_users: bool,
    /// A limit of `/proc/sys/user` that is 0, as `sysctl` names it.
    /// <https://docs.kernel.org/admin-guide/sysctl/user.html>
    forbidding_limit: Option<&'static str>,
    engine: Option<Engine>,
}

/// The limits on the namespaces that a container takes.
const LIMITS: [&str; 4] = [
    "user.max_user_namespaces",
    "user.max_pid_namespaces",
    "user.max_ipc_namespaces",
    "user.max_mnt_namespaces",
];

/// What a limit is set to by the kernel on a machine with some GB of memory.
const ENOUGH_NAMESPACES: &str = "15000";

const APPARMOR: &str = "kernel.apparmor_restrict_unprivileged_userns";
const DEBIAN: &str = "kernel.unprivileged_userns_clone";

impl Machine {
    /// Reads the settings of the machine with this root, which is `/` except in tests.
    pub(crate) fn read(root: &Path) -> Self {
        let value = |name: &str| sysctl(root, name);
        let is_zero = |name: &&str| value(name).as_deref() == Some("0");
        Self {
            is_restricted_by_apparmor: value(APPARMOR).as_deref() == Some("1"),
            is_forbidden_to_users: value(DEBIAN).as_deref() == Some("0"),
            forbidding_limit: LIMITS.into_iter().find(is_zero),
            engine: engine(root),
        }
    }

    /// Why a step failed. The reasons that are certain come first.
    pub(crate) fn explain(self, failure: Failure) -> Reason {
        let error = io::Error::from(failure.errno);
        let because = |cause: &str, remedy: Option<Remedy>| Reason {
            why: format!("{}: {error}; {cause}", failure.step.text()),
            remedy,
        };
        if let Some(reason) = self.limit(failure) {
            return because(&reason.why, reason.remedy);
        }
        if is_unknown_to_kernel(failure.errno) && failure.step == Step::Namespaces {
            return because(
                "this kernel was built without the namespaces that a container takes",
                Some(Remedy::KernelOption("CONFIG_USER_NS")),
            );
        }
        if failure.in_user_namespace && self.is_forbidden_to_users {
            return because(
                "only root may create user namespaces (kernel.unprivileged_userns_clone is 0)",
                Some(Remedy::Sysctl {
                    name: DEBIAN,
                    value: "1",
                }),
            );
        }
        if let Some(engine) = self.engine {
            return because(
                "samlet runs in a container itself, which is not allowed to make others",
                Some(Remedy::ContainerEngine(engine)),
            );
        }
        if failure.in_user_namespace && self.is_restricted_by_apparmor {
            return because(
                "AppArmor lets only programs that have a profile use user namespaces \
                 (kernel.apparmor_restrict_unprivileged_userns is 1)",
                Some(Remedy::AppArmorProfile),
            );
        }
        because(
            "a security module or a filter of system calls forbids it",
            None,
        )
    }

    /// A limit on namespaces, which the kernel reports as a lack of space.
    fn limit(self, failure: Failure) -> Option<Reason> {
        let is_limit = matches!(failure.errno, Errno::NOSPC | Errno::USERS);
        if failure.step != Step::Namespaces || !is_limit {
            return None;
        }
        let name = self.forbidding_limit.unwrap_or(LIMITS[0]);
        let why = match self.forbidding_limit {
            Some(name) => format!("this machine allows no such namespaces ({name} is 0)"),
            None => format!("too many of them are in use ({name}), or they nest too deep"),
        };
        let value = ENOUGH_NAMESPACES;
        let remedy = self
            .forbidding_limit
            .map(|name| Remedy::Sysctl { name, value });
        Some(Reason { why, remedy })
    }
}

fn is_unknown_to_kernel(errno: Errno) -> bool {
    matches!(errno, Errno::INVAL | Errno::NOSYS)
}

/// The value of `a.b`, which is in `/proc/sys/a/b`; nothing, where the kernel has none of that name.
fn sysctl(root: &Path, name: &str) -> Option<String> {
    let path = root.join("proc/sys").join(name.replace('.', "/"));
    let value = std::fs::read_to_string(path).ok()?;
    Some(value.trim().to_owned())
}

/// What made the container that samlet runs in, by the files that engines leave there.
fn engine(root: &Path) -> Option<Engine> {
    let marks = [
        ("run/.containerenv", Engine::Podman),
        (".dockerenv", Engine::Docker),
        ("run/systemd/container", Engine::Other),
    ];
    let mut marks = marks.into_iter();
    marks.find_map(|(path, engine)| root.join(path).exists().then_some(engine))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A machine on which these files are.
    fn machine(files: &[(&str, &str)]) -> Machine {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Machine::read(root.path())
    }

    fn failure(step: Step, errno: Errno) -> Failure {
        Failure {
            step,
            errno,
            in_user_namespace: true,
        }
    }

    const RESTRICTED: (&str, &str) = (
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1\n",
    );

    #[test]
    fn apparmor_needs_a_profile() {
        // Ubuntu 23.10 refuses the namespace; 24.04 creates it, and refuses all that is done in it.
        for (step, errno) in [
            (Step::Namespaces, Errno::ACCESS),
            (Step::IdMap, Errno::PERM),
            (Step::Mount, Errno::ACCESS),
        ] {
            let reason = machine(&[RESTRICTED]).explain(failure(step, errno));
            assert_eq!(reason.remedy, Some(Remedy::AppArmorProfile), "{step:?}");
        }
        let reason = machine(&[RESTRICTED]).explain(failure(Step::IdMap, Errno::ACCESS));
        assert_eq!(
            reason.why,
            "mapping user ids into a user namespace failed: Permission denied (os error 13); AppArmor lets only \
             programs that have a profile use user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)"
        );
    }

    #[test]
    fn apparmor_does_not_restrict_what_needs_no_user_namespace_or_is_not_restricted() {
        let as_root = Failure {
            in_user_namespace: false,
            ..failure(Step::Mount, Errno::PERM)
        };
        assert_eq!(machine(&[RESTRICTED]).explain(as_root).remedy, None);
        let unrestricted = (RESTRICTED.0, "0\n");
        let reason = machine(&[unrestricted]).explain(failure(Step::IdMap, Errno::PERM));
        assert_eq!(reason.remedy, None);
    }

    #[test]
    fn a_limit_of_no_namespaces_is_found() {
        let files = [
            ("proc/sys/user/max_user_namespaces", "0\n"),
            ("proc/sys/user/max_pid_namespaces", "96365\n"),
            RESTRICTED,
        ];
        let reason = machine(&files).explain(failure(Step::Namespaces, Errno::NOSPC));
        let name = "user.max_user_namespaces";
        let value = "15000";
        assert_eq!(reason.remedy, Some(Remedy::Sysctl { name, value }));
        assert!(
            reason.why.ends_with("(user.max_user_namespaces is 0)"),
            "{}",
            reason.why
        );
        let reason = machine(&[]).explain(failure(Step::Namespaces, Errno::NOSPC));
        assert_eq!(reason.remedy, None);
        assert!(reason.why.contains("too many of them"), "{}", reason.why);
    }

    #[test]
    fn debians_switch_is_found() {
        let files = [("proc/sys/kernel/unprivileged_userns_clone", "0\n")];
        let reason = machine(&files).explain(failure(Step::Namespaces, Errno::PERM));
        let name = "kernel.unprivileged_userns_clone";
        let value = "1";
        assert_eq!(reason.remedy, Some(Remedy::Sysctl { name, value }));
    }

    #[test]
    fn the_engine_of_the_container_around_samlet_is_named_before_the_hosts_apparmor() {
        for (mark, engine) in [
            (".dockerenv", Engine::Docker),
            ("run/.containerenv", Engine::Podman),
            ("run/systemd/container", Engine::Other),
        ] {
            let reason =
                machine(&[(mark, ""), RESTRICTED]).explain(failure(Step::Proc, Errno::PERM));
            assert_eq!(reason.remedy, Some(Remedy::ContainerEngine(engine)));
        }
    }

    #[test]
    fn a_kernel_without_namespaces_is_found() {
        let reason = machine(&[]).explain(failure(Step::Namespaces, Errno::INVAL));
        assert_eq!(reason.remedy, Some(Remedy::KernelOption("CONFIG_USER_NS")));
        let reason = machine(&[]).explain(failure(Step::Mount, Errno::INVAL));
        assert_eq!(reason.remedy, None);
    }
}
