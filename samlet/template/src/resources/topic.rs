//! AWS::SNS::Topic, which is not provided here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>

use crate::types::{Attributes, Given, ResourceType};

const ARN: Given = Given::arn("sns", "{name}");

pub(super) static TOPIC: ResourceType = ResourceType {
    reference: ARN,
    attributes: Attributes::Only(&[("TopicArn", ARN), ("TopicName", Given::Name)]),
    ..ResourceType::new("AWS::SNS::Topic")
};
