//! PartiQL statements.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>

use serde_json::{Map, Value, json};

use super::schema::{Key, Schema};
use super::source::Source;

/// A statement with its parameters, as a member of `Statements` is.
pub(super) fn statement(source: &mut Source, schema: &Schema) -> Value {
    let mut parameters = Vec::new();
    let text = match source.below(10) {
        0..=4 => select(source, schema, &mut parameters),
        5 | 6 => insert(source, schema, &mut parameters),
        7 | 8 => update(source, schema, &mut parameters, true),
        _ => {
            let table = schema.name;
            let whole = whole_key(source, schema, &mut parameters);
            format!("DELETE FROM \"{table}\" WHERE {whole}{}", returning(source))
        }
    };
    let mut request = json!({ "Statement": text });
    if !parameters.is_empty() {
        request["Parameters"] = parameters.into();
    }
    request
}

/// A statement that changes one item, or reads it by its key.
pub(super) fn single(source: &mut Source, schema: &Schema, is_read: bool) -> Value {
    let mut parameters = Vec::new();
    let table = schema.name;
    let text = match source.below(3) {
        _ if is_read => {
            let whole = whole_key(source, schema, &mut parameters);
            format!("SELECT * FROM \"{table}\" WHERE {whole}")
        }
        0 => insert(source, schema, &mut parameters),
        1 => update(source, schema, &mut parameters, false),
        _ => {
            let whole = whole_key(source, schema, &mut parameters);
            format!("DELETE FROM \"{table}\" WHERE {whole}")
        }
    };
    let mut request = json!({ "Statement": text });
    if !parameters.is_empty() {
        request["Parameters"] = parameters.into();
    }
    request
}

fn returning(source: &mut Source) -> &'static str {
    match source.below(5) {
        0 => " RETURNING ALL OLD *",
        _ => "",
    }
}

fn select(source: &mut Source, schema: &Schema, parameters: &mut Vec<Value>) -> String {
    let projection = match source.below(5) {
        0 => "a, m.x",
        1 => "pk, \"name\", t[0]",
        _ => "*",
    };
    let mut text = format!("SELECT {projection} FROM \"{}\"", schema.name);
    let index = schema.indexes.first();
    let index = index.filter(|index| index.has_filters() && source.chance(30));
    if let Some(index) = index {
        text.push_str(&format!(".\"{}\"", index.name));
    }
    let (hash, range) = match index {
        Some(index) => (index.hash, index.range),
        None => (schema.hash, schema.range),
    };
    let mut conditions = Vec::new();
    if source.chance(65) {
        conditions = key_conditions(source, hash, range, parameters);
    }
    let has_key = !conditions.is_empty();
    if source.chance(40) {
        conditions.push(condition(source, parameters));
    }
    if !conditions.is_empty() {
        text.push_str(" WHERE ");
        text.push_str(&conditions.join(" AND "));
    }
    if !has_key && source.chance(10) {
        text.push_str(if conditions.is_empty() {
            " WHERE "
        } else {
            " OR "
        });
        text.push_str(&condition(source, parameters));
    }
    if let Some(range) = range.filter(|_| has_key && source.chance(15)) {
        let direction = source.pick(&["ASC", "DESC"]);
        text.push_str(&format!(" ORDER BY {} {direction}", range.0));
    }
    text
}

/// Conditions by which a SELECT is a query.
fn key_conditions(
    source: &mut Source,
    hash: Key,
    range: Option<Key>,
    parameters: &mut Vec<Value>,
) -> Vec<String> {
    let mut conditions = Vec::new();
    let value = source.key(hash.1);
    let value = operand(source, value, parameters);
    if source.chance(12) {
        let other = source.key(hash.1);
        let other = operand(source, other, parameters);
        conditions.push(format!("{} IN [{value}, {other}]", hash.0));
    } else {
        conditions.push(format!("{} = {value}", hash.0));
    }
    let Some((name, kind)) = range.filter(|_| source.chance(50)) else {
        return conditions;
    };
    if source.chance(20) {
        let (low, high) = source.bounds(kind);
        let low = operand(source, low, parameters);
        let high = operand(source, high, parameters);
        conditions.push(format!("{name} BETWEEN {low} AND {high}"));
        return conditions;
    }
    let value = source.key(kind);
    let operator = source.pick(&["=", "<", "<=", ">", ">="]);
    let value = operand(source, value, parameters);
    conditions.push(format!("{name} {operator} {value}"));
    conditions
}

fn insert(source: &mut Source, schema: &Schema, parameters: &mut Vec<Value>) -> String {
    let item = schema.item(source);
    let value = literal_map(&item, source, parameters);
    format!("INSERT INTO \"{}\" VALUE {value}", schema.name)
}

fn update(
    source: &mut Source,
    schema: &Schema,
    parameters: &mut Vec<Value>,
    has_returning: bool,
) -> String {
    let mut clauses = String::new();
    let first = source.below(6);
    for number in first..=first + source.below(2) {
        let name = ["a", "b", "c", "m.x", "t[1]", "s"][number % 6];
        if source.chance(25) {
            clauses.push_str(&format!(" REMOVE {name}"));
            continue;
        }
        let value = match source.below(6) {
            0 if name.len() == 1 => {
                let number = source.number();
                let number = operand(source, number, parameters);
                format!("{name} {} {number}", source.pick(&["+", "-"]))
            }
            1 if name.len() == 1 => {
                let list = source.list(0);
                format!("list_append({name}, {})", operand(source, list, parameters))
            }
            2 => {
                let set = source.set();
                let function = source.pick(&["set_add", "set_delete"]);
                format!("{function}({name}, {})", operand(source, set, parameters))
            }
            _ => {
                let value = source.value(1);
                operand(source, value, parameters)
            }
        };
        clauses.push_str(&format!(" SET {name}={value}"));
    }
    let mut place = whole_key(source, schema, parameters);
    if source.chance(20) {
        place = format!("{place} AND {}", condition(source, parameters));
    }
    let returning = match source.below(8) {
        _ if !has_returning => "",
        0 => " RETURNING ALL NEW *",
        1 => " RETURNING MODIFIED OLD *",
        2 => " RETURNING ALL OLD *",
        3 => " RETURNING MODIFIED NEW *",
        _ => "",
    };
    format!(
        "UPDATE \"{}\"{clauses} WHERE {place}{returning}",
        schema.name
    )
}

fn whole_key(source: &mut Source, schema: &Schema, parameters: &mut Vec<Value>) -> String {
    let key = schema.key(source);
    let mut parts = Vec::new();
    for (name, value) in key {
        parts.push(format!("{name} = {}", operand(source, value, parameters)));
    }
    parts.join(" AND ")
}

fn condition(source: &mut Source, parameters: &mut Vec<Value>) -> String {
    let name = source.pick(&["a", "b", "c", "m.x", "t[0]", "s", "\"name\""]);
    match source.below(9) {
        0 => format!("attribute_type({name}, 'S')"),
        1 => format!("{name} IS MISSING"),
        2 => format!("{name} IS NOT MISSING"),
        3 => format!("begins_with({name}, 'a')"),
        4 => format!("contains({name}, 'a')"),
        5 => format!("size({name}) > 1"),
        6 => {
            let value = source.value(0);
            format!("NOT {name} = {}", operand(source, value, parameters))
        }
        7 => {
            let (one, other) = (source.value(0), source.value(0));
            let one = operand(source, one, parameters);
            format!("{name} IN [{one}, {}]", operand(source, other, parameters))
        }
        _ => {
            let value = source.value(0);
            let operator = source.pick(&["=", "<>", "<", ">="]);
            format!("{name} {operator} {}", operand(source, value, parameters))
        }
    }
}

/// A value as a literal or a parameter.
fn operand(source: &mut Source, value: Value, parameters: &mut Vec<Value>) -> String {
    let text = literal(&value);
    match text {
        Some(text) if source.chance(50) => text,
        _ => {
            parameters.push(value);
            "?".into()
        }
    }
}

/// What PartiQL writes of a value: binary values have no literal in DynamoDB's documents.
fn literal(value: &Value) -> Option<String> {
    let (kind, value) = value.as_object()?.iter().next()?;
    let list = |value: &Value| -> Option<String> {
        let values: Option<Vec<_>> = value.as_array()?.iter().map(literal).collect();
        Some(values?.join(", "))
    };
    Some(match kind.as_str() {
        "S" => format!("'{}'", value.as_str()?),
        "N" => value.as_str()?.to_owned(),
        "BOOL" => value.to_string(),
        "NULL" => "null".into(),
        "L" => format!("[{}]", list(value)?),
        "M" => {
            let members = value.as_object()?.iter();
            let members: Option<Vec<_>> = members
                .map(|(name, value)| Some(format!("'{name}': {}", literal(value)?)))
                .collect();
            format!("{{{}}}", members?.join(", "))
        }
        "SS" => {
            let values: Vec<_> = value.as_array()?.iter().filter_map(Value::as_str).collect();
            format!("<<'{}'>>", values.join("', '"))
        }
        _ => return None,
    })
}

/// An item as a literal, its values literals or parameters.
fn literal_map(
    item: &Map<String, Value>,
    source: &mut Source,
    parameters: &mut Vec<Value>,
) -> String {
    let members: Vec<_> = item
        .iter()
        .map(|(name, value)| format!("'{name}': {}", operand(source, value.clone(), parameters)))
        .collect();
    format!("{{{}}}", members.join(", "))
}
