//! Conditions on keys as ranges of encoded keys.

use samlet_dynamodb_api::AttributeValue;
use samlet_dynamodb_api::expression::KeyTest;
use samlet_dynamodb_api::request::Segment;

use crate::database::{HASH_BYTES, KeyRange, encode, keys};
use crate::error::Error;

/// What must hold of keys, their types checked: every attribute of the partition key has a value, and so have the first
/// attributes of the sort key; the next one may have a test.
#[derive(Clone, Debug)]
pub(crate) struct KeyTests<'v> {
    /// The partition key.
    pub(crate) partition: Vec<&'v AttributeValue>,
    /// The first attributes of the sort key.
    pub(crate) sort: Vec<&'v AttributeValue>,
    /// The test of the attribute that follows them.
    pub(crate) last: Option<&'v KeyTest>,
}

impl KeyTests<'_> {
    /// The keys of which they hold.
    pub(crate) fn range(&self) -> Result<KeyRange, Error> {
        self.find_range().ok_or_else(|| {
            Error::validation(
                "One or more parameter values were invalid: Condition parameter type does not match schema type",
            )
        })
    }

    /// `None` if a value can't be part of a key.
    fn find_range(&self) -> Option<KeyRange> {
        let partition = self.partition.iter().copied();
        let prefix = encode(partition, self.sort.iter().copied())?.0;
        let Some(test) = self.last else {
            return Some(beginning_with(prefix));
        };
        let with = |value: &AttributeValue| {
            let mut key = prefix.clone();
            keys::append(&mut key, value).ok()?;
            Some(key)
        };
        let range = |from, before| KeyRange {
            from: Some(from),
            before,
        };
        Some(match test {
            KeyTest::Equal(value) => beginning_with(with(value)?),
            KeyTest::Less(value) => range(prefix.clone(), Some(with(value)?)),
            KeyTest::LessOrEqual(value) => range(prefix.clone(), keys::after(with(value)?)),
            KeyTest::Greater(value) => KeyRange {
                from: keys::after(with(value)?),
                before: keys::after(prefix),
            },
            KeyTest::GreaterOrEqual(value) => range(with(value)?, keys::after(prefix)),
            KeyTest::Between(low, high) => range(with(low)?, keys::after(with(high)?)),
            KeyTest::BeginsWith(value) => {
                let mut key = prefix;
                keys::append_prefix(&mut key, value).ok()?;
                beginning_with(key)
            }
        })
    }
}

/// Keys that begin so.
fn beginning_with(prefix: Vec<u8>) -> KeyRange {
    KeyRange {
        before: keys::after(prefix.clone()),
        from: Some(prefix),
    }
}

impl KeyRange {
    /// Whether a key is in it.
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        let is_after = self.from.as_ref().is_none_or(|from| from.as_slice() <= key);
        is_after
            && self
                .before
                .as_ref()
                .is_none_or(|before| key < before.as_slice())
    }

    /// The keys of a segment of a table or index: an equal part of the hashes that keys begin with. Every key is in one
    /// segment.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan>
    pub(crate) fn of_segment(segment: Segment) -> Self {
        let start = |number: u32| {
            let hashes = u64::from(u32::MAX) + 1;
            let first = (hashes * u64::from(number)).div_ceil(u64::from(segment.total));
            let first = u32::try_from(first).ok()?;
            let first: [u8; HASH_BYTES] = first.to_be_bytes();
            Some(first.to_vec())
        };
        Self {
            from: start(segment.number),
            before: start(segment.number + 1),
        }
    }
}
