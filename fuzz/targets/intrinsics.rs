//! Intrinsic functions, nested at random and written in either form: each value is the one that
//! a plain reading of CloudFormation's rules gives, or both say that there is none.

#![no_main]

use arbitrary::Unstructured;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fuzz::pieced;
use libfuzzer_sys::fuzz_target;
use samlet_template::read;
use serde_json::json;

/// Larger values are not worked out here.
const MAX_TEXT: usize = 1 << 20;

/// How deep functions are put into one another.
const DEPTH: u32 = 5;

const PIECES: [&str; 20] = [
    "a", "b", ",", "$", "{", "}", "!", ".", " ", "*", "1", "\"", "\\", "\n", "é", "-", ":", "#",
    "'", "P0",
];
const PSEUDO: [(&str, &str); 5] = [
    ("AWS::Region", "us-east-1"),
    ("AWS::AccountId", "123456789012"),
    ("AWS::StackName", "local"),
    ("AWS::Partition", "aws"),
    ("AWS::URLSuffix", "amazonaws.com"),
];
/// Names of variables: two of them are parameters' too.
const VARIABLES: [&str; 4] = ["P0", "P1", "V0", "V1"];
const PARAMETERS: [&str; 3] = ["P0", "P1", "P2"];
const CONDITIONS: usize = 3;

enum Value {
    Text(String),
    Parameter(usize),
    Pseudo(usize),
    Sub(Vec<Piece>, Vec<(&'static str, Value)>),
    Join(String, List),
    If(usize, Box<Value>, Box<Value>),
    Select(usize, List),
    FindInMap(Box<Value>, &'static str),
    Base64(Box<Value>),
    Nothing,
}

enum List {
    Of(Vec<Value>),
    Split(String, Box<Value>),
    Mapped,
}

enum Piece {
    Text(String),
    Name(&'static str),
    Literal(&'static str),
}

enum Condition {
    Equals(Value, Value),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Named(usize),
}

/// The template's parameters, and what its conditions came to.
struct Known {
    parameters: Vec<String>,
    conditions: Vec<bool>,
}

/// Why there is no value.
enum Stop {
    /// It is wrong.
    Wrong,
    /// It is too large for this test.
    Large,
}

fuzz_target!(|data: &[u8]| {
    let _ = hold(&mut Unstructured::new(data));
});

fn hold(choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut known = Known {
        parameters: Vec::new(),
        conditions: Vec::new(),
    };
    for _ in PARAMETERS {
        known.parameters.push(pieced(&PIECES, choices.bytes(3)?));
    }
    let mut conditions = Vec::new();
    for number in 0..CONDITIONS {
        conditions.push(condition(choices, 2, number)?);
    }
    let value = value(choices, DEPTH)?;

    let mut source =
        "Mappings: {M: {a: {x: one, y: [l, m, n]}, b: {x: two, y: [k]}}}\nParameters:\n".to_owned();
    for (name, default) in PARAMETERS.iter().zip(&known.parameters) {
        source += &format!("  {name}: {{Type: String, Default: {}}}\n", json!(default));
    }
    source += "Conditions:\n";
    for (number, condition) in conditions.iter().enumerate() {
        source += &format!("  C{number}: ");
        print_condition(condition, choices, &mut source)?;
        source += "\n";
    }
    source += "Resources: {R: {Type: AWS::SSM::Parameter}}\nOutputs:\n  O:\n    Value: ";
    print(&value, choices, true, &mut source)?;
    source += "\n";

    let mut stop = None;
    for condition in &conditions {
        let holds = holds(condition, &known).unwrap_or_else(|why| {
            stop = Some(why);
            false
        });
        known.conditions.push(holds);
    }
    let expected = match stop {
        Some(why) => Err(why),
        // An output has a value.
        None => text_of(&value, &known),
    };
    let read = read(&source, &fuzz::settings(), &fuzz::CATALOGUE);
    match (read, expected) {
        (_, Err(Stop::Large)) => {}
        (Ok(application), Ok(expected)) => {
            assert_eq!(application.outputs[0].value, expected, "{source}");
        }
        (Err(_), Err(Stop::Wrong)) => {}
        (Err(errors), Ok(expected)) => panic!("{errors:#?}\n{expected:?}\n{source}"),
        (Ok(application), Err(Stop::Wrong)) => panic!("{:?}\n{source}", application.outputs),
    }
    Ok(())
}

fn boxed(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Box<Value>> {
    value(choices, depth).map(Box::new)
}

fn text(choices: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    let length = choices.int_in_range(0..=4)?;
    Ok(pieced(&PIECES, choices.bytes(length)?))
}

fn value(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Value> {
    Ok(
        match choices.int_in_range(0..=if depth == 0 { 2 } else { 9 })? {
            0 => Value::Text(text(choices)?),
            1 => Value::Parameter(choices.choose_index(PARAMETERS.len())?),
            2 => Value::Pseudo(choices.choose_index(PSEUDO.len())?),
            3 => {
                let mut variables: Vec<(&str, Value)> = Vec::new();
                for _ in 0..choices.int_in_range(0..=3)? {
                    let name = *choices.choose(&VARIABLES)?;
                    if variables.iter().all(|(known, _)| *known != name) {
                        variables.push((name, value(choices, depth - 1)?));
                    }
                }
                let mut pieces = Vec::new();
                for _ in 0..choices.int_in_range(0..=5)? {
                    pieces.push(match choices.int_in_range(0..=3)? {
                        // Where a brace is, a variable would begin.
                        0 => Piece::Text(text(choices)?.replace('{', "")),
                        1 => Piece::Name(choices.choose(&VARIABLES)?),
                        2 => Piece::Name(choices.choose(&PSEUDO)?.0),
                        _ => Piece::Literal(choices.choose(&VARIABLES)?),
                    });
                }
                Value::Sub(pieces, variables)
            }
            4 => Value::Join(text(choices)?, list(choices, depth - 1)?),
            5 => {
                let condition = choices.choose_index(CONDITIONS)?;
                Value::If(
                    condition,
                    boxed(choices, depth - 1)?,
                    boxed(choices, depth - 1)?,
                )
            }
            6 => Value::Select(choices.int_in_range(0..=3)?, list(choices, depth - 1)?),
            7 => Value::FindInMap(
                boxed(choices, depth - 1)?,
                choices.choose(&["x", "y", "z"])?,
            ),
            8 => Value::Base64(boxed(choices, depth - 1)?),
            _ => Value::Nothing,
        },
    )
}

fn list(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<List> {
    Ok(match choices.int_in_range(0..=4)? {
        0 => List::Split(text(choices)?, boxed(choices, depth.saturating_sub(1))?),
        1 => List::Mapped,
        _ => {
            let length = choices.int_in_range(0..=3)?;
            let items = (0..length).map(|_| value(choices, depth.saturating_sub(1)));
            List::Of(items.collect::<Result<_, _>>()?)
        }
    })
}

/// A condition that names only those before it.
fn condition(
    choices: &mut Unstructured<'_>,
    depth: u32,
    before: usize,
) -> arbitrary::Result<Condition> {
    let several = |choices: &mut Unstructured<'_>| -> arbitrary::Result<Vec<_>> {
        let count = choices.int_in_range(2..=3)?;
        (0..count)
            .map(|_| condition(choices, depth - 1, before))
            .collect()
    };
    Ok(
        match choices.int_in_range(0..=if depth == 0 { 1 } else { 4 })? {
            1 if before > 0 => Condition::Named(choices.choose_index(before)?),
            2 => Condition::Not(Box::new(condition(choices, depth - 1, before)?)),
            3 => Condition::And(several(choices)?),
            4 => Condition::Or(several(choices)?),
            _ => {
                let one = |choices: &mut Unstructured<'_>| -> arbitrary::Result<Value> {
                    Ok(match choices.arbitrary()? {
                        true => Value::Parameter(choices.choose_index(PARAMETERS.len())?),
                        false => Value::Text(text(choices)?),
                    })
                };
                Condition::Equals(one(choices)?, one(choices)?)
            }
        },
    )
}

/// Writes a call in its long form or, where there is no tag yet, its short one.
fn call(
    name: &str,
    choices: &mut Unstructured<'_>,
    may_be_tag: bool,
    to: &mut String,
    argument: impl FnOnce(&mut Unstructured<'_>, bool, &mut String) -> arbitrary::Result<()>,
) -> arbitrary::Result<()> {
    let is_tag = may_be_tag && choices.arbitrary()?;
    if is_tag {
        *to += &format!("!{name} ");
        return argument(choices, false, to);
    }
    let prefix = if matches!(name, "Ref" | "Condition") {
        ""
    } else {
        "Fn::"
    };
    *to += &format!("{{\"{prefix}{name}\": ");
    argument(choices, true, to)?;
    *to += "}";
    Ok(())
}

fn print(
    value: &Value,
    choices: &mut Unstructured<'_>,
    may_be_tag: bool,
    to: &mut String,
) -> arbitrary::Result<()> {
    let reference = |name: &str, choices: &mut Unstructured<'_>, to: &mut String| {
        call("Ref", choices, may_be_tag, to, |_, _, to| {
            *to += &json!(name).to_string();
            Ok(())
        })
    };
    match value {
        Value::Text(text) => *to += &json!(text).to_string(),
        Value::Parameter(number) => reference(PARAMETERS[*number], choices, to)?,
        Value::Pseudo(number) => reference(PSEUDO[*number].0, choices, to)?,
        Value::Nothing => reference("AWS::NoValue", choices, to)?,
        Value::Sub(pieces, variables) => print_sub(pieces, variables, choices, may_be_tag, to)?,
        Value::Join(separator, list) => call("Join", choices, may_be_tag, to, |choices, _, to| {
            *to += &format!("[{}, ", json!(separator));
            print_list(list, choices, to)?;
            *to += "]";
            Ok(())
        })?,
        Value::If(number, yes, no) => call("If", choices, may_be_tag, to, |choices, _, to| {
            *to += &format!("[C{number}, ");
            print(yes, choices, true, to)?;
            *to += ", ";
            print(no, choices, true, to)?;
            *to += "]";
            Ok(())
        })?,
        Value::Select(index, list) => call("Select", choices, may_be_tag, to, |choices, _, to| {
            *to += &format!("[{index}, ");
            print_list(list, choices, to)?;
            *to += "]";
            Ok(())
        })?,
        Value::FindInMap(key, second) => {
            call("FindInMap", choices, may_be_tag, to, |choices, _, to| {
                *to += "[M, ";
                print(key, choices, true, to)?;
                *to += &format!(", {second}]");
                Ok(())
            })?;
        }
        Value::Base64(of) => call(
            "Base64",
            choices,
            may_be_tag,
            to,
            |choices, may_be_tag, to| print(of, choices, may_be_tag, to),
        )?,
    }
    Ok(())
}

fn print_sub(
    pieces: &[Piece],
    variables: &[(&str, Value)],
    choices: &mut Unstructured<'_>,
    may_be_tag: bool,
    to: &mut String,
) -> arbitrary::Result<()> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(plain) => text += plain,
            Piece::Name(name) => text += &format!("${{{name}}}"),
            Piece::Literal(name) => text += &format!("${{!{name}}}"),
        }
    }
    let text = json!(text).to_string();
    call("Sub", choices, may_be_tag, to, |choices, _, to| {
        if variables.is_empty() {
            *to += &text;
            return Ok(());
        }
        *to += &format!("[{text}, {{");
        for (name, value) in variables {
            *to += &format!("{name}: ");
            print(value, choices, true, to)?;
            *to += ", ";
        }
        *to += "}]";
        Ok(())
    })
}

fn print_list(
    list: &List,
    choices: &mut Unstructured<'_>,
    to: &mut String,
) -> arbitrary::Result<()> {
    match list {
        List::Of(items) => {
            *to += "[";
            for item in items {
                print(item, choices, true, to)?;
                *to += ", ";
            }
            *to += "]";
            Ok(())
        }
        List::Split(separator, text) => call("Split", choices, true, to, |choices, _, to| {
            *to += &format!("[{}, ", json!(separator));
            print(text, choices, true, to)?;
            *to += "]";
            Ok(())
        }),
        List::Mapped => call("FindInMap", choices, true, to, |_, _, to| {
            *to += "[M, a, y]";
            Ok(())
        }),
    }
}

fn print_condition(
    condition: &Condition,
    choices: &mut Unstructured<'_>,
    to: &mut String,
) -> arbitrary::Result<()> {
    let several =
        |name: &str, several: &[Condition], choices: &mut Unstructured<'_>, to: &mut String| {
            call(name, choices, true, to, |choices, _, to| {
                *to += "[";
                for one in several {
                    print_condition(one, choices, to)?;
                    *to += ", ";
                }
                *to += "]";
                Ok(())
            })
        };
    match condition {
        Condition::Equals(left, right) => call("Equals", choices, true, to, |choices, _, to| {
            *to += "[";
            print(left, choices, true, to)?;
            *to += ", ";
            print(right, choices, true, to)?;
            *to += "]";
            Ok(())
        }),
        Condition::Not(one) => several("Not", std::slice::from_ref(one), choices, to),
        Condition::And(all) => several("And", all, choices, to),
        Condition::Or(any) => several("Or", any, choices, to),
        Condition::Named(number) => call("Condition", choices, true, to, |_, _, to| {
            *to += &format!("C{number}");
            Ok(())
        }),
    }
}

fn bounded(text: String) -> Result<String, Stop> {
    match text.len() <= MAX_TEXT {
        true => Ok(text),
        false => Err(Stop::Large),
    }
}

/// What a value comes to.
#[derive(PartialEq)]
enum Resolved {
    Text(String),
    /// Whatever is in it: a text is wanted wherever this may come.
    List,
}

/// The value where a text is wanted.
fn text_of(value: &Value, known: &Known) -> Result<String, Stop> {
    match evaluate(value, known)? {
        Some(Resolved::Text(text)) => Ok(text),
        Some(Resolved::List) | None => Err(Stop::Wrong),
    }
}

/// The value; none for `AWS::NoValue`.
fn evaluate(value: &Value, known: &Known) -> Result<Option<Resolved>, Stop> {
    Ok(Some(Resolved::Text(match value {
        Value::Nothing => return Ok(None),
        Value::Text(text) => text.clone(),
        Value::Parameter(number) => known.parameters[*number].clone(),
        Value::Pseudo(number) => PSEUDO[*number].1.to_owned(),
        Value::Sub(pieces, variables) => {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(plain) => text += plain,
                    Piece::Literal(name) => text += &format!("${{{name}}}"),
                    Piece::Name(name) => text += &named(name, variables, known)?,
                }
                text = bounded(text)?;
            }
            text
        }
        Value::Join(separator, list) => {
            let items = texts(list, known)?;
            let length = items
                .iter()
                .map(|item| item.len() + separator.len())
                .sum::<usize>();
            if length > MAX_TEXT {
                return Err(Stop::Large);
            }
            items.join(separator)
        }
        Value::If(number, yes, no) => {
            let chosen = if known.conditions[*number] { yes } else { no };
            return evaluate(chosen, known);
        }
        Value::Select(index, list) => {
            let items = items(list, known)?;
            let item = items.into_iter().nth(*index).ok_or(Stop::Wrong)?;
            return Ok(Some(item));
        }
        Value::FindInMap(key, second) => {
            let key = text_of(key, known)?;
            match (key.as_str(), *second) {
                ("a", "x") => "one".to_owned(),
                ("b", "x") => "two".to_owned(),
                ("a" | "b", "y") => return Ok(Some(Resolved::List)),
                _ => return Err(Stop::Wrong),
            }
        }
        Value::Base64(of) => {
            let text = text_of(of, known)?;
            bounded(STANDARD.encode(text))?
        }
    })))
}

fn named(name: &str, variables: &[(&str, Value)], known: &Known) -> Result<String, Stop> {
    if let Some((_, value)) = variables.iter().find(|(variable, _)| *variable == name) {
        return text_of(value, known);
    }
    let parameter = PARAMETERS.iter().position(|parameter| *parameter == name);
    if let Some(number) = parameter {
        return Ok(known.parameters[number].clone());
    }
    let pseudo = PSEUDO.iter().find(|(pseudo, _)| *pseudo == name);
    pseudo
        .map(|(_, value)| (*value).to_owned())
        .ok_or(Stop::Wrong)
}

/// What a list holds, without what has no value.
fn items(list: &List, known: &Known) -> Result<Vec<Resolved>, Stop> {
    let texts = match list {
        List::Of(values) => {
            let items = values.iter().map(|value| evaluate(value, known));
            return items.filter_map(Result::transpose).collect();
        }
        List::Split(separator, text) => {
            let text = text_of(text, known)?;
            match separator.is_empty() {
                true => return Err(Stop::Wrong),
                false => text.split(separator.as_str()).map(str::to_owned).collect(),
            }
        }
        List::Mapped => ["l", "m", "n"].map(str::to_owned).to_vec(),
    };
    Ok(texts.into_iter().map(Resolved::Text).collect())
}

/// The same, where all of it has to be text.
fn texts(list: &List, known: &Known) -> Result<Vec<String>, Stop> {
    let text = |item| match item {
        Resolved::Text(text) => Ok(text),
        Resolved::List => Err(Stop::Wrong),
    };
    items(list, known)?.into_iter().map(text).collect()
}

fn holds(condition: &Condition, known: &Known) -> Result<bool, Stop> {
    Ok(match condition {
        Condition::Equals(left, right) => comparable(left, known)? == comparable(right, known)?,
        Condition::Not(one) => !holds(one, known)?,
        Condition::And(all) => all
            .iter()
            .try_fold(true, |all, one| Ok(holds(one, known)? && all))?,
        Condition::Or(any) => any
            .iter()
            .try_fold(false, |any, one| Ok(holds(one, known)? || any))?,
        Condition::Named(number) => known.conditions[*number],
    })
}

/// A side of `Fn::Equals`, which may be without a value.
fn comparable(value: &Value, known: &Known) -> Result<Option<Resolved>, Stop> {
    match evaluate(value, known)? {
        Some(Resolved::List) => Err(Stop::Wrong),
        other => Ok(other),
    }
}
