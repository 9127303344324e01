//! Damage at random places of a file: what is read of it is as it was, or an error.
#![expect(clippy::print_stdout, reason = "figures of a longer run")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use samlet_clock::Clock;
use samlet_dynamodb_api::{AttributeValue, Item};
use serde_json::json;

use super::super::definition::Table;
use super::super::rows::Row;
use super::super::{Cause, Change, Database};
use super::{definition, finish_work, item, place, walk};
use crate::operations::testing::{run, table, write};

const PAGE: usize = 4096;

/// Items of each of two tables.
const ITEMS: usize = 150;

/// What came of reading.
#[derive(Debug, Default)]
struct Tally {
    rounds: usize,
    /// The file was not opened.
    refused: usize,
    /// The file was looked over, and something was found.
    found: usize,
    /// Reads that failed.
    failed: usize,
    /// Items that were not as they were written.
    wrong: usize,
    /// Reads that didn't find an item.
    missing: usize,
    /// Items that an index had twice.
    twice: usize,
    /// Items that a table or an index was walked without.
    passed_over: usize,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed % bound as u64) as usize
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let pages = bytes.len() / PAGE;
        let page = self.below(pages) * PAGE;
        match self.below(7) {
            0 => bytes[page..page + PAGE].fill(0),
            1 => bytes[page..page + PAGE].fill_with(|| self.below(256) as u8),
            2 => bytes.truncate(self.below(bytes.len() - 1) + 1),
            3 | 4 => {
                let other = self.below(pages) * PAGE;
                let (content, others) = (bytes[page..page + PAGE].to_vec(), other..other + PAGE);
                if self.below(2) == 0 {
                    bytes.copy_within(others.clone(), page);
                }
                bytes[others].copy_from_slice(&content);
            }
            _ => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
        }
    }
}

fn stored(table: &str, n: usize) -> Item {
    let text = table.repeat(n * 37 % 140);
    item(json!({
        "pk": {"S": format!("key {n}")},
        "a": {"S": (n % 7).to_string()},
        "text": {"S": text},
        "at": {"N": (4_000_000_000_usize + n).to_string()},
    }))
}

const TABLES: [&str; 2] = ["things", "others"];

/// A file with two tables that have an index, a stream, and a time to live.
fn make(path: &Path) {
    let mut database = Database::open(path, &place(), &Clock::new()).unwrap();
    for name in TABLES {
        let mut definition = definition("pk", &[("by-a", "a")]);
        definition.table = name.into();
        let table = write(&mut database, |database| {
            let table = database.create_table(&definition)?;
            database.set_time_to_live(&table, Some("at"))?;
            database.table(name)
        });
        let table = table.unwrap();
        write(&mut database, |database| {
            for n in 0..ITEMS {
                let new = stored(name, n * 61 % ITEMS);
                let change = Change {
                    key: &table.key_of(&new)?,
                    old: None,
                    new: Some(&new),
                    cause: Cause::Request,
                };
                database.change(&table, &change)?;
            }
            Ok(())
        })
        .unwrap();
    }
    finish_work(&mut database);
}

impl Tally {
    fn read(&mut self, database: &mut Database, name: &'static str) {
        let table = database.read(|database| database.table(name));
        let Ok(table) = table else {
            self.failed += 1;
            return;
        };
        for n in 0..ITEMS {
            let item = stored(name, n);
            let key = table.key_of(&item).unwrap();
            match database.read(|database| database.get(&table, &key)) {
                Err(_) => self.failed += 1,
                Ok(None) => self.missing += 1,
                Ok(Some(found)) => self.wrong += usize::from(found != item),
            }
        }
        for index in [None, Some("by-a")] {
            self.walk(database, &table, index);
        }
    }

    fn walk(&mut self, database: &mut Database, table: &Table, index: Option<&str>) {
        let mut found: BTreeMap<String, Item> = BTreeMap::new();
        let walked = database.read(|database| {
            database.walk(&walk(table, index), &mut |row: Row| {
                let AttributeValue::S(key) = &row.item["pk"] else {
                    unreachable!()
                };
                self.twice += usize::from(found.insert(key.clone(), row.item.clone()).is_some());
                Ok(ControlFlow::Continue(()))
            })
        });
        for (key, item) in &found {
            let n = key.strip_prefix("key ").unwrap().parse().unwrap();
            self.wrong += usize::from(*item != stored(table.name(), n));
        }
        match walked {
            Err(_) => self.failed += 1,
            Ok(()) => self.passed_over += ITEMS - found.len(),
        }
    }
}

/// What comes of reading files with damage at random, which are looked over before or not.
fn tally(is_looked_over: bool) -> Tally {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    make(&path);
    let whole = std::fs::read(&path).unwrap();
    let rounds = std::env::var("DAMAGES").map_or(60, |rounds| rounds.parse().unwrap());
    let mut random = Random(rounds as u64);
    let mut tally = Tally::default();
    for _ in 0..rounds {
        let mut bytes = whole.clone();
        random.damage(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        tally.rounds += 1;
        let Ok(database) = Database::open(&path, &place(), &Clock::new()) else {
            tally.refused += 1;
            continue;
        };
        let mut reader = database.beside().unwrap();
        if is_looked_over {
            tally.found += usize::from(reader.find_damage().is_some());
        }
        for name in TABLES {
            tally.read(&mut reader, name);
        }
    }
    println!("looked over: {is_looked_over}; {tally:?}");
    tally
}

#[test]
fn damage_at_random_is_an_error_and_never_a_wrong_answer() {
    let tally = tally(true);
    let wrong = (tally.wrong, tally.twice, tally.missing, tally.passed_over);
    assert_eq!(wrong, (0, 0, 0, 0));
}

#[test]
fn damage_at_random_gives_no_wrong_item_though_the_file_was_not_looked_over() {
    assert_eq!(tally(false).wrong, 0);
}

#[test]
fn a_table_with_missing_rows_answers_no_absence_and_takes_no_writes() {
    let (_folder, mut database) = crate::operations::testing::database();
    run(&mut database, "CreateTable", table("things", "pk")).unwrap();
    let put = |key: &str| json!({"TableName": "things", "Item": {"pk": {"S": key}}});
    let get = |key: &str| json!({"TableName": "things", "Key": {"pk": {"S": key}}});
    run(&mut database, "PutItem", put("a")).unwrap();
    assert_eq!(database.find_damage(), None);
    let number = database.table("things").unwrap().number;
    let miscount = format!("UPDATE counts SET items = 7 WHERE number = {number}");
    database.connection.execute_batch(&miscount).unwrap();
    let found = database.find_damage().unwrap();
    assert_eq!(found, "the table things has other items than are counted");
    run(&mut database, "GetItem", get("b")).unwrap();
    database.shared.soundness.end([number].into());
    run(&mut database, "GetItem", get("a")).unwrap();
    for (operation, request) in [
        ("GetItem", get("b")),
        ("PutItem", put("a")),
        ("PutItem", put("b")),
        ("Scan", json!({"TableName": "things"})),
    ] {
        let result = run(&mut database, operation, request);
        if operation == "PutItem" && result.is_ok() {
            // What changes nothing is not written.
            continue;
        }
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "the stored table things is damaged", "{operation}");
    }
}
