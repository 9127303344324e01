//! The format of the file, which its header names by a version.
//!
//! From its first version on, a file of each of them opens with everything in it.

use std::path::Path;

use rusqlite::Connection;

use crate::errors::StoreError;

/// SQLite's `application_id` of a file of tables: `smlT`.
const APPLICATION_ID: i32 = 0x736d_6c54;

/// SQLite's `user_version`: the version of the format.
pub(super) const VERSION: i32 = 1;

/// What the file has beside a table for each table and index:
/// `items_N(key, item)` for table number N, `index_N(key, item)` for index number N, whose `item` is the key of the item
/// in its table, and `expiry_N(at, key)` under a number of its own for a table whose items expire.
///
/// `numbers` has the last number given, and how often definitions have changed. Counts stand by themselves, for they are
/// written with every change of an item. What says what there is has a `seal`, a checksum over a row's other columns but
/// for a stream's last sequence number. Times are seconds since the epoch.
const SCHEMA: &str = "
CREATE TABLE numbers (last INTEGER NOT NULL, definitions INTEGER NOT NULL) STRICT;
INSERT INTO numbers VALUES (0, 0);
CREATE TABLE tables (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    id TEXT NOT NULL,
    created REAL NOT NULL,
    definition TEXT NOT NULL,
    time_to_live TEXT,
    expiry INTEGER,
    seal INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE indexes (
    number INTEGER PRIMARY KEY,
    table_number INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    seal INTEGER NOT NULL DEFAULT 0,
    UNIQUE (table_number, name)
) STRICT;
CREATE TABLE counts (
    number INTEGER PRIMARY KEY,
    items INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE history (
    owner INTEGER NOT NULL,
    event TEXT NOT NULL,
    at REAL NOT NULL,
    times_that_day INTEGER NOT NULL,
    PRIMARY KEY (owner, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE streams (
    number INTEGER PRIMARY KEY,
    table_number INTEGER NOT NULL,
    table_name TEXT NOT NULL,
    label TEXT NOT NULL,
    view TEXT NOT NULL,
    keys TEXT NOT NULL,
    created REAL NOT NULL,
    ended REAL,
    seal INTEGER NOT NULL DEFAULT 0,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    UNIQUE (table_name, label)
) STRICT;
CREATE TABLE records (
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at REAL NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
    operation TEXT NOT NULL,
    token TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    at REAL NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (operation, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_time ON tokens (at);
CREATE TABLE token_totals (tokens INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
INSERT INTO token_totals VALUES (0, 0);
CREATE TABLE work (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    target INTEGER NOT NULL,
    position BLOB
) STRICT;
";

/// The rows of a table. They have numbers of SQLite's own and stand in the order in which they came, with an index of
/// their keys: a write then takes half the processor time that it takes where rows stand in the order of their hashed
/// keys, and items of 2 KB are read in a third.
pub(super) fn make_items(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE items_{number} (key BLOB NOT NULL PRIMARY KEY, item BLOB NOT NULL) STRICT"
    ))
}

/// The rows of an index, which are short.
pub(super) fn make_index(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE index_{number} (key BLOB NOT NULL, item BLOB NOT NULL, PRIMARY KEY (key, item)) STRICT, WITHOUT ROWID"
    ))
}

/// When the items of a table expire: seconds since the epoch.
pub(super) fn make_expiry(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE expiry_{number} (at INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (at, key)) STRICT, WITHOUT ROWID"
    ))
}

/// Makes a new file's tables, and refuses a file of another format.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = pragma("application_id").map_err(failed)?;
    let version = pragma("user_version").map_err(failed)?;
    let content = "SELECT count(*) FROM sqlite_schema";
    let content: i64 = connection
        .query_row(content, [], |row| row.get(0))
        .map_err(failed)?;
    if content == 0 && application == 0 && version == 0 {
        return make(connection).map_err(failed);
    }
    if application == APPLICATION_ID && version == VERSION {
        return Ok(());
    }
    let path = path.to_owned();
    if application == APPLICATION_ID || is_before_first(connection).map_err(failed)? {
        let is_newer = version > VERSION;
        return Err(StoreError::Format { path, is_newer });
    }
    let reason = "it is a file of SQLite's, but not one that samlet has written".into();
    Err(StoreError::Damaged { path, reason })
}

/// Whether a file is one of samlet's from before its format had versions.
fn is_before_first(connection: &Connection) -> rusqlite::Result<bool> {
    let select = "SELECT count(*) FROM sqlite_schema WHERE name IN ('_tables', '_stream_records')";
    let known: i64 = connection.query_row(select, [], |row| row.get(0))?;
    Ok(known > 0)
}

fn make(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
