//! The files of a new application, without functions.

use std::path::Path;

use heck::ToKebabCase;

use crate::ScaffoldError;
use crate::skeleton::{self, Values};

/// Writes an application into a folder that is not there yet, or is empty.
pub fn create_application(folder: &Path) -> Result<(), ScaffoldError> {
    let is_empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.exists() && !is_empty {
        return Err(ScaffoldError::NotEmpty(folder.to_owned()));
    }
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = absolute.file_name().unwrap_or_default().to_string_lossy();
    let title = Some(name.to_kebab_case()).filter(|name| !name.is_empty());
    let title = title.unwrap_or_else(|| "application".to_owned());
    let values = Values::new(&[("title", &title)]);
    for (path, content) in skeleton::APPLICATION {
        skeleton::write(&folder.join(path), &values.fill(content))?;
    }
    Ok(())
}
