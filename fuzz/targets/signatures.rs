//! Signatures, in a header and in the query: one is believed only if the right key made it, of
//! just the request that came.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use arbitrary::{Arbitrary, Unstructured};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use fuzz::pieced;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use libfuzzer_sys::fuzz_target;
use percent_encoding::{percent_decode, percent_decode_str};
use samlet_aws::Place;
use samlet_iam::{Identities, Payload};

const REGION: &str = "us-east-1";
const SERVICE: &str = "lambda";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HOST: &str = "127.0.0.1:4566";

/// How far a client's clock may be off.
const SKEW: i64 = 15 * 60;

const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
const PATHS: [&str; 10] = ["/", "/", "a", "b", "%20", "%2F", ".", "..", "~", ":"];
const QUERIES: [&str; 12] = [
    "&", "=", "a", "b", "1", "%20", "+", "%C3%A9", "%26", "%FE", "~", "*",
];
const VALUES: [&str; 8] = ["a", "b", " ", "  ", ",", "é", "\t", "="];
const HEADERS: [&str; 3] = ["x-custom", "x-amz-target", "content-type"];

fuzz_target!(|data: &[u8]| {
    match data.first() {
        // A request as it is, whose sender never had a key.
        Some(first) if first.is_ascii_uppercase() => unsigned(data),
        Some(_) => {
            let _ = signed(&mut Unstructured::new(data));
        }
        None => {}
    }
});

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_420_800)
}

fn identities(secret: &str) -> Identities {
    Identities::new(Place::new(REGION, "123456789012", "local")).with_developer_secret(secret)
}

/// A request line, headers, and a body.
fn unsigned(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (method, uri) = lines
        .next()
        .unwrap_or_default()
        .split_once(' ')
        .unwrap_or_default();
    let mut request = Request::builder().method(method).uri(uri);
    for line in lines {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        request = request.header(name.trim(), value.trim());
    }
    let Ok(request) = request.body(()) else {
        return;
    };
    let (parts, ()) = request.into_parts();
    let outcome =
        identities(SECRET).authenticate(SERVICE, &parts, Payload::Whole(body.as_bytes()), now());
    let error = outcome.expect_err("there is no key to this");
    assert!(!error.to_string().is_empty() && error.code().ends_with("Exception"));
}

/// What is sent, as far as a signature is about it.
#[derive(Clone, Debug)]
struct Sent {
    parts: Parts,
    body: Vec<u8>,
}

fn signed(choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let lifetime = match choices.arbitrary()? {
        true => Some(Duration::from_secs(choices.int_in_range(1..=604_800)?)),
        false => None,
    };
    // About the moments at which a signature begins and ends to hold.
    let limit = lifetime.map_or(SKEW, |lifetime| lifetime.as_secs() as i64);
    let age = *choices.choose(&[0, 0, 0, 1, limit, limit + 1, -SKEW, -SKEW - 1])?;
    let signed_at = match u64::try_from(age) {
        Ok(age) => now() - Duration::from_secs(age),
        Err(_) => now() + Duration::from_secs(age.unsigned_abs()),
    };
    let Some(sent) = request(choices)? else {
        return Ok(());
    };
    let Some(sent) = sign_as_a_client(sent, SECRET, signed_at, lifetime) else {
        return Ok(());
    };
    let judge = |sent: &Sent, secret: &str| {
        identities(secret).authenticate(SERVICE, &sent.parts, Payload::Whole(&sent.body), now())
    };
    let is_in_time = age >= -SKEW && age <= limit;
    match judge(&sent, SECRET) {
        Ok(principal) => {
            assert!(is_in_time, "it held at {age} of {limit} s");
            assert_eq!(principal.arn, "arn:aws:iam::123456789012:user/local");
        }
        // The SDK signs a query that isn't UTF-8 as if it were another.
        Err(error) => assert!(!is_in_time || !is_text(&sent), "{error}: {sent:?}"),
    }
    let other = judge(&sent, "another secret");
    assert!(other.is_err(), "believed with another key: {sent:?}");

    if !is_text(&sent) {
        return Ok(());
    }
    let mut changed = sent.clone();
    for _ in 0..choices.int_in_range(1..=2)? {
        change(&mut changed, choices)?;
    }
    if judge(&changed, SECRET).is_ok() {
        assert!(is_in_time, "a change made it hold: {changed:?}");
        assert_eq!(
            meaning(&sent),
            meaning(&changed),
            "believed when changed: {sent:?} {changed:?}"
        );
    }
    Ok(())
}

fn is_text(sent: &Sent) -> bool {
    let query = sent.parts.uri.query().unwrap_or_default();
    percent_decode_str(query).decode_utf8().is_ok()
}

fn target(path: &str, query: &str) -> Option<http::Uri> {
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    format!("/{path}{query}").parse().ok()
}

fn request(choices: &mut Unstructured<'_>) -> arbitrary::Result<Option<Sent>> {
    let (path, query) = (some(&PATHS, choices)?, some(&QUERIES, choices)?);
    let mut request = Request::builder()
        .method(choices.choose(&METHODS)?.clone())
        .header("host", HOST);
    for name in HEADERS {
        // What is signed is text.
        let value = some(&VALUES[..5], choices)?;
        if !value.trim().is_empty() {
            request = request.header(name, value.trim());
        }
    }
    let Some(uri) = target(&path, &query) else {
        return Ok(None);
    };
    let body = some(&["{", "}", "a", "\0"], choices)?;
    let (parts, ()) = match request.uri(uri).body(()) {
        Ok(request) => request.into_parts(),
        Err(_) => return Ok(None),
    };
    Ok(Some(Sent {
        parts,
        body: body.into_bytes(),
    }))
}

fn some(pieces: &[&str], choices: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    let length = choices.int_in_range(0..=6)?;
    Ok(pieced(pieces, choices.bytes(length)?))
}

fn sign_as_a_client(
    sent: Sent,
    secret: &str,
    at: SystemTime,
    lifetime: Option<Duration>,
) -> Option<Sent> {
    let identity =
        aws_credential_types::Credentials::new("local", secret, None, None, "fuzz").into();
    let mut settings = SigningSettings::default();
    if let Some(lifetime) = lifetime {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(lifetime);
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(SERVICE)
        .time(at)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let headers = sent.parts.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let url = format!("http://{HOST}{}", sent.parts.uri);
    let body = SignableBody::Bytes(&sent.body);
    let signable = SignableRequest::new(sent.parts.method.as_str(), url, headers, body).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    let mut request = Request::from_parts(sent.parts, sent.body);
    instructions.apply_to_request_http1x(&mut request);
    let (parts, body) = request.into_parts();
    Some(Sent { parts, body })
}

/// Changes a request as somebody between could.
fn change(sent: &mut Sent, choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let uri = sent.parts.uri.clone();
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let path = path.strip_prefix('/').unwrap_or(path);
    match choices.int_in_range(0..=9)? {
        0 => sent.parts.method = choices.choose(&METHODS)?.clone(),
        1 => {
            let edited = edited(path.as_bytes(), &PATHS, choices)?;
            let edited = String::from_utf8_lossy(&edited);
            sent.parts.uri = target(&edited, query).unwrap_or(uri);
        }
        2 | 3 => {
            let pieces = [
                &QUERIES[..],
                &["%FF", "%EF%BF%BD", "%2B", "0"],
                &["X-Amz-Date", "X-Amz-Expires", "X-Amz-Algorithm"],
            ]
            .concat();
            let edited = edited(query.as_bytes(), &pieces, choices)?;
            let edited = String::from_utf8_lossy(&edited);
            sent.parts.uri = target(path, &edited).unwrap_or(uri);
        }
        4 => sent.body = edited(&sent.body, &["{", "}", "a", "\0"], choices)?,
        5 => {
            let name = HeaderName::from_static(choices.choose(&HEADERS)?);
            sent.parts.headers.remove(name);
        }
        kind => change_header(&mut sent.parts.headers, kind, choices)?,
    }
    Ok(())
}

/// Adds a header, of any value (6) or of another's changed (7), or replaces one.
fn change_header(
    headers: &mut HeaderMap,
    kind: i32,
    choices: &mut Unstructured<'_>,
) -> arbitrary::Result<()> {
    let names = [
        &HEADERS[..],
        &[
            "authorization",
            "x-amz-date",
            "host",
            "x-amz-security-token",
        ],
    ]
    .concat();
    let name = HeaderName::from_static(choices.choose(&names)?);
    let before = headers
        .get(&name)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    let value = match kind {
        6 => some(&VALUES, choices)?.into_bytes(),
        _ => edited(
            before,
            &[&VALUES[..], &[";", "host", "x-custom", "/"]].concat(),
            choices,
        )?,
    };
    if let Ok(value) = HeaderValue::from_bytes(&value) {
        match kind {
            // As one more of its name.
            6 | 7 => drop(headers.append(name, value)),
            _ => drop(headers.insert(name, value)),
        }
    }
    Ok(())
}

/// A text with a byte or a piece changed, added or taken away.
fn edited(
    text: &[u8],
    pieces: &[&str],
    choices: &mut Unstructured<'_>,
) -> arbitrary::Result<Vec<u8>> {
    let mut text = text.to_vec();
    let at = usize::from(u16::arbitrary(choices)?) % (text.len() + 1);
    // Just behind a sign is where a value begins.
    let sign = text[at..]
        .iter()
        .position(|byte| matches!(byte, b'=' | b','));
    let at = match sign {
        Some(sign) if choices.arbitrary()? => at + sign + 1,
        _ => at,
    };
    let piece = choices.choose(pieces)?.as_bytes();
    let end = (at + choices.int_in_range(0..=3)?).min(text.len());
    match choices.arbitrary()? {
        true => drop(text.splice(at..end, piece.iter().copied())),
        false => drop(text.splice(at..end, [u8::arbitrary(choices)?])),
    }
    Ok(text)
}

/// What a signature says of a request. Two that mean the same may have it in common.
#[derive(Debug, PartialEq)]
struct Meaning {
    method: Method,
    path: Vec<String>,
    ends_with_slash: bool,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, Vec<String>>,
    body: Vec<u8>,
}

fn meaning(sent: &Sent) -> Meaning {
    let headers = &sent.parts.headers;
    let mut query = query(sent);
    let presigned = query.iter().find(|(name, _)| name == "X-Amz-SignedHeaders");
    let named = match (headers.get("authorization"), presigned) {
        (Some(header), _) => {
            let header = String::from_utf8_lossy(header.as_bytes()).into_owned();
            let (_, members) = header.split_once(' ').unwrap_or_default();
            let mut members = members.split(',').map(str::trim);
            let named = members.find_map(|member| member.strip_prefix("SignedHeaders="));
            named.unwrap_or_default().to_owned()
        }
        (None, Some((_, value))) => value.clone(),
        (None, None) => String::new(),
    };
    // With a signature in a header, the date is in one too.
    let date = headers.get("authorization").map(|_| "x-amz-date");
    let named: BTreeSet<&str> = named.split(';').chain(date).collect();
    let mut signed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        if named.contains(name.as_str()) {
            let text: String = value.as_bytes().iter().copied().map(char::from).collect();
            // Space is folded.
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            signed
                .entry(name.as_str().to_owned())
                .or_default()
                .push(words.join(" "));
        }
    }
    // Several values are one with commas.
    for values in signed.values_mut() {
        *values = vec![values.join(",")];
    }
    // A header of that name says nothing that a signature in the query hangs on.
    query.retain(|(name, _)| name != "X-Amz-SignedHeaders" && name != "X-Amz-Signature");
    query.sort();
    let path = sent.parts.uri.path();
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment.to_owned()),
        }
    }
    Meaning {
        method: sent.parts.method.clone(),
        ends_with_slash: ["/", "/.", "/.."].iter().any(|end| path.ends_with(end))
            && !segments.is_empty(),
        path: segments,
        query,
        headers: signed,
        body: sent.body.clone(),
    }
}

/// The query's pairs, each byte of them as the character of its number.
fn query(sent: &Sent) -> Vec<(String, String)> {
    let query = sent.parts.uri.query().unwrap_or_default();
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode(text.as_bytes()).map(char::from).collect()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
