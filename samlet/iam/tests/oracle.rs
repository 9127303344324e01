//! Signatures, judged by samlet and by an implementation of somebody else: they must always agree.

#![allow(clippy::unwrap_used, missing_docs)]

use std::str::FromStr;
use std::time::SystemTime;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderValue, Request};
use proptest::prelude::*;
use samlet_aws::Place;
use samlet_iam::{Identities, Payload, PayloadHash};
use scratchstack_aws_signature::principal::User;
use scratchstack_aws_signature::{
    GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, NO_ADDITIONAL_SIGNED_HEADERS,
    SignatureOptions, service_for_signing_key_fn, sigv4_validate_request,
};

const REGION: &str = "us-east-1";
const SERVICE: &str = "lambda";
/// The one whose requests declare their bodies' hashes.
const STREAMING_SERVICE: &str = "s3";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// What is changed in a request after it was signed.
#[derive(Clone, Copy, Debug)]
enum Change {
    Nothing,
    Body,
    Header,
    Path,
    Query,
    Method,
    Signature,
    Scope,
}

#[derive(Clone, Debug)]
struct Sent {
    method: &'static str,
    path: String,
    query: String,
    header: String,
    body: Vec<u8>,
    change: Change,
}

impl Sent {
    /// With its question mark; empty if there is none.
    fn query(&self) -> String {
        match self.query.as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        }
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let change = prop_oneof![
        Just(Change::Nothing),
        Just(Change::Body),
        Just(Change::Header),
        Just(Change::Path),
        Just(Change::Query),
        Just(Change::Method),
        Just(Change::Signature),
        Just(Change::Scope),
    ];
    (
        prop_oneof![Just("GET"), Just("POST"), Just("PUT")],
        // Without escapes: AWS encodes those of a path twice, the other once.
        "(/([a-z0-9_~-]|:|\\$){1,6}){1,3}",
        // Names without digits: the other sorts `x0=` before `x=`, AWS after.
        "([a-zA-Z]{1,4}=([a-z0-9._~-]|%20|%2B|%26){0,5}(&[a-z]{1,3}=[0-9]{0,3}){0,3})?",
        "[ -~]{0,20}",
        proptest::collection::vec(any::<u8>(), 0..40),
        change,
    )
        .prop_map(|(method, path, query, header, body, change)| Sent {
            method,
            path,
            query,
            header,
            body,
            change,
        })
}

/// A request that is signed, and then changed.
fn request(sent: &Sent, service: &str, now: SystemTime) -> Request<Vec<u8>> {
    let mut request = signed(sent, service, now);
    change(&mut request, sent);
    request
}

/// Signs as the SDK does.
fn signed(sent: &Sent, service: &str, now: SystemTime) -> Request<Vec<u8>> {
    let uri = format!("{}{}", sent.path, sent.query());
    let url = format!("http://127.0.0.1:4566{uri}");
    let mut request = Request::builder()
        .method(sent.method)
        .uri(&uri)
        .header("host", "127.0.0.1:4566")
        .header("x-custom", sent.header.trim())
        .body(sent.body.clone())
        .unwrap();
    let identity =
        aws_credential_types::Credentials::new("local", SECRET, None, None, "test").into();
    let mut settings = SigningSettings::default();
    if service == STREAMING_SERVICE {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(now)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&sent.body);
    let signable = SignableRequest::new(sent.method, url, headers, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}

fn change(request: &mut Request<Vec<u8>>, sent: &Sent) {
    let authorization = |request: &Request<Vec<u8>>, from: &str, to: &str| {
        let text = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .replacen(from, to, 1);
        HeaderValue::from_str(&text).unwrap()
    };
    match sent.change {
        Change::Nothing => {}
        Change::Body => request.body_mut().push(b'x'),
        Change::Header => {
            request
                .headers_mut()
                .insert("x-custom", HeaderValue::from_static("changed!"));
        }
        Change::Path => {
            *request.uri_mut() = format!("{}x{}", sent.path, sent.query()).parse().unwrap()
        }
        Change::Query => *request.uri_mut() = format!("{}?more=1", sent.path).parse().unwrap(),
        Change::Method => *request.method_mut() = http::Method::DELETE,
        Change::Signature => {
            let changed = authorization(request, "Signature=", "Signature=0");
            request.headers_mut().insert("authorization", changed);
        }
        Change::Scope => {
            let changed = authorization(request, "/us-east-1/", "/eu-west-1/");
            request.headers_mut().insert("authorization", changed);
        }
    }
}

/// Whether the other implementation takes it.
fn oracle(request: Request<Vec<u8>>, service: &str, now: SystemTime) -> bool {
    let get_signing_key = |request: GetSigningKeyRequest| async move {
        let key = KSecretKey::from_str(SECRET).unwrap();
        let key = key.to_ksigning(request.request_date(), request.region(), request.service());
        let user = User::new("aws", "123456789012", "/", "local")?;
        Ok(GetSigningKeyResponse::builder()
            .principal(user)
            .signing_key(key)
            .build()?)
    };
    let mut keys = service_for_signing_key_fn(get_signing_key);
    let options = match service {
        STREAMING_SERVICE => SignatureOptions::S3,
        _ => SignatureOptions::default(),
    };
    let validated = sigv4_validate_request(
        request,
        REGION,
        service,
        &mut keys,
        now.into(),
        &NO_ADDITIONAL_SIGNED_HEADERS,
        options,
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(validated).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_judge_every_request_alike(sent in sent()) {
        let now = SystemTime::now();
        let request = request(&sent, SERVICE, now);
        let identities = Identities::new(Place::new(REGION, "123456789012", "local")).with_developer_secret(SECRET);
        let (parts, body) = request.clone().into_parts();
        let ours = identities.authenticate(SERVICE, &parts, Payload::Whole(&body), now);
        prop_assert_eq!(ours.is_ok(), oracle(request, SERVICE, now), "{:?}", ours.map(|principal| principal.arn));
        if matches!(sent.change, Change::Nothing) {
            prop_assert!(identities.authenticate(SERVICE, &parts, Payload::Whole(&body), now).is_ok());
        }
    }

    #[test]
    fn both_judge_every_streamed_request_alike(mut sent in sent()) {
        // As S3's clients send it.
        sent.path = sent.path.replace(':', "%3A").replace('$', "%24");
        let now = SystemTime::now();
        let request = request(&sent, STREAMING_SERVICE, now);
        let place = Place::new(REGION, "123456789012", "local");
        let identities = Identities::new(place).with_developer_secret(SECRET);
        let (parts, body) = request.clone().into_parts();
        let head = identities.authenticate(STREAMING_SERVICE, &parts, Payload::Declared, now);
        let mut hash = PayloadHash::of(&parts).unwrap();
        for piece in body.chunks(7) {
            hash.update(piece);
        }
        let ours = head.is_ok() && hash.finish().is_ok();
        prop_assert_eq!(ours, oracle(request, STREAMING_SERVICE, now));
        // A signature's head doesn't know the body yet.
        let is_head_as_signed = matches!(sent.change, Change::Nothing | Change::Body);
        prop_assert_eq!(head.is_ok(), is_head_as_signed, "{:?}", head.map(|principal| principal.arn));
    }
}
