//! Describes what keeps containers apart on this machine, from what was tried.

use std::path::Path;

use rustix::io::Errno;

use crate::confinement::{Confinement, Refused};
use crate::isolation::{Isolation, Kind, Layer, Mode, Remedy, State};
use crate::landlock_support::Found;
use crate::order;
use crate::reasons::{Failure, Machine, Step};

/// All layers, and why some are missing.
pub(crate) fn isolation(confinement: &Confinement) -> Isolation {
    let mode = confinement.mode;
    let mut layers = namespaces(confinement);
    layers.push(user(confinement));
    layers.push(landlock(confinement));
    layers.push(seccomp(confinement));
    layers.push(limits(confinement));
    layers.push(memory(confinement));
    layers.push(tmp(mode));
    Isolation { mode, layers }
}

/// Either all namespaces are there, or none.
fn namespaces(confinement: &Confinement) -> Vec<Layer> {
    let mode = confinement.mode;
    let mut kinds = vec![Kind::PidNamespace, Kind::IpcNamespace, Kind::MountNamespace];
    if mode != Mode::Root {
        kinds.push(Kind::UserNamespace);
    }
    if mode.has_namespaces() {
        return kinds.into_iter().map(Layer::on).collect();
    }
    let refused = |mode| {
        let mut refusals = confinement.refusals.iter();
        refusals.find(|refusal| refusal.mode == mode && refusal.what == Refused::Mode)
    };
    // Without privileges it is the user namespace that would help.
    let Some(refusal) = refused(Mode::User).or_else(|| refused(Mode::Root)) else {
        return Vec::new();
    };
    let step = match refusal.operation {
        None => Step::Namespaces,
        Some(order::Kind::Write) => Step::IdMap,
        Some(order::Kind::Proc) => Step::Proc,
        Some(_) => Step::Mount,
    };
    let reason = Machine::read(Path::new("/")).explain(Failure {
        step,
        errno: Errno::from_raw_os_error(refusal.errno),
        in_user_namespace: refusal.mode == Mode::User,
    });
    let off = |kind| Layer {
        state: State::Off,
        why: Some(reason.why.clone()),
        remedy: reason.remedy,
        ..Layer::on(kind)
    };
    kinds.into_iter().map(off).collect()
}

fn user(confinement: &Confinement) -> Layer {
    let layer = Layer::on(Kind::UnprivilegedId);
    if confinement.has_own_user() {
        return Layer {
            how: Some("one for each container".to_owned()),
            ..layer
        };
    }
    if confinement.mode == Mode::User {
        return Layer {
            how: Some("yours, without privileges".to_owned()),
            ..layer
        };
    }
    if rustix::process::geteuid().is_root() {
        return Layer {
            state: State::Partly,
            why: Some(
                "functions run as root without capabilities: samlet is not allowed to change user ids"
                    .to_owned(),
            ),
            ..layer
        };
    }
    Layer {
        state: State::Partly,
        why: Some(
            "functions run as you: they can change the mode and times of your files".to_owned(),
        ),
        ..layer
    }
}

fn landlock(confinement: &Confinement) -> Layer {
    let found = match confinement.landlock {
        Some(masks) => Found::Version {
            kernel: masks.abi,
            used: masks.asked,
        },
        None => Found::here(),
    };
    found.layer(confinement.mode)
}

fn seccomp(confinement: &Confinement) -> Layer {
    let layer = Layer::on(Kind::Seccomp);
    if confinement.filters_calls() {
        return layer;
    }
    let mut refusals = confinement.refusals.iter();
    let refusal = refusals.find(|refusal| refusal.what == Refused::Seccomp);
    Layer {
        state: State::Off,
        why: refusal.map(|refusal| refusal.why.clone()),
        remedy: Some(Remedy::KernelOption("CONFIG_SECCOMP_FILTER")),
        ..layer
    }
}

fn limits(confinement: &Confinement) -> Layer {
    let layer = Layer::on(Kind::Limits);
    if confinement.limits_processes() {
        return layer;
    }
    Layer {
        state: State::Partly,
        why: Some(
            "processes and threads are not limited for each function: the kernel would count your other programs, too"
                .to_owned(),
        ),
        ..layer
    }
}

fn memory(confinement: &Confinement) -> Layer {
    let layer = Layer::on(Kind::Memory);
    if let Some(version) = confinement.cgroup_version() {
        return Layer {
            how: Some(format!("cgroup v{version}")),
            ..layer
        };
    }
    Layer {
        state: State::Partly,
        how: Some("counted by samlet".to_owned()),
        why: Some(
            "samlet may not create a cgroup with the memory controller, so it looks at the processes every 50 ms"
                .to_owned(),
        ),
        remedy: Some(Remedy::Delegation),
        ..layer
    }
}

fn tmp(mode: Mode) -> Layer {
    let layer = Layer::on(Kind::Tmp);
    if mode.has_namespaces() {
        return layer;
    }
    Layer {
        state: State::Partly,
        how: Some("TMPDIR names a folder".to_owned()),
        why: Some("its size is not limited, since it is a folder of this machine".to_owned()),
        ..layer
    }
}
