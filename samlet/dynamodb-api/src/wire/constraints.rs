//! Whether values keep to the constraints of the model. All that don't are said at once, up to ten.

use serde_json::{Map, Value};

use super::java::{cut, member_name, show};
use super::shape::{Bounds, Presence, Role, Shape, Structure, TableRule, Text};
use crate::{Operation, Refusal};

/// DynamoDB says no more of them.
const MAX_FAULTS: usize = 10;
const NAME_PATTERN: &str = "[a-zA-Z0-9_.-]+";
/// What a table's ARN begins with; its name is checked when it is taken from the ARN.
const ARN: &str = "arn:";
const MAX_ARN: usize = 1024;
const KEYS: &str = "Map keys must satisfy constraint: [Member must have length less than or equal to 255, \
    Member must have length greater than or equal to 3, \
    Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]";

/// Checks a request's members.
pub(super) fn check(
    operation: Operation,
    structure: &Structure,
    members: &Map<String, Value>,
) -> Result<(), Refusal> {
    for member in structure.members {
        if let Role::Served { presence, .. } = member.role
            && presence == Presence::Parameter
            && !members.contains_key(member.name)
        {
            return Err(Refusal::validation(format!(
                "The parameter '{}' is required but was not present in the request",
                member.name
            )));
        }
    }
    let mut faults = Faults::default();
    faults.check_structure(structure, members, None);
    faults.finish()?;
    let is_batch = matches!(
        operation,
        Operation::BatchGetItem | Operation::BatchWriteItem
    );
    let items = members.get("RequestItems").and_then(Value::as_object);
    if is_batch && items.is_some_and(Map::is_empty) {
        return Err(Refusal::validation(format!(
            "The requestItems parameter is required for {}",
            operation.name()
        )));
    }
    Ok(())
}

/// Where a value is: the way to it, from its end.
#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    /// Of a map.
    Key(&'a str),
    /// Of a list, from 0.
    Index(usize),
}

impl Path<'_> {
    /// As messages have it; the newer ones with members' names as they are on the wire.
    fn text(&self, is_newer: bool) -> String {
        let step = match self.step {
            Step::Member(name) if is_newer => name.to_owned(),
            Step::Member(name) => member_name(name),
            Step::Key(key) => format!("{}.member", cut(key)),
            Step::Index(index) => format!("{}.member", index + 1),
        };
        match self.parent {
            Some(parent) => format!("{}.{step}", parent.text(is_newer)),
            None => step,
        }
    }
}

/// What is wrong with a request.
#[derive(Default)]
struct Faults {
    /// What is said alone, without the others.
    early: Vec<String>,
    others: Vec<String>,
    /// What samlet doesn't have, which matters only when nothing is wrong.
    unsupported: Option<Refusal>,
}

impl Faults {
    fn finish(self) -> Result<(), Refusal> {
        let faults = if self.early.is_empty() {
            self.others
        } else {
            self.early
        };
        let count = faults.len().min(MAX_FAULTS);
        if count > 0 {
            let errors = if count == 1 { "error" } else { "errors" };
            return Err(Refusal::Validation(format!(
                "{count} validation {errors} detected: {}",
                faults[..count].join("; ")
            )));
        }
        match self.unsupported {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    fn is_full(&self) -> bool {
        self.early.len() >= MAX_FAULTS || self.others.len() >= MAX_FAULTS
    }

    fn check_structure(
        &mut self,
        structure: &Structure,
        members: &Map<String, Value>,
        parent: Option<&Path<'_>>,
    ) {
        for member in structure.members {
            let path = Path {
                parent,
                step: Step::Member(member.name),
            };
            match (&member.role, members.get(member.name)) {
                (Role::Served { shape, .. }, Some(value)) => self.check_value(value, shape, &path),
                (Role::Served { presence, .. }, None) => {
                    if *presence != Presence::Optional {
                        self.missing(&path);
                    }
                }
                (Role::Refused(missing), Some(_)) => {
                    self.unsupported.get_or_insert_with(|| {
                        Refusal::Validation(format!(
                            "samlet does not support {}: it does not have {missing}",
                            member.name
                        ))
                    });
                }
                (Role::Refused(_) | Role::PassedOver(_), _) => {}
            }
        }
    }

    fn check_value(&mut self, value: &Value, shape: &Shape, path: &Path<'_>) {
        if self.is_full() {
            return;
        }
        match (shape, value) {
            (Shape::Structure(structure), Value::Object(members)) if may_fail(structure) => {
                self.check_structure(structure, members, Some(path));
            }
            (Shape::List { member, length }, Value::Array(elements)) => {
                self.check_length(elements.len(), *length, value, shape, path);
                if needs_elements(member) {
                    for (index, element) in elements.iter().enumerate() {
                        let step = Step::Index(index);
                        let parent = Some(path);
                        self.check_value(element, member, &Path { parent, step });
                    }
                }
            }
            (Shape::Map { .. }, Value::Object(members)) => {
                self.check_map(members, value, shape, path);
            }
            (Shape::String(text), Value::String(value)) => self.check_text(value, text, path),
            (Shape::Integer(bounds) | Shape::Long(bounds), Value::Number(number)) => {
                self.check_number(number.as_i64().unwrap_or(i64::MAX), *bounds, path);
            }
            (_, Value::Null) => self.missing(path),
            _ => {}
        }
    }

    fn check_map(
        &mut self,
        members: &Map<String, Value>,
        value: &Value,
        shape: &Shape,
        path: &Path<'_>,
    ) {
        let Shape::Map {
            value: element,
            length,
            has_table_names,
            values,
        } = shape
        else {
            return;
        };
        self.check_length(members.len(), *length, value, shape, path);
        if *has_table_names && !members.keys().all(|name| is_table(name)) {
            self.constraint(&show(value, shape), path, KEYS);
        }
        if let Some(bounds) = values {
            let mut lists = members.values().filter_map(Value::as_array);
            if !lists.all(|list| broken(count(list.len()), *bounds).is_none()) {
                let constraint = format!(
                    "Map value must satisfy constraint: [Member must have length less than or equal to {}, \
                     Member must have length greater than or equal to {}]",
                    bounds.max.unwrap_or(i64::MAX),
                    bounds.min.unwrap_or_default()
                );
                self.constraint(&show(value, shape), path, &constraint);
            }
        }
        if needs_elements(element) {
            for (name, member) in members {
                let parent = Some(path);
                let step = Step::Key(name);
                self.check_value(member, element, &Path { parent, step });
            }
        }
    }

    fn check_length(
        &mut self,
        length: usize,
        bounds: Bounds,
        value: &Value,
        shape: &Shape,
        path: &Path<'_>,
    ) {
        if let Some(constraint) = broken(count(length), bounds) {
            let constraint = format!("Member must have length {constraint}");
            if bounds.is_newer {
                self.newer(path, &constraint);
            } else {
                self.constraint(&show(value, shape), path, &constraint);
            }
        }
    }

    fn check_number(&mut self, number: i64, bounds: Bounds, path: &Path<'_>) {
        if let Some(constraint) = broken(number, bounds) {
            let constraint = format!("Member must have value {constraint}");
            if bounds.is_newer {
                self.newer(path, &constraint);
            } else {
                self.constraint(&number.to_string(), path, &constraint);
            }
        }
    }

    fn check_text(&mut self, text: &str, rule: &Text, path: &Path<'_>) {
        match rule {
            Text::Any => {}
            Text::Length(bounds) => {
                // Bytes are at least as many as characters, so that most texts need not be counted.
                let is_short = bounds.max.is_none_or(|max| count(text.len()) <= max);
                if is_short && !text.is_empty() && bounds.min.is_none_or(|min| min <= 1) {
                    return;
                }
                let constraint = broken(count(text.chars().count()), *bounds);
                if let Some(constraint) = constraint {
                    self.constraint(text, path, &format!("Member must have length {constraint}"));
                }
            }
            Text::Enum(names) if names.contains(&text) => {}
            Text::Enum(names) => {
                let constraint =
                    format!("Member must satisfy enum value set: [{}]", names.join(", "));
                self.constraint(text, path, &constraint);
            }
            Text::Name => self.check_name(text, TableRule::CharactersFirst, path),
            Text::NewTable => self.check_name(text, TableRule::LengthAlone, path),
            Text::Table(rule) => {
                let is_of_item = matches!(rule, TableRule::First | TableRule::CharactersFirst);
                if text.is_empty() && is_of_item {
                    let least = "Member must have length greater than or equal to 1";
                    self.early.push(fault("''", path, least));
                } else if !(text.starts_with(ARN) && text.len() <= MAX_ARN) {
                    self.check_name(text, *rule, path);
                }
            }
        }
    }

    fn check_name(&mut self, name: &str, rule: TableRule, path: &Path<'_>) {
        let length = broken(count(name.chars().count()), Bounds::between(3, 255))
            .map(|constraint| format!("Member must have length {constraint}"));
        let characters = (!has_name_characters(name))
            .then(|| format!("Member must satisfy regular expression pattern: {NAME_PATTERN}"));
        let constraints = match rule {
            TableRule::LengthAlone => {
                if let Some(length) = length {
                    let shown = format!("'{}'", cut(name));
                    self.early.push(fault(&shown, path, &length));
                    return;
                }
                [characters, None]
            }
            TableRule::First => [length.or(characters), None],
            TableRule::CharactersFirst => [characters, length],
            TableRule::LengthFirst => [length, characters],
        };
        for constraint in constraints.into_iter().flatten() {
            self.constraint(name, path, &constraint);
        }
    }

    fn missing(&mut self, path: &Path<'_>) {
        let fault = fault("null", path, "Member must not be null");
        self.others.push(fault);
    }

    fn constraint(&mut self, shown: &str, path: &Path<'_>, constraint: &str) {
        let fault = fault(&format!("'{}'", cut(shown)), path, constraint);
        self.others.push(fault);
    }

    fn newer(&mut self, path: &Path<'_>, constraint: &str) {
        let path = path.text(true);
        self.early.push(format!(
            "Value at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }
}

fn fault(shown: &str, path: &Path<'_>, constraint: &str) -> String {
    let path = path.text(false);
    format!("Value {shown} at '{path}' failed to satisfy constraint: {constraint}")
}

/// Whether a text has the characters of a table's or an index's name.
fn has_name_characters(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !name.is_empty() && name.bytes().all(is_allowed)
}

fn is_table(name: &str) -> bool {
    if name.starts_with(ARN) {
        return name.len() <= MAX_ARN;
    }
    (3..=255).contains(&name.len()) && has_name_characters(name)
}

/// The bound that a number breaks.
fn broken(number: i64, bounds: Bounds) -> Option<String> {
    if let Some(min) = bounds.min.filter(|min| number < *min) {
        return Some(format!("greater than or equal to {min}"));
    }
    let max = bounds.max.filter(|max| number > *max)?;
    Some(format!("less than or equal to {max}"))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Attribute values have no constraints in the model; to look at each would only take time.
fn may_fail(structure: &Structure) -> bool {
    structure.class != super::shapes::ATTRIBUTE_VALUE_CLASS
}

/// Whether a list's or a map's elements are to be looked at: all but attribute values and maps of them.
fn needs_elements(shape: &Shape) -> bool {
    match shape {
        Shape::Structure(structure) => may_fail(structure),
        Shape::Map { value, .. } => needs_elements(value),
        _ => true,
    }
}
