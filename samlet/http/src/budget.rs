//! How much memory the large bodies of one listener may take together.
//!
//! A large body is read once there is room for it, and keeps that room until
//! its request is answered; a large answer keeps it until it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

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

/// A body that keeps its room until it is sent.
#[derive(Debug)]
pub(crate) struct Held<B> {
    pub(crate) body: B,
    pub(crate) _share: Share,
}

impl<B: Body + Unpin> Body for Held<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
}
