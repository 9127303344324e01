//! What every container has of the machine: its programs and libraries, a few files of `/etc`, devices, empty folders.

use std::path::Path;

use super::etc;
use super::shown::Shown;
use crate::step::Step;

/// Of `/usr`: not `src`, `games`, `etc` or what else somebody may keep there, applications for one.
const USR: [&str; 16] = [
    "bin",
    "sbin",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "libexec",
    "share",
    "include",
    "local/bin",
    "local/sbin",
    "local/lib",
    "local/lib64",
    "local/libexec",
    "local/share",
    "local/include",
];

/// Of `/`: links into `/usr` on most systems.
const TOP: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Where Nix, Guix and Homebrew keep what they install. Programs there name their libraries by these paths, each
/// package those of dozens of others, so that an interpreter can't be shown alone. Nix and Guix let everybody read
/// their stores; of Homebrew, what packages keep in `etc` and `var` is left out, but for certificates.
const STORES: [&str; 13] = [
    "/nix/store",
    "/gnu/store",
    "/home/linuxbrew/.linuxbrew/Cellar",
    "/home/linuxbrew/.linuxbrew/bin",
    "/home/linuxbrew/.linuxbrew/etc/ca-certificates",
    "/home/linuxbrew/.linuxbrew/etc/openssl@3/cert.pem",
    "/home/linuxbrew/.linuxbrew/etc/openssl@3/openssl.cnf",
    "/home/linuxbrew/.linuxbrew/include",
    "/home/linuxbrew/.linuxbrew/lib",
    "/home/linuxbrew/.linuxbrew/libexec",
    "/home/linuxbrew/.linuxbrew/opt",
    "/home/linuxbrew/.linuxbrew/sbin",
    "/home/linuxbrew/.linuxbrew/share",
];

/// How many processors there are: what language runtimes size their pools by.
const PROCESSORS: &str = "/sys/devices/system/cpu";

/// Devices that anybody may use.
pub(super) const DEVICES: [&str; 5] = [
    "/dev/full",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
];

const LINKS: [(&str, &str); 6] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/etc/mtab", "/proc/self/mounts"),
    ("/var/run", "/run"),
];

/// What is there on AWS, and here empty, or filled later: `/opt` by layers, `/proc` and `/tmp` by mounts, `/var/task`
/// by the code. `/home` is there, so that writing to `~` fails as on AWS, because it can't be written. `/root` and
/// `/var/tmp` are not: nothing needs them, and somebody's interpreter may need their places.
const EMPTY: [&str; 7] = [
    "/home",
    "/opt",
    "/proc",
    "/run",
    "/tmp",
    "/var/runtime",
    super::TASK,
];

pub(super) fn plan() -> Shown {
    let mut shown = Shown::default();
    for target in EMPTY {
        let target = target.into();
        shown.push(Step::Folder { target });
    }
    for name in USR {
        add(&mut shown, &Path::new("/usr").join(name));
    }
    for name in TOP {
        add(&mut shown, &Path::new("/").join(name));
    }
    let alone = STORES.iter().chain(&DEVICES).chain([&PROCESSORS]);
    for path in alone {
        add(&mut shown, Path::new(path));
    }
    for (target, to) in LINKS {
        let (target, to) = (target.into(), to.into());
        shown.push(Step::Link { target, to });
    }
    etc::plan(&mut shown, Path::new("/etc"));
    shown
}

/// Shows what is at `path`, as a link if it is one to something that is shown.
fn add(shown: &mut Shown, path: &Path) {
    // Not every system has all of them.
    let Ok(source) = path.canonicalize() else {
        return;
    };
    let (target, is_link) = (path.to_owned(), path.is_symlink());
    if is_link && shown.shows(&source) {
        shown.push(Step::Link { target, to: source });
        return;
    }
    let is_folder = source.is_dir();
    shown.push(Step::Bind {
        source,
        target,
        is_folder,
    });
}

/// Whether a folder is one of the system's, or has one in it: not a place for code.
pub(super) fn is_in(folder: &Path, shown: &Shown) -> bool {
    let kernel = ["/dev", "/etc", "/proc", "/run", "/sys"].map(Path::new);
    shown.has_source_in(folder) || kernel.iter().any(|path| path.starts_with(folder))
}
