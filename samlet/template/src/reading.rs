//! The resources of a template while they are being read: each by what its type says, those first that others need.

use std::collections::BTreeSet;
use std::sync::Arc;

use samlet_iam::ResourcePolicy;

use crate::resolve::Scope;
use crate::resolve::check::{check, to_json};
use crate::sam::apis::Apis;
use crate::sam::keys::Keys;
use crate::sam::permissions::{self, Permission};
use crate::sam::policies;
use crate::sam::roles::Roles;
use crate::types::{Handling, ResourceType};
use crate::yaml::{Entry, Node};
use crate::{Alarm, Api, ApiKey, ApiKind, Declared, Function, Table, UsagePlan};

/// When a resource is read: all of a phase before those of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Policies, which roles have.
    Policies,
    /// Roles, which functions have.
    Roles,
    /// API keys and usage plans, to which SAM adds those of APIs.
    Keys,
    /// APIs, to which functions add routes.
    Apis,
    /// Everything else.
    Rest,
}

impl Phase {
    const ALL: [Self; 5] = [
        Self::Policies,
        Self::Roles,
        Self::Keys,
        Self::Apis,
        Self::Rest,
    ];
}

/// Code that reads the resources of a type.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) resource_type: &'static ResourceType,
    pub(crate) phase: Phase,
    pub(crate) read: fn(&Entry, &mut Reading<'_, '_>),
}

/// What was read so far.
pub(crate) struct Reading<'a, 's> {
    pub(crate) scope: &'s mut Scope<'a>,
    pub(crate) roles: Roles,
    pub(crate) keys: Keys,
    pub(crate) apis: Apis,
    pub(crate) functions: Vec<Function>,
    /// Those that the template has itself.
    pub(crate) permissions: Vec<Permission>,
    pub(crate) tables: Vec<Table>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) dashboards: Vec<String>,
}

/// The resources of a template, read.
pub(crate) struct Resources {
    pub(crate) functions: Vec<Function>,
    pub(crate) apis: Vec<Api>,
    pub(crate) apis_without_routes: Vec<Api>,
    pub(crate) api_keys: Vec<ApiKey>,
    pub(crate) usage_plans: Vec<UsagePlan>,
    pub(crate) tables: Vec<Table>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) dashboards: Vec<String>,
}

/// Reads all resources; `readers` have the code for those whose types say [`Handling::Read`].
pub(crate) fn read(resources: &[&Entry], readers: &[Reader], scope: &mut Scope<'_>) -> Resources {
    let mut reading = Reading {
        scope,
        roles: Roles::default(),
        keys: Keys::default(),
        apis: Apis::default(),
        functions: Vec::new(),
        permissions: Vec::new(),
        tables: Vec::new(),
        declared: Vec::new(),
        alarms: Vec::new(),
        dashboards: Vec::new(),
    };
    for phase in Phase::ALL {
        for resource in resources {
            let resource_type = reading.scope.catalogue.find(resource.type_name());
            let reader = readers
                .iter()
                .find(|reader| reader.resource_type.name == resource_type.name);
            let its_phase = reader.map_or(Phase::Rest, |reader| reader.phase);
            if its_phase == phase {
                reading.read(resource, resource_type, reader);
            }
        }
        match phase {
            Phase::Policies | Phase::Apis | Phase::Rest => {}
            Phase::Roles => reading.roles.attach_policies(),
            Phase::Keys => reading.keys.attach_keys(),
        }
    }
    reading.finish()
}

impl Reading<'_, '_> {
    fn read(
        &mut self,
        resource: &Entry,
        resource_type: &'static ResourceType,
        reader: Option<&Reader>,
    ) {
        match resource_type.handling {
            Handling::Read => {
                if let Some(reader) = reader {
                    (reader.read)(resource, self);
                }
            }
            Handling::Declared { policy } => self.declare(resource, resource_type, policy),
            Handling::Nothing => {}
            Handling::NotProvided => self.warn_of(resource),
        }
    }

    /// A resource's properties, with what Globals add, resolved; what is wrong with them is reported.
    pub(crate) fn properties(&mut self, resource: &Entry, resource_type: &ResourceType) -> Node {
        let properties = resource_type.resolved(resource, self.scope);
        let known = resource_type.properties;
        check(
            &properties,
            known,
            resource_type.name,
            resource.at,
            self.scope,
        );
        properties
    }

    /// Adds a declared API.
    pub(crate) fn add_api(&mut self, resource: &Entry, properties: &Node, kind: ApiKind) {
        let Self {
            apis, keys, scope, ..
        } = self;
        let stage = properties.get_text("StageName").unwrap_or("$default");
        apis.add(resource, properties, kind, stage, keys, scope);
    }

    fn declare(
        &mut self,
        resource: &Entry,
        resource_type: &'static ResourceType,
        policy: Option<&str>,
    ) {
        let properties = self.properties(resource, resource_type);
        let name = self.scope.physical_name(&resource.key);
        let policy = policy.and_then(|property| {
            let name = format!("{property} of {}", resource.key);
            self.policy(&name, properties.get(property)?)
        });
        self.declared.push(Declared {
            logical_id: resource.key.clone(),
            kind: resource_type.name,
            name,
            properties: to_json(&properties, resource_type.properties),
            policy,
            location: resource.at,
        });
    }

    fn policy(&mut self, name: &str, document: &Node) -> Option<Arc<ResourcePolicy>> {
        let policy = policies::written(name, document, self.scope);
        let policy = policy.of_resource(document.at, self.scope)?;
        Some(Arc::new(policy.enforced()))
    }

    fn warn_of(&mut self, resource: &Entry) {
        let kind = resource.type_name();
        // That it has no type was reported before.
        if kind.is_empty() {
            return;
        }
        let message = format!(
            "{} ({kind}) is not provided here; references to it give its name",
            resource.key
        );
        self.scope.findings.warn(resource.at, message);
    }

    fn finish(self) -> Resources {
        let apis = self.apis.finish(self.scope);
        let functions = permissions::attach(
            self.functions,
            &self.permissions,
            &apis.permissions,
            self.scope,
        );
        let declared = functions.iter().map(Function::declared);
        let declared: Vec<Declared> = declared.chain(self.declared).collect();
        refuse_duplicates(&declared, self.scope);
        ask_services(&declared, self.scope);
        Resources {
            declared,
            functions,
            apis: apis.apis,
            apis_without_routes: apis.without_routes,
            api_keys: self.keys.keys,
            usage_plans: self.keys.plans,
            tables: self.tables,
            alarms: self.alarms,
            dashboards: self.dashboards,
        }
    }
}

/// Two resources of a type can't have the same name.
fn refuse_duplicates(declared: &[Declared], scope: &mut Scope<'_>) {
    let mut seen = BTreeSet::new();
    for Declared {
        kind,
        name,
        location,
        ..
    } in declared
    {
        if !seen.insert((kind, name)) {
            let what = kind.rsplit("::").next().unwrap_or(kind).to_lowercase();
            let message = format!("another {what} is named {name} too");
            scope.findings.error(*location, message, "");
        }
    }
}

/// Reports what services have against their resources. What was found before would be found again.
fn ask_services(declared: &[Declared], scope: &mut Scope<'_>) {
    if !scope.findings.errors.is_empty() {
        return;
    }
    for check in &scope.catalogue.checks {
        for objection in check(declared) {
            let Some(resource) = declared.get(objection.index) else {
                continue;
            };
            let message = format!("{}: {}", resource.logical_id, objection.message);
            scope
                .findings
                .error(resource.location, message, objection.help);
        }
    }
}
