//! Control groups, where samlet may make them: the kernel then counts and limits a container's memory.
//!
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html>, <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use procfs::process::MountInfo;
use procfs::{FromBufRead, ProcessCGroups};
use rustix::fs::Access;
use rustix::io::Errno;
use rustix::process::Pid;

/// The name of samlet's group begins with this and ends with its process id.
const PREFIX: &str = "samlet-";

/// How often samlet tries to remove its groups at the end, and the pause in between: killed processes take a moment to
/// leave.
const REMOVALS: u32 = 20;
const REMOVAL_PAUSE: Duration = Duration::from_millis(10);

/// The page cache needs kernel memory for its own management: a buffer head of 104 bytes and part of a tree for each
/// page of 4,096, about 1/32. It is freed with the cache. Version 1 counts it as kernel memory like any other.
const CACHE_PER_KERNEL_BYTE: u64 = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// samlet's own group, in which each container gets one. Dropping it removes them, which may take 200 ms.
#[derive(Debug)]
pub(crate) struct Cgroups {
    version: Version,
    folder: PathBuf,
    /// Groups that were dropped while they still had processes.
    leftover: Arc<Mutex<Vec<PathBuf>>>,
}

impl Cgroups {
    /// Makes samlet's group, if it may make one. To be called once in a process.
    pub(crate) fn find() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        Self::find_in(&own, &mounts)
    }

    /// The kernel's version of such groups.
    pub(crate) fn version(&self) -> u8 {
        match self.version {
            Version::V1 => 1,
            Version::V2 => 2,
        }
    }

    fn find_in(own: &str, mounts: &str) -> Option<Self> {
        let own = ProcessCGroups::from_buf_read(own.as_bytes()).ok()?;
        let mounts: Vec<MountInfo> = mounts
            .lines()
            .filter_map(|line| MountInfo::from_line(line).ok())
            .collect();
        let v2 = mounts.iter().find(|mount| mount.fs_type == "cgroup2");
        let own_v2 = own.0.iter().find(|group| group.hierarchy == 0);
        if let (Some(mount), Some(own)) = (v2, own_v2)
            && let Some(own) = below(mount, &own.pathname)
            && let Some(found) = Self::find_v2(&mount.mount_point, &own)
        {
            return Some(found);
        }
        let v1 = mounts.iter().find(|mount| {
            mount.fs_type == "cgroup" && mount.super_options.contains_key("memory")
        })?;
        let has_memory = |name: &String| name == "memory";
        let own_v1 = own
            .0
            .iter()
            .find(|group| group.controllers.iter().any(has_memory))?;
        Self::make(Version::V1, &below(v1, &own_v1.pathname)?)
    }

    /// Finds the nearest ancestor of samlet's own group where a group with the memory controller can be made. samlet's
    /// own group rarely is: except for the root, a group with processes can't enable controllers for its children.
    fn find_v2(mount: &Path, own: &Path) -> Option<Self> {
        own.ancestors()
            .take_while(|place| place.starts_with(mount))
            .find_map(|place| {
                // To move a process, samlet must be able to write to the common ancestor of both groups.
                rustix::fs::access(place.join("cgroup.procs"), Access::WRITE_OK).ok()?;
                enable_memory(place).ok()?;
                Self::make(Version::V2, place)
            })
    }

    /// Makes samlet's group in `place`, and removes those of samlets that have ended.
    fn make(version: Version, place: &Path) -> Option<Self> {
        remove_abandoned(place);
        let own = rustix::process::getpid().as_raw_nonzero();
        let folder = place.join(format!("{PREFIX}{own}"));
        // It may be left from an earlier samlet with the same process id, as is usual in Docker.
        if let Err(error) = fs::create_dir(&folder)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return None;
        }
        let found = Self {
            version,
            folder,
            leftover: Arc::default(),
        };
        let works = match version {
            Version::V1 => found.folder.join("memory.limit_in_bytes").exists(),
            Version::V2 => {
                found.folder.join("memory.max").exists() && enable_memory(&found.folder).is_ok()
            }
        };
        // Otherwise it is dropped, which removes the folder.
        works.then_some(found)
    }

    /// Makes the group of a container. Fails if `number` is in use.
    pub(crate) fn create(&self, number: u64) -> io::Result<Group> {
        self.sweep();
        let folder = self.folder.join(number.to_string());
        fs::create_dir(&folder)?;
        Group::open(self.version, folder, Arc::clone(&self.leftover))
    }

    /// Tries to remove the groups that were dropped. Returns whether all of them are gone.
    fn sweep(&self) -> bool {
        let mut leftover = self.leftover.lock().unwrap_or_else(PoisonError::into_inner);
        leftover.retain(|folder| !is_removed(folder));
        leftover.is_empty()
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        for _ in 0..REMOVALS {
            if self.sweep() && is_removed(&self.folder) {
                return;
            }
            thread::sleep(REMOVAL_PAUSE);
        }
        // The next samlet removes what is left.
    }
}

/// The group of a container. Dropping it removes it, or leaves that to the next `create` if it still has processes.
#[derive(Debug)]
pub(crate) struct Group {
    version: Version,
    folder: PathBuf,
    stat: File,
    /// Has the number of processes that were killed for want of memory.
    kills: File,
    /// Has the kernel memory, in version 1.
    kernel: Option<File>,
    leftover: Arc<Mutex<Vec<PathBuf>>>,
}

impl Group {
    fn open(
        version: Version,
        folder: PathBuf,
        leftover: Arc<Mutex<Vec<PathBuf>>>,
    ) -> io::Result<Self> {
        let (kills, kernel) = match version {
            Version::V1 => ("memory.oom_control", Some("memory.kmem.usage_in_bytes")),
            Version::V2 => ("memory.events", None),
        };
        Ok(Self {
            version,
            stat: File::open(folder.join("memory.stat"))?,
            kills: File::open(folder.join(kills))?,
            kernel: kernel.and_then(|name| File::open(folder.join(name)).ok()),
            folder,
            leftover,
        })
    }

    /// A file through which a process enters the group by itself, with its only thread, when it writes 0: that takes
    /// microseconds. Where there is none, see [`Group::add`].
    pub(crate) fn entrance(&self) -> Option<File> {
        let path = self.folder.join("tasks");
        let is_first = self.version == Version::V1;
        is_first.then(|| File::options().write(true).open(path).ok())?
    }

    /// Whether no process is in the group.
    pub(crate) fn is_empty(&self) -> bool {
        let processes = fs::read(self.folder.join("cgroup.procs"));
        processes.is_ok_and(|processes| processes.is_empty())
    }

    /// Moves a process into the group. Processes that it starts later are in the group too. May take 10 ms.
    pub(crate) fn add(&self, pid: Pid) -> io::Result<()> {
        self.write("cgroup.procs", &pid.as_raw_nonzero().to_string())
    }

    /// Sets the hard limit, at which the kernel kills. Files in a `/tmp` that is in memory count towards it.
    pub(crate) fn limit(&self, bytes: u64) -> io::Result<()> {
        let bytes = bytes.to_string();
        match self.version {
            Version::V1 => {
                self.write("memory.limit_in_bytes", &bytes)?;
                // Not every kernel counts swap.
                if self.write("memory.memsw.limit_in_bytes", &bytes).is_err() {
                    self.write("memory.swappiness", "0").ok();
                }
            }
            Version::V2 => {
                self.write("memory.max", &bytes)?;
                // Missing in kernels without swap, and before Linux 4.19.
                self.write("memory.swap.max", "0").ok();
                self.write("memory.oom.group", "1").ok();
            }
        }
        Ok(())
    }

    /// The group's anonymous, shared and kernel memory, in bytes. The page cache doesn't count, since the kernel can
    /// reclaim it. Files in a `/tmp` that is in memory do count.
    pub(crate) fn memory(&self) -> Option<u64> {
        let mut text = [0; 4096];
        let stat = read(&self.stat, &mut text)?;
        let field = |name| field(stat, name);
        let some = |name| field(name).unwrap_or(0);
        if self.version == Version::V1 {
            let files = some("cache").saturating_sub(some("shmem"));
            let kernel = self
                .kernel_memory()
                .saturating_sub(files / CACHE_PER_KERNEL_BYTE);
            return Some(field("rss")? + some("shmem") + some("swap") + kernel);
        }
        let kernel = match field("kernel") {
            // Caches of inodes and the like can be reclaimed too.
            Some(kernel) => kernel.saturating_sub(some("slab_reclaimable")),
            // Before Linux 5.18.
            None => ["slab_unreclaimable", "kernel_stack", "pagetables", "percpu"]
                .into_iter()
                .map(some)
                .sum(),
        };
        Some(field("anon")? + field("shmem")? + some("sock") + kernel)
    }

    fn kernel_memory(&self) -> u64 {
        let mut text = [0; 32];
        let text = self.kernel.as_ref().and_then(|file| read(file, &mut text));
        text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Whether the kernel has killed one of its processes for want of memory.
    pub(crate) fn was_oom_killed(&self) -> bool {
        let mut text = [0; 512];
        let kills = read(&self.kills, &mut text).and_then(|text| field(text, "oom_kill"));
        kills.is_some_and(|kills| kills > 0)
    }

    fn write(&self, name: &str, value: &str) -> io::Result<()> {
        write(&self.folder.join(name), value)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if is_removed(&self.folder) {
            return;
        }
        let mut leftover = self.leftover.lock().unwrap_or_else(PoisonError::into_inner);
        leftover.push(std::mem::take(&mut self.folder));
    }
}

/// The folder of a group in this mount.
fn below(mount: &MountInfo, group: &str) -> Option<PathBuf> {
    let group = Path::new(group).strip_prefix(&mount.root).ok()?;
    // A group outside of samlet's cgroup namespace begins with `..`.
    if !group
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    Some(mount.mount_point.join(group))
}

/// Enables the memory controller for the children of a group of version 2.
fn enable_memory(group: &Path) -> io::Result<()> {
    let enabled = fs::read_to_string(group.join("cgroup.subtree_control"))?;
    if enabled
        .split_ascii_whitespace()
        .any(|name| name == "memory")
    {
        return Ok(());
    }
    write(&group.join("cgroup.subtree_control"), "+memory")
}

/// Removes the groups of samlets that were killed before they could do so.
fn remove_abandoned(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let Some(pid) = pid.and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        let is_own = pid == rustix::process::getpid();
        let has_ended = rustix::process::test_kill_process(pid) == Err(Errno::SRCH);
        if !is_own && !has_ended {
            continue;
        }
        let groups = fs::read_dir(entry.path()).into_iter().flatten().flatten();
        for group in groups.filter(|group| group.path().is_dir()) {
            is_removed(&group.path());
        }
        is_removed(&entry.path());
    }
}

/// Removes a group if it has no processes. Returns whether it is gone.
fn is_removed(folder: &Path) -> bool {
    match fs::remove_dir(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Writes to a file that must exist, in one write, as the kernel wants it.
fn write(path: &Path, value: &str) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.write_at(value.as_bytes(), 0).map(drop)
}

fn read<'a>(file: &File, text: &'a mut [u8]) -> Option<&'a str> {
    let length = file.read_at(text, 0).ok()?;
    std::str::from_utf8(&text[..length]).ok()
}

/// The number that follows a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(value)
}

#[cfg(test)]
mod tests;
