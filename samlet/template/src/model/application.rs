//! What a template declares, as a whole.

use std::path::PathBuf;

use serde::Serialize;

use crate::diagnostics::{Diagnostic, Location};
use crate::{Alarm, Api, ApiKey, Declared, DeclaredArn, Function, Table, UsagePlan};

/// The application a template declares.
#[derive(Clone, Debug, Serialize)]
pub struct Application {
    /// The template's `Description`.
    pub description: Option<String>,
    /// `Metadata: OpenApi`: the file in which the functions say what they take
    /// and answer, relative to the template.
    pub open_api: Option<PathBuf>,
    /// In the template's order, as are all lists.
    pub functions: Vec<Function>,
    /// REST and HTTP APIs that have routes.
    pub apis: Vec<Api>,
    /// The other APIs: nothing is served of them.
    pub apis_without_routes: Vec<Api>,
    /// API keys.
    pub api_keys: Vec<ApiKey>,
    /// Usage plans of API keys.
    pub usage_plans: Vec<UsagePlan>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// All resources that have an ARN, those that samlet doesn't have included.
    pub resources: Vec<DeclaredArn>,
    /// What services are asked to have.
    #[serde(skip)]
    pub declared: Vec<Declared>,
    /// CloudWatch alarms: they go off on AWS only.
    pub alarms: Vec<Alarm>,
    /// CloudWatch dashboards, by their keys under `Resources`.
    pub dashboards: Vec<String>,
    /// Resolved outputs.
    pub outputs: Vec<Output>,
    /// What is mentioned and not known yet: values have stand-ins for it.
    /// Reading again with the [`Settings::attributes`](crate::Settings::attributes) of the services fills
    /// it in. One that no service has, such as the address of an API without
    /// routes, stays.
    pub late: Vec<LateValue>,
    /// What is in the template but has no effect here.
    pub warnings: Vec<Diagnostic>,
}

/// A resolved output.
#[derive(Clone, Debug, Serialize)]
pub struct Output {
    /// Its key.
    pub name: String,
    /// `Description`.
    pub description: Option<String>,
    /// `Value`.
    pub value: String,
}

/// A late attribute that the template mentions, and that no service has given yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LateValue {
    /// The resource.
    pub logical_id: String,
    /// Its attribute.
    pub attribute: String,
    /// Where it is mentioned first.
    pub location: Location,
}
