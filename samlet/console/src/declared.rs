//! What follows from the template: an API's contract, and each function's grants beside its use of them.

use http::StatusCode;
use samlet_access::reports;
use samlet_gateway::contract;
use serde_json::{Value, json};

use crate::Console;
use crate::answer::{Problem, Query, problem};

impl Console {
    /// The contract of one API, or of the first.
    pub(crate) fn contract(&self, query: &Query<'_>) -> Result<Value, Problem> {
        let known = self.known();
        let first = known.description["apis"][0]["id"].as_str();
        let id = query.get("api").or(first).unwrap_or_default();
        let Some((application, api, url)) = known.api(id) else {
            let message = format!("there is no API {id}");
            return Err(problem(StatusCode::NOT_FOUND, message));
        };
        contract(application, api, &self.sources.home, Some(url))
            .map_err(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    }

    /// What each function is granted, used and was refused.
    pub(crate) fn policies(&self) -> Value {
        let known = self.known();
        let Some(declared) = &known.declared else {
            return json!([]);
        };
        let usage = self.sources.access.usage();
        let services = self.sources.services.list().iter();
        let services: Vec<&str> = services
            .map(|service| service.identity().iam_prefix)
            .collect();
        let reports = reports(&declared.application, &services, usage, &declared.place);
        serde_json::to_value(reports).unwrap_or_default()
    }
}
