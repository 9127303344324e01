//! What can be said of a type of resource, and the types that a template is read with: data only. `resources` has the
//! data of each type; reading and references use it.

mod catalogue;
pub(crate) mod property;
mod resource_type;

pub use catalogue::{Catalogue, DeclaredCheck, Objection};
pub(crate) use resource_type::Resource;
pub use resource_type::{
    Attributes, Companion, Dependencies, Given, Globals, Handling, Naming, Reach, ResourceType,
};
