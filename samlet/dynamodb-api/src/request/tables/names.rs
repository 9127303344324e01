//! Names of tables and indexes that samlet can't have yet, since its store makes SQLite tables of the same names, and
//! SQLite's names are the same in upper and lower case.

use std::collections::BTreeMap;

use crate::Refusal;

/// The store's own tables.
const OF_STORE: [&str; 3] = ["_config", "_tables", "_stream_records"];
/// <https://www.sqlite.org/fileformat2.html#internal_schema_objects>
const OF_SQLITE: &str = "sqlite_";

/// Why samlet can't have a table of this name; `None` if it can.
pub fn reserved_name(name: &str) -> Option<&'static str> {
    if OF_STORE.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Some("its store has a table of its own by this name");
    }
    let start = name.get(..OF_SQLITE.len())?;
    start.eq_ignore_ascii_case(OF_SQLITE).then_some(
        "SQLite, which stores tables here, keeps names that begin with `sqlite_` for itself",
    )
}

pub(super) fn check_table(name: &str) -> Result<(), Refusal> {
    match reserved_name(name) {
        None => Ok(()),
        Some(reason) => Err(Refusal::Validation(format!(
            "samlet can't have a table of the name {name} yet: {reason}"
        ))),
    }
}

/// Refuses names of a table's indexes that only differ in case.
pub(super) fn check_indexes<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<(), Refusal> {
    let mut seen = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            return Err(Refusal::Validation(format!(
                "samlet can't have indexes of the names {other} and {name} on one table yet: they only differ in case"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_store_are_reserved_in_any_case() {
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
}
