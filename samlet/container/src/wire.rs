//! Messages between samlet, the launcher and the inits of containers: a few numbers each, and descriptors.
//!
//! Nothing here allocates: the launcher and the inits use it, too.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;

use rustix::cmsg_space;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Word {
    /// To the launcher: from now on containers begin with the order that comes with this, in new namespaces.
    Begin = 1,
    /// To the launcher: make a container; the entrance of its control group comes with this, if it has one.
    Prepare,
    /// From the launcher: it is being made; its socket and a pidfd come with this.
    Prepared,
    /// From an init: it has done what containers begin with.
    Ready,
    /// To an init: carry out the order that comes with this; the program writes to the second descriptor.
    Carry,
    /// From an init: the program runs; its `/proc`, `/tmp` and SysV segments come with this, as far as they are its own.
    Started,
    /// From an init: the program has ended.
    Ended,
    /// From either: an operation failed.
    Failed,
}

impl Word {
    const ALL: [Self; 8] = [
        Self::Begin,
        Self::Prepare,
        Self::Prepared,
        Self::Ready,
        Self::Carry,
        Self::Started,
        Self::Ended,
        Self::Failed,
    ];

    fn of(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied()
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) word: Word,
    /// Of `Failed`: which operation.
    pub(crate) operation: u32,
    /// `Begin`: the namespaces' flags; `Prepared`, `Started`: a process id; `Ended`: its status; `Failed`: the errno.
    pub(crate) number: i32,
}

impl Message {
    pub(crate) fn new(word: Word) -> Self {
        Self::with(word, 0)
    }

    pub(crate) fn with(word: Word, number: i32) -> Self {
        let operation = 0;
        Self {
            word,
            operation,
            number,
        }
    }
}

/// The most descriptors that come with a message.
pub(crate) const MAX_DESCRIPTORS: usize = 3;

/// The descriptors that came with a message, in their order.
pub(crate) type Descriptors = [Option<OwnedFd>; MAX_DESCRIPTORS];

const LENGTH: usize = 12;

/// Sends a message with descriptors. If the other end is closed, that is an error, not a signal.
pub(crate) fn send(
    socket: impl AsFd,
    message: Message,
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let mut bytes = [0; LENGTH];
    bytes[..4].copy_from_slice(&(message.word as u32).to_ne_bytes());
    bytes[4..8].copy_from_slice(&message.operation.to_ne_bytes());
    bytes[8..].copy_from_slice(&message.number.to_ne_bytes());
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    loop {
        let sent = rustix::net::sendmsg(
            &socket,
            &[IoSlice::new(&bytes)],
            &mut control,
            SendFlags::NOSIGNAL,
        );
        match sent {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Receives a message; `None` if the other end is closed, or what it sent is not a message.
pub(crate) fn receive(socket: impl AsFd) -> Result<Option<(Message, Descriptors)>, Errno> {
    let mut bytes = [0; LENGTH];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let length = loop {
        let received = rustix::net::recvmsg(
            &socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        );
        match received {
            Ok(received) if received.flags.contains(ReturnFlags::CTRUNC) => return Ok(None),
            Ok(received) => break received.bytes,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    };
    let mut descriptors = Descriptors::default();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            for (place, descriptor) in descriptors.iter_mut().zip(rights) {
                *place = Some(descriptor);
            }
        }
    }
    if length < LENGTH {
        return Ok(None);
    }
    let number = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    let Some(word) = Word::of(u32::from_ne_bytes(number(0))) else {
        return Ok(None);
    };
    let message = Message {
        word,
        operation: u32::from_ne_bytes(number(4)),
        number: i32::from_ne_bytes(number(8)),
    };
    Ok(Some((message, descriptors)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    fn pair() -> (OwnedFd, OwnedFd) {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        socketpair(family, kind, SocketFlags::CLOEXEC, None).unwrap()
    }

    #[test]
    fn messages_and_descriptors_arrive_as_they_were_sent() {
        let (one, other) = pair();
        let file = tempfile::tempfile().unwrap();
        let message = Message {
            word: Word::Failed,
            operation: 7,
            number: -3,
        };
        send(&one, message, &[file.as_fd(), one.as_fd()]).unwrap();
        let (received, descriptors) = receive(&other).unwrap().unwrap();
        assert_eq!(received, message);
        assert_eq!(descriptors.iter().flatten().count(), 2);
        for word in Word::ALL {
            assert_eq!(Word::of(word as u32), Some(word));
        }
    }

    #[test]
    fn an_end_that_is_closed_is_no_message_and_no_signal() {
        let (one, other) = pair();
        drop(one);
        assert!(receive(&other).unwrap().is_none());
        let sent = send(&other, Message::new(Word::Prepare), &[]);
        assert_eq!(sent, Err(Errno::PIPE));
    }
}
