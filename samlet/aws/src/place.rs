//! Where an application is deployed: the partition, region, account and stack that its names are made of.

use std::fmt::Display;

use crate::Arn;

/// Where an application is, or seems to be, deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `AWS::Partition`.
    pub partition: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`: 12 digits.
    pub account: String,
    /// `AWS::StackName`.
    pub stack: String,
}

impl Place {
    /// A place in `region`, which decides on the partition.
    pub fn new(region: &str, account: &str, stack: &str) -> Self {
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Self {
            partition: partition.into(),
            region: region.into(),
            account: account.into(),
            stack: stack.into(),
        }
    }

    /// The ARN of a resource of this account in this region.
    pub fn arn(&self, service: &str, resource: impl Display) -> Arn {
        Arn::new(
            &self.partition,
            service,
            &self.region,
            &self.account,
            resource,
        )
    }

    /// The ARN of a resource of this account that is in no region, as IAM's are.
    pub fn global_arn(&self, service: &str, resource: impl Display) -> Arn {
        Arn::new(&self.partition, service, "", &self.account, resource)
    }

    /// The ARN of a resource whose name is unique among all accounts, as a bucket's is.
    pub fn shared_arn(&self, service: &str, resource: impl Display) -> Arn {
        Arn::new(&self.partition, service, "", "", resource)
    }

    /// `AWS::URLSuffix`: what the names of AWS's hosts end in.
    pub fn url_suffix(&self) -> &'static str {
        match self.partition.as_str() {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_the_place() {
        let place = Place::new("us-east-1", "123456789012", "local");
        for (arn, expected) in [
            (
                place.arn("dynamodb", "table/t"),
                "arn:aws:dynamodb:us-east-1:123456789012:table/t",
            ),
            (
                place.global_arn("iam", "role/r"),
                "arn:aws:iam::123456789012:role/r",
            ),
            (place.shared_arn("s3", "bucket"), "arn:aws:s3:::bucket"),
        ] {
            assert_eq!(arn.as_str(), expected);
        }
        let china = Place::new("cn-north-1", "1", "local");
        assert_eq!(
            china.arn("sqs", "q").as_str(),
            "arn:aws-cn:sqs:cn-north-1:1:q"
        );
        assert_eq!(china.url_suffix(), "amazonaws.com.cn");
    }
}
