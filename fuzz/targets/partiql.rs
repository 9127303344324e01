//! PartiQL statements: any text is read or refused, and what is read is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samlet_dynamodb_api::partiql::{Statement, parse};
use samlet_dynamodb_api::{AttributeValue, Number, Refusal};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let count = text.matches('?').count();
    let read = |text: &str| parse(text, parameters(count));
    match read(text) {
        Ok(statement) => {
            written(&statement, text);
            // Comments and spaces say nothing.
            let again = format!("/* from */\n{text}\n-- from");
            assert_eq!(read(&again).as_ref(), Ok(&statement), "{again:?}");
        }
        Err(Refusal::Validation(message)) => {
            assert!(!message.is_empty() && message.len() <= 16 * text.len() + 512);
        }
        Err(other) => panic!("{text:?}: {other:?}"),
    }
});

fn written(statement: &Statement, text: &str) {
    let (printed, values) = statement.print();
    assert!(
        printed.len() <= 4 * text.len() + 64,
        "{text:?}: {printed:?}"
    );
    assert!(printed.matches('?').count() >= values.len(), "{printed:?}");
    let values = values.into_iter().cloned().collect();
    match parse(&printed, values) {
        Ok(again) => assert_eq!(again, *statement, "{text:?}: {printed:?}"),
        // On the right-hand side of a SET, keywords are not quoted for the store.
        Err(why) => {
            let is_update = matches!(statement, Statement::Update { .. });
            let is_keyword = why.to_string().ends_with("Unexpected keyword");
            assert!(is_update && is_keyword, "{text:?}: {printed:?}: {why}");
        }
    }
    let mut names = Vec::new();
    statement.paths(&mut |path| names.push(path.attribute.clone()));
    for name in names {
        let fixed = statement.fixed_values(&name);
        assert!(fixed.is_some() || !matches!(statement, Statement::Insert { .. }));
    }
}

/// Parameters of several types.
fn parameters(count: usize) -> Vec<AttributeValue> {
    let number = || Number::parse("1.5").expect("it is a number");
    let value = |index: usize| match index % 5 {
        0 => AttributeValue::S("it's".into()),
        1 => AttributeValue::N(number()),
        2 => AttributeValue::Ss(vec!["a".into()]),
        3 => AttributeValue::Bool(true),
        _ => AttributeValue::L(vec![AttributeValue::B(vec![0])]),
    };
    (0..count).map(value).collect()
}
