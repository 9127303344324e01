//! Values that statements have in them, and the refusals of those that can't be stored.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.data-types.html>

use std::fmt::Write;

use super::meaning::Meaning;
use super::syntax::{Node, Term};
use crate::AttributeValue;
use crate::value::{Item, Number, NumberError};

/// How deeply a value may nest.
const MAX_DEPTH: usize = 32;

const IN_BAG: &str =
    "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags";

/// The way to a value within the value that it is part of, as DynamoDB says it after `root`.
#[derive(Default)]
pub(super) struct Root(Vec<String>);

impl Root {
    fn path(&self) -> String {
        self.0.concat()
    }
}

impl Meaning<'_> {
    /// The value of a term. What is no value is noted, and stands as a null.
    pub(super) fn value(&mut self, node: &Node<'_>) -> AttributeValue {
        self.value_at(node, &mut Root::default())
    }

    /// The item that is inserted.
    pub(super) fn item(&mut self, members: &[(Node<'_>, Node<'_>)]) -> Item {
        // Each attribute's value is a root itself, and one that is a call is named.
        let mut item = Item::new();
        for (key, node) in members {
            let Some(name) = self.key(key) else {
                continue;
            };
            let value = match node.called() {
                Some(called) => self.unsupported(&called, node, &Root::default()),
                None => self.value(node),
            };
            item.insert(name, value);
        }
        item
    }

    fn value_at(&mut self, node: &Node<'_>, root: &mut Root) -> AttributeValue {
        if root.0.len() == MAX_DEPTH {
            let path = root.path();
            self.note(|_| {
                format!("Nesting Levels have exceeded supported limits under root{path}")
            });
            return AttributeValue::Null;
        }
        match &node.term {
            Term::Text(text) => AttributeValue::S(text.clone().into_owned()),
            Term::Number(text) => self.number(text, root),
            Term::Bool(value) => AttributeValue::Bool(*value),
            Term::Null => AttributeValue::Null,
            Term::Parameter(index) => self.parameter(*index),
            Term::List(nodes) => {
                let mut values = Vec::with_capacity(nodes.len());
                for (index, node) in nodes.iter().enumerate() {
                    values.push(self.value_within(node, format!("[{index}]"), root));
                }
                AttributeValue::L(values)
            }
            Term::Map(members) => self.map(members, root),
            Term::Bag(nodes) => self.bag(nodes, root),
            Term::Ion(kind) => self.ion(kind, node, root),
            _ => self.unsupported(node.kind(), node, root),
        }
    }

    fn value_within(&mut self, node: &Node<'_>, step: String, root: &mut Root) -> AttributeValue {
        root.0.push(step);
        let value = self.value_at(node, root);
        root.0.pop();
        value
    }

    fn map(&mut self, members: &[(Node<'_>, Node<'_>)], root: &mut Root) -> AttributeValue {
        let mut map = Item::new();
        for (key, node) in members {
            if let Some(name) = self.key(key) {
                let value = self.value_within(node, format!(".{name}"), root);
                map.insert(name, value);
            }
        }
        AttributeValue::M(map)
    }

    /// The name of a map's member.
    fn key(&mut self, node: &Node<'_>) -> Option<String> {
        let (Term::Text(name) | Term::Name(name)) = &node.term else {
            self.unsupported(node.kind(), node, &Root::default());
            return None;
        };
        if name.is_empty() {
            self.note(|_| "Path component cannot be an empty string".to_owned());
            return None;
        }
        Some(name.clone().into_owned())
    }

    fn number(&mut self, text: &str, root: &Root) -> AttributeValue {
        match parsed(text) {
            Ok(number) => AttributeValue::N(number),
            Err(error) => {
                self.note(|_| format!("{error} under root{}", root.path()));
                AttributeValue::Null
            }
        }
    }

    fn ion(&mut self, kind: &str, node: &Node<'_>, root: &Root) -> AttributeValue {
        self.note(|statement| {
            let place = node.span.place(statement);
            let path = root.path();
            format!("Ion Literals are not supported: {kind} under key root{path} at {place}")
        });
        AttributeValue::Null
    }

    fn unsupported(&mut self, kind: &str, node: &Node<'_>, root: &Root) -> AttributeValue {
        self.note(|statement| {
            let place = node.span.place(statement);
            let path = root.path();
            format!("Unsupported data type: {kind} under key root{path} at {place}")
        });
        AttributeValue::Null
    }

    /// A set: of strings or numbers, as its first member is.
    fn bag(&mut self, nodes: &[Node<'_>], root: &Root) -> AttributeValue {
        match nodes.first().map(|node| &node.term) {
            None => {
                self.note(|_| "Empty bags are not supported".to_owned());
                AttributeValue::Null
            }
            Some(Term::Text(_)) => self.strings(nodes, root),
            Some(Term::Number(_)) => self.numbers(nodes, root),
            Some(_) => self.not_in_bag(nodes.first(), true),
        }
    }

    fn strings(&mut self, nodes: &[Node<'_>], root: &Root) -> AttributeValue {
        let mut texts: Vec<String> = Vec::with_capacity(nodes.len());
        for node in nodes {
            match &node.term {
                Term::Text(text) => texts.push(text.clone().into_owned()),
                Term::Parameter(_) => return self.unsupported("Parameter", node, root),
                Term::Ion(kind) => return self.ion(kind, node, root),
                _ => return self.not_in_bag(Some(node), true),
            }
        }
        let mut sorted: Vec<&String> = texts.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            let all = texts.join(", ");
            self.note(|_| {
                format!("One or more parameter values were invalid: Input collection [{all}] contains duplicates.")
            });
        }
        AttributeValue::Ss(texts)
    }

    fn numbers(&mut self, nodes: &[Node<'_>], root: &Root) -> AttributeValue {
        let mut numbers: Vec<Number> = Vec::with_capacity(nodes.len());
        let mut all = String::new();
        let mut has_duplicates = false;
        let mut seen = std::collections::HashSet::new();
        for node in nodes {
            match &node.term {
                Term::Number(text) => {
                    let AttributeValue::N(number) = self.number(text, root) else {
                        return AttributeValue::Null;
                    };
                    has_duplicates |= !seen.insert(number);
                    let comma = if all.is_empty() { "" } else { ", " };
                    let _ = write!(all, "{comma}{text}");
                    numbers.push(number);
                }
                Term::Parameter(_) => return self.unsupported("Parameter", node, root),
                Term::Ion(kind) => return self.ion(kind, node, root),
                Term::Null => {
                    let path = root.path();
                    self.note(|_| {
                        format!("One or more parameter values were invalid: Numeric sets may not contain null under root{path}")
                    });
                    return AttributeValue::Null;
                }
                _ => return self.not_in_bag(Some(node), false),
            }
        }
        if has_duplicates {
            let path = root.path();
            self.note(|_| {
                format!("One or more parameter values were invalid: Input collection [{all}] contains duplicates! under root{path}")
            });
        }
        AttributeValue::Ns(numbers)
    }

    fn not_in_bag(&mut self, node: Option<&Node<'_>>, has_place: bool) -> AttributeValue {
        self.note(|statement| match node {
            Some(node) if has_place => format!("{IN_BAG} at {}", node.span.place(statement)),
            _ => IN_BAG.to_owned(),
        });
        AttributeValue::Null
    }
}

/// The number of a literal, which may begin or end with its point.
fn parsed(text: &str) -> Result<Number, NumberError> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(end) => digits.split_at(end),
        None => (digits, ""),
    };
    if exceeds_exponents(mantissa, exponent) {
        return Err(NumberError::Underflow);
    }
    let zero = if mantissa.starts_with('.') { "0" } else { "" };
    let mantissa = mantissa.strip_suffix('.').unwrap_or(mantissa);
    Number::parse(&format!("{sign}{zero}{mantissa}{exponent}"))
}

/// Whether a number's exponent, were it written with one digit before its point, would not fit 32 bits: DynamoDB takes
/// it for a small one.
fn exceeds_exponents(mantissa: &str, exponent: &str) -> bool {
    let exponent = exponent.get(1..).unwrap_or_default();
    let exponent: i64 = exponent.parse().unwrap_or_default();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = match whole.trim_start_matches('0') {
        "" => fraction.trim_start_matches('0').len(),
        whole => whole.len() + fraction.len(),
    };
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let scale = length(fraction.len()).saturating_sub(exponent);
    length(digits.max(1)).saturating_sub(scale) >= i64::from(i32::MAX)
}
