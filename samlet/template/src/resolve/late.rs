//! Values that only a running service knows, such as the address of an API: until it has said them, stand-ins.

use std::collections::BTreeMap;

use super::companions::IMPLICIT_APIS;
use crate::LateValue;
use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::names::api_id;

/// An API's address, which is part of texts such as `https://${Api}.execute-api.…`.
pub(crate) const URL: &str = "Url";

/// What stands between an API's id and its region in its address on AWS.
const API_HOST: &str = ".execute-api.";

/// The late attributes that were mentioned, by resource and name.
#[derive(Default)]
pub(crate) struct Mentions(BTreeMap<(String, String), Location>);

impl Mentions {
    pub(crate) fn into_values(self) -> Vec<LateValue> {
        let mentions = self.0.into_iter();
        let values = mentions.map(|((logical_id, attribute), location)| LateValue {
            logical_id,
            attribute,
            location,
        });
        values.collect()
    }
}

impl Scope<'_> {
    /// The value of a late attribute, or its stand-in.
    pub(crate) fn late_value(
        &mut self,
        logical_id: &str,
        attribute: &str,
        stand_in: impl Into<String>,
        at: Location,
    ) -> String {
        if let Some(value) = self.settings.attributes.get(logical_id, attribute) {
            return value.to_owned();
        }
        let key = (logical_id.to_owned(), attribute.to_owned());
        self.mentions.0.entry(key).or_insert(at);
        stand_in.into()
    }

    /// The address of an API.
    pub(crate) fn api_url(&mut self, logical_id: &str, at: Location) -> String {
        let place = &self.settings.place;
        let id = api_id(&place.stack, logical_id);
        let (region, suffix) = (&place.region, place.url_suffix());
        let on_aws = format!("https://{id}{API_HOST}{region}.{suffix}");
        self.late_value(logical_id, URL, on_aws, at)
    }

    /// `text` with the addresses that the template's APIs have, in place of
    /// those that they would have on AWS.
    pub(crate) fn with_api_urls(&mut self, text: String, at: Location) -> String {
        if !text.contains(API_HOST) {
            return text;
        }
        let mut result = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(API_HOST) {
            let domain = domain_within(after);
            let domain_and_api = before
                .rsplit_once("https://")
                .filter(|_| self.is_region_of_aws(domain))
                .and_then(|(before, id)| Some((before, id, self.api_of_id(id)?)));
            let Some((before, id, logical_id)) = domain_and_api else {
                result += before;
                result += API_HOST;
                rest = after;
                continue;
            };
            result += before;
            let on_aws = format!("https://{id}{API_HOST}{domain}");
            result += &self.late_value(&logical_id, URL, on_aws, at);
            rest = &after[domain.len()..];
        }
        result + rest
    }

    /// `us-east-1.amazonaws.com`; any region, since what is deployed elsewhere
    /// may name its own.
    fn is_region_of_aws(&self, domain: &str) -> bool {
        let suffix = self.settings.place.url_suffix();
        let region = domain.split_once('.');
        region.is_some_and(|(region, rest)| !region.is_empty() && rest == suffix)
    }

    /// The logical id of the API that has this id.
    fn api_of_id(&mut self, id: &str) -> Option<String> {
        if self.api_ids.is_empty() {
            let declared = self.section("Resources").iter();
            let declared = declared.filter(|entry| self.catalogue.find(entry.type_name()).is_api());
            let ids = declared.map(|entry| entry.key.as_str());
            let stack = &self.settings.place.stack;
            self.api_ids = ids
                .chain(IMPLICIT_APIS.map(|(api, _)| api))
                .map(|logical_id| (api_id(stack, logical_id), logical_id.to_owned()))
                .collect();
        }
        self.api_ids.get(id).cloned()
    }
}

/// What a text begins with that can be part of a domain's name.
fn domain_within(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
    let domain = &text[..end.unwrap_or(text.len())];
    // The end of a sentence.
    domain.trim_end_matches(['.', '-'])
}
