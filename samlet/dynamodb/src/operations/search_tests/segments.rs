//! Segments of scans.

use proptest::prelude::*;
use samlet_dynamodb_api::request::Segment;
use serde_json::{Value, json};

use super::super::testing::{refusal, run};
use super::{item, put, tables, with};
use crate::database::KeyRange;

const MAX_SEGMENTS: u32 = 1_000_000;

proptest! {
    #[test]
    fn every_key_is_in_one_segment_of_any_number(
        hash in any::<u32>(),
        rest in any::<u8>(),
        total in 1..=MAX_SEGMENTS,
    ) {
        let key = [&hash.to_be_bytes()[..], &[rest]].concat();
        let is_in = |number| {
            number < total && KeyRange::of_segment(Segment { number, total }).contains(&key)
        };
        let number = (u64::from(hash) * u64::from(total)) >> 32;
        let number = u32::try_from(number).unwrap();
        prop_assert!(is_in(number));
        prop_assert!(!is_in(number + 1));
        prop_assert!(number == 0 || !is_in(number - 1));
    }
}

#[test]
fn segments_follow_one_another() {
    for total in [1, 2, 3, 7, 4096, 999_999, MAX_SEGMENTS] {
        let mut before = Some(vec![0; 4]);
        for number in 0..total {
            let range = KeyRange::of_segment(Segment { number, total });
            assert_eq!(range.from, before, "{number} of {total}");
            before = range.before;
        }
        assert_eq!(before, None, "{total}");
    }
}

#[test]
fn scans_of_all_segments_find_every_item_once() {
    let (_folder, mut database) = tables();
    for n in 0..60 {
        let (a, b, c) = (
            format!("a{}", n % 20),
            format!("b{n}"),
            format!("c{}", n % 7),
        );
        put(
            &mut database,
            "range",
            &item(&[("a", &a), ("b", &b), ("c", &c), ("d", "d")]),
        );
    }
    for index in [None, Some("l_keys"), Some("g_hash")] {
        for total in [1, 2, 3, 64] {
            let mut found = Vec::new();
            for segment in 0..total {
                let mut scan = json!({"TableName": "range", "Segment": segment, "TotalSegments": total, "Limit": 5});
                if let Some(index) = index {
                    scan["IndexName"] = index.into();
                }
                loop {
                    let page = run(&mut database, "Scan", scan.clone()).unwrap();
                    let items = page["Items"].as_array().unwrap().iter();
                    found.extend(items.map(|item| item["b"]["S"].as_str().unwrap().to_owned()));
                    if page["LastEvaluatedKey"] == Value::Null {
                        break;
                    }
                    scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
                }
            }
            found.sort_unstable();
            let mut all: Vec<_> = (0..60).map(|n| format!("b{n}")).collect();
            all.sort_unstable();
            assert_eq!(found, all, "{index:?} {total}");
        }
    }
}

#[test]
fn a_scan_starts_within_its_segment() {
    let (_folder, mut database) = tables();
    for n in 0..10 {
        put(&mut database, "hash", &item(&[("a", &n.to_string())]));
    }
    let scan = |segment: u32| json!({"TableName": "hash", "Segment": segment, "TotalSegments": 2});
    let found = run(&mut database, "Scan", scan(1)).unwrap();
    let start = json!({"ExclusiveStartKey": found["Items"][0]});
    let rest = run(&mut database, "Scan", with(scan(1), start.clone())).unwrap();
    let (found, rest) = (
        found["Items"].as_array().unwrap(),
        rest["Items"].as_array().unwrap(),
    );
    assert_eq!(&found[1..], rest.as_slice());
    assert_eq!(
        refusal(&mut database, "Scan", with(scan(0), start)).message,
        "The provided starting key is invalid: \
         Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. \
         TotalSegments: 2 Segment: 0"
    );
}
