//! Requests signed by the SDK's own signer, by AWS's vectors, and wrongly.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::Role;
use samlet_aws::Place;

pub(super) const BODY: &[u8] = b"{}";

pub(super) fn place() -> Place {
    Place::new("us-east-1", "123456789012", "local")
}

pub(super) fn signed(
    identities: &Identities,
    credentials: &Credentials,
    time: SystemTime,
) -> Parts {
    signed_at("http://127.0.0.1:4566/", identities, credentials, time)
}

fn signed_at(
    url: &str,
    identities: &Identities,
    credentials: &Credentials,
    time: SystemTime,
) -> Parts {
    let mut request = http::Request::post(url)
        .header("host", "127.0.0.1:4566")
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .body(())
        .unwrap();
    let identity = aws_credential_types::Credentials::new(
        &credentials.access_key_id,
        &credentials.secret_access_key,
        credentials.session_token.clone(),
        None,
        "test",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(identities.region())
        .name("dynamodb")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let headers = request
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str(), v.to_str().unwrap()));
    let signable = SignableRequest::new("POST", url, headers, SignableBody::Bytes(BODY)).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

fn identities() -> (Identities, Credentials) {
    let identities = Identities::new(place());
    let role = Role {
        name: "role".into(),
        policies: Vec::new(),
        boundary: None,
        tags: std::collections::BTreeMap::new(),
    };
    let credentials = identities.issue(role, "session");
    (identities, credentials)
}

#[test]
fn a_signed_request_is_its_roles() {
    let (identities, credentials) = identities();
    let now = SystemTime::now();
    let request = signed(&identities, &credentials, now);
    let principal = identities
        .authenticate("dynamodb", &request, Payload::Whole(BODY), now)
        .unwrap();
    assert_eq!(
        principal.arn,
        "arn:aws:sts::123456789012:assumed-role/role/session"
    );
}

#[test]
fn a_changed_body_header_or_secret_is_noticed() {
    let (identities, credentials) = identities();
    let now = SystemTime::now();
    let request = signed(&identities, &credentials, now);
    let code = |request: &Parts, body: &[u8]| {
        identities
            .authenticate("dynamodb", request, Payload::Whole(body), now)
            .map(|_| ())
            .map_err(|e| e.code())
    };
    assert_eq!(code(&request, b"{ }"), Err("InvalidSignatureException"));

    let mut changed = request.clone();
    changed
        .headers
        .insert("x-amz-target", "DynamoDB_20120810.PutItem".parse().unwrap());
    assert_eq!(code(&changed, BODY), Err("InvalidSignatureException"));

    let guessed = Credentials {
        secret_access_key: "guess".into(),
        ..credentials.clone()
    };
    assert_eq!(
        code(&signed(&identities, &guessed, now), BODY),
        Err("InvalidSignatureException")
    );

    let unknown = Credentials {
        access_key_id: "ASIAUNKNOWN".into(),
        ..credentials.clone()
    };
    assert_eq!(
        code(&signed(&identities, &unknown, now), BODY),
        Err("UnrecognizedClientException")
    );

    let tokenless = Credentials {
        session_token: None,
        ..credentials
    };
    assert_eq!(
        code(&signed(&identities, &tokenless, now), BODY),
        Err("UnrecognizedClientException")
    );
}

#[test]
fn a_value_beside_a_signed_one_is_noticed() {
    let (identities, credentials) = identities();
    let now = SystemTime::now();
    for (name, value) in [
        ("x-amz-target", &b"DynamoDB_20120810.PutItem"[..]),
        ("x-amz-target", b"\xff"),
        ("host", b"\xff"),
        ("x-amz-date", b"20261123T080000Z"),
        ("x-amz-date", b"\xff"),
    ] {
        let mut request = signed(&identities, &credentials, now);
        let value = http::HeaderValue::from_bytes(value).unwrap();
        request.headers.append(name, value);
        let outcome = identities.authenticate("dynamodb", &request, Payload::Whole(BODY), now);
        assert!(outcome.is_err(), "{name}");
    }
}

#[test]
fn an_old_signature_has_expired() {
    let (identities, credentials) = identities();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let request = signed(
        &identities,
        &credentials,
        now - Duration::from_secs(16 * 60),
    );
    let error = identities
        .authenticate("dynamodb", &request, Payload::Whole(BODY), now)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Signature expired: 20270115T074400Z is now earlier than 20270115T074500Z (20270115T080000Z - 15 min.)"
    );
}

#[test]
fn headers_are_judged_in_the_order_of_aws() {
    let (identities, credentials) = identities();
    let now = SystemTime::now();
    let request = signed(&identities, &credentials, now);
    let whole = header(&request, "authorization").unwrap().to_owned();
    let refusal = |service: &str, from: &str, to: &str| {
        let mut request = request.clone();
        let changed = whole.replace(from, to).parse().unwrap();
        request.headers.insert("authorization", changed);
        let error = identities.authenticate(service, &request, Payload::Whole(BODY), now);
        let error = error.unwrap_err();
        (error.code(), error.to_string())
    };
    for (service, from, to, code, start) in [
        (
            "dynamodb",
            "=host;",
            "=",
            "InvalidSignatureException",
            "'Host' or",
        ),
        (
            "dynamodb",
            "HMAC-SHA256",
            "X",
            "IncompleteSignatureException",
            "Unsupported AWS",
        ),
        (
            "dynamodb",
            "/aws4_request",
            "",
            "IncompleteSignatureException",
            "Credential must",
        ),
        (
            "lambda",
            "",
            "",
            "InvalidSignatureException",
            "Credential should be scoped to correct",
        ),
        (
            "dynamodb",
            "/us-east-1/",
            "/mars/",
            "InvalidSignatureException",
            "Credential should be scoped to a valid region",
        ),
    ] {
        let (found, text) = refusal(service, from, to);
        assert_eq!(found, code, "{text}");
        assert!(text.starts_with(start), "{text}");
    }
}

#[test]
fn headers_that_must_be_signed_are() {
    let (identities, credentials) = identities();
    let now = SystemTime::now();
    let request = signed(&identities, &credentials, now);
    let judge = |request: &Parts| {
        let judged = identities.authenticate("dynamodb", request, Payload::Whole(BODY), now);
        judged
            .map(|_| ())
            .map_err(|error| (error.code(), error.to_string()))
    };
    assert_eq!(judge(&request), Ok(()));
    let renamed = |from: &str, to: &str| {
        let mut request = request.clone();
        let authorization = header(&request, "authorization").unwrap();
        assert!(authorization.contains(from), "{authorization}");
        let changed = authorization.replace(from, to).parse().unwrap();
        request.headers.insert("authorization", changed);
        judge(&request)
    };
    let unsigned = |name: &str| {
        let text = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
        Err(("InvalidSignatureException", text))
    };
    assert_eq!(renamed("x-amz-date", "x-amz-dane"), unsigned("x-amz-date"));
    assert_eq!(renamed(";x-amz-target", ""), unsigned("x-amz-target"));
    let mut added = request.clone();
    added.headers.insert("x-amz-more", "more".parse().unwrap());
    assert_eq!(judge(&added), unsigned("x-amz-more"));
    let mut other = request.clone();
    other.headers.insert("more", "more".parse().unwrap());
    assert_eq!(judge(&other), Ok(()));
    // What the request doesn't have can't be signed.
    let (code, text) = renamed("=host;", "=host;more;").unwrap_err();
    assert_eq!(code, "InvalidSignatureException");
    assert!(text.starts_with("The request signature we calculated"));

    // Nor can a header be left out of what is signed.
    let unsigned_target = signed_without("x-amz-target", &identities, &credentials);
    assert_eq!(judge(&unsigned_target), unsigned("x-amz-target"));
}

/// A request with a header that is not signed.
fn signed_without(name: &'static str, identities: &Identities, credentials: &Credentials) -> Parts {
    let mut request = http::Request::post("http://127.0.0.1:4566/")
        .header("host", "127.0.0.1:4566")
        .body(BODY.to_vec())
        .unwrap();
    assert!(crate::sign_request(
        &mut request,
        credentials,
        identities.region(),
        "dynamodb"
    ));
    let value = "DynamoDB_20120810.GetItem".parse().unwrap();
    request.headers_mut().insert(name, value);
    request.into_parts().0
}

pub(super) fn developer() -> Credentials {
    Credentials {
        access_key_id: "local".into(),
        secret_access_key: "local".into(),
        session_token: None,
    }
}

#[test]
fn paths_and_queries_are_signed_as_they_were_sent() {
    let identities = Identities::new(place());
    let now = SystemTime::now();
    let url = "http://127.0.0.1:4566/functions/arn%3Aaws%20x/invoke?b=%2F&a=1";
    let request = signed_at(url, &identities, &developer(), now);
    let principal = identities
        .authenticate("dynamodb", &request, Payload::Whole(BODY), now)
        .unwrap();
    assert_eq!(principal.arn, "arn:aws:iam::123456789012:user/local");
}

/// The signer would sign all of these for one.
#[test]
fn a_query_that_is_no_text_is_refused() {
    let identities = Identities::new(place());
    let now = SystemTime::now();
    let url = "http://127.0.0.1:4566/?a=%EF%BF%BD";
    let mut request = signed_at(url, &identities, &developer(), now);
    let judge =
        |request: &Parts| identities.authenticate("dynamodb", request, Payload::Whole(BODY), now);
    assert!(judge(&request).is_ok());
    for query in ["a=%FE", "a=%FF", "a=%EF%BF", "%FE=a"] {
        request.uri = format!("/?{query}").parse().unwrap();
        assert!(judge(&request).is_err(), "{query}");
    }
}

#[test]
fn no_signature_or_half_of_one_is_told_apart() {
    let (identities, _) = identities();
    let code = |request: http::Request<()>| {
        let request = request.into_parts().0;
        identities
            .authenticate("dynamodb", &request, Payload::Whole(b""), SystemTime::now())
            .unwrap_err()
            .code()
    };
    assert_eq!(
        code(http::Request::new(())),
        "MissingAuthenticationTokenException"
    );
    let half = http::Request::post("/").header("authorization", "AWS4-HMAC-SHA256 Credential=a/b");
    assert_eq!(code(half.body(()).unwrap()), "IncompleteSignatureException");
}

#[test]
fn a_key_goes_with_its_own_secret_and_token_only() {
    let (identities, own) = identities();
    let role = Role {
        name: "other".into(),
        policies: Vec::new(),
        boundary: None,
        tags: std::collections::BTreeMap::new(),
    };
    let other = identities.issue(role, "session");
    let now = SystemTime::now();
    let code = |credentials: Credentials| {
        let request = signed(&identities, &credentials, now);
        let judged = identities.authenticate("dynamodb", &request, Payload::Whole(BODY), now);
        judged
            .map_err(|error| error.code())
            .map(|principal| principal.arn)
    };
    assert!(code(own.clone()).unwrap().ends_with("role/session"));
    let key = Credentials {
        access_key_id: other.access_key_id.clone(),
        ..own.clone()
    };
    assert_eq!(code(key), Err("InvalidSignatureException"));
    let token = Credentials {
        session_token: other.session_token.clone(),
        ..own.clone()
    };
    assert_eq!(code(token), Err("UnrecognizedClientException"));
    let no_token = Credentials {
        session_token: None,
        ..own
    };
    assert_eq!(code(no_token), Err("UnrecognizedClientException"));
}

/// A request as the vectors have it; `None` for one that is no HTTP.
fn vector(text: &str) -> Option<(Parts, String)> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut line = lines.next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let mut request = http::Request::builder().method(method).uri(target);
    line.next().filter(|version| *version == "HTTP/1.1")?;
    for header in lines {
        let (name, value) = header.split_once(':')?;
        request = request.header(name, value.trim());
    }
    Some((request.body(()).ok()?.into_parts().0, body.to_owned()))
}

#[test]
fn the_vectors_of_aws_are_verified_in_headers_and_queries() {
    let vectors = include_str!("../../tests/signing-vectors.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
    let now: SystemTime = OffsetDateTime::from_unix_timestamp(1_440_938_160)
        .unwrap()
        .into();
    let mut verified = 0;
    for vector in &vectors {
        let token = vector["token"].as_str();
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: token.map(str::to_owned),
        };
        let identities = Identities::new(place()).with(credentials);
        for kind in ["header", "query"] {
            // A token that is added to a query when it was signed already is S3's alone.
            let late = kind == "query" && vector["omits_token"] == true;
            let text = vector[kind].as_str().filter(|_| !late);
            let Some((parts, body)) = text.and_then(self::vector) else {
                continue;
            };
            let judge = |parts: &Parts, body: &str, now| {
                identities.authenticate("service", parts, Payload::Whole(body.as_bytes()), now)
            };
            let name = format!("{} {kind}", vector["name"]);
            assert!(
                judge(&parts, &body, now).is_ok(),
                "{name}: {:?}",
                judge(&parts, &body, now)
            );
            assert!(judge(&parts, &format!("{body}x"), now).is_err(), "{name}");
            // All of a query is signed, also what looks like a part of the signature.
            for added in ["more=1", "X-Amz-More=1", "X-Amz-Expires=604800"] {
                let mut parts = parts.clone();
                let joint = if parts.uri.query().is_some() {
                    '&'
                } else {
                    '?'
                };
                parts.uri = format!("{}{joint}{added}", parts.uri).parse().unwrap();
                assert!(judge(&parts, &body, now).is_err(), "{name} {added}");
            }
            // Nor is the same number in other words.
            for sign in ["%2B", "0"] {
                let from = "X-Amz-Expires=";
                let changed = parts
                    .uri
                    .to_string()
                    .replace(from, &format!("{from}{sign}"));
                let mut parts = parts.clone();
                parts.uri = changed.parse().unwrap();
                assert_eq!(
                    judge(&parts, &body, now).is_err(),
                    kind == "query",
                    "{name} {sign}"
                );
            }
            let later = now + Duration::from_secs(3601);
            assert!(judge(&parts, &body, later).is_err(), "{name}");
            verified += 1;
        }
    }
    assert!(verified >= 40, "{verified}");
}
