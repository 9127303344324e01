//! API keys and usage plans: declared, or made by SAM for an API's `UsagePlan`.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiusageplan.html>

use std::collections::BTreeMap;

use crate::intrinsics::Scope;
use crate::names::api_id;
use crate::node::{Entry, Node};
use crate::schema::{Property, Shape, check, has, missing, must, unnoticed};
use crate::{Api, ApiKey, Period, PlanStage, Quota, UsagePlan, globals, throttling};

const TEXT: Shape = Shape::Text;
const THROTTLE: Shape =
    Shape::Object(&[has("BurstLimit", throttling::BURST), has("RateLimit", TEXT)]);
const QUOTA: Shape = Shape::Object(&[
    must("Limit", Shape::Whole(0, i64::MAX)),
    must("Period", Shape::OneOf(&["DAY", "WEEK", "MONTH"])),
    missing("Offset"),
]);

const API_KEY: &[Property] = &[
    has("Enabled", Shape::Bool),
    has("Name", TEXT),
    has("Value", TEXT),
    unnoticed("CustomerId"),
    unnoticed("Description"),
    unnoticed("GenerateDistinctId"),
    unnoticed("StageKeys"),
    unnoticed("Tags"),
];

const USAGE_PLAN: &[Property] = &[
    has(
        "ApiStages",
        Shape::List(&Shape::Object(&[
            must("ApiId", TEXT),
            must("Stage", TEXT),
            has("Throttle", Shape::Map(&THROTTLE)),
        ])),
    ),
    has("Quota", QUOTA),
    has("Throttle", THROTTLE),
    has("UsagePlanName", TEXT),
    unnoticed("Description"),
    unnoticed("Tags"),
];

const USAGE_PLAN_KEY: &[Property] = &[
    must("KeyId", TEXT),
    must("KeyType", Shape::OneOf(&["API_KEY"])),
    must("UsagePlanId", TEXT),
];

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

/// The shortest and the longest value of a key.
const VALUE_LENGTH: std::ops::RangeInclusive<usize> = 20..=128;

/// All keys and plans, while they are being read.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) plans: Vec<UsagePlan>,
}

impl Keys {
    /// Reads the template's own ApiKey, UsagePlan and UsagePlanKey resources.
    pub(crate) fn read(resources: &[&Entry], scope: &mut Scope<'_>) -> Self {
        let mut all = Self::default();
        let mut pairs = Vec::new();
        for resource in resources {
            let what = resource.type_name();
            let known = match what {
                "AWS::ApiGateway::ApiKey" => API_KEY,
                "AWS::ApiGateway::UsagePlan" => USAGE_PLAN,
                "AWS::ApiGateway::UsagePlanKey" => USAGE_PLAN_KEY,
                _ => continue,
            };
            let properties = globals::resolved(resource, scope);
            check(&properties, known, what, resource.at, scope);
            let text = |name: &str| properties.get_text(name);
            let id = api_id(&scope.settings.place.stack, &resource.key);
            match what {
                "AWS::ApiGateway::ApiKey" => {
                    if let Some(value) = properties.get("Value") {
                        check_value(value, scope);
                    }
                    all.keys.push(ApiKey {
                        logical_id: resource.key.clone(),
                        value: text("Value").map_or_else(|| generated(&id), str::to_owned),
                        id,
                        // As CloudFormation's own default.
                        enabled: text("Enabled") == Some("true"),
                    });
                }
                "AWS::ApiGateway::UsagePlan" => {
                    let stages = properties.items_of("ApiStages").iter();
                    let stages = stages.filter_map(|node| stage(node, scope)).collect();
                    all.plans.push(plan(id, stages, &properties, scope));
                }
                _ => pairs.extend(
                    text("UsagePlanId")
                        .zip(text("KeyId"))
                        .map(|(plan, key)| (plan.to_owned(), key.to_owned())),
                ),
            }
        }
        for (plan, key) in pairs {
            if let Some(plan) = all.plans.iter_mut().find(|known| known.id == plan) {
                plan.keys.push(key);
            }
        }
        all
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

fn stage(node: &Node, scope: &mut Scope<'_>) -> Option<PlanStage> {
    let throttles = node.entries_of("Throttle").iter();
    Some(PlanStage {
        api: node.get_text("ApiId")?.to_owned(),
        stage: node.get_text("Stage")?.to_owned(),
        throttles: throttles
            .filter_map(|entry| {
                let throttle = throttling::limits(&entry.value, "RateLimit", "BurstLimit", scope);
                Some((entry.key.clone(), throttle?))
            })
            .collect(),
    })
}

fn plan(id: String, stages: Vec<PlanStage>, properties: &Node, scope: &mut Scope<'_>) -> UsagePlan {
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

fn check_value(value: &Node, scope: &mut Scope<'_>) {
    let length = value.as_text().map_or(0, str::len);
    if !VALUE_LENGTH.contains(&length) {
        let message = "an API key's Value has 20 to 128 characters";
        scope.findings.error(value.at, message, "");
    }
}

/// The value of a key that states none: 40 characters, the same at each start.
fn generated(id: &str) -> String {
    (1..=4).map(|part| api_id(id, &part.to_string())).collect()
}
