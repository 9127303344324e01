//! A function's Cargo package, as a member of the application's workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::MetadataCommand;
use samlet_iam::DEVELOPER_SECRET_VARIABLE;
use toml_edit::DocumentMut;

use crate::ScaffoldError;
use crate::skeleton::{self, ALONE, PACKAGE, Values, WITH_COMMON};

/// What a workspace may say for all of its packages, and what a package says
/// where it doesn't.
const INHERITED: [(&str, Option<&str>); 5] = [
    ("version", Some("\"0.1.0\"")),
    ("edition", Some("\"2024\"")),
    ("rust-version", None),
    ("license", None),
    ("publish", Some("false")),
];

/// The application's common package, from its folder on, if it has what
/// functions of this layout need.
pub(crate) fn common(folder: &Path) -> Option<PathBuf> {
    let path = PathBuf::from("src/common");
    let source = std::fs::read_to_string(folder.join(&path).join("src/lib.rs")).ok()?;
    let has = |name: &str| source.contains(name);
    (has("init_logging") && has("respond") && has("enum Error")).then_some(path)
}

/// Two packages of one name would end all building.
pub(crate) fn check_free(folder: &Path, package: &str) -> Result<(), ScaffoldError> {
    let mut metadata = MetadataCommand::new();
    metadata
        .manifest_path(folder.join("Cargo.toml"))
        .env_remove(DEVELOPER_SECRET_VARIABLE)
        .no_deps();
    // Where there is no workspace, there is nothing to be in the way.
    let Ok(metadata) = metadata.exec() else {
        return Ok(());
    };
    let mut packages = metadata.packages.iter();
    match packages.find(|known| known.name.as_str() == package) {
        Some(known) => Err(ScaffoldError::PackageExists {
            name: package.to_owned(),
            path: known.manifest_path.clone().into_std_path_buf(),
        }),
        None => Ok(()),
    }
}

/// Writes the package into `target`.
pub(crate) fn create(
    folder: &Path,
    target: &Path,
    values: &Values,
    common: Option<&Path>,
) -> Result<(), ScaffoldError> {
    let manifest = folder.join("Cargo.toml");
    let workspace = std::fs::read_to_string(&manifest).ok();
    let workspace = workspace.map(|text| parse(&manifest, &text)).transpose()?;
    let code = target.strip_prefix(folder).unwrap_or(target);
    let common_line = common.map(|common| {
        let path = match common.parent() == code.parent().and_then(Path::parent) {
            true => "../../common".to_owned(),
            false => up_to(code, &common.to_string_lossy()),
        };
        format!("common = {{ path = \"{path}\" }}\n")
    });
    let own = Values::new(&[
        ("inherited", &inherited(workspace.as_ref())),
        ("lints", lints(workspace.as_ref())),
        ("common", &common_line.unwrap_or_default()),
    ]);
    let package = own.fill(&values.fill(PACKAGE));
    let source = match common {
        Some(_) => WITH_COMMON,
        None => ALONE,
    };
    skeleton::write(&target.join("Cargo.toml"), &package)?;
    let function = target.join("function.rs");
    skeleton::write(&function, &values.fill(source))?;
    format(&function);
    match workspace {
        Some(workspace) => join(&manifest, workspace, target, code),
        None => Ok(()),
    }
}

fn parse(manifest: &Path, text: &str) -> Result<DocumentMut, ScaffoldError> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| ScaffoldError::Manifest {
            path: manifest.to_owned(),
            reason: error.to_string(),
        })
}

fn inherited(workspace: Option<&DocumentMut>) -> String {
    let shared = workspace.and_then(|root| root.get("workspace")?.get("package")?.as_table());
    let lines = INHERITED.iter().filter_map(|(name, own)| {
        match shared.is_some_and(|shared| shared.contains_key(name)) {
            true => Some(format!("{name}.workspace = true\n")),
            false => own.map(|own| format!("{name} = {own}\n")),
        }
    });
    lines.collect()
}

fn lints(workspace: Option<&DocumentMut>) -> &'static str {
    let shared = workspace.and_then(|root| root.get("workspace")?.get("lints"));
    match shared {
        Some(_) => "\n[lints]\nworkspace = true\n",
        None => "",
    }
}

/// As the user's own formatter has it, if there is one: names are of any length.
fn format(source: &Path) {
    Command::new("rustfmt")
        .args(["--edition", "2024"])
        .arg(source)
        .env_remove(DEVELOPER_SECRET_VARIABLE)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
}

/// Makes the package a member of the workspace, if it isn't one by its place.
fn join(
    manifest: &Path,
    mut workspace: DocumentMut,
    target: &Path,
    code: &Path,
) -> Result<(), ScaffoldError> {
    let mut metadata = MetadataCommand::new();
    metadata
        .manifest_path(target.join("Cargo.toml"))
        .env_remove(DEVELOPER_SECRET_VARIABLE)
        .no_deps();
    if metadata.exec().is_ok() {
        return Ok(());
    }
    let members = workspace
        .get_mut("workspace")
        .and_then(|table| table.get_mut("members")?.as_array_mut());
    let Some(members) = members else {
        return Err(ScaffoldError::Manifest {
            path: manifest.to_owned(),
            reason: format!(
                "it has no [workspace] with members to add {} to",
                code.display()
            ),
        });
    };
    members.push(code.to_string_lossy().into_owned());
    skeleton::write(manifest, &workspace.to_string())
}

/// From a folder of the application to another: `../../../events`.
pub(crate) fn up_to(from: &Path, to: &str) -> String {
    let up = from
        .components()
        .filter(|c| matches!(c, std::path::Component::Normal(_)));
    "../".repeat(up.count()) + to
}
