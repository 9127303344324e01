//! Says that the store's file is damaged, and what to do.

use std::path::Path;

/// Words of SQLite and of the engines that show damage: to pages, to what is in a
/// row, or to a table's definition.
const SIGNS_OF_DAMAGE: [&str; 6] = [
    "malformed",
    "not a database",
    "Conversion error",
    "Invalid column type",
    "already exists in CREATE TABLE",
    "is damaged",
];

/// Whether an engine fails because of damage.
pub(crate) fn is_sign(reason: &str) -> bool {
    SIGNS_OF_DAMAGE.iter().any(|sign| reason.contains(sign))
}

/// Logs it.
pub(crate) fn report(path: &Path, reason: &str) {
    let path = path.display();
    tracing::error!(
        "the store {path} is damaged: {reason}; restore it from a copy, or save with `samlet tables export` what can be read, and `samlet reset`"
    );
}
