//! Long work of which a part fails: the rest is done.

use rusqlite::ffi;
use samlet_commit::Failure;

use super::*;

/// Steps until all must have ended.
const STEPS: usize = 1000;

/// Does long work as the writer does; how many steps have failed.
fn do_steps(database: &mut Database) -> usize {
    let execute = |database: &Database, text| database.connection.execute_batch(text).unwrap();
    let mut failed = 0;
    for _ in 0..STEPS {
        if !database.steps.are_left() {
            return failed;
        }
        execute(database, "BEGIN IMMEDIATE");
        let ended = database.step().and_then(|()| {
            let committed = database.commit();
            committed.map_err(|error| Failure::Disk {
                reason: error.to_string(),
            })
        });
        if ended.is_err() {
            execute(database, "ROLLBACK");
            failed += 1;
        }
        database.step_ended(ended.err().as_ref());
    }
    unreachable!("it goes on and on")
}

/// Makes tables of these names, whose items expire, with an item each that has expired and one that has not.
fn expiring(database: &mut Database, names: &[&str]) {
    let now = database.now() as i64;
    for name in names {
        let mut definition = definition("pk", &[("by-a", "a")]);
        (*name).clone_into(&mut definition.table);
        let table = create(database, &definition);
        write(database, |database| {
            database.set_time_to_live(&table, Some("at"))
        })
        .unwrap();
        let table = database.table(name).unwrap();
        for (key, at) in [("old", now - 10), ("new", now + 10)] {
            let at = at.to_string();
            let item = json!({"pk": {"S": key}, "a": {"S": "x"}, "at": {"N": at}});
            put(
                database,
                &table,
                &item_from_json(item.as_object().unwrap().clone()).unwrap(),
            );
        }
    }
    finish_work(database);
}

fn count(database: &mut Database, name: &str) -> i64 {
    let table = database.table(name).unwrap();
    database.counts(&table).unwrap().table.items
}

/// Drops a table of SQLite's, as damage would.
fn lose(database: &Database, name: &str) {
    let drop = format!("DROP TABLE {name}");
    database.connection.execute_batch(&drop).unwrap();
}

#[test]
fn a_broken_table_does_not_keep_the_items_of_others_from_expiring() {
    for broken in ["items", "index", "expiry"] {
        let (_folder, mut database) = database();
        expiring(&mut database, &["aaa", "bbb", "ccc"]);
        let table = database.table("bbb").unwrap();
        let number = match broken {
            "items" => table.number,
            "index" => table.indexes[0].number,
            _ => table.expiry.unwrap(),
        };
        lose(&database, &format!("{broken}_{number}"));
        for _ in 0..2 {
            database.sweep();
            assert_eq!(do_steps(&mut database), 1, "{broken}");
            let counts = ["aaa", "bbb", "ccc"].map(|name| count(&mut database, name));
            assert_eq!(counts, [1, 2, 1], "{broken}");
        }
        assert!(crate::expiry::next(&database).unwrap().is_some());
    }
}

#[test]
fn items_expire_though_what_is_too_old_in_streams_can_not_be_deleted() {
    let (_folder, mut database) = database();
    expiring(&mut database, &["aaa"]);
    let mut other = table("other", "pk");
    other["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"});
    crate::operations::testing::run(&mut database, "CreateTable", other).unwrap();
    lose(&database, "records");
    database.sweep();
    assert_eq!(do_steps(&mut database), 1);
    assert_eq!(count(&mut database, "aaa"), 1);
}

#[test]
fn work_that_fails_does_not_stop_what_is_behind_it() {
    let (_folder, mut database) = database();
    expiring(&mut database, &["aaa", "bbb", "ccc"]);
    let with_index = |name: &str| {
        let mut definition = definition("pk", &[("by-a", "a"), ("by-at", "at:N")]);
        name.clone_into(&mut definition.table);
        definition
    };
    for name in ["aaa", "bbb"] {
        let table = database.table(name).unwrap();
        write(&mut database, |database| {
            database.add_index(&table, &with_index(name), "by-at")
        })
        .unwrap();
    }
    let broken = database.table("aaa").unwrap().number;
    lose(&database, &format!("items_{broken}"));
    let state = |database: &mut Database, name: &str| {
        let table = database.table(name).unwrap();
        table.index("by-at").unwrap().state
    };
    assert_eq!(do_steps(&mut database), 1);
    assert_eq!(state(&mut database, "aaa"), IndexState::Creating);
    assert_eq!(state(&mut database, "bbb"), IndexState::Active);
    database.sweep();
    do_steps(&mut database);
    assert_eq!(count(&mut database, "ccc"), 1);
    // It is begun again, and goes on once the table is whole.
    super::super::format::make_items(&database.connection, broken).unwrap();
    database.sweep();
    assert_eq!(do_steps(&mut database), 0);
    assert_eq!(state(&mut database, "aaa"), IndexState::Active);
}

#[test]
fn steps_that_can_not_be_committed_wait_for_the_next_sweep() {
    let (_folder, mut database) = database();
    expiring(&mut database, &["aaa"]);
    let full = || rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
    database.before_commit = Some(Box::new(move |_| Err(full())));
    database.sweep();
    assert_eq!(do_steps(&mut database), 1);
    assert_eq!(count(&mut database, "aaa"), 2);
    database.before_commit = None;
    database.sweep();
    assert_eq!(do_steps(&mut database), 0);
    assert_eq!(count(&mut database, "aaa"), 1);
}

#[test]
fn a_step_that_fails_as_a_whole_is_not_begun_again_at_once() {
    let (_folder, mut database) = database();
    let reason = || "the disk is full".into();
    for failure in [Failure::Panicked, Failure::Disk { reason: reason() }] {
        database.sweep();
        database.steps.has_work = true;
        database.step_ended(Some(&failure));
        assert!(!database.steps.are_left(), "{failure}");
    }
}

#[test]
fn items_beside_one_that_can_not_be_read_expire() {
    let (_folder, mut database) = database();
    expiring(&mut database, &["aaa"]);
    let table = database.table("aaa").unwrap();
    write(&mut database, |database| {
        database.set_time_to_live(&table, None)
    })
    .unwrap();
    for key in ["1", "2", "3", "4", "5", "6"] {
        put(&mut database, &table, &item(json!({"pk": {"S": key}})));
    }
    let damage = format!(
        "UPDATE items_{0} SET item = x'00' WHERE key = (SELECT min(key) FROM items_{0} WHERE length(item) < 16)",
        table.number
    );
    assert_eq!(database.connection.execute(&damage, []).unwrap(), 1);
    let table = database.table("aaa").unwrap();
    write(&mut database, |database| {
        database.set_time_to_live(&table, Some("at"))
    })
    .unwrap();
    database.sweep();
    assert_eq!(do_steps(&mut database), 0);
    assert_eq!(count(&mut database, "aaa"), 7);
}

#[test]
fn an_item_expires_in_time_though_another_time_is_noted_for_it() {
    let clock = Clock::new();
    let (_folder, mut database) = database_with(&clock);
    expiring(&mut database, &["aaa"]);
    let expiry = database.table("aaa").unwrap().expiry.unwrap();
    let wrong = format!("UPDATE expiry_{expiry} SET at = at - 12 WHERE at % 2 >= 0");
    database.connection.execute(&wrong, []).unwrap();
    for left in [1, 0] {
        database.sweep();
        assert_eq!(do_steps(&mut database), 0);
        assert_eq!(count(&mut database, "aaa"), left);
        clock.advance(Duration::from_secs(11));
    }
}

#[test]
fn items_expire_when_the_clock_jumps_ahead_by_years() {
    let clock = Clock::new();
    let (_folder, mut database) = database_with(&clock);
    expiring(&mut database, &["aaa"]);
    database.sweep();
    do_steps(&mut database);
    assert_eq!(count(&mut database, "aaa"), 1);
    clock.advance(Duration::from_secs(6 * 365 * 86_400));
    database.sweep();
    do_steps(&mut database);
    assert_eq!(count(&mut database, "aaa"), 0);
}

#[test]
fn another_attribute_counts_while_the_rows_of_earlier_ones_are_half_made_and_half_gone() {
    let (_folder, mut database) = database();
    expiring(&mut database, &["things"]);
    let now = database.now() as i64;
    let table = things(&mut database);
    for key in 0..200 {
        let (at, then) = ((now - 10).to_string(), (now + key).to_string());
        let item = json!({"pk": {"S": key.to_string()}, "at": {"N": at}, "then": {"N": then}});
        put(
            &mut database,
            &table,
            &item_from_json(item.as_object().unwrap().clone()).unwrap(),
        );
    }
    for attribute in [
        None,
        Some("at"),
        None,
        Some("then"),
        Some("at"),
        None,
        Some("then"),
    ] {
        let table = things(&mut database);
        write(&mut database, |database| {
            database.set_time_to_live(&table, attribute)
        })
        .unwrap();
        for _ in 0..5 {
            write(&mut database, |database| database.work(Duration::ZERO)).unwrap();
        }
    }
    do_steps(&mut database);
    check(&mut database);
    database.sweep();
    do_steps(&mut database);
    check(&mut database);
    let left = count(&mut database, "things");
    assert!((195..=201).contains(&left), "{left}");
}
