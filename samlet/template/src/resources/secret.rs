//! AWS::SecretsManager::Secret, which is not provided here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html>

use crate::types::{Given, ResourceType};

pub(super) static SECRET: ResourceType = ResourceType {
    reference: Given::arn("secretsmanager", "secret:{name}"),
    ..ResourceType::new("AWS::SecretsManager::Secret")
};
