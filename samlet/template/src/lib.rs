//! Reads `template.yaml` (AWS SAM) into a plain [`Application`].
//!
//! No I/O: source text in, application or diagnostics out. What a template
//! declares and samlet doesn't have is named in a warning, never passed over.

mod actions;
mod catalogue;
mod dependencies;
mod diagnostics;
mod model;
mod reader;
mod reading;
mod resolve;
mod resources;
mod sam;
mod yaml;

pub use actions::Actions;
pub use catalogue::Catalogue;
pub use diagnostics::{Diagnostic, Location, Problems};
pub use model::*;
pub use reader::{Draft, Settings};
pub use resolve::late::{Attributes, LateValue};
pub use resources::{Alarm, DeclaredArn};
pub use sam::apis::AccessLog;
pub use sam::gateway_responses::{GatewayResponse, HeaderSource};

/// What a type of resource is described with, for those who bring one of their own: [`Catalogue::with_types`].
pub mod resource_type {
    pub use crate::resources::schema::{Property, Shape, has, missing, must, refused, unnoticed};
    pub use crate::resources::{
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
