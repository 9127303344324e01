//! Expected output on record, in files of the repository: compared, or written anew with `UPDATE_EXPECTED=1`.

use std::path::Path;

use crate::is_ci;

/// Whether expected output is to be written anew; in CI that is an error, since nothing would be compared.
pub fn is_updating() -> bool {
    let is_updating = std::env::var_os("UPDATE_EXPECTED").is_some_and(|value| !value.is_empty());
    assert!(
        !(is_updating && is_ci()),
        "UPDATE_EXPECTED is set in CI, where expected output is only compared"
    );
    is_updating
}

/// Whether a file has this text; with `UPDATE_EXPECTED=1` it is written first.
pub fn is_expected(path: &Path, text: &str) -> bool {
    if is_updating() {
        std::fs::write(path, text).unwrap();
    }
    std::fs::read_to_string(path).is_ok_and(|expected| expected == text)
}
