//! Shard iterators: a stream, a place in it and a time, as a text that clients give back.
//!
//! As DynamoDB's they begin with the stream's ARN, so what a request for records needs to be allowed is known from its
//! iterator alone.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use samlet_aws::Place;
use samlet_dynamodb_api::request::StreamArn;

/// Of the form, which is between the ARN and the rest.
const VERSION: &str = "1";

/// A place in a stream's shard, of which there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShardIterator {
    /// The stream.
    pub(super) stream: StreamArn,
    /// The records after this one are to be read.
    pub(super) position: i64,
    /// When it was made: milliseconds since the epoch.
    pub(super) created: i64,
}

impl ShardIterator {
    /// As it is on the wire.
    pub(super) fn write(&self) -> String {
        let mut bytes = self.position.to_be_bytes().to_vec();
        bytes.extend(self.created.to_be_bytes());
        bytes.extend(checksum(&self.stream, &bytes));
        let rest = STANDARD.encode(bytes);
        format!("{}|{VERSION}|{rest}", self.stream)
    }

    /// Reads what [`Self::write`] wrote at the same place; `None` of anything else.
    pub(super) fn read(text: &str, place: &Place) -> Option<Self> {
        let (stream, rest) = text.split_once('|')?;
        let (version, rest) = rest.split_once('|')?;
        if version != VERSION {
            return None;
        }
        let bytes = STANDARD.decode(rest).ok()?;
        let (content, written) = bytes.split_last_chunk()?;
        if checksum(stream, content) != *written {
            return None;
        }
        let (position, created) = content.split_first_chunk()?;
        Some(Self {
            stream: StreamArn::read(stream, place).ok()?,
            position: i64::from_be_bytes(*position),
            created: i64::from_be_bytes(created.try_into().ok()?),
        })
    }
}

/// The stream that an iterator is of; `None` of what is not an iterator of this place.
pub(crate) fn of_iterator(iterator: &str, place: &Place) -> Option<StreamArn> {
    ShardIterator::read(iterator, place).map(|iterator| iterator.stream)
}

fn checksum(stream: &str, content: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(stream.as_bytes());
    hasher.update(content);
    hasher.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::operations::testing::place;

    const ARN: &str =
        "arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/2026-11-27T17:05:00.123";

    fn iterator() -> ShardIterator {
        ShardIterator {
            stream: StreamArn::read(ARN, &place()).unwrap(),
            position: 77,
            created: 1_795_799_100_123,
        }
    }

    #[test]
    fn an_iterator_is_read_as_it_was_written_and_names_its_stream() {
        let text = iterator().write();
        assert_eq!(ShardIterator::read(&text, &place()), Some(iterator()));
        let stream = of_iterator(&text, &place()).unwrap();
        assert_eq!((stream.as_str(), stream.table()), (ARN, "messages"));
    }

    #[test]
    fn the_longest_iterator_is_as_long_as_one_may_be() {
        let table = "t".repeat(255);
        let arn = place().arn(
            "dynamodb",
            format_args!("table/{table}/stream/2026-11-27T17:05:00.123"),
        );
        let stream = StreamArn::read(arn.as_str(), &place()).unwrap();
        let iterator = ShardIterator {
            stream,
            ..iterator()
        };
        assert!(iterator.write().len() <= 2048);
    }

    #[test]
    fn what_was_changed_is_not_an_iterator() {
        let text = iterator().write();
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(of_iterator(&changed, &place()), None, "{changed}");
            assert_eq!(of_iterator(&text[..index], &place()), None);
        }
        for text in [
            "",
            "|",
            "||",
            "a|1|b",
            "a|1|",
            "sdfsdfsgagaddafgagasgasgasdfasdfasdf",
        ] {
            assert_eq!(of_iterator(text, &place()), None, "{text}");
        }
        let elsewhere = Place::new("eu-central-1", "123456789012", "local");
        assert_eq!(of_iterator(&text, &elsewhere), None);
    }
}
