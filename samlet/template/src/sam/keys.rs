//! API keys and usage plans: declared, or made by SAM for an API's `UsagePlan`.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiusageplan.html>

use std::collections::BTreeMap;

use super::throttling;
use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::resolve::names::api_id;
use crate::types::property::{Property, Shape, has, missing, must, unnoticed};
use crate::yaml::Node;
use crate::{Api, ApiKey, Period, PlanStage, Quota, UsagePlan};

const TEXT: Shape = Shape::Text;
pub(crate) const THROTTLE: Shape =
    Shape::Object(&[has("BurstLimit", throttling::BURST), has("RateLimit", TEXT)]);
pub(crate) const QUOTA: Shape = Shape::Object(&[
    must("Limit", Shape::Whole(0, i64::MAX)),
    must("Period", Shape::OneOf(&["DAY", "WEEK", "MONTH"])),
    missing("Offset"),
]);

const SAM_USAGE_PLAN: &[Property] = &[
    must(
        "CreateUsagePlan",
        Shape::OneOf(&["PER_API", "SHARED", "NONE"]),
    ),
    has("Quota", QUOTA),
    has("Throttle", THROTTLE),
    has("UsagePlanName", TEXT),
    unnoticed("Description"),
    unnoticed("Tags"),
];

/// All keys and plans, while they are being read.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) plans: Vec<UsagePlan>,
    /// The ids of plans, each with that of a key.
    pub(crate) pairs: Vec<(String, String)>,
}

impl Keys {
    /// Gives the declared plans, which are all there now, their keys.
    pub(crate) fn attach_keys(&mut self) {
        for (plan, key) in self.pairs.drain(..) {
            if let Some(plan) = self.plans.iter_mut().find(|known| known.id == plan) {
                plan.keys.push(key);
            }
        }
    }

    /// Adds what SAM makes of an API's `Auth: UsagePlan`.
    pub(crate) fn add_of_api(&mut self, auth: &Node, api: &Api, scope: &mut Scope<'_>) {
        let Some(properties) = auth.get("UsagePlan") else {
            return;
        };
        check(
            properties,
            SAM_USAGE_PLAN,
            "UsagePlan",
            properties.at,
            scope,
        );
        let stage = PlanStage {
            api: api.id.clone(),
            stage: api.stage.clone(),
            throttles: BTreeMap::new(),
        };
        let prefix = match properties.get_text("CreateUsagePlan") {
            Some("PER_API") => api.logical_id.clone(),
            Some("SHARED") => "Serverless".to_owned(),
            _ => return,
        };
        let logical_id = format!("{prefix}ApiKey");
        let stack = &scope.settings.place.stack;
        let (key, id) = (
            api_id(stack, &logical_id),
            api_id(stack, &format!("{prefix}UsagePlan")),
        );
        if let Some(shared) = self.plans.iter_mut().find(|plan| plan.id == id) {
            shared.stages.push(stage);
            return;
        }
        self.keys.push(ApiKey {
            logical_id,
            value: generated(&key),
            id: key.clone(),
            enabled: true,
        });
        let mut plan = plan(id, vec![stage], properties, scope);
        plan.keys.push(key);
        self.plans.push(plan);
    }
}

/// A usage plan with what its properties say of speed and quota.
pub(crate) fn plan(
    id: String,
    stages: Vec<PlanStage>,
    properties: &Node,
    scope: &mut Scope<'_>,
) -> UsagePlan {
    let text = |section: &str, name: &str| properties.get(section)?.get(name)?.as_text();
    let throttle = properties
        .get("Throttle")
        .and_then(|node| throttling::limits(node, "RateLimit", "BurstLimit", scope));
    let period = match text("Quota", "Period") {
        Some("DAY") => Some(Period::Day),
        Some("WEEK") => Some(Period::Week),
        Some("MONTH") => Some(Period::Month),
        _ => None,
    };
    let limit = text("Quota", "Limit").and_then(|text| text.parse().ok());
    UsagePlan {
        id,
        stages,
        keys: Vec::new(),
        throttle,
        quota: limit
            .zip(period)
            .map(|(limit, period)| Quota { limit, period }),
    }
}

/// The value of a key that states none: 40 characters, the same at each start.
pub(crate) fn generated(id: &str) -> String {
    (1..=4).map(|part| api_id(id, &part.to_string())).collect()
}
