//! The application as it is declared: what the page draws, and the names that everything goes by.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use samlet_aws::{Arn, Place};
use samlet_build::SourcePlaces;
use samlet_iam::{Context, Principal, Request, judge};
use samlet_template::{Api, ApiKind, Application, Function, Table};
use samlet_traces::{KEPT_SECONDS, MAX_BODY_BYTES, MAX_BYTES, MAX_TRACES, STEP_SECONDS};
use serde_json::{Value, json};

use crate::epoch_ms;

/// Actions by which functions use tables.
const TABLE_ACTIONS: [&str; 9] = [
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
];

/// What runs.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// As the template declares it.
    pub application: &'a Application,
    /// The template's path, as it was given.
    pub template: &'a str,
    /// APIs' addresses, by logical id.
    pub urls: BTreeMap<String, String>,
    /// The AWS endpoint's address.
    pub aws_url: &'a str,
    /// The DynamoDB that functions use instead of the one here.
    pub dynamodb_url: Option<&'a str>,
    /// Where it seems to be deployed.
    pub place: &'a Place,
    /// Where the functions' code comes from.
    pub source_places: Arc<SourcePlaces>,
}

/// What is known of the application.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// For the page.
    pub(crate) description: Value,
    /// Functions' logical ids, by name.
    ids: BTreeMap<String, String>,
    /// Functions' log groups, by logical id.
    pub(crate) log_groups: BTreeMap<String, String>,
    /// APIs' addresses, by logical id.
    pub(crate) urls: BTreeMap<String, String>,
    pub(crate) tables: Vec<KnownTable>,
    source_places: Arc<SourcePlaces>,
    /// What it is known from; `None` before it is shown.
    pub(crate) declared: Option<Declared>,
}

/// The application as it was shown last.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) application: Application,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct KnownTable {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The names and types of its key's attributes, the partition key first.
    pub(crate) key: Vec<(String, String)>,
}

impl Known {
    pub(crate) fn of(shown: &Shown<'_>, started: SystemTime) -> Self {
        let application = shown.application;
        let functions = application.functions.iter();
        let ids = functions.map(|function| (function.name.clone(), function.logical_id.clone()));
        let mut known = Self {
            description: Value::Null,
            ids: ids.collect(),
            log_groups: application
                .functions
                .iter()
                .map(|function| (function.logical_id.clone(), function.log_group.clone()))
                .collect(),
            urls: shown.urls.clone(),
            tables: application.tables.iter().map(KnownTable::of).collect(),
            source_places: Arc::clone(&shown.source_places),
            declared: Some(Declared {
                application: application.clone(),
                place: shown.place.clone(),
            }),
        };
        known.description = known.describe(shown, started);
        known
    }

    /// A function's logical id; one that is declared no more goes by its name.
    pub(crate) fn id<'a>(&'a self, name: &'a str) -> &'a str {
        self.ids.get(name).map_or(name, String::as_str)
    }

    /// A text by the function of this logical id, with the places in its code as they are in its source.
    pub(crate) fn with_places<'t>(&self, function: Option<&str>, text: &'t str) -> Cow<'t, str> {
        match function {
            Some(id) => self.source_places.show(id, text),
            None => Cow::Borrowed(text),
        }
    }

    /// The same of a text from a log group.
    pub(crate) fn logged_with_places<'t>(&self, group: &str, text: &'t str) -> Cow<'t, str> {
        self.source_places.show_logged(group, text)
    }

    /// The function whose log group this is.
    pub(crate) fn of_group(&self, group: &str) -> Option<&str> {
        let mut groups = self.log_groups.iter();
        let found = groups.find(|(_, known)| *known == group);
        found.map(|(id, _)| id.as_str())
    }

    /// The logical id of the resource in the template whose ARN this is; a function's log group goes by the function's.
    pub(crate) fn logical_id(&self, arn: &Arn) -> Option<&str> {
        let declared = self.declared.as_ref()?;
        let mut resources = declared.application.resources.iter();
        // A log group's own ARN ends so, as CloudFormation gives it.
        let is_same = |known: &Arn| known.as_str().trim_end_matches(":*") == arn.as_str();
        if let Some(found) = resources.find(|resource| is_same(&resource.arn)) {
            return Some(&found.logical_id);
        }
        let (_, group) = arn.as_str().split_once(":log-group:")?;
        self.of_group(group)
    }

    /// The API of this logical id, of which application, and its address.
    pub(crate) fn api(&self, id: &str) -> Option<(&Application, &Api, &str)> {
        let application = &self.declared.as_ref()?.application;
        let mut apis = application.apis.iter();
        let api = apis.find(|api| api.logical_id == id)?;
        let url = self.urls.get(id)?;
        Some((application, api, url))
    }

    fn describe(&self, shown: &Shown<'_>, started: SystemTime) -> Value {
        let application = shown.application;
        let apis = application.apis.iter().map(|api| self.describe_api(api));
        let functions = application.functions.iter();
        let functions = functions.map(|function| self.function(function, shown));
        let tables = self.tables.iter().map(KnownTable::describe);
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "template": shown.template,
            "started": epoch_ms(started),
            "aws_endpoint_url": shown.aws_url,
            "dynamodb_endpoint_url": shown.dynamodb_url,
            "apis": apis.collect::<Value>(),
            "functions": functions.collect::<Value>(),
            "tables": tables.collect::<Value>(),
            "kept": {
                "requests": MAX_TRACES,
                "bytes": MAX_BYTES,
                "bytes_of_each": MAX_BODY_BYTES,
                "seconds": KEPT_SECONDS,
                "step_seconds": STEP_SECONDS,
            },
        })
    }

    fn describe_api(&self, api: &Api) -> Value {
        let routes = api.routes.iter().map(|route| {
            let function = self.id(&route.function);
            json!({"method": route.method, "path": route.path, "function": function})
        });
        let kind = match api.kind {
            ApiKind::Rest => "REST",
            ApiKind::Http => "HTTP",
        };
        json!({
            "id": api.logical_id,
            "url": self.urls.get(&api.logical_id),
            "stage": api.stage,
            "kind": kind,
            "routes": routes.collect::<Value>(),
        })
    }

    fn function(&self, function: &Function, shown: &Shown<'_>) -> Value {
        let place = shown.place;
        let principal = Principal::of_role(function.role.enforced(), &function.name, place);
        let tables = self.tables.iter().filter_map(|table| {
            let resource = place.arn("dynamodb", format_args!("table/{}", table.name));
            let actions: Vec<&str> = TABLE_ACTIONS
                .into_iter()
                .filter(|action| is_allowed(&principal, action, resource.as_str()))
                .collect();
            (!actions.is_empty()).then(|| json!({"table": table.id, "actions": actions}))
        });
        json!({
            "id": function.logical_id,
            "name": function.name,
            "runtime": function.runtime,
            "memory_mb": function.memory_mb,
            "timeout_ms": function.timeout.as_millis() as u64,
            "log_group": function.log_group,
            "place": format!("{}:{}", shown.template, function.location.line),
            "tables": tables.collect::<Value>(),
        })
    }
}

fn is_allowed(principal: &Principal, action: &str, resource: &str) -> bool {
    let action = format!("dynamodb:{action}");
    let request = Request {
        action: &action,
        resource,
        context: &Context::complete(),
    };
    judge(principal, &request, None).is_ok()
}

impl KnownTable {
    fn of(table: &Table) -> Self {
        let key = table.key_schema.0.iter();
        Self {
            id: table.logical_id.clone(),
            name: table.name.clone(),
            key: key
                .map(|part| (part.name.clone(), part.attribute_type.clone()))
                .collect(),
        }
    }

    fn describe(&self) -> Value {
        let key = self.key.iter();
        let key = key.map(|(name, kind)| json!({"name": name, "type": kind}));
        json!({"id": self.id, "name": self.name, "key": key.collect::<Value>()})
    }
}
