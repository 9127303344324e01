//! One call of an AWS API that samlet serves, signed as the developer.

use std::time::Duration;

use http::{HeaderMap, Request};
use samlet_iam::{Credentials, DEVELOPER_KEY, sign_request};
use samlet_run::REGION;
use serde_json::Value;

/// Longer than a function may run at most.
const TIMEOUT: Duration = Duration::from_secs(16 * 60);

/// The AWS endpoint of a samlet that runs.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    pub(crate) url: String,
    credentials: Credentials,
}

/// Why a call failed; its text is what the error says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It could not be written as a request.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// There was no whole answer.
    #[error(transparent)]
    Transport(#[from] ureq::Error),
    /// The answer, with this body, is an error.
    #[error("{}", message(.0))]
    Refused(String),
}

impl Client {
    pub(crate) fn new(url: &str, secret: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build()
            .into();
        let credentials = Credentials {
            access_key_id: DEVELOPER_KEY.into(),
            secret_access_key: secret.into(),
            session_token: None,
        };
        Self {
            agent,
            url: url.to_owned(),
            credentials,
        }
    }

    /// Sends a request to a service; returns the headers and the body of its answer.
    pub(crate) fn send(
        &self,
        service: &str,
        mut request: Request<Vec<u8>>,
    ) -> Result<(HeaderMap, Vec<u8>), CallError> {
        sign_request(&mut request, &self.credentials, REGION, service);
        let mut response = self.agent.run(request)?;
        let body = response.body_mut().with_config().limit(u64::MAX);
        let body = body.read_to_vec()?;
        if !response.status().is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(CallError::Refused(body));
        }
        Ok((response.headers().clone(), body))
    }
}

/// What an error's body says; the body itself, when it is not an error of AWS's.
pub(crate) fn message(body: &str) -> String {
    let error: Value = serde_json::from_str(body).unwrap_or_default();
    let text = error.get("message").or_else(|| error.get("Message"));
    match text.and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => body.to_owned(),
    }
}
