//! Expressions of all kinds, with the names and values that they use.

use serde_json::{Map, Value, json};

use super::schema::Key;
use super::source::Source;

/// What stands for names and values in a request's expressions.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: Map<String, Value>,
    values: Map<String, Value>,
}

impl Placeholders {
    /// Puts them into a request.
    pub(super) fn write(self, request: &mut Value) {
        if !self.names.is_empty() {
            request["ExpressionAttributeNames"] = self.names.into();
        }
        if !self.values.is_empty() {
            request["ExpressionAttributeValues"] = self.values.into();
        }
    }

    pub(super) fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.into());
        placeholder
    }

    pub(super) fn value(&mut self, value: Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Seldom one that nothing uses.
    pub(super) fn unused(&mut self, source: &mut Source) {
        if source.chance(1) {
            self.value(source.value(0));
        }
        if source.chance(1) {
            self.name("unused");
        }
    }
}

const ATTRIBUTES: [&str; 12] = [
    "a", "b", "c", "m", "t", "s", "g", "r", "l", "pk", "sk", "none",
];

/// An attribute of its own, or a place within one.
pub(super) fn path(source: &mut Source, placeholders: &mut Placeholders) -> String {
    match source.below(10) {
        0 => placeholders.name("name"),
        1 => "m.x".into(),
        2 => "m.y".into(),
        3 => format!("t[{}]", source.below(4)),
        4 => source
            .pick(&["a.x", "b[0]", "m.x.y", "t[0].x", "t[1][0]", "a.none"])
            .into(),
        _ => attribute(source, placeholders),
    }
}

/// A whole attribute.
fn attribute(source: &mut Source, placeholders: &mut Placeholders) -> String {
    let name = source.pick(&ATTRIBUTES);
    if source.chance(25) {
        return placeholders.name(name);
    }
    match name {
        // Reserved.
        "none" => placeholders.name(name),
        _ => name.into(),
    }
}

pub(super) fn projection(source: &mut Source, placeholders: &mut Placeholders) -> String {
    let count = 1 + source.below(3);
    let paths: Vec<_> = (0..count).map(|_| path(source, placeholders)).collect();
    paths.join(", ")
}

/// A condition, nested at most `depth` deep.
pub(super) fn condition(
    source: &mut Source,
    placeholders: &mut Placeholders,
    depth: u32,
) -> String {
    if depth > 0 && source.chance(45) {
        let one = condition(source, placeholders, depth - 1);
        return match source.below(4) {
            0 => format!("NOT {one}"),
            1 => format!("({one})"),
            kind => {
                let other = condition(source, placeholders, depth - 1);
                let operator = if kind == 2 { "AND" } else { "OR" };
                format!("{one} {operator} {other}")
            }
        };
    }
    let place = path(source, placeholders);
    match source.below(12) {
        0 | 1 => format!("attribute_exists({place})"),
        2 => format!("attribute_not_exists({place})"),
        3 => {
            let kind = source.pick(&["S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"]);
            let kind = placeholders.value(json!({"S": kind}));
            format!("attribute_type({place}, {kind})")
        }
        4 => {
            let value = scalar(source);
            let value = placeholders.value(value);
            format!("begins_with({place}, {value})")
        }
        5 => {
            let value = operand(source, placeholders);
            format!("contains({place}, {value})")
        }
        6 => {
            let (low, high) = (scalar(source), scalar(source));
            let (low, high) = (placeholders.value(low), placeholders.value(high));
            format!("{place} BETWEEN {low} AND {high}")
        }
        7 => {
            let count = 1 + source.below(3);
            let values: Vec<_> = (0..count)
                .map(|_| operand(source, placeholders))
                .collect();
            format!("{place} IN ({})", values.join(", "))
        }
        8 => {
            let operator = comparator(source);
            let size = placeholders.value(json!({"N": source.pick(&["0", "1", "2", "3"])}));
            format!("size({place}) {operator} {size}")
        }
        _ => {
            let operator = comparator(source);
            let value = operand(source, placeholders);
            format!("{place} {operator} {value}")
        }
    }
}

fn comparator(source: &mut Source) -> &'static str {
    source.pick(&["=", "=", "<>", "<", "<=", ">", ">="])
}

fn operand(source: &mut Source, placeholders: &mut Placeholders) -> String {
    if source.chance(15) {
        return path(source, placeholders);
    }
    let value = source.value(1);
    placeholders.value(value)
}

fn scalar(source: &mut Source) -> Value {
    match source.below(5) {
        0 | 1 => source.string(),
        2 | 3 => source.number(),
        _ => source.binary(),
    }
}

pub(super) fn update(source: &mut Source, placeholders: &mut Placeholders) -> String {
    let mut clauses = Vec::new();
    for clause in ["SET", "REMOVE", "ADD", "DELETE"] {
        if !source.chance(if clause == "SET" { 65 } else { 25 }) {
            continue;
        }
        let count = 1 + source.below(2);
        let actions: Vec<_> = (0..count)
            .map(|_| action(source, placeholders, clause))
            .collect();
        clauses.push(format!("{clause} {}", actions.join(", ")));
    }
    if clauses.is_empty() {
        clauses.push(format!("SET {}", action(source, placeholders, "SET")));
    }
    clauses.join(" ")
}

fn action(source: &mut Source, placeholders: &mut Placeholders, clause: &str) -> String {
    let place = changed(source, placeholders);
    match clause {
        "SET" => format!("{place} = {}", assigned(source, placeholders)),
        "REMOVE" => place,
        "ADD" => {
            let value = if source.chance(50) {
                source.number()
            } else {
                source.set()
            };
            format!("{place} {}", placeholders.value(value))
        }
        _ => {
            let value = source.set();
            format!("{place} {}", placeholders.value(value))
        }
    }
}

/// A place that may be changed: seldom a key.
fn changed(source: &mut Source, placeholders: &mut Placeholders) -> String {
    loop {
        let path = path(source, placeholders);
        let is_key = matches!(path.trim_start_matches('#'), "pk" | "sk");
        if !is_key || source.chance(10) {
            return path;
        }
    }
}

fn assigned(source: &mut Source, placeholders: &mut Placeholders) -> String {
    match source.below(10) {
        0 | 1 => {
            let (one, number) = (path(source, placeholders), source.number());
            let number = placeholders.value(number);
            format!("{one} {} {number}", source.pick(&["+", "-"]))
        }
        2 => {
            let one = path(source, placeholders);
            format!("if_not_exists({one}, {})", operand(source, placeholders))
        }
        3 => {
            let (one, list) = (path(source, placeholders), source.list(1));
            format!("list_append({one}, {})", placeholders.value(list))
        }
        4 => {
            let (one, zero) = (path(source, placeholders), source.number());
            let zero = placeholders.value(zero);
            let number = source.number();
            let number = placeholders.value(number);
            format!("if_not_exists({one}, {zero}) + {number}")
        }
        _ => operand(source, placeholders),
    }
}

/// A key's condition, by names that stand for attributes at times.
pub(super) fn key_condition(
    source: &mut Source,
    placeholders: &mut Placeholders,
    (hash, kind): Key,
    range: Option<Key>,
) -> String {
    let hash = placeholders.name(hash);
    let value = source.key(kind);
    let mut text = format!("{hash} = {}", placeholders.value(value));
    let Some((range, kind)) = range.filter(|_| source.chance(60)) else {
        return text;
    };
    let range = if source.chance(30) {
        placeholders.name(range)
    } else {
        range.into()
    };
    let value = source.key(kind);
    let value = placeholders.value(value);
    let condition = match source.below(8) {
        0 | 1 => {
            let high = source.key(kind);
            format!("{range} BETWEEN {value} AND {}", placeholders.value(high))
        }
        2 if kind != 'N' || source.chance(10) => format!("begins_with({range}, {value})"),
        _ => {
            let operator = source.pick(&["=", "<", "<=", ">", ">="]);
            format!("{range} {operator} {value}")
        }
    };
    text.push_str(" AND ");
    text.push_str(&condition);
    text
}
