//! Whether APIs are allowed to invoke the functions behind their routes, as AWS would ask the functions' own policies.

use samlet_aws::{Arn, Place};
use samlet_iam::{Context, Principal, Request, ResourcePolicy, authorize};
use samlet_template::{Api, Application, Authorizer, Diagnostic, Function, Location, Route};

/// As what API Gateway invokes functions.
const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// What is said of each invocation that AWS would refuse. `policies` are the functions', in their order.
pub(crate) fn missing(
    application: &Application,
    policies: &[ResourcePolicy],
    place: &Place,
) -> Vec<Diagnostic> {
    let mut missing = Vec::new();
    for api in &application.apis {
        for route in &api.routes {
            let what = format!("{} {} of {}", route.method, route.path, api.logical_id);
            let source = route_arn(api, route, place);
            let asked = Asked {
                what,
                function: &route.function,
                source,
                location: route.location,
            };
            missing.extend(asked.missing(application, policies, place));
        }
        for (name, authorizer) in &api.authorizers {
            if let Some(asked) = of_authorizer(api, name, authorizer, place) {
                missing.extend(asked.missing(application, policies, place));
            }
        }
    }
    missing
}

/// An invocation that API Gateway would ask for.
struct Asked<'a> {
    /// For what: a route, or an authorizer.
    what: String,
    /// The function's name.
    function: &'a str,
    /// What API Gateway invokes it for.
    source: Arn,
    location: Location,
}

/// The request of a route. On AWS its parameters are stars.
fn route_arn(api: &Api, route: &Route, place: &Place) -> Arn {
    let method = match route.method.as_str() {
        "ANY" => "*",
        method => method,
    };
    let path = match route.path.as_str() {
        "$default" => "$default",
        path => path.trim_start_matches('/'),
    };
    let (id, stage) = (&api.id, &api.stage);
    place.arn("execute-api", format_args!("{id}/{stage}/{method}/{path}"))
}

/// The request of an authorizer; none for one that is called with a role.
fn of_authorizer<'a>(
    api: &Api,
    name: &str,
    authorizer: &'a Authorizer,
    place: &Place,
) -> Option<Asked<'a>> {
    if authorizer.invoke_role.is_some() {
        return None;
    }
    let resource = format!("{}/authorizers/{name}", api.id);
    Some(Asked {
        what: format!("the authorizer {name} of {}", api.logical_id),
        function: &authorizer.function,
        source: place.arn("execute-api", resource),
        location: api.location,
    })
}

impl Asked<'_> {
    /// That the function's policy doesn't allow it, and what to add to the template.
    fn missing(
        &self,
        application: &Application,
        policies: &[ResourcePolicy],
        place: &Place,
    ) -> Option<Diagnostic> {
        let mut functions = application.functions.iter().zip(policies);
        let (function, policy) = functions.find(|(function, _)| function.name == self.function)?;
        let caller = Principal::of_service(API_GATEWAY, &self.source, &place.account);
        let arn = place.arn("lambda", format_args!("function:{}", function.name));
        let request = Request {
            action: "lambda:InvokeFunction",
            resource: arn.as_str(),
            context: &Context::default(),
        };
        authorize(&caller, &request, Some(policy)).err()?;
        let id = &function.logical_id;
        Some(Diagnostic {
            message: format!(
                "{} may not invoke {id}: on AWS such requests fail, since no statement of {id}'s policy allows it",
                self.what
            ),
            location: self.location,
            help: Some(self.statement(function)),
        })
    }

    fn statement(&self, function: &Function) -> String {
        let (id, source) = (&function.logical_id, &self.source);
        format!(
            "add a resource: {id}Permission: {{Type: AWS::Lambda::Permission, Properties: {{Action: lambda:InvokeFunction, \
             FunctionName: !GetAtt {id}.Arn, Principal: {API_GATEWAY}, SourceArn: '{source}'}}}}"
        )
    }
}
