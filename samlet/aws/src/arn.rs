//! Amazon Resource Names.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The parts of an ARN before the resource's own: `arn`, partition, service, region, account.
const LEADING_PARTS: usize = 5;

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. Region and account may be empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(String);

/// A text is not an ARN.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN: it needs the form arn:partition:service:region:account:resource")]
pub struct ArnError(String);

impl Arn {
    /// Puts an ARN together; see [`crate::Place`] for those of a deployment.
    pub fn new(
        partition: &str,
        service: &str,
        region: &str,
        account: &str,
        resource: impl fmt::Display,
    ) -> Self {
        Self(format!(
            "arn:{partition}:{service}:{region}:{account}:{resource}"
        ))
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `aws`, `aws-cn` or the like.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// Such as `dynamodb`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// Such as `us-east-1`; empty for what is global.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account's 12 digits; empty where names are global, as buckets' are.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The resource with its type: `table/messages`, `function:f`, or a queue's bare name.
    pub fn resource(&self) -> &str {
        self.part(LEADING_PARTS)
    }

    fn part(&self, number: usize) -> &str {
        let mut parts = self.0.splitn(LEADING_PARTS + 1, ':');
        parts.nth(number).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let parts: Vec<&str> = text.splitn(LEADING_PARTS + 1, ':').collect();
        match parts[..] {
            ["arn", partition, service, _, _, resource]
                if !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(ArnError(text.chars().take(200).collect())),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.0
    }
}

impl AsRef<str> for Arn {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Arn {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_arn_has_six_parts_and_the_last_may_have_colons() {
        let text = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*";
        let arn: Arn = text.parse().unwrap();
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account()),
            ("aws", "logs", "us-east-1", "123456789012")
        );
        assert_eq!(arn.resource(), "log-group:/aws/lambda/f:*");
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn what_lacks_a_part_is_not_an_arn() {
        for text in [
            "",
            "*",
            "arn",
            "arn:aws:sqs:us-east-1:1",
            "arn:aws:sqs:us-east-1:1:",
            "arn::sqs:us-east-1:1:q",
            "arn:aws::us-east-1:1:q",
            "ARN:aws:sqs:us-east-1:1:q",
        ] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
