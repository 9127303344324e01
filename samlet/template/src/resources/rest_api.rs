//! AWS::ApiGateway::RestApi and AWS::ApiGatewayV2::Api: APIs without SAM, which are not provided here.

use super::http_api;
use crate::types::{Given, ResourceType};

pub(super) static REST_API: ResourceType = ResourceType {
    reference: Given::ApiId,
    ..ResourceType::new("AWS::ApiGateway::RestApi")
};

pub(super) static HTTP_API: ResourceType = ResourceType {
    reference: Given::ApiId,
    attributes: http_api::ATTRIBUTES,
    ..ResourceType::new("AWS::ApiGatewayV2::Api")
};
