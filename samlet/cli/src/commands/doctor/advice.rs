//! What to do about a layer that is missing, in words and as commands.

use std::path::Path;

use samlet_container::{Engine, Remedy};

/// What to do.
pub(super) struct Advice {
    pub(super) what: String,
    /// For a shell, each whole.
    pub(super) commands: Vec<String>,
    /// What it costs.
    pub(super) caution: Option<&'static str>,
}

impl Advice {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            commands: Vec::new(),
            caution: None,
        }
    }
}

/// What to do; a profile is for this executable.
pub(super) fn of(remedy: Remedy, executable: &Path) -> Advice {
    match remedy {
        Remedy::AppArmorProfile => apparmor(executable),
        Remedy::Sysctl { name, value } => sysctl(name, value),
        Remedy::Kernel(version) => Advice::new(format!("use Linux {version} or newer")),
        Remedy::KernelOption(option) => Advice::new(format!(
            "use a kernel that was built with {option}, as those of most distributions are"
        )),
        Remedy::SecurityModule(module) => security_module(module),
        Remedy::ContainerEngine(engine) => container_engine(engine),
        Remedy::Delegation => Advice {
            commands: vec![
                "systemd-run --user --scope --property=Delegate=yes samlet start".to_owned(),
            ],
            ..Advice::new("have systemd give samlet a cgroup in which it may make others:")
        },
        Remedy::Linux => Advice::new("run samlet on Linux, for instance in a virtual machine"),
    }
}

const APPARMOR_FILE: &str = "/etc/apparmor.d/samlet";

/// A profile as AppArmor's own for programs that need user namespaces.
/// <https://gitlab.com/apparmor/apparmor/-/merge_requests/1123>
fn apparmor(executable: &Path) -> Advice {
    let path = apparmor_path(executable);
    let profile = format!(
        "abi <abi/4.0>,
include <tunables/global>

profile samlet {path} flags=(unconfined) {{
  userns,

  include if exists <local/samlet>
}}"
    );
    Advice {
        commands: vec![
            format!("sudo tee {APPARMOR_FILE} > /dev/null <<'END'\n{profile}\nEND"),
            format!("sudo apparmor_parser -r {APPARMOR_FILE}"),
        ],
        caution: Some(
            "the profile is for the executable at this path: another one needs its own, and whoever can \
             replace that file may use user namespaces as well",
        ),
        ..Advice::new(
            "install an AppArmor profile for samlet, which allows it user namespaces and restricts nothing \
             else, then start samlet again:",
        )
    }
}

/// A path in a profile: in quotes, if a space is in it, and with what would be a pattern escaped.
/// <https://manpages.ubuntu.com/manpages/noble/en/man5/apparmor.d.5.html>
fn apparmor_path(path: &Path) -> String {
    let mut escaped = String::new();
    for character in path.display().to_string().chars() {
        if "?*[]{}^\\\"@".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    if escaped.contains(char::is_whitespace) {
        return format!("\"{escaped}\"");
    }
    escaped
}

fn sysctl(name: &str, value: &str) -> Advice {
    const FILE: &str = "/etc/sysctl.d/60-samlet.conf";
    Advice {
        commands: vec![
            format!("echo '{name} = {value}' | sudo tee {FILE}"),
            format!("sudo sysctl -p {FILE}"),
        ],
        caution: Some("this allows user namespaces to every program on this machine"),
        ..Advice::new(format!("set {name} to {value}:"))
    }
}

fn security_module(module: &str) -> Advice {
    Advice {
        commands: vec!["cat /sys/kernel/security/lsm".to_owned()],
        ..Advice::new(format!(
            "boot the kernel with the parameter lsm={module},LIST, where LIST is what this command shows:"
        ))
    }
}

fn container_engine(engine: Engine) -> Advice {
    let commands: &[&str] = match engine {
        Engine::Docker => &[
            "# where samlet runs as root",
            "docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined …",
            "# where it runs as another user",
            "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
             --security-opt systempaths=unconfined …",
        ],
        Engine::Podman => &[
            "# where samlet runs as root",
            "podman run --cap-add SYS_ADMIN --security-opt unmask=ALL …",
            "# where it runs as another user",
            "podman run --security-opt seccomp=unconfined --security-opt unmask=ALL …",
        ],
        Engine::Other => &[],
    };
    let what = match engine {
        Engine::Docker | Engine::Podman => {
            "nothing, if functions are kept apart well enough for you as it is; otherwise start the container \
             around samlet so that samlet can make others in it:"
        }
        Engine::Other => {
            "nothing, if functions are kept apart well enough for you as it is; otherwise allow the container \
             around samlet to make others in it (LXD and Incus: security.nesting=true)"
        }
    };
    Advice {
        commands: commands.iter().map(|&command| command.to_owned()).collect(),
        caution: Some(
            "this takes away much of what keeps that container from its host, and with SYS_ADMIN its root may \
             become the host's; do it only where everything in that container may do what you may on the \
             host, or where the host is a virtual machine for this alone",
        ),
        ..Advice::new(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_profile_is_no_pattern() {
        let cases = [
            ("/usr/local/bin/samlet", "/usr/local/bin/samlet"),
            ("/home/a b/samlet", "\"/home/a b/samlet\""),
            ("/home/a/{x}[1]*/samlet", "/home/a/\\{x\\}\\[1\\]\\*/samlet"),
        ];
        for (path, expected) in cases {
            assert_eq!(apparmor_path(Path::new(path)), expected);
        }
    }
}
