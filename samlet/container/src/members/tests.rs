//! Processes that try to leave their container, and sockets that several may hold.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{Container, wait_until};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;

fn sorted(mut pids: Vec<Pid>) -> Vec<Pid> {
    pids.sort_by_key(|pid| pid.as_raw_nonzero());
    pids
}

#[test]
fn all_that_descends_from_an_init_belongs_to_it_in_whatever_session() {
    let container = Container::shell("setsid sh -c 'sleep 60 & sleep 60 & wait' & sleep 60");
    let members = container.descendants();
    assert!(wait_until(|| members.pids().len() == 4));
    let pids = sorted(members.pids());
    assert!(!pids.contains(&container.init()));
    assert_eq!(
        pids,
        sorted(members.descendants_by_parents(container.init()))
    );
    for pid in &pids {
        assert!(members.is_member(*pid));
    }
    assert!(!members.is_member(rustix::process::getpid()));
    assert!(!members.is_member(container.init()));
    drop(container);
    assert!(wait_until(|| members.pids().is_empty()));
}

#[test]
fn all_of_a_process_table_but_its_init_belong_to_it() {
    let Some(mut container) = Container::namespace("sleep 60 & sleep 60 & echo started; wait")
    else {
        return;
    };
    assert_eq!(container.line(), "started");
    let members = container.own_table();
    assert!(wait_until(|| members.pids().len() == 2));
    assert!(!members.pids().contains(&Pid::INIT));
    assert!(!members.is_member(Pid::INIT));
    drop(container);
    assert!(wait_until(|| members.pids().is_empty()));
}

/// Opens a socket and prints its inode; then hands it over to a child.
const WITH_SOCKET: &str = "
import os, socket, sys
held = socket.socket()
print(os.fstat(held.fileno()).st_ino, flush=True)
sys.stdin.readline()
if os.fork() == 0:
    print(flush=True)
    sys.stdin.readline()
else:
    held.close()
    os.wait()
";

#[test]
fn a_socket_is_held_by_those_who_have_it_open_and_by_no_others() {
    let Some(mut container) = Container::python(WITH_SOCKET) else {
        return;
    };
    let inode = container.line().parse().unwrap();
    let members = container.descendants();
    assert!(members.hold_socket(inode));
    assert!(members.hold_socket(inode));
    container.say("fork");
    container.line();
    assert!(members.hold_socket(inode));

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = File::from(OwnedFd::from(other)).metadata().unwrap().ino();
    assert!(!members.hold_socket(other));
    let elsewhere = Container::shell("sleep 60");
    assert!(!elsewhere.descendants().hold_socket(inode));
    drop(container);
    assert!(!members.hold_socket(inode));
}

#[test]
fn who_held_a_socket_once_may_be_elsewhere_by_now() {
    let members = Container::shell("sleep 60").descendants();
    let own = TcpListener::bind("127.0.0.1:0").unwrap();
    let inode = File::from(OwnedFd::from(own.try_clone().unwrap()))
        .metadata()
        .unwrap()
        .ino();
    // As if the process had ended, and its id was this one's now.
    let this = rustix::process::getpid().as_raw_nonzero().get();
    members.holder.store(this, Ordering::Relaxed);
    assert!(!members.hold_socket(inode));
}

#[test]
fn a_process_whose_first_thread_has_ended_still_shows_its_files() {
    let script = "
import ctypes, os, socket, threading, time
held = socket.socket()
print(os.fstat(held.fileno()).st_ino, flush=True)
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).syscall(60, 0)
";
    let Some(mut container) = Container::python(script) else {
        return;
    };
    let inode = container.line().parse().unwrap();
    let members = container.descendants();
    let python = members.pids()[0];
    let has_ended = || {
        let mut stat = String::new();
        let path = format!("{}/stat", python.as_raw_nonzero());
        members
            .open(&path)
            .unwrap()
            .read_to_string(&mut stat)
            .unwrap();
        stat.contains(") Z ")
    };
    if cfg!(target_arch = "x86_64") {
        assert!(wait_until(has_ended));
    }
    assert!(members.hold_socket(inode));
}
