//! Whole tables as JSON lines, in the format of DynamoDB's own exports.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html>

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::{Tables, items};
use crate::error::Error;
use crate::terminal;

/// Items of one BatchWriteItem.
const BATCH: usize = 25;

/// Batches on their way at once: the store writes what arrives together to
/// disk together.
const WRITERS: usize = 16;

/// Items, each with its line in the file.
type Batch = Vec<(u64, Map<String, Value>)>;

/// `samlet tables export`.
pub(super) fn export(tables: &Tables, table: &str, file: Option<&Path>) -> Result<(), Error> {
    let described = tables.call("DescribeTable", &json!({"TableName": table}))?;
    let bar = bar(
        described["Table"]["ItemCount"].as_u64(),
        "{human_pos} of {human_len} items",
    );
    let began = Instant::now();
    let Some(path) = file.filter(|path| *path != Path::new("-")) else {
        write_items(tables, table, &mut io::stdout().lock(), &bar)?;
        return Ok(());
    };
    // Whoever sees the file sees it whole.
    let partial = path.with_added_extension("partial");
    let unwritable = |source| Error::FileUnwritable {
        path: path.to_owned(),
        source,
    };
    let mut out = BufWriter::new(File::create(&partial).map_err(unwritable)?);
    let written = write_items(tables, table, &mut out, &bar).and_then(|count| {
        let flushed = out.into_inner().map_err(io::IntoInnerError::into_error);
        let synced = flushed.and_then(|file| file.sync_all());
        synced
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(unwritable)?;
        Ok(count)
    });
    if written.is_err() {
        std::fs::remove_file(&partial).ok();
    }
    report("Exported", written?, table, began);
    Ok(())
}

fn write_items(
    tables: &Tables,
    table: &str,
    out: &mut dyn Write,
    bar: &ProgressBar,
) -> Result<u64, Error> {
    let mut count = 0;
    for page in items::pages(tables, table) {
        for item in page? {
            writeln!(out, "{}", json!({"Item": item})).map_err(|source| Error::FileUnwritable {
                path: "the export".into(),
                source,
            })?;
            count += 1;
        }
        bar.set_position(count);
    }
    bar.finish_and_clear();
    Ok(count)
}

/// `samlet tables import`: puts every line's item, over one that has its key.
pub(super) fn import(tables: &Tables, table: &str, file: &Path) -> Result<(), Error> {
    let unreadable = |source| Error::FileUnreadable {
        path: file.to_owned(),
        source,
    };
    // A table that isn't there should be known at once.
    tables.call("DescribeTable", &json!({"TableName": table}))?;
    let (reader, bytes): (Box<dyn BufRead>, _) = match file == Path::new("-") {
        true => (Box::new(io::stdin().lock()), None),
        false => {
            let open = File::open(file).map_err(unreadable)?;
            let bytes = open.metadata().ok().map(|metadata| metadata.len());
            (Box::new(BufReader::new(open)), bytes)
        }
    };
    let bar = bar(bytes, "{bytes} of {total_bytes}, {eta} left");
    let began = Instant::now();
    let (sender, batches) = sync_channel(WRITERS);
    let batches = Mutex::new(batches);
    let failure = Mutex::new(None);
    let read = std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while let Some(batch) = next(&batches) {
                    if let Err(error) = put_batch(tables, table, batch) {
                        let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        failure.get_or_insert(error);
                    }
                }
            });
        }
        let has_failed = || {
            let failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.is_some()
        };
        read_batches(reader, file, sender, &bar, has_failed)
    });
    bar.finish_and_clear();
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => {
            report("Imported", read?, table, began);
            Ok(())
        }
    }
}

/// Hands on what a file holds, until it ends or something has failed; gives
/// the number of items. The writers end as `sender` goes.
fn read_batches(
    reader: impl BufRead,
    file: &Path,
    sender: SyncSender<Batch>,
    bar: &ProgressBar,
    has_failed: impl Fn() -> bool,
) -> Result<u64, Error> {
    let mut batch = Batch::new();
    let mut count = 0;
    for (line, number) in reader.lines().zip(1..) {
        let line = line.map_err(|source| Error::FileUnreadable {
            path: file.to_owned(),
            source,
        })?;
        bar.inc(line.len() as u64 + 1);
        if line.trim().is_empty() {
            continue;
        }
        let item = items::parse(&line).map_err(|error| Error::LineRefused {
            line: number,
            reason: error.to_string(),
        })?;
        batch.push((number, item));
        count += 1;
        if batch.len() == BATCH {
            sender.send(std::mem::take(&mut batch)).ok();
        }
        if has_failed() {
            break;
        }
    }
    sender.send(batch).ok();
    Ok(count)
}

fn next(batches: &Mutex<Receiver<Batch>>) -> Option<Batch> {
    batches
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
        .ok()
}

/// Writes a batch; where one of its items can't be written, says which.
fn put_batch(tables: &Tables, table: &str, batch: Batch) -> Result<(), Error> {
    let mut requests: Value = batch
        .iter()
        .map(|(_, item)| json!({"PutRequest": {"Item": item}}))
        .collect();
    while requests.as_array().is_some_and(|left| !left.is_empty()) {
        let request = json!({"RequestItems": {table: requests}});
        let Ok(mut answer) = tables.call("BatchWriteItem", &request) else {
            return put_one_by_one(tables, table, batch);
        };
        requests = answer["UnprocessedItems"][table].take();
    }
    Ok(())
}

fn put_one_by_one(tables: &Tables, table: &str, batch: Batch) -> Result<(), Error> {
    for (line, item) in batch {
        let put = tables.call("PutItem", &json!({"TableName": table, "Item": item}));
        put.map_err(|error| Error::LineRefused {
            line,
            reason: error.to_string(),
        })?;
    }
    Ok(())
}

/// A bar on a terminal; nothing elsewhere.
fn bar(length: Option<u64>, template: &str) -> ProgressBar {
    if terminal::is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = match length {
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::no_length(),
    };
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {template}"));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn report(verb: &str, count: u64, table: &str, began: Instant) {
    let items = terminal::counted(count, "item");
    let seconds = began.elapsed().as_secs_f32();
    terminal::print_status(verb, &format!("{items} of {table} in {seconds:.2}s"));
}
