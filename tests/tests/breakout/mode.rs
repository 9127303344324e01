//! The three modes that samlet may find itself in, and how a program is run in each.

use std::process::{Command, Stdio};

use acceptance::{is_ci, skip};

/// Nobody's, as far as this machine knows.
pub(crate) const USER: u32 = 12345;

/// Goes on without namespaces, and shows first that there are none to be had.
const WITHOUT_NAMESPACES: &str = r#"
echo 0 >/proc/sys/user/max_user_namespaces
exec setpriv --bounding-set=-all --inh-caps=-all sh -c '
  for flag in -U -m; do
    if unshare $flag true 2>/dev/null; then echo "unshare $flag is allowed" >&2; exit 1; fi
  done
  exec "$0" "$@"' "$@""#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// May make namespaces as it is.
    Root,
    /// May make namespaces within a user namespace.
    User,
    /// May make none.
    None,
}

pub(crate) const MODES: [Mode; 3] = [Mode::Root, Mode::User, Mode::None];

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn succeeds(command: &[String]) -> bool {
    let mut run = Command::new(&command[0]);
    run.args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    run.status().is_ok_and(|status| status.success())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Mode {
    /// Whose the application's files are: `None` where they are of whoever runs the tests.
    pub(crate) fn owner(self) -> Option<u32> {
        (is_root() && self != Self::Root).then_some(USER)
    }

    /// What is put before a program and its arguments.
    pub(crate) fn prefix(self) -> Vec<String> {
        let as_user = match is_root() {
            true => words(&format!(
                "setpriv --reuid {USER} --regid {USER} --clear-groups"
            )),
            false => Vec::new(),
        };
        match self {
            Self::Root if is_root() => Vec::new(),
            Self::Root => words("sudo -n"),
            Self::User => as_user,
            Self::None => {
                let mut prefix = as_user;
                // Where a user has no namespaces anyway, there is nothing to take away.
                let mut unshare = prefix.clone();
                unshare.extend(words("unshare -U -r"));
                let mut tried = unshare.clone();
                tried.push("true".to_owned());
                if succeeds(&tried) {
                    prefix = unshare;
                    prefix.extend(["sh", "-c", WITHOUT_NAMESPACES, "sh"].map(str::to_owned));
                }
                prefix
            }
        }
    }

    /// Whether this machine allows it; in CI it has to.
    pub(crate) fn is_possible(self) -> bool {
        let mut command = self.prefix();
        if self == Self::User {
            command.extend(words("unshare -U -r"));
        }
        command.push("true".to_owned());
        let possible = succeeds(&command);
        let missing = format!("samlet is not tried as {self:?}: this machine does not allow it");
        assert!(possible || !is_ci(), "{missing}");
        if !possible {
            skip(&missing);
        }
        possible
    }
}
