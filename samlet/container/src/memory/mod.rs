//! How much memory a container has: counted by the kernel where samlet may make control groups, else by its processes.

pub(crate) mod cgroup;
pub(crate) mod processes;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use cgroup::Group;
use processes::Processes;

use crate::usage::Usage;

/// Bytes.
pub(crate) const MB: u64 = 1024 * 1024;

/// How a container's memory is counted.
#[derive(Debug)]
pub(crate) enum Accounting {
    /// By the kernel.
    Group {
        group: Group,
        /// The container's `/tmp`, if that is in memory. It doesn't count, since on AWS it isn't.
        tmp: Option<OwnedFd>,
        /// What the system tells of the program: of the files that it has mapped the group says nothing.
        program: Option<File>,
        /// The most that was seen, in bytes.
        peak: u64,
    },
    /// By its processes.
    Processes {
        processes: Processes,
        /// The most that was seen, in bytes.
        peak: u64,
    },
}

impl Accounting {
    /// Counted by the kernel. `tmp` is the container's `/tmp`, if that is in memory, and `program` what
    /// `/proc` has as its program's status.
    pub(crate) fn of_group(group: Group, tmp: Option<OwnedFd>, program: Option<File>) -> Self {
        Self::Group {
            group,
            tmp,
            program,
            peak: 0,
        }
    }

    /// Counted by its processes.
    pub(crate) fn of_processes(processes: Processes) -> Self {
        let peak = 0;
        Self::Processes { processes, peak }
    }

    /// What the container has now; `None` if that can't be read. Without a group, it can't once all its processes have
    /// ended.
    pub(crate) fn look(&mut self, limit_bytes: u64) -> Option<Usage> {
        match self {
            Self::Group {
                group,
                tmp,
                program,
                peak,
            } => {
                let tmp = tmp.as_ref().map_or(0, bytes_in);
                let now = group.memory()?.saturating_sub(tmp);
                let resident = program.as_ref().and_then(most_resident);
                // The program that is within its limit may map files beyond it.
                let resident = resident.unwrap_or_default().min(limit_bytes);
                *peak = now.max(resident).max(*peak);
                let was_killed = group.was_oom_killed();
                if was_killed {
                    *peak = limit_bytes.max(*peak);
                }
                Some(Usage {
                    now_mb: now.div_ceil(MB),
                    peak_mb: peak.div_ceil(MB),
                    is_over: now > limit_bytes || was_killed,
                    is_hidden: false,
                })
            }
            Self::Processes { processes, peak } => {
                let memory = processes.memory(limit_bytes)?;
                *peak = memory.peak.max(*peak);
                Some(Usage {
                    now_mb: memory.now.div_ceil(MB),
                    peak_mb: peak.div_ceil(MB),
                    is_over: memory.is_over,
                    is_hidden: memory.is_hidden,
                })
            }
        }
    }
}

/// The most that a process had resident, by its status.
fn most_resident(status: &File) -> Option<u64> {
    let mut text = [0; 4096];
    let length = status.read_at(&mut text, 0).ok()?;
    // A process may have any name.
    let text = String::from_utf8_lossy(&text[..length]);
    processes::number(&text, "VmHWM:")
}

/// How much of a file system is in use.
fn bytes_in(folder: &OwnedFd) -> u64 {
    let Ok(stat) = rustix::fs::fstatvfs(folder) else {
        return 0;
    };
    stat.f_blocks.saturating_sub(stat.f_bfree) * stat.f_frsize
}

#[cfg(test)]
mod tests;
