//! AWS::CloudWatch::Dashboard: what AWS charges for it.

use super::{Handling, ResourceType};
use crate::reading::{Phase, Reading};
use crate::yaml::Entry;

pub(super) static DASHBOARD: ResourceType = ResourceType {
    handling: Handling::own(Phase::Rest, read),
    ..ResourceType::new("AWS::CloudWatch::Dashboard")
};

fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    reading.dashboards.push(resource.key.clone());
}
