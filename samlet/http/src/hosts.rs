//! Which hosts a listener answers to, so that no web page reaches it under a name of its own (DNS rebinding).
//!
//! A browser lets a page read what its own origin answers, and an origin is a name: a page of `evil.example` whose name
//! comes to resolve to 127.0.0.1 could otherwise read and write all that is served there. An IP address isn't resolved,
//! so it can't be turned into another one.

use std::net::IpAddr;
use std::str::FromStr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, StatusCode};

/// The hosts that a listener answers to.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Beside the names and addresses of this machine itself.
    allowed: Vec<Host>,
    /// Whether every IP address is one of them.
    any_address: bool,
}

impl Hosts {
    /// `localhost`, names below it, and loopback addresses.
    pub fn loopback() -> Self {
        Self {
            allowed: Vec::new(),
            any_address: false,
        }
    }

    /// For a listener on `address`: loopback hosts and those in `allowed`. If others can reach it, every IP address as
    /// well, since theirs for it may differ from its own: a container's, or a router's.
    pub fn of_listener(address: IpAddr, allowed: Vec<Host>) -> Self {
        Self {
            allowed,
            any_address: !address.is_loopback(),
        }
    }

    /// Whether a request is for one of the hosts. What decides about that has to be there once: of two `Host` headers,
    /// or two `Origin` headers, one program takes the first and another the last.
    pub fn check(&self, head: &Parts) -> Result<(), HostError> {
        if head.headers.get_all(ORIGIN).iter().nth(1).is_some() {
            return Err(HostError::Repeated(ORIGIN));
        }
        let mut headers = head.headers.get_all(HOST).iter();
        let header = headers.next().ok_or(HostError::Missing)?;
        if headers.next().is_some() {
            return Err(HostError::Repeated(HOST));
        }
        self.check_host(&String::from_utf8_lossy(header.as_bytes()))?;
        // A request line may name the host as well, and then goes before the header.
        match head.uri.authority() {
            Some(authority) => self.check_host(authority.as_str()),
            None => Ok(()),
        }
    }

    fn check_host(&self, text: &str) -> Result<(), HostError> {
        let host = without_port(text)
            .and_then(|host| host.parse().ok())
            .ok_or_else(|| HostError::Malformed(text.to_owned()))?;
        if self.serves(&host) {
            return Ok(());
        }
        Err(HostError::NotServed(host))
    }

    fn serves(&self, host: &Host) -> bool {
        let is_local = match host {
            Host::Address(address) => self.any_address || address.is_loopback(),
            // Never asked of a name server: <https://www.rfc-editor.org/rfc/rfc6761#section-6.3>
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        };
        is_local || self.allowed.contains(host)
    }
}

/// A host as a URL names it, without a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// An address; an IPv4 one that is written as IPv6 is the IPv4 one.
    Address(IpAddr),
    /// A name in lower case, without the dot that may end it.
    Name(String),
}

/// A text is neither a host name nor an IP address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host name or IP address, without scheme and port")]
pub struct NotAHost(String);

impl FromStr for Host {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let invalid = || NotAHost(text.to_owned());
        let bracketed = text.strip_prefix('[').map(|rest| rest.strip_suffix(']'));
        if let Some(inner) = bracketed {
            let address = inner.and_then(|inner| inner.parse().ok());
            let address = address.filter(IpAddr::is_ipv6).ok_or_else(invalid)?;
            return Ok(Self::Address(address.to_canonical()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // The longest name: <https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4>
        let has_length = !name.is_empty() && name.len() <= 253;
        if !has_length || name.starts_with('.') || !name.chars().all(is_sound) {
            return Err(invalid());
        }
        Ok(Self::Name(name.to_ascii_lowercase()))
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// The host in `HOST[:PORT]`; `None` if what follows it is not a port. An IPv6 address has to be in brackets.
fn without_port(text: &str) -> Option<&str> {
    let host_end = match text.starts_with('[') {
        true => text.find(']')? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(host_end);
    if rest.is_empty() {
        return Some(host);
    }
    let port = rest.strip_prefix(':')?;
    let is_port = port.chars().all(|c| c.is_ascii_digit());
    is_port.then_some(host)
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A header is there twice that decides who is asked, or who asks.
    #[error("the request has more than one {0} header")]
    Repeated(HeaderName),
    /// There is no `Host` header.
    #[error("the request has no host header")]
    Missing,
    /// Its `Host` is not `HOST[:PORT]`.
    #[error("the request's host is not HOST or HOST:PORT: {0:?}")]
    Malformed(String),
    /// It is for a host that isn't served.
    #[error("the host {0} is not served here")]
    NotServed(Host),
}

impl HostError {
    /// The status to answer with. 403 is what API Gateway says to the name of an API that it doesn't know, and
    /// development servers to the names of hosts; 421 has some browsers try again.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotServed(_) => StatusCode::FORBIDDEN,
            Self::Repeated(_) | Self::Missing | Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::Ipv4Addr;

    fn check(hosts: &Hosts, uri: &str, headers: &[(&str, &str)]) -> Result<(), HostError> {
        let mut request = http::Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        hosts.check(&request.body(()).unwrap().into_parts().0)
    }

    fn status(hosts: &Hosts, host: &str) -> u16 {
        let checked = check(hosts, "/", &[("host", host)]);
        checked.map_or_else(|error| error.status().as_u16(), |()| 200)
    }

    #[test]
    fn only_hosts_that_are_served_are_answered() {
        let own = Hosts::loopback();
        let allowed = ["app.test", "10.0.0.5", "[2001:db8::1]"];
        let allowed = allowed.map(|host| host.parse().unwrap()).to_vec();
        let named = Hosts::of_listener(Ipv4Addr::LOCALHOST.into(), allowed);
        let open = Hosts::of_listener(Ipv4Addr::UNSPECIFIED.into(), Vec::new());
        // The status with each of the three.
        for (host, statuses) in [
            ("127.0.0.1:4566", [200, 200, 200]),
            ("127.0.0.1", [200, 200, 200]),
            ("127.8.9.10:1", [200, 200, 200]),
            ("localhost:4566", [200, 200, 200]),
            ("localhost", [200, 200, 200]),
            ("localhost.", [200, 200, 200]),
            ("localhost:", [200, 200, 200]),
            ("LocalHost:80", [200, 200, 200]),
            ("shop.localhost:3000", [200, 200, 200]),
            ("[::1]:4566", [200, 200, 200]),
            ("[::1]", [200, 200, 200]),
            ("[::ffff:127.0.0.1]", [200, 200, 200]),
            ("app.test:3000", [403, 200, 403]),
            ("APP.test.", [403, 200, 403]),
            ("sub.app.test", [403, 403, 403]),
            ("10.0.0.5:3000", [403, 200, 200]),
            ("[2001:DB8:0::1]:3000", [403, 200, 200]),
            ("192.168.1.9:3000", [403, 403, 200]),
            ("0.0.0.0:3000", [403, 403, 200]),
            ("evil.example:4566", [403, 403, 403]),
            ("127.0.0.1.evil.example", [403, 403, 403]),
            ("localhost.evil.example", [403, 403, 403]),
            ("evillocalhost", [403, 403, 403]),
            ("", [400, 400, 400]),
            (":80", [400, 400, 400]),
            (".localhost", [400, 400, 400]),
            ("127.0.0.1:evil.example", [400, 400, 400]),
            ("127.0.0.1:80:80", [400, 400, 400]),
            ("localhost:80@evil.example", [400, 400, 400]),
            ("localhost@evil.example", [400, 400, 400]),
            ("localhost/evil.example", [400, 400, 400]),
            ("localhost evil.example", [400, 400, 400]),
            ("localhost, evil.example", [400, 400, 400]),
            ("::1", [400, 400, 400]),
            ("[::1", [400, 400, 400]),
            ("[::1]80", [400, 400, 400]),
            ("[127.0.0.1]", [400, 400, 400]),
            ("[localhost]", [400, 400, 400]),
            ("löcalhost", [400, 400, 400]),
        ] {
            let found = [&own, &named, &open].map(|hosts| status(hosts, host));
            assert_eq!(found, statuses, "{host:?}");
        }
    }

    #[test]
    fn a_request_names_its_host_once_and_its_origin_at_most_once() {
        let hosts = Hosts::loopback();
        let host = ("host", "localhost");
        let origin = ("origin", "http://localhost");
        let other = ("origin", "http://evil.example");
        for (headers, expected) in [
            (&[host][..], Ok(())),
            (&[host, origin], Ok(())),
            (&[], Err(HostError::Missing)),
            (&[host, host], Err(HostError::Repeated(HOST))),
            (
                &[host, ("host", "evil.example")],
                Err(HostError::Repeated(HOST)),
            ),
            (&[host, origin, other], Err(HostError::Repeated(ORIGIN))),
        ] {
            assert_eq!(check(&hosts, "/", headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_host_in_the_request_line_is_checked_as_well() {
        let hosts = Hosts::loopback();
        let headers = [("host", "localhost")];
        assert_eq!(check(&hosts, "http://localhost:3000/a", &headers), Ok(()));
        let other = check(&hosts, "http://evil.example/a", &headers).unwrap_err();
        assert_eq!(
            other.to_string(),
            "the host evil.example is not served here"
        );
        let with_user = check(&hosts, "http://localhost@evil.example/a", &headers);
        assert!(matches!(with_user, Err(HostError::Malformed(_))));
    }

    #[test]
    fn what_is_allowed_is_a_host_without_scheme_and_port() {
        for (text, expected) in [
            ("App.Test", "app.test"),
            ("my_app.test.", "my_app.test"),
            ("::1", "::1"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().to_string(), expected);
        }
        for text in ["", "http://app.test", "app.test:80", "*.test", "a b"] {
            assert!(text.parse::<Host>().is_err(), "{text:?}");
        }
    }
}
