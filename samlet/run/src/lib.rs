//! An application that runs: its services, how a template is applied to it at the start and at each change, and its
//! end.
//!
//! It knows nothing of a command line, prints nothing and draws no diagnostics: its caller is given errors, outcomes
//! and log lines as data.

mod apis;
mod apply;
mod builds;
mod changes;
mod data;
mod error;
mod follow;
mod functions;
mod logs;
mod outcome;
mod parts;
mod place;
mod running;
mod services;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod watch;

pub use changes::Changes;
pub use data::DataFolder;
pub use error::Error;
pub use follow::Follow;
pub use logs::LogDisplay;
pub use outcome::{ApiAddress, Outcome, RouteName};
pub use place::{ACCOUNT_ID, REGION, place};
pub use running::{Addresses, Running};
pub use samlet_container::{prepare as prepare_containers, start as start_launcher};
pub use services::{add_services, catalogue, identities};
pub use settings::Settings;
pub use template::{Source, Template};
