//! AWS::SSM::Parameter: its value is in the template.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html>

use crate::types::{Attributes, Given, Handling, ResourceType};

pub(super) static PARAMETER: ResourceType = ResourceType {
    attributes: Attributes::Only(&[("Type", Given::Property), ("Value", Given::Property)]),
    handling: Handling::Nothing,
    ..ResourceType::new("AWS::SSM::Parameter")
};
