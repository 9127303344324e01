#![allow(clippy::unwrap_used)]
mod damage;
mod formats;
mod steps;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rusqlite::Connection;
use samlet_clock::Clock;
use samlet_commit::Session;
use samlet_dynamodb_api::request::CreateTable;
use samlet_dynamodb_api::value::{item_from_json, item_size};
use samlet_dynamodb_api::{AttributeValue, Item, Number, Operation, Request};
use serde_json::{Value, json};

use super::definition::{IndexState, Key, Table};
use super::rows::{KeyRange, Position, Row, Walk};
use super::{Cause, Change, Count, Database};
use crate::error::Error;
use crate::errors::StoreError;
use crate::operations::testing::place;
use crate::operations::testing::{database, database_with, table, write};

impl Database {
    /// For SQLite's hooks.
    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A definition: keys as [`table`] has them, and indexes by name and keys.
pub(crate) fn definition(keys: &str, indexes: &[(&str, &str)]) -> CreateTable {
    let mut request = table("things", keys);
    let mut global = Vec::new();
    for (name, keys) in indexes {
        let index = table(name, keys);
        let known = request["AttributeDefinitions"].as_array_mut().unwrap();
        for attribute in index["AttributeDefinitions"].as_array().unwrap() {
            if !known.contains(attribute) {
                known.push(attribute.clone());
            }
        }
        global.push(json!({
            "IndexName": name,
            "KeySchema": index["KeySchema"],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }));
    }
    if !global.is_empty() {
        request["GlobalSecondaryIndexes"] = global.into();
    }
    match Request::from_json(Operation::CreateTable, request, &place()).unwrap() {
        Request::CreateTable(definition) => definition,
        _ => unreachable!(),
    }
}

pub(crate) fn create(database: &mut Database, definition: &CreateTable) -> Arc<Table> {
    write(database, |database| database.create_table(definition)).unwrap()
}

fn things(database: &mut Database) -> Arc<Table> {
    database.table("things").unwrap()
}

pub(crate) fn item(json: Value) -> Item {
    item_from_json(json.as_object().unwrap().clone()).unwrap()
}

/// Puts an item by its key, or deletes it.
pub(crate) fn set(database: &mut Database, table: &Table, key: &Item, new: Option<&Item>) {
    let key = table.key_of(key).unwrap();
    write(database, |database| {
        let old = database.get(table, &key)?;
        let change = Change {
            key: &key,
            old: old.as_ref(),
            new,
            cause: Cause::Request,
        };
        database.change(table, &change)
    })
    .unwrap();
}

pub(crate) fn put(database: &mut Database, table: &Table, new: &Item) {
    set(database, table, new, Some(new));
}

fn walk<'t>(table: &'t Table, index: Option<&str>) -> Walk<'t> {
    Walk {
        table,
        index: index.map(|name| table.index(name).unwrap()),
        range: KeyRange::default(),
        after: None,
        is_forward: true,
    }
}

fn rows(database: &Database, walk: &Walk<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut each = |row| {
        rows.push(row);
        Ok(ControlFlow::Continue(()))
    };
    database.walk(walk, &mut each).unwrap();
    rows
}

/// Does all long work, in steps of no time.
pub(crate) fn finish_work(database: &mut Database) {
    while write(database, |database| database.work(Duration::ZERO)).unwrap() {}
    database.steps.has_work = false;
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn walks_go_either_way_from_any_row_within_a_range() {
    let (_folder, mut database) = database();
    let table = create(&mut database, &definition("pk sk:N", &[("by-a", "a b:N")]));
    for n in 0..20 {
        let item = item(
            json!({"pk": {"S": "p"}, "sk": {"N": n.to_string()}, "a": {"S": "x"}, "b": {"N": (n / 5).to_string()}}),
        );
        put(&mut database, &table, &item);
    }
    for index in [None, Some("by-a")] {
        let mut walk = walk(&table, index);
        let all: Vec<Position> = rows(&database, &walk)
            .into_iter()
            .map(|row| row.position)
            .collect();
        assert_eq!(all.len(), 20);
        let narrow = KeyRange {
            from: Some(all[5].key.0.clone()),
            before: Some(all[15].key.0.clone()),
        };
        for range in [KeyRange::default(), narrow] {
            walk.range = range;
            for is_forward in [true, false] {
                walk.is_forward = is_forward;
                walk.after = None;
                let mut expected: Vec<Position> = all.clone();
                if !is_forward {
                    expected.reverse();
                }
                let whole = KeyRange::default() == walk.range;
                expected.retain(|position| {
                    whole || (position.key >= all[5].key && position.key < all[15].key)
                });
                let mut found = Vec::new();
                // A row at a time.
                loop {
                    let mut next = None;
                    let mut each = |row: Row| {
                        next = Some(row.position);
                        Ok(ControlFlow::Break(()))
                    };
                    database.walk(&walk, &mut each).unwrap();
                    let Some(next) = next else { break };
                    found.push(next.clone());
                    walk.after = Some(next);
                }
                assert_eq!(found, expected);
                // From a row that is out of the range.
                for outside in [&all[0], &all[19]] {
                    walk.after = Some(outside.clone());
                    let ahead = |position: &&Position| {
                        let of =
                            |position: &Position| (position.key.clone(), position.item.clone());
                        if is_forward {
                            of(position) > of(outside)
                        } else {
                            of(position) < of(outside)
                        }
                    };
                    let expected: Vec<&Position> = expected.iter().filter(ahead).collect();
                    let found = rows(&database, &walk);
                    let found: Vec<&Position> = found.iter().map(|row| &row.position).collect();
                    assert_eq!(found, expected);
                }
            }
        }
    }
}

#[test]
fn walks_are_searches_and_not_scans_of_everything() {
    let (_folder, mut database) = database();
    let table = create(&mut database, &definition("pk sk:N", &[("by-a", "a b:N")]));
    for index in [None, Some("by-a")] {
        for is_forward in [true, false] {
            let mut walk = walk(&table, index);
            walk.is_forward = is_forward;
            walk.range = KeyRange {
                from: Some(vec![1]),
                before: Some(vec![2]),
            };
            walk.after = Some(Position {
                key: Key(vec![1, 1]),
                item: index.map(|_| Key(vec![3])),
            });
            let (select, bounds) = super::rows::statement(&walk);
            let explain = format!("EXPLAIN QUERY PLAN {select}");
            let mut explain = database.connection.prepare(&explain).unwrap();
            let plan = explain.query_map(rusqlite::params_from_iter(bounds), |row| {
                row.get::<_, String>(3)
            });
            let plan: Vec<String> = plan.unwrap().map(Result::unwrap).collect();
            assert!(plan[0].starts_with("SEARCH rows USING"), "{plan:?}");
            assert!(
                plan.iter().all(|step| !step.contains("TEMP B-TREE")),
                "{plan:?}"
            );
        }
    }
}

#[test]
fn an_index_row_without_its_item_is_damage() {
    let (_folder, mut database) = database();
    let table = create(&mut database, &definition("pk", &[("by-a", "a")]));
    put(
        &mut database,
        &table,
        &item(json!({"pk": {"S": "p"}, "a": {"S": "x"}})),
    );
    let delete = format!("DELETE FROM items_{}", table.number);
    database.connection.execute_batch(&delete).unwrap();
    let found = database.walk(&walk(&table, Some("by-a")), &mut |_| {
        Ok(ControlFlow::Continue(()))
    });
    assert!(matches!(found, Err(Error::Damaged { table }) if table == "things"));
}

/// What is counted of a table, what is in its indexes and when its items expire, against what its items say.
fn check(database: &mut Database) {
    let table = things(database);
    let items = rows(database, &walk(&table, None));
    let bytes = items.iter().map(|row| item_size(&row.item) as i64).sum();
    let counts = database.counts(&table).unwrap();
    let expected = Count {
        items: items.len() as i64,
        bytes,
    };
    assert_eq!(counts.table, expected);
    for (index, count) in table.indexes.iter().zip(counts.indexes) {
        let mut expected: Vec<(Key, Key)> = Vec::new();
        let mut bytes = 0;
        for row in &items {
            if let Some(key) = index.key_of(&row.item) {
                expected.push((key, row.position.key.clone()));
                bytes += index.projected_size(&table, &row.item) as i64;
            }
        }
        expected.sort();
        let found = rows(database, &walk(&table, Some(&index.name)));
        let found = found
            .into_iter()
            .map(|row| (row.position.key, row.position.item.unwrap()));
        assert_eq!(found.collect::<Vec<_>>(), expected);
        let items = expected.len() as i64;
        assert_eq!(count, Count { items, bytes });
    }
    if let Some(expiry) = table.expiry {
        let mut expected: Vec<(i64, Vec<u8>)> = Vec::new();
        for row in &items {
            if let Some(at) = table.expires_at(&row.item) {
                expected.push((at, row.position.key.0.clone()));
            }
        }
        expected.sort();
        let select = format!("SELECT at, key FROM expiry_{expiry} ORDER BY at, key");
        let mut select = database.connection.prepare(&select).unwrap();
        let found = select
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let found: Vec<(i64, Vec<u8>)> = found.map(Result::unwrap).collect();
        assert_eq!(found, expected);
    }
}

/// An attribute's value: one that can be a key, one that can't, or none.
fn attribute() -> impl Strategy<Value = Option<AttributeValue>> {
    prop_oneof![
        3 => "[a-c]{0,2}".prop_map(|text| Some(AttributeValue::S(text))),
        2 => (0..3_u64).prop_map(|number| Some(AttributeValue::N(Number::from(number)))),
        1 => Just(None),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, Option<(Option<AttributeValue>, Option<AttributeValue>)>),
    AddIndex(bool),
    RemoveIndex(bool),
    TimeToLive(bool),
    Work,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let set = (0..12_u8, proptest::option::of((attribute(), attribute())));
    prop_oneof![
        16 => set.prop_map(|(key, new)| Step::Set(key, new)),
        1 => any::<bool>().prop_map(Step::AddIndex),
        1 => any::<bool>().prop_map(Step::RemoveIndex),
        1 => any::<bool>().prop_map(Step::TimeToLive),
        3 => Just(Step::Work),
        1 => Just(Step::Reopen),
    ]
}

/// The definition with those of the two indexes that are wanted.
fn with(first: bool, second: bool) -> CreateTable {
    let wanted = [("by-a", "a"), ("by-b", "b:N a")];
    let wanted = wanted
        .into_iter()
        .zip([first, second])
        .filter(|(_, is_wanted)| *is_wanted);
    let wanted: Vec<_> = wanted.map(|(index, _)| index).collect();
    definition("pk", &wanted)
}

fn take(database: &mut Database, step: Step) {
    let table = things(database);
    let has = ["by-a", "by-b"].map(|name| table.index(name).is_some());
    match step {
        Step::Set(key, new) => {
            let key = item(json!({"pk": {"S": key.to_string()}}));
            let new = new.map(|(a, b)| {
                let mut new = key.clone();
                new.extend(a.map(|a| ("a".to_owned(), a)));
                new.extend(b.map(|b| ("b".to_owned(), b)));
                new
            });
            set(database, &table, &key, new.as_ref());
        }
        Step::AddIndex(first) if !has[usize::from(!first)] => {
            let definition = with(first || has[0], !first || has[1]);
            let name = if first { "by-a" } else { "by-b" };
            write(database, |database| {
                database.add_index(&table, &definition, name)
            })
            .unwrap();
        }
        Step::RemoveIndex(first) if has[usize::from(!first)] => {
            let definition = with(!first && has[0], first && has[1]);
            let name = if first { "by-a" } else { "by-b" };
            write(database, |database| {
                database.remove_index(&table, &definition, name)
            })
            .unwrap();
        }
        Step::TimeToLive(is_on) => {
            let attribute = is_on.then_some("b");
            write(database, |database| {
                database.set_time_to_live(&table, attribute)
            })
            .unwrap();
        }
        Step::Work => {
            write(database, |database| database.work(Duration::ZERO)).unwrap();
        }
        Step::Reopen => {
            let shared = Arc::clone(database.shared());
            *database = Database::open(&shared.path, &shared.place, &shared.clock).unwrap();
        }
        Step::AddIndex(_) | Step::RemoveIndex(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn counts_indexes_and_expiry_are_what_the_items_say(steps in proptest::collection::vec(step(), 1..60)) {
        let (_folder, mut database) = database();
        create(&mut database, &definition("pk", &[]));
        for step in steps {
            take(&mut database, step);
        }
        finish_work(&mut database);
        check(&mut database);
        let table = things(&mut database);
        prop_assert!(table.indexes.iter().all(|index| index.state == IndexState::Active));
        write(&mut database, |database| database.drop_table(&table)).unwrap();
        finish_work(&mut database);
        let left = "SELECT count(*) FROM sqlite_schema WHERE name GLOB '*_[0-9]*' AND type = 'table'";
        let left: i64 = database.connection().query_row(left, [], |row| row.get(0)).unwrap();
        prop_assert_eq!(left, 0);
        prop_assert!(database.find_table("things").unwrap().is_none());
    }
}

/// The reason why a file is not opened.
fn refused(write: impl FnOnce(&std::path::Path)) -> StoreError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write(&path);
    let before = std::fs::read(&path).unwrap();
    let opened = Database::open(&path, &place(), &Clock::new());
    assert_eq!(std::fs::read(&path).unwrap(), before, "it is left as it is");
    opened.err().unwrap()
}

#[test]
fn files_of_other_formats_are_refused_and_left_as_they_are() {
    let earlier = refused(|path| {
        let tables = "CREATE TABLE _tables (table_name TEXT)";
        Connection::open(path)
            .unwrap()
            .execute_batch(tables)
            .unwrap();
    });
    assert!(
        matches!(
            earlier,
            StoreError::Format {
                is_newer: false,
                ..
            }
        ),
        "{earlier}"
    );
    let newer = refused(|path| {
        let database = Database::open(path, &place(), &Clock::new()).unwrap();
        let version = "PRAGMA user_version = 1000";
        database.connection.execute_batch(version).unwrap();
    });
    assert!(
        matches!(newer, StoreError::Format { is_newer: true, .. }),
        "{newer}"
    );
    let text = refused(|path| std::fs::write(path, "somebody's text\n".repeat(1000)).unwrap());
    assert!(matches!(text, StoreError::Damaged { .. }), "{text}");
}

#[test]
fn a_flipped_bit_of_a_stored_item_is_damage_and_never_another_value() {
    let (_folder, mut database) = database();
    let table = create(&mut database, &definition("pk", &[("by-a", "a")]));
    let item = item(
        json!({"pk": {"S": "p"}, "a": {"S": "x"}, "n": {"N": "-1.5"}, "l": {"L": [{"BOOL": true}]}}),
    );
    put(&mut database, &table, &item);
    let key = table.key_of(&item).unwrap();
    let select = format!("SELECT item FROM items_{}", table.number);
    let bytes: Vec<u8> = database
        .connection
        .query_row(&select, [], |row| row.get(0))
        .unwrap();
    assert_eq!(database.find_damage(), None);
    let store = |bytes: &[u8]| {
        let update = format!("UPDATE items_{} SET item = ?", table.number);
        database.connection.execute(&update, [bytes]).unwrap();
    };
    let is_damaged = |result| matches!(result, Err(Error::Damaged { table }) if table == "things");
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[index] ^= 1 << bit;
            store(&flipped);
            assert!(is_damaged(database.get(&table, &key).map(drop)));
            for index in [None, Some("by-a")] {
                let walked =
                    database.walk(&walk(&table, index), &mut |_| Ok(ControlFlow::Continue(())));
                assert!(is_damaged(walked));
            }
        }
    }
    assert_eq!(
        database.find_damage().unwrap(),
        "an item of things can't be read"
    );
}

#[test]
fn any_damaged_page_is_noticed_or_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut database = Database::open(&path, &place(), &Clock::new()).unwrap();
    let table = create(&mut database, &definition("pk", &[("by-a", "a")]));
    let stored = |n: usize| {
        item(json!({"pk": {"S": n.to_string()}, "a": {"S": "x"}, "text": {"S": "y".repeat(100)}}))
    };
    for n in 0..20 {
        put(&mut database, &table, &stored(n));
    }
    drop(database);
    let whole = std::fs::read(&path).unwrap();
    // The rows' own pages are at the end.
    let step = 97;
    for index in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[index] ^= 0x10;
        std::fs::write(&path, &bytes).unwrap();
        let Ok(mut database) = Database::open(&path, &place(), &Clock::new()) else {
            continue;
        };
        let Ok(Some(table)) = database.find_table("things") else {
            continue;
        };
        for n in 0..20 {
            let item = stored(n);
            let Ok(key) = table.key_of(&item) else {
                continue;
            };
            if let Ok(Some(found)) = database.get(&table, &key) {
                assert_eq!(found, item, "byte {index}");
            }
        }
        let mut each = |row: Row| {
            let AttributeValue::S(n) = &row.item["pk"] else {
                unreachable!()
            };
            assert_eq!(row.item, stored(n.parse().unwrap()), "byte {index}");
            Ok(ControlFlow::Continue(()))
        };
        for index in [None, table.index("by-a").map(|_| "by-a")] {
            database.walk(&walk(&table, index), &mut each).ok();
        }
    }
}

#[test]
fn items_expire_by_the_clock_and_not_those_of_long_ago() {
    let clock = Clock::new();
    let (_folder, mut database) = database_with(&clock);
    let table = create(&mut database, &definition("pk", &[]));
    let now = database.now() as i64;
    write(&mut database, |database| {
        database.set_time_to_live(&table, Some("at"))
    })
    .unwrap();
    finish_work(&mut database);
    let table = things(&mut database);
    let ago = [-1000, -10, 10, 6 * 365 * 86_400];
    for ago in ago {
        let item =
            item(json!({"pk": {"S": ago.to_string()}, "at": {"N": (now - ago).to_string()}}));
        put(&mut database, &table, &item);
    }
    put(
        &mut database,
        &table,
        &item(json!({"pk": {"S": "text"}, "at": {"S": "1"}})),
    );
    let left = |database: &mut Database| {
        database.sweep();
        finish_work(database);
        check(database);
        rows(database, &walk(&table, None)).len()
    };
    assert_eq!(left(&mut database), 4);
    clock.advance(Duration::from_secs(100));
    assert_eq!(left(&mut database), 3);
    write(&mut database, |database| {
        database.set_time_to_live(&table, None)
    })
    .unwrap();
    clock.advance(Duration::from_secs(10_000));
    assert_eq!(left(&mut database), 3);
}

#[test]
fn many_items_are_loaded_at_once() {
    let (_folder, mut database) = database();
    let table = create(&mut database, &definition("pk", &[("by-a", "a")]));
    let items = (0..500)
        .map(|n| item(json!({"pk": {"S": n.to_string()}, "a": {"S": (n % 7).to_string()}})));
    write(&mut database, |database| {
        database.load(&table, items.clone())
    })
    .unwrap();
    check(&mut database);
    assert_eq!(database.counts(&table).unwrap().table.items, 500);
    // It is all or nothing, and the next load doesn't see what is left of it.
    let again = write(&mut database, |database| database.load(&table, items));
    assert!(matches!(again, Err(Error::Sqlite(_))));
    check(&mut database);
    let other = [item(json!({"pk": {"S": "other"}}))];
    write(&mut database, |database| {
        database.load(&table, other.into_iter())
    })
    .unwrap();
    check(&mut database);
}

#[test]
fn a_definition_that_is_not_committed_is_forgotten_and_readers_see_those_that_are() {
    let (_folder, mut database) = database();
    let mut reader = database.beside().unwrap();
    let mut seen = || reader.read(|reader| reader.find_table("things")).unwrap();
    let execute = |database: &Database, text| database.connection.execute_batch(text).unwrap();
    execute(&database, "BEGIN IMMEDIATE");
    database.create_table(&definition("pk", &[])).unwrap();
    execute(&database, "ROLLBACK");
    database.ended(Some(&samlet_commit::Failure::NotSynced));
    assert!(database.find_table("things").unwrap().is_none());
    assert!(seen().is_none());
    let table = create(&mut database, &definition("pk", &[]));
    assert_eq!(seen().unwrap().number, table.number);
    let with_index = definition("pk", &[("by-a", "a")]);
    write(&mut database, |database| {
        database.add_index(&table, &with_index, "by-a")
    })
    .unwrap();
    assert_eq!(seen().unwrap().indexes[0].state, IndexState::Creating);
    finish_work(&mut database);
    assert_eq!(seen().unwrap().indexes[0].state, IndexState::Active);
    let table = things(&mut database);
    write(&mut database, |database| database.drop_table(&table)).unwrap();
    assert!(seen().is_none());
    let again = create(&mut database, &definition("pk", &[]));
    assert!(again.number > table.number);
    assert_eq!(seen().unwrap().id, again.id);
}
