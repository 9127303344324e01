//! What is known beside the template: the services' IAM actions, and the types of resources.

use std::collections::BTreeMap;

use crate::Actions;
use crate::resources::{self, ResourceType};

/// A type that nobody has described: not provided, with names and attributes as AWS's usually are.
static UNKNOWN: ResourceType = ResourceType::new("");

/// What a template is read with.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(crate) actions: Actions,
    types: BTreeMap<&'static str, &'static ResourceType>,
}

impl Catalogue {
    /// With lists of IAM actions ([`Actions::of`]) and the types of resources that this crate has.
    pub fn new(actions: impl IntoIterator<Item = &'static str>) -> Self {
        let types = resources::TYPES.iter().map(|known| (known.name, *known));
        Self {
            actions: Actions::of(actions),
            types: types.collect(),
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
        self.types.get(name).copied().unwrap_or(&UNKNOWN)
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &'static ResourceType> {
        self.types.values().copied()
    }
}
