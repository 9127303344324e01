//! What must hold: answers, items, indexes, counts and streams are the model's.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::engine::{Answered, Engine};
use crate::expressions::Comparator;
use crate::request::{Request, Search};
use crate::state::{Answer, Model, Record, Stream};
use crate::table::{Index, Range, Table};
use crate::value::{self, Item, Value, canonical, size, sorted};

pub(crate) type Checked = Result<(), TestCaseError>;

/// Sends a request, and compares what it is answered.
pub(crate) fn send(engine: &mut impl Engine, request: &Request, expected: &Answer) -> Checked {
    if let Request::Search(search) = request {
        return find(engine, search, expected);
    }
    let (operation, body) = request.body();
    compare(&engine.send(operation, &body), expected)
}

/// Compares what a request is answered.
pub(crate) fn compare(answered: &Answered, expected: &Answer) -> Checked {
    let item = |json: &Json| (!json.is_null()).then(|| value::read(json));
    let found = match (answered, expected) {
        (Ok(_), Answer::Anything) => Answer::Anything,
        (Ok(answer), Answer::Attributes(_)) => Answer::Attributes(item(&answer["Attributes"])),
        (Ok(answer), Answer::Item(_)) => Answer::Item(item(&answer["Item"])),
        (Ok(answer), Answer::Items(_)) => {
            let tables = answer["Responses"].as_object().unwrap().iter();
            let tables = tables.map(|(table, items)| (table.clone(), sorted(read_all(items))));
            let found: BTreeMap<_, _> = tables.collect();
            let Answer::Items(expected) = expected else {
                unreachable!()
            };
            let expected = expected.iter();
            let expected = expected.map(|(table, items)| (table.clone(), sorted(items.clone())));
            let expected: BTreeMap<_, _> = expected.collect();
            prop_assert_eq!(found, expected);
            return Ok(());
        }
        (Ok(answer), Answer::Responses(_)) => {
            let responses = answer["Responses"].as_array().unwrap().iter();
            Answer::Responses(responses.map(|response| item(&response["Item"])).collect())
        }
        (Err(refusal), Answer::Refused(name, _)) if refusal.name == *name => {
            Answer::Refused(name, item(&refusal.body["Item"]))
        }
        (Err(refusal), Answer::RefusedForOne(names)) if names.contains(&refusal.name.as_str()) => {
            return Ok(());
        }
        (Err(refusal), Answer::Cancelled(expected)) => {
            let reasons = refusal.body["CancellationReasons"].as_array();
            let none = Vec::new();
            let reasons = reasons.unwrap_or(&none).iter();
            let reasons: Vec<_> = reasons
                .map(|reason| (reason["Code"].as_str().unwrap(), item(&reason["Item"])))
                .collect();
            prop_assert_eq!(&reasons, expected, "{:?}", refusal);
            return Ok(());
        }
        (found, expected) => {
            prop_assert!(false, "answered: {found:?}\nexpected: {expected:?}");
            return Ok(());
        }
    };
    prop_assert!(
        found == *expected,
        "answered: {found:?}\nexpected: {expected:?}"
    );
    Ok(())
}

fn read_all(items: &Json) -> Vec<Item> {
    items.as_array().unwrap().iter().map(value::read).collect()
}

/// Reads all pages of all segments of a search, and compares what is found.
fn find(engine: &mut impl Engine, search: &Search, expected: &Answer) -> Checked {
    let Answer::Rows(expected) = expected else {
        let (operation, body) = search.body(0);
        return compare(&engine.send(operation, &body), expected);
    };
    let mut found = Vec::new();
    for segment in 0..search.segments {
        found.extend(pages(engine, search, segment)?);
    }
    if let Some((sort, _)) = &search.range {
        assert_in_order(&found, sort, search.is_forward)?;
    }
    prop_assert_eq!(
        sorted(found),
        sorted(expected.clone()),
        "what {:?} finds",
        search.body(0)
    );
    Ok(())
}

fn assert_in_order(found: &[Item], sort: &str, is_forward: bool) -> Checked {
    for pair in found.windows(2) {
        let order = pair[0][sort].order(&pair[1][sort]).unwrap();
        let wrong = if is_forward {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        prop_assert!(order != wrong, "out of order: {:?}", pair);
    }
    Ok(())
}

/// The items of all pages.
fn pages(
    engine: &mut impl Engine,
    search: &Search,
    segment: usize,
) -> Result<Vec<Item>, TestCaseError> {
    let (operation, mut body) = search.body(segment);
    let mut found = Vec::new();
    loop {
        let page = engine.send(operation, &body);
        let Ok(page) = page else {
            return Err(TestCaseError::fail(format!("{operation} {body}: {page:?}")));
        };
        let items = read_all(&page["Items"]);
        if !search.is_statement {
            prop_assert_eq!(page["Count"].as_u64(), u64::try_from(items.len()).ok());
            let scanned = page["ScannedCount"].as_u64().unwrap();
            let limit = search.limit.unwrap_or(usize::MAX);
            prop_assert!(usize::try_from(scanned).unwrap() <= limit, "{page}");
        }
        found.extend(items);
        let (last, next) = if search.is_statement {
            ("NextToken", "NextToken")
        } else {
            ("LastEvaluatedKey", "ExclusiveStartKey")
        };
        if page[last].is_null() {
            return Ok(found);
        }
        prop_assert!(body[next] != page[last], "the same page again");
        body[next] = page[last].clone();
    }
}

/// Compares all there is.
pub(crate) fn everything(engine: &mut impl Engine, model: &Model) -> Checked {
    let listed = engine.send("ListTables", &json!({})).unwrap();
    let names: Vec<&String> = model.tables.keys().collect();
    prop_assert_eq!(&listed["TableNames"], &json!(names));
    for table in model.tables.values() {
        of_table(engine, table)?;
    }
    for stream in &model.streams {
        of_stream(engine, stream)?;
    }
    Ok(())
}

fn of_table(engine: &mut impl Engine, table: &Table) -> Checked {
    let name = &table.schema.name;
    let described = engine.settled(name).unwrap();
    let bytes: usize = table.items.iter().map(size).sum();
    let counts = (&described["ItemCount"], &described["TableSizeBytes"]);
    prop_assert_eq!(
        counts,
        (&json!(table.items.len()), &json!(bytes)),
        "counts of {}",
        name
    );
    of_source(engine, table, None)?;
    for item in &table.items {
        let get = Request::Get(name.clone(), table.schema.key_of(item));
        send(engine, &get, &Answer::Item(Some(item.clone())))?;
    }
    for index in &table.schema.indexes {
        let member = if index.is_local {
            "LocalSecondaryIndexes"
        } else {
            "GlobalSecondaryIndexes"
        };
        let mut found = described[member].as_array().unwrap().iter();
        let found = found.find(|found| found["IndexName"] == index.name);
        let Some(found) = found else {
            return Err(TestCaseError::fail(format!("no index {}", index.name)));
        };
        let rows = table.rows(Some(index));
        let bytes: usize = rows.iter().map(size).sum();
        let counts = (&found["ItemCount"], &found["IndexSizeBytes"]);
        let expected = (&json!(rows.len()), &json!(bytes));
        prop_assert_eq!(counts, expected, "counts of {} of {}", &index.name, name);
        of_source(engine, table, Some(index))?;
    }
    let indexes = ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"];
    let counts = indexes
        .iter()
        .map(|member| described[member].as_array().map_or(0, Vec::len));
    prop_assert_eq!(
        counts.sum::<usize>(),
        table.schema.indexes.len(),
        "indexes of {}",
        name
    );
    Ok(())
}

/// Compares a whole table or index, and each partition in both directions.
fn of_source(engine: &mut impl Engine, table: &Table, index: Option<&Index>) -> Checked {
    let mut search = Search {
        table: table.schema.name.clone(),
        index: index.map(|index| index.name.clone()),
        partition: None,
        range: None,
        is_forward: true,
        limit: None,
        segments: 1,
        filter: None,
        is_statement: false,
    };
    let rows = table.rows(index);
    find(engine, &search, &Answer::Rows(rows.clone()))?;
    let (hash, sort) = table.key_of(index);
    let mut partitions: Vec<&Value> = Vec::new();
    for row in &rows {
        let value = &row[&hash.name];
        if !partitions.contains(&value) {
            partitions.push(value);
        }
    }
    for (place, partition) in partitions.into_iter().enumerate() {
        search.is_forward = place % 2 == 0;
        search.partition = Some((hash.name.clone(), partition.clone()));
        let found = table.found(index, partition, None);
        // Asks for all, so that the order is looked at.
        search.range = sort.as_ref().map(|sort| {
            let ends = |item: Option<&Item>| item.unwrap()[&sort.name].clone();
            let least = Range::Compare(Comparator::GreaterOrEqual, ends(found.first()));
            (sort.name.clone(), least)
        });
        find(engine, &search, &Answer::Rows(found))?;
    }
    Ok(())
}

/// A record as the stream has it.
fn read_record(record: &Json) -> Record {
    let change = &record["dynamodb"];
    let image = |name: &str| (!change[name].is_null()).then(|| value::read(&change[name]));
    let event = record["eventName"].as_str().unwrap();
    let events = ["INSERT", "MODIFY", "REMOVE"];
    Record {
        event: events.into_iter().find(|one| *one == event).unwrap(),
        keys: value::read(&change["Keys"]),
        old: image("OldImage"),
        new: image("NewImage"),
        is_expiry: record["userIdentity"]["PrincipalId"] == "dynamodb.amazonaws.com",
    }
}

/// Compares all records of a stream: in order for each key, and as many.
#[expect(clippy::too_many_lines, reason = "one request after the other")]
fn of_stream(engine: &mut impl Engine, stream: &Stream) -> Checked {
    let arn = stream.arn.as_deref().unwrap();
    let described = engine.send("DescribeStream", &json!({"StreamArn": arn}));
    let Ok(described) = described else {
        return Err(TestCaseError::fail(format!("{arn}: {described:?}")));
    };
    let described = &described["StreamDescription"];
    let status = if stream.has_ended {
        "DISABLED"
    } else {
        "ENABLED"
    };
    let found = (
        &described["StreamStatus"],
        &described["StreamViewType"],
        &described["TableName"],
    );
    let expected = (
        &json!(status),
        &json!(stream.view.name()),
        &json!(stream.table),
    );
    prop_assert_eq!(found, expected);
    let mut iterator = engine
        .send(
            "GetShardIterator",
            &json!({
                "StreamArn": arn,
                "ShardId": described["Shards"][0]["ShardId"],
                "ShardIteratorType": "TRIM_HORIZON",
            }),
        )
        .unwrap()["ShardIterator"]
        .clone();
    let (mut by_key, mut last, mut count) = (BTreeMap::new(), 0_u128, 0);
    while !iterator.is_null() {
        let page = engine
            .send("GetRecords", &json!({"ShardIterator": iterator}))
            .unwrap();
        let records = page["Records"].as_array().unwrap();
        for record in records {
            let number = record["dynamodb"]["SequenceNumber"].as_str().unwrap();
            let number: u128 = number.parse().unwrap();
            prop_assert!(number > last, "sequence numbers don't rise: {record}");
            last = number;
            count += 1;
            let read = read_record(record);
            let images = [&read.old, &read.new].into_iter().flatten();
            let bytes = size(&read.keys) + images.map(size).sum::<usize>();
            prop_assert_eq!(&record["dynamodb"]["SizeBytes"], &json!(bytes));
            by_key
                .entry(canonical(&read.keys))
                .or_insert_with(Vec::new)
                .push(read);
        }
        if records.is_empty() {
            break;
        }
        iterator = page["NextShardIterator"].clone();
    }
    assert_eq_records(by_key, stream)?;
    prop_assert_eq!(count, stream.records.len());
    Ok(())
}

/// Compares the records of each key.
fn assert_eq_records(found: BTreeMap<String, Vec<Record>>, stream: &Stream) -> Checked {
    let mut expected = BTreeMap::new();
    for record in &stream.records {
        let key = canonical(&record.keys);
        expected
            .entry(key)
            .or_insert_with(Vec::new)
            .push(record.clone());
    }
    prop_assert_eq!(found, expected, "records of {:?}", stream.arn);
    Ok(())
}
