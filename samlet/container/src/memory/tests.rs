//! Usage, as samlet asks for it, by either way of counting.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{Container, control_groups, wait_until};
use std::fs::File;
use std::sync::Arc;

#[test]
fn what_is_in_a_containers_tmp_is_not_its_memory() {
    let Some((_alone, groups)) = control_groups() else {
        return;
    };
    let script = "read go; mount -t tmpfs -o size=200m none /mnt || echo refused
        head -c 50000000 /dev/zero > /mnt/file; echo written; read end";
    let Some(mut container) = Container::namespace(script) else {
        return;
    };
    let group = groups.create(3).unwrap();
    group.limit(1024 * MB).unwrap();
    let init = container.descendants().pids()[0];
    group.add(init).unwrap();
    container.say("go on");
    if container.line() == "refused" {
        eprintln!("skipped: nothing can be mounted here");
        return;
    }
    let tmp = File::open(format!("/proc/{}/root/mnt", init.as_raw_nonzero())).unwrap();
    assert!(group.memory().unwrap() > 50_000_000);
    assert!((50_000_000..52_000_000).contains(&bytes_in(&tmp.try_clone().unwrap().into())));
    let mut accounting = Accounting::of_group(group, Some(tmp.into()), None);
    let usage = accounting.look(20 * MB).unwrap();
    assert!(usage.now_mb < 10, "{usage:?}");
    assert!(!usage.is_over && !usage.is_hidden);
    drop(container);
}

/// Has 100 MB for a while, then less. Prints a line when it is ready for each step.
const SHRINKING: &str = "
import sys
print(flush=True)
sys.stdin.readline()
kept = bytearray(b'x') * (100 << 20)
print(flush=True)
sys.stdin.readline()
del kept
print(flush=True)
sys.stdin.readline()
";

fn assert_that_the_peak_stays(accounting: &mut Accounting, container: &mut Container) {
    container.say("grow");
    container.line();
    let usage = accounting.look(512 * MB).unwrap();
    assert!((100..140).contains(&usage.now_mb), "{usage:?}");
    assert_eq!(usage.peak_mb, usage.now_mb);
    assert!(!usage.is_over);
    assert!(accounting.look(90 * MB).unwrap().is_over);
    container.say("shrink");
    container.line();
    let usage = accounting.look(90 * MB).unwrap();
    assert!(usage.now_mb < 40 && usage.peak_mb >= 100, "{usage:?}");
    assert!(!usage.is_over);
}

#[test]
fn the_most_that_a_group_had_is_remembered() {
    let Some((_alone, groups)) = control_groups() else {
        return;
    };
    let Some(mut container) = Container::python(SHRINKING) else {
        return;
    };
    let group = groups.create(4).unwrap();
    container.line();
    for pid in container.descendants().pids() {
        group.add(pid).unwrap();
    }
    let mut accounting = Accounting::of_group(group, None, None);
    assert_that_the_peak_stays(&mut accounting, &mut container);
    drop(container);
}

#[test]
fn the_most_that_processes_had_is_remembered() {
    let Some(mut container) = Container::python(SHRINKING) else {
        return;
    };
    container.line();
    let members = Arc::new(container.descendants());
    let mut accounting = Accounting::of_processes(Processes::new(members, None));
    assert_that_the_peak_stays(&mut accounting, &mut container);
    drop(container);
    assert!(wait_until(|| accounting.look(MB).is_none()));
}

#[test]
fn a_group_that_was_at_its_limit_is_over_it() {
    let Some((_alone, groups)) = control_groups() else {
        return;
    };
    let Some(mut container) = Container::python(SHRINKING) else {
        return;
    };
    let group = groups.create(5).unwrap();
    group.limit(80 * MB).unwrap();
    container.line();
    for pid in container.descendants().pids() {
        group.add(pid).unwrap();
    }
    let mut accounting = Accounting::of_group(group, None, None);
    container.say("grow");
    assert!(wait_until(|| accounting.look(64 * MB).unwrap().is_over));
    assert!(accounting.look(64 * MB).unwrap().peak_mb >= 64);
    drop(container);
}
