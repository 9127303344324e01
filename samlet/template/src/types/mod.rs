//! What is known of types of resources, and by what a template is read: data only. `resources` has it for each type, and
//! whoever reads resources or refers to them asks it.

mod catalogue;
pub(crate) mod property;
mod resource_type;

pub use catalogue::Catalogue;
pub(crate) use resource_type::Resource;
pub use resource_type::{
    Attributes, Companion, Dependencies, Given, Globals, Handling, Naming, Reach, ResourceType,
};
