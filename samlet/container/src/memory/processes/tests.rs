//! The memory of real processes that share, hide and outgrow it.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::memory::MB;
use crate::testing::{Container, wait_until};

fn processes(container: &Container) -> Processes {
    Processes::new(Arc::new(container.descendants()), None)
}

/// As if there had been a look already: what is new counts less.
fn memory(processes: &mut Processes, limit_mb: u64) -> Memory {
    processes.memory(limit_mb * MB).unwrap();
    processes.memory(limit_mb * MB).unwrap()
}

fn is_about(bytes: u64, mb: u64) -> bool {
    (mb * MB..(mb + 40) * MB).contains(&bytes)
}

#[test]
fn one_process_has_what_is_resident_and_had_what_was() {
    let script = "
import sys
kept = bytearray(b'x') * (100 << 20)
kept = bytearray(b'x') * (50 << 20)
print(flush=True)
sys.stdin.readline()
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    container.line();
    let mut processes = processes(&container);
    let memory = memory(&mut processes, 512);
    assert!(is_about(memory.now, 50), "{memory:?}");
    assert!(is_about(memory.peak, 150), "{memory:?}");
    assert!(!memory.is_over && !memory.is_hidden);
    assert!(processes.memory(50 * MB).unwrap().is_over);
    drop(container);
    assert!(wait_until(|| processes.memory(512 * MB).is_none()));
}

#[test]
fn what_forks_share_counts_once() {
    let script = "
import os, sys, time
kept = bytearray(b'x') * (60 << 20)
for _ in range(50):
    if os.fork() == 0:
        time.sleep(60)
print(flush=True)
sys.stdin.readline()
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    container.line();
    let mut processes = processes(&container);
    let memory = memory(&mut processes, 512);
    assert!(processes.members.pids().len() == 51);
    assert!(!memory.is_over, "{memory:?}");
    assert!((60 * MB..200 * MB).contains(&memory.now), "{memory:?}");
    assert!(processes.memory(50 * MB).unwrap().is_over);
}

#[test]
fn memory_in_a_grandchild_counts() {
    let script = "
import os, sys
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        kept = bytearray(b'x') * (100 << 20)
        print(flush=True)
    sys.stdin.readline()
else:
    os.wait()
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    container.line();
    let memory = memory(&mut processes(&container), 90);
    assert!(is_about(memory.now, 100), "{memory:?}");
    assert!(memory.is_over);
}

#[test]
fn memory_in_files_without_a_name_counts_once_mapped_or_not() {
    let script = "
import mmap, os, sys
held = os.memfd_create('held' * 60)
for _ in range(100):
    os.write(held, b'x' * (1 << 20))
if os.fork() == 0:
    sys.stdin.readline()
print(flush=True)
sys.stdin.readline()
mapped = mmap.mmap(held, 100 << 20)
for at in range(0, 100 << 20, 4096):
    mapped[at] = 1
print(flush=True)
sys.stdin.readline()
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    container.line();
    let mut processes = processes(&container);
    let unmapped = memory(&mut processes, 512);
    assert!(is_about(unmapped.now, 100), "{unmapped:?}");
    container.say("map\nmap");
    container.line();
    let mapped = memory(&mut processes, 512);
    assert!(is_about(mapped.now, 100), "{mapped:?}");
    assert!(processes.memory(90 * MB).unwrap().is_over);
}

#[test]
fn a_process_whose_first_thread_has_ended_still_has_its_memory() {
    let script = "
import ctypes, threading, time
kept = bytearray(b'x') * (100 << 20)
threading.Thread(target=time.sleep, args=(60,)).start()
print(flush=True)
ctypes.CDLL(None).syscall(60, 0)
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    container.line();
    let mut processes = processes(&container);
    let python = processes.members.pids()[0];
    let path = format!("/proc/{}/status", python.as_raw_nonzero());
    let has_ended = || std::fs::read_to_string(&path).unwrap().contains("(zombie)");
    if cfg!(target_arch = "x86_64") {
        assert!(wait_until(has_ended));
    }
    let memory = memory(&mut processes, 512);
    assert!(is_about(memory.now, 100), "{memory:?}");
}

#[test]
fn more_files_than_are_looked_at_are_too_much() {
    let script = "
import os, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(2000, most), most))
try:
    for _ in range(1100):
        os.dup(0)
    print('done', flush=True)
except OSError:
    print('refused', flush=True)
sys.stdin.readline()
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    if container.line() != "done" {
        eprintln!("skipped: a process may not have this many files here");
        return;
    }
    assert!(memory(&mut processes(&container), 512).is_over);
}

#[test]
fn a_process_that_hides_its_files_is_noticed() {
    let script = "
import ctypes, sys
print(flush=True)
sys.stdin.readline()
ctypes.CDLL(None).prctl(4, 0)
print(flush=True)
sys.stdin.readline()
";
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: nothing is hidden from root");
        return;
    }
    let Some(mut container) = Container::python(script) else {
        return;
    };
    container.line();
    let mut processes = processes(&container);
    assert!(!memory(&mut processes, 512).is_hidden);
    container.say("hide");
    container.line();
    assert!(memory(&mut processes, 512).is_hidden);
}

#[test]
fn a_process_about_to_execute_a_program_is_not_counted_with_its_parents_memory() {
    let pid = |pid| Pid::from_raw(pid).unwrap();
    let process = |own, parent, mb| Process {
        pid: pid(own),
        parent: Pid::from_raw(parent),
        folder: String::new(),
        peak: 0,
        figures: Figures {
            private: mb * MB,
            shared: mb,
        },
    };
    let container = Container::shell("sleep 60");
    let mut processes = processes(&container);
    processes.seen = vec![pid(10)];
    let of = |mb| Figures {
        private: mb * MB,
        shared: mb,
    };
    let first = process(10, 1, 300);
    let twice = [first.clone(), process(11, 10, 300)];
    assert_eq!(processes.add_up(&twice), of(300));
    let grown = [first.clone(), process(11, 10, 400)];
    assert_eq!(processes.add_up(&grown), of(400));
    let of_another = [first, process(11, 1, 200)];
    assert_eq!(processes.add_up(&of_another), of(500));
    processes.seen = vec![pid(10), pid(11)];
    assert_eq!(processes.add_up(&twice), of(600));
}

#[test]
fn segments_of_system_v_are_added_up() {
    let list = "       key      shmid perms   size  cpid  lpid nattch   rss   swap\n\
         0          0  1600  1000000   9     9      1  8192      0\n\
         0         32  1600  1000000   9     9      0  4096   4096\n";
    assert_eq!(sum_of_segments(list), 16384);
    assert_eq!(sum_of_segments(""), 0);
    let own = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
    assert!(own.contains(" rss ") && own.contains(" swap"));
}
