//! Conditions as the histories have them: how they are written, and what they mean, read plainly.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use crate::number::Decimal;
use crate::value::{Item, Value};

/// A path of one or two steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) attribute: String,
    pub(crate) within: Option<Within>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    Member(String),
    Index(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Exists(Path),
    Missing(Path),
    Compare(Path, Comparator, Value),
    ComparePaths(Path, Comparator, Path),
    Between(Path, Value, Value),
    In(Path, Vec<Value>),
    BeginsWith(Path, Value),
    Contains(Path, Value),
    Size(Path, Comparator, usize),
    Type(Path, &'static str),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

/// Names and values of an expression, as placeholders stand for them.
#[derive(Default)]
pub(crate) struct Placeholders {
    pub(crate) names: Map<String, Json>,
    pub(crate) values: Map<String, Json>,
}

impl Placeholders {
    pub(crate) fn name(&mut self, name: &str) -> String {
        let known = self.names.iter().find(|(_, known)| *known == name);
        if let Some((placeholder, _)) = known {
            return placeholder.clone();
        }
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.into());
        placeholder
    }

    pub(crate) fn value(&mut self, value: &Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value.write());
        placeholder
    }

    /// Puts them into a request.
    pub(crate) fn put(self, request: &mut Json) {
        if !self.names.is_empty() {
            request["ExpressionAttributeNames"] = Json::Object(self.names);
        }
        if !self.values.is_empty() {
            request["ExpressionAttributeValues"] = Json::Object(self.values);
        }
    }
}

impl Path {
    pub(crate) fn text(&self, placeholders: &mut Placeholders) -> String {
        let attribute = placeholders.name(&self.attribute);
        match &self.within {
            None => attribute,
            Some(Within::Member(name)) => format!("{attribute}.{}", placeholders.name(name)),
            Some(Within::Index(index)) => format!("{attribute}[{index}]"),
        }
    }

    /// What is there.
    pub(crate) fn find<'i>(&self, item: &'i Item) -> Option<&'i Value> {
        let value = item.get(&self.attribute)?;
        match (&self.within, value) {
            (None, value) => Some(value),
            (Some(Within::Member(name)), Value::M(members)) => members.get(name),
            (Some(Within::Index(index)), Value::L(members)) => members.get(*index),
            _ => None,
        }
    }

    /// Whether two paths can't be in one update.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        if self.attribute != other.attribute {
            return false;
        }
        match (&self.within, &other.within) {
            (Some(Within::Member(one)), Some(Within::Member(two))) => one == two,
            (Some(Within::Index(one)), Some(Within::Index(two))) => one == two,
            _ => true,
        }
    }
}

impl Comparator {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub(crate) fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let (Some(left), Some(right)) = (left, right) else {
            return self == Self::NotEqual;
        };
        let order = left.order(right);
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl Condition {
    pub(crate) fn text(&self, placeholders: &mut Placeholders) -> String {
        let p = placeholders;
        match self {
            Self::Exists(path) => format!("attribute_exists({})", path.text(p)),
            Self::Missing(path) => format!("attribute_not_exists({})", path.text(p)),
            Self::Compare(path, comparator, value) => {
                format!("{} {} {}", path.text(p), comparator.text(), p.value(value))
            }
            Self::ComparePaths(left, comparator, right) => {
                format!("{} {} {}", left.text(p), comparator.text(), right.text(p))
            }
            Self::Between(path, low, high) => {
                format!(
                    "{} BETWEEN {} AND {}",
                    path.text(p),
                    p.value(low),
                    p.value(high)
                )
            }
            Self::In(path, values) => {
                let path = path.text(p);
                let values: Vec<String> = values.iter().map(|value| p.value(value)).collect();
                format!("{path} IN ({})", values.join(", "))
            }
            Self::BeginsWith(path, value) => {
                format!("begins_with({}, {})", path.text(p), p.value(value))
            }
            Self::Contains(path, value) => {
                format!("contains({}, {})", path.text(p), p.value(value))
            }
            Self::Size(path, comparator, size) => {
                let size = p.value(&number(*size));
                format!("size({}) {} {size}", path.text(p), comparator.text())
            }
            Self::Type(path, kind) => {
                let kind = p.value(&Value::S((*kind).into()));
                format!("attribute_type({}, {kind})", path.text(p))
            }
            Self::And(left, right) => format!("({}) AND ({})", left.text(p), right.text(p)),
            Self::Or(left, right) => format!("({}) OR ({})", left.text(p), right.text(p)),
            Self::Not(condition) => format!("NOT ({})", condition.text(p)),
        }
    }

    pub(crate) fn holds(&self, item: Option<&Item>) -> bool {
        let nothing = Item::new();
        let item = item.unwrap_or(&nothing);
        match self {
            Self::Exists(path) => path.find(item).is_some(),
            Self::Missing(path) => path.find(item).is_none(),
            Self::Compare(path, comparator, value) => {
                comparator.holds(path.find(item), Some(value))
            }
            Self::ComparePaths(left, comparator, right) => {
                comparator.holds(left.find(item), right.find(item))
            }
            Self::Between(path, low, high) => {
                let value = path.find(item);
                Comparator::GreaterOrEqual.holds(value, Some(low))
                    && Comparator::LessOrEqual.holds(value, Some(high))
            }
            Self::In(path, values) => {
                let value = path.find(item);
                value.is_some_and(|value| values.contains(value))
            }
            Self::BeginsWith(path, start) => match (path.find(item), start) {
                (Some(Value::S(text)), Value::S(start)) => text.starts_with(start.as_str()),
                (Some(Value::B(bytes)), Value::B(start)) => bytes.starts_with(start),
                _ => false,
            },
            Self::Contains(path, part) => path.find(item).is_some_and(|all| contains(all, part)),
            Self::Size(path, comparator, size) => {
                let found = path.find(item).and_then(length).map(number);
                comparator.holds(found.as_ref(), Some(&number(*size)))
            }
            Self::Type(path, kind) => path.find(item).is_some_and(|value| value.kind() == *kind),
            Self::And(left, right) => left.holds(Some(item)) && right.holds(Some(item)),
            Self::Or(left, right) => left.holds(Some(item)) || right.holds(Some(item)),
            Self::Not(condition) => !condition.holds(Some(item)),
        }
    }
}

fn number(number: usize) -> Value {
    Value::N(Decimal::new(&number.to_string()))
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::S(text) => Some(text.encode_utf16().count()),
        Value::B(bytes) => Some(bytes.len()),
        Value::Ss(members) => Some(members.len()),
        Value::Ns(members) => Some(members.len()),
        Value::Bs(members) => Some(members.len()),
        Value::L(members) => Some(members.len()),
        Value::M(members) => Some(members.len()),
        Value::N(_) | Value::Bool(_) | Value::Null => None,
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::S(whole), Value::S(part)) => whole.contains(part.as_str()),
        (Value::B(whole), Value::B(part)) => {
            part.is_empty()
                || whole
                    .windows(part.len())
                    .any(|window| window == part.as_slice())
        }
        (Value::Ss(members), Value::S(part)) => members.contains(part),
        (Value::Ns(members), Value::N(part)) => members.contains(part),
        (Value::Bs(members), Value::B(part)) => members.contains(part),
        (Value::L(members), part) => members.contains(part),
        _ => false,
    }
}
