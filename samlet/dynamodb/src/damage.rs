//! Says that the store's file is damaged, and what to do.

use std::path::Path;

/// Words of SQLite and of the store that show damage: to pages, or to what is in a row.
const SIGNS_OF_DAMAGE: [&str; 3] = ["malformed", "not a database", "is damaged"];

/// Whether the store fails because of damage.
pub(crate) fn is_sign(reason: &str) -> bool {
    SIGNS_OF_DAMAGE.iter().any(|sign| reason.contains(sign))
}

/// Logs it.
pub(crate) fn report(path: &Path, reason: &str) {
    let path = path.display();
    tracing::error!(
        "the store {path} is damaged: {reason}; restore it from a copy, or save the tables that are whole with `samlet tables export`, and `samlet reset`"
    );
}
