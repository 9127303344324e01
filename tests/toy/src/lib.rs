//! Two services that exist nowhere but in tests: what it takes to add a service, and that it is all it takes.
//!
//! Bells ring; a bell may have a policy of its own. Chimes have bells ring, as one service of AWS has another do
//! something. samlet knows nothing of either: each is one more line in the list of services.

mod bell;
mod bells;
mod chimes;

pub use bells::{Bells, SERVICE as BELLS};
pub use chimes::{Chimes, SERVICE as CHIMES};
