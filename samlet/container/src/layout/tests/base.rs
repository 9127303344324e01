//! What every container sees of the system.

use std::fs;

use super::*;

#[test]
fn the_systems_programs_are_there_and_its_sources_are_not() {
    let root = Root(system().clone());
    for path in [
        "/bin/sh",
        "/usr/bin/env",
        "/usr/share",
        "/dev/null",
        "/dev/urandom",
    ] {
        assert!(root.sees(path), "{path}");
    }
    for path in [
        "/usr/src",
        "/usr/local/src",
        "/usr/games",
        "/usr/local/etc",
        "/root",
        "/srv",
        "/sys/kernel",
        "/dev/shm",
        "/dev/tty",
        "/etc/shadow",
        "/etc/passwd",
        "/etc/machine-id",
        "/etc/hostname",
        "/etc/ssh",
        "/etc/fstab",
        "/etc/ssl/private",
    ] {
        assert!(!root.sees(path), "{path}");
    }
    for target in [
        "/opt",
        "/run",
        "/tmp",
        "/proc",
        "/var/task",
        "/var/runtime",
        "/home",
    ] {
        let target = target.into();
        assert!(system().steps.contains(&Step::Folder { target }));
    }
}

#[test]
fn what_has_its_place_by_name_is_taken_once() {
    let mut targets: Vec<_> = base().iter().map(|step| step.target().to_owned()).collect();
    let count = targets.len();
    targets.sort();
    targets.dedup();
    assert_eq!(targets.len(), count);
}

fn etc(folder: &Folder) -> Shown {
    let mut shown = Shown::default();
    etc::plan(&mut shown, &folder.path("etc"));
    shown
}

#[test]
fn only_listed_files_that_everybody_may_read_are_shown_of_etc() {
    let folder = Folder::new();
    for name in [
        "services",
        "shadow",
        "npmrc",
        "ssl/cert.pem",
        "ssl/private/key",
        "ssl/key",
    ] {
        folder.file(format!("etc/{name}"), "");
    }
    for name in ["nsswitch.conf", "ssl/key", "ssl/private", "java-17/secret"] {
        let path = folder.path(format!("etc/{name}"));
        if !path.exists() {
            folder.file(format!("etc/{name}"), "");
        }
        let mode = if path.is_dir() { 0o710 } else { 0o600 };
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    let root = Root(etc(&folder));
    root.check();
    let at = |name: &str| root.at(folder.path(format!("etc/{name}")));
    assert_eq!(at("services"), Some(folder.path("etc/services")));
    assert_eq!(at("ssl/cert.pem"), Some(folder.path("etc/ssl/cert.pem")));
    for name in ["shadow", "npmrc", "nsswitch.conf", "ssl/private/key"] {
        assert_eq!(at(name), None, "{name}");
    }
    for name in ["ssl/key", "java-17/secret"] {
        assert_eq!(at(name), Some("/dev/null".into()), "{name}");
    }
}

#[test]
fn certificates_are_found_wherever_links_lead() {
    let folder = Folder::new();
    // As on NixOS, Fedora and openSUSE.
    folder.file("store/etc/fonts/fonts.conf", "");
    folder.link("etc/fonts", folder.path("store/etc/fonts"));
    folder.file("etc/pki/tls/certs/ca.pem", "");
    folder.link("etc/ssl/certs", "../pki/tls/certs");
    folder.file("var/lib/ca-certificates/pem/a.pem", "");
    folder.file("var/lib/ca-certificates/other", "");
    folder.link("etc/ssl/suse", "../../var/lib/ca-certificates/pem");
    // What isn't there, or goes in circles.
    folder.link("etc/ssl/none", "/nowhere");
    folder.link("etc/ssl/circle", "circle");
    let root = Root(etc(&folder));
    root.check();
    for name in ["fonts/fonts.conf", "ssl/certs/ca.pem", "ssl/suse/a.pem"] {
        assert!(root.sees(folder.path(format!("etc/{name}"))), "{name}");
    }
    assert!(!root.sees(folder.path("var/lib/ca-certificates/other")));
}

#[test]
fn a_process_finds_itself_in_passwd_and_hosts_in_hosts() {
    let folder = Folder::new();
    let bootstrap = folder.file("bootstrap", "");
    let (_, own) = Root::of(&spec(&folder.path, &bootstrap));
    let text = |path: &str| {
        own.steps.iter().find_map(|step| match step {
            Step::File { target, text } if target == Path::new(path) => {
                Some(String::from_utf8_lossy(text).into_owned())
            }
            _ => None,
        })
    };
    let passwd = text("/etc/passwd").unwrap();
    assert!(passwd.contains("\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n"));
    assert!(
        text("/etc/group")
            .unwrap()
            .contains("\nsbx_user1051:x:990:\n")
    );
    assert_eq!(text("/etc/hosts"), fs::read_to_string("/etc/hosts").ok());
}
