//! Conditions and updates as the histories have them: how they are written, and what they mean, read plainly.

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

#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Value(Value),
    Path(Path),
    IfNotExists(Path, Value),
    Append(Path, Vec<Value>),
    Prepend(Path, Vec<Value>),
    Plus(Path, Decimal),
    Minus(Path, Decimal),
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Set(Path, Operand),
    Remove(Path),
    Add(Path, Value),
    Delete(Path, Value),
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
    fn text(&self, placeholders: &mut Placeholders) -> String {
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

impl Operand {
    fn text(&self, p: &mut Placeholders) -> String {
        match self {
            Self::Value(value) => p.value(value),
            Self::Path(path) => path.text(p),
            Self::IfNotExists(path, value) => {
                format!("if_not_exists({}, {})", path.text(p), p.value(value))
            }
            Self::Append(path, values) => {
                let values = p.value(&Value::L(values.clone()));
                format!("list_append({}, {values})", path.text(p))
            }
            Self::Prepend(path, values) => {
                let values = p.value(&Value::L(values.clone()));
                format!("list_append({values}, {})", path.text(p))
            }
            Self::Plus(path, number) => {
                format!("{} + {}", path.text(p), p.value(&Value::N(number.clone())))
            }
            Self::Minus(path, number) => {
                format!("{} - {}", path.text(p), p.value(&Value::N(number.clone())))
            }
        }
    }

    /// The type of the result, as far as the operand shows it.
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Value(value) => Some(value.kind()),
            Self::Path(_) | Self::IfNotExists(..) => None,
            Self::Append(..) | Self::Prepend(..) => Some("L"),
            Self::Plus(..) | Self::Minus(..) => Some("N"),
        }
    }

    /// Its value; `None` if it is refused.
    fn value(&self, item: &Item) -> Option<Value> {
        let list = |path: &Path| match path.find(item) {
            Some(Value::L(members)) => Some(members.clone()),
            _ => None,
        };
        let sum = |path: &Path, more: &Decimal| match path.find(item) {
            Some(Value::N(current)) => current.plus(more).map(Value::N),
            _ => None,
        };
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Path(path) => path.find(item).cloned(),
            Self::IfNotExists(path, value) => Some(path.find(item).unwrap_or(value).clone()),
            Self::Append(path, values) => Some(Value::L([list(path)?, values.clone()].concat())),
            Self::Prepend(path, values) => Some(Value::L([values.clone(), list(path)?].concat())),
            Self::Plus(path, number) => sum(path, number),
            Self::Minus(path, number) => sum(path, &number.negated()),
        }
    }
}

impl Action {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Set(path, _)
            | Self::Remove(path)
            | Self::Add(path, _)
            | Self::Delete(path, _) => path,
        }
    }

    /// The type that it gives what is at its path, as far as the action shows it.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Set(_, operand) => operand.kind(),
            Self::Remove(_) => None,
            Self::Add(_, value) | Self::Delete(_, value) => Some(value.kind()),
        }
    }

    /// Whether it only takes away.
    pub(crate) fn takes_away(&self) -> bool {
        matches!(self, Self::Remove(_) | Self::Delete(..))
    }

    /// What is to be at its path; `Err` if it is refused, `None` if nothing is to be there.
    fn outcome(&self, item: &Item) -> Result<Option<Value>, ()> {
        let path = self.path();
        let current = path.find(item);
        let has_place = matches!(
            (&path.within, item.get(&path.attribute)),
            (None, _)
                | (Some(Within::Member(_)), Some(Value::M(_)))
                | (Some(Within::Index(_)), Some(Value::L(_)))
        );
        let outcome = match self {
            Self::Set(_, operand) => Some(operand.value(item).ok_or(())?),
            Self::Remove(_) => None,
            Self::Add(_, value) => Some(match (current, value) {
                (None, value) => value.clone(),
                (Some(Value::N(current)), Value::N(more)) => {
                    Value::N(current.plus(more).ok_or(())?)
                }
                (Some(Value::Ss(current)), Value::Ss(more)) => Value::Ss(current | more),
                (Some(Value::Ns(current)), Value::Ns(more)) => Value::Ns(current | more),
                (Some(Value::Bs(current)), Value::Bs(more)) => Value::Bs(current | more),
                _ => return Err(()),
            }),
            Self::Delete(_, value) => match (current, value) {
                (None, _) => None,
                (Some(Value::Ss(current)), Value::Ss(fewer)) => Some(current - fewer)
                    .filter(|rest| !rest.is_empty())
                    .map(Value::Ss),
                (Some(Value::Ns(current)), Value::Ns(fewer)) => Some(current - fewer)
                    .filter(|rest| !rest.is_empty())
                    .map(Value::Ns),
                (Some(Value::Bs(current)), Value::Bs(fewer)) => Some(current - fewer)
                    .filter(|rest| !rest.is_empty())
                    .map(Value::Bs),
                _ => return Err(()),
            },
        };
        if has_place { Ok(outcome) } else { Err(()) }
    }
}

/// The `UpdateExpression`.
pub(crate) fn update_text(actions: &[Action], p: &mut Placeholders) -> String {
    let (mut set, mut remove, mut add, mut delete) = (vec![], vec![], vec![], vec![]);
    for action in actions {
        match action {
            Action::Set(path, operand) => {
                set.push(format!("{} = {}", path.text(p), operand.text(p)))
            }
            Action::Remove(path) => remove.push(path.text(p)),
            Action::Add(path, value) => add.push(format!("{} {}", path.text(p), p.value(value))),
            Action::Delete(path, value) => {
                delete.push(format!("{} {}", path.text(p), p.value(value)));
            }
        }
    }
    let clauses = [
        ("SET", set),
        ("REMOVE", remove),
        ("ADD", add),
        ("DELETE", delete),
    ];
    let clauses = clauses.iter().filter(|(_, actions)| !actions.is_empty());
    let clauses = clauses.map(|(clause, actions)| format!("{clause} {}", actions.join(", ")));
    clauses.collect::<Vec<_>>().join(" ")
}

/// What actions make of an item: all see it as it was. `Err` if they are refused.
pub(crate) fn updated(actions: &[Action], item: &Item) -> Result<Item, ()> {
    let mut outcomes = Vec::new();
    for action in actions {
        outcomes.push((action.path(), action.outcome(item)?));
    }
    let mut new = item.clone();
    // Elements of lists are set in the order of their indexes, those beyond the end appended, and removed from the end.
    let index = |path: &Path| match path.within {
        Some(Within::Index(index)) => index,
        _ => 0,
    };
    outcomes.sort_by_key(|(path, _)| index(path));
    for (path, outcome) in &outcomes {
        let Some(value) = outcome else { continue };
        match (&path.within, new.get_mut(&path.attribute)) {
            (Some(Within::Member(name)), Some(Value::M(members))) => {
                members.insert(name.clone(), value.clone());
            }
            (Some(Within::Index(index)), Some(Value::L(members))) => {
                if *index < members.len() {
                    members[*index] = value.clone();
                } else {
                    members.push(value.clone());
                }
            }
            _ => {
                new.insert(path.attribute.clone(), value.clone());
            }
        }
    }
    for (path, outcome) in outcomes.iter().rev() {
        if outcome.is_some() || path.find(item).is_none() {
            continue;
        }
        match (&path.within, new.get_mut(&path.attribute)) {
            (Some(Within::Member(name)), Some(Value::M(members))) => {
                members.remove(name);
            }
            (Some(Within::Index(index)), Some(Value::L(members))) => {
                members.remove(*index);
            }
            _ => {
                new.remove(&path.attribute);
            }
        }
    }
    Ok(new)
}

/// What there is of an item at the paths of actions; `None` if there is nothing.
pub(crate) fn parts(actions: &[Action], item: &Item) -> Option<Item> {
    let mut paths: Vec<&Path> = actions.iter().map(Action::path).collect();
    paths.sort_by_key(|path| match path.within {
        Some(Within::Index(index)) => index,
        _ => 0,
    });
    let mut parts = Item::new();
    for path in paths {
        let Some(value) = path.find(item) else {
            continue;
        };
        let name = path.attribute.clone();
        match &path.within {
            None => {
                parts.insert(name, value.clone());
            }
            Some(Within::Member(member)) => {
                let map = parts.entry(name).or_insert_with(|| Value::M(Item::new()));
                if let Value::M(members) = map {
                    members.insert(member.clone(), value.clone());
                }
            }
            Some(Within::Index(_)) => {
                let list = parts.entry(name).or_insert_with(|| Value::L(Vec::new()));
                if let Value::L(members) = list {
                    members.push(value.clone());
                }
            }
        }
    }
    (!parts.is_empty()).then_some(parts)
}
