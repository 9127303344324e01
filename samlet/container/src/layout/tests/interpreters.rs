//! Interpreters, as their version managers and package managers install them.

use std::process::Command;

use super::*;

/// A function with code in `fn`.
fn function(folder: &Folder, executable: &Path) -> Spec {
    folder.file("fn/app.py", "");
    spec(&folder.path("fn"), executable)
}

fn assert_sees(root: &Root, folder: &Folder, names: &[&str]) {
    for name in names {
        assert!(root.sees(folder.path(name)), "{name} isn't seen");
    }
}

fn assert_hides(root: &Root, folder: &Folder, names: &[&str]) {
    for name in names {
        assert!(!root.sees(folder.path(name)), "{name} is seen");
    }
}

#[test]
fn a_virtual_environment_is_shown_with_the_python_that_it_is_of() {
    let folder = Folder::new();
    let made = Command::new("python3")
        .args(["-m", "venv", "--without-pip"])
        .arg(folder.path("venv"))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let python = folder.path("venv/bin/python");
    folder.file("secret", "");
    let spec = function(&folder, &python);
    let (root, own) = Root::of(&spec);
    assert_eq!(own.executable, python);
    assert_eq!(root.at(&python), python.canonicalize().ok());
    assert_sees(&root, &folder, &["venv/lib", "venv/pyvenv.cfg"]);
    assert_hides(&root, &folder, &["secret"]);
    // The modules of the base, wherever that is.
    let script = "import os, sys; print(os.path.realpath(os.__file__)); print(os.__file__)";
    let output = Command::new(&python).args(["-c", script]).output().unwrap();
    for path in String::from_utf8(output.stdout).unwrap().lines() {
        assert!(root.sees(path), "{path}");
        assert!(reaches(&spec, path), "{path}");
    }
}

#[test]
fn a_pyenv_shim_is_shown_with_the_version_that_it_starts() {
    let folder = Folder::new();
    let shim = folder.file(".pyenv/shims/python3", "#!/usr/bin/env bash\n");
    folder.file(".pyenv/libexec/pyenv", "");
    folder.file(".pyenv/version", "3.12\n");
    for version in ["3.12.1", "3.11.7", "3.1"] {
        folder.file(format!(".pyenv/versions/{version}/bin/python3"), "");
        folder.file(format!(".pyenv/versions/{version}/lib/os.py"), "");
    }
    folder.file(".pyenv/cache/x", "");
    let mut spec = function(&folder, &shim);
    let (root, _) = Root::of(&spec);
    assert_sees(
        &root,
        &folder,
        &[".pyenv/shims/python3", ".pyenv/libexec/pyenv"],
    );
    assert_sees(&root, &folder, &[".pyenv/versions/3.12.1/lib/os.py"]);
    let others = [
        ".pyenv/versions/3.11.7",
        ".pyenv/versions/3.1",
        ".pyenv/cache",
    ];
    assert_hides(&root, &folder, &others);
    // A file beside the code counts more, and a variable still more.
    folder.file("fn/.python-version", "3.1\n");
    let (root, _) = Root::of(&spec);
    assert_sees(&root, &folder, &[".pyenv/versions/3.1/lib/os.py"]);
    assert_hides(&root, &folder, &[".pyenv/versions/3.12.1"]);
    spec.environment
        .insert("PYENV_VERSION".into(), "3.11.7".into());
    let (root, _) = Root::of(&spec);
    assert_sees(&root, &folder, &[".pyenv/versions/3.11.7/lib/os.py"]);
    assert_hides(&root, &folder, &[".pyenv/versions/3.1"]);
}

#[test]
fn a_script_is_shown_with_the_node_that_its_first_line_names() {
    let folder = Folder::new();
    folder.file(".nvm/versions/node/v20/bin/node", "");
    folder.file(".nvm/versions/node/v20/lib/node_modules/npm/index.js", "");
    folder.file(".nvm/versions/node/v18/bin/node", "");
    folder.link(".nvm/current", "versions/node/v20");
    folder.file(".nvm/alias/default", "");
    let script = folder.file(
        "fn/bootstrap",
        "#!/usr/bin/env -S node --enable-source-maps\n",
    );
    let mut spec = function(&folder, &script);
    let (root, _) = Root::of(&spec);
    assert_hides(&root, &folder, &[".nvm"]);
    let path = folder.path(".nvm/current/bin");
    spec.environment
        .insert("PATH".into(), format!("/nowhere:{}", path.display()));
    let (root, own) = Root::of(&spec);
    assert_eq!(own.executable, Path::new("/var/task/bootstrap"));
    assert_eq!(
        root.at(path.join("node")),
        Some(folder.path(".nvm/versions/node/v20/bin/node"))
    );
    assert_sees(
        &root,
        &folder,
        &[".nvm/versions/node/v20/lib/node_modules/npm/index.js"],
    );
    assert_hides(&root, &folder, &[".nvm/versions/node/v18", ".nvm/alias"]);
    assert!(reaches(
        &spec,
        folder.path(".nvm/versions/node/v20/bin/node")
    ));
    assert!(!reaches(
        &spec,
        folder.path(".nvm/versions/node/v18/bin/node")
    ));
}

#[test]
fn a_script_is_looked_up_in_the_code_too() {
    let folder = Folder::new();
    let script = folder.file("fn/bootstrap", "#!/usr/bin/env tool\n");
    folder.file(
        "fn/bin/tool",
        &format!("#! {}\n", folder.path("x/bin/ruby").display()),
    );
    folder.file("x/bin/ruby", "");
    let mut spec = function(&folder, &script);
    for path in ["/var/task/bin", "bin"] {
        spec.environment.insert("PATH".into(), path.into());
        let (root, _) = Root::of(&spec);
        assert_sees(&root, &folder, &["x/bin/ruby"]);
    }
}

#[test]
fn links_of_uv_are_followed_and_shared_folders_are_not_shown_whole() {
    let folder = Folder::new();
    let uv = ".local/share/uv/python";
    folder.file(format!("{uv}/cpython-3.12.7-linux/bin/python3.12"), "");
    folder.file(format!("{uv}/cpython-3.12.7-linux/lib/os.py"), "");
    folder.file(format!("{uv}/cpython-3.11.1-linux/bin/python3.11"), "");
    folder.file(".local/share/keyrings/login", "");
    folder.file(".local/bin/private-tool", "");
    folder.link(format!("{uv}/cpython-3.12-linux"), "cpython-3.12.7-linux");
    let base = folder.path(format!("{uv}/cpython-3.12-linux/bin/python3.12"));
    folder.link(".local/bin/python3.12", &base);
    folder.link("venv/bin/python", folder.path(".local/bin/python3.12"));
    folder.file("venv/lib/python3.12/site-packages/a.py", "");
    let home = folder.path(".local/bin");
    folder.file(
        "venv/pyvenv.cfg",
        &format!("home = {}\nversion = 3.12\n", home.display()),
    );
    let python = folder.path("venv/bin/python");
    let (root, _) = Root::of(&function(&folder, &python));
    let real = folder.path(format!("{uv}/cpython-3.12.7-linux/bin/python3.12"));
    assert_eq!(root.at(&python), Some(real.clone()));
    assert_eq!(root.at(&base), Some(real));
    let lib = format!("{uv}/cpython-3.12-linux/lib/os.py");
    assert_sees(
        &root,
        &folder,
        &[&lib, "venv/lib/python3.12/site-packages/a.py"],
    );
    let other = format!("{uv}/cpython-3.11.1-linux");
    assert_hides(
        &root,
        &folder,
        &[&other, ".local/share/keyrings", ".local/bin/private-tool"],
    );
}

#[test]
fn a_program_outside_of_a_bin_is_shown_alone() {
    let folder = Folder::new();
    let node = folder.file("tools/node", "");
    folder.file("tools/secret", "");
    let (root, own) = Root::of(&function(&folder, &node));
    assert_eq!(own.executable, node);
    assert_sees(&root, &folder, &["tools/node"]);
    assert_hides(&root, &folder, &["tools/secret"]);
}

#[test]
fn the_application_is_not_an_installation() {
    let folder = Folder::new();
    let tool = folder.file("bin/tool", "");
    folder.file("lib/other/bootstrap", "");
    let mut spec = function(&folder, &tool);
    spec.hidden = [folder.path.clone()].into();
    let (root, _) = Root::of(&spec);
    assert_sees(&root, &folder, &["bin/tool"]);
    assert_hides(&root, &folder, &["lib"]);
    // Nor is another function's code a part of one.
    spec.hidden = [folder.path("lib")].into();
    let (root, _) = Root::of(&spec);
    assert_hides(&root, &folder, &["lib"]);
    assert!(!reaches(&spec, folder.path("lib/other/bootstrap")));
}

#[test]
fn an_environment_in_the_code_runs_there() {
    let folder = Folder::new();
    folder.file("python/bin/python3", "");
    folder.file("python/lib/os.py", "");
    folder.link("fn/.venv/bin/python", folder.path("python/bin/python3"));
    let home = folder.path("python/bin");
    folder.file(
        "fn/.venv/pyvenv.cfg",
        &format!("home = {}\n", home.display()),
    );
    let (root, own) = Root::of(&function(&folder, &folder.path("fn/.venv/bin/python")));
    assert_eq!(own.executable, Path::new("/var/task/.venv/bin/python"));
    assert_eq!(
        root.at(&own.executable),
        Some(folder.path("python/bin/python3"))
    );
    assert_sees(&root, &folder, &["python/lib/os.py"]);
    assert_hides(&root, &folder, &["fn/app.py"]);
}
