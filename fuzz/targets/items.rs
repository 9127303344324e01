//! Items as bytes: any bytes are an item or damage; an item has one form, which is the same when it is read and written
//! again; and what has changed by a bit, a byte or its place is damage.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../samlet/dynamodb/src/database/items.rs"]
#[allow(dead_code, reason = "streams use more of it")]
mod items;

use items::Damaged;

const TABLE: i64 = 7;
const KEY: &[u8] = b"key";

/// Of longer items, bits are flipped in as many places.
const PLACES: usize = 96;

fuzz_target!(|data: &[u8]| {
    if let Ok(item) = items::decode(TABLE, KEY, data) {
        assert_eq!(items::encode(TABLE, KEY, &item), data);
    }
    // No checksum would be right by chance.
    let bytes = [data, &items::checksum(TABLE, KEY, data)].concat();
    let Ok(item) = items::decode(TABLE, KEY, &bytes) else {
        return;
    };
    let written = items::encode(TABLE, KEY, &item);
    assert_eq!(written, bytes, "an item is written in one way");
    assert_eq!(items::decode(TABLE, KEY, &written).as_ref(), Ok(&item));
    is_damage(TABLE, b"other", &written);
    is_damage(TABLE + 1, KEY, &written);
    is_damage(TABLE, KEY, &written[..written.len() - 1]);
    is_damage(TABLE, KEY, &[written.as_slice(), &[0]].concat());
    harm(written);
});

/// Flips each bit, replaces each byte, and swaps neighbours.
fn harm(mut written: Vec<u8>) {
    let step = written.len().div_ceil(PLACES);
    for index in (0..written.len()).step_by(step) {
        let byte = written[index];
        let flipped = (0..8).map(|bit| byte ^ (1 << bit));
        for other in flipped.chain([0, u8::MAX]).filter(|other| *other != byte) {
            written[index] = other;
            is_damage(TABLE, KEY, &written);
        }
        written[index] = byte;
        let next = (index + 1) % written.len();
        if written[next] != byte {
            written.swap(index, next);
            is_damage(TABLE, KEY, &written);
            written.swap(index, next);
        }
    }
}

fn is_damage(table: i64, key: &[u8], bytes: &[u8]) {
    assert_eq!(items::decode(table, key, bytes), Err(Damaged));
}
