//! The seam between samlet and the AWS services in it: what a service is, how a request of it is authorised and
//! served, and the wire protocols that it speaks.
//!
//! Depends on no service. A request is parsed once, into an [`Operation`] from which both what must be allowed and
//! what is done are derived, so that the two can't disagree. Authorising and serving work without HTTP: what one
//! service sends to another goes the same way ([`Services::call`]).

mod access;
mod answer;
mod call;
mod caller;
mod declared;
mod deliver;
mod fault;
pub mod form;
mod identity;
pub mod protocol;
mod recognition;
mod registration;
mod services;
mod traits;
pub mod xml;

pub use access::AccessObserver;
pub use answer::{Answer, Content};
pub use call::{Body, BodyStream, Call, StreamError};
pub use caller::{Caller, ClientInfo};
pub use declared::{Applied, ApplyError, Described, Plan};
pub use deliver::{Changes, Deliver};
pub use fault::Fault;
pub use identity::{BodyRule, Identity, Stored};
pub use protocol::Protocol;
pub use recognition::{Destination, Recognised, UnknownService, signed_by, signed_for};
pub use registration::{MakeError, Registration};
pub use samlet_template::{Declared, DeclaredCheck, Objection};
pub use services::{Plans, Services, Setup};
pub use traits::{Need, Operation, Service};

/// For services: their traits have asynchronous functions.
pub use async_trait::async_trait;
