//! The messages' table, and the client to reach it with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::Item;
use crate::{Error, http};

/// Every message has this sort key: the table has room for later versions.
const SORT_KEY: &str = "v0";

/// All retries together stay within the function's timeout of 3 s, so that a
/// store that fails is answered and logged.
const OPERATION_TIMEOUT: Duration = Duration::from_millis(2500);
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1000);

/// The table, ready to be used.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client; made once, when the function starts.
    pub client: Client,
    /// The table's name.
    pub name: String,
}

/// A function's environment lacks something.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct SetupError(&'static str);

impl Table {
    /// The table that the environment names, with the role's credentials.
    pub fn from_env() -> Result<Self, SetupError> {
        let variable = |name| std::env::var(name).map_err(|_| SetupError(name));
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        let endpoint =
            variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|_| variable("AWS_ENDPOINT_URL"));
        Ok(Self::new(
            variable("DDB_TABLE_NAME")?,
            variable("AWS_REGION")?,
            credentials,
            endpoint.ok(),
        ))
    }

    /// A table anywhere; without `endpoint_url`, AWS's own.
    pub fn new(
        name: String,
        region: String,
        credentials: Credentials,
        endpoint_url: Option<String>,
    ) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region))
            .credentials_provider(credentials)
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts)
            // The time limits above do as well.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .interceptor(http::PlainRequests)
            .http_client(http::client());
        config.set_endpoint_url(endpoint_url);
        Self {
            client: Client::from_conf(config.build()),
            name,
        }
    }

    /// The whole key of the message with this id.
    pub fn key(id: String) -> Item {
        let key = [("pk", id), ("sk", SORT_KEY.to_owned())];
        key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
            .into()
    }
}

/// Now as a message's timestamp: whole seconds since the Unix epoch, UTC.
pub fn timestamp() -> AttributeValue {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    AttributeValue::N(elapsed.unwrap_or_default().as_secs().to_string())
}

impl Error {
    /// What a failed DynamoDB call means for the caller: what DynamoDB finds
    /// invalid is the caller's to mend, all else is ours.
    pub fn from_sdk<E, R>(error: aws_sdk_dynamodb::error::SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        match error.code() {
            Some("ConditionalCheckFailedException") => Self::NotFound,
            Some("ValidationException") => {
                let why = error.message().unwrap_or("The message is not valid");
                // It may be our request that is wrong, not the message.
                tracing::warn!(why, "DynamoDB refused the request");
                Self::Invalid(in_our_words(why))
            }
            _ => Self::Store(DisplayErrorContext(&error).to_string()),
        }
    }
}

/// DynamoDB names no figure when an update makes an item too large.
fn in_our_words(why: &str) -> String {
    if why.contains("exceeded the maximum allowed size") {
        return "The message would be larger than 400 KB, the limit".to_owned();
    }
    why.to_owned()
}
