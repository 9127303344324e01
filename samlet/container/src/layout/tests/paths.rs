//! Links, and names of any bytes: on the way to code, executables and what may be read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::*;

#[test]
fn names_of_any_bytes_work() {
    let folder = Folder::new();
    let name = OsStr::from_bytes(b"a b\n\xff$x");
    let bootstrap = folder.file(Path::new(name).join("bootstrap"), "");
    folder.file(Path::new(name).join(".samlet/data"), "");
    let readable = folder.file(Path::new("r").join(name), "");
    let mut spec = spec(&folder.path(name), &bootstrap);
    spec.readable = vec![readable.clone()];
    spec.hidden = [folder.path(name).join(".samlet")].into();
    let (root, own) = Root::of(&spec);
    assert_eq!(root.at("/var/task/bootstrap"), Some(bootstrap.clone()));
    assert_eq!(own.executable, Path::new("/var/task/bootstrap"));
    assert!(root.sees(&readable) && !root.sees("/var/task/.samlet/data"));
    assert!(reaches(&spec, &readable) && reaches(&spec, &bootstrap));
}

#[test]
fn links_that_go_in_circles_are_left_out() {
    let folder = Folder::new();
    let bootstrap = folder.link("fn/bootstrap", "other");
    folder.link("fn/other", "bootstrap");
    folder.link("r", "r");
    let mut spec = spec(&folder.path("fn"), &bootstrap);
    spec.readable = vec![folder.path("r")];
    spec.hidden = [folder.path("r")].into();
    let (_, own) = Root::of(&spec);
    assert_eq!(own.executable, Path::new("/var/task/bootstrap"));
    let has_circle = own
        .steps
        .iter()
        .any(|step| step.target() == folder.path("r"));
    assert!(!has_circle);
}

#[test]
fn an_executable_is_found_through_links() {
    let folder = Folder::new();
    let built = folder.file("target/bootstrap", "");
    folder.file("fn/real", "");
    let run = |spec: &Spec| {
        let (root, own) = Root::of(spec);
        (root.at(&own.executable), own.executable)
    };
    let code = folder.path("fn");
    // A link that leaves the code: absolute, and relative, which would lead elsewhere in the container.
    let absolute = folder.link("fn/absolute", &built);
    let (seen, executable) = run(&spec(&code, &absolute));
    assert_eq!(
        (seen, executable),
        (Some(built.clone()), "/var/task/absolute".into())
    );
    let relative = folder.link("fn/relative", "../target/bootstrap");
    let (seen, executable) = run(&spec(&code, &relative));
    assert_eq!((seen, executable), (Some(built.clone()), built.clone()));
    // One that stays in the code, by the code's name on the machine.
    let inside = folder.link("fn/inside", folder.path("fn/real"));
    let (seen, executable) = run(&spec(&code, &inside));
    assert_eq!(
        (seen, executable),
        (Some(folder.path("fn/real")), "/var/task/real".into())
    );
    // A name that only seems to be in the code.
    let outside = code.join("../target/bootstrap");
    let (seen, executable) = run(&spec(&code, &outside));
    assert_eq!((seen, executable), (Some(built.clone()), built));
    // The code's folder by another name.
    let alias = folder.link("alias", "fn");
    for executable in [alias.join("real"), folder.path("fn/real")] {
        let (seen, executable) = run(&spec(&alias, &executable));
        assert_eq!(
            (seen, executable),
            (Some(folder.path("fn/real")), "/var/task/real".into())
        );
    }
}

#[test]
fn what_may_be_read_is_found_by_the_name_that_it_was_given() {
    let folder = Folder::new();
    let bootstrap = folder.file("fn/bootstrap", "");
    folder.file("disk/data/a", "");
    folder.link("mnt", "disk");
    folder.link("disk/current", folder.path("mnt/data"));
    let mut spec = spec(&folder.path("fn"), &bootstrap);
    spec.readable = vec![folder.path("mnt/current/a")];
    let (root, _) = Root::of(&spec);
    assert_eq!(
        root.at(folder.path("mnt/current/a")),
        Some(folder.path("disk/data/a"))
    );
    assert!(reaches(&spec, folder.path("disk/data/a")));
}

#[test]
fn a_folder_of_the_container_may_be_a_link_on_the_machine() {
    // As `/opt`, which is `/var/opt` where the system is an image.
    let folder = Folder::new();
    let bootstrap = folder.file("fn/bootstrap", "");
    let tool = folder.file("var/opt/tool/bin/tool", "");
    folder.link("opt", "var/opt");
    let (task, opt) = (PathBuf::from(TASK), folder.path("opt"));
    let system = Shown::new([task, opt].map(|target| Step::Folder { target }).into());
    let mut spec = spec(&folder.path("fn"), &bootstrap);
    spec.readable = vec![folder.path("opt/tool")];
    let (root, _) = Root::on(&system, &spec);
    assert_eq!(root.at(folder.path("opt/tool/bin/tool")), Some(tool));
}

#[test]
fn nothing_is_put_into_the_code() {
    let folder = Folder::new();
    let bootstrap = folder.file("fn/bootstrap", "");
    let mut spec = spec(&folder.path("fn"), &bootstrap);
    spec.readable = vec![folder.path("fn/bootstrap"), folder.path("fn")];
    let (root, _) = Root::of(&spec);
    assert_eq!(root.at("/var/task/bootstrap"), Some(bootstrap.clone()));
    assert_eq!(root.at(&bootstrap), Some(bootstrap));
}
