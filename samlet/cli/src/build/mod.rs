//! From a function's CodeUri to what Lambda runs: a folder with a `bootstrap`, or with Python code.

mod cargo;
mod makefile;
mod python;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use samlet_lambda::Program;
use samlet_template::{Application, Function};

use crate::args::{BuildArgs, StartArgs};
use crate::data::DataFolder;
use crate::error::Error;
use crate::template::Template;

/// What there is to run of each function, by logical id.
pub(crate) type Programs = BTreeMap<String, Program>;

/// How much is to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing: as it was last built.
    None,
    Dev,
    Release,
    /// SAM CLI has built it; only what its runtime needs is added.
    BuiltBySam,
}

impl Mode {
    /// What `samlet start` was asked for.
    pub(crate) fn of(args: &StartArgs) -> Self {
        match args {
            args if args.no_build => Self::None,
            args if args.built => Self::BuiltBySam,
            args if args.release => Self::Release,
            _ => Self::Dev,
        }
    }
}

/// `samlet build`.
pub(crate) fn command(args: &BuildArgs) -> Result<(), Error> {
    let config = args.application.config("build")?;
    let template = Template::read(&args.application, &config, false)?;
    let data = DataFolder::open(&args.application.data_dir())?;
    let mode = match args.release {
        true => Mode::Release,
        false => Mode::Dev,
    };
    build(
        &template.application,
        template.folder(),
        &data.build(),
        mode,
    )?;
    Ok(())
}

/// Where one function's code comes from.
enum Source {
    /// It holds a `bootstrap`: nothing is to be built.
    Ready(PathBuf),
    Cargo(PathBuf),
    Python(PathBuf),
    Makefile(PathBuf),
    /// Gone, but built earlier.
    Built,
}

/// Builds every function that isn't built already.
pub(crate) fn build(
    application: &Application,
    template_folder: &Path,
    build_folder: &Path,
    mode: Mode,
) -> Result<Programs, Error> {
    let mut sources = Vec::new();
    for function in &application.functions {
        let code = template_folder.join(&function.code_uri);
        sources.push((function, source(function, &code, mode)?));
    }
    let mut cargo = cargo::Cargo::default();
    for (function, source) in &sources {
        let folder = build_folder.join(&function.logical_id);
        match source {
            _ if mode == Mode::None => {}
            Source::Ready(_) | Source::Built => {}
            Source::Cargo(code) => cargo.add(function, code)?,
            Source::Makefile(code) => {
                makefile::build(function, code, &folder)?;
                if is_python(function) {
                    python::prepare(function, &folder, template_folder, &folder, false)?;
                }
            }
            Source::Python(code) => {
                let install = mode != Mode::BuiltBySam;
                python::prepare(function, code, template_folder, &folder, install)?;
            }
        }
    }
    cargo.build(build_folder, mode == Mode::Release)?;
    let programs = sources.into_iter().map(|(function, source)| {
        let folder = build_folder.join(&function.logical_id);
        let program = match source {
            Source::Ready(code) => bootstrap(function, &code)?,
            Source::Python(code) => python::program(function, &code, &folder)?,
            Source::Makefile(_) if is_python(function) => {
                python::program(function, &folder, &folder)?
            }
            Source::Cargo(_) | Source::Makefile(_) | Source::Built => bootstrap(function, &folder)?,
        };
        Ok((function.logical_id.clone(), program))
    });
    programs.collect()
}

fn is_python(function: &Function) -> bool {
    function.runtime.starts_with("python")
}

fn source(function: &Function, code: &Path, mode: Mode) -> Result<Source, Error> {
    let code = match code.canonicalize() {
        Ok(code) => code,
        Err(_) if mode == Mode::None && !is_python(function) => return Ok(Source::Built),
        Err(_) => {
            return Err(Error::NoCode {
                function: function.logical_id.clone(),
                path: code.to_owned(),
            });
        }
    };
    if function.build_method.as_deref() == Some("makefile") && mode != Mode::BuiltBySam {
        return Ok(Source::Makefile(code));
    }
    if is_python(function) {
        return Ok(Source::Python(code));
    }
    if code.join("bootstrap").is_file() {
        return Ok(Source::Ready(code));
    }
    if code.join("Cargo.toml").is_file() {
        return Ok(Source::Cargo(code));
    }
    let code = code.display();
    Err(Error::NothingToRun {
        function: function.logical_id.clone(),
        reason: format!("its CodeUri {code} holds neither a bootstrap nor a Cargo.toml"),
    })
}

/// The program of a custom runtime.
fn bootstrap(function: &Function, folder: &Path) -> Result<Program, Error> {
    let path = folder.join("bootstrap");
    if !path.is_file() {
        return Err(Error::NotBuilt {
            function: function.logical_id.clone(),
            path,
        });
    }
    Ok(Program {
        executable: path,
        arguments: Vec::new(),
        folder: folder.to_owned(),
    })
}
