//! The services that are here, with the resources that each of them has.

use samlet_service::Described;
use serde_json::{Map, Value, json};

use crate::Console;

impl Console {
    /// Every service, in its order.
    pub(crate) async fn services(&self) -> Value {
        let mut services = Vec::new();
        for service in self.sources.services.list() {
            let identity = service.identity();
            let resources = service.describe().await;
            services.push(json!({
                "name": identity.signing_name,
                "title": identity.title,
                "resources": resources.iter().map(resource).collect::<Value>(),
            }));
        }
        json!({"services": services})
    }
}

fn resource(described: &Described) -> Value {
    let details = described.details.iter();
    let details: Map<String, Value> = details
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    json!({
        "kind": described.kind,
        "name": described.name,
        "arn": described.arn,
        "details": details,
    })
}
