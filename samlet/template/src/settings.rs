//! What a template is read for: its place, its parameters' values, and what services have said of its resources.

use std::collections::BTreeMap;

use samlet_aws::Place;

/// What a template is read for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the application seems to be deployed: the values of pseudo
    /// parameters, and what ARNs are made of.
    pub place: Place,
    /// Parameter values from the command line.
    pub parameter_overrides: BTreeMap<String, String>,
    /// What services have said of their resources.
    pub attributes: Attributes,
    /// What messages call the template.
    pub file: String,
}

impl Settings {
    /// For `place`, before any service is there; each parameter has its default.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            parameter_overrides: BTreeMap::new(),
            attributes: Attributes::default(),
            file: "template.yaml".into(),
        }
    }
}

/// What services gave once they were applied: the values of late attributes.
///
/// - `StreamArn` of an `AWS::DynamoDB::Table` with a stream
/// - `Url` of an API, SAM's implicit ones included: where it is reached,
///   without a stage or a slash behind it
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<String, BTreeMap<String, String>>);

impl Attributes {
    /// Sets the attribute of a resource.
    pub fn set(
        &mut self,
        logical_id: impl Into<String>,
        attribute: impl Into<String>,
        value: impl Into<String>,
    ) {
        let of_resource = self.0.entry(logical_id.into()).or_default();
        of_resource.insert(attribute.into(), value.into());
    }

    /// The attribute of a resource.
    pub fn get(&self, logical_id: &str, attribute: &str) -> Option<&str> {
        Some(self.0.get(logical_id)?.get(attribute)?)
    }
}
