//! What is known beside the template: the services' IAM actions, and the types of resources.

use std::collections::BTreeMap;

use super::{Dependencies, ResourceType};
use crate::Actions;

/// A type without a description: not provided, with names and attributes as AWS's usually are.
static UNKNOWN: ResourceType = ResourceType::new("");

/// Such a type of SAM's own, such as `AWS::Serverless::GraphQLApi`: what one of the resources that SAM makes of it
/// needs, the others may not.
static UNKNOWN_OF_SAM: ResourceType = ResourceType {
    dependencies: Dependencies::Unknown,
    ..ResourceType::new("")
};

/// What a template is read with.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(crate) actions: Actions,
    types: BTreeMap<&'static str, &'static ResourceType>,
}

impl Catalogue {
    pub(crate) fn of(actions: Actions) -> Self {
        Self {
            actions,
            types: BTreeMap::new(),
        }
    }

    /// With further types of resources.
    #[must_use]
    pub fn with_types(mut self, types: impl IntoIterator<Item = &'static ResourceType>) -> Self {
        let types = types.into_iter().map(|new| (new.name, new));
        self.types.extend(types);
        self
    }

    /// The type of this name.
    pub(crate) fn find(&self, name: &str) -> &'static ResourceType {
        if let Some(known) = self.types.get(name) {
            return known;
        }
        if name.starts_with("AWS::Serverless::") {
            return &UNKNOWN_OF_SAM;
        }
        &UNKNOWN
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &'static ResourceType> {
        self.types.values().copied()
    }
}
