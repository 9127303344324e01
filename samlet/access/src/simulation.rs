//! Whether a function would be allowed something, judged beforehand.

use std::collections::BTreeMap;

use samlet_aws::Place;
use samlet_iam::{Context, Denied, Principal, Request, ResourcePolicy, judge};
use samlet_template::{Application, Function};

/// A request that a function might make.
#[derive(Clone, Copy, Debug)]
pub struct Simulation<'a> {
    /// What the function is part of.
    pub application: &'a Application,
    /// The function that asks.
    pub function: &'a Function,
    /// Such as `dynamodb:PutItem`.
    pub action: &'a str,
    /// The resource's ARN.
    pub resource: &'a str,
    /// Condition keys with their values; a key that occurs again has several.
    pub context: &'a [(String, String)],
    /// What the IAM actions of the services begin with that are here: of these, keys that are not given are absent, of
    /// all others they are not known.
    pub services: &'a [&'static str],
}

impl Simulation<'_> {
    /// Where the statements stand that allow the request, or why it is denied.
    pub fn judge(&self, place: &Place) -> Result<Vec<String>, Denied> {
        let role = self.function.role.enforced();
        let principal = Principal::of_role(role, &self.function.name, place);
        let mut given: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (key, value) in self.context {
            given.entry(key).or_default().push(value.clone());
        }
        let mut context = Context::default();
        for service in self.services {
            context.know_service(service);
        }
        for (key, values) in given {
            context.set_all(key, values);
        }
        let request = Request {
            action: self.action,
            resource: self.resource,
            context: &context,
        };
        judge(&principal, &request, self.resource_policy(place).as_ref())
    }

    /// The policy of the resource, if that is one of the application's functions.
    fn resource_policy(&self, place: &Place) -> Option<ResourcePolicy> {
        let mut functions = self.application.functions.iter();
        let found = functions.find(|function| {
            let arn = place.arn("lambda", format_args!("function:{}", function.name));
            arn.as_str() == self.resource
        });
        found.map(|function| function.policy.enforced())
    }
}
