//! The ready file: where everything is, for scripts that wait until an application answers.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use samlet_run::{REGION, Running};
use serde_json::{Value, json};

use crate::error::Error;
use crate::secret::Secret;

/// It holds the developer's secret and the console's token, so only its owner may read it.
const MODE: u32 = 0o600;

/// A file that says where everything is; removed when this is dropped.
pub(crate) struct ReadyFile<'a> {
    pub(crate) path: Option<&'a Path>,
    pub(crate) secret: &'a Secret,
}

impl ReadyFile<'_> {
    /// Writes it whole or not at all, so that it can be read as soon as it is there.
    pub(crate) fn write(&self, running: &Running) -> Result<(), Error> {
        let Some(path) = self.path else { return Ok(()) };
        let text = format!("{:#}\n", description(running, self.secret));
        replace(path, &text).map_err(|source| Error::ReadyFile {
            path: path.to_owned(),
            source,
        })
    }
}

impl Drop for ReadyFile<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.path {
            std::fs::remove_file(path).ok();
        }
    }
}

/// Puts a file with this text in the place of another, readable by its owner only from the beginning.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    // One that is left of an earlier run would keep its mode.
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&partial)?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(&partial, path)
}

fn description(running: &Running, secret: &Secret) -> Value {
    let application = &running.template().application;
    let addresses = running.addresses();
    let apis = addresses.apis.iter();
    let apis: Value = apis
        .map(|api| (api.logical_id.clone(), json!(api.url)))
        .collect();
    let tables = application.tables.iter();
    let tables: Value = tables
        .map(|table| (table.logical_id.clone(), json!(table.name)))
        .collect();
    let functions = application.functions.iter();
    let functions: Value = functions
        .map(|function| (function.logical_id.clone(), json!(function.name)))
        .collect();
    json!({
        "api_url": addresses.apis.first().map(|api| &api.url),
        "apis": apis,
        "aws_endpoint_url": addresses.aws,
        "console_url": addresses.console,
        "region": REGION,
        "credentials": {
            "access_key_id": samlet_iam::DEVELOPER_KEY,
            "secret_access_key": secret.text(),
        },
        "functions": functions,
        "tables": tables,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_its_owner_can_read_it_whatever_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        for left in [&path, &path.with_extension("partial")] {
            std::fs::write(left, "of an earlier run").unwrap();
            std::fs::set_permissions(left, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        replace(&path, "{}").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}");
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!path.with_extension("partial").exists());
    }
}
