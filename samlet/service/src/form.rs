//! Decodes the parameters of AWS Query requests and of query strings: flat pairs whose dotted
//! names stand for structures, lists and maps.
//!
//! Follows Smithy's [AWS query protocol]. Nothing is ever allocated for an index, so that
//! `Name.member.999999999` costs as much as `Name.member.1`.
//!
//! [AWS query protocol]: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

use std::cmp::Ordering;

use thiserror::Error;

/// Maximum number of pairs in a form. A batch of ten messages with ten attributes each, the
/// largest request of SNS and SQS, has about 300.
pub const MAX_PAIRS: usize = 10_000;

/// Maximum length of a pair's name, in bytes. It bounds what sorting the pairs costs.
pub const MAX_NAME_BYTES: usize = 1_024;

/// Maximum number of digits in an index; a longer number is not an index.
pub const MAX_INDEX_DIGITS: usize = 9;

/// What stands between the name of a list and an index, unless the list is flattened.
const LIST_MEMBER: &str = "member";

/// What stands between the name of a map and an index, unless the map is flattened.
const MAP_ENTRY: &str = "entry";

/// Why a form cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FormError {
    /// There are more than [`MAX_PAIRS`].
    #[error("the request has more than {MAX_PAIRS} parameters")]
    TooManyPairs,
    /// A name is longer than [`MAX_NAME_BYTES`].
    #[error("the name of a parameter is longer than {MAX_NAME_BYTES} bytes")]
    NameTooLong,
    /// An entry of a map has a value but not a key. SQS words it so.
    #[error("The request must contain the parameter {0}.")]
    MissingKey(String),
}

#[derive(Clone, Debug)]
struct Pair {
    name: String,
    value: String,
}

/// The decoded pairs of an `application/x-www-form-urlencoded` body or of a query string.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Sorted by [`compare`], so that all that is under a name stands together.
    pairs: Vec<Pair>,
}

impl Form {
    /// Decodes a body or a query string.
    ///
    /// Of pairs with the same name, the first counts. Percent signs that don't begin an escape
    /// stand for themselves, and bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    ///
    /// The form exceeds [`MAX_PAIRS`] or [`MAX_NAME_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if pairs.len() == MAX_PAIRS {
                return Err(FormError::TooManyPairs);
            }
            if name.len() > MAX_NAME_BYTES {
                return Err(FormError::NameTooLong);
            }
            pairs.push(Pair {
                name: name.into_owned(),
                value: value.into_owned(),
            });
        }
        // Stable: the first of the same name stays first.
        pairs.sort_by(|one, other| compare(&one.name, &other.name));
        pairs.dedup_by(|next, kept| next.name == kept.name);
        Ok(Self { pairs })
    }

    /// All pairs, as the structure that they stand for.
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            name: "",
            value: None,
            pairs: &self.pairs,
            start: 0,
        }
    }

    /// See [`Fields::get`].
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().get(name)
    }

    /// See [`Fields::contains`].
    pub fn contains(&self, name: &str) -> bool {
        self.fields().contains(name)
    }

    /// See [`Fields::prefixed`].
    pub fn prefixed(&self, name: &str) -> Fields<'_> {
        self.fields().prefixed(name)
    }

    /// See [`Fields::list`].
    pub fn list(&self, name: &str) -> Vec<Fields<'_>> {
        self.fields().list(name)
    }

    /// See [`Fields::list_of`].
    pub fn list_of(&self, name: &str, member: &str) -> Vec<Fields<'_>> {
        self.fields().list_of(name, member)
    }

    /// See [`Fields::texts`].
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.fields().texts(name)
    }

    /// See [`Fields::map`].
    ///
    /// # Errors
    ///
    /// An entry has no key.
    pub fn map(&self, name: &str) -> Result<Vec<(&str, Fields<'_>)>, FormError> {
        self.fields().map(name)
    }

    /// See [`Fields::map_of`].
    ///
    /// # Errors
    ///
    /// An entry has no key.
    pub fn map_of(
        &self,
        name: &str,
        key: &str,
        value: &str,
    ) -> Result<Vec<(&str, Fields<'_>)>, FormError> {
        self.fields().map_of(name, key, value)
    }
}

/// What is under a name in a [`Form`]: a text, or the members of a structure, list or map.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// The name that all of it is under; empty for all of the form and for nothing.
    name: &'a str,
    value: Option<&'a str>,
    pairs: &'a [Pair],
    /// Where the names of `pairs` begin, after the name that they are under and its dot.
    start: usize,
}

impl<'a> Fields<'a> {
    /// The text itself, where this is a scalar.
    pub fn value(&self) -> Option<&'a str> {
        self.value
    }

    /// The text with a name, which may be dotted. The empty name is [`Fields::value`].
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.prefixed(name).value
    }

    /// Whether anything has a name or is under it. An empty list is sent as `Name=`.
    pub fn contains(&self, name: &str) -> bool {
        !self.prefixed(name).is_empty()
    }

    /// Whether there is nothing: neither a text nor a member.
    pub fn is_empty(&self) -> bool {
        self.value.is_none() && self.pairs.is_empty()
    }

    /// All names and texts under this one. Segments that are numbers come first, in their order,
    /// then the others by their bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let start = self.start;
        let pairs = self.pairs.iter();
        pairs.map(move |pair| (relative(pair, start), pair.value.as_str()))
    }

    /// The nested structure with a name, which may be dotted; an empty one if it isn't there.
    pub fn prefixed(&self, name: &str) -> Self {
        if name.is_empty() {
            return *self;
        }
        let before = |pair: &Pair| compare(relative(pair, self.start), name) == Ordering::Less;
        let from = &self.pairs[self.pairs.partition_point(before)..];
        let count = from.partition_point(|pair| is_under(relative(pair, self.start), name));
        self.narrowed(&from[..count], name.len())
    }

    /// The members of the list with a name, in the order of their indexes; gaps are skipped.
    /// The list is `Name.member.N` or flattened, `Name.N`.
    pub fn list(&self, name: &str) -> Vec<Self> {
        self.list_of(name, LIST_MEMBER)
    }

    /// The members of a list as [`Fields::list`] has them, with another word for `member`.
    pub fn list_of(&self, name: &str, member: &str) -> Vec<Self> {
        let list = self.prefixed(name);
        let wrapped = list.prefixed(member).members();
        if wrapped.is_empty() {
            return list.members();
        }
        wrapped
    }

    /// The scalars of the list with a name, as [`Fields::list`] has them. Members that are
    /// structures are left out.
    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        let members = self.list(name).into_iter();
        members.filter_map(|member| member.value).collect()
    }

    /// The entries of the map with a name, in the order of their indexes: `Name.entry.N.key` and
    /// `Name.entry.N.value`, or flattened, `Name.N.key`. Keys may repeat, and an entry without a
    /// value has an empty one.
    ///
    /// # Errors
    ///
    /// An entry has no key.
    pub fn map(&self, name: &str) -> Result<Vec<(&'a str, Self)>, FormError> {
        self.map_of(name, "key", "value")
    }

    /// The entries of a map as [`Fields::map`] has them, with other words for `key` and `value`:
    /// `Name` and `Value` for the attributes of SQS and for the message attributes of SNS.
    ///
    /// # Errors
    ///
    /// An entry has no key.
    pub fn map_of(
        &self,
        name: &str,
        key: &str,
        value: &str,
    ) -> Result<Vec<(&'a str, Self)>, FormError> {
        let entries = self.list_of(name, MAP_ENTRY).into_iter();
        let entry = |entry: Self| match entry.get(key) {
            Some(found) => Ok((found, entry.prefixed(value))),
            None => Err(FormError::MissingKey(format!("{}.{key}", entry.name))),
        };
        entries.map(entry).collect()
    }

    /// What is under each index, in order.
    fn members(&self) -> Vec<Self> {
        let mut members = Vec::new();
        let mut rest = self.pairs;
        while let Some(first) = rest.first() {
            let segment = first_segment(relative(first, self.start));
            if !is_number(segment) {
                // Numbers are sorted before all else.
                break;
            }
            let other = |pair: &Pair| first_segment(relative(pair, self.start)) != segment;
            let count = rest.iter().position(other).unwrap_or(rest.len());
            let (member, after) = rest.split_at(count);
            if is_index(segment) {
                members.push(self.narrowed(member, segment.len()));
            }
            rest = after;
        }
        members
    }

    /// `pairs`, which are all that is under a name, `length` bytes long.
    fn narrowed(&self, pairs: &'a [Pair], length: usize) -> Self {
        let end = self.start + length;
        let mut narrowed = Self {
            name: pairs.first().map_or("", |pair| &pair.name[..end]),
            value: None,
            pairs,
            start: end + 1,
        };
        // The name itself is sorted before what is under it.
        if let [first, rest @ ..] = pairs
            && first.name.len() == end
        {
            narrowed.value = Some(&first.value);
            narrowed.pairs = rest;
        }
        narrowed
    }
}

fn relative(pair: &Pair, start: usize) -> &str {
    &pair.name[start..]
}

fn first_segment(name: &str) -> &str {
    name.split_once('.').map_or(name, |(first, _)| first)
}

/// Whether a name is `other` or a member of it.
fn is_under(name: &str, other: &str) -> bool {
    let rest = name.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A decimal number without leading zeros: two that differ in writing differ in value.
fn is_number(segment: &str) -> bool {
    let digits = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    digits && (segment == "0" || !segment.starts_with('0'))
}

/// Indexes begin with 1.
fn is_index(segment: &str) -> bool {
    is_number(segment) && segment != "0" && segment.len() <= MAX_INDEX_DIGITS
}

/// Orders names segment by segment, so that what is under a name directly follows it: numbers
/// first, by value, then everything else by its bytes.
fn compare(one: &str, other: &str) -> Ordering {
    let rank = |segment| {
        if is_number(segment) {
            (0, segment.len(), segment)
        } else {
            (1, 0, segment)
        }
    };
    one.split('.').map(rank).cmp(other.split('.').map(rank))
}

#[cfg(test)]
mod tests;
