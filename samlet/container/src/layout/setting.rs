//! What a container's plan starts from: its specification, with the paths as they are on this machine.

use std::io;
use std::path::{Path, PathBuf};

use super::follow::{Follower, Link, tidy};
use super::shown::{Hidden, Shown, join, topmost_below};
use super::{Error, TASK, system};
use crate::spec::Spec;

/// A specification, with its paths looked up.
pub(super) struct Setting<'a> {
    pub(super) spec: &'a Spec,
    pub(super) system: &'a Shown,
    pub(super) follower: Follower<'a>,
    /// The paths to hide that exist, without links.
    pub(super) hidden: Hidden,
    /// The code's folder, without links.
    pub(super) code: PathBuf,
}

/// What a container runs.
pub(super) struct Program {
    /// By its name on the machine: of one in the code, below the code's folder without links.
    pub(super) path: PathBuf,
    /// Whether it is a part of the code, which is shown in another place.
    pub(super) is_code: bool,
}

impl<'a> Setting<'a> {
    pub(super) fn new(spec: &'a Spec, system: &'a Shown) -> Result<Self, Error> {
        let follower = system.follower();
        let hidden = hidden(spec, &follower);
        let code = code(spec, system, &follower)?;
        Ok(Self {
            spec,
            system,
            follower,
            hidden,
            code,
        })
    }

    /// Whether a path is in the code, and seen there: samlet's data may be in the folder too.
    pub(super) fn is_code(&self, path: &Path) -> bool {
        let mut hidden = topmost_below(&self.code, &self.hidden).into_iter();
        path.starts_with(&self.code) && !hidden.any(|hidden| path.starts_with(hidden))
    }

    pub(super) fn program(&self) -> Program {
        let executable = tidy(&self.spec.executable);
        let Some(path) = self.named_in_code(&executable) else {
            return Program {
                path: executable,
                is_code: false,
            };
        };
        let is_code = true;
        let Some(way) = self.follower.follow(&path) else {
            // It isn't there: starting it will say so.
            return Program { path, is_code };
        };
        if way.links.iter().all(|link| self.leads_there(link)) {
            return Program { path, is_code };
        }
        let is_code = self.is_code(&way.source);
        let path = if is_code { way.source } else { way.target };
        Program { path, is_code }
    }

    /// A program as the container sees it.
    pub(super) fn seen(&self, program: &Program) -> PathBuf {
        let within = program.path.strip_prefix(&self.code);
        match within {
            Ok(within) if program.is_code => join(Path::new(TASK), within),
            _ => program.path.clone(),
        }
    }

    /// The executable's name in the code's folder, if it is there: by the name that the folder was given, or by its
    /// name without links.
    fn named_in_code(&self, executable: &Path) -> Option<PathBuf> {
        let path = if let Ok(within) = executable.strip_prefix(&self.spec.code) {
            join(&self.code, within)
        } else {
            let folder = self.follower.follow(executable.parent()?)?.source;
            folder.join(executable.file_name()?)
        };
        self.is_code(&path).then_some(path)
    }

    /// Whether a link still leads to the same when the code is elsewhere: one within the code has to be relative, one
    /// that leaves it has to be absolute.
    fn leads_there(&self, link: &Link) -> bool {
        if !self.is_code(&link.source) {
            return true;
        }
        let folder = link.source.parent().unwrap_or(&self.code);
        let stays = self.is_code(&tidy(&folder.join(&link.to)));
        stays != link.to.is_absolute()
    }
}

fn hidden(spec: &Spec, follower: &Follower<'_>) -> Hidden {
    let ways = spec.hidden.iter().filter_map(|path| follower.follow(path));
    let paths = ways.map(|way| way.source);
    paths.filter(|path| path != Path::new("/")).collect()
}

fn code(spec: &Spec, system: &Shown, follower: &Follower<'_>) -> Result<PathBuf, Error> {
    let path = spec.code.clone();
    let Some(way) = follower.follow(&path) else {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let source = path.metadata().err().unwrap_or(missing);
        return Err(Error::CodeMissing { path, source });
    };
    let code = way.source;
    if !code.is_dir() {
        return Err(Error::CodeNotFolder { path });
    }
    if system::is_in(&code, system) {
        return Err(Error::HoldsSystem { path });
    }
    Ok(code)
}
