//! Who is informed of what was allowed and what was refused.

use std::fmt;

use samlet_iam::{Denied, Principal};

/// Is informed of each decision: what callers do, and what they are refused.
pub trait AccessObserver: fmt::Debug + Send + Sync {
    /// `principal` was allowed to perform `action` on `resource`.
    fn allowed(&self, principal: &Principal, action: &str, resource: &str);

    /// `principal` was refused something.
    fn denied(&self, principal: &Principal, denied: &Denied);
}
