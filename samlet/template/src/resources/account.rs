//! AWS::ApiGateway::Account: by which role API Gateway writes logs, which aren't written here.

use crate::types::{Handling, ResourceType};

pub(super) static ACCOUNT: ResourceType = ResourceType {
    handling: Handling::Nothing,
    ..ResourceType::new("AWS::ApiGateway::Account")
};
