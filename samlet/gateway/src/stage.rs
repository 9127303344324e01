//! An API's stage: a listener, and what was last deployed behind it.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use samlet_http::{Hosts, Limits, Request};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Gateway;
use crate::refusals::Refusals;

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

    /// Serves `listener` until `shutdown`, then finishes what is in flight. Requests for other hosts than `hosts` are
    /// refused.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        hosts: Hosts,
        shutdown: CancellationToken,
    ) {
        let port = listener.local_addr().map_or(0, |address| address.port());
        let refusals = Arc::new(Refusals::new(hosts));
        let service = move |request: Request, peer: SocketAddr| {
            let (gateway, refusals) = (self.deployed(), Arc::clone(&refusals));
            async move {
                let (head, body) = request.into_parts();
                match refusals.of(&head) {
                    Some(refusal) => refusal,
                    None => {
                        gateway
                            .answer(Request::from_parts(head, body), peer, port)
                            .await
                    }
                }
            }
        };
        samlet_http::serve(listener, Limits::default(), shutdown, |_, _| true, service).await;
    }

    fn deployed(&self) -> Arc<Gateway> {
        Arc::clone(&self.deployed.read().unwrap_or_else(PoisonError::into_inner))
    }
}
