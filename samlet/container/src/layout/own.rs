//! What one container has: its code, what it may read, the interpreter of its program, and who it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::follow::Link;
use super::programs::{Needs, Search};
use super::setting::{Program, Setting};
use super::shown::Shown;
use super::{Error, Ids, Own, TASK, system};
use crate::spec::Spec;
use crate::step::Step;

/// The name of Lambda's user, as programs on AWS see it.
const USER: &str = "sbx_user1051";

/// What changes while samlet runs, for example when a laptop changes networks: each container gets it as it is when
/// the container starts. It is copied, since programs replace these files and leave a bound one as it was, and since
/// `resolv.conf` is often a link to `/run`.
const COPIED: [&str; 2] = ["/etc/hosts", "/etc/resolv.conf"];

/// As much of them as is copied.
const MAX_COPIED_BYTES: u64 = 64 * 1024;

/// Folders of the machine that are never shown at their own place: the container has its own there.
const KERNEL: [&str; 2] = ["/proc", "/sys"];

pub(super) fn plan(spec: &Spec, ids: Ids, system: &Shown) -> Result<Own, Error> {
    let setting = Setting::new(spec, system)?;
    let hidden = &setting.hidden;
    let mut shown = system.clone();
    let copies = COPIED.iter().filter_map(|path| copy(Path::new(path)));
    for step in identity(ids).into_iter().chain(copies) {
        shown.push(step);
    }
    shown.hide_everywhere(hidden);
    shown.bind(&setting.code, Path::new(TASK), hidden);
    let program = setting.program();
    for (target, piece) in pieces(&setting, &program)? {
        match piece {
            Piece::Link(link) => shown.link(link),
            Piece::Path(source) => {
                if target.starts_with(TASK) && shown.at(&target).as_ref() != Some(&source) {
                    return Err(Error::PlaceTaken { path: target });
                }
                shown.bind(&source, &target, hidden);
            }
        }
    }
    Ok(Own {
        steps: shown.steps.split_off(system.steps.len()),
        executable: setting.seen(&program),
        folder: TASK.into(),
    })
}

/// Something that is shown in its own place.
pub(super) enum Piece {
    /// What is there, by its path on the machine.
    Path(PathBuf),
    Link(Link),
}

/// What a container sees beyond its code, by place: parents come before what is in them.
pub(super) fn pieces(
    setting: &Setting<'_>,
    program: &Program,
) -> Result<BTreeMap<PathBuf, Piece>, Error> {
    let Needs {
        paths, mut links, ..
    } = Search::new(setting).needs(program);
    let mut pieces = BTreeMap::new();
    let readable = setting.spec.readable.iter().map(|path| (path, true));
    let needed = paths.iter().map(|path| (path, false));
    for (path, is_asked_for) in readable.chain(needed) {
        let Some(way) = setting.follower.follow(path) else {
            continue;
        };
        let is_shown = setting
            .system
            .at(&way.target)
            .is_some_and(|at| at == way.source);
        let holds_system = !is_shown && system::is_in(&way.source, setting.system);
        if holds_system && is_asked_for {
            return Err(Error::HoldsSystem { path: path.clone() });
        }
        links.extend(way.links);
        // What is only thought to be needed doesn't count more than what is said to be hidden.
        let is_hidden = !is_asked_for && setting.hidden.contains(&way.source);
        if !holds_system && !is_hidden {
            pieces.insert(way.target, Piece::Path(way.source));
        }
    }
    for link in links {
        pieces.insert(link.target.clone(), Piece::Link(link));
    }
    pieces.retain(|target, _| !KERNEL.iter().any(|folder| target.starts_with(folder)));
    Ok(pieces)
}

/// `passwd` and `group`: by these, programs find the name and the home of who they run as.
fn identity(ids: Ids) -> [Step; 2] {
    let Ids { uid, gid } = ids;
    let passwd = format!(
        "root:x:0:0:root:/root:/sbin/nologin\n\
         nobody:x:65534:65534:nobody:/:/sbin/nologin\n\
         {USER}:x:{uid}:{gid}::/home/{USER}:/sbin/nologin\n"
    );
    let group = format!("root:x:0:\nnobody:x:65534:\n{USER}:x:{gid}:\n");
    [("/etc/passwd", passwd), ("/etc/group", group)].map(|(target, text)| Step::File {
        target: target.into(),
        text: text.into(),
    })
}

/// A copy of a file that everybody may read.
fn copy(path: &Path) -> Option<Step> {
    let file = fs::File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.mode() & 0o004 == 0 {
        return None;
    }
    let mut text = Vec::new();
    file.take(MAX_COPIED_BYTES).read_to_end(&mut text).ok()?;
    let target = path.to_owned();
    Some(Step::File { target, text })
}
