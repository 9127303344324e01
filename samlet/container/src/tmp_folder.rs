//! A folder for a container's temporary files, where `/tmp` can't be its own.
//!
//! What a program leaves there may be nested as deep as it likes, and closed to its owner; so it is removed level by
//! level, without recursion and with few open descriptors.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};

/// A folder that is removed with all that is in it when this is dropped.
#[derive(Debug)]
pub(crate) struct TmpFolder(PathBuf);

impl TmpFolder {
    /// Makes one with a name of its own.
    pub(crate) fn create_in(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(tempfile::tempdir_in(folder)?.keep()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TmpFolder {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            tracing::debug!(%error, folder = %self.0.display(), "a folder of temporary files is left");
        }
    }
}

/// Removes a folder and what is in it. Folders that are not empty are moved up first, to be beside their parents.
fn remove(folder: &Path) -> io::Result<()> {
    let root = open(CWD, folder)?;
    let mut moved: u64 = 0;
    loop {
        let mut is_empty = true;
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            is_empty = false;
            if remove_one(root.as_fd(), &name).is_ok() {
                continue;
            }
            let path = folder.join(&name);
            let inner = open(root.as_fd(), name.as_ref())?;
            for entry in fs::read_dir(&path)? {
                let name = entry?.file_name();
                if remove_one(inner.as_fd(), &name).is_ok() {
                    continue;
                }
                // To be moved it has to be writable, too.
                open(inner.as_fd(), name.as_ref())?;
                rustix::fs::renameat(&inner, &name, &root, free_name(&root, &mut moved))?;
            }
            rustix::fs::unlinkat(&root, &name, AtFlags::REMOVEDIR)?;
        }
        if is_empty {
            return fs::remove_dir(folder);
        }
    }
}

/// A name that nothing in this folder has.
fn free_name(folder: &OwnedFd, count: &mut u64) -> String {
    loop {
        *count += 1;
        let name = format!(".moved-{count}");
        if rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW).is_err() {
            return name;
        }
    }
}

/// Removes a file, a link or an empty folder.
fn remove_one(folder: BorrowedFd<'_>, name: &std::ffi::OsStr) -> rustix::io::Result<()> {
    rustix::fs::unlinkat(folder, name, AtFlags::empty())
        .or_else(|_| rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR))
}

/// Opens a folder, and has its owner read and change it.
fn open(folder: BorrowedFd<'_>, name: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let all = Mode::RWXU;
    // Of the folder itself, not of what a link in its place leads to: nothing of the container runs any more.
    if let Err(rustix::io::Errno::ACCESS) = rustix::fs::openat(folder, name, flags, Mode::empty()) {
        rustix::fs::chmodat(folder, name, all, AtFlags::empty())?;
    }
    let folder = rustix::fs::openat(folder, name, flags, Mode::empty())?;
    rustix::fs::fchmod(&folder, all)?;
    Ok(folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_nested_deep_or_closed_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let folder = TmpFolder::create_in(place.path()).unwrap();
        let deep = 20_000;
        let mut at = open(CWD, folder.path()).unwrap();
        for _ in 0..deep {
            rustix::fs::mkdirat(&at, "d", Mode::RWXU).unwrap();
            at = open(at.as_fd(), Path::new("d")).unwrap();
        }
        let closed = folder.path().join("closed");
        fs::create_dir_all(closed.join("inner/most")).unwrap();
        fs::write(closed.join("inner/file"), "text").unwrap();
        std::os::unix::fs::symlink("/nowhere", closed.join("link")).unwrap();
        fs::write(folder.path().join(".moved-1"), "a name that is taken").unwrap();
        for folder in ["closed/inner/most", "closed/inner", "closed"] {
            let path = closed.parent().unwrap().join(folder);
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        }
        drop(folder);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
