//! Names of tables and indexes that the embedded engine can't have, since it makes SQLite tables of the same names, and
//! SQLite's names are the same in upper and lower case.

use std::collections::BTreeMap;

use samlet_dynamodb_api::request::{CreateTable, IndexUpdate, UpdateTable};

/// The engine's own tables.
const OF_ENGINE: [&str; 3] = ["_config", "_tables", "_stream_records"];
/// <https://www.sqlite.org/fileformat2.html#internal_schema_objects>
const OF_SQLITE: &str = "sqlite_";

/// Why a new table can't have its names; `None` if it can.
pub(crate) fn refuse_new(create: &CreateTable) -> Option<String> {
    let local = create.local_indexes.iter().map(|index| index.name.as_str());
    let global = create.global_indexes.iter();
    let names = local.chain(global.map(|index| index.name.as_str()));
    refuse_table(&create.table).or_else(|| refuse_indexes(names))
}

/// Why a table's new indexes can't have their names; `None` if they can.
pub(crate) fn refuse_changed(update: &UpdateTable) -> Option<String> {
    refuse_indexes(update.indexes.iter().map(IndexUpdate::name))
}

fn refuse_table(name: &str) -> Option<String> {
    let reason = reserved_name(name)?;
    Some(format!(
        "samlet can't have a table of the name {name} yet: {reason}"
    ))
}

fn reserved_name(name: &str) -> Option<&'static str> {
    if OF_ENGINE.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Some("its store has a table of its own by this name");
    }
    let start = name.get(..OF_SQLITE.len())?;
    start.eq_ignore_ascii_case(OF_SQLITE).then_some(
        "SQLite, which stores tables here, keeps names that begin with `sqlite_` for itself",
    )
}

/// Refuses names of a table's indexes that only differ in case.
fn refuse_indexes<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let mut seen = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            return Some(format!(
                "samlet can't have indexes of the names {other} and {name} on one table yet: they only differ in case"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_engine_are_reserved_in_any_case() {
        for name in [
            "_tables",
            "_CONFIG",
            "_Stream_Records",
            "sqlite_x",
            "SQLite_master",
        ] {
            assert!(reserved_name(name).is_some(), "{name}");
        }
        for name in [
            "tables",
            "_tables2",
            "_x",
            "sqlite",
            "a_sqlite_",
            "messages",
        ] {
            assert_eq!(reserved_name(name), None, "{name}");
        }
    }

    #[test]
    fn names_of_indexes_differ_in_more_than_case() {
        assert_eq!(refuse_indexes(["abc", "abd"]), None);
        assert_eq!(
            refuse_indexes(["abc", "ABC"]).as_deref(),
            Some(
                "samlet can't have indexes of the names abc and ABC on one table yet: they only differ in case"
            )
        );
    }
}
