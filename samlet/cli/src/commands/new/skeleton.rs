//! The files that new functions and applications begin with.

use std::path::Path;

use crate::error::Error;

/// An application's files, by where they go.
pub(super) const APPLICATION: [(&str, &str); 7] = [
    (
        "template.yaml",
        include_str!("../../../skeleton/application/template.yaml"),
    ),
    (
        "Cargo.toml",
        include_str!("../../../skeleton/application/Cargo.toml"),
    ),
    (
        "samconfig.toml",
        include_str!("../../../skeleton/application/samconfig.toml"),
    ),
    (
        "README.md",
        include_str!("../../../skeleton/application/README.md"),
    ),
    (
        ".gitignore",
        include_str!("../../../skeleton/application/gitignore"),
    ),
    (
        "src/common/Cargo.toml",
        include_str!("../../../skeleton/application/common/Cargo.toml"),
    ),
    (
        "src/common/src/lib.rs",
        include_str!("../../../skeleton/application/common/lib.rs"),
    ),
];

pub(super) const PACKAGE: &str = include_str!("../../../skeleton/function/Cargo.toml");
pub(super) const WITH_COMMON: &str = include_str!("../../../skeleton/function/with_common.rs");
pub(super) const ALONE: &str = include_str!("../../../skeleton/function/alone.rs");
pub(super) const RESOURCE: &str = include_str!("../../../skeleton/function/resource.yaml");

/// What stands for `@name@` in a skeleton.
pub(super) struct Values(Vec<(String, String)>);

impl Values {
    pub(super) fn new(values: &[(&str, &str)]) -> Self {
        let values = values.iter();
        Self(
            values
                .map(|(name, value)| (format!("@{name}@"), (*value).to_owned()))
                .collect(),
        )
    }

    pub(super) fn fill(&self, skeleton: &str) -> String {
        let values = self.0.iter();
        values.fold(skeleton.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }
}

/// Writes a file, and the folders it is in.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text))
        .map_err(|source| Error::FileUnwritable {
            path: path.to_owned(),
            source,
        })
}
