//! Which socket is at the other end of a connection to a Runtime API: its environment's processes hold it, or another's.

use std::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::net::{IpAddr, SocketAddrV4};

/// The inode of the socket at the other end of a loopback connection. The kernel is asked for this one;
/// where that is not allowed, its listing of all is read, which takes
/// milliseconds.
#[cfg(target_os = "linux")]
pub(crate) fn socket_of(peer: SocketAddr, local: SocketAddr) -> Option<u64> {
    match (peer.ip().to_canonical(), local.ip().to_canonical()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let asked = ask_kernel(
                SocketAddrV4::new(from, peer.port()),
                SocketAddrV4::new(to, local.port()),
            );
            asked.unwrap_or_else(|_| find_in_listing(peer, local))
        }
        _ => find_in_listing(peer, local),
    }
}

/// `NLM_F_REQUEST` for `SOCK_DIAG_BY_FAMILY`, exactly one socket.
/// <https://man7.org/linux/man-pages/man7/sock_diag.7.html>
#[cfg(target_os = "linux")]
fn ask_kernel(socket: SocketAddrV4, other_end: SocketAddrV4) -> rustix::io::Result<Option<u64>> {
    use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, netlink};

    const LENGTH: u32 = 72;
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST: u16 = 1;
    const AF_INET: u8 = 2;
    const IPPROTO_TCP: u8 = 6;
    let mut request = Vec::with_capacity(72);
    // nlmsghdr: length, type, flags, sequence number, sender.
    request.extend(LENGTH.to_ne_bytes());
    request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend(NLM_F_REQUEST.to_ne_bytes());
    request.extend([0; 8]);
    // inet_diag_req_v2: family, protocol, no extensions, any state…
    request.extend([AF_INET, IPPROTO_TCP, 0, 0]);
    request.extend(u32::MAX.to_ne_bytes());
    // …and inet_diag_sockid: ports and addresses in network order, any
    // interface, no cookie.
    request.extend(socket.port().to_be_bytes());
    request.extend(other_end.port().to_be_bytes());
    request.extend(socket.ip().octets());
    request.extend([0; 12]);
    request.extend(other_end.ip().octets());
    request.extend([0; 12]);
    request.extend([0; 4]);
    request.extend([0xff; 8]);

    let kind = SocketType::DGRAM;
    let netlink = rustix::net::socket(AddressFamily::NETLINK, kind, Some(netlink::SOCK_DIAG))?;
    let kernel = netlink::SocketAddrNetlink::new(0, 0);
    rustix::net::sendto(&netlink, &request, SendFlags::empty(), &kernel)?;
    let mut answer = [0; 512];
    // The kernel has answered by now: nothing is waited for.
    let (length, _) = rustix::net::recv(&netlink, &mut answer, RecvFlags::DONTWAIT)?;
    let field = |at: usize| {
        let bytes = answer.get(at..at + 4).filter(|_| at + 4 <= length)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    let kind = field(4).map(|word| word.to_ne_bytes());
    let kind = kind.map(|[low, high, ..]| u16::from_ne_bytes([low, high]));
    // Anything else is an error: there is no such socket.
    if kind != Some(SOCK_DIAG_BY_FAMILY) {
        return Ok(None);
    }
    // nlmsghdr, four bytes, inet_diag_sockid, and four words before the inode.
    Ok(field(16 + 4 + 48 + 16).map(u64::from))
}

#[cfg(target_os = "linux")]
fn find_in_listing(peer: SocketAddr, local: SocketAddr) -> Option<u64> {
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
pub(crate) fn socket_of(_peer: SocketAddr, _local: SocketAddr) -> Option<u64> {
    Some(0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn the_kernel_and_its_listing_agree_on_a_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let client = TcpStream::connect(local).unwrap();
        let peer = client.local_addr().unwrap();
        let (SocketAddr::V4(from), SocketAddr::V4(to)) = (peer, local) else {
            panic!("an address of IPv4 was asked for");
        };
        let inode = find_in_listing(peer, local);
        assert!(inode.is_some_and(|inode| inode > 0));
        assert_eq!(ask_kernel(from, to).unwrap(), inode);
        let nobody = SocketAddrV4::new(*to.ip(), 1);
        assert_eq!(ask_kernel(nobody, to).unwrap(), None);
        // As a runtime's IPv6 socket to an IPv4 address is seen.
        let mapped = TcpStream::connect(("::ffff:127.0.0.1", local.port()));
        if let Ok(mapped) = mapped {
            let peer = mapped.local_addr().unwrap();
            assert_eq!(socket_of(peer, local), find_in_listing(peer, local));
        }
    }
}
