//! Landlock, tried in processes of their own: nothing undoes it. Without Landlock there is nothing to try.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::*;
use crate::child;

fn allow(masks: &Masks, ruleset: &OwnedFd, path: &str, access: u64) {
    let path = File::open(path).unwrap();
    add_rule(masks, ruleset.as_fd(), path.as_fd(), access).unwrap();
}

/// Confines this thread to what every program needs, the devices, and all of `folder`.
fn confine(masks: &Masks, folder: &Path) {
    let ruleset = create_ruleset(masks).unwrap();
    for path in ["/usr", "/bin", "/lib", "/lib64", "/etc", "/etc/passwd"] {
        if Path::new(path).exists() {
            allow(masks, &ruleset, path, masks.fs_read);
        }
    }
    allow(masks, &ruleset, "/dev/null", masks.fs_device);
    allow(masks, &ruleset, folder.to_str().unwrap(), masks.fs_all);
    rustix::thread::set_no_new_privs(true).unwrap();
    restrict_self(ruleset.as_fd()).unwrap();
}

fn is_denied<T: std::fmt::Debug>(result: std::io::Result<T>) -> bool {
    let kind = result.map_err(|error| error.kind());
    matches!(kind, Err(ErrorKind::PermissionDenied))
}

/// Calls `test` confined in a process of its own, with two folders: it may use the first only.
fn confined(name: &str, test: impl FnOnce(&Masks, &Path, &Path) + Send) {
    child::run(&format!("landlock::tests::{name}"), || {
        let Some(masks) = masks() else {
            return;
        };
        let own = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("secret"), "secret").unwrap();
        // In another thread, so that this one may remove the folders.
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                confine(&masks, own.path());
                test(&masks, own.path(), other.path());
            });
            thread.join().unwrap();
        });
    });
}

#[test]
fn files_elsewhere_are_out_of_reach() {
    confined("files_elsewhere_are_out_of_reach", |_, own, other| {
        fs::create_dir(own.join("folder")).unwrap();
        fs::write(own.join("folder/file"), "text").unwrap();
        assert!(is_denied(fs::read(other.join("secret"))));
        assert!(is_denied(fs::write(other.join("new"), "text")));
        assert!(is_denied(fs::create_dir(other.join("new"))));
        assert!(is_denied(fs::remove_file(other.join("secret"))));
        assert!(is_denied(fs::read_dir(other)));
        assert!(is_denied(fs::write("/usr/new", "text")));

        // As a shell opens it for `>`.
        let mut null = OpenOptions::new();
        let mut null = null.write(true).truncate(true).open("/dev/null").unwrap();
        null.write_all(b"text").unwrap();
        let status = Command::new("sh").args(["-c", "echo > /dev/null"]).status();
        assert!(status.unwrap().success());
    });
}

#[test]
fn the_parent_gets_no_signal() {
    confined("the_parent_gets_no_signal", |masks, _, _| {
        let parent = rustix::process::getppid().unwrap();
        let result = rustix::process::test_kill_process(parent);
        let expected = if masks.scopes == 0 {
            Ok(())
        } else {
            Err(Errno::PERM)
        };
        assert_eq!(result, expected);

        let mut own = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = rustix::process::Pid::from_child(&own);
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        own.wait().unwrap();
    });
}

/// seccomp leaves `ptrace` and `process_vm_*` to Landlock, every version of which looks at them.
#[test]
#[allow(unsafe_code)]
fn the_parents_memory_is_out_of_reach() {
    confined("the_parents_memory_is_out_of_reach", |_, _, _| {
        let parent = rustix::process::getppid().unwrap().as_raw_pid();
        let mut byte = 0_u8;
        let here = libc::iovec {
            iov_base: (&raw mut byte).cast(),
            iov_len: 1,
        };
        let there = libc::iovec {
            iov_base: std::ptr::without_provenance_mut(1),
            iov_len: 1,
        };
        let (here, there) = (&raw const here, &raw const there);
        // SAFETY: it would write the one byte that is there for it.
        let read = unsafe { libc::process_vm_readv(parent, here, 1, there, 1, 0) };
        let error = std::io::Error::last_os_error().raw_os_error();
        assert_eq!((read, error), (-1, Some(libc::EPERM)));
    });
}

#[test]
fn sockets_of_others_are_out_of_reach() {
    child::run(
        "landlock::tests::sockets_of_others_are_out_of_reach",
        || {
            let Some(masks) = masks() else {
                return;
            };
            let own = tempfile::tempdir().unwrap();
            let other = tempfile::tempdir().unwrap();
            let name = other.path().to_str().unwrap();
            let abstracts = SocketAddr::from_abstract_name(name).unwrap();
            let _listener = UnixListener::bind_addr(&abstracts).unwrap();
            let named = other.path().join("socket");
            let _named_listener = UnixListener::bind(&named).unwrap();
            std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    confine(&masks, own.path());
                    let connected = UnixStream::connect_addr(&abstracts);
                    assert_eq!(is_denied(connected), masks.abi >= 6);
                    assert_eq!(is_denied(UnixStream::connect(&named)), masks.abi >= 9);

                    let mine = own.path().join("socket");
                    let _listener = UnixListener::bind(&mine).unwrap();
                    assert!(UnixStream::connect(&mine).is_ok());
                });
                thread.join().unwrap();
            });
        },
    );
}

#[test]
fn rights_are_those_that_the_kernel_has() {
    assert_eq!(masks_of(0), None);
    let oldest = masks_of(1).unwrap();
    assert_eq!((oldest.fs_all, oldest.scopes, oldest.asked), (0x1fff, 0, 1));
    assert_eq!((oldest.fs_read, oldest.fs_device), (0b1101, 0b110));
    let today = masks_of(6).unwrap();
    assert_eq!((today.fs_all, today.scopes, today.asked), (0xffff, 0b11, 6));
    assert_eq!(today.fs_device, 0x8006);
    let newest = masks_of(NEWEST as i32).unwrap();
    assert_eq!((newest.fs_all, newest.fs_file), (0x1_ffff, 0x1_c007));
    let future = masks_of(99).unwrap();
    assert_eq!((future.abi, future.asked), (99, NEWEST as i32));
    assert_eq!(future.fs_all, newest.fs_all);
}

#[test]
fn an_older_kernels_ruleset_can_be_made() {
    let Some(newest) = masks() else {
        return;
    };
    for abi in 1..=newest.abi {
        create_ruleset(&masks_of(abi).unwrap()).unwrap();
    }
}
