//! What is known beside the template: the services' IAM actions, condition keys and checks, and the types of resources.

use std::collections::BTreeMap;

use super::{Dependencies, ResourceType};
use crate::condition_keys::ConditionKeys;
use crate::{Actions, Declared};

/// A type without a description: not provided, with names and attributes as AWS's usually are.
static UNKNOWN: ResourceType = ResourceType::new("");

/// Such a type of SAM's own, such as `AWS::Serverless::GraphQLApi`: what one of the resources that SAM makes of it
/// needs, the others may not.
static UNKNOWN_OF_SAM: ResourceType = ResourceType {
    dependencies: Dependencies::Unknown,
    ..ResourceType::new("")
};

/// What a service has against the resources that a template declares, as far as that needs nothing stored. It is given
/// all of them, those of other services too.
pub type DeclaredCheck = fn(&[Declared]) -> Vec<Objection>;

/// Why a declared resource can't be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Which of the resources, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

/// What a template is read with.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(crate) actions: Actions,
    pub(crate) condition_keys: ConditionKeys,
    pub(crate) checks: Vec<DeclaredCheck>,
    types: BTreeMap<&'static str, &'static ResourceType>,
}

impl Catalogue {
    pub(crate) fn of(actions: Actions) -> Self {
        Self {
            actions,
            condition_keys: ConditionKeys::global(),
            checks: Vec::new(),
            types: BTreeMap::new(),
        }
    }

    /// With lists of the services' condition keys, beside AWS's global ones: a key a line, ` []` behind those that may
    /// have several values, `${…}` for any text.
    #[must_use]
    pub fn with_condition_keys(mut self, lists: impl IntoIterator<Item = &'static str>) -> Self {
        for list in lists {
            self.condition_keys.add(list);
        }
        self
    }

    /// With further types of resources.
    #[must_use]
    pub fn with_types(mut self, types: impl IntoIterator<Item = &'static ResourceType>) -> Self {
        let types = types.into_iter().map(|new| (new.name, new));
        self.types.extend(types);
        self
    }

    /// With the services' checks of what is declared.
    #[must_use]
    pub fn with_checks(mut self, checks: impl IntoIterator<Item = DeclaredCheck>) -> Self {
        self.checks.extend(checks);
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
