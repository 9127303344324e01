//! Reads `template.yaml` (AWS SAM) into a plain [`Application`].
//!
//! No I/O: source text in, application or diagnostics out. What a template
//! declares and samlet doesn't have is named in a warning, never passed over.

mod actions;
mod arns;
mod condition_keys;
mod dependencies;
mod diagnostics;
mod model;
mod reader;
mod reading;
mod resolve;
mod resources;
mod sam;
mod settings;
mod types;
mod yaml;

pub use actions::Actions;
pub use diagnostics::{Diagnostic, Location, Problems};
pub use model::*;
pub use reader::Draft;
pub use settings::{Attributes, Settings};
pub use types::{Catalogue, DeclaredCheck, Objection};

/// What a type of resource is described with, for those who bring one of their own: [`Catalogue::with_types`].
pub mod resource_type {
    pub use crate::types::property::{Property, Shape, has, missing, must, refused, unnoticed};
    pub use crate::types::{
        Attributes, Companion, Dependencies, Given, Globals, Handling, Naming, Reach, ResourceType,
    };
}

/// Reads a template: gives an application that is usable as a whole, or
/// everything that is wrong with the template. [`Draft`] does the same in two steps.
pub fn read(
    source: &str,
    settings: &Settings,
    catalogue: &Catalogue,
) -> Result<Application, Problems> {
    Draft::parse(source)?.resolve(settings, catalogue)
}
