//! Builds functions with cargo and lays each out as Lambda expects it: a folder with a `bootstrap`.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Message, Metadata, MetadataCommand};
use samlet_template::{Application, Function};

use crate::args::BuildArgs;
use crate::data::DataFolder;
use crate::error::Error;
use crate::start;

/// A function's Cargo package and binary.
struct Target {
    logical_id: String,
    workspace: PathBuf,
    package: String,
    binary: String,
}

/// `samlet build`.
pub(crate) fn command(args: &BuildArgs) -> Result<(), Error> {
    let template = start::Template::read(&args.application)?;
    let data = DataFolder::open(&args.application.data_dir())?;
    let folders = build(
        &template.application,
        template.folder(),
        &data.build(),
        args.release,
    )?;
    for folder in folders.values() {
        tracing::info!(folder = %folder.display(), "built");
    }
    Ok(())
}

/// Builds every function that isn't built already. Gives each function's
/// folder, by logical id.
pub(crate) fn build(
    application: &Application,
    template_folder: &Path,
    build_folder: &Path,
    release: bool,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let mut folders = BTreeMap::new();
    let mut targets = Vec::new();
    let mut workspaces: Vec<Metadata> = Vec::new();
    for function in &application.functions {
        let code = template_folder.join(&function.code_uri);
        match with_bootstrap(&code)? {
            Some(folder) => drop(folders.insert(function.logical_id.clone(), folder)),
            None => targets.push(target(function, &code, &mut workspaces)?),
        }
    }
    for metadata in &workspaces {
        let root = metadata.workspace_root.as_std_path();
        let members: Vec<&Target> = targets.iter().filter(|t| t.workspace == root).collect();
        let executables = run_cargo(root, &members, release)?;
        for target in members {
            let executable = executables.get(&target.binary).ok_or(Error::BuildFailed)?;
            let folder = build_folder.join(&target.logical_id);
            install(executable, &folder)?;
            folders.insert(target.logical_id.clone(), folder);
        }
    }
    Ok(folders)
}

/// The folders of an earlier build, by logical id.
pub(crate) fn built(
    application: &Application,
    template_folder: &Path,
    build_folder: &Path,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let folder_of = |function: &Function| {
        if let Some(folder) = with_bootstrap(&template_folder.join(&function.code_uri))? {
            return Ok(folder);
        }
        let folder = build_folder.join(&function.logical_id);
        let path = folder.join("bootstrap");
        if path.is_file() {
            return Ok(folder);
        }
        Err(Error::NotBuilt {
            function: function.logical_id.clone(),
            path,
        })
    };
    let functions = application.functions.iter();
    functions
        .map(|function| Ok((function.logical_id.clone(), folder_of(function)?)))
        .collect()
}

/// The folder itself, absolute, when it holds a `bootstrap`: it needs no build.
fn with_bootstrap(code: &Path) -> Result<Option<PathBuf>, Error> {
    if !code.join("bootstrap").is_file() {
        return Ok(None);
    }
    let absolute = code.canonicalize().map_err(|source| Error::DataUnusable {
        path: code.to_owned(),
        source,
    })?;
    Ok(Some(absolute))
}

/// Finds the package in `code`, and in it the binary that SAM would take:
/// `BuildProperties: Binary`, else the only one.
fn target(
    function: &Function,
    code: &Path,
    workspaces: &mut Vec<Metadata>,
) -> Result<Target, Error> {
    let manifest = code.join("Cargo.toml");
    let nothing = |reason| Error::NothingToRun {
        function: function.logical_id.clone(),
        reason,
    };
    if !manifest.is_file() {
        let code = code.display();
        return Err(nothing(format!(
            "its CodeUri {code} holds neither a bootstrap nor a Cargo.toml"
        )));
    }
    let package_error = |reason: String| Error::Package {
        function: function.logical_id.clone(),
        reason,
    };
    let manifest = manifest
        .canonicalize()
        .map_err(|error| package_error(error.to_string()))?;
    let known = |metadata: &Metadata| {
        metadata
            .packages
            .iter()
            .any(|package| package.manifest_path.as_std_path() == manifest)
    };
    if !workspaces.iter().any(known) {
        let mut metadata = MetadataCommand::new();
        metadata.manifest_path(&manifest).no_deps();
        let metadata = metadata.exec().map_err(|error| match error {
            cargo_metadata::Error::Io(error) => Error::CargoMissing(error),
            error => package_error(error.to_string()),
        })?;
        workspaces.push(metadata);
    }
    let found = workspaces.iter().find_map(|metadata| {
        let mut packages = metadata.packages.iter();
        let package = packages.find(|package| package.manifest_path.as_std_path() == manifest)?;
        Some((metadata, package))
    });
    let (metadata, package) = found.ok_or_else(|| {
        package_error(format!(
            "{} is no member of its workspace",
            manifest.display()
        ))
    })?;
    let binaries: Vec<&str> = package
        .targets
        .iter()
        .filter(|t| t.is_bin())
        .map(|t| t.name.as_str())
        .collect();
    let binary = match (&function.binary, binaries.as_slice()) {
        (Some(wanted), known) if known.contains(&wanted.as_str()) => wanted.clone(),
        (None, [only]) => (*only).to_owned(),
        (wanted, known) => {
            let wanted = wanted
                .as_deref()
                .unwrap_or("one of them in Metadata: BuildProperties: Binary");
            return Err(nothing(format!(
                "package {} has the binaries {known:?}; wanted {wanted}",
                package.name
            )));
        }
    };
    Ok(Target {
        logical_id: function.logical_id.clone(),
        workspace: metadata.workspace_root.clone().into_std_path_buf(),
        package: package.name.to_string(),
        binary,
    })
}

/// Builds all of one workspace's functions in one run, so that cargo shares
/// what they share. Gives the executables by binary name.
fn run_cargo(
    workspace: &Path,
    targets: &[&Target],
    release: bool,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(workspace)
        .args(["build", "--message-format", "json-render-diagnostics"])
        .args(release.then_some("--release"));
    for target in targets {
        cargo.args(["--package", &target.package, "--bin", &target.binary]);
    }
    forget_outer_cargo(&mut cargo);
    let mut cargo = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Error::CargoMissing)?;
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
    let status = cargo.wait().map_err(Error::CargoMissing)?;
    if status.success() {
        Ok(executables)
    } else {
        Err(Error::BuildFailed)
    }
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
fn install(executable: &Path, folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::DataUnusable {
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
