//! Verifies Signature Version 4, by signing the received request again.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use subtle::ConstantTimeEq;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::credentials::{Credentials, Identities};
use crate::error::{AuthenticationError, PayloadError};
use crate::payload::{Declared, HEADER, Payload};
use crate::presigned::Presigned;
use crate::principal::Principal;
use crate::signature_fields::{Authorization, SignatureFields, header};

/// How far a client's clock may be off.
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

const DATE_FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

impl Identities {
    /// Who signed a request to `service`, received at `now`.
    pub fn authenticate(
        &self,
        service: &str,
        request: &Parts,
        payload: Payload<'_>,
        now: SystemTime,
    ) -> Result<Principal, AuthenticationError> {
        let presigned = Presigned::of(request);
        let fields = match (header(request, "authorization"), &presigned) {
            (Some(header), _) => SignatureFields::parse(header, request)?,
            (None, Some(presigned)) => presigned.fields()?,
            (None, None) => return Err(AuthenticationError::MissingToken),
        };
        let lifetime = presigned.as_ref().map(Presigned::lifetime).transpose()?;
        let time = signing_time(fields.date_time, now, lifetime)?;
        let authorization = fields.scoped(request)?;
        authorization.check_scope(service, self.region(), fields.date_time)?;
        let body = signed_body(request, payload, &authorization)?;
        let identity = self
            .find(authorization.access_key_id)
            .ok_or(AuthenticationError::UnrecognizedClient)?;
        let signed = Signed {
            request,
            body: &body,
            time,
            presigned: presigned.as_ref().zip(lifetime),
        };
        let expected = signature(&authorization, &identity.credentials, &signed)?;
        let is_same = expected
            .as_bytes()
            .ct_eq(authorization.signature.as_bytes());
        if !bool::from(is_same) || !authorization.names_headers_of(request) {
            let text = "The request signature we calculated does not match the signature you provided. \
                Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
            return Err(AuthenticationError::InvalidSignature(text.into()));
        }
        let token = match &presigned {
            Some(presigned) => presigned.value("X-Amz-Security-Token"),
            None => header(request, "x-amz-security-token"),
        };
        let token = token.unwrap_or_default();
        let expected = identity
            .credentials
            .session_token
            .as_deref()
            .unwrap_or_default();
        if !bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
            return Err(AuthenticationError::UnrecognizedClient);
        }
        Ok(identity.principal)
    }
}

/// A request as its signature is made of it.
struct Signed<'a> {
    request: &'a Parts,
    body: &'a SignableBody<'a>,
    time: SystemTime,
    presigned: Option<(&'a Presigned, Duration)>,
}

/// The body as the signature is made of it. What declares it must be signed
/// too, or it could be replaced along with the body.
fn signed_body<'a>(
    request: &Parts,
    payload: Payload<'a>,
    authorization: &Authorization<'_>,
) -> Result<SignableBody<'a>, AuthenticationError> {
    let Payload::Whole(body) = payload else {
        let declared = Declared::of(request)?;
        if declared.is_header() && !authorization.signed_headers.contains(HEADER) {
            return Err(PayloadError::NotSigned.into());
        }
        return Ok(declared.signable());
    };
    Ok(SignableBody::Bytes(body))
}

/// When a request was signed: not long ago, or within the lifetime that it states.
fn signing_time(
    text: &str,
    now: SystemTime,
    lifetime: Option<Duration>,
) -> Result<SystemTime, AuthenticationError> {
    let parsed = PrimitiveDateTime::parse(text, DATE_FORMAT).map_err(|_| {
        let text = format!("Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601");
        AuthenticationError::Incomplete(text)
    })?;
    let signed: SystemTime = parsed.assume_utc().into();
    let show = |time: SystemTime| {
        OffsetDateTime::from(time)
            .format(DATE_FORMAT)
            .unwrap_or_default()
    };
    let skewed = |relation: &str, limit: SystemTime, sign: char| {
        let (limit, now) = (show(limit), show(now));
        let text = format!(
            "{relation}: {text} is now {} than {limit} ({now} {sign} 15 min.)",
            if sign == '-' { "earlier" } else { "later" }
        );
        Err(AuthenticationError::InvalidSignature(text))
    };
    if lifetime.is_some_and(|lifetime| signed + lifetime < now) {
        let (limit, now) = (show(signed + lifetime.unwrap_or_default()), show(now));
        let text = format!("Signature expired: {limit} is now earlier than {now}");
        return Err(AuthenticationError::InvalidSignature(text));
    }
    if lifetime.is_none() && signed < now - MAX_SKEW {
        return skewed("Signature expired", now - MAX_SKEW, '-');
    }
    if signed > now + MAX_SKEW {
        return skewed("Signature not yet current", now + MAX_SKEW, '+');
    }
    Ok(signed)
}

/// The signature that the request would have, had it been made with `credentials`.
fn signature(
    authorization: &Authorization<'_>,
    credentials: &Credentials,
    signed: &Signed<'_>,
) -> Result<String, AuthenticationError> {
    let unusable =
        |error: &dyn std::fmt::Display| AuthenticationError::Incomplete(error.to_string());
    let request = signed.request;
    let mut settings = SigningSettings::default();
    // The headers are those the client signed, no more and no fewer.
    settings.excluded_headers = Some(Vec::<Cow<'static, str>>::new());
    // S3's keys may have any slashes and dots: its paths are signed as they are.
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    if authorization.service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let mut token = None;
    if let Some((presigned, lifetime)) = signed.presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(lifetime);
        token = presigned.value("X-Amz-Security-Token").map(str::to_owned);
    }
    let identity = aws_credential_types::Credentials::new(
        &credentials.access_key_id,
        &credentials.secret_access_key,
        token,
        None,
        "samlet",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(authorization.region)
        .name(authorization.service)
        .time(signed.time)
        .settings(settings)
        .build()
        .map_err(|error| unusable(&error))?
        .into();
    let host = header(request, "host").unwrap_or_default();
    let path = request.uri.path();
    let query = match signed.presigned {
        Some((presigned, _)) => Some(presigned.rest.as_str()),
        None => request.uri.query(),
    };
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    // The signer has the same sign for all that is no text.
    percent_decode_str(&query)
        .decode_utf8()
        .map_err(|error| unusable(&error))?;
    let is_signed = |name: &str| authorization.signed_headers.contains(name);
    let headers = request.headers.iter();
    let headers = headers.filter(|(name, _)| is_signed(name.as_str()));
    // One that is no text can't be told from one that isn't there.
    let headers = headers.map(|(name, value)| Ok((name.as_str(), value.to_str()?)));
    let headers: Vec<_> = headers
        .collect::<Result<_, http::header::ToStrError>>()
        .map_err(|error| unusable(&error))?;
    let uri = format!("http://{host}{path}{query}");
    let body = signed.body.clone();
    let signable = SignableRequest::new(request.method.as_str(), uri, headers.into_iter(), body)
        .map_err(|error| unusable(&error))?;
    let output = sign(signable, &params).map_err(|error| unusable(&error))?;
    Ok(output.signature().to_owned())
}

#[cfg(test)]
mod payload_tests;
#[cfg(test)]
mod tests;
