//! Which toolchain a function gets, and what becomes of the others where one function can't be built.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use samlet_aws::Place;
use samlet_template::{Application, Catalogue};

use crate::{Build, BuildError, Mode, Progress, toolchain};

/// An application of functions with these logical ids, runtimes and build methods. Each one's
/// code is in a folder of its own: its logical id in lower case.
fn application(functions: &[(&str, &str, &str)]) -> Application {
    let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    for (id, runtime, method) in functions {
        let code = id.to_lowercase();
        template += &format!("  {id}:\n    Type: AWS::Serverless::Function\n");
        if !method.is_empty() {
            template += &format!("    Metadata: {{BuildMethod: {method}}}\n");
        }
        template += &format!(
            "    Properties: {{Runtime: {runtime}, Handler: app.handler, CodeUri: {code}}}\n"
        );
    }
    let place = Place::new("us-east-1", "123456789012", "local");
    let settings = samlet_template::Settings::new(place);
    samlet_template::read(&template, &settings, &Catalogue::new([])).unwrap()
}

fn build<'a>(application: &'a Application, folder: &'a Path, mode: Mode) -> Build<'a> {
    let progress = Progress {
        quiet: true,
        show: |_, _| {},
    };
    Build::new(application, folder, folder.join("built"), mode, progress)
}

/// The name of the toolchain that a function gets, or why it gets none. Its folder has these files.
fn chosen(files: Option<&[&str]>, runtime: &str, method: &str, mode: Mode) -> String {
    let folder = tempfile::tempdir().unwrap();
    if let Some(files) = files {
        fs::create_dir(folder.path().join("f")).unwrap();
        for file in files {
            fs::write(folder.path().join("f").join(file), "").unwrap();
        }
    }
    let application = application(&[("F", runtime, method)]);
    match build(&application, folder.path(), mode).choose(&application.functions[0]) {
        Ok((toolchain, _)) => toolchain.name().to_owned(),
        Err(BuildError::NoCode { .. }) => "no code".to_owned(),
        Err(BuildError::NothingToRun { .. }) => "nothing to run".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_toolchain_is_chosen_by_what_the_template_says_and_then_by_the_folder() {
    const CUSTOM: &str = "provided.al2023";
    const PYTHON: &str = "python3.12";
    for (files, runtime, method, mode, expected) in [
        (&["bootstrap"][..], CUSTOM, "", Mode::Dev, "prebuilt"),
        (&["Cargo.toml"], CUSTOM, "", Mode::Dev, "rust"),
        (
            &["Cargo.toml"],
            CUSTOM,
            "rust-cargolambda",
            Mode::Release,
            "rust",
        ),
        (
            &["bootstrap", "Cargo.toml"],
            CUSTOM,
            "",
            Mode::Dev,
            "prebuilt",
        ),
        (&["app.py"], PYTHON, "", Mode::Dev, "python"),
        (
            &["bootstrap", "Cargo.toml"],
            PYTHON,
            "",
            Mode::Dev,
            "python",
        ),
        (
            &["Makefile", "Cargo.toml"],
            CUSTOM,
            "makefile",
            Mode::Dev,
            "makefile",
        ),
        (
            &["Makefile", "app.py"],
            PYTHON,
            "makefile",
            Mode::None,
            "makefile",
        ),
        // SAM CLI has run make.
        (
            &["bootstrap"],
            CUSTOM,
            "makefile",
            Mode::BuiltBySam,
            "prebuilt",
        ),
        (&["app.py"], PYTHON, "makefile", Mode::BuiltBySam, "python"),
        (&["README.md"], CUSTOM, "", Mode::Dev, "nothing to run"),
        (&["README.md"], CUSTOM, "", Mode::None, "nothing to run"),
    ] {
        let case = format!("{files:?} {runtime} {method:?} {mode:?}");
        assert_eq!(
            chosen(Some(files), runtime, method, mode),
            expected,
            "{case}"
        );
    }
    for (runtime, method, mode, expected) in [
        (CUSTOM, "", Mode::Dev, "no code"),
        // As it was built earlier.
        (CUSTOM, "", Mode::None, "prebuilt"),
        (CUSTOM, "makefile", Mode::None, "prebuilt"),
        (PYTHON, "", Mode::None, "no code"),
    ] {
        let case = format!("no folder, {runtime} {method:?} {mode:?}");
        assert_eq!(chosen(None, runtime, method, mode), expected, "{case}");
    }
}

#[test]
fn each_toolchain_has_a_name_of_its_own() {
    let mut names: Vec<&str> = toolchain::toolchains().iter().map(|t| t.name()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn where_one_function_fails_the_others_are_built_nevertheless() {
    let folder = tempfile::tempdir().unwrap();
    let application = application(&[
        ("Broken", "provided.al2023", "makefile"),
        ("Sound", "provided.al2023", "makefile"),
    ]);
    for (id, recipe) in [
        ("Broken", "false"),
        ("Sound", "cp code $(ARTIFACTS_DIR)/bootstrap"),
    ] {
        let code = folder.path().join(id.to_lowercase());
        fs::create_dir(&code).unwrap();
        fs::write(code.join("code"), "").unwrap();
        fs::write(code.join("Makefile"), format!("build-{id}:\n\t@{recipe}\n")).unwrap();
    }
    let build = build(&application, folder.path(), Mode::Dev);
    assert!(matches!(build.make(), Err(BuildError::BuildFailed)));
    assert!(folder.path().join("built/Sound/bootstrap").is_file());
    assert!(
        matches!(build.programs(), Err(BuildError::NotBuilt { function, .. }) if function == "Broken")
    );
    build.make_some(|id| id == "Sound").unwrap();
}

#[test]
fn only_what_was_built_may_have_been_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    for code in ["made", "cargo", "python"] {
        fs::create_dir(folder.join(code)).unwrap();
        fs::write(folder.join(code).join("Cargo.toml"), "").unwrap();
    }
    let application = application(&[
        ("Made", "provided.al2023", "makefile"),
        ("Cargo", "provided.al2023", ""),
        ("Python", "python3.12", ""),
    ]);
    let build = build(&application, &folder, Mode::Dev);
    let written = |built: &str| {
        let is_written = build.writes(|id| id == built);
        [
            "made/a.txt",
            "cargo/src/main.rs",
            "Cargo.lock",
            "python/app.py",
        ]
        .map(|path| is_written(&folder.join(path)))
    };
    assert_eq!(written("Made"), [true, false, false, false]);
    assert_eq!(written("Cargo"), [false, false, true, false]);
    assert_eq!(written("Python"), [false; 4]);
    let runs = application
        .functions
        .iter()
        .map(|function| build.is_run_as_it_is(function));
    assert_eq!(runs.collect::<Vec<_>>(), [false, false, true]);
}
