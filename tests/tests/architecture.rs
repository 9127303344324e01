//! samlet's crates depend on each other as docs/architecture.md says, and the root manifest names each of them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use acceptance::repository;
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};
use regex::Regex;
use toml_edit::DocumentMut;

/// Services that another service depends on.
///
/// - Lambda writes each function's output to CloudWatch Logs, which is a library for it: the files' writer beneath
///   the functions, and a service above them.
const LIBRARIES_TOO: [(&str, &str); 1] = [("lambda", "logs")];

/// Crates that work for every service, and so must not know any of them.
const KNOW_NO_SERVICE: [&str; 2] = ["service", "endpoint"];

/// The crate that is the `samlet` command.
const COMMAND: &str = "cli";

#[test]
fn every_crate_has_a_row_in_the_code_map() {
    let workspace = Workspace::read();
    let rows = Row::read_all();
    let mut findings = Vec::new();
    for krate in &workspace.crates {
        if !rows.iter().any(|row| row.name == krate.name) {
            findings.push(format!(
                "samlet/{} is not in the code map: add its row to docs/architecture.md, above all it depends on",
                krate.name
            ));
        }
    }
    for (index, Row { name, .. }) in rows.iter().enumerate() {
        if workspace.find(name).is_none() {
            findings.push(format!("the code map has a row for `{name}`, but samlet/{name} doesn't exist: delete the row"));
        }
        if rows[..index].iter().any(|row| row.name == *name) {
            findings.push(format!(
                "the code map has two rows for `{name}`: delete one of them"
            ));
        }
    }
    assert_none(&findings);
}

#[test]
fn crates_depend_only_on_those_below_them_in_the_code_map() {
    let workspace = Workspace::read();
    let rows = Row::read_all();
    let position = |name: &str| rows.iter().position(|row| row.name == name);
    let mut findings = Vec::new();
    for krate in &workspace.crates {
        for dependency in &krate.dependencies {
            if position(dependency) <= position(&krate.name) {
                findings.push(format!(
                    "{} depends on {}, which is not below it in the code map of docs/architecture.md: move what both \
                     need further down, or change the order and say why in the commit",
                    krate.package.name,
                    workspace.package_name(dependency),
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_files_that_the_architecture_page_links_exist() {
    let docs = repository().join("docs");
    let page = std::fs::read_to_string(docs.join("architecture.md")).unwrap();
    let links = Regex::new(r"\]\(([^)#]+)\)").unwrap();
    let mut findings = Vec::new();
    let mut count = 0;
    for link in links.captures_iter(&page) {
        if link[1].starts_with("https://") {
            continue;
        }
        count += 1;
        if !docs.join(&link[1]).exists() {
            findings.push(format!(
                "docs/architecture.md links {}, which doesn't exist",
                &link[1]
            ));
        }
    }
    assert!(count > 10, "links are not found any more");
    assert_none(&findings);
}

#[test]
fn nothing_in_samlet_depends_on_its_command_even_in_tests() {
    let workspace = Workspace::read();
    let command = workspace.find(COMMAND).unwrap().package.name.as_str();
    let mut findings = Vec::new();
    for krate in &workspace.crates {
        if krate
            .package
            .dependencies
            .iter()
            .any(|dependency| dependency.name == command)
        {
            findings.push(format!(
                "{} depends on {command}, the command: test the whole of samlet in tests/",
                krate.package.name,
            ));
        }
    }
    assert_none(&findings);
}

#[test]
fn services_are_marked_in_the_code_map() {
    let workspace = Workspace::read();
    let mut findings = Vec::new();
    for Row { name, is_service } in Row::read_all() {
        let Some(krate) = workspace.find(&name) else {
            continue;
        };
        if krate.is_service && !is_service {
            findings.push(format!("samlet/{name} has an Identity: begin its row in the code map with `{name}` (service)"));
        }
        if is_service && !krate.is_service {
            findings.push(format!(
                "the code map calls `{name}` a service, but it has no `pub static IDENTITY: Identity`"
            ));
        }
    }
    assert_none(&findings);
}

#[test]
fn services_do_not_depend_on_each_other() {
    let workspace = Workspace::read();
    let mut findings = Vec::new();
    for service in workspace.services() {
        for other in workspace.services() {
            let pair = (service.name.as_str(), other.name.as_str());
            if service.name == other.name || LIBRARIES_TOO.contains(&pair) {
                continue;
            }
            if let Some(dependency) = workspace.dependency(&service.name, &other.name) {
                findings.push(format!(
                    "{dependency}: services don't know each other; deliver through samlet_service::Deliver"
                ));
            }
        }
    }
    assert!(
        workspace.services().count() >= 4,
        "services are not found by their Identity any more"
    );
    assert_none(&findings);
}

#[test]
fn what_works_for_every_service_depends_on_none() {
    let workspace = Workspace::read();
    let mut findings = Vec::new();
    for name in KNOW_NO_SERVICE {
        for service in workspace.services() {
            if let Some(dependency) = workspace.dependency(name, &service.name) {
                findings.push(format!(
                    "{dependency}: samlet/{name} knows no service; what it needs of one belongs in the trait \
                     samlet_service::Service or in Identity"
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_application_and_samlet_do_not_depend_on_each_other_or_on_tests() {
    let workspace = Workspace::read();
    let mut findings = Vec::new();
    for package in &workspace.metadata.packages {
        let own = top_folder(&workspace.metadata, &package.manifest_path);
        if own != Some("samlet") && own != Some("src") {
            continue;
        }
        for dependency in &package.dependencies {
            let Some(path) = &dependency.path else {
                continue;
            };
            if top_folder(&workspace.metadata, path) != own {
                findings.push(format!(
                    "{} depends on {} ({path}): src/, the application, and samlet/ know nothing of each other, and \
                     neither knows what is elsewhere in the repository",
                    package.name, dependency.name,
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn every_package_has_a_description() {
    let workspace = Workspace::read();
    let mut findings = Vec::new();
    for package in &workspace.metadata.packages {
        if package
            .description
            .as_deref()
            .unwrap_or_default()
            .is_empty()
        {
            findings.push(format!(
                "{} has no description: say in {} why it exists, in one sentence",
                package.name, package.manifest_path,
            ));
        }
    }
    assert_none(&findings);
}

/// `"*"` leaves out members of the workspace: a crate that isn't named is silently built with the profile's own
/// optimisations, which are those for functions.
#[test]
fn profiles_name_every_crate() {
    let workspace = Workspace::read();
    let manifest = read_toml("Cargo.toml");
    let lock = read_toml("Cargo.lock");
    let locked = lock["package"].as_array_of_tables().unwrap().iter();
    let locked: BTreeSet<&str> = locked
        .map(|package| package["name"].as_str().unwrap())
        .collect();
    let mut findings = Vec::new();
    for profile in ["dev", "release"] {
        let section = format!("[profile.{profile}.package] of Cargo.toml");
        let packages = manifest["profile"][profile]["package"]
            .as_table_like()
            .unwrap();
        for krate in &workspace.crates {
            if !packages.contains_key(&krate.package.name) {
                findings.push(format!(
                    "{} is not optimised: name it in {section}",
                    krate.package.name
                ));
            }
        }
        for (name, _) in packages.iter().filter(|(name, _)| *name != "*") {
            if !locked.contains(name) {
                findings.push(format!(
                    "{name} is named in {section}, but there is no such package: delete the line"
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_workspaces_dependencies_name_every_crate_in_the_order_of_the_code_map() {
    let workspace = Workspace::read();
    let manifest = read_toml("Cargo.toml");
    let dependencies = manifest["workspace"]["dependencies"]
        .as_table_like()
        .unwrap();
    let named = dependencies.iter().filter_map(|(name, _)| {
        let mut crates = workspace.crates.iter();
        crates.find(|krate| krate.package.name == name && krate.name != COMMAND)
    });
    let named: Vec<&str> = named.map(|krate| krate.package.name.as_str()).collect();
    let mut expected: Vec<&str> = Vec::new();
    for Row { name, .. } in Row::read_all().iter().rev() {
        if let Some(krate) = workspace.find(name)
            && name != COMMAND
        {
            expected.push(&krate.package.name);
        }
    }
    assert_eq!(
        named, expected,
        "[workspace.dependencies] of Cargo.toml names samlet's crates from the bottom of the code map to its top"
    );
}

/// The packages of the workspace, and which of them are samlet's.
struct Workspace {
    metadata: Metadata,
    crates: Vec<Crate>,
}

/// A package in a folder of `samlet/`.
struct Crate {
    /// Its folder's name, by which the code map calls it.
    name: String,
    package: Package,
    /// The crates of samlet that it is compiled with, by their folders.
    dependencies: Vec<String>,
    is_service: bool,
}

impl Workspace {
    fn read() -> Self {
        let metadata = MetadataCommand::new()
            .manifest_path(repository().join("Cargo.toml"))
            .no_deps()
            .other_options(["--offline", "--locked"].map(str::to_owned))
            .exec()
            .unwrap();
        let samlet = metadata.workspace_root.join("samlet");
        let packages = metadata.packages.iter();
        let crates = packages
            .filter(|package| package.manifest_path.starts_with(&samlet))
            .map(|package| {
                let folder = package.manifest_path.parent().unwrap();
                let compiled = package
                    .dependencies
                    .iter()
                    .filter(|dependency| dependency.kind != DependencyKind::Development);
                Crate {
                    name: folder.file_name().unwrap().to_owned(),
                    dependencies: compiled
                        .filter_map(|dependency| folder_within(samlet.as_std_path(), dependency))
                        .collect(),
                    is_service: has_identity(folder.join("src").as_std_path()),
                    package: package.clone(),
                }
            });
        Self {
            crates: crates.collect(),
            metadata,
        }
    }

    fn find(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|krate| krate.name == name)
    }

    fn package_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.find(name).map_or(name, |krate| &krate.package.name)
    }

    fn services(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|krate| krate.is_service)
    }

    /// How one crate depends on another, in words; `None` if it doesn't, not even by way of others.
    fn dependency(&self, from: &str, to: &str) -> Option<String> {
        let mut ways = VecDeque::from([vec![from]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            let last = *way.last()?;
            if last == to {
                let names: Vec<&str> = way.iter().map(|name| self.package_name(name)).collect();
                let text = names.join(", which depends on ");
                return Some(text.replacen(", which depends on", " depends on", 1));
            }
            if !seen.insert(last) {
                continue;
            }
            let dependencies = self.find(last).map(|krate| &krate.dependencies);
            for next in dependencies.into_iter().flatten() {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
        None
    }
}

/// The folder of the repository that a path lies in.
fn top_folder<'a>(metadata: &Metadata, path: &'a Utf8Path) -> Option<&'a str> {
    let path = path.strip_prefix(&metadata.workspace_root).ok()?;
    Some(path.components().next()?.as_str())
}

/// The name of the folder in `samlet` that a dependency lies in.
fn folder_within(samlet: &Path, dependency: &Dependency) -> Option<String> {
    let folder = dependency
        .path
        .as_ref()?
        .as_std_path()
        .strip_prefix(samlet)
        .ok()?;
    Some(folder.to_str()?.to_owned())
}

/// Whether a crate's sources have what every service is registered with.
fn has_identity(folder: &Path) -> bool {
    let identity = Regex::new(r"(?m)^pub static \w+: Identity\b").unwrap();
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return has_identity(&path);
        }
        path.extension().is_some_and(|end| end == "rs")
            && identity.is_match(&std::fs::read_to_string(path).unwrap())
    })
}

/// A row of the code map.
struct Row {
    name: String,
    is_service: bool,
}

impl Row {
    /// All rows, from the top.
    fn read_all() -> Vec<Self> {
        let page = std::fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
        let (_, map) = page.split_once("\n## Code map\n").unwrap();
        let map = map.split("\n## ").next().unwrap();
        let row = Regex::new(r"(?m)^\| `([a-z0-9-]+)`( \(service\))? \|").unwrap();
        let rows = row.captures_iter(map);
        let rows = rows.map(|row| Self {
            name: row[1].to_owned(),
            is_service: row.get(2).is_some(),
        });
        rows.collect()
    }
}

fn read_toml(file: &str) -> DocumentMut {
    let text = std::fs::read_to_string(repository().join(file)).unwrap();
    text.parse().unwrap()
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
