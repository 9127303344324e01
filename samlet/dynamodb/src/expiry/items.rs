//! Which items have expired, and their deletion: a few at a time, so that writes don't wait for that.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>

use std::ops::RangeInclusive;
use std::time::Instant;

use rusqlite::OptionalExtension;
use samlet_commit::Session;

use crate::database::{Cause, Change, Database, Key, Part, Table};
use crate::error::Error;

/// What expired longer ago than five years is not deleted: such a number is taken to be something else than a time.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>
const OLDEST: i64 = 5 * 365 * 24 * 60 * 60;

/// Items that are looked for at once.
const CHUNK: usize = 16;

/// Deletes until nothing has expired, which is answered by true, or until a moment. A table whose items can't be deleted
/// is passed over.
pub(crate) fn delete(database: &mut Database, until: Instant) -> Result<bool, Error> {
    let now = now(database);
    // What expired while the clock jumped ahead by years is deleted all the same.
    let oldest = database.swept.unwrap_or(now).min(now) - OLDEST;
    for (table, expiry) in tables(database)? {
        let is_done = database.part(Part::Expiry(expiry), |database| {
            let table = database.table(&table)?;
            if database.is_unsound(&table) {
                return Ok(true);
            }
            delete_of(database, &table, expiry, oldest..=now, until)
        })?;
        if !is_done {
            return Ok(false);
        }
    }
    database.swept = Some(now);
    Ok(true)
}

/// Deletes the items of a table that expired at certain times.
fn delete_of(
    database: &mut Database,
    table: &Table,
    expiry: i64,
    times: RangeInclusive<i64>,
    until: Instant,
) -> Result<bool, Error> {
    loop {
        let expired = expired(database, expiry, &times)?;
        for row in &expired {
            delete_one(database, table, expiry, &times, row)?;
            if Instant::now() >= until {
                return Ok(false);
            }
        }
        if expired.len() < CHUNK {
            return Ok(true);
        }
    }
}

/// When the next item expires that has not yet: seconds since the epoch.
pub(crate) fn next(database: &Database) -> Result<Option<i64>, Error> {
    let now = now(database);
    let mut first: Option<i64> = None;
    for (_, expiry) in tables(database)? {
        // Of a table for which that can't be read, the sweep says so.
        let next = next_of(database, expiry, now).unwrap_or_default();
        first = first.into_iter().chain(next).min();
    }
    Ok(first)
}

fn next_of(database: &Database, expiry: i64, now: i64) -> Result<Option<i64>, Error> {
    let select = format!("SELECT at FROM expiry_{expiry} WHERE at > ? ORDER BY at LIMIT 1");
    let mut select = database.connection().prepare_cached(&select)?;
    let next = select.query_row([now], |row| row.get(0));
    Ok(next.optional()?)
}

/// Deletes an item that has expired, as its row says. One that can't be read stays, and is not looked at again; of one
/// that says another time, that is noted.
fn delete_one(
    database: &mut Database,
    table: &Table,
    expiry: i64,
    times: &RangeInclusive<i64>,
    (at, key): &(i64, Key),
) -> Result<(), Error> {
    let item = match database.get(table, key) {
        Ok(item) => item,
        Err(error @ Error::Damaged { .. }) => {
            tracing::error!("an expired item can't be deleted: {error}");
            None
        }
        Err(error) => return Err(error),
    };
    let expires_at = item.as_ref().and_then(|item| table.expires_at(item));
    if expires_at != Some(*at) {
        database.delete_expiry(expiry, *at, key)?;
    }
    match expires_at {
        None => return Ok(()),
        Some(at) if !times.contains(&at) => return database.insert_expiry(expiry, at, key),
        Some(_) => {}
    }
    let change = Change {
        key,
        old: item.as_ref(),
        new: None,
        cause: Cause::Expiry,
    };
    database.change(table, &change)
}

/// When the first of what expired at certain times did so, and their keys.
fn expired(
    database: &Database,
    expiry: i64,
    times: &RangeInclusive<i64>,
) -> Result<Vec<(i64, Key)>, Error> {
    let select = format!(
        "SELECT at, key FROM expiry_{expiry} WHERE at >= ? AND at <= ? ORDER BY at, key LIMIT {CHUNK}"
    );
    let mut select = database.connection().prepare_cached(&select)?;
    let expired = select.query_map([times.start(), times.end()], |row| {
        Ok((row.get(0)?, Key(row.get(1)?)))
    })?;
    Ok(expired.collect::<Result<_, _>>()?)
}

/// The tables whose items expire, and the numbers of where it stands when they do.
fn tables(database: &Database) -> Result<Vec<(String, i64)>, Error> {
    let select = "SELECT name, expiry FROM tables WHERE expiry IS NOT NULL";
    let mut select = database.connection().prepare_cached(select)?;
    let tables = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(tables.collect::<Result<_, _>>()?)
}

/// Whole seconds since the epoch.
#[expect(clippy::cast_possible_truncation, reason = "until the year 9999")]
fn now(database: &Database) -> i64 {
    database.now().floor() as i64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::{Duration, SystemTime};

    use samlet_clock::Clock;
    use serde_json::{Value, json};

    use super::*;
    use crate::operations::testing::{self, run};

    /// When tests begin, in seconds since the epoch.
    const NOW: u64 = 1_795_799_100;

    fn start() -> (tempfile::TempDir, Database, Clock) {
        let clock = Clock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
        let (folder, mut database) = testing::database_with(&clock);
        let mut table = testing::table("sessions", "pk");
        table["StreamSpecification"] =
            json!({"StreamEnabled": true, "StreamViewType": "OLD_IMAGE"});
        run(&mut database, "CreateTable", table).unwrap();
        let specification = json!({"Enabled": true, "AttributeName": "expires"});
        let update = json!({"TableName": "sessions", "TimeToLiveSpecification": specification});
        run(&mut database, "UpdateTimeToLive", update).unwrap();
        (folder, database, clock)
    }

    fn put(database: &mut Database, key: &str, expires: Value) {
        let mut item = json!({"pk": {"S": key}});
        if !expires.is_null() {
            item["expires"] = expires;
        }
        let request = json!({"TableName": "sessions", "Item": item});
        run(database, "PutItem", request).unwrap();
    }

    fn sweep(database: &mut Database) {
        let done = testing::write(database, |database| {
            delete(database, Instant::now() + Duration::from_secs(60))
        });
        assert!(done.unwrap());
    }

    fn is_there(database: &mut Database, key: &str) -> bool {
        let request = json!({"TableName": "sessions", "Key": {"pk": {"S": key}}});
        let answer = run(database, "GetItem", request).unwrap();
        answer.get("Item").is_some()
    }

    #[test]
    fn what_has_expired_is_deleted_and_nothing_else() {
        let five_years = 5 * 365 * 24 * 3600;
        let number = |value: u64| json!({"N": value.to_string()});
        for (expires, is_kept) in [
            (Value::Null, true),
            (number(NOW), false),
            (number(NOW - 1), false),
            (number(NOW + 60), true),
            (json!({"N": format!("{}.5", NOW + 60)}), true),
            (json!({"N": format!("{}.5", NOW - 1)}), false),
            (json!({"N": "1.7957E9"}), false),
            (number(NOW - five_years + 60), false),
            (number(NOW - five_years - 60), true),
            (number(0), true),
            (number(NOW * 1000), true),
            (json!({"N": format!("-{NOW}")}), true),
            (json!({"N": "9E125"}), true),
            (json!({"N": "1E-130"}), true),
            (json!({"S": NOW.to_string()}), true),
            (json!({"L": [{"N": NOW.to_string()}]}), true),
            (json!({"NS": [NOW.to_string()]}), true),
        ] {
            let (_folder, mut database, _clock) = start();
            put(&mut database, "a", expires.clone());
            sweep(&mut database);
            assert_eq!(is_there(&mut database, "a"), is_kept, "{expires}");
        }
    }

    #[test]
    fn items_expire_by_the_clock_and_as_they_were_last_written() {
        let (_folder, mut database, clock) = start();
        for (key, after) in [("a", 100), ("b", 200), ("c", 300)] {
            put(&mut database, key, json!({"N": (NOW + after).to_string()}));
        }
        put(&mut database, "b", json!({"N": (NOW + 400).to_string()}));
        put(&mut database, "c", Value::Null);
        assert_eq!(next(&database).unwrap(), Some((NOW + 100).cast_signed()));
        clock.advance(Duration::from_secs(300));
        sweep(&mut database);
        let left = |database: &mut Database| ["a", "b", "c"].map(|key| is_there(database, key));
        assert_eq!(left(&mut database), [false, true, true]);
        assert_eq!(next(&database).unwrap(), Some((NOW + 400).cast_signed()));
        clock.advance(Duration::from_secs(300));
        sweep(&mut database);
        assert_eq!(left(&mut database), [false, false, true]);
        assert_eq!(next(&database).unwrap(), None);
    }

    #[test]
    fn many_are_deleted_in_steps() {
        let (_folder, mut database, clock) = start();
        for key in 0..100 {
            put(
                &mut database,
                &key.to_string(),
                json!({"N": (NOW + 1).to_string()}),
            );
        }
        clock.advance(Duration::from_secs(2));
        let mut steps = 0;
        // The time is over after the first item of each step.
        while !testing::write(&mut database, |database| delete(database, Instant::now())).unwrap() {
            steps += 1;
        }
        assert_eq!(steps, 100);
        let described = run(
            &mut database,
            "DescribeTable",
            json!({"TableName": "sessions"}),
        );
        assert_eq!(described.unwrap()["Table"]["ItemCount"], 0);
    }
}
