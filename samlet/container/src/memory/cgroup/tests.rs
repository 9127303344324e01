//! Control groups: real ones where they can be made, else folders that look like them.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::memory::MB;
use crate::testing::{Container, alone, control_groups, wait_until};
use std::process::Command;

fn has_python() -> bool {
    let found = Command::new("python3").arg("-V").output().is_ok();
    if !found {
        eprintln!("skipped: there is no python3");
    }
    found
}

#[test]
fn a_groups_memory_is_that_of_all_its_processes_without_files() {
    let Some((_alone, groups)) = control_groups() else {
        return;
    };
    if !has_python() {
        return;
    }
    let group = groups.create(1).unwrap();
    group.limit(1024 * MB).unwrap();
    // The memory is a grandcontainer's; 200 MB are a file that was written and read.
    let on_disk = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir_in(on_disk.parent().unwrap()).unwrap();
    let file = folder.path().join("file");
    let python = "import sys, time; kept = bytearray(b'x') * (100 << 20); time.sleep(60)";
    let script = format!(
        "read go; head -c 200000000 /dev/zero > {0}; cat {0} > /dev/null; python3 -c \"{python}\" & wait",
        file.display()
    );
    let mut container = Container::shell(&script);
    group.add(container.init()).unwrap();
    assert!(group.memory().unwrap() < 10 * MB);
    container.say("go on");
    assert!(wait_until(|| group.memory().unwrap() > 100 * MB));
    assert!(group.memory().unwrap() < 130 * MB);
    assert!(!group.was_oom_killed());
    drop(container);
    assert!(wait_until(|| group.memory().unwrap() < 5 * MB));
    let folder = group.folder.clone();
    drop(group);
    assert!(wait_until(|| {
        groups.sweep();
        !folder.exists()
    }));
    let own = groups.folder.clone();
    drop(groups);
    assert!(!own.exists());
}

#[test]
fn shared_memory_counts_and_a_group_at_its_limit_loses_a_process() {
    let Some((_alone, groups)) = control_groups() else {
        return;
    };
    if !has_python() {
        return;
    }
    let group = groups.create(2).unwrap();
    group.limit(100 * MB).unwrap();
    let python = "import os, sys; f = os.memfd_create('m'); \
        [os.write(f, b'x' * (1 << 20)) for _ in range(int(sys.argv[1]))]; sys.stdin.readline()";
    let script =
        format!("read go; python3 -c \"{python}\" 60; python3 -c \"{python}\" 400; read end");
    let mut container = Container::shell(&script);
    group.add(container.init()).unwrap();
    container.say("go on");
    assert!(wait_until(|| group.memory().unwrap() > 60 * MB));
    assert!(group.memory().unwrap() < 90 * MB);
    assert!(!group.was_oom_killed());
    container.say("go on");
    assert!(wait_until(|| group.was_oom_killed()));
    drop(container);
}

/// Makes a folder with files, in place of a control group.
fn pretend(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn mounts(point: &Path) -> String {
    format!("41 31 0:38 / {} rw - cgroup2 cgroup2 rw\n", point.display())
}

#[test]
fn version_2_is_used_beside_samlets_own_group_where_that_is_delegated() {
    let _alone = alone();
    let root = tempfile::tempdir().unwrap();
    let slice = root.path().join("user.slice/app.slice");
    let procs = ("cgroup.procs", "");
    let with_memory = ("cgroup.subtree_control", "cpu memory pids");
    pretend(root.path(), &[procs, with_memory]);
    pretend(&slice, &[procs, with_memory]);
    pretend(&slice.join("samlet.scope"), &[procs]);
    let own = format!("{PREFIX}{}", rustix::process::getpid().as_raw_nonzero());
    let own = slice.join(own);
    pretend(
        &own,
        &[("memory.max", "max"), ("cgroup.subtree_control", "")],
    );
    let abandoned = slice.join(format!("{PREFIX}{}", i32::MAX));
    pretend(&abandoned.join("7"), &[]);
    let stat = "anon 1000\nfile 5000000\nkernel 500\nkernel_stack 100\nshmem 3000\nsock 7\n\
        slab_reclaimable 200\n";
    let files = [
        ("memory.stat", stat),
        (
            "memory.events",
            "low 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0\n",
        ),
        ("memory.max", "max"),
        ("memory.swap.max", "max"),
        ("memory.oom.group", "0"),
        procs,
    ];
    pretend(&own.join("5"), &files);

    let cgroup = "4:cpu:/\n0::/user.slice/app.slice/samlet.scope\n";
    let groups = Cgroups::find_in(cgroup, &mounts(root.path())).unwrap();
    assert_eq!((groups.version, &groups.folder), (Version::V2, &own));
    assert!(!abandoned.exists());
    let read = |name| fs::read_to_string(own.join(name)).unwrap();
    assert_eq!(read("cgroup.subtree_control"), "+memory");
    assert!(groups.create(5).is_err());
    let group = Group::open(groups.version, own.join("5"), Arc::default()).unwrap();
    assert_eq!(group.memory(), Some(1000 + 3000 + 300 + 7));
    group.limit(9000).unwrap();
    group.add(Pid::from_raw(123).unwrap()).unwrap();
    assert!(read("5/memory.max").starts_with("9000"));
    assert!(read("5/memory.swap.max").starts_with('0'));
    assert_eq!(read("5/memory.oom.group"), "1");
    assert_eq!(read("5/cgroup.procs"), "123");
    assert!(!group.was_oom_killed());
    fs::write(own.join("5/memory.events"), "oom 1\noom_kill 2\n").unwrap();
    assert!(group.was_oom_killed());
    // Before Linux 5.18.
    let stat = "anon 10\nshmem 20\nkernel_stack 1\npagetables 2\nslab_unreclaimable 4\n";
    fs::write(own.join("5/memory.stat"), stat).unwrap();
    assert_eq!(group.memory(), Some(37));
}

#[test]
fn nothing_is_made_where_no_memory_would_be_counted() {
    let _alone = alone();
    let root = tempfile::tempdir().unwrap();
    let scope = root.path().join("scope");
    pretend(
        root.path(),
        &[("cgroup.procs", ""), ("cgroup.subtree_control", "memory")],
    );
    pretend(
        &scope,
        &[("cgroup.procs", ""), ("cgroup.subtree_control", "")],
    );
    let entries = || fs::read_dir(root.path()).unwrap().count();
    let before = entries();
    assert!(Cgroups::find_in("0::/scope\n", &mounts(root.path())).is_none());
    assert!(Cgroups::find_in("0::/../elsewhere\n", &mounts(root.path())).is_none());
    assert!(Cgroups::find_in("0::/scope\n", "").is_none());
    assert_eq!(entries(), before);
}

#[test]
fn version_1_is_found_where_only_a_part_of_it_is_mounted() {
    let _alone = alone();
    let root = tempfile::tempdir().unwrap();
    let own = format!("{PREFIX}{}", rustix::process::getpid().as_raw_nonzero());
    let own = root.path().join("inner").join(own);
    pretend(&own, &[("memory.limit_in_bytes", "")]);
    let mount = format!(
        "35 31 0:32 /docker/abc {} rw,nosuid shared:9 - cgroup cgroup rw,memory\n",
        root.path().display()
    );
    let groups = Cgroups::find_in("4:memory:/docker/abc/inner\n0::/\n", &mount).unwrap();
    assert_eq!((groups.version, &groups.folder), (Version::V1, &own));
    assert!(Cgroups::find_in("4:memory:/docker/other\n", &mount).is_none());
}
