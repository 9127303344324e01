//! An API's stage: a listener, and what was last deployed behind it.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use samlet_http::{Limits, Request};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Gateway;

/// Where clients find an API, whatever it becomes.
#[derive(Debug)]
pub struct Stage {
    /// Replaced whole, and held for a moment only.
    deployed: RwLock<Arc<Gateway>>,
}

impl Stage {
    /// A stage with its first deployment.
    pub fn new(gateway: Gateway) -> Self {
        Self {
            deployed: RwLock::new(Arc::new(gateway)),
        }
    }

    /// Has requests that arrive from now on answered by another deployment.
    /// What is counted of API keys' quotas goes on.
    pub fn deploy(&self, mut gateway: Gateway) {
        gateway.continue_from(&self.deployed());
        *self
            .deployed
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(gateway);
    }

    /// Serves `listener` until `shutdown`, then finishes what is in flight.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) {
        let port = listener.local_addr().map_or(0, |address| address.port());
        let service = move |request: Request, peer: SocketAddr| {
            let gateway = self.deployed();
            async move { gateway.answer(request, peer, port).await }
        };
        samlet_http::serve(listener, Limits::default(), shutdown, |_, _| true, service).await;
    }

    fn deployed(&self) -> Arc<Gateway> {
        Arc::clone(&self.deployed.read().unwrap_or_else(PoisonError::into_inner))
    }
}
