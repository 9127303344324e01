//! The fields of a signature, from the Authorization header or the query, and the checks of their shape and scope.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html>

use std::collections::BTreeSet;

use http::request::Parts;

use crate::error::AuthenticationError;
use crate::payload::HEADER;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a signed request must have, as it was sent: nothing is checked yet.
pub(crate) struct SignatureFields<'a> {
    pub(crate) algorithm: &'a str,
    pub(crate) credential: &'a str,
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) date_time: &'a str,
}

impl<'a> SignatureFields<'a> {
    /// Reads an Authorization header; AWS reports everything that it lacks at once.
    pub(crate) fn parse(
        authorization: &'a str,
        request: &'a Parts,
    ) -> Result<Self, AuthenticationError> {
        let (algorithm, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
        let mut missing = String::new();
        let mut field = |name: &str| {
            let found = rest
                .split(',')
                .filter_map(|field| field.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value);
            if found.is_none() {
                missing += &format!("Authorization header requires '{name}' parameter. ");
            }
            found.unwrap_or_default()
        };
        let credential = field("Credential");
        let signature = field("Signature");
        let signed_headers = field("SignedHeaders");
        let date_time = header(request, "x-amz-date");
        if date_time.is_none() {
            missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        }
        if !missing.is_empty() {
            let text = format!("{missing}Authorization={authorization}");
            return Err(AuthenticationError::Incomplete(text));
        }
        Ok(Self {
            algorithm,
            credential,
            signed_headers,
            signature,
            date_time: date_time.unwrap_or_default(),
        })
    }

    /// Checks which headers are signed, the algorithm and the credential's shape, in AWS's order.
    pub(crate) fn scoped(&self, request: &Parts) -> Result<Authorization<'a>, AuthenticationError> {
        let signed_headers: BTreeSet<&str> = self.signed_headers.split(';').collect();
        let unsigned = |name: &str| {
            let text = format!("{name} must be a 'SignedHeader' in the AWS Authorization.");
            Err(AuthenticationError::InvalidSignature(text))
        };
        if !signed_headers.contains("host") {
            return unsigned("'Host' or ':authority'");
        }
        if let Some(name) = unsigned_header(&signed_headers, request) {
            return unsigned(&format!("'{name}'"));
        }
        if self.algorithm != ALGORITHM {
            let text = format!("Unsupported AWS 'algorithm': '{}'.", self.algorithm);
            return Err(AuthenticationError::Incomplete(text));
        }
        let parts: Vec<&str> = self.credential.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = parts[..] else {
            let text = format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                self.credential
            );
            return Err(AuthenticationError::Incomplete(text));
        };
        Ok(Authorization {
            access_key_id,
            date,
            region,
            service,
            signed_headers,
            signature: self.signature,
        })
    }
}

/// A header that must be signed and isn't. All that begin with `x-amz-` must, but for the session token, which clients
/// may add after signing: it is compared with the one that was issued. The hash of a body is checked with the body.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn unsigned_header<'r>(signed: &BTreeSet<&str>, request: &'r Parts) -> Option<&'r str> {
    let mut names = request.headers.keys().map(http::HeaderName::as_str);
    names.find(|name| {
        let is_checked_elsewhere = matches!(*name, "x-amz-security-token" | HEADER);
        name.starts_with("x-amz-") && !is_checked_elsewhere && !signed.contains(name)
    })
}

/// The fields of a signature whose shape is right.
pub(crate) struct Authorization<'a> {
    pub(crate) access_key_id: &'a str,
    date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) signed_headers: BTreeSet<&'a str>,
    pub(crate) signature: &'a str,
}

impl Authorization<'_> {
    /// Whether the request has every header that it names: the signature is calculated of those that are there.
    pub(crate) fn names_headers_of(&self, request: &Parts) -> bool {
        let mut names = self.signed_headers.iter();
        names.all(|name| *name == "host" || request.headers.contains_key(*name))
    }

    /// Checks that it was made for this service and region, on the day of the request.
    pub(crate) fn check_scope(
        &self,
        service: &str,
        region: &str,
        date_time: &str,
    ) -> Result<(), AuthenticationError> {
        let invalid = |text: String| Err(AuthenticationError::InvalidSignature(text));
        if self.service != service {
            return invalid(format!(
                "Credential should be scoped to correct service: '{service}'. "
            ));
        }
        if self.region != region {
            return invalid(format!(
                "Credential should be scoped to a valid region, not '{}'. ",
                self.region
            ));
        }
        let day = date_time.get(..8).unwrap_or_default();
        if self.date != day {
            return invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{date_time}'.",
                self.date
            ));
        }
        Ok(())
    }
}

/// A header's value; `None` when it is there several times: which one was meant is unknown.
pub(crate) fn header<'a>(request: &'a Parts, name: &str) -> Option<&'a str> {
    let mut values = request.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}
