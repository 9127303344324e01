//! What must not be seen, wherever it lies: samlet's data, the application, other functions' code.

use super::*;

#[test]
fn samlets_data_in_the_code_is_hidden_but_for_the_functions_own_environment() {
    let folder = Folder::new();
    folder.file("app.py", "");
    folder.file("b/app.py", "");
    folder.file(".samlet/dynamodb.sqlite", "");
    let python = folder.file(".samlet/build/envs/mine/bin/python", "");
    folder.file(".samlet/build/envs/mine/pyvenv.cfg", "home = /usr/bin\n");
    folder.file(".samlet/build/envs/other/bin/python", "");
    let mut spec = spec(&folder.path, &python);
    spec.hidden = [folder.path(".samlet"), folder.path.clone()].into();
    let (root, own) = Root::of(&spec);
    assert_eq!(own.folder, Path::new("/var/task"));
    // Seen at /var/task only, but for what has to be at its own place.
    assert!(root.sees("/var/task/app.py") && root.sees("/var/task/b/app.py"));
    assert!(!root.sees("/var/task/.samlet/dynamodb.sqlite"));
    assert!(root.sees(folder.path(".samlet/build/envs/mine/pyvenv.cfg")));
    assert!(!root.sees(folder.path(".samlet/build/envs/other/bin/python")));
    assert!(!root.sees(folder.path("app.py")));

    assert!(reaches(&spec, folder.path("app.py")));
    assert!(reaches(
        &spec,
        folder.path(".samlet/build/envs/mine/bin/python")
    ));
    assert!(!reaches(&spec, folder.path(".samlet/dynamodb.sqlite")));
    assert!(!reaches(
        &spec,
        folder.path(".samlet/build/envs/other/bin/python")
    ));
}

#[test]
fn names_can_be_listed_where_only_parts_of_the_code_can_be_read() {
    let folder = Folder::new();
    let bootstrap = folder.file("bootstrap", "");
    folder.file(".samlet/data", "");
    let mut spec = spec(&folder.path, &bootstrap);
    assert!(!may(&reachable(&spec), Reach::List, &folder.path));
    assert!(reaches(&spec, &folder.path));
    spec.hidden = [folder.path(".samlet")].into();
    assert!(may(&reachable(&spec), Reach::List, &folder.path));
    assert!(!reaches(&spec, &folder.path));
}

#[test]
fn the_executable_in_samlets_data_is_in_the_code() {
    let folder = Folder::new();
    let bootstrap = folder.file(".samlet/build/Fn/bootstrap", "");
    folder.file(".samlet/build/Other/bootstrap", "");
    let mut spec = spec(bootstrap.parent().unwrap(), &bootstrap);
    spec.hidden = [folder.path(".samlet"), folder.path.clone()].into();
    let (root, own) = Root::of(&spec);
    assert_eq!(own.executable, Path::new("/var/task/bootstrap"));
    assert!(root.sees("/var/task/bootstrap"));
    assert!(!root.sees(folder.path(".samlet")));
    assert!(reaches(&spec, &bootstrap));
    assert!(!reaches(
        &spec,
        folder.path(".samlet/build/Other/bootstrap")
    ));
}

/// A machine whose `usr/share` everybody sees.
fn with_share(folder: &Folder) -> Shown {
    let share = folder.path("usr/share");
    let mut system = Shown::new(vec![Step::Folder {
        target: TASK.into(),
    }]);
    system.bind(&share, &share, &shown::Hidden::new());
    system
}

#[test]
fn an_application_in_a_folder_of_the_system_is_hidden_but_for_what_is_ones_own() {
    let folder = Folder::new();
    folder.file("usr/share/zoneinfo/UTC", "");
    let bootstrap = folder.file("usr/share/app/a/bootstrap", "");
    folder.file("usr/share/app/b/bootstrap", "");
    folder.file("usr/share/app/template.yaml", "");
    let layer = folder.file("usr/share/app/.samlet/layers/one/lib.so", "");
    folder.file("usr/share/app/.samlet/layers/two/lib.so", "");
    let system = with_share(&folder);
    let mut spec = spec(bootstrap.parent().unwrap(), &bootstrap);
    spec.hidden = [
        folder.path("usr/share/app/.samlet"),
        folder.path("usr/share/app/b"),
        folder.path("usr/share/app"),
    ]
    .into();
    spec.readable = vec![layer.parent().unwrap().to_owned()];
    let (root, own) = Root::on(&system, &spec);
    assert!(root.sees(folder.path("usr/share/zoneinfo/UTC")));
    assert!(root.sees("/var/task/bootstrap"));
    assert!(root.sees(&layer));
    for name in ["a", "b", "template.yaml", ".samlet/layers/two"] {
        assert!(
            !root.sees(folder.path("usr/share/app").join(name)),
            "{name}"
        );
    }
    let hides = own
        .steps
        .iter()
        .filter(|step| matches!(step, Step::Hide { .. }));
    assert_eq!(hides.count(), 1);

    let granted = reachable::plan(&spec, &system);
    let reaches = |path: PathBuf| may(&granted, Reach::Read, &path);
    assert!(reaches(folder.path("usr/share/zoneinfo/UTC")));
    assert!(reaches(bootstrap) && reaches(layer));
    for name in ["b/bootstrap", "template.yaml", ".samlet/layers/two/lib.so"] {
        assert!(!reaches(folder.path("usr/share/app").join(name)), "{name}");
    }
}

#[test]
fn hidden_things_in_what_may_be_read_are_hidden_and_what_may_be_read_in_them_is_not() {
    let folder = Folder::new();
    let bootstrap = folder.file("fn/bootstrap", "");
    for name in ["a", "b/c", "b/d/e", "b/d/f", "token"] {
        folder.file(format!("all/{name}"), "");
    }
    let mut spec = spec(&folder.path("fn"), &bootstrap);
    spec.readable = ["all", "all/b/d", "missing"]
        .map(|name| folder.path(name))
        .into();
    spec.hidden = ["all/b", "all/b/d/f", "all/token", "gone", "/"]
        .map(|name| folder.path(name))
        .into();
    let (root, _) = Root::of(&spec);
    let at = |name: &str| root.at(folder.path("all").join(name));
    assert!(at("a").is_some() && at("b/d/e").is_some());
    assert_eq!(at("b/c"), None);
    // A hidden file is empty.
    assert_eq!(at("token"), Some("/dev/null".into()));
    assert_eq!(at("b/d/f"), Some("/dev/null".into()));
    for (name, reached) in [
        ("a", true),
        ("b/d/e", true),
        ("b/c", false),
        ("b/d/f", false),
        ("token", false),
    ] {
        assert_eq!(
            reaches(&spec, folder.path("all").join(name)),
            reached,
            "{name}"
        );
    }
}

#[test]
fn a_function_whose_code_holds_anothers_owns_it_all() {
    let folder = Folder::new();
    let outer = folder.file("bootstrap", "");
    let inner = folder.file("b/bootstrap", "");
    folder.file("c/bootstrap", "");
    let outside = spec(&folder.path, &outer);
    let (root, _) = Root::of(&outside);
    assert!(root.sees("/var/task/b/bootstrap"));
    // The inner one has its own part alone.
    let mut within = spec(&folder.path("b"), &inner);
    within.hidden = [folder.path.clone(), folder.path("c")].into();
    let (root, _) = Root::of(&within);
    assert!(root.sees("/var/task/bootstrap") && !root.sees("/var/task/c"));
    assert!(reaches(&within, &inner) && !reaches(&within, &outer));
}

#[test]
fn a_link_in_the_code_grants_nothing() {
    let folder = Folder::new();
    let bootstrap = folder.file("fn/bootstrap", "");
    folder.file("fn/.samlet/data", "");
    let secret = folder.file("secret", "");
    folder.link("fn/link", &secret);
    let mut spec = spec(&folder.path("fn"), &bootstrap);
    spec.hidden = [folder.path("fn/.samlet")].into();
    assert!(reaches(&spec, &bootstrap));
    assert!(!reaches(&spec, &secret));
    let (root, _) = Root::of(&spec);
    assert!(!root.sees("/var/task/link"));
}

#[test]
fn code_that_holds_the_system_is_refused() {
    for path in ["/", "/usr", "/usr/bin", "/etc", "/proc"] {
        let spec = spec(Path::new(path), Path::new("/bin/sh"));
        let error = own(&spec, IDS).unwrap_err();
        assert!(
            matches!(error, Error::HoldsSystem { .. }),
            "{path}: {error}"
        );
    }
    let folder = Folder::new();
    let missing = spec(&folder.path("none"), Path::new("/bin/sh"));
    let error = own(&missing, IDS).unwrap_err().to_string();
    assert!(
        error.contains(folder.path("none").to_str().unwrap()),
        "{error}"
    );
    let mut greedy = spec(&folder.path, Path::new("/bin/sh"));
    greedy.readable = vec!["/usr".into()];
    assert!(matches!(own(&greedy, IDS), Err(Error::HoldsSystem { .. })));
    // What is there anyway may be named.
    greedy.readable = vec!["/usr/bin".into()];
    assert!(own(&greedy, IDS).is_ok());
}
