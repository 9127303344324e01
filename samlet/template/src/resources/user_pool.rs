//! AWS::Cognito::UserPool, which is not provided here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html>

use crate::types::{Given, ResourceType};

pub(super) static USER_POOL: ResourceType = ResourceType {
    reference: Given::PoolId,
    ..ResourceType::new("AWS::Cognito::UserPool")
};
