//! Whether APIs are allowed to invoke the functions behind their routes, as AWS would ask the functions' own policies.

use samlet_aws::Place;
use samlet_iam::{Context, Principal, Request, authorize};
use samlet_template::{Api, Application, Authorizer, Diagnostic, Function, Location, Route};

/// The service as which API Gateway invokes functions.
const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// A warning for each invocation that AWS would refuse.
pub fn missing(application: &Application, place: &Place) -> Vec<Diagnostic> {
    let mut missing = Vec::new();
    for api in &application.apis {
        let routes = api.routes.iter().map(|route| of_route(api, route));
        let authorizers = api.authorizers.iter();
        let authorizers =
            authorizers.filter_map(|(name, authorizer)| of_authorizer(api, name, authorizer));
        for asked in routes.chain(authorizers) {
            missing.extend(asked.missing(application, place));
        }
    }
    missing
}

/// An invocation that API Gateway would ask for.
struct Asked<'a> {
    /// For what: a route, or an authorizer.
    what: String,
    api: &'a Api,
    /// The function's name.
    function: &'a str,
    /// What follows the API's id in the ARN for which the function is invoked.
    source: String,
    /// The same for all such requests, as a permission would have it.
    pattern: String,
    location: Location,
}

/// The requests of a route.
fn of_route<'a>(api: &'a Api, route: &'a Route) -> Asked<'a> {
    let method = match route.method.as_str() {
        "ANY" => "*",
        method => method,
    };
    let path = route.path.trim_matches('/');
    // A parameter may be anything.
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "*",
            false => segment,
        });
    let pattern = segments.collect::<Vec<_>>().join("/");
    Asked {
        what: format!("{} {} of {}", route.method, route.path, api.logical_id),
        api,
        function: &route.function,
        source: format!("{}/{method}/{path}", api.stage),
        pattern: format!("*/{method}/{pattern}"),
        location: route.location,
    }
}

/// The requests of an authorizer; none of one that is called with a role.
fn of_authorizer<'a>(api: &'a Api, name: &str, authorizer: &'a Authorizer) -> Option<Asked<'a>> {
    if authorizer.invoke_role.is_some() {
        return None;
    }
    Some(Asked {
        what: format!("the authorizer {name} of {}", api.logical_id),
        api,
        function: &authorizer.function,
        source: format!("authorizers/{name}"),
        pattern: "authorizers/*".into(),
        location: api.location,
    })
}

impl Asked<'_> {
    /// A warning if the function's policy doesn't allow it, with what to add to the template.
    fn missing(&self, application: &Application, place: &Place) -> Option<Diagnostic> {
        let mut functions = application.functions.iter();
        let function = functions.find(|function| function.name == self.function)?;
        let source = format_args!("{}/{}", self.api.id, self.source);
        let source = place.arn("execute-api", source);
        let caller = Principal::of_service(API_GATEWAY, &source, &place.account);
        let arn = place.arn("lambda", format_args!("function:{}", function.name));
        let request = Request {
            action: "lambda:InvokeFunction",
            resource: arn.as_str(),
            context: &Context::complete(),
        };
        authorize(&caller, &request, Some(&function.policy.enforced())).err()?;
        let id = &function.logical_id;
        Some(Diagnostic {
            message: format!(
                "{} is not allowed to invoke {id}: on AWS its requests fail, since no statement of {id}'s policy allows \
                 them",
                self.what
            ),
            location: self.location,
            help: Some(self.resource(function)),
        })
    }

    fn resource(&self, function: &Function) -> String {
        let (id, api, pattern) = (&function.logical_id, &self.api.logical_id, &self.pattern);
        let source = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/{pattern}"
        );
        format!(
            "add a resource: {id}Permission: {{Type: AWS::Lambda::Permission, Properties: {{Action: lambda:InvokeFunction, \
             FunctionName: !GetAtt {id}.Arn, Principal: {API_GATEWAY}, SourceArn: !Sub '{source}'}}}}"
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use samlet_template::{Catalogue, Settings};

    fn place() -> Place {
        Place::new("us-east-1", "123456789012", "local")
    }

    /// `line: message` of what is missing.
    fn missing_of(source: &str) -> Vec<(usize, Diagnostic)> {
        let settings = Settings::new(place());
        let catalogue = Catalogue::new(["lambda:InvokeFunction"]);
        let application = samlet_template::read(source, &settings, &catalogue).unwrap();
        let found = missing(&application, &place());
        found
            .into_iter()
            .map(|found| (found.location.line, found))
            .collect()
    }

    fn with_authorizer(kind: &str, properties: &str, resources: &str) -> String {
        let (event, id) = match kind {
            "HttpApi" => ("HttpApi", "ApiId"),
            _ => ("Api", "RestApiId"),
        };
        let stage = match kind {
            "HttpApi" => "",
            _ => "StageName: Prod, ",
        };
        format!(
            "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{CodeUri: f, Handler: h, Runtime: provided.al2023}}
Resources:
  Api:
    Type: AWS::Serverless::{kind}
    Properties:
      {{{stage}Auth: {{DefaultAuthorizer: Own, Authorizers: {{Own: {{FunctionArn: !GetAtt Gate.Arn, {properties}}}}}}}}}
  Gate: {{Type: AWS::Serverless::Function}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events: {{A: {{Type: {event}, Properties: {{{id}: !Ref Api, Path: '/a/{{x}}', Method: any}}}}}}
{resources}"
        )
    }

    #[test]
    fn what_sam_permits_is_not_missing() {
        let version = "AuthorizerPayloadFormatVersion: '2.0'";
        for (kind, properties) in [
            ("Api", ""),
            (
                "Api",
                "FunctionInvokeRole: arn:aws:iam::123456789012:role/r",
            ),
            (
                "HttpApi",
                &format!("{version}, EnableFunctionDefaultPermissions: true"),
            ),
            (
                "HttpApi",
                &format!("{version}, FunctionInvokeRole: arn:aws:iam::123456789012:role/r"),
            ),
        ] {
            let found = missing_of(&with_authorizer(kind, properties, ""));
            assert!(found.is_empty(), "{kind} {properties}: {found:?}");
        }
    }

    #[test]
    fn every_route_that_sam_permits_is_allowed() {
        let event = |name: &str, kind: &str, rest: &str| {
            format!("        {name}: {{Type: {kind}, Properties: {{{rest}}}}}\n")
        };
        let events = [
            event("One", "Api", "Path: '/a/{id}/b/{rest+}', Method: get"),
            event("Two", "Api", "Path: /c/, Method: any"),
            event("Root", "Api", "Path: /, Method: post"),
            event("Three", "HttpApi", "Path: '/a/{id}/{rest+}', Method: post"),
            event("Four", "HttpApi", "Path: '/{proxy+}', Method: any"),
            event("Five", "HttpApi", ""),
        ];
        let source = format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: f
      Handler: h
      Runtime: provided.al2023
      Events:
{}",
            events.concat()
        );
        let found = missing_of(&source);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn an_authorizer_that_nothing_permits_is_reported_with_what_to_add() {
        let version = "AuthorizerPayloadFormatVersion: '2.0'";
        for (kind, properties) in [
            ("Api", "DisableFunctionDefaultPermissions: true"),
            ("HttpApi", version),
        ] {
            let source = with_authorizer(kind, properties, "");
            let found = missing_of(&source);
            let [(line, found)] = &found[..] else {
                panic!("{kind}: {found:?}");
            };
            assert_eq!(*line, 6, "where the API is declared");
            assert_eq!(
                found.message,
                "the authorizer Own of Api is not allowed to invoke Gate: on AWS its requests fail, since no statement \
                 of Gate's policy allows them"
            );
            // What it says to add is enough.
            let help = found.help.as_deref().unwrap();
            let resource = help.strip_prefix("add a resource: ").unwrap();
            let mended = with_authorizer(kind, properties, &format!("  {resource}\n"));
            assert!(missing_of(&mended).is_empty(), "{help}");
        }
    }

    #[test]
    fn a_permission_for_something_else_is_not_enough() {
        let other = "  P: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: \
                     !Ref Gate, Principal: s3.amazonaws.com}}\n";
        let version = "AuthorizerPayloadFormatVersion: '2.0'";
        let found = missing_of(&with_authorizer("HttpApi", version, other));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
