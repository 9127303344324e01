//! What is applied, and what has changed since: by this an application that runs knows what there is to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use crate::template::Template;

/// What has changed since a template was applied last, beside the template itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Anything: all functions are built.
    Everything,
    /// The code of these functions, by logical id.
    Functions(BTreeSet<String>),
}

/// What was applied last.
pub(crate) struct Current {
    /// With the values that only services know.
    pub(crate) template: Arc<Template>,
    /// Of the functions' builds; `None` before anything was applied.
    pub(crate) stamps: Option<Stamps>,
}

impl Current {
    /// Nothing yet; `template` is going to be.
    pub(crate) fn nothing(template: &Arc<Template>) -> Self {
        Self {
            template: Arc::clone(template),
            stamps: None,
        }
    }
}

/// By which one build of each function is known from another, by logical id.
pub(crate) type Stamps = BTreeMap<String, Option<Stamp>>;

/// Size and time of an executable.
pub(crate) type Stamp = (u64, SystemTime);
