//! Placeholders for what is printed: the same name or value has the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

use super::super::reserved::is_reserved;
use super::super::token::{is_word, keyword};
use crate::AttributeValue;

/// Placeholders of names, in the order of their use.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<(String, String)>,
    by_name: HashMap<String, usize>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Forgets all but the first.
    pub(super) fn truncate(&mut self, count: usize) {
        self.all.truncate(count);
        self.by_name.retain(|_, at| *at < count);
    }

    pub(super) fn placeholder(&mut self, name: &str, is_short: bool) -> &str {
        let at = match self.by_name.get(name) {
            Some(at) => *at,
            None => {
                let at = self.all.len();
                let placeholder = placeholder('#', 'n', at, is_short);
                self.all.push((placeholder, name.to_owned()));
                self.by_name.insert(name.to_owned(), at);
                at
            }
        };
        &self.all[at].0
    }

    /// Whether a name can stand for itself, and is no longer than a placeholder.
    pub(super) fn is_short_enough(&self, name: &str) -> bool {
        let placeholder = match self.by_name.get(name) {
            Some(at) => self.all[*at].0.len(),
            None => 1 + short(self.all.len()).len(),
        };
        name.len() <= placeholder
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(is_word)
            && keyword(name).is_none()
            && !is_reserved(name)
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        let names = self.all.into_iter();
        names
            .map(|(placeholder, name)| (placeholder, name.into()))
            .collect()
    }
}

/// Placeholders of values, in the order of their use.
#[derive(Debug, Default)]
pub(super) struct Values {
    all: Vec<(String, Value)>,
    by_hash: HashMap<u64, Vec<usize>>,
}

impl Values {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Forgets all but the first.
    pub(super) fn truncate(&mut self, count: usize) {
        self.all.truncate(count);
        for places in self.by_hash.values_mut() {
            places.retain(|at| *at < count);
        }
    }

    pub(super) fn placeholder(&mut self, value: &AttributeValue, is_short: bool) -> &str {
        let mut hasher = DefaultHasher::new();
        hash(value, &mut hasher);
        let places = self.by_hash.entry(hasher.finish()).or_default();
        let written = value.write();
        let known = places.iter().find(|at| self.all[**at].1 == written);
        let at = match known {
            Some(at) => *at,
            None => {
                let at = self.all.len();
                places.push(at);
                self.all
                    .push((placeholder(':', 'v', at, is_short), written));
                at
            }
        };
        &self.all[at].0
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.all.into_iter().collect()
    }
}

fn placeholder(sign: char, letter: char, at: usize, is_short: bool) -> String {
    if is_short {
        return format!("{sign}{}", short(at));
    }
    format!("{sign}{letter}{at}")
}

/// The shortest words, none of which is one of those that are numbered: they don't begin with `n` or `v`.
fn short(at: usize) -> String {
    const FIRST: &[u8] = b"abcdefghijklmopqrstuwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const REST: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    let mut word = String::from(char::from(FIRST[at % FIRST.len()]));
    let mut rest = at / FIRST.len();
    while rest > 0 {
        rest -= 1;
        word.push(char::from(REST[rest % REST.len()]));
        rest /= REST.len();
    }
    word
}

/// Values nest as deep as JSON at most.
fn hash(value: &AttributeValue, hasher: &mut DefaultHasher) {
    value.kind().hash(hasher);
    match value {
        AttributeValue::S(text) => text.hash(hasher),
        AttributeValue::N(number) => number.hash(hasher),
        AttributeValue::B(bytes) => bytes.hash(hasher),
        AttributeValue::Bool(value) => value.hash(hasher),
        AttributeValue::Null => {}
        AttributeValue::Ss(texts) => texts.hash(hasher),
        AttributeValue::Ns(numbers) => numbers.hash(hasher),
        AttributeValue::Bs(values) => values.hash(hasher),
        AttributeValue::L(values) => {
            for value in values {
                hash(value, hasher);
            }
        }
        AttributeValue::M(item) => {
            for (name, value) in item {
                name.hash(hasher);
                hash(value, hasher);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn short_words_are_all_different() {
        let words: HashSet<String> = (0..10_000).map(short).collect();
        assert_eq!(words.len(), 10_000);
        assert!(words.iter().all(|word| !word.starts_with(['n', 'v'])));
        assert!((0..61).all(|at| short(at).len() == 1));
        assert!((61..61 * 64).all(|at| short(at).len() == 2));
    }
}
