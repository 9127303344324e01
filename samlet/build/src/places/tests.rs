#![allow(clippy::unwrap_used)]

use std::fs;

use proptest::prelude::*;
use samlet_aws::Place;
use samlet_template::{Application, Catalogue};

use super::*;

/// An application of functions with these logical ids, each with the log group of its own name or `shared`.
fn application(functions: &[(&str, bool)]) -> Application {
    let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    for (id, is_shared) in functions {
        template += &format!("  {id}:\n    Type: AWS::Serverless::Function\n    Properties:\n");
        template += "      {Runtime: python3.12, Handler: app.handler, CodeUri: src";
        if *is_shared {
            template += ", LoggingConfig: {LogGroup: shared}";
        }
        template += "}\n";
    }
    let place = Place::new("us-east-1", "123456789012", "local");
    let settings = samlet_template::Settings::new(place);
    samlet_template::read(&template, &settings, &Catalogue::new([])).unwrap()
}

/// The places of one function, `F`, whose code is `folder` below `base`.
fn places(base: &Path, folder: &str) -> SourcePlaces {
    let mut places = SourcePlaces::new(base);
    let application = application(&[("F", false)]);
    places.add(&application.functions[0], &[base.join(folder)]);
    places
}

/// A base with two files of code in `src/hello`.
fn base() -> tempfile::TempDir {
    let base = tempfile::tempdir().unwrap();
    let code = base.path().join("src/hello");
    fs::create_dir_all(code.join("lib")).unwrap();
    fs::write(code.join("app.py"), "").unwrap();
    fs::write(code.join("lib/größe-1.py"), "").unwrap();
    base
}

#[test]
fn places_in_the_code_are_shown_as_places_in_the_source() {
    let base = base();
    let places = places(base.path(), "src/hello");
    for (written, shown) in [
        (
            r#"  File "/var/task/app.py", line 7, in handler"#,
            r#"  File "src/hello/app.py", line 7, in handler"#,
        ),
        ("/var/task/app.py", "src/hello/app.py"),
        ("/var/task/app.py:7:3", "src/hello/app.py:7:3"),
        ("(/var/task/app.py)", "(src/hello/app.py)"),
        (
            "at path=/var/task/app.py, then /var/task/lib/größe-1.py.",
            "at path=src/hello/app.py, then src/hello/lib/größe-1.py.",
        ),
        // A line of JSON.
        (
            r#"{"stack": ["File \"/var/task/app.py\"\n"]}"#,
            r#"{"stack": ["File \"src/hello/app.py\"\n"]}"#,
        ),
        ("cd /var/task", "cd src/hello"),
        ("It is in /var/task.", "It is in src/hello."),
        ("['/var/task/', '/opt']", "['src/hello/', '/opt']"),
        ("/var/task/lib:/var/task", "src/hello/lib:src/hello"),
        ("a\r/var/task/app.py\rb", "a\rsrc/hello/app.py\rb"),
        ("\0/var/task/app.py\0", "\0src/hello/app.py\0"),
    ] {
        assert_eq!(places.show("F", written), shown);
    }
    for same in [
        "",
        "nothing of the kind",
        "/var/tasks/app.py",
        "/var/task-app.py",
        "/var/task2",
        "/var/task.old/app.py",
        // Not in its source.
        "/var/task/nowhere.py",
        "/var/task/app.pyc",
        "/var/task/app.py/x",
        // Part of another path.
        "/srv/var/task/app.py",
        "file:///var/task/app.py",
        "x/var/task/app.py",
        // Out of the folder.
        "/var/task/../../etc/passwd",
        "/var/task/..",
        "/var/task/lib/../app.py",
        "/var/task//etc/passwd",
        "/var/task/./app.py",
    ] {
        assert_eq!(places.show("F", same), same);
    }
    assert_eq!(
        places.show("local-F", "/var/task/app.py"),
        "src/hello/app.py"
    );
    let unknown = places.show("G", "/var/task/app.py");
    assert!(matches!(unknown, Cow::Borrowed("/var/task/app.py")));
}

#[test]
fn a_folder_outside_the_base_is_shown_in_full_and_the_base_by_its_files() {
    let base = base();
    let code = base.path().join("src/hello").canonicalize().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut outside = SourcePlaces::new(elsewhere.path());
    let application = application(&[("F", false)]);
    outside.add(&application.functions[0], std::slice::from_ref(&code));
    let expected = format!("{}/app.py:7", code.display());
    assert_eq!(outside.show("F", "/var/task/app.py:7"), expected);

    let whole = places(&code, "");
    assert_eq!(whole.show("F", "/var/task/app.py:7"), "app.py:7");
    assert_eq!(whole.show("F", "/var/task"), code.display().to_string());
}

#[test]
fn files_are_looked_for_in_one_folder_after_the_other() {
    let base = base();
    let built = base.path().join("built");
    fs::create_dir(&built).unwrap();
    fs::write(built.join("app.py"), "").unwrap();
    fs::write(built.join("package.py"), "").unwrap();
    let mut places = SourcePlaces::new(base.path());
    let folders = ["missing", "src/hello", "built"].map(|name| base.path().join(name));
    places.add(&application(&[("F", false)]).functions[0], &folders);
    assert_eq!(places.show("F", "/var/task/app.py"), "src/hello/app.py");
    assert_eq!(places.show("F", "/var/task/package.py"), "built/package.py");
}

#[test]
fn in_a_log_group_of_several_functions_only_what_one_of_them_has_is_known() {
    let base = base();
    let other = base.path().join("src/other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("app.py"), "").unwrap();
    fs::write(other.join("other.py"), "").unwrap();
    let mut places = SourcePlaces::new(base.path());
    let application = application(&[("F", true), ("G", true), ("H", true), ("I", false)]);
    for (function, folder) in application
        .functions
        .iter()
        .zip(["hello", "other", "other", "hello"])
    {
        places.add(function, &[base.path().join("src").join(folder)]);
    }
    let written = "/var/task/app.py /var/task/other.py /var/task/lib";
    let shown = "/var/task/app.py src/other/other.py src/hello/lib";
    assert_eq!(places.show_logged("shared", written), shown);
    let own = places.show_logged("/aws/lambda/local-I", "/var/task/app.py");
    assert_eq!(own, "src/hello/app.py");
    assert_eq!(places.show_logged("unknown", written), written);
}

#[test]
fn a_folder_whose_name_would_break_a_line_is_not_shown() {
    let base = base();
    for name in ["a\"b", "a\\b", "a\u{1b}[2Jb", "a\nb"] {
        let folder = base.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("app.py"), "").unwrap();
        let shown = places(base.path(), name);
        assert_eq!(shown.show("F", "/var/task/app.py"), "/var/task/app.py");
    }
}

#[test]
fn a_text_full_of_places_is_shown_in_bounded_work() {
    let base = base();
    let places = places(base.path(), "src/hello");
    let shown = places
        .show("F", &"/var/task/app.py ".repeat(MAX_PLACES + 1))
        .into_owned();
    assert_eq!(shown.matches("src/hello/app.py").count(), MAX_PLACES);
    assert_eq!(shown.matches("/var/task/app.py").count(), 1);
}

/// Texts with more places in them than any text would have by chance.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/var/task".to_owned()),
        Just("/app.py".to_owned()),
        Just("/lib/größe-1.py".to_owned()),
        Just("/..".to_owned()),
        "[ \"':,/.\\\\ä\n]{1,3}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_shown_and_all_but_its_places_stays(text in texts()) {
        let base = base();
        let places = places(base.path(), "src/hello");
        let shown = places.show("F", &text).into_owned();
        prop_assert_eq!(&places.show("F", &shown), &shown);
        if !text.contains("src/hello") {
            // What was put in is all that has changed.
            prop_assert_eq!(shown.replace("src/hello", "/var/task"), text.clone());
        }
        if !text.contains(TASK_ROOT) {
            prop_assert!(matches!(places.show("F", &text), Cow::Borrowed(_)));
        }
    }
}
