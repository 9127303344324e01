//! What new functions and applications begin with, in one layout: packages, resources and events.
//!
//! It writes files, and never builds or prints.

mod application;
mod error;
mod function;
mod package;
mod resource;
mod skeleton;
mod target;

pub use application::create_application;
pub use error::ScaffoldError;
pub use function::{NewFunction, Plan, Route};
