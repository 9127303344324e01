//! What the console is told by who runs the application.

use std::fmt;
use std::path::PathBuf;

use samlet_access::Explanation;
use samlet_iam::Denied;
use serde_json::Value;

/// Who runs the application: the template and the record of what functions
/// did are theirs.
pub trait Workbench: fmt::Debug + Send + Sync {
    /// What each function is granted, used and was refused.
    fn policies(&self) -> Value;

    /// The OpenAPI document of an API (by logical id) that is reached at `url`,
    /// or why there is none.
    fn contract(&self, api: &str, url: &str) -> Result<Value, String>;

    /// Why a function was refused something, and what would allow it.
    fn explain(&self, function: &str, denied: &Denied) -> Explanation;

    /// Where the application's example events are kept.
    fn events_folder(&self) -> PathBuf;
}
