//! Which files of the machine a container sees, and where: plans only, nothing is mounted here.
//!
//! What every container has is planned once. A single container also has its code, what it may read, and the interpreter
//! that its program needs, each at its own place and without its neighbours.

mod etc;
mod follow;
mod own;
mod programs;
mod reachable;
mod setting;
mod shims;
mod shown;
mod system;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::spec::Spec;
use crate::step::{Reach, Step};
use shown::Shown;

/// Where a container sees its code, as on AWS.
const TASK: &str = "/var/task";

/// Why a container can't be planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The code isn't there.
    #[error("can't read the code's folder {}: {source}", path.display())]
    CodeMissing { path: PathBuf, source: io::Error },
    /// The code is a file.
    #[error("the code {} is not a folder", path.display())]
    CodeNotFolder { path: PathBuf },
    /// What was to be shown would show the system.
    #[error("{} is or contains a folder of the system; move the code into a folder of its own", path.display())]
    HoldsSystem { path: PathBuf },
    /// Two things would have to be in the same place.
    #[error("{} can't be shown in its own place, since {TASK} is where a container has its code", path.display())]
    PlaceTaken { path: PathBuf },
}

/// Who a container's program runs as, as it knows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// What one container has beyond what all have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// To be taken after those of `base`, once the container's own file system is at `/tmp`: what lies below `/tmp` on
    /// the machine is put there too.
    pub(crate) steps: Vec<Step>,
    /// The executable as the container sees it: below `folder` if it is in the code.
    pub(crate) executable: PathBuf,
    /// Where the container sees its code.
    pub(crate) folder: PathBuf,
}

/// What every container has. Planned at the first call; later ones return the same.
pub(crate) fn base() -> Vec<Step> {
    system().steps.clone()
}

/// What this container has beyond that.
pub(crate) fn own(spec: &Spec, ids: Ids) -> Result<Own, Error> {
    own::plan(spec, ids, system())
}

/// What a process may reach where it has no root of its own, by the machine's own paths. The folder for its temporary
/// files is not among them.
///
/// Where something hidden lies in a folder, the folder's other entries are named one by one: those that are there now.
/// If that folder is the code's, names can be listed in all of it: Python imports only what it finds by listing.
pub(crate) fn reachable(spec: &Spec) -> Vec<(PathBuf, Reach)> {
    reachable::plan(spec, system())
}

fn system() -> &'static Shown {
    static SYSTEM: LazyLock<Shown> = LazyLock::new(system::plan);
    &SYSTEM
}
