//! What a program needs of the machine to run: its interpreter, and what an installation has beside its `bin`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::follow::Link;
use super::setting::{Program, Setting};
use super::shims;

/// What an installation has beside its `bin`. `ssl` and `openssl` are those of Pythons that bring their OpenSSL.
const BESIDE_BIN: [&str; 9] = [
    "bin", "lib", "lib64", "libexec", "share", "include", "ssl", "openssl", VENV,
];

/// The same in a folder that many programs share, such as `~/.local`, which has all kinds of data in `share`.
const BESIDE_SHARED_BIN: [&str; 3] = ["lib", "lib64", "libexec"];

/// The file by which a virtual environment names the Python that it is of.
/// <https://docs.python.org/3/library/venv.html>
const VENV: &str = "pyvenv.cfg";

/// Where programs are looked for, if the environment doesn't say.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Programs in a row: scripts, interpreters, the environments that those are of.
const MAX_PROGRAMS: usize = 32;

/// The longest first line of a script that the kernel reads: `BINPRM_BUF_SIZE`.
const MAX_FIRST_LINE: usize = 256;

/// As much of a `pyvenv.cfg` as is read.
const MAX_VENV_BYTES: u64 = 16 * 1024;

/// What programs need, in its own place.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Files and folders, as far as they are there.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Links that lead to some of them.
    pub(super) links: Vec<Link>,
    /// The files that were looked into.
    known: BTreeSet<PathBuf>,
}

/// Finds what programs need.
pub(super) struct Search<'a> {
    setting: &'a Setting<'a>,
}

impl<'a> Search<'a> {
    pub(super) fn new(setting: &'a Setting<'a>) -> Self {
        Self { setting }
    }

    /// What a program needs; of one in the code, the code is left out.
    pub(super) fn needs(&self, program: &Program) -> Needs {
        let mut needs = Needs::default();
        let mut waiting = Vec::new();
        self.look_at(program, &mut needs, &mut waiting);
        let mut known = BTreeSet::from([program.path.clone()]);
        while let Some(program) = waiting.pop() {
            let is_new = known.insert(program.path.clone());
            if is_new && known.len() <= MAX_PROGRAMS {
                self.look_at(&program, &mut needs, &mut waiting);
            }
        }
        needs
    }

    fn look_at(&self, program: &Program, needs: &mut Needs, waiting: &mut Vec<Program>) {
        let Some(way) = self.setting.follower.follow(&program.path) else {
            return;
        };
        if !program.is_code {
            needs.paths.insert(program.path.clone());
        }
        let is_shown = |path: &Path| program.is_code && self.setting.is_code(path);
        let outside = |path| Program {
            path,
            is_code: false,
        };
        for (index, stage) in way.stages.iter().enumerate() {
            if let Some(shim) = shims::find(stage, self.setting.spec) {
                needs.paths.extend(shim.files);
                waiting.extend(shim.programs.into_iter().map(outside));
            }
            if installation(stage).is_some_and(|folder| self.is_venv(folder)) {
                waiting.extend(bases_of_venv(stage).into_iter().map(outside));
            }
            if is_shown(stage) {
                continue;
            }
            needs.paths.insert(stage.clone());
            let is_link = index + 1 < way.stages.len();
            needs.paths.extend(self.beside(stage, is_link, &way.target));
        }
        let links = way.links.into_iter();
        let links = links.filter(|link| !is_shown(&link.source));
        needs.links.extend(links);
        if needs.known.insert(way.source.clone()) {
            waiting.extend(self.interpreter(&way.source));
        }
    }

    fn is_venv(&self, folder: &Path) -> bool {
        self.setting.follower.follow(&folder.join(VENV)).is_some()
    }

    /// The interpreter that a script names in its first line.
    fn interpreter(&self, script: &Path) -> Option<Program> {
        let line = first_line(script)?;
        let mut words = line.split(|byte| byte.is_ascii_whitespace());
        let mut words = words.by_ref().filter(|word| !word.is_empty());
        let path = Path::new(OsStr::from_bytes(words.next()?));
        if path.file_name()? != "env" {
            return path.is_absolute().then(|| Program {
                path: path.to_owned(),
                is_code: false,
            });
        }
        // `env` itself is the system's; options and variables may come before the name.
        let is_name = |word: &&[u8]| !word.starts_with(b"-") && !word.contains(&b'=');
        let name = words.find(is_name)?;
        self.look_up(OsStr::from_bytes(name))
    }

    /// Looks a program up as `env` does in the container.
    fn look_up(&self, name: &OsStr) -> Option<Program> {
        let path = self.setting.spec.environment.get("PATH");
        let folders = path.map_or(DEFAULT_PATH, String::as_str).split(':');
        let mut programs = folders.map(|folder| {
            // It starts in the code's folder, which is what relative paths are relative to.
            let seen = Path::new(super::TASK).join(folder);
            let (folder, is_code) = match seen.strip_prefix(super::TASK) {
                Ok(within) => (self.setting.code.join(within), true),
                Err(_) => (seen, false),
            };
            let path = folder.join(name);
            Program { path, is_code }
        });
        programs.find(|program| is_executable(&program.path))
    }

    /// What is beside a program. Beside a link is only what it may be of: a virtual environment, or the installation
    /// that its target is in.
    fn beside(&self, program: &Path, is_link: bool, target: &Path) -> Vec<PathBuf> {
        let Some(installation) = installation(program) else {
            return Vec::new();
        };
        let all = |names: &[&str]| names.iter().map(|name| installation.join(name)).collect();
        if self.is_venv(installation) {
            return all(&BESIDE_BIN);
        }
        // That is the application, or samlet's data.
        if self.setting.hidden.contains(installation) {
            return Vec::new();
        }
        let mut libraries = BESIDE_SHARED_BIN.iter().map(|name| installation.join(name));
        if is_link && !libraries.any(|folder| target.starts_with(folder)) {
            return Vec::new();
        }
        if is_link || is_shared(installation) {
            return all(&BESIDE_SHARED_BIN);
        }
        all(&BESIDE_BIN)
    }
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The first line of a script, without `#!`.
fn first_line(script: &Path) -> Option<Vec<u8>> {
    // Opening a pipe would wait for its other end.
    if !script.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    let file = fs::File::open(script).ok()?;
    file.take(MAX_FIRST_LINE as u64)
        .read_to_end(&mut text)
        .ok()?;
    let line = text.strip_prefix(b"#!")?.split(|byte| *byte == b'\n');
    line.into_iter().next().map(<[u8]>::to_vec)
}

/// The folder around the `bin` that a program is in.
fn installation(program: &Path) -> Option<&Path> {
    let folder = program.parent()?;
    (folder.file_name()? == "bin").then(|| folder.parent())?
}

/// Whether a folder with a `bin` has more than one installation: a home, `~/.local`, `/opt`.
fn is_shared(folder: &Path) -> bool {
    let is_home = std::env::home_dir().is_some_and(|home| home == folder)
        || folder.parent() == Some(Path::new("/home"));
    let is_known = folder == Path::new("/") || folder == Path::new("/opt");
    is_home || is_known || folder.file_name().is_some_and(|name| name == ".local")
}

/// The Python that a virtual environment is of.
fn bases_of_venv(program: &Path) -> Vec<PathBuf> {
    let (Some(installation), Some(name)) = (installation(program), program.file_name()) else {
        return Vec::new();
    };
    let Ok(file) = fs::File::open(installation.join(VENV)) else {
        return Vec::new();
    };
    let mut text = Vec::new();
    if file.take(MAX_VENV_BYTES).read_to_end(&mut text).is_err() {
        return Vec::new();
    }
    let mut bases = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
            continue;
        };
        let value = Path::new(OsStr::from_bytes(value.trim_ascii()));
        if !value.is_absolute() {
            continue;
        }
        match key.trim_ascii().to_ascii_lowercase().as_slice() {
            b"home" => {
                let names = [name, OsStr::new("python3"), OsStr::new("python")];
                let mut programs = names.into_iter().map(|name| value.join(name));
                bases.extend(programs.find(|path| path.is_file()));
            }
            b"executable" | b"base-executable" => bases.push(value.to_owned()),
            _ => {}
        }
    }
    bases
}
