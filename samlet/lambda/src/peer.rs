//! Whose connection this is: a Runtime API address serves its own environment's processes only.

use std::net::SocketAddr;

use rustix::process::Pid;

/// Whether the other end of a loopback connection, at `peer`, belongs to a
/// process of `group`. Anyone on the machine can connect to a loopback port;
/// this keeps one function from taking another's invocations.
#[cfg(target_os = "linux")]
pub(crate) fn is_of_group(peer: SocketAddr, local: SocketAddr, group: Pid) -> bool {
    let Some(inode) = socket_of(peer, local) else {
        return false;
    };
    let holds = |process: procfs::process::Process| {
        let files = process.fd().into_iter().flatten().flatten();
        files
            .map(|file| file.target)
            .any(|target| target == procfs::process::FDTarget::Socket(inode))
    };
    let leader = group.as_raw_nonzero().get();
    // Nearly always the leader itself: then no other process is looked at.
    if procfs::process::Process::new(leader).is_ok_and(holds) {
        return true;
    }
    let all = procfs::process::all_processes().into_iter().flatten();
    all.flatten()
        .filter(|process| process.stat().is_ok_and(|stat| stat.pgrp == leader))
        .any(holds)
}

/// The inode of the socket at the other end.
#[cfg(target_os = "linux")]
fn socket_of(peer: SocketAddr, local: SocketAddr) -> Option<u64> {
    let same = |a: SocketAddr, b: SocketAddr| {
        a.port() == b.port() && a.ip().to_canonical() == b.ip().to_canonical()
    };
    let find = |entries: Vec<procfs::net::TcpNetEntry>| {
        let ours = |entry: &procfs::net::TcpNetEntry| {
            same(entry.local_address, peer) && same(entry.remote_address, local)
        };
        entries.into_iter().find(ours).map(|entry| entry.inode)
    };
    procfs::net::tcp()
        .ok()
        .and_then(find)
        // A runtime may reach an IPv4 address through an IPv6 socket, as Java's does.
        .or_else(|| procfs::net::tcp6().ok().and_then(find))
}

/// Elsewhere the system has no such listing that is safe to read.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_of_group(_peer: SocketAddr, _local: SocketAddr, _group: Pid) -> bool {
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_is_its_own_process_groups_and_no_others() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let client = TcpStream::connect(local).unwrap();
        let peer = client.local_addr().unwrap();
        let own = rustix::process::getpgrp();
        assert!(is_of_group(peer, local, own));
        assert!(!is_of_group(peer, local, Pid::INIT));
        drop(client);
        assert!(!is_of_group(peer, local, own));
    }
}
