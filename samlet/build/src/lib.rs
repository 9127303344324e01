//! From a function's CodeUri to what Lambda runs: a folder with a `bootstrap`, or with Python code.

mod cargo;
mod error;
mod input;
mod makefile;
mod python;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use samlet_lambda::Program;
use samlet_template::{Application, Function};

pub use error::BuildError;
pub use input::{Depth, Input};

/// What there is to run of each function, by logical id.
pub type Programs = BTreeMap<String, Program>;

/// How much is to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: as it was last built.
    None,
    /// As fast as it can be built.
    Dev,
    /// As it ships to AWS.
    Release,
    /// SAM CLI has built it; only what its runtime needs is added.
    BuiltBySam,
}

/// How building reports what it does.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Whether tools write only warnings and errors.
    pub quiet: bool,
    /// Shows a step that takes a while: a verb, and what it is done to.
    pub show: fn(verb: &str, what: &str),
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

/// How an application's functions are built.
pub struct Build<'a> {
    application: &'a Application,
    template_folder: &'a Path,
    build_folder: PathBuf,
    mode: Mode,
    progress: Progress,
}

impl<'a> Build<'a> {
    /// Functions are built into folders of their own in `build_folder`; paths in the
    /// template start from `template_folder`.
    pub fn new(
        application: &'a Application,
        template_folder: &'a Path,
        build_folder: PathBuf,
        mode: Mode,
        progress: Progress,
    ) -> Self {
        Self {
            application,
            template_folder,
            build_folder,
            mode,
            progress,
        }
    }

    /// Builds every function that isn't built already.
    pub fn make(&self) -> Result<(), BuildError> {
        let functions = self.application.functions.iter();
        let mut python = functions.filter(|function| is_python(function)).peekable();
        if python.peek().is_some() {
            python::warn_of_versions(python);
        }
        self.make_some(|_| true)?;
        python::tidy(&self.build_folder);
        Ok(())
    }

    /// Builds those functions that `is_wanted` says by their logical ids, and
    /// others that cargo builds along with them. Where one of them fails, the
    /// others are built nevertheless.
    pub fn make_some(&self, is_wanted: impl Fn(&str) -> bool) -> Result<(), BuildError> {
        if self.mode == Mode::None {
            return Ok(());
        }
        let mut result = Ok(());
        let mut cargo = cargo::Cargo::default();
        let mut cargo_wanted = false;
        for function in &self.application.functions {
            let is_wanted = is_wanted(&function.logical_id);
            let made = match self.source(function)? {
                Source::Cargo(code) => {
                    cargo_wanted |= is_wanted;
                    cargo.add(function, &code)
                }
                source if is_wanted => self.make_one(function, &source),
                _ => Ok(()),
            };
            result = result.and(made);
        }
        if cargo_wanted {
            let release = self.mode == Mode::Release;
            result = result.and(cargo.build(&self.build_folder, release, self.progress.quiet));
        }
        result
    }

    /// All but what cargo builds.
    fn make_one(&self, function: &Function, source: &Source) -> Result<(), BuildError> {
        let folder = self.folder(function);
        let template_folder = self.template_folder;
        match source {
            Source::Makefile(code) => {
                makefile::build(function, code, &folder)?;
                if is_python(function) {
                    python::prepare(
                        function,
                        &folder,
                        template_folder,
                        &folder,
                        false,
                        self.progress,
                    )?;
                }
                Ok(())
            }
            Source::Python(code) => {
                let install = self.mode != Mode::BuiltBySam;
                python::prepare(
                    function,
                    code,
                    template_folder,
                    &folder,
                    install,
                    self.progress,
                )
            }
            Source::Ready(_) | Source::Built | Source::Cargo(_) => Ok(()),
        }
    }

    /// What each function is made of, as far as it is to be built; of one that
    /// can't be, what would change that.
    pub fn inputs(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        if self.mode == Mode::None {
            return inputs;
        }
        let mut cargo = cargo::Cargo::default();
        for function in &self.application.functions {
            let id = &function.logical_id;
            let mut add = |path: PathBuf, depth| inputs.push(Input::new(id, path, depth));
            let code = self.template_folder.join(&function.code_uri);
            match self.source(function) {
                Ok(Source::Built) => {}
                Ok(Source::Ready(code)) => add(code.join("bootstrap"), Depth::File),
                Ok(Source::Makefile(code)) => add(code, Depth::All),
                Ok(Source::Python(code)) => {
                    for folder in python::folders(&code, self.template_folder) {
                        add(folder, Depth::All);
                    }
                    add(code, Depth::All);
                }
                Ok(Source::Cargo(code)) => {
                    if cargo.add(function, &code).is_err() {
                        add(code, Depth::All);
                    }
                    for folder in cargo.folders(id) {
                        add(folder, Depth::All);
                    }
                    for root in cargo.roots() {
                        add(root.join("Cargo.toml"), Depth::File);
                        add(root.join("Cargo.lock"), Depth::File);
                    }
                }
                Err(_) => add(std::path::absolute(&code).unwrap_or(code), Depth::All),
            }
        }
        inputs
    }

    /// What there is to run, built now or before.
    pub fn programs(&self) -> Result<Programs, BuildError> {
        let functions = self.application.functions.iter();
        let programs = functions.map(|function| {
            let folder = self.folder(function);
            let program = match self.source(function)? {
                Source::Ready(code) => bootstrap(function, &code)?,
                Source::Python(code) => python::program(function, &code, &folder)?,
                Source::Makefile(_) if is_python(function) => {
                    python::program(function, &folder, &folder)?
                }
                Source::Cargo(_) | Source::Makefile(_) | Source::Built => {
                    bootstrap(function, &folder)?
                }
            };
            Ok((function.logical_id.clone(), program))
        });
        programs.collect()
    }

    fn folder(&self, function: &Function) -> PathBuf {
        self.build_folder.join(&function.logical_id)
    }

    fn source(&self, function: &Function) -> Result<Source, BuildError> {
        let code = self.template_folder.join(&function.code_uri);
        source(function, &code, self.mode)
    }
}

/// Whether its code is run as it is, and has no executable of its own.
pub fn is_python(function: &Function) -> bool {
    function.runtime.starts_with("python")
}

fn source(function: &Function, code: &Path, mode: Mode) -> Result<Source, BuildError> {
    let code = match code.canonicalize() {
        Ok(code) => code,
        Err(_) if mode == Mode::None && !is_python(function) => return Ok(Source::Built),
        Err(_) => {
            return Err(BuildError::NoCode {
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
    Err(BuildError::NothingToRun {
        function: function.logical_id.clone(),
        reason: format!("its CodeUri {code} holds neither a bootstrap nor a Cargo.toml"),
    })
}

/// The program of a custom runtime.
fn bootstrap(function: &Function, folder: &Path) -> Result<Program, BuildError> {
    let path = folder.join("bootstrap");
    if !path.is_file() {
        return Err(BuildError::NotBuilt {
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
