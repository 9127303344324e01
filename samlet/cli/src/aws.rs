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

    /// Sends a request to a service; gives the headers and the body of its
    /// answer, or what went wrong.
    pub(crate) fn send(
        &self,
        service: &str,
        mut request: Request<Vec<u8>>,
    ) -> Result<(HeaderMap, Vec<u8>), String> {
        sign_request(&mut request, &self.credentials, REGION, service);
        let answered = self.agent.run(request);
        let mut response = answered.map_err(|error| error.to_string())?;
        let body = response.body_mut().with_config().limit(u64::MAX);
        let body = body.read_to_vec().map_err(|error| error.to_string())?;
        match response.status().is_success() {
            true => Ok((response.headers().clone(), body)),
            false => Err(String::from_utf8_lossy(&body).into_owned()),
        }
    }
}

/// What an error's body says; the body itself, when it is no error of AWS's.
pub(crate) fn message(body: String) -> String {
    let error: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = error.get("message").or_else(|| error.get("Message"));
    match text.and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => body,
    }
}
