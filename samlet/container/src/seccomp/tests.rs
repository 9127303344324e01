//! The filter, tried with real system calls. Each would fail otherwise, or harm nobody, if it were let through.

use std::net::ToSocketAddrs;
use std::process::Command;

use libc::{EAFNOSUPPORT, EBADF, EFAULT, EINVAL, ENOSYS, EPERM, ESRCH};
use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};

use super::{
    Others, REFUSED, REFUSED_IF_VISIBLE, SYS_OPEN_TREE_ATTR, Wanted, c_long, filter, number,
};
use crate::child;

/// Above the 32 bits that the kernel looks at.
const GARBAGE: u64 = 0xdead_beef_0000_0000;

/// Another process's number, for there are none as high as this.
const OTHER: u64 = 0x7fff_0000;

/// No address.
const BAD: u64 = 1;

/// The call succeeds.
const OK: i32 = 0;

/// A call, its arguments, and the errno with [`Others::Hidden`] and with [`Others::Visible`].
type Case = (c_long, [u64; 5], i32, i32);

/// What the C libraries give where there are none.
const NONE: [u64; 5] = [0; 5];

fn cases() -> Vec<Case> {
    let mut cases = limits_and_scheduling();
    cases.extend(processes_and_sockets());
    cases.extend(REFUSED.map(|call| (call, NONE, EPERM, EPERM)));
    cases
}

#[rustfmt::skip]
fn limits_and_scheduling() -> Vec<Case> {
    let cpus = libc::SYS_sched_setaffinity;
    let limit = libc::SYS_prlimit64;
    let nice = libc::SYS_setpriority;
    let ioprio = libc::SYS_ioprio_set;
    vec![
        (limit, [0, 0, 0, 0, 0], OK, OK),
        (limit, [0, 0, BAD, 0, 0], EFAULT, EFAULT),
        (limit, [GARBAGE, 0, BAD, 0, 0], EFAULT, EFAULT),
        (limit, [1, 0, BAD, 0, 0], EPERM, EPERM),
        (limit, [1, 0, 1 << 32, 0, 0], EPERM, EPERM),
        (limit, [GARBAGE | 1, 0, BAD, 0, 0], EPERM, EPERM),
        (limit, [OTHER, 0, BAD, 0, 0], EFAULT, EPERM),
        (limit, [OTHER, 0, 0, 0, 0], ESRCH, ESRCH),
        (cpus, [0, 8, BAD, 0, 0], EFAULT, EFAULT),
        (cpus, [GARBAGE, 8, BAD, 0, 0], EFAULT, EFAULT),
        (cpus, [1, 8, BAD, 0, 0], EPERM, EPERM),
        (cpus, [GARBAGE | 1, 8, BAD, 0, 0], EPERM, EPERM),
        (cpus, [OTHER, 8, BAD, 0, 0], EFAULT, EPERM),
        (libc::SYS_sched_setscheduler, [0, 0, BAD, 0, 0], EFAULT, EFAULT),
        (libc::SYS_sched_setscheduler, [1, 0, BAD, 0, 0], EPERM, EPERM),
        (libc::SYS_sched_setscheduler, [OTHER, 0, BAD, 0, 0], EFAULT, EPERM),
        (libc::SYS_sched_setparam, [0, BAD, 0, 0, 0], EFAULT, EFAULT),
        (libc::SYS_sched_setparam, [GARBAGE | 1, BAD, 0, 0, 0], EPERM, EPERM),
        (libc::SYS_sched_setparam, [OTHER, BAD, 0, 0, 0], EFAULT, EPERM),
        (libc::SYS_sched_setattr, [0, BAD, 0, 0, 0], EFAULT, EFAULT),
        (libc::SYS_sched_setattr, [1, BAD, 0, 0, 0], EPERM, EPERM),
        (libc::SYS_sched_setattr, [OTHER, BAD, 0, 0, 0], EFAULT, EPERM),
        (nice, [7, 0, 0, 0, 0], EINVAL, EINVAL),
        (nice, [0, 1, 0, 0, 0], EPERM, EPERM),
        (nice, [GARBAGE, GARBAGE | 1, 0, 0, 0], EPERM, EPERM),
        (nice, [1, 1, 0, 0, 0], EPERM, EPERM),
        (nice, [2, 0, 0, 0, 0], EPERM, EPERM),
        (nice, [GARBAGE | 2, OTHER, 0, 0, 0], EPERM, EPERM),
        (nice, [0, OTHER, 0, 0, 0], ESRCH, EPERM),
        (nice, [1, OTHER, 0, 0, 0], ESRCH, EPERM),
        (ioprio, [7, 0, 0, 0, 0], EINVAL, EINVAL),
        (ioprio, [1, 1, 0, 0, 0], EPERM, EPERM),
        (ioprio, [2, GARBAGE | 1, 0, 0, 0], EPERM, EPERM),
        (ioprio, [GARBAGE | 3, 0, 0, 0, 0], EPERM, EPERM),
        (ioprio, [1, OTHER, 0, 0, 0], ESRCH, EPERM),
    ]
}

#[rustfmt::skip]
fn processes_and_sockets() -> Vec<Case> {
    let clone = libc::SYS_clone;
    let unshare = libc::SYS_unshare;
    let signal = number(libc::SIGCHLD);
    let user = number(libc::CLONE_NEWUSER);
    let ioctl = libc::SYS_ioctl;
    let (sti, linux) = (u64::from(libc::TIOCSTI as u32), u64::from(libc::TIOCLINUX as u32));
    let socket = libc::SYS_socket;
    let datagrams = number(libc::SOCK_DGRAM);
    let family = |family: libc::c_int| [number(family), datagrams, 0, 0, 0];
    let mut cases = vec![
        (libc::SYS_clone3, NONE, ENOSYS, ENOSYS),
        (clone, [signal, 0, 0, 0, 0], OK, OK),
        (clone, [GARBAGE | user | signal, 0, 0, 0, 0], EPERM, EPERM),
        (unshare, [number(libc::CLONE_FILES | libc::CLONE_FS), 0, 0, 0, 0], EPERM, EPERM),
        (clone, [number(libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND), 0, 0, 0, 0], EPERM, EPERM),
        (libc::SYS_close_range, [3000, 3000, GARBAGE | 2, 0, 0], EPERM, EPERM),
        (libc::SYS_close_range, [3000, 3000, 4, 0, 0], OK, OK),
        (libc::SYS_memfd_create, [BAD, 4, 0, 0, 0], EPERM, EPERM),
        (libc::SYS_memfd_create, [BAD, 1, 0, 0, 0], EFAULT, EFAULT),
        (unshare, [number(libc::CLONE_FS), 0, 0, 0, 0], OK, OK),
        (unshare, NONE, OK, OK),
        (unshare, [user, 0, 0, 0, 0], EPERM, EPERM),
        (unshare, [GARBAGE | user, 0, 0, 0, 0], EPERM, EPERM),
        // CLONE_NEWTIME.
        (unshare, [0x80, 0, 0, 0, 0], EPERM, EPERM),
        (ioctl, [u64::MAX, sti, 0, 0, 0], EPERM, EPERM),
        (ioctl, [0, GARBAGE | sti, 0, 0, 0], EPERM, EPERM),
        (ioctl, [0, GARBAGE | linux, 0, 0, 0], EPERM, EPERM),
        (ioctl, [u64::MAX, 0, 0, 0, 0], EBADF, EBADF),
        (socket, family(libc::AF_UNIX), OK, OK),
        (socket, family(libc::AF_INET), OK, OK),
        (socket, family(libc::AF_NETLINK), OK, OK),
        (socket, [GARBAGE | 2, datagrams, 0, 0, 0], OK, OK),
        (socket, family(libc::AF_ALG), EAFNOSUPPORT, EAFNOSUPPORT),
        (socket, family(libc::AF_PACKET), EAFNOSUPPORT, EAFNOSUPPORT),
        (socket, family(libc::AF_VSOCK), EAFNOSUPPORT, EAFNOSUPPORT),
        (socket, [GARBAGE | 40, datagrams, 0, 0, 0], EAFNOSUPPORT, EAFNOSUPPORT),
        (libc::SYS_socketpair, [1, datagrams, 0, 0, 0], EFAULT, EFAULT),
        (libc::SYS_socketpair, [30, datagrams, 0, BAD, 0], EAFNOSUPPORT, EAFNOSUPPORT),
        // Of no bytes. With visible processes, Landlock refuses more.
        (libc::SYS_process_vm_readv, [GARBAGE | 1, 0, 0, 0, 0], EPERM, OK),
        (libc::SYS_process_vm_writev, [1, 0, 0, 0, 0], EPERM, OK),
        (libc::SYS_ptrace, [2, GARBAGE | 1, 0, 0, 0], EPERM, ESRCH),
        (libc::SYS_ptrace, [2, OTHER, 0, 0, 0], ESRCH, ESRCH),
        (libc::SYS_kill, [GARBAGE | 0xffff_ffff, 0, 0, 0, 0], OK, EPERM),
        (libc::SYS_kill, [0, 0, 0, 0, 0], OK, OK),
        (libc::SYS_kcmp, [OTHER, OTHER, 0, 0, 0], ESRCH, EPERM),
        (libc::SYS_pidfd_getfd, [u64::MAX, 0, 0, 0, 0], EBADF, EPERM),
        (libc::SYS_shmat, [OTHER, 0, 0, 0, 0], EINVAL, EPERM),
        (libc::SYS_mq_open, NONE, EFAULT, EPERM),
        (SYS_OPEN_TREE_ATTR, NONE, EPERM, EPERM),
        (libc::SYS_getpid | 0x4000_0000, NONE, ENOSYS, ENOSYS),
    ];
    let namespaces = super::NAMESPACES.map(|flag| number(flag) | signal);
    cases.extend(namespaces.map(|flags| (clone, [flags, 0, 0, 0, 0], EPERM, EPERM)));
    cases
}

/// Installs the filter in this thread, and in those that it starts.
#[allow(unsafe_code)]
fn install(others: Others, stay_dumpable: bool) {
    rustix::thread::set_no_new_privs(true).unwrap();
    let wanted = Wanted {
        others,
        stay_dumpable,
    };
    let mut filter = filter(wanted).unwrap();
    assert_eq!(filter.len() % 8, 0);
    let program = libc::sock_fprog {
        len: (filter.len() / 8).try_into().unwrap(),
        filter: filter.as_mut_ptr().cast(),
    };
    // SAFETY: the kernel copies the filter, whose address needs no alignment and whose length is right.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const program,
        )
    };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}

/// The call's errno, or [`OK`].
#[allow(unsafe_code)]
fn errno(call: c_long, arguments: [u64; 5]) -> i32 {
    let [a, b, c, d, e] = arguments;
    // SAFETY: the cases give no address of this process; a copy of it ends at once.
    let result = unsafe {
        let result = libc::syscall(call, a, b, c, d, e);
        if call == libc::SYS_clone && result == 0 {
            libc::_exit(0);
        }
        result
    };
    match result {
        -1 => std::io::Error::last_os_error().raw_os_error().unwrap(),
        _ => OK,
    }
}

fn check(others: Others) {
    install(others, true);
    let mut wrong = Vec::new();
    for (call, arguments, hidden, visible) in cases() {
        let expected = match others {
            Others::Hidden => hidden,
            Others::Visible => visible,
        };
        let found = errno(call, arguments);
        if found != expected {
            wrong.push(format!("{call} {arguments:x?}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // What functions do works.
    let thread = std::thread::spawn(|| std::thread::spawn(|| 7).join().unwrap());
    assert_eq!(thread.join().unwrap(), 7);
    assert!(Command::new("true").status().unwrap().success());
    assert!(("localhost", 80).to_socket_addrs().is_ok());
    set_dumpable_behavior(DumpableBehavior::NotDumpable).unwrap();
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::Dumpable);
}

/// What libc does for a thread that names itself by its number.
#[allow(unsafe_code)]
fn set_own_affinity() -> i32 {
    // SAFETY: the set of CPUs is large enough, and this process's own.
    unsafe {
        let mut cpus: libc::cpu_set_t = std::mem::zeroed();
        let size = size_of_val(&cpus);
        let thread = libc::pthread_self();
        assert_eq!(libc::pthread_getaffinity_np(thread, size, &raw mut cpus), 0);
        libc::pthread_setaffinity_np(thread, size, &raw const cpus)
    }
}

#[test]
fn beside_a_hidden_init() {
    child::run("seccomp::tests::beside_a_hidden_init", || {
        check(Others::Hidden);
        assert_eq!(set_own_affinity(), OK);
    });
}

#[test]
fn among_visible_processes() {
    child::run("seccomp::tests::among_visible_processes", || {
        check(Others::Visible);
        for call in REFUSED_IF_VISIBLE {
            assert_eq!(errno(call, NONE), EPERM, "{call}");
        }
        for (call, argument) in super::OF_A_PROCESS {
            let mut arguments = NONE;
            arguments[usize::from(argument)] = OTHER;
            assert_eq!(errno(call, arguments), EPERM, "{call}");
        }
        // libc names the thread by its number, which no filter knows to be the caller's.
        assert_eq!(set_own_affinity(), EPERM);
    });
}

#[test]
fn a_process_may_become_undumpable_unless_its_memory_is_counted() {
    let name = "seccomp::tests::a_process_may_become_undumpable_unless_its_memory_is_counted";
    child::run(name, || {
        install(Others::Hidden, false);
        set_dumpable_behavior(DumpableBehavior::NotDumpable).unwrap();
        let now = dumpable_behavior().unwrap();
        assert_eq!(now, DumpableBehavior::NotDumpable);
    });
}
