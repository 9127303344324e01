//! AWS::CloudWatch::Dashboard: what AWS charges for it.

use crate::reading::Reading;
use crate::types::{Handling, ResourceType};
use crate::yaml::Entry;

pub(super) static DASHBOARD: ResourceType = ResourceType {
    handling: Handling::Read,
    ..ResourceType::new("AWS::CloudWatch::Dashboard")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    reading.dashboards.push(resource.key.clone());
}
