//! AWS::Logs::LogGroup: it is there with its first event.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>

use crate::types::{Attributes, Given, Handling, ResourceType};

pub(super) static LOG_GROUP: ResourceType = ResourceType {
    attributes: Attributes::Only(&[("Arn", Given::arn("logs", "log-group:{name}:*"))]),
    handling: Handling::Nothing,
    ..ResourceType::new("AWS::Logs::LogGroup")
};
