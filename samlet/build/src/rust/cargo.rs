//! Runs cargo, which builds all functions of a workspace in one run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{DependencyKind, Message, Metadata, MetadataCommand, Package};
use samlet_iam::DEVELOPER_SECRET_VARIABLE;
use samlet_template::Function;

use crate::tool::tool;
use crate::toolchain::Settings;
use crate::{BuildError, Mode};

/// What is to be built, by workspace.
#[derive(Default)]
pub(super) struct Cargo {
    targets: Vec<Target>,
    workspaces: Vec<Metadata>,
}

impl Cargo {
    /// Adds a function whose package is in `code`.
    pub(super) fn add(&mut self, function: &Function, code: &Path) -> Result<(), BuildError> {
        let target = target(function, code, &mut self.workspaces)?;
        self.targets.push(target);
        Ok(())
    }

    /// The folders of a function's package and of all that it depends on on this machine.
    pub(super) fn folders(&self, logical_id: &str) -> BTreeSet<PathBuf> {
        let mut folders = BTreeSet::new();
        let target = self.targets.iter().find(|t| t.logical_id == logical_id);
        let mut open: Vec<PathBuf> = target.map(|t| t.folder.clone()).into_iter().collect();
        while let Some(folder) = open.pop() {
            let mut packages = self.workspaces.iter().flat_map(|m| &m.packages);
            let manifest = folder.join("Cargo.toml");
            let package = packages.find(|p| p.manifest_path.as_std_path() == manifest);
            let dependencies = package.iter().flat_map(|package| &package.dependencies);
            let needed = dependencies.filter(|d| d.kind != DependencyKind::Development);
            let paths = needed.filter_map(|dependency| dependency.path.as_ref());
            let new = paths.map(|path| path.as_std_path().to_owned());
            open.extend(new.filter(|path| *path != folder && !folders.contains(path)));
            folders.insert(folder);
        }
        folders
    }

    /// The workspaces' roots.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Path> {
        self.workspaces
            .iter()
            .map(|metadata| metadata.workspace_root.as_std_path())
    }

    /// Builds all; each function's `bootstrap` is then in `BUILD_FOLDER/LOGICAL_ID`.
    /// Where one fails, the others are there nevertheless.
    pub(super) fn build(self, settings: &Settings<'_>) -> Result<(), BuildError> {
        let mut result = Ok(());
        for metadata in &self.workspaces {
            let root = metadata.workspace_root.as_std_path();
            let members: Vec<&Target> = self
                .targets
                .iter()
                .filter(|t| t.workspace == root)
                .collect();
            // Without a package, cargo would build the whole workspace.
            if members.is_empty() {
                continue;
            }
            let executables = run_cargo(root, &members, settings)?;
            for target in members {
                match executables.get(&target.binary) {
                    Some(built) => install(built, &settings.build_folder.join(&target.logical_id))?,
                    None => result = Err(BuildError::BuildFailed),
                }
            }
        }
        result
    }
}

/// A function's Cargo package and binary.
struct Target {
    logical_id: String,
    /// The package's.
    folder: PathBuf,
    workspace: PathBuf,
    package: String,
    binary: String,
}

/// Finds the package in `code`, and in it the function's binary.
fn target(
    function: &Function,
    code: &Path,
    workspaces: &mut Vec<Metadata>,
) -> Result<Target, BuildError> {
    let package_error = |reason: String| BuildError::Package {
        function: function.logical_id.clone(),
        reason,
    };
    let manifest = code.join("Cargo.toml").canonicalize();
    let manifest = manifest.map_err(|error| package_error(error.to_string()))?;
    if find(&manifest, workspaces).is_none() {
        let mut metadata = MetadataCommand::new();
        metadata
            .manifest_path(&manifest)
            .env_remove(DEVELOPER_SECRET_VARIABLE)
            .no_deps();
        let metadata = metadata.exec().map_err(|error| match error {
            cargo_metadata::Error::Io(error) => BuildError::CargoMissing(error),
            error => package_error(error.to_string()),
        })?;
        workspaces.push(metadata);
    }
    let (metadata, package) = find(&manifest, workspaces).ok_or_else(|| {
        package_error(format!(
            "{} is no member of its workspace",
            manifest.display()
        ))
    })?;
    Ok(Target {
        logical_id: function.logical_id.clone(),
        folder: manifest.parent().unwrap_or(code).to_owned(),
        workspace: metadata.workspace_root.clone().into_std_path_buf(),
        package: package.name.to_string(),
        binary: binary(function, package)?,
    })
}

/// The package with this manifest, and its workspace.
fn find<'w>(manifest: &Path, workspaces: &'w [Metadata]) -> Option<(&'w Metadata, &'w Package)> {
    for metadata in workspaces {
        for package in &metadata.packages {
            if package.manifest_path.as_std_path() == manifest {
                return Some((metadata, package));
            }
        }
    }
    None
}

/// The binary that SAM would take: `BuildProperties: Binary`, else the only one.
fn binary(function: &Function, package: &Package) -> Result<String, BuildError> {
    let binaries = package.targets.iter().filter(|target| target.is_bin());
    let binaries: Vec<&str> = binaries.map(|target| target.name.as_str()).collect();
    match (&function.code.binary, binaries.as_slice()) {
        (Some(wanted), known) if known.contains(&wanted.as_str()) => Ok(wanted.clone()),
        (None, [only]) => Ok((*only).to_owned()),
        (wanted, known) => {
            let wanted = wanted
                .as_deref()
                .unwrap_or("one of them in Metadata: BuildProperties: Binary");
            Err(BuildError::NothingToRun {
                function: function.logical_id.clone(),
                reason: format!(
                    "package {} has the binaries {known:?}; wanted {wanted}",
                    package.name
                ),
            })
        }
    }
}

/// Builds all of one workspace's functions in one run, so that cargo shares
/// what they share. Gives the executables by binary name: of those only that
/// could be built.
fn run_cargo(
    workspace: &Path,
    targets: &[&Target],
    settings: &Settings<'_>,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let mut cargo = tool("cargo");
    cargo
        .current_dir(workspace)
        .args(["build", "--keep-going"])
        .args(["--message-format", "json-render-diagnostics"])
        .args((settings.mode == Mode::Release).then_some("--release"))
        .args(settings.progress.quiet.then_some("--quiet"));
    for target in targets {
        cargo.args(["--package", &target.package, "--bin", &target.binary]);
    }
    forget_outer_cargo(&mut cargo);
    let mut cargo = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(BuildError::CargoMissing)?;
    let mut executables = BTreeMap::new();
    if let Some(stdout) = cargo.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)).flatten() {
            if let Message::CompilerArtifact(artifact) = message
                && let Some(executable) = artifact.executable
            {
                executables.insert(artifact.target.name, executable.into_std_path_buf());
            }
        }
    }
    cargo.wait().map_err(BuildError::CargoMissing)?;
    Ok(executables)
}

/// Under `cargo run`, samlet's environment describes samlet's own package;
/// build scripts that look at it would be run again.
fn forget_outer_cargo(cargo: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let outer = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_"];
        if outer.iter().any(|prefix| text.starts_with(prefix))
            || matches!(
                &*text,
                "CARGO" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "LD_LIBRARY_PATH"
            )
        {
            cargo.env_remove(&name);
        }
    }
}

/// Puts the executable in place in one step: a running environment keeps the
/// file it was started from.
fn install(executable: &Path, folder: &Path) -> Result<(), BuildError> {
    let failed = |source| BuildError::FolderUnusable {
        path: folder.to_owned(),
        source,
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let bootstrap = folder.join("bootstrap");
    if same_file(executable, &bootstrap) {
        return Ok(());
    }
    let partial = folder.join("bootstrap.partial");
    std::fs::copy(executable, &partial).map_err(failed)?;
    let modified = std::fs::metadata(executable).and_then(|metadata| metadata.modified());
    let copy = std::fs::File::options()
        .write(true)
        .open(&partial)
        .map_err(failed)?;
    // The time of the original tells the next run that nothing has changed.
    copy.set_modified(modified.map_err(failed)?)
        .map_err(failed)?;
    std::fs::rename(partial, bootstrap).map_err(failed)
}

fn same_file(a: &Path, b: &Path) -> bool {
    let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b)) else {
        return false;
    };
    a.len() == b.len() && a.modified().ok() == b.modified().ok()
}
