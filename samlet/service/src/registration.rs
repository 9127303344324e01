//! A service before it is made: what is known of it, and how it is made.

use std::error::Error;
use std::sync::Arc;

use samlet_template::resource_type::ResourceType;

use crate::{Identity, Service, Setup};

/// Why a service can't be made, such as a file of its own that can't be read.
pub type MakeError = Box<dyn Error + Send + Sync>;

/// A service that stands by itself: it is made of nothing but what every service is given.
#[derive(Clone, Copy, Debug)]
pub struct Registration {
    /// What is known of it before it is made.
    pub identity: &'static Identity,
    /// Makes it, opening what it keeps.
    pub make: fn(&Setup) -> Result<Arc<dyn Service>, MakeError>,
    /// Types of its resources that `samlet-template` doesn't have.
    pub resource_types: &'static [&'static ResourceType],
}
