//! Refuses the system calls by which a process would reach beyond its container, as root too.
//! <https://docs.kernel.org/userspace-api/seccomp_filter.html>
//!
//! Everything else is allowed, and costs nothing: the kernel remembers which calls a filter always allows.
//! A filter sees numbers only. Where the kernel takes an argument as 32 bits, only these are compared: otherwise bits
//! above them, which the kernel ignores, would make an argument look different from what it is.

mod program;

use libc::c_long;
use seccompiler::SeccompCmpOp::{self, Eq, MaskedEq, Ne};
use seccompiler::{BackendError, BpfProgram, SeccompCmpArgLen, SeccompCondition};

use program::Rules;

/// Which processes other than its own a contained process can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// Only 1, its init: it is in a PID namespace of its own.
    Hidden,
    /// All of the machine's.
    Visible,
}

/// What the filter depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Which other processes there are.
    pub(crate) others: Others,
    /// Whether `PR_SET_DUMPABLE` of 0 has no effect, so that samlet can read what memory a process maps.
    pub(crate) stay_dumpable: bool,
}

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Seccomp filters exist for x86_64, aarch64 and riscv64 only.
    #[error("cannot compile the list of refused system calls: {0}")]
    Compile(#[from] BackendError),
}

/// Refused whatever their arguments are.
const REFUSED: [c_long; 32] = [
    // Namespaces and mounts. Landlock refuses the changes of mounts too, but not on every kernel.
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    SYS_OPEN_TREE_ATTR,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fsconfig,
    libc::SYS_fspick,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    // Opens any file of a file system by its number, beyond every mount, with the capability that is kept as root.
    libc::SYS_open_by_handle_at,
    // Keyrings belong to the user, not to the container.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Does what other system calls do, past every filter.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Memory that no account of the container's shows.
    libc::SYS_memfd_secret,
    // Parts of the kernel with a history of holes, which no function needs.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    // The kernel itself, and its log, which is the whole machine's.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_syslog,
];

/// Since Linux 6.15, and the same on every architecture.
const SYS_OPEN_TREE_ATTR: c_long = 467;

/// Refused too where other processes are visible.
const REFUSED_IF_VISIBLE: [c_long; 16] = [
    // System V's and POSIX's objects outlive their process, and any process of the user opens them by a number or a
    // name.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // What a debugger may do, but for `ptrace` and `process_vm_*`. Those are left to Landlock, every version of which
    // keeps them within the container, so that a crash reporter can look at its own process.
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
];

/// Change the process or thread that the argument with this index names; 0 is the caller.
const OF_A_PROCESS: [(c_long, u8); 6] = [
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_migrate_pages, 0),
    (libc::SYS_move_pages, 0),
];

/// As above, but refused for the init only.
const OF_THE_INIT: [(c_long, u8); 3] = [
    (libc::SYS_ptrace, 1),
    (libc::SYS_process_vm_readv, 0),
    (libc::SYS_process_vm_writev, 0),
];

/// From `linux/resource.h`; libc's has another type with each C library.
const PRIO_USER: u64 = 2;

/// From `linux/ioprio.h`.
const IOPRIO_WHO_USER: u64 = 3;

/// Of `clone`, whose lowest 8 bits are a signal: `CLONE_NEWTIME` is among them, so that `clone` can't ask for it.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// The families of sockets that there are: other processes, the network, and what `getaddrinfo` asks for addresses.
const FAMILIES: [libc::c_int; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

/// The filter, as the bytes of its `sock_filter`s, 8 each. A 32-bit system call on a 64-bit machine ends the process.
pub(crate) fn filter(wanted: Wanted) -> Result<Vec<u8>, Error> {
    let mut rules = Rules::default();
    // Its flags are in memory, where no filter sees them. The C libraries use `clone` where it doesn't exist.
    rules.always(libc::SYS_clone3, libc::ENOSYS);
    for call in REFUSED {
        rules.always(call, libc::EPERM);
    }
    refuse_namespaces(&mut rules)?;
    refuse_others(&mut rules, wanted.others)?;
    refuse_hiding(&mut rules)?;
    refuse_families(&mut rules)?;
    // Would type into the terminal that samlet was started from.
    let typing = [libc::TIOCSTI, libc::TIOCLINUX].map(|request| u64::from(request as u32));
    let [simulate, linux] = typing.map(|request| condition(1, Eq, request));
    rules.when(
        libc::SYS_ioctl,
        [vec![simulate?], vec![linux?]],
        libc::EPERM,
    )?;
    if wanted.stay_dumpable {
        let sets_dumpable = condition(0, Eq, number(libc::PR_SET_DUMPABLE))?;
        let to_zero = wide_condition(1, Eq, 0)?;
        // The errno 0: the call returns 0 without being made.
        rules.when(libc::SYS_prctl, [vec![sets_dumpable, to_zero]], 0)?;
    }
    Ok(bytes(&rules.compile()?))
}

fn refuse_namespaces(rules: &mut Rules) -> Result<(), BackendError> {
    let mut refused = Vec::new();
    for flag in NAMESPACES.map(number) {
        refused.push(vec![condition(0, MaskedEq(flag), flag)?]);
    }
    // A thread with open files of its own: see `refuse_hiding`.
    let (thread, files) = (number(libc::CLONE_THREAD), number(libc::CLONE_FILES));
    refused.push(vec![condition(0, MaskedEq(thread | files), thread)?]);
    rules.when(libc::SYS_clone, refused, libc::EPERM)?;
    // Newer kernels have more flags that make namespaces, so all but one are refused. They are taken as 64 bits.
    let harmless = number(libc::CLONE_FS);
    let is_harmless = wide_condition(0, MaskedEq(!harmless), 0)?;
    rules.unless(libc::SYS_unshare, is_harmless, libc::EPERM)
}

/// Limits, scheduling and memory of other processes.
fn refuse_others(rules: &mut Rules, others: Others) -> Result<(), BackendError> {
    for (call, argument) in OF_A_PROCESS {
        rules.when(call, [vec![is_other(others, argument)?]], libc::EPERM)?;
    }
    // To read the limits of others is harmless. The third argument is a pointer.
    let sets_limit = [is_other(others, 0)?, wide_condition(2, Ne, 0)?];
    rules.when(libc::SYS_prlimit64, [sets_limit.into()], libc::EPERM)?;
    for (call, user) in [
        (libc::SYS_setpriority, PRIO_USER),
        (libc::SYS_ioprio_set, IOPRIO_WHO_USER),
    ] {
        // A process or a group of them, or all of a user.
        let alternatives = [vec![is_other(others, 1)?], vec![condition(0, Eq, user)?]];
        rules.when(call, alternatives, libc::EPERM)?;
    }
    if others == Others::Hidden {
        for (call, argument) in OF_THE_INIT {
            rules.when(call, [vec![is_other(others, argument)?]], libc::EPERM)?;
        }
        return Ok(());
    }
    for call in REFUSED_IF_VISIBLE {
        rules.always(call, libc::EPERM);
    }
    // Every process of the user. To signal one of them is Landlock's to refuse, since Linux 6.12.
    let is_all = condition(0, Eq, u64::MAX)?;
    rules.when(libc::SYS_kill, [vec![is_all]], libc::EPERM)
}

/// Open files that are not a whole process's, and memory in pages that are not counted as others are: samlet would not
/// find it where it counts by looking at processes.
fn refuse_hiding(rules: &mut Rules) -> Result<(), BackendError> {
    let unshares = u64::from(libc::CLOSE_RANGE_UNSHARE);
    let takes_own_files = condition(2, MaskedEq(unshares), unshares)?;
    rules.when(libc::SYS_close_range, [vec![takes_own_files]], libc::EPERM)?;
    let huge = u64::from(libc::MFD_HUGETLB);
    let is_huge = condition(1, MaskedEq(huge), huge)?;
    rules.when(libc::SYS_memfd_create, [vec![is_huge]], libc::EPERM)
}

/// All families of sockets but [`FAMILIES`].
fn refuse_families(rules: &mut Rules) -> Result<(), BackendError> {
    for call in [libc::SYS_socket, libc::SYS_socketpair] {
        let conditions = FAMILIES
            .into_iter()
            .map(|family| condition(0, Ne, number(family)))
            .collect::<Result<_, _>>()?;
        rules.when(call, [conditions], libc::EAFNOSUPPORT)?;
    }
    Ok(())
}

/// Whether an argument names a process that isn't its own. With a PID namespace that is the init alone: its own are
/// named by numbers too, as `pthread_setaffinity_np` does with threads.
fn is_other(others: Others, argument: u8) -> Result<SeccompCondition, BackendError> {
    match others {
        Others::Hidden => condition(argument, Eq, 1),
        Others::Visible => condition(argument, Ne, 0),
    }
}

/// A condition on an argument that the kernel takes as 32 bits.
fn condition(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

/// A condition on an argument that the kernel takes as 64 bits.
fn wide_condition(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)
}

/// None of the constants is negative.
fn number(constant: libc::c_int) -> u64 {
    u64::from(constant.unsigned_abs())
}

fn bytes(program: &BpfProgram) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len() * size_of::<libc::sock_filter>());
    for instruction in program {
        bytes.extend(instruction.code.to_ne_bytes());
        bytes.extend([instruction.jt, instruction.jf]);
        bytes.extend(instruction.k.to_ne_bytes());
    }
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
