//! What `samlet doctor` shows of three machines that are made up.

use std::path::Path;

use samlet_container::{Engine, Remedy};

use super::*;

const EXECUTABLE: &str = "/home/ann/my tools/samlet";

fn on(kind: Kind, how: &str) -> Layer {
    Layer {
        how: Some(how.to_owned()),
        ..Layer::on(kind)
    }
}

fn off(kind: Kind, why: &str, remedy: Option<Remedy>) -> Layer {
    Layer {
        state: State::Off,
        why: Some(why.to_owned()),
        remedy,
        ..Layer::on(kind)
    }
}

fn shown(mode: Mode, layers: Vec<Layer>) -> String {
    text(&Isolation { mode, layers }, Path::new(EXECUTABLE))
}

#[test]
fn a_machine_that_allows_everything() {
    let layers = vec![
        Layer::on(Kind::PidNamespace),
        Layer::on(Kind::MountNamespace),
        on(Kind::Landlock, "ABI 10 of the kernel's 12"),
        on(Kind::Memory, "cgroup v2"),
    ];
    assert_eq!(
        shown(Mode::Root, layers),
        "\
Functions run in containers, which samlet has the privileges to make. What they have:

PID namespace    on
mount namespace  on
Landlock         on  ABI 10 of the kernel's 12
memory limits    on  cgroup v2

Nothing is missing.
"
    );
}

#[test]
fn an_ordinary_user_on_an_older_kernel() {
    let landlock = Layer {
        state: State::Partly,
        why: Some("before Linux 6.12, a function can do this".to_owned()),
        remedy: Some(Remedy::Kernel("6.12")),
        ..on(Kind::Landlock, "ABI 4")
    };
    let memory = Layer {
        state: State::Partly,
        why: Some("systemd delegates no cgroup to samlet".to_owned()),
        remedy: Some(Remedy::Delegation),
        ..on(Kind::Memory, "counted by samlet")
    };
    let layers = vec![
        Layer::on(Kind::UserNamespace),
        landlock,
        Layer::on(Kind::Tmp),
        memory,
    ];
    assert_eq!(
        shown(Mode::User, layers),
        "\
Functions run in containers, which samlet makes in user namespaces. What they have:

user namespace   on
Landlock         partly  ABI 4
/tmp of its own  on
memory limits    partly  counted by samlet

Landlock: partly
  Why: before Linux 6.12, a function can do this
  What to do: use Linux 6.12 or newer

memory limits: partly
  Why: systemd delegates no cgroup to samlet
  Without all of it: samlet adds up the memory of a function's processes now and then; it can take more in between
  What to do: have systemd give samlet a cgroup in which it may make others:

systemd-run --user --scope --property=Delegate=yes samlet start
"
    );
}

#[test]
fn a_machine_on_which_apparmor_forbids_user_namespaces() {
    let why = "mapping user ids into a user namespace failed: Permission denied (os error 13); AppArmor forbids it";
    let remedy = Some(Remedy::AppArmorProfile);
    let layers = vec![
        off(Kind::PidNamespace, why, remedy),
        off(Kind::MountNamespace, why, remedy),
        on(Kind::Landlock, "ABI 10"),
        off(Kind::Tmp, why, remedy),
    ];
    assert_eq!(
        shown(Mode::None, layers),
        "\
Functions run without containers: samlet can't make them here. What they have:

PID namespace    off
mount namespace  off
Landlock         on   ABI 10
/tmp of its own  off

PID namespace, mount namespace, /tmp of its own: off
  Why: mapping user ids into a user namespace failed: Permission denied (os error 13); AppArmor forbids it
  Without PID namespace: a function sees the machine's processes, and can signal yours unless Landlock forbids it
  Without mount namespace: a function sees the machine's folders, and opens there what Landlock doesn't forbid
  Without /tmp of its own: temporary files are in a folder that TMPDIR names, whose size has no limit; /tmp is the machine's
  What to do: install an AppArmor profile for samlet, which allows it user namespaces and restricts nothing else, then start samlet again:

sudo tee /etc/apparmor.d/samlet > /dev/null <<'END'
abi <abi/4.0>,
include <tunables/global>

profile samlet \"/home/ann/my tools/samlet\" flags=(unconfined) {
  userns,

  include if exists <local/samlet>
}
END
sudo apparmor_parser -r /etc/apparmor.d/samlet

  Mind: the profile is for the executable at this path: another one needs its own, and whoever can replace that file may use user namespaces as well
"
    );
}

#[test]
fn what_is_not_to_be_changed_lightly_is_said_so() {
    for (remedy, expected) in [
        (
            Remedy::ContainerEngine(Engine::Docker),
            ["docker run --cap-add SYS_ADMIN", "may become the host's"],
        ),
        (
            Remedy::ContainerEngine(Engine::Podman),
            ["podman run --cap-add SYS_ADMIN", "may become the host's"],
        ),
        (
            Remedy::ContainerEngine(Engine::Other),
            ["security.nesting=true", "may become the host's"],
        ),
        (
            Remedy::Sysctl {
                name: "kernel.unprivileged_userns_clone",
                value: "1",
            },
            [
                "echo 'kernel.unprivileged_userns_clone = 1' | sudo tee /etc/sysctl.d/60-samlet.conf",
                "to every program on this machine",
            ],
        ),
    ] {
        let layers = vec![off(Kind::UserNamespace, "it failed", Some(remedy))];
        let text = shown(Mode::None, layers);
        for part in expected {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

#[test]
fn a_program_gets_the_same() {
    let isolation = Isolation {
        mode: Mode::None,
        layers: vec![
            on(Kind::Landlock, "ABI 7"),
            off(Kind::Seccomp, "only Linux has it", Some(Remedy::Linux)),
            off(Kind::Limits, "nothing helps", None),
        ],
    };
    let expected = json!({
        "mode": "none",
        "layers": [
            {
                "name": "Landlock",
                "state": "on",
                "how": "ABI 7",
                "why": null,
                "consequence": null,
                "remedy": null,
            },
            {
                "name": "seccomp",
                "state": "off",
                "how": null,
                "why": "only Linux has it",
                "consequence": "a function can make every system call, and so try the kernel's rarely used parts \
                                for flaws",
                "remedy": {
                    "what": "run samlet on Linux, for instance in a virtual machine",
                    "commands": [],
                    "caution": null,
                },
            },
            {
                "name": "limits",
                "state": "off",
                "how": null,
                "why": "nothing helps",
                "consequence": "a function can start processes and open files without limit, and leave its memory \
                                in core dumps",
                "remedy": null,
            },
        ],
    });
    assert_eq!(json(&isolation, Path::new(EXECUTABLE)), expected);
}
