//! The APIs that are served, each on a port of its own.
//!
//! Ports are bound when a template is planned and served when it is applied; those that were bound in vain are given up
//! again. Each API's server is a task of its own, which ends once its token is cancelled and its requests are answered.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use samlet_clock::Clock;
use samlet_gateway::{Gateway, Stage};
use samlet_http::Hosts;
use samlet_lambda::Lambda;
use samlet_template::{Api, Application};
use samlet_traces::Traces;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::outcome::ApiAddress;
use crate::place::place;

/// Connections that may wait to be taken, as far as the system allows: what
/// comes when these are full is reset, or comes again after a second.
const BACKLOG: u32 = 4096;

/// Every API that there is a listener for.
#[derive(Debug)]
pub(crate) struct Apis {
    host: IpAddr,
    /// Those that requests may be for.
    hosts: Hosts,
    /// The first API's, as it was asked for; 0 takes free ones.
    port: u16,
    /// The highest that is served.
    last_port: Option<u16>,
    /// The highest that is bound.
    last_bound: Option<u16>,
    /// Bound, and not served yet.
    bound: HashMap<String, Listener>,
    served: HashMap<String, Served>,
    servers: JoinSet<()>,
}

#[derive(Debug)]
struct Listener {
    listener: TcpListener,
    url: String,
}

#[derive(Debug)]
struct Served {
    url: String,
    stage: Arc<Stage>,
    stop: CancellationToken,
}

impl Apis {
    /// No APIs yet: the first will be on `port`, the others on the next free ones. They answer to requests for `hosts`.
    pub(crate) fn new(host: IpAddr, hosts: Hosts, port: u16) -> Self {
        Self {
            host,
            hosts,
            port,
            last_port: None,
            last_bound: None,
            bound: HashMap::new(),
            served: HashMap::new(),
            servers: JoinSet::new(),
        }
    }

    fn listen(&mut self, api: &Api) -> Result<(), Error> {
        let mut next = match (self.port, self.last_bound) {
            (0, _) => 0,
            (port, None) => port,
            (_, Some(last)) => last.saturating_add(1),
        };
        let listener = loop {
            match bind(self.host, next, "--port") {
                Err(Error::PortTaken { .. }) if self.last_bound.is_some() && next < u16::MAX => {
                    next += 1;
                }
                bound => break bound?,
            }
        };
        self.last_bound = Some(next);
        let url = url(&listener)?;
        self.bound
            .insert(api.logical_id.clone(), Listener { listener, url });
        Ok(())
    }

    /// Binds listeners for the APIs that have none yet, on the next free ports.
    pub(crate) fn bind_new(&mut self, application: &Application) -> Result<(), Error> {
        for api in &application.apis {
            if self.url(&api.logical_id).is_none() {
                self.listen(api)?;
            }
        }
        Ok(())
    }

    /// Gives up the listeners of APIs that are not served after all.
    pub(crate) fn unbind_new(&mut self) {
        self.bound.clear();
        self.last_bound = self.last_port;
    }

    /// Where an API is reached, or will be.
    pub(crate) fn url(&self, id: &str) -> Option<&str> {
        if let Some(served) = self.served.get(id) {
            return Some(&served.url);
        }
        self.bound.get(id).map(|bound| bound.url.as_str())
    }

    /// Serves the application's APIs as they now are, on the ports that were bound for them. Those that are gone are
    /// no longer served.
    pub(crate) fn deploy(
        &mut self,
        application: &Application,
        lambda: &Lambda,
        traces: &Traces,
        clock: &Clock,
    ) {
        for api in &application.apis {
            let gateway = gateway(api, application, lambda, traces, clock);
            match self.served.get(&api.logical_id) {
                Some(served) => served.stage.deploy(gateway),
                None => self.serve(&api.logical_id, gateway),
            }
        }
        self.served.retain(|id, served| {
            let is_declared = application.apis.iter().any(|api| api.logical_id == *id);
            if !is_declared {
                served.stop.cancel();
            }
            is_declared
        });
        self.last_port = self.last_bound;
    }

    fn serve(&mut self, id: &str, gateway: Gateway) {
        let Some(Listener { listener, url }) = self.bound.remove(id) else {
            return;
        };
        let stop = CancellationToken::new();
        let stage = Arc::new(Stage::new(gateway));
        let serve = Arc::clone(&stage).serve(listener, self.hosts.clone(), stop.clone());
        self.servers.spawn(serve);
        self.served
            .insert(id.to_owned(), Served { url, stage, stop });
    }

    /// Where each API is reached, in the application's order.
    pub(crate) fn addresses(&self, application: &Application) -> Vec<ApiAddress> {
        let apis = application.apis.iter();
        let addresses = apis.filter_map(|api| {
            Some(ApiAddress {
                logical_id: api.logical_id.clone(),
                url: self.url(&api.logical_id)?.to_owned(),
            })
        });
        addresses.collect()
    }

    /// Takes no more requests, and finishes what is in flight.
    pub(crate) async fn stop(self) {
        for served in self.served.values() {
            served.stop.cancel();
        }
        self.servers.join_all().await;
    }
}

fn gateway(
    api: &Api,
    application: &Application,
    lambda: &Lambda,
    traces: &Traces,
    clock: &Clock,
) -> Gateway {
    Gateway::new(
        api.clone(),
        &application.api_keys,
        &application.usage_plans,
        lambda.clone(),
        traces.clone(),
        Arc::new(place()),
        clock.clone(),
    )
}

/// Where a listener is reached.
pub(crate) fn url(listener: &TcpListener) -> Result<String, Error> {
    let address = listener.local_addr().map_err(Error::Runtime)?;
    Ok(format!("http://{address}"))
}

/// Listens on a port that `flag` chooses.
pub(crate) fn bind(host: IpAddr, port: u16, flag: &'static str) -> Result<TcpListener, Error> {
    let address = SocketAddr::new(host, port);
    listen(address).map_err(|source| Error::PortTaken {
        address,
        flag,
        source,
    })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As tokio's own does: a port is free again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
