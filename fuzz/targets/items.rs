//! Items as bytes: any bytes are an item or damage, and an item is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../samlet/dynamodb/src/database/items.rs"]
#[allow(dead_code, reason = "streams use more of it")]
mod items;

const KEY: &[u8] = b"key";

fuzz_target!(|data: &[u8]| {
    items::decode(KEY, data).ok();
    // No checksum would be right by chance.
    let bytes = [data, &items::checksum(KEY, data)].concat();
    let Ok(item) = items::decode(KEY, &bytes) else {
        return;
    };
    let written = items::encode(KEY, &item);
    assert_eq!(items::decode(KEY, &written), Ok(item.clone()));
    assert!(
        written.len() <= bytes.len(),
        "an item is written in one way"
    );
    assert_eq!(items::decode(b"other", &written), Err(items::Damaged));
    let mut flipped = written;
    for index in 0..flipped.len().min(64) {
        flipped[index] ^= 1 << (index % 8);
        assert_eq!(items::decode(KEY, &flipped), Err(items::Damaged));
        flipped[index] ^= 1 << (index % 8);
    }
});
