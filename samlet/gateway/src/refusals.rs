//! Requests that reach no API, because they are for a host that isn't served.
//!
//! An API on AWS has a name of its own, which no page can take. Here it has an address of this machine, which any name
//! can be made to resolve to ([`Hosts`]).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use http::request::Parts;
use http::{HeaderValue, header};
use samlet_http::{Host, HostError, Hosts, Response};
use serde_json::json;

/// Hosts that are warned of; whoever sends more of them has seen the warning.
const MAX_WARNED: usize = 10;

/// Which requests an API's listener refuses.
#[derive(Debug)]
pub(crate) struct Refusals {
    hosts: Hosts,
    /// Those that were asked for in vain, and warned of.
    warned: Mutex<BTreeSet<Host>>,
}

impl Refusals {
    pub(crate) fn new(hosts: Hosts) -> Self {
        Self {
            hosts,
            warned: Mutex::default(),
        }
    }

    /// The answer to a request that is refused. It has no CORS headers: no page may read it.
    pub(crate) fn of(&self, head: &Parts) -> Option<Response> {
        let error = self.hosts.check(head).err()?;
        self.warn_once(&error);
        let message = message(&error);
        let body = json!({"message": message}).to_string();
        let mut response = http::Response::new(samlet_http::whole(body));
        *response.status_mut() = error.status();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Some(response)
    }

    /// Also in the terminal, since clients such as webhooks show the answer to nobody.
    fn warn_once(&self, error: &HostError) {
        let HostError::NotServed(host) = error else {
            return;
        };
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.len() < MAX_WARNED && warned.insert(host.clone()) {
            tracing::warn!("a request was refused: {}", message(error));
        }
    }
}

/// What is wrong, and what to do about it.
fn message(error: &HostError) -> String {
    match error {
        HostError::NotServed(host) => {
            format!("{error}. To allow it, start samlet with --allow-host {host}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer(refusals: &Refusals, host: &str) -> Option<(u16, serde_json::Value)> {
        let request = http::Request::get("/").header("host", host).body(());
        let refusal = refusals.of(&request.unwrap().into_parts().0)?;
        let body = samlet_http::peek(refusal.body()).unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        Some((refusal.status().as_u16(), body))
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let refusals = Refusals::new(Hosts::loopback());
        assert_eq!(answer(&refusals, "localhost:3000"), None);
        let message = "the host app.test is not served here. \
                       To allow it, start samlet with --allow-host app.test";
        let expected = (403, json!({"message": message}));
        assert_eq!(answer(&refusals, "app.test:3000"), Some(expected));
        let (status, _) = answer(&refusals, "127.0.0.1:evil.example").unwrap();
        assert_eq!(status, 400);
    }

    #[test]
    fn only_the_first_hosts_are_warned_of() {
        let refusals = Refusals::new(Hosts::loopback());
        for number in 0..100 {
            assert!(answer(&refusals, &format!("host{number}.example")).is_some());
        }
        assert_eq!(refusals.warned.lock().unwrap().len(), MAX_WARNED);
    }
}
