//! Items as bytes: a version, the attributes in the order of their names, and a checksum over them, the number of the
//! item's table, and the item's key.
//!
//! SQLite keeps no checksums of what is in its rows: a flipped bit would be another value, and a page that has come to
//! another place would be another item, or another table's. An item is written in one way only. The format is part of
//! the file's; bytes of another version are not read.

use std::collections::BTreeMap;

use samlet_dynamodb_api::{AttributeValue, Item, Number};

/// The first byte.
const VERSION: u8 = 1;

const CHECKSUM_BYTES: usize = 4;

/// Values within values, at most: more than DynamoDB stores.
const MAX_DEPTH: usize = 64;

/// Bytes that are not an item's, or not as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the item is not as it was written")]
pub(crate) struct Damaged;

/// Writes an item that is stored under `key` in the table of a number.
pub(crate) fn encode(table: i64, key: &[u8], item: &Item) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(VERSION);
    append_item(&mut bytes, item);
    let checksum = checksum(table, key, &bytes);
    bytes.extend(checksum);
    bytes
}

/// Reads an item that is stored under `key` in the table of a number.
pub(crate) fn decode(table: i64, key: &[u8], bytes: &[u8]) -> Result<Item, Damaged> {
    let (content, written) = bytes.split_last_chunk().ok_or(Damaged)?;
    if checksum(table, key, content) != *written {
        return Err(Damaged);
    }
    let mut reader = Reader(content);
    if reader.byte()? != VERSION {
        return Err(Damaged);
    }
    let item = reader.item(0)?;
    if reader.0.is_empty() {
        Ok(item)
    } else {
        Err(Damaged)
    }
}

/// Over what is stored, and where: what it belongs to has a number that nothing else in the file has.
pub(crate) fn checksum(number: i64, key: &[u8], content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_be_bytes());
    hasher.update(key);
    hasher.update(content);
    hasher.finalize().to_be_bytes()
}

/// What stands before a value.
mod tag {
    pub(super) const S: u8 = 1;
    pub(super) const N: u8 = 2;
    pub(super) const B: u8 = 3;
    pub(super) const FALSE: u8 = 4;
    pub(super) const TRUE: u8 = 5;
    pub(super) const NULL: u8 = 6;
    pub(super) const SS: u8 = 7;
    pub(super) const NS: u8 = 8;
    pub(super) const BS: u8 = 9;
    pub(super) const L: u8 = 10;
    pub(super) const M: u8 = 11;
}

/// Writes an item after other bytes, without a checksum of its own.
pub(crate) fn append_item(bytes: &mut Vec<u8>, item: &Item) {
    append_length(bytes, item.len());
    for (name, value) in item {
        append_bytes(bytes, name.as_bytes());
        append_value(bytes, value);
    }
}

fn append_value(bytes: &mut Vec<u8>, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => {
            bytes.push(tag::S);
            append_bytes(bytes, text.as_bytes());
        }
        AttributeValue::N(number) => {
            bytes.push(tag::N);
            append_number(bytes, *number);
        }
        AttributeValue::B(value) => {
            bytes.push(tag::B);
            append_bytes(bytes, value);
        }
        AttributeValue::Bool(value) => bytes.push(if *value { tag::TRUE } else { tag::FALSE }),
        AttributeValue::Null => bytes.push(tag::NULL),
        AttributeValue::Ss(texts) => {
            append_list(bytes, tag::SS, texts, |bytes, text| {
                append_bytes(bytes, text.as_bytes());
            });
        }
        AttributeValue::Ns(numbers) => {
            append_list(bytes, tag::NS, numbers, |bytes, number| {
                append_number(bytes, *number);
            });
        }
        AttributeValue::Bs(values) => {
            append_list(bytes, tag::BS, values, |bytes, value| {
                append_bytes(bytes, value);
            });
        }
        AttributeValue::L(values) => append_list(bytes, tag::L, values, append_value),
        AttributeValue::M(item) => {
            bytes.push(tag::M);
            append_item(bytes, item);
        }
    }
}

fn append_list<T>(bytes: &mut Vec<u8>, tag: u8, values: &[T], append: fn(&mut Vec<u8>, &T)) {
    bytes.push(tag);
    append_length(bytes, values.len());
    for value in values {
        append(bytes, value);
    }
}

fn append_bytes(bytes: &mut Vec<u8>, value: &[u8]) {
    append_length(bytes, value.len());
    bytes.extend(value);
}

/// The sign, the exponent and the digits.
fn append_number(bytes: &mut Vec<u8>, number: Number) {
    let (is_negative, digits, exponent) = number.parts();
    bytes.push(u8::from(is_negative));
    bytes.extend(exponent.to_be_bytes());
    append_integer(bytes, digits);
}

fn append_length(bytes: &mut Vec<u8>, length: usize) {
    append_integer(bytes, length as u128);
}

/// Seven bits a byte, the lowest ones first; the eighth says that more follow.
fn append_integer(bytes: &mut Vec<u8>, mut value: u128) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Reads what has been written, from its beginning on.
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// Of all of these bytes.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Reads an item that [`append_item`] wrote.
    pub(crate) fn whole_item(&mut self) -> Result<Item, Damaged> {
        self.item(0)
    }

    /// Whether all is read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a byte.
    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn integer(&mut self) -> Result<u128, Damaged> {
        let mut value = 0;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let low = u128::from(byte & 0x7f);
            value |= low << shift;
            if byte & 0x80 == 0 {
                // Neither zeros in front nor bits that have no place.
                let is_shortest = byte > 0 || shift == 0;
                let is_whole = value >> shift == low;
                return (is_shortest && is_whole).then_some(value).ok_or(Damaged);
            }
        }
        Err(Damaged)
    }

    /// Of no more than there is: each of what is counted takes a byte at least.
    fn length(&mut self) -> Result<usize, Damaged> {
        let length = usize::try_from(self.integer()?).map_err(|_| Damaged)?;
        if length > self.0.len() {
            return Err(Damaged);
        }
        Ok(length)
    }

    fn bytes(&mut self) -> Result<&'b [u8], Damaged> {
        let length = self.length()?;
        let (value, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(value)
    }

    fn text(&mut self) -> Result<String, Damaged> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| Damaged)?;
        Ok(text.to_owned())
    }

    fn number(&mut self) -> Result<Number, Damaged> {
        let is_negative = match self.byte()? {
            0 => false,
            1 => true,
            _ => return Err(Damaged),
        };
        let exponent = i16::from_be_bytes([self.byte()?, self.byte()?]);
        let digits = self.integer()?;
        Number::from_parts(is_negative, digits, exponent).ok_or(Damaged)
    }

    fn item(&mut self, depth: usize) -> Result<Item, Damaged> {
        let count = self.length()?;
        let mut item = BTreeMap::new();
        for _ in 0..count {
            let name = self.text()?;
            if item.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(Damaged);
            }
            item.insert(name, self.value(depth)?);
        }
        Ok(item)
    }

    fn list<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.length()?;
        (0..count).map(|_| read(self)).collect()
    }

    fn value(&mut self, depth: usize) -> Result<AttributeValue, Damaged> {
        if depth > MAX_DEPTH {
            return Err(Damaged);
        }
        Ok(match self.byte()? {
            tag::S => AttributeValue::S(self.text()?),
            tag::N => AttributeValue::N(self.number()?),
            tag::B => AttributeValue::B(self.bytes()?.to_vec()),
            tag::FALSE => AttributeValue::Bool(false),
            tag::TRUE => AttributeValue::Bool(true),
            tag::NULL => AttributeValue::Null,
            tag::SS => AttributeValue::Ss(self.list(Self::text)?),
            tag::NS => AttributeValue::Ns(self.list(Self::number)?),
            tag::BS => AttributeValue::Bs(self.list(|reader| Ok(reader.bytes()?.to_vec()))?),
            tag::L => AttributeValue::L(self.list(|reader| reader.value(depth + 1))?),
            tag::M => AttributeValue::M(self.item(depth + 1)?),
            _ => return Err(Damaged),
        })
    }
}
