//! The APIs of a template, while functions add their routes to them: declared ones, and those that SAM makes itself.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>

use std::collections::BTreeMap;

use super::cors::{self, texts};
use super::keys::Keys;
use super::permissions::{self, Permission};
use super::{authorizers, gateway_responses, throttling, validation};
use crate::resolve::Scope;
use crate::resolve::names::api_id;
use crate::types::property::{Shape, has};
use crate::yaml::{Entry, Node};
use crate::{AccessLog, Api, ApiKind};

/// What to do instead of an OpenAPI definition.
pub(crate) const OPENAPI: &str = "declare the routes as Events of the functions";
/// Nothing is logged so here, where every request is kept; on AWS it costs.
pub(crate) const ACCESS_LOG: Shape = Shape::Object(&[
    has("DestinationArn", Shape::Text),
    has("Format", Shape::Text),
]);

/// All APIs, while their routes are being added.
#[derive(Default)]
pub(crate) struct Apis {
    apis: Vec<Api>,
    /// What SAM permits them.
    permissions: Vec<Permission>,
}

/// The APIs of a template, complete.
pub(crate) struct Finished {
    pub(crate) apis: Vec<Api>,
    pub(crate) without_routes: Vec<Api>,
    pub(crate) permissions: Vec<Permission>,
}

impl Apis {
    /// The API that `!Ref` gives this id for.
    pub(crate) fn find(&mut self, id: &str, kind: ApiKind) -> Option<&mut Api> {
        let mut apis = self.apis.iter_mut();
        apis.find(|api| api.kind == kind && (api.id == id || api.logical_id == id))
    }

    /// SAM's own API for routes that name none, made with the first of them.
    pub(crate) fn implicit(
        &mut self,
        kind: ApiKind,
        keys: &mut Keys,
        scope: &mut Scope<'_>,
    ) -> &mut Api {
        let (logical_id, stage, resource_type) = match kind {
            ApiKind::Rest => ("ServerlessRestApi", "Prod", "AWS::Serverless::Api"),
            ApiKind::Http => ("ServerlessHttpApi", "$default", "AWS::Serverless::HttpApi"),
        };
        let position = self
            .apis
            .iter()
            .position(|api| api.logical_id == logical_id);
        let position = position.unwrap_or_else(|| {
            // It has no properties but those of Globals.
            let resource = Entry {
                key: logical_id.into(),
                at: scope.template.at,
                value: Node::empty(scope.template.at),
            };
            let properties = scope
                .catalogue
                .find(resource_type)
                .resolved(&resource, scope);
            self.add(&resource, &properties, kind, stage, keys, scope);
            self.apis.len() - 1
        });
        &mut self.apis[position]
    }

    /// Adds the permission of a route.
    pub(crate) fn permit(&mut self, permission: Permission) {
        permissions::add_route(&mut self.permissions, permission);
    }

    pub(crate) fn add(
        &mut self,
        resource: &Entry,
        properties: &Node,
        kind: ApiKind,
        stage: &str,
        keys: &mut Keys,
        scope: &mut Scope<'_>,
    ) {
        let api = read(resource, properties, kind, stage, scope);
        if let Some(auth) = properties.get("Auth") {
            keys.add_of_api(auth, &api, scope);
            let permissions = permissions::of_authorizers(auth, &api, scope);
            self.permissions.extend(permissions);
        }
        self.apis.push(api);
    }

    /// What there is once all routes are added.
    pub(crate) fn finish(self, scope: &mut Scope<'_>) -> Finished {
        for api in &self.apis {
            throttling::check_names(api, scope);
        }
        let apis = self.apis.into_iter();
        let (apis, without_routes) = apis.partition(|api| !api.routes.is_empty());
        Finished {
            apis,
            without_routes,
            permissions: self.permissions,
        }
    }
}

fn read(
    resource: &Entry,
    properties: &Node,
    kind: ApiKind,
    stage: &str,
    scope: &mut Scope<'_>,
) -> Api {
    let auth = authorizers::read(properties.get("Auth"), kind, scope);
    let cors = match kind {
        ApiKind::Rest => properties
            .get("Cors")
            .and_then(|node| cors::of_rest(node, scope)),
        ApiKind::Http => properties
            .get("CorsConfiguration")
            .and_then(|node| cors::of_http(node, scope)),
    };
    let variables = properties
        .get("Variables")
        .or(properties.get("StageVariables"));
    let variables = variables.map_or(&[][..], Node::entries).iter();
    let binary = properties.get("BinaryMediaTypes");
    let access_log = properties.get(match kind {
        ApiKind::Rest => "AccessLogSetting",
        ApiKind::Http => "AccessLogSettings",
    });
    Api {
        logical_id: resource.key.clone(),
        id: api_id(&scope.settings.place.stack, &resource.key),
        kind,
        stage: stage.into(),
        routes: Vec::new(),
        // In a template `~1` stands for a slash.
        binary_media_types: binary
            .map(texts)
            .unwrap_or_default()
            .iter()
            .map(|text| text.replace("~1", "/"))
            .collect(),
        cors,
        stage_variables: variables
            .filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        authorizers: auth.authorizers,
        default_authorizer: auth.default,
        authorizes_preflights: auth.preflights,
        api_key_required: auth.api_key,
        throttles: throttling::read(properties, kind, scope),
        models: validation::models(properties.get("Models"), scope),
        gateway_responses: gateway_responses::read(properties.get("GatewayResponses"), scope),
        traced: properties.get_text("TracingEnabled") == Some("true"),
        access_log: access_log.and_then(self::access_log),
        location: resource.at,
    }
}

/// One without a destination logs nothing.
fn access_log(node: &Node) -> Option<AccessLog> {
    Some(AccessLog {
        destination: node.get_text("DestinationArn")?.to_owned(),
        format: node.get_text("Format")?.to_owned(),
    })
}
