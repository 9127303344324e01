//! Updates as the histories have them: how they are written, and what they make of an item.

use crate::expressions::{Path, Placeholders, Within};
use crate::number::Decimal;
use crate::value::{Item, Value};

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
