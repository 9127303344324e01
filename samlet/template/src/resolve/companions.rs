//! What SAM adds to a template by itself, and a template may refer to: a function's role, an API's stage and keys, the
//! implicit APIs.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>

use super::Scope;
use super::names::api_id;
use crate::diagnostics::Location;
use crate::types::{Companion, Resource};
use crate::yaml::Node;

/// SAM's implicit APIs, with the stage of each.
pub(crate) const IMPLICIT_APIS: [(&str, &str); 2] = [
    ("ServerlessRestApi", "Prod"),
    ("ServerlessHttpApi", "$default"),
];

/// What begins the names of the key and the usage plan that APIs share.
const SHARED: &str = "Serverless";

impl Scope<'_> {
    /// Whether SAM adds a resource of this name.
    pub(crate) fn is_made_by_sam(&self, name: &str) -> bool {
        let companion = self.companion(name);
        self.of_api(name).is_some() || companion.is_some_and(|known| known.reference.is_some())
    }

    /// What a reference to something that SAM adds gives: `ServerlessRestApi`, `Api.Stage`, `FunctionRole`.
    pub(crate) fn made_by_sam(&mut self, name: &str, at: Location) -> Option<String> {
        if let Some(value) = self.of_api(name) {
            return Some(value);
        }
        let given = self.companion(name)?.reference?;
        let generated = self.generated_name(name);
        let resource = Resource {
            logical_id: name,
            name: &generated,
        };
        Some(self.given(&given, &resource, "Ref", at))
    }

    /// An implicit API, a stage, or what APIs share.
    fn of_api(&self, name: &str) -> Option<String> {
        let stack = &self.settings.place.stack;
        for (api, stage) in IMPLICIT_APIS {
            match name.strip_prefix(api) {
                Some("") => return Some(api_id(stack, name)),
                Some(".Stage") => return Some(stage.into()),
                _ => {}
            }
        }
        let shared = name.strip_prefix(SHARED);
        if matches!(shared, Some("ApiKey" | "UsagePlan")) && self.resource(name).is_none() {
            return Some(api_id(stack, name));
        }
        self.stage_of_api(name).or_else(|| self.stage(name))
    }

    /// What an attribute of something that SAM adds gives.
    pub(crate) fn attribute_of_sams_own(
        &mut self,
        name: &str,
        attribute: &str,
        at: Location,
    ) -> Option<String> {
        if name == "ServerlessHttpApi"
            && attribute == "ApiEndpoint"
            && self.resource(name).is_none()
        {
            return Some(self.api_url(name, at));
        }
        let attributes = self.companion(name)?.attributes?;
        let generated = self.generated_name(name);
        let resource = Resource {
            logical_id: name,
            name: &generated,
        };
        let value = self.known_attribute(&attributes, &resource, attribute, at);
        Some(value.unwrap_or(generated))
    }

    fn generated_name(&self, name: &str) -> String {
        format!("{}-{name}", self.settings.place.stack)
    }

    /// The companion of a resource that has this name, unless the template itself has a resource so called.
    fn companion(&self, name: &str) -> Option<&'static Companion> {
        if self.resource(name).is_some() {
            return None;
        }
        let types = self.catalogue.types();
        let mut companions =
            types.flat_map(|owner| owner.companions.iter().map(move |c| (owner, c)));
        let found = companions.find(|(owner, companion)| {
            let of = name.strip_suffix(companion.suffix);
            of.is_some_and(|of| self.kind_of(of) == owner.name)
        });
        found.map(|(_, companion)| companion)
    }

    /// `Api.Stage`: the name of the API's stage.
    fn stage_of_api(&self, name: &str) -> Option<String> {
        let api = name.strip_suffix(".Stage")?;
        let is_sams = self.kind_of(api).starts_with("AWS::Serverless::");
        if !is_sams || !self.type_of(api).is_api() {
            return None;
        }
        let stage = self.property(api, "StageName");
        let text = stage.and_then(Node::as_text).unwrap_or("$default");
        Some(text.to_owned())
    }

    /// The resource that SAM makes for a REST API's stage is called `<Api><Stage>Stage`; `!Ref` gives the stage's name.
    fn stage(&self, name: &str) -> Option<String> {
        let rest = name.strip_suffix("Stage")?;
        let apis = self.section("Resources").iter();
        apis.filter(|entry| entry.type_name() == "AWS::Serverless::Api")
            .find_map(|entry| {
                let stage = rest.strip_prefix(entry.key.as_str())?;
                (!stage.is_empty()).then(|| stage.to_owned())
            })
    }
}
