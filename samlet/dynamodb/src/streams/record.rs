//! A change as its record in a stream, and the record as bytes.

use std::borrow::Borrow;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::request::StreamViewType;
use samlet_dynamodb_api::value::item_size;

use crate::database::items::{self, Damaged, Reader};
use crate::database::{Cause, Change, Table};

/// The first byte of a record's bytes. The format is part of the file's; bytes of another version are not read.
const VERSION: u8 = 1;

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It was not there before.
    Insert,
    /// It was there.
    Modify,
    /// It is gone.
    Remove,
}

/// A change of an item: items that are owned, or borrowed from the change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record<I> {
    /// What became of it.
    pub(crate) event: Event,
    /// What changed it.
    pub(crate) cause: Cause,
    /// Its key.
    pub(crate) keys: Item,
    /// As it was, where the stream has that.
    pub(crate) old: Option<I>,
    /// As it is, where the stream has that.
    pub(crate) new: Option<I>,
}

impl Event {
    const ALL: [Self; 3] = [Self::Insert, Self::Modify, Self::Remove];

    /// As it is on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Insert => 1,
            Self::Modify => 2,
            Self::Remove => 3,
        }
    }
}

impl<'i> Record<&'i Item> {
    /// Of a change, with what a stream of `view` has of it; `None` if there is no item.
    pub(super) fn of(table: &Table, view: StreamViewType, change: &Change<'i>) -> Option<Self> {
        let event = match (change.old, change.new) {
            (None, None) => return None,
            (None, Some(_)) => Event::Insert,
            (Some(_), Some(_)) => Event::Modify,
            (Some(_), None) => Event::Remove,
        };
        let (has_old, has_new) = match view {
            StreamViewType::KeysOnly => (false, false),
            StreamViewType::OldImage => (true, false),
            StreamViewType::NewImage => (false, true),
            StreamViewType::NewAndOldImages => (true, true),
        };
        Some(Self {
            event,
            cause: change.cause,
            keys: table.key_item(change.new.or(change.old)?),
            old: change.old.filter(|_| has_old),
            new: change.new.filter(|_| has_new),
        })
    }
}

/// Flags of what a record has.
mod flag {
    pub(super) const OLD: u8 = 1;
    pub(super) const NEW: u8 = 1 << 1;
    pub(super) const EXPIRY: u8 = 1 << 2;
    pub(super) const ALL: u8 = OLD | NEW | EXPIRY;
}

impl<I: Borrow<Item>> Record<I> {
    /// `SizeBytes`: of the key and the images that it has.
    pub(crate) fn size(&self) -> usize {
        let images = [&self.old, &self.new].into_iter().flatten();
        item_size(&self.keys) + images.map(|image| item_size(image.borrow())).sum::<usize>()
    }

    /// As it is stored under its stream's number and its own in that.
    pub(super) fn encode(&self, stream: i64, sequence: i64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(VERSION);
        bytes.push(self.event.code());
        let mut flags = 0;
        if self.old.is_some() {
            flags |= flag::OLD;
        }
        if self.new.is_some() {
            flags |= flag::NEW;
        }
        if self.cause == Cause::Expiry {
            flags |= flag::EXPIRY;
        }
        bytes.push(flags);
        items::append_item(&mut bytes, &self.keys);
        for image in [&self.old, &self.new].into_iter().flatten() {
            items::append_item(&mut bytes, image.borrow());
        }
        bytes.extend(items::checksum(stream, &sequence.to_be_bytes(), &bytes));
        bytes
    }
}

impl Record<Item> {
    /// Reads what [`Self::encode`] wrote.
    pub(super) fn decode(stream: i64, sequence: i64, bytes: &[u8]) -> Result<Self, Damaged> {
        let (content, written) = bytes.split_last_chunk().ok_or(Damaged)?;
        if items::checksum(stream, &sequence.to_be_bytes(), content) != *written {
            return Err(Damaged);
        }
        let mut reader = Reader::new(content);
        if reader.byte()? != VERSION {
            return Err(Damaged);
        }
        let code = reader.byte()?;
        let mut events = Event::ALL.into_iter();
        let event = events.find(|event| event.code() == code).ok_or(Damaged)?;
        let flags = reader.byte()?;
        if flags & !flag::ALL != 0 {
            return Err(Damaged);
        }
        let cause = if flags & flag::EXPIRY == 0 {
            Cause::Request
        } else {
            Cause::Expiry
        };
        let keys = reader.whole_item()?;
        let mut image = |flag: u8| {
            let is_there = flags & flag != 0;
            is_there.then(|| reader.whole_item()).transpose()
        };
        let (old, new) = (image(flag::OLD)?, image(flag::NEW)?);
        if !reader.is_at_end() {
            return Err(Damaged);
        }
        Ok(Self {
            event,
            cause,
            keys,
            old,
            new,
        })
    }
}

/// `eventID`: 32 hexadecimal digits, always the same of a record, and not of two in a stream.
pub(super) fn event_id(stream: &str, sequence: i64) -> String {
    let of_stream = u64::from(crc32fast::hash(stream.as_bytes()));
    let mixed = mix(of_stream) ^ mix(sequence.cast_unsigned());
    format!("{:016x}{mixed:016x}", mix(of_stream.wrapping_add(mixed)))
}

/// Another number for each number, which says nothing of its neighbours: SplitMix64's.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use proptest::prelude::*;
    use samlet_dynamodb_api::AttributeValue;

    use super::*;

    fn item() -> impl Strategy<Value = Item> {
        let value = prop_oneof![
            any::<String>().prop_map(AttributeValue::S),
            any::<Vec<u8>>().prop_map(AttributeValue::B),
            any::<bool>().prop_map(AttributeValue::Bool),
        ];
        proptest::collection::btree_map("[a-z]{0,8}", value, 0..4)
    }

    fn record() -> impl Strategy<Value = Record<Item>> {
        let image = || proptest::option::of(item());
        let event = prop::sample::select(Event::ALL.as_slice());
        let parts = (event, any::<bool>(), item(), image(), image());
        parts.prop_map(|(event, is_expiry, keys, old, new)| Record {
            event,
            cause: if is_expiry {
                Cause::Expiry
            } else {
                Cause::Request
            },
            keys,
            old,
            new,
        })
    }

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written(record in record(), stream: i64, sequence: i64) {
            let bytes = record.encode(stream, sequence);
            prop_assert_eq!(Record::decode(stream, sequence, &bytes), Ok(record));
        }

        #[test]
        fn a_flipped_bit_or_another_place_is_damage(record in record(), bit: prop::sample::Index) {
            let mut bytes = record.encode(7, 8);
            prop_assert_eq!(Record::decode(7, 9, &bytes), Err(Damaged));
            prop_assert_eq!(Record::decode(8, 8, &bytes), Err(Damaged));
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Record::decode(7, 8, &bytes), Err(Damaged));
        }

        #[test]
        fn any_bytes_are_read_or_damage(bytes: Vec<u8>) {
            Record::decode(1, 1, &bytes).ok();
        }
    }

    #[test]
    fn event_ids_are_32_digits_and_differ() {
        let streams = ["a/stream/1", "a/stream/2", "b/stream/1"];
        let ids = streams
            .iter()
            .flat_map(|stream| (0..1000).map(|number| event_id(stream, number)));
        let ids: HashSet<String> = ids.collect();
        assert_eq!(ids.len(), 3000);
        assert!(ids.iter().all(|id| id.len() == 32));
        assert_eq!(event_id("a", 1), event_id("a", 1));
    }
}
