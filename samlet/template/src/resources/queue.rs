//! AWS::SQS::Queue, which is not provided here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>

use crate::types::{Attributes, Given, ResourceType};

pub(super) static QUEUE: ResourceType = ResourceType {
    reference: Given::Attribute("QueueUrl"),
    attributes: Attributes::Only(&[
        ("Arn", Given::arn("sqs", "{name}")),
        ("QueueName", Given::Name),
        (
            "QueueUrl",
            Given::Text("https://sqs.{region}.{url_suffix}/{account}/{name}"),
        ),
    ]),
    ..ResourceType::new("AWS::SQS::Queue")
};
