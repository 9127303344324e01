//! Filter patterns of logs: any text as one, and those that a slow reading of the rules agrees on.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use fuzz::{like, pieced};
use libfuzzer_sys::fuzz_target;
use samlet_logs::{Filter, PatternError};
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        // A text as it is: the pattern's line, and the message.
        Some((first, _)) if *first >= b' ' => {
            if let Ok(text) = std::str::from_utf8(data) {
                let (pattern, message) = text.split_once('\n').unwrap_or((text, ""));
                any(pattern, message);
            }
        }
        Some((kind, rest)) => {
            let mut choices = Unstructured::new(rest);
            let _ = match kind % 2 {
                0 => conditions(&mut choices),
                _ => terms(&mut choices),
            };
        }
        None => {}
    }
});

fn any(pattern: &str, message: &str) {
    let parsed = Filter::parse(pattern);
    let spaced = Filter::parse(&format!(" {pattern}\t"));
    assert_eq!(
        format!("{parsed:?}"),
        format!("{spaced:?}"),
        "space around a pattern changes it"
    );
    let filter = match parsed {
        Ok(filter) => filter,
        Err(why) => {
            let why = why.to_string();
            assert!(!why.is_empty() && why.len() <= 2 * pattern.len() + 100);
            return;
        }
    };
    let size = format!("{filter:?}").len();
    assert!(size <= 64 * (pattern.len() + 8), "it grows to {size}");
    let matches = filter.matches(message);
    assert_eq!(matches, filter.matches(message));
    let Some(inner) = pattern.trim().strip_prefix('{') else {
        return;
    };
    let inner = inner.strip_suffix('}').unwrap_or_default();
    for same in [
        format!("{{({inner})}}"),
        format!("{{ ({inner}) && ({inner}) }}"),
        format!("{{({inner})||({inner})}}"),
    ] {
        match Filter::parse(&same) {
            Ok(same) => assert_eq!(same.matches(message), matches, "{same:?}"),
            Err(why) => assert_eq!(why, PatternError::TooDeep, "{same}"),
        }
    }
    // How a JSON message is laid out says nothing.
    if let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(message) {
        let laid_out = serde_json::to_string_pretty(&value).expect("it is JSON");
        // Numbers with more digits than fit lose some of them.
        if serde_json::from_str::<Value>(&laid_out).is_ok_and(|again| again == value) {
            assert_eq!(filter.matches(&laid_out), matches, "{laid_out}");
        }
    } else {
        assert!(!matches, "what is no JSON object matches {pattern}");
    }
}

/// A pattern of words and phrases, and what each of them says.
fn terms(choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    const WORDS: [&str; 8] = ["a", "b", "ab", "ERROR", "é", "*", "-", "?"];
    const PHRASES: [&str; 7] = ["a", "b", " ", "ERROR", "'", "?", "-"];
    let message = pieced(
        &["a", "b", " ", "ERROR", "é", "*", "\n"],
        <&[u8]>::arbitrary(choices)?,
    );
    let mut pattern = String::new();
    let (mut all, mut none, mut any) = (true, true, None);
    for _ in 0..choices.int_in_range(0..=5)? {
        let sign = choices.int_in_range(0..=2)?;
        let (written, term) = match choices.arbitrary()? {
            true => {
                let text = pieced(&PHRASES, choices.bytes(2)?);
                (format!("\"{text}\""), text)
            }
            false => {
                let text =
                    pieced(&WORDS[..6], choices.bytes(1)?) + &pieced(&WORDS, choices.bytes(1)?);
                (text.clone(), text)
            }
        };
        let has = has(&message, &term);
        pattern += ["", "?", "-"][sign];
        pattern += &written;
        pattern += [" ", "\t ", "  "][choices.int_in_range(0..=2)?];
        match sign {
            0 => all &= has,
            1 => any = Some(any.unwrap_or(false) || has),
            _ => none &= !has,
        }
    }
    // A pattern that begins so is another kind.
    let expected = all && none && any.unwrap_or(true);
    let filter = Filter::parse(&pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
    assert_eq!(
        filter.matches(&message),
        expected,
        "{pattern:?} {message:?}"
    );
    Ok(())
}

fn has(message: &str, term: &str) -> bool {
    let (message, term) = (message.as_bytes(), term.as_bytes());
    term.is_empty() || message.windows(term.len()).any(|part| part == term)
}

const NAMES: [&str; 4] = ["a", "b", "a b", "é"];
const NUMBERS: [&str; 8] = [
    "0",
    "1",
    "-1",
    "1.5",
    "1e3",
    "1000",
    "0.1",
    "123456789.123456789",
];
const TEXTS: [&str; 7] = ["a", "b", "*", "ab", " ", "1", "é"];

enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare(Vec<Step>, Comparison),
}

enum Step {
    Member(&'static str),
    Index(usize),
}

enum Comparison {
    Text {
        differs: bool,
        text: String,
    },
    Number {
        operator: &'static str,
        number: &'static str,
    },
    Is(&'static str),
}

/// A pattern made of conditions, a message, and whether the one holds for the other.
fn conditions(choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let message = object(choices, 3)?;
    let condition = condition(choices, 3)?;
    let mut pattern = String::new();
    print(&condition, choices, &mut pattern)?;
    let pattern = format!("{{{pattern}}}");
    let filter = Filter::parse(&pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
    let text = message.to_string();
    assert_eq!(
        filter.matches(&text),
        holds(&condition, &message),
        "{pattern} {text}"
    );
    any(&pattern, &text);
    Ok(())
}

fn object(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Value> {
    let mut members = Map::new();
    for _ in 0..choices.int_in_range(0..=3)? {
        members.insert((*choices.choose(&NAMES)?).into(), value(choices, depth)?);
    }
    Ok(Value::Object(members))
}

fn value(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Value> {
    Ok(
        match choices.int_in_range(0..=if depth == 0 { 3 } else { 5 })? {
            0 => Value::Null,
            1 => Value::Bool(choices.arbitrary()?),
            2 => serde_json::from_str(choices.choose(&NUMBERS)?).expect("it is a number"),
            3 => Value::String(pieced(&TEXTS, choices.bytes(3)?)),
            4 => (0..choices.int_in_range(0..=2)?)
                .map(|_| value(choices, depth - 1))
                .collect::<Result<Value, _>>()?,
            _ => object(choices, depth - 1)?,
        },
    )
}

fn condition(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Condition> {
    let several = |choices: &mut Unstructured<'_>| -> arbitrary::Result<Vec<_>> {
        let count = choices.int_in_range(2..=3)?;
        (0..count).map(|_| condition(choices, depth - 1)).collect()
    };
    Ok(
        match choices.int_in_range(0..=if depth == 0 { 0 } else { 2 })? {
            1 => Condition::All(several(choices)?),
            2 => Condition::Any(several(choices)?),
            _ => {
                let mut path = vec![Step::Member(choices.choose(&NAMES)?)];
                for _ in 0..choices.int_in_range(0..=2)? {
                    path.push(match choices.arbitrary()? {
                        true => Step::Member(choices.choose(&NAMES)?),
                        false => Step::Index(choices.int_in_range(0..=2)?),
                    });
                }
                let comparison = match choices.int_in_range(0..=2)? {
                    0 => Comparison::Text {
                        differs: choices.arbitrary()?,
                        text: match choices.arbitrary()? {
                            true => pieced(&TEXTS, choices.bytes(3)?),
                            false => {
                                (*choices.choose(&["true", "false", "null", "1000", "0.1"])?).into()
                            }
                        },
                    },
                    1 => Comparison::Number {
                        operator: choices.choose(&["<", "<=", ">", ">="])?,
                        number: choices.choose(&NUMBERS)?,
                    },
                    _ => Comparison::Is(choices.choose(&[
                        "IS TRUE",
                        "IS FALSE",
                        "IS NULL",
                        "NOT EXISTS",
                    ])?),
                };
                Condition::Compare(path, comparison)
            }
        },
    )
}

fn print(
    condition: &Condition,
    choices: &mut Unstructured<'_>,
    to: &mut String,
) -> arbitrary::Result<()> {
    let mut space = |to: &mut String| -> arbitrary::Result<()> {
        *to += choices.choose(&["", " ", "\t", "  "])?;
        Ok(())
    };
    space(to)?;
    match condition {
        Condition::All(several) | Condition::Any(several) => {
            let is_all = matches!(condition, Condition::All(_));
            for (number, one) in several.iter().enumerate() {
                if number > 0 {
                    *to += if is_all { "&&" } else { "||" };
                }
                // And binds tighter than or.
                let bare = match one {
                    Condition::Compare(..) => true,
                    Condition::All(_) => !is_all,
                    Condition::Any(_) => false,
                };
                *to += if bare { "" } else { "(" };
                print(one, choices, to)?;
                *to += if bare { " " } else { ")" };
            }
        }
        Condition::Compare(path, comparison) => {
            *to += "$";
            for step in path {
                match step {
                    Step::Member("a b") => *to += "[\"a b\"]",
                    Step::Member(name) => *to += &format!(".{name}"),
                    Step::Index(index) => *to += &format!("[{index}]"),
                }
            }
            *to += choices.choose(&[" ", "\t", "  "])?;
            match comparison {
                Comparison::Text { differs, text } => {
                    *to += if *differs { "!=" } else { "=" };
                    *to += choices.choose(&["", " "])?;
                    *to += &format!("\"{text}\"");
                }
                Comparison::Number { operator, number } => *to += &format!("{operator} {number}"),
                Comparison::Is(words) => *to += words,
            }
            *to += choices.choose(&["", " "])?;
        }
    }
    Ok(())
}

fn holds(condition: &Condition, message: &Value) -> bool {
    match condition {
        Condition::All(several) => several.iter().all(|one| holds(one, message)),
        Condition::Any(several) => several.iter().any(|one| holds(one, message)),
        Condition::Compare(path, comparison) => {
            let mut found = Some(message);
            for step in path {
                found = found.and_then(|value| match step {
                    Step::Member(name) => value.as_object()?.get(*name),
                    Step::Index(index) => value.as_array()?.get(*index),
                });
            }
            compare(comparison, found)
        }
    }
}

fn compare(comparison: &Comparison, found: Option<&Value>) -> bool {
    match (comparison, found) {
        (Comparison::Is("NOT EXISTS"), found) => found.is_none(),
        (_, None) => false,
        (Comparison::Is("IS TRUE"), Some(value)) => value.as_bool() == Some(true),
        (Comparison::Is("IS FALSE"), Some(value)) => value.as_bool() == Some(false),
        (Comparison::Is(_), Some(value)) => value.is_null(),
        (Comparison::Text { differs, text }, Some(value)) => equals(value, text) != *differs,
        (Comparison::Number { operator, number }, Some(value)) => {
            let limit: f64 = number.parse().expect("it is a number");
            value.as_f64().is_some_and(|value| match *operator {
                "<" => value < limit,
                "<=" => value <= limit,
                ">" => value > limit,
                _ => value >= limit,
            })
        }
    }
}

fn equals(value: &Value, text: &str) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    match value {
        Value::String(value) => like(&chars(text), &chars(value), false),
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        Value::Number(number) => {
            let wanted = text.parse::<f64>();
            wanted.is_ok_and(|wanted| number.as_f64() == Some(wanted))
        }
        _ => false,
    }
}
