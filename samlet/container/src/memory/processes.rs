//! Adds up the memory of a container's processes, where samlet may not make control groups.

use std::collections::HashMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, MemfdFlags};
use rustix::process::Pid;

use crate::members::{Files, MAX_PROCESSES, Members};

/// Longer than any process's `status` or `smaps_rollup`.
const MAX_STATUS_BYTES: usize = 4096;

/// Longer than a list of 4,096 segments, the most that Linux allows by default.
const MAX_SEGMENTS_BYTES: usize = 1024 * 1024;

/// Reading a process's proportional share may take milliseconds, since the kernel walks all its pages. At most one part
/// in this many of the time is spent on that.
const PART_FOR_SHARES: u32 = 20;

/// The memory of a container's processes, to be looked at repeatedly.
#[derive(Debug)]
pub(crate) struct Processes {
    members: Arc<Members>,
    /// The container's `/proc/sysvipc/shm`, opened by a process of the container.
    segments: Option<File>,
    /// The device number of the kernel's file system for memfds.
    memfds: Option<u64>,
    /// The `status` of the first process, which is nearly always the only one. Kept open, since that is cheaper.
    first: Option<(Pid, File)>,
    /// The processes at the last look.
    seen: Vec<Pid>,
    shares: Option<Shares>,
}

/// What a container's processes have, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    /// The most that it has had: for a single process since its start, else now.
    pub(crate) peak: u64,
    /// Whether that is over the limit, or there are too many processes or files to look at.
    pub(crate) is_over: bool,
    /// Whether samlet may not read a process's open files, which may hold memory.
    pub(crate) is_hidden: bool,
}

/// Memory that is resident or swapped, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figures {
    /// Anonymous memory and mapped files.
    private: u64,
    /// Mapped shared memory.
    shared: u64,
}

#[derive(Clone, Debug)]
struct Process {
    pid: Pid,
    parent: Option<Pid>,
    /// Its folder in `/proc`, or that of a thread if the first has ended.
    folder: String,
    peak: u64,
    figures: Figures,
}

/// The figures when the proportional shares were last read.
#[derive(Clone, Copy, Debug)]
struct Shares {
    taken: Instant,
    cost: Duration,
    /// What several processes share counts for each of them.
    resident: Figures,
    /// What several processes share counts once.
    shares: Figures,
}

impl Processes {
    pub(crate) fn new(members: Arc<Members>, segments: Option<File>) -> Self {
        let memfd = rustix::fs::memfd_create("samlet", MemfdFlags::CLOEXEC);
        let memfds = memfd.and_then(|memfd| rustix::fs::fstat(&memfd));
        Self {
            members,
            segments,
            memfds: memfds.ok().map(|stat| stat.st_dev),
            first: None,
            seen: Vec::new(),
            shares: None,
        }
    }

    /// What the processes have now; `None` if there are none.
    pub(crate) fn memory(&mut self, limit: u64) -> Option<Memory> {
        let pids = self.members.pids();
        if pids.len() > MAX_PROCESSES {
            // To read them all would take long, the more so as they take the processors' time.
            return Some(Memory {
                is_over: true,
                ..Memory::default()
            });
        }
        let processes: Vec<Process> = pids
            .iter()
            .enumerate()
            .filter_map(|(at, pid)| self.process(*pid, at == 0))
            .collect();
        if processes.is_empty() {
            return None;
        }
        let mut memory = Memory::default();
        let held = self.held(&processes, &mut memory) + self.segments();
        let mut figures = self.add_up(&processes);
        // What is open may be mapped as well.
        let total = |figures: Figures| figures.private + figures.shared.max(held);
        if let [process] = processes.as_slice() {
            memory.peak = process.peak;
        } else if total(figures) > limit {
            figures = self.by_shares(&processes, figures, |figures| total(figures) > limit);
        }
        memory.now = total(figures);
        memory.peak = memory.peak.max(memory.now);
        memory.is_over |= memory.now > limit;
        self.seen = pids;
        Some(memory)
    }

    /// A process's figures; `None` if it has ended.
    fn process(&mut self, pid: Pid, is_first: bool) -> Option<Process> {
        let folder = pid.as_raw_nonzero().to_string();
        let mut text = [0; MAX_STATUS_BYTES];
        let kept = self.first.take_if(|(of, _)| is_first && *of == pid);
        let kept = kept.and_then(|(_, file)| Some((read(&file, &mut text)?, file)));
        let (length, file) = match kept {
            Some(kept) => kept,
            None => {
                let file = self.members.open(&format!("{folder}/status")).ok()?;
                (read(&file, &mut text)?, file)
            }
        };
        if is_first {
            self.first = Some((pid, file));
        }
        // The process's name may be any bytes.
        let status = String::from_utf8_lossy(&text[..length]);
        if let Some(process) = parse(pid, &folder, &status) {
            return Some(process);
        }
        // If the first thread has ended, the figures are only found below the other threads.
        if number(&status, "Threads:")? < 2 {
            return None;
        }
        let mut found = None;
        self.members.numbers(&format!("{folder}/task"), |thread| {
            let folder = format!("{folder}/task/{}", thread.as_raw_nonzero());
            let mut text = [0; MAX_STATUS_BYTES];
            let status = self.members.open(&format!("{folder}/status")).ok();
            let length = status.and_then(|file| read(&file, &mut text)).unwrap_or(0);
            found = parse(pid, &folder, &String::from_utf8_lossy(&text[..length]));
            found.is_some()
        });
        found
    }

    /// The sum of all processes. What several processes share counts for each of them.
    ///
    /// A process that was just started shares its parent's memory: copied on write after `fork`, and all of it between
    /// `vfork` and `exec`, as with `posix_spawn`. So until the next look, only what it has beyond its parent's counts.
    fn add_up(&self, processes: &[Process]) -> Figures {
        let mut sum = Figures::default();
        for process in processes {
            let mut parent = Figures::default();
            if !self.seen.contains(&process.pid) {
                let found = processes.iter().find(|of| Some(of.pid) == process.parent);
                parent = found.map(|parent| parent.figures).unwrap_or_default();
            }
            sum.private += process.figures.private.saturating_sub(parent.private);
            sum.shared += process.figures.shared.saturating_sub(parent.shared);
        }
        sum
    }

    /// The sum of all processes, where what several share counts once. Estimated from the last figures, unless those
    /// are old or the estimate `is_over`.
    fn by_shares(
        &mut self,
        processes: &[Process],
        resident: Figures,
        is_over: impl Fn(Figures) -> bool,
    ) -> Figures {
        if let Some(last) = self.shares
            && last.taken.elapsed() < last.cost * PART_FOR_SHARES
        {
            let grown = |now: u64, then: u64| now.saturating_sub(then);
            let estimate = Figures {
                private: last.shares.private + grown(resident.private, last.resident.private),
                shared: last.shares.shared + grown(resident.shared, last.resident.shared),
            };
            if !is_over(estimate) {
                return estimate;
            }
        }
        let start = Instant::now();
        let mut processes = processes.to_vec();
        for process in &mut processes {
            if let Some(share) = self.share(&process.folder) {
                process.figures = share;
            } else if !self.is_running(process) {
                // It has ended since its figures were read: all that it shared is still counted for others.
                process.figures = Figures::default();
            }
        }
        let shares = self.add_up(&processes);
        self.shares = Some(Shares {
            taken: Instant::now(),
            cost: start.elapsed(),
            resident,
            shares,
        });
        shares
    }

    /// A process's proportional share; `None` if samlet may not read it.
    fn share(&self, folder: &str) -> Option<Figures> {
        let file = self.members.open(&format!("{folder}/smaps_rollup")).ok()?;
        let mut text = [0; MAX_STATUS_BYTES];
        let length = read(&file, &mut text)?;
        let text = String::from_utf8_lossy(&text[..length]);
        let all = number(&text, "Pss:")?;
        // Not listed before Linux 5.4.
        let shared = number(&text, "Pss_Shmem:").unwrap_or(0);
        let swapped = number(&text, "SwapPss:").unwrap_or(0);
        Some(Figures {
            private: all.saturating_sub(shared) + swapped,
            shared,
        })
    }

    /// The memory in open memfds, mapped or not.
    fn held(&self, processes: &[Process], memory: &mut Memory) -> u64 {
        let mut held = HashMap::new();
        for process in processes {
            let files = self.members.files(process.pid, |folder, name, link| {
                if !link.starts_with(b"/memfd:") {
                    return ControlFlow::Continue(());
                }
                // Another file may have such a name.
                let stat = rustix::fs::statat(folder, name, AtFlags::empty());
                if let Ok(stat) = stat
                    && Some(stat.st_dev) == self.memfds
                {
                    let blocks = u64::try_from(stat.st_blocks).unwrap_or(0);
                    held.insert(stat.st_ino, blocks * 512);
                }
                ControlFlow::Continue(())
            });
            match files {
                Files::Read | Files::Gone => {}
                Files::TooMany => memory.is_over = true,
                // While a process ends, its files can't be read either.
                Files::Hidden => memory.is_hidden |= self.is_running(process),
            }
        }
        held.values().sum()
    }

    fn is_running(&self, process: &Process) -> bool {
        let Ok(file) = self.members.open(&format!("{}/status", process.folder)) else {
            return false;
        };
        let mut text = [0; MAX_STATUS_BYTES];
        let length = read(&file, &mut text).unwrap_or(0);
        parse(process.pid, "", &String::from_utf8_lossy(&text[..length])).is_some()
    }

    /// The memory in System V segments, attached or not.
    fn segments(&self) -> u64 {
        let Some(file) = &self.segments else {
            return 0;
        };
        let mut text = Vec::new();
        let mut part = [0; MAX_STATUS_BYTES];
        while text.len() < MAX_SEGMENTS_BYTES {
            match file.read_at(&mut part, text.len() as u64) {
                Ok(0) | Err(_) => break,
                Ok(length) => text.extend_from_slice(&part[..length]),
            }
        }
        sum_of_segments(&String::from_utf8_lossy(&text))
    }
}

fn read(file: &File, text: &mut [u8]) -> Option<usize> {
    file.read_at(text, 0).ok()
}

/// Reads a process's `status`; `None` if it has no memory any more.
fn parse(pid: Pid, folder: &str, status: &str) -> Option<Process> {
    let anonymous = number(status, "RssAnon:")?;
    let files = number(status, "RssFile:")?;
    let swapped = number(status, "VmSwap:").unwrap_or(0);
    let parent = number(status, "PPid:").and_then(|pid| i32::try_from(pid).ok());
    Some(Process {
        pid,
        parent: parent.and_then(Pid::from_raw),
        folder: folder.into(),
        peak: number(status, "VmHWM:")?,
        figures: Figures {
            private: anonymous + files + swapped,
            shared: number(status, "RssShmem:")?,
        },
    })
}

/// The number that follows a name; in bytes, if it is given in kilobytes.
pub(super) fn number(text: &str, name: &str) -> Option<u64> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name))?
        .trim();
    match value.strip_suffix(" kB") {
        Some(kb) => Some(kb.trim().parse::<u64>().ok()? * 1024),
        None => value.parse().ok(),
    }
}

/// The memory in the segments of a list, resident or swapped.
/// <https://man7.org/linux/man-pages/man5/proc_sysvipc.5.html>
fn sum_of_segments(list: &str) -> u64 {
    let mut lines = list.lines();
    let names: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let at = |name| names.iter().position(|of| *of == name);
    let columns = [at("rss"), at("swap")];
    let value =
        |line: &str, column: usize| line.split_whitespace().nth(column)?.parse::<u64>().ok();
    lines
        .flat_map(|line| {
            columns
                .into_iter()
                .flatten()
                .filter_map(move |column| value(line, column))
        })
        .sum()
}

#[cfg(test)]
mod tests;
