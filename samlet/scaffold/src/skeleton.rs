//! The files that new functions and applications begin with.

use std::path::Path;

use crate::ScaffoldError;

/// An application's files, by where they go.
pub(crate) const APPLICATION: [(&str, &str); 7] = [
    (
        "template.yaml",
        include_str!("../skeleton/application/template.yaml"),
    ),
    (
        "Cargo.toml",
        include_str!("../skeleton/application/Cargo.toml"),
    ),
    (
        "samconfig.toml",
        include_str!("../skeleton/application/samconfig.toml"),
    ),
    (
        "README.md",
        include_str!("../skeleton/application/README.md"),
    ),
    (
        ".gitignore",
        include_str!("../skeleton/application/gitignore"),
    ),
    (
        "src/common/Cargo.toml",
        include_str!("../skeleton/application/common/Cargo.toml"),
    ),
    (
        "src/common/src/lib.rs",
        include_str!("../skeleton/application/common/lib.rs"),
    ),
];

pub(crate) const PACKAGE: &str = include_str!("../skeleton/function/Cargo.toml");
pub(crate) const WITH_COMMON: &str = include_str!("../skeleton/function/with_common.rs");
pub(crate) const ALONE: &str = include_str!("../skeleton/function/alone.rs");
pub(crate) const RESOURCE: &str = include_str!("../skeleton/function/resource.yaml");

/// What replaces `@name@` in a skeleton.
#[derive(Clone, Debug)]
pub(crate) struct Values(Vec<(String, String)>);

impl Values {
    pub(crate) fn new(values: &[(&str, &str)]) -> Self {
        let values = values.iter();
        Self(
            values
                .map(|(name, value)| (format!("@{name}@"), (*value).to_owned()))
                .collect(),
        )
    }

    pub(crate) fn fill(&self, skeleton: &str) -> String {
        let values = self.0.iter();
        values.fold(skeleton.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }
}

/// Writes a file, and the folders it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), ScaffoldError> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text))
        .map_err(|source| ScaffoldError::Unwritable {
            path: path.to_owned(),
            source,
        })
}
