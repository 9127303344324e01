//! Signs a request as an AWS SDK does: for samlet's own commands.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;

use crate::credentials::Credentials;

/// Adds a signature's headers to `request`, whose URI is whole; false when it
/// can't be signed.
pub fn sign_request(
    request: &mut Request<Vec<u8>>,
    credentials: &Credentials,
    region: &str,
    service: &str,
) -> bool {
    let identity = aws_credential_types::Credentials::new(
        &credentials.access_key_id,
        &credentials.secret_access_key,
        credentials.session_token.clone(),
        None,
        "samlet",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build();
    let Ok(params) = params else {
        return false;
    };
    let url = request.uri().to_string();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), url, headers, body);
    let Some(output) = signable
        .ok()
        .and_then(|signable| sign(signable, &params.into()).ok())
    else {
        return false;
    };
    let (instructions, _) = output.into_parts();
    instructions.apply_to_request_http1x(request);
    true
}
