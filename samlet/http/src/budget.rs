//! How much memory the large bodies of one listener may take together.
//!
//! A large body is read once there is room for it, and keeps that room until
//! its request is answered; a large answer keeps it until it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Smaller ones are not counted: connections are bounded by themselves.
const SMALL_BYTES: u64 = 64 * 1024;

/// What a body counts for that doesn't say how long it is.
const UNDECLARED_BYTES: u64 = 8 * 1024 * 1024;

/// How long a request may wait until there is room for its body.
const TIMEOUT: Duration = Duration::from_secs(30);

const UNIT_BYTES: u64 = 1024;

/// What is left.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    all: u32,
    left: Arc<Semaphore>,
}

/// A part of it; `None` is that of a small body.
pub(crate) type Share = Option<OwnedSemaphorePermit>;

/// There was no room in time.
#[derive(Debug)]
pub(crate) struct NoRoom;

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        let all = u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX);
        Self {
            all,
            left: Arc::new(Semaphore::new(all as usize)),
        }
    }

    /// Room for a request's body, as soon as there is any.
    pub(crate) async fn for_request(&self, size: &SizeHint) -> Result<Share, NoRoom> {
        let Some(units) = self.units(size) else {
            return Ok(None);
        };
        let share = Arc::clone(&self.left).acquire_many_owned(units);
        match tokio::time::timeout(TIMEOUT, share).await {
            Ok(Ok(share)) => Ok(Some(share)),
            _ => Err(NoRoom),
        }
    }

    /// Room for an answer's body that is in memory already: now, or never.
    pub(crate) fn for_response(&self, size: &SizeHint) -> Result<Share, NoRoom> {
        // One that is sent as it comes to be is bounded by its own queue.
        let Some(units) = size.exact().and_then(|_| self.units(size)) else {
            return Ok(None);
        };
        let share = Arc::clone(&self.left).try_acquire_many_owned(units);
        share.map(Some).map_err(|_| NoRoom)
    }

    fn units(&self, size: &SizeHint) -> Option<u32> {
        let bytes = size.exact().unwrap_or(UNDECLARED_BYTES);
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        (bytes > SMALL_BYTES).then_some(units.min(self.all))
    }
}

/// A body whose bytes keep its room until the last of them is sent: hyper
/// takes all of a body at once, and lets go of it long before its client has it.
#[derive(Debug)]
pub(crate) struct Held<B> {
    body: B,
    share: Option<Arc<OwnedSemaphorePermit>>,
}

impl<B> Held<B> {
    pub(crate) fn new(body: B, share: Share) -> Self {
        let share = share.map(Arc::new);
        Self { body, share }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Held<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let Some(share) = &self.share else {
            return polled;
        };
        let hold = |bytes| {
            Bytes::from_owner(HeldBytes {
                bytes,
                _share: Arc::clone(share),
            })
        };
        polled.map_ok(|frame| frame.map_data(hold))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct HeldBytes {
    bytes: Bytes,
    _share: Arc<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http_body_util::{BodyExt as _, Full};

    #[tokio::test]
    async fn large_bodies_share_what_there_is_and_small_ones_go_by() {
        let budget = Budget::new(1024 * 1024);
        let size = SizeHint::with_exact;
        let most = budget.for_request(&size(10_000_000)).await.unwrap();
        assert!(most.is_some());
        assert!(budget.for_response(&size(100_000)).is_err());
        assert!(
            budget
                .for_request(&size(SMALL_BYTES))
                .await
                .unwrap()
                .is_none()
        );
        let waiting = budget.clone();
        let waiting = tokio::spawn(async move { waiting.for_request(&SizeHint::new()).await });
        drop(most);
        assert!(waiting.await.unwrap().unwrap().is_some());
        assert!(budget.for_response(&size(100_000)).unwrap().is_some());
    }

    #[tokio::test]
    async fn a_body_keeps_its_room_until_its_bytes_are_gone() {
        let budget = Budget::new(1024 * 1024);
        let size = SizeHint::with_exact(1_000_000);
        let share = budget.for_response(&size).unwrap();
        let mut body = Held::new(Full::new(Bytes::from(vec![0; 1_000_000])), share);
        let taken = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(body);
        let (first, last) = (taken.slice(..500_000), taken.slice(500_000..));
        drop((taken, first));
        assert!(budget.for_response(&size).is_err());
        drop(last);
        assert!(budget.for_response(&size).is_ok());
    }
}
