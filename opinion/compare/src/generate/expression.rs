//! Expressions of all kinds, with the names and values that they use.

use serde_json::{Map, Value, json};

use super::schema::{Key, Schema};
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
        if source.below(300) == 0 {
            self.value(source.value(0));
        }
        if source.below(300) == 0 {
            self.name("unused");
        }
    }
}

const ATTRIBUTES: [&str; 14] = [
    "a", "a", "b", "b", "c", "m", "t", "s", "g", "r", "l", "pk", "sk", "none",
];

/// Reserved words, which only a placeholder may stand for.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html>
const RESERVED: [&str; 2] = ["name", "none"];

/// An attribute of its own, or a place within one.
pub(super) fn path(source: &mut Source, placeholders: &mut Placeholders) -> String {
    let path = plain(source);
    written(source, placeholders, &path)
}

/// A path of which no attribute is used yet, but seldom.
fn fresh(source: &mut Source, placeholders: &mut Placeholders, used: &mut Vec<String>) -> String {
    loop {
        let path = plain(source);
        let root = root(&path).to_owned();
        let is_refused = used.contains(&root);
        if is_refused && source.below(200) > 0 {
            continue;
        }
        used.push(root);
        return written(source, placeholders, &path);
    }
}

/// A path without placeholders.
fn plain(source: &mut Source) -> String {
    match source.below(12) {
        0 => "name".into(),
        1 => "m.x".into(),
        2 => "m.y".into(),
        3 => format!("t[{}]", source.below(4)),
        4 => source
            .pick(&["a.x", "b[0]", "m.x.y", "t[0].x", "t[1][0]", "a.zz"])
            .into(),
        _ => source.pick(&ATTRIBUTES).into(),
    }
}

/// The attribute that a path is in.
fn root(path: &str) -> &str {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    &path[..end]
}

/// A path with a placeholder where there has to be one, and at times elsewhere.
fn written(source: &mut Source, placeholders: &mut Placeholders, path: &str) -> String {
    let root = root(path);
    let is_reserved = RESERVED.contains(&root) && source.below(400) > 0;
    if !is_reserved && !source.chance(15) {
        return path.into();
    }
    let rest = &path[root.len()..];
    format!("{}{rest}", placeholders.name(root))
}

pub(super) fn projection(source: &mut Source, placeholders: &mut Placeholders) -> String {
    let mut used = Vec::new();
    let paths: Vec<_> = (0..=source.below(3))
        .map(|_| fresh(source, placeholders, &mut used))
        .collect();
    paths.join(", ")
}

/// A search's condition, which seldom is about keys.
pub(super) fn filter(source: &mut Source, placeholders: &mut Placeholders) -> String {
    loop {
        let mut own = Placeholders {
            names: placeholders.names.clone(),
            values: placeholders.values.clone(),
        };
        let text = condition(source, &mut own, 2);
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        let has_key = words
            .into_iter()
            .any(|word| matches!(word, "pk" | "sk" | "g" | "r" | "l"));
        if !has_key || source.below(100) == 0 {
            *placeholders = own;
            return text;
        }
    }
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
    test(source, placeholders)
}

/// A condition without others in it.
fn test(source: &mut Source, placeholders: &mut Placeholders) -> String {
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
            let value = if source.chance(70) {
                source.string()
            } else {
                source.binary()
            };
            let value = placeholders.value(value);
            format!("begins_with({place}, {value})")
        }
        5 => {
            let value = operand(source, placeholders);
            format!("contains({place}, {value})")
        }
        6 => {
            let (low, high) = bounds(source);
            let (low, high) = (placeholders.value(low), placeholders.value(high));
            format!("{place} BETWEEN {low} AND {high}")
        }
        7 => {
            let count = 1 + source.below(3);
            let values: Vec<_> = (0..count).map(|_| operand(source, placeholders)).collect();
            format!("{place} IN ({})", values.join(", "))
        }
        8 => {
            let operator = comparator(source);
            let size = placeholders.value(json!({"N": source.pick(&["0", "1", "2", "3"])}));
            format!("size({place}) {operator} {size}")
        }
        9 => {
            let operator = comparator(source);
            let value = scalar(source);
            format!("{place} {operator} {}", placeholders.value(value))
        }
        _ => {
            let operator = if source.chance(3) {
                "<"
            } else {
                source.pick(&["=", "<>"])
            };
            let value = operand(source, placeholders);
            format!("{place} {operator} {value}")
        }
    }
}

fn comparator(source: &mut Source) -> &'static str {
    source.pick(&["=", "=", "<>", "<", "<=", ">", ">="])
}

fn operand(source: &mut Source, placeholders: &mut Placeholders) -> String {
    if source.chance(8) {
        return path(source, placeholders);
    }
    let value = source.value(1);
    placeholders.value(value)
}

/// Two values, seldom of two types or the wrong way round.
fn bounds(source: &mut Source) -> (Value, Value) {
    let kind = source.pick(&['S', 'N', 'B']);
    if source.chance(2) {
        return (scalar(source), scalar(source));
    }
    source.bounds(kind)
}

fn scalar(source: &mut Source) -> Value {
    match source.below(5) {
        0 | 1 => source.string(),
        2 | 3 => source.number(),
        _ => source.binary(),
    }
}

/// An update that makes an item where there is none: of one that only takes away, DynamoDB makes none.
pub(super) fn update(
    source: &mut Source,
    placeholders: &mut Placeholders,
    schema: &Schema,
) -> String {
    // Keys are seldom changed, or given a wrong type.
    let mut used: Vec<_> = ["pk", "sk", "g", "r", "l"].map(str::to_owned).into();
    let used = &mut used;
    let mut sets = vec![action(source, placeholders, used, "SET")];
    if source.chance(30) {
        sets.push(action(source, placeholders, used, "SET"));
    }
    let mut removes = Vec::new();
    for index in &schema.indexes {
        for (name, kind) in index.keys() {
            if matches!(name, "pk" | "sk") || !source.chance(30) {
                continue;
            }
            if source.chance(30) {
                removes.push(name.to_owned());
                continue;
            }
            let value = source.key(kind);
            sets.push(format!("{name} = {}", placeholders.value(value)));
        }
    }
    let mut text = format!("SET {}", sets.join(", "));
    for clause in ["REMOVE", "ADD", "DELETE"] {
        let mut actions = Vec::new();
        if clause == "REMOVE" {
            actions.append(&mut removes);
        }
        if source.chance(25) {
            actions.push(action(source, placeholders, used, clause));
        }
        if !actions.is_empty() {
            text.push_str(&format!(" {clause} {}", actions.join(", ")));
        }
    }
    text
}

fn action(
    source: &mut Source,
    placeholders: &mut Placeholders,
    used: &mut Vec<String>,
    clause: &str,
) -> String {
    let place = changed(source, placeholders, used);
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

/// What an action changes: seldom a place that may not be there.
fn changed(source: &mut Source, placeholders: &mut Placeholders, used: &mut Vec<String>) -> String {
    if source.chance(35) {
        return fresh(source, placeholders, used);
    }
    loop {
        let name = source.pick(&["a", "b", "c", "m", "t", "s", "d", "e"]);
        if !used.iter().any(|used| used == name) {
            used.push(name.into());
            return written(source, placeholders, name);
        }
    }
}

fn assigned(source: &mut Source, placeholders: &mut Placeholders) -> String {
    match source.below(10) {
        0 if source.chance(50) => {
            let (one, number) = (path(source, placeholders), source.number());
            let number = placeholders.value(number);
            format!("{one} {} {number}", source.pick(&["+", "-"]))
        }
        6 => source.pick(&["pk", "if_not_exists(none2, pk)"]).into(),
        2 | 3 => {
            let one = path(source, placeholders);
            format!("if_not_exists({one}, {})", operand(source, placeholders))
        }
        4 => {
            let (one, list) = (path(source, placeholders), source.list(1));
            let list = placeholders.value(list);
            let kind = source.below(3);
            if kind == 0 {
                return format!("list_append({one}, {list})");
            }
            let empty = placeholders.value(json!({"L": []}));
            match kind {
                1 => format!("list_append(if_not_exists({one}, {empty}), {list})"),
                _ => format!("list_append({list}, if_not_exists({one}, {empty}))"),
            }
        }
        5 => {
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
    text.push_str(" AND ");
    if source.chance(25) {
        let (low, high) = source.bounds(kind);
        let (low, high) = (placeholders.value(low), placeholders.value(high));
        text.push_str(&format!("{range} BETWEEN {low} AND {high}"));
        return text;
    }
    let value = source.key(kind);
    let value = placeholders.value(value);
    let condition = match source.below(8) {
        2 if kind != 'N' || source.chance(10) => format!("begins_with({range}, {value})"),
        _ => {
            let operator = source.pick(&["=", "<", "<=", ">", ">="]);
            format!("{range} {operator} {value}")
        }
    };
    text.push_str(&condition);
    text
}
