//! AWS::Cognito::UserPool, which is not provided here.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html>

use super::{Given, OwnValue, Resource, ResourceType};
use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::names::api_id;

/// The length of what follows the region in a pool's id.
const ID_LENGTH: usize = 9;

pub(super) static USER_POOL: ResourceType = ResourceType {
    reference: Given::Own(OwnValue(id)),
    ..ResourceType::new("AWS::Cognito::UserPool")
};

fn id(scope: &mut Scope<'_>, pool: &Resource<'_>, _: Location) -> String {
    let place = &scope.settings.place;
    let id = api_id(&place.stack, pool.logical_id);
    format!("{}_{}", place.region, &id[..ID_LENGTH])
}
