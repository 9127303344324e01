//! What processes use of the machine: CPU time by thread, memory, file handles.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use procfs::process::{Process, all_processes};

/// The CPU time of processes, by who used it.
pub(crate) type Cpu = BTreeMap<String, Duration>;

/// A process and what it has started, directly or not.
pub(crate) fn family(pid: u32) -> Result<Vec<i32>> {
    let mut children = BTreeMap::<i32, Vec<i32>>::new();
    for process in all_processes()?.flatten() {
        // One that has ended since is nobody's.
        if let Ok(stat) = process.stat() {
            children.entry(stat.ppid).or_default().push(stat.pid);
        }
    }
    let mut family = vec![i32::try_from(pid)?];
    let mut next = 0;
    while let Some(parent) = family.get(next) {
        family.extend(children.get(parent).into_iter().flatten());
        next += 1;
    }
    Ok(family)
}

/// The CPU time of a process by its threads' names, and of its descendants as
/// `descendants`. To the nanosecond, as the scheduler counts, of threads that
/// are still there; of processes that have ended, to a hundredth of a second.
pub(crate) fn cpu(pid: u32, descendants: &str) -> Result<Cpu> {
    let mut cpu = Cpu::new();
    let family = family(pid)?;
    for (generation, pid) in family.iter().enumerate() {
        let Ok(process) = Process::new(*pid) else {
            continue;
        };
        let (Ok(stat), Ok(tasks)) = (process.stat(), process.tasks()) else {
            continue;
        };
        let ended = u64::try_from(stat.cutime + stat.cstime).unwrap_or_default();
        *cpu.entry(descendants.to_owned()).or_default() += ticks(ended);
        for task in tasks.flatten() {
            let (Ok(used), Ok(stat)) = (task.schedstat(), task.stat()) else {
                continue;
            };
            let name = match generation {
                0 => stat.comm,
                _ => descendants.to_owned(),
            };
            *cpu.entry(name).or_default() += Duration::from_nanos(used.sum_exec_runtime);
        }
    }
    Ok(cpu)
}

/// The CPU time of one process, by the threads that are still there and those
/// that have ended; to a hundredth of a second.
pub(crate) fn cpu_of_process(pid: u32) -> Result<Duration> {
    let stat = Process::new(i32::try_from(pid)?)?.stat()?;
    Ok(ticks(stat.utime + stat.stime))
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / procfs::ticks_per_second() as f64)
}

/// What `after` has more than `before`.
pub(crate) fn difference(before: &Cpu, after: &Cpu) -> Cpu {
    let used = |(name, after): (&String, &Duration)| {
        let before = before.get(name).copied().unwrap_or_default();
        (name.clone(), after.saturating_sub(before))
    };
    after.iter().map(used).collect()
}

/// What a process and its descendants hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// Resident memory of the process itself.
    pub(crate) own_bytes: u64,
    /// Resident memory of its descendants.
    pub(crate) descendants_bytes: u64,
    /// File handles of the process itself.
    pub(crate) handles: usize,
    /// The descendants.
    pub(crate) descendants: usize,
}

/// What a process and its descendants hold now.
pub(crate) fn held(pid: u32) -> Result<Held> {
    let mut held = Held::default();
    let family = family(pid)?;
    for (generation, pid) in family.iter().enumerate() {
        let Ok(process) = Process::new(*pid) else {
            continue;
        };
        let Ok(stat) = process.stat() else { continue };
        let bytes = stat.rss * procfs::page_size();
        if generation == 0 {
            held.own_bytes = bytes;
            held.handles = process.fd_count()?;
        } else {
            held.descendants_bytes += bytes;
            held.descendants += 1;
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    #[test]
    fn what_a_thread_computes_is_counted_by_its_name() {
        let done = Arc::new(AtomicBool::new(false));
        let is_done = Arc::clone(&done);
        let compute = move || while !is_done.load(Ordering::Relaxed) {};
        let thread = std::thread::Builder::new().name("busy".into());
        let thread = thread.spawn(compute).expect("a thread");
        let began = Instant::now();
        let used = || {
            let cpu = cpu(std::process::id(), "descendants").expect("CPU times");
            cpu.get("busy").copied().unwrap_or_default()
        };
        while used() < Duration::from_millis(5) {
            assert!(began.elapsed() < Duration::from_secs(60), "{:?}", used());
        }
        done.store(true, Ordering::Relaxed);
        thread.join().expect("its end");
    }
}
