//! Requests that declare their bodies' hashes, and bodies that are held against them.

#![allow(clippy::unwrap_used)]
use aws_sigv4::http_request::PayloadChecksumKind;

use super::tests::{BODY, developer, place, signed};
use super::*;
use crate::PayloadHash;

/// A request signed as S3's clients do; `location` is where the signature goes.
fn signed_over(body: SignableBody<'_>, location: SignatureLocation, now: SystemTime) -> Parts {
    let url = "http://127.0.0.1:4566/bucket//a%20b/../c";
    let mut request = http::Request::put(url)
        .header("host", "127.0.0.1:4566")
        .body(())
        .unwrap();
    let mut settings = SigningSettings::default();
    if location == SignatureLocation::Headers {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    } else {
        settings.expires_in = Some(Duration::from_secs(60));
    }
    settings.signature_location = location;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = aws_credential_types::Credentials::new("local", "local", None, None, "test");
    let identity = identity.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(now)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let headers = [("host", "127.0.0.1:4566")].into_iter();
    let signable = SignableRequest::new("PUT", url, headers, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

#[test]
fn a_streamed_body_is_held_against_the_hash_that_was_signed() {
    let identities = Identities::new(place());
    let now = SystemTime::now();
    let (headers, query) = (SignatureLocation::Headers, SignatureLocation::QueryParams);
    for (body, location, is_signed) in [
        (SignableBody::Bytes(BODY), headers, true),
        (SignableBody::UnsignedPayload, headers, false),
        (SignableBody::UnsignedPayload, query, false),
    ] {
        let name = format!("{body:?} {location:?}");
        let request = signed_over(body, location, now);
        let principal = identities.authenticate("s3", &request, Payload::Declared, now);
        assert!(principal.is_ok(), "{name}: {:?}", principal.err());
        let verified = |pieces: &[&[u8]]| {
            let mut hash = PayloadHash::of(&request).unwrap();
            pieces.iter().for_each(|piece| hash.update(piece));
            hash.finish().is_ok()
        };
        assert!(verified(&[BODY]) && verified(&[b"{", b"", b"}"]), "{name}");
        for changed in [&[][..], &[&b"{"[..]], &[BODY, BODY]] {
            assert_eq!(verified(changed), !is_signed, "{name} {changed:?}");
        }
    }
    // A signature over the body itself isn't one of a request that leaves it unsigned.
    let request = signed_over(SignableBody::Bytes(BODY), query, now);
    let outcome = identities.authenticate("s3", &request, Payload::Declared, now);
    assert_eq!(outcome.unwrap_err().code(), "InvalidSignatureException");
}

#[test]
fn a_streamed_body_must_be_declared_and_signed() {
    let identities = Identities::new(place());
    let now = SystemTime::now();
    let request = signed_over(SignableBody::Bytes(BODY), SignatureLocation::Headers, now);
    let judge = |request: &Parts| {
        let outcome = identities.authenticate("s3", request, Payload::Declared, now);
        outcome.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(judge(&request), Ok(()));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (value, code) in [
        ("", "InvalidArgument"),
        ("e3b0", "InvalidArgument"),
        (&empty.to_uppercase(), "InvalidArgument"),
        (&format!("{empty}00"), "InvalidArgument"),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "NotImplemented"),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "NotImplemented"),
        // Valid, but not what was signed.
        (empty, "InvalidSignatureException"),
        ("UNSIGNED-PAYLOAD", "InvalidSignatureException"),
    ] {
        let mut request = request.clone();
        request.headers.insert(HEADER, value.parse().unwrap());
        assert_eq!(judge(&request), Err(code), "{value}");
    }
    let mut twice = request.clone();
    twice.headers.append(HEADER, empty.parse().unwrap());
    assert_eq!(judge(&twice), Err("InvalidArgument"));
    let mut missing = request.clone();
    missing.headers.remove(HEADER);
    assert_eq!(judge(&missing), Err("InvalidRequest"));
    assert!(PayloadHash::of(&missing).is_err());

    // Nobody may add a hash to a request whose signature doesn't cover it.
    let mut unsigned = signed_over(
        SignableBody::UnsignedPayload,
        SignatureLocation::QueryParams,
        now,
    );
    unsigned
        .headers
        .insert(HEADER, "UNSIGNED-PAYLOAD".parse().unwrap());
    assert_eq!(judge(&unsigned), Err("AccessDenied"));
    let mut unsigned = signed(&identities, &developer(), now);
    unsigned
        .headers
        .insert(HEADER, "UNSIGNED-PAYLOAD".parse().unwrap());
    let outcome = identities.authenticate("dynamodb", &unsigned, Payload::Declared, now);
    assert_eq!(outcome.unwrap_err().code(), "AccessDenied");
    // Of a whole body, such a header says nothing.
    let outcome = identities.authenticate("dynamodb", &unsigned, Payload::Whole(BODY), now);
    assert!(outcome.is_ok());
}
