//! The services that are here, with the resources that each of them has.

use std::sync::Arc;
use std::time::Duration;

use samlet_service::{Described, Service};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::Console;
use crate::application::Known;

/// Resources of a service in one answer; all of them are counted.
const MAX_RESOURCES: usize = 1000;

/// The longest value of a detail, in characters: details are for the eye, and a policy or a message may be long.
const MAX_DETAIL_CHARS: usize = 1000;

/// How long services may take to list their resources, all at the same time.
const TIMEOUT: Duration = Duration::from_secs(2);

impl Console {
    /// Every service, in its order.
    pub(crate) async fn services(&self) -> Value {
        let list = self.sources.services.list();
        let described = describe(list, TIMEOUT).await;
        let services = list.iter().zip(&described);
        let known = self.known();
        let services =
            services.map(|(service, resources)| summary(service.as_ref(), resources, &known));
        json!({"services": services.collect::<Value>()})
    }
}

/// The resources of each service; `None` for one that failed or did not answer within the timeout.
async fn describe(services: &[Arc<dyn Service>], timeout: Duration) -> Vec<Option<Vec<Described>>> {
    // Each in a task of its own, so that one that blocks or panics does not take the others with it. Dropping the set
    // ends those that are late.
    let mut tasks = JoinSet::new();
    for (index, service) in services.iter().enumerate() {
        let service = Arc::clone(service);
        tasks.spawn(async move { (index, service.describe().await) });
    }
    let deadline = Instant::now() + timeout;
    let mut described: Vec<_> = services.iter().map(|_| None).collect();
    while let Ok(Some(ended)) = timeout_at(deadline, tasks.join_next()).await {
        if let Ok((index, resources)) = ended {
            described[index] = Some(resources);
        }
    }
    described
}

fn summary(service: &dyn Service, resources: &Option<Vec<Described>>, known: &Known) -> Value {
    let identity = service.identity();
    let shown = resources.iter().flatten().take(MAX_RESOURCES);
    json!({
        "name": identity.signing_name,
        "title": identity.title,
        "answered": resources.is_some(),
        "count": resources.as_ref().map(Vec::len),
        "resources": shown.map(|described| resource(described, known)).collect::<Value>(),
    })
}

fn resource(described: &Described, known: &Known) -> Value {
    json!({
        // Null for what the template does not declare, or no longer.
        "logical_id": known.logical_id(&described.arn),
        "kind": described.kind,
        "name": described.name,
        "arn": described.arn,
        "details": details(described),
    })
}

fn details(described: &Described) -> Map<String, Value> {
    let mut texts: Map<String, Value> = Map::new();
    for (name, value) in &described.details {
        let earlier = texts.get(*name).and_then(Value::as_str);
        let text = match earlier {
            Some(earlier) => shortened(&format!("{earlier}, {value}")),
            None => shortened(value),
        };
        texts.insert((*name).to_owned(), text.into());
    }
    texts
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_DETAIL_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use samlet_aws::Place;
    use samlet_service::{BodyRule, Call, Fault, Identity, Operation, async_trait};

    use super::*;

    static IDENTITY: Identity = Identity {
        signing_name: "test",
        title: "Test",
        iam_prefix: "test",
        actions: "",
        condition_keys: "",
        protocols: &[],
        body: BodyRule::Whole { max_bytes: 0 },
        has_compression: false,
        check: None,
        stored: &[],
    };

    #[derive(Debug)]
    enum Fake {
        Has(Vec<Described>),
        Hangs,
        Panics,
    }

    #[async_trait]
    impl Service for Fake {
        fn identity(&self) -> &'static Identity {
            &IDENTITY
        }

        async fn read(&self, _: Call) -> Result<Box<dyn Operation>, Fault> {
            Err(Fault::unknown_operation("none"))
        }

        async fn describe(&self) -> Vec<Described> {
            match self {
                Self::Has(resources) => resources.clone(),
                Self::Hangs => std::future::pending().await,
                Self::Panics => panic!("on purpose"),
            }
        }
    }

    fn thing(details: Vec<(&'static str, String)>) -> Described {
        let place = Place::new("us-east-1", "123456789012", "test");
        Described {
            kind: "thing",
            name: "<b>one</b>".into(),
            arn: place.arn("test", "thing/one"),
            details,
        }
    }

    async fn summaries(services: Vec<Fake>, timeout: Duration) -> Vec<Value> {
        let services = services.into_iter();
        let services: Vec<Arc<dyn Service>> = services.map(|fake| Arc::new(fake) as _).collect();
        let described = describe(&services, timeout).await;
        let pairs = services.iter().zip(&described);
        pairs
            .map(|(service, resources)| summary(service.as_ref(), resources, &Known::default()))
            .collect()
    }

    #[tokio::test]
    async fn a_service_that_hangs_or_panics_leaves_the_others_listed() {
        let services = vec![Fake::Hangs, Fake::Panics, Fake::Has(vec![thing(vec![])])];
        let listed = summaries(services, Duration::from_millis(200)).await;
        for silent in &listed[..2] {
            assert_eq!(silent["answered"], false);
            assert_eq!(silent["count"], Value::Null);
            assert_eq!(silent["resources"], json!([]));
        }
        assert_eq!(listed[2]["answered"], true);
        assert_eq!(listed[2]["count"], 1);
        assert_eq!(listed[2]["resources"][0]["name"], "<b>one</b>");
    }

    #[tokio::test]
    async fn a_thousand_resources_are_listed_and_all_are_counted() {
        let many = Fake::Has(vec![thing(vec![]); 1234]);
        let listed = summaries(vec![many], TIMEOUT).await;
        assert_eq!(listed[0]["count"], 1234);
        assert_eq!(listed[0]["resources"].as_array().unwrap().len(), 1000);
    }

    #[test]
    fn long_details_are_cut_and_those_of_one_name_joined() {
        let described = thing(vec![
            ("protocol", "sqs".into()),
            ("policy", "ä".repeat(5000)),
            ("protocol", "lambda".into()),
        ]);
        let details = details(&described);
        assert_eq!(details["protocol"], "sqs, lambda");
        let policy = details["policy"].as_str().unwrap();
        assert_eq!(policy.chars().count(), MAX_DETAIL_CHARS + 1);
        assert!(policy.ends_with('…'));
    }
}
