//! AWS::S3::Bucket, which is not provided here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>

use crate::types::{Attributes, Given, Naming, Reach, ResourceType};

/// Neither region nor account is in the ARN of a bucket.
const ARN: Given = Given::Arn {
    service: "s3",
    resource: "{name}",
    reach: Reach::Shared,
};

pub(super) static BUCKET: ResourceType = ResourceType {
    naming: Naming::LowerCase,
    attributes: Attributes::Among(&[("Arn", ARN)]),
    ..ResourceType::new("AWS::S3::Bucket")
};

/// A bucket in one zone, which is not provided here either.
pub(super) static DIRECTORY_BUCKET: ResourceType = ResourceType {
    naming: Naming::By("BucketName"),
    ..ResourceType::new("AWS::S3Express::DirectoryBucket")
};
