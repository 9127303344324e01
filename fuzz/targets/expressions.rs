//! DynamoDB's expressions: any text as each kind of them, with placeholders for all that look like some in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samlet_dynamodb_api::Refusal;
use samlet_dynamodb_api::expression::{Placeholders, Printer};
use serde_json::{Map, Value, json};

/// Bytes of an expression, at most.
const MAX_BYTES: usize = 4096;

/// How an expression is read, and how what was read is printed.
type Read<T> = fn(&mut Placeholders, &str) -> Result<T, Refusal>;
type Print<T> = fn(&mut Printer, &T) -> String;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let condition: Read<_> = |placeholders, text| placeholders.condition("FilterExpression", text);
    again(text, condition, Printer::condition);
    again(text, Placeholders::key_condition, Printer::key_condition);
    again(text, Placeholders::update, Printer::update);
    again(text, Placeholders::projection, Printer::projection);
});

/// What is read from a text prints as one that reads the same.
fn again<T: PartialEq + std::fmt::Debug>(text: &str, read: Read<T>, print: Print<T>) {
    let mut placeholders = defined(text);
    let expression = match read(&mut placeholders, text) {
        Ok(expression) => expression,
        Err(Refusal::Validation(message)) => {
            assert!(message.starts_with("Invalid "), "{message}");
            return;
        }
        Err(other) => panic!("{other:?}"),
    };
    if placeholders.finish().is_err() {
        return;
    }
    let mut printer = Printer::default();
    let printed = print(&mut printer, &expression);
    if printed.len() > MAX_BYTES {
        return;
    }
    let mut request = Map::new();
    printer.finish(&mut request);
    let member = |name: &str| request.get(name).and_then(Value::as_object);
    let names = member("ExpressionAttributeNames");
    let values = member("ExpressionAttributeValues");
    let mut placeholders =
        Placeholders::read(names, values).expect("placeholders that are printed");
    assert_eq!(
        read(&mut placeholders, &printed).as_ref(),
        Ok(&expression),
        "{printed}"
    );
    assert_eq!(placeholders.finish(), Ok(()), "{printed}");
}

/// Placeholders for the words of a text that follow `#` and `:`.
fn defined(text: &str) -> Placeholders {
    let mut names = Map::new();
    let mut values = Map::new();
    for (at, sign) in text.match_indices(['#', ':']) {
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let word = &rest[..end.unwrap_or(rest.len())];
        if word.is_empty() || word.len() > 254 {
            continue;
        }
        if sign == "#" {
            names.insert(format!("#{word}"), name(word).into());
        } else {
            values.insert(format!(":{word}"), value(word));
        }
    }
    let some = |members: &Map<String, Value>| (!members.is_empty()).then(|| members.clone());
    let (names, values) = (some(&names), some(&values));
    Placeholders::read(names.as_ref(), values.as_ref()).expect("placeholders that are defined")
}

/// A name for a placeholder, which may be the same as another's, or look like a path.
fn name(word: &str) -> &str {
    match word {
        "d" => "a.b",
        "i" => "[0]",
        "r" => "SELECT",
        _ => &word[..1],
    }
}

/// A value for a placeholder, of a type that depends on its first letter.
fn value(word: &str) -> Value {
    match word.as_bytes()[0] {
        b'b' => json!({"B": "YQ=="}),
        b'l' => json!({"L": [{"S": word}, {"NULL": true}]}),
        b'm' => json!({"M": {"a": {"BOOL": false}}}),
        b'n' => json!({"N": word.len().to_string()}),
        b's' => json!({"SS": [word]}),
        b'z' => json!({"NULL": true}),
        b'N' => json!({"S": "N"}),
        _ => json!({"S": word}),
    }
}
