//! `docs/security.md` against the rows: each line of its table names what holds it, and claims nothing more.

use std::collections::BTreeSet;

use acceptance::repository;

use crate::mode::MODES;
use crate::row::Row;

/// The column of the first mode, and that of the tests.
const FIRST_MODE: usize = 1;
const TESTS: usize = FIRST_MODE + 3;

/// How a cell begins that says that something is possible.
const OPEN: &str = "**open**";

/// The lines of the table of what functions try.
fn lines(page: &str) -> Vec<Vec<String>> {
    let (_, section) = page.split_once("\n## Against a function\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    // After the heading.
    lines.skip(1).map(cells).collect()
}

/// What a cell has between backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows that a name stands for: one, or a whole module's.
fn rows_of(name: &str) -> Vec<&'static Row> {
    let module = format!("{name}::");
    crate::rows()
        .filter(|row| row.name() == name || row.name().starts_with(&module))
        .collect()
}

/// Whether a name is of a test elsewhere: `tests/tests/policies.rs`, `policies.rs: a_stolen_key`.
fn is_elsewhere(name: &str) -> bool {
    let tests = repository().join("tests");
    let (file, test) = name.split_once(": ").unwrap_or((name, ""));
    let paths = [
        repository().join(file),
        tests.join("tests").join(file),
        tests.join("clients").join(file),
    ];
    let mut found = paths.iter().filter(|path| path.exists());
    found.any(|path| {
        path.is_dir() || std::fs::read_to_string(path).is_ok_and(|text| text.contains(test))
    })
}

#[test]
fn each_line_of_the_page_is_held_by_tests_and_each_test_is_on_it() {
    let page = std::fs::read_to_string(repository().join("docs/security.md")).unwrap();
    let lines = lines(&page);
    assert!(!lines.is_empty());
    let mut wrong = Vec::new();
    let mut shown = BTreeSet::new();
    for cells in &lines {
        let line = &cells[0];
        if cells.len() != TESTS + 1 {
            wrong.push(format!("`{line}` has {} columns", cells.len()));
            continue;
        }
        let mut rows = Vec::new();
        let named = names(&cells[TESTS]);
        for name in &named {
            let found = rows_of(name);
            if found.is_empty() && !is_elsewhere(name) {
                wrong.push(format!("`{line}` names {name}, which is nowhere"));
            }
            rows.extend(found);
        }
        if named.is_empty() {
            wrong.push(format!("`{line}` is held by nothing"));
        }
        shown.extend(rows.iter().map(|row| row.name()));
        for (cell, mode) in cells[FIRST_MODE..].iter().zip(MODES) {
            let is_open = rows.iter().any(|row| row.is_open(mode));
            if !rows.is_empty() && cell.starts_with(OPEN) != is_open {
                let open: Vec<_> = rows
                    .iter()
                    .filter(|row| row.is_open(mode))
                    .map(|row| row.name())
                    .collect();
                wrong.push(format!(
                    "`{line}`, {mode:?}: the page says {cell}; open by the tests: {open:?}"
                ));
            }
        }
    }
    let missing = crate::rows()
        .map(Row::name)
        .filter(|name| !shown.contains(name));
    wrong.extend(missing.map(|name| format!("{name} is not on the page")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
