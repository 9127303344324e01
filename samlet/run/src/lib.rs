//! An application that runs: its [`services`], how a template is applied to it at the start and at each change, and its
//! end.
//!
//! It knows nothing of a command line, prints nothing and draws no diagnostics: whoever runs an application is given
//! errors, outcomes and log lines as data.

mod apis;
mod data;
mod declared;
mod error;
mod place;
mod services;

pub use apis::{Apis, bind, url};
pub use data::DataFolder;
pub use declared::declared;
pub use error::Error;
pub use place::{ACCOUNT_ID, REGION, place};
pub use services::{Core, MakeService, Registration, actions, add_services, services};
