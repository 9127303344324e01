//! What is printed reads the same again, and nothing that is read ends a thread.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::super::{Placeholders, Printer, strategies};
use super::*;

/// The placeholders that a printer made.
fn printed(printer: Printer) -> Placeholders {
    let mut request = Map::new();
    printer.finish(&mut request);
    let member = |name: &str| request.get(name).and_then(Value::as_object);
    Placeholders::read(
        member("ExpressionAttributeNames"),
        member("ExpressionAttributeValues"),
    )
    .unwrap()
}

proptest! {
    #[test]
    fn conditions_read_as_they_were(condition in strategies::condition()) {
        let mut printer = Printer::default();
        let text = printer.condition(&condition);
        let mut placeholders = printed(printer);
        prop_assert_eq!(placeholders.condition("FilterExpression", &text), Ok(condition), "{}", text);
        prop_assert_eq!(placeholders.finish(), Ok(()));
    }

    #[test]
    fn expressions_of_one_request_read_as_they_were(
        update in strategies::update(),
        condition in strategies::condition(),
    ) {
        let mut printer = Printer::default();
        let update_text = printer.update(&update);
        let text = printer.condition(&condition);
        let mut placeholders = printed(printer);
        prop_assert_eq!(placeholders.update(&update_text), Ok(update), "{}", update_text);
        prop_assert_eq!(placeholders.condition("ConditionExpression", &text), Ok(condition));
        prop_assert_eq!(placeholders.finish(), Ok(()));
    }

    #[test]
    fn searches_read_as_they_were(
        key in strategies::key_condition(),
        projection in strategies::projection(),
    ) {
        let mut printer = Printer::default();
        let text = printer.key_condition(&key);
        let projection_text = printer.projection(&projection);
        let mut placeholders = printed(printer);
        prop_assert_eq!(placeholders.key_condition(&text), Ok(key), "{}", text);
        prop_assert_eq!(placeholders.projection(&projection_text), Ok(projection));
        prop_assert_eq!(placeholders.finish(), Ok(()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-c#:()<>=,.\\[\\] 0-9A-Z+-]{0,40}|.{0,20}") {
        let _ = placeholders().condition("FilterExpression", &text);
        let _ = placeholders().key_condition(&text);
        let _ = placeholders().update(&text);
        let _ = placeholders().projection(&text);
    }
}

#[test]
fn printed_expressions_are_plain() {
    let print = |text: &str| {
        let mut printer = Printer::default();
        let condition = placeholders().condition("FilterExpression", text).unwrap();
        printer.condition(&condition)
    };
    let table = [
        (
            "((a=:s) AND (b=:s OR a.b[2]=:n))",
            "#n0 = :v0 AND (#n1 = :v0 OR #n0.#n1[2] = :v1)",
        ),
        (
            "a=:s and b=:s or not c=:s",
            "#n0 = :v0 AND #n1 = :v0 OR NOT #n2 = :v0",
        ),
        (
            "NOT (a=:s AND (b=:s AND c=:s))",
            "NOT (#n0 = :v0 AND (#n1 = :v0 AND #n2 = :v0))",
        ),
        ("not not a in (:s,:t)", "NOT NOT #n0 IN (:v0, :v1)"),
        ("a between :n and :m", "#n0 BETWEEN :v0 AND :v1"),
        ("attribute_type(a, :N)", "attribute_type(#n0, :v0)"),
        ("contains(a, size(b))", "contains(#n0, size(#n1))"),
    ];
    for (text, expected) in table {
        assert_eq!(print(text), expected, "{text}");
    }
    let update = "add a :n delete b :ss set c=if_not_exists(c,:l), d = d + :n remove e[1]";
    let update = placeholders().update(update).unwrap();
    assert_eq!(
        Printer::default().update(&update),
        "SET #n0 = if_not_exists(#n0, :v0), #n1 = #n1 + :v1 REMOVE #n2[1] ADD #n3 :v1 DELETE #n4 :v2"
    );
}

#[test]
fn a_long_expression_is_printed_no_longer() {
    let letters: Vec<String> = ('a'..='z').map(String::from).collect();
    let pairs = letters
        .iter()
        .flat_map(|a| letters.iter().map(move |b| format!("{a}{b}")));
    let reserved = [
        "as", "at", "by", "do", "go", "if", "in", "is", "no", "of", "on", "or", "to",
    ];
    let names = letters.iter().cloned().chain(pairs);
    let names: Vec<String> = names
        .filter(|name| !reserved.contains(&name.as_str()))
        .collect();
    let projection = names.iter().map(|name| format!("{name}.{name}.{name}"));
    let text = projection.take(450).collect::<Vec<_>>().join(",");
    assert!((3000..=4096).contains(&text.len()), "{}", text.len());

    let mut placeholders = Placeholders::default();
    let projection = placeholders.projection(&text).unwrap();
    let mut printer = Printer::default();
    let written = printer.projection(&projection);
    assert!(written.len() <= 4096, "{}", written.len());
    let mut placeholders = printed(printer);
    assert_eq!(placeholders.projection(&written), Ok(projection));
    assert_eq!(placeholders.finish(), Ok(()));
}

/// Reads and prints on a stack of 2 MB.
fn on_a_small_stack<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(read).unwrap().join().unwrap()
}

#[test]
fn deep_conditions_need_little_of_the_stack() {
    let read = |text: String| {
        on_a_small_stack(move || {
            let condition = placeholders().condition("FilterExpression", &text)?;
            Ok(Printer::default().condition(&condition))
        })
    };
    let wrong = |text: String| message(read(text)).replace("Invalid FilterExpression: ", "");
    let nested = |open: &str, count: usize, inner: &str| {
        format!("{}{inner}{}", open.repeat(count), ")".repeat(count))
    };
    assert_eq!(wrong("(".repeat(4096)), syntax_error("<EOF>", "("));
    assert_eq!(wrong("NOT ".repeat(1024)), syntax_error("<EOF>", "NOT "));
    let redundant = "The expression has redundant parentheses;";
    assert_eq!(wrong(nested("(", 2046, "a<b")), redundant);
    let many = "The expression contains too many operators; operator count: 301";
    assert_eq!(wrong(format!("{}a<b", "not ".repeat(1000))), many);
    assert_eq!(wrong(nested("a<b or (", 454, "a<b")), many);
    assert_eq!(wrong(format!("a < {}", nested("size(", 680, "b"))), many);
    let unknown = "Invalid function name; function: f";
    assert_eq!(wrong(format!("a < {}", nested("f(", 1355, "b"))), unknown);
    assert!(read(nested("a<b or (", 149, "a<b")).is_ok());
    assert!(read(format!("{}a<b", "NOT ".repeat(299))).is_ok());
}

#[test]
fn deep_updates_need_little_of_the_stack() {
    let read = |value: String| {
        on_a_small_stack(move || {
            let update = placeholders().update(&format!("SET a={value}"))?;
            Ok(Printer::default().update(&update))
        })
    };
    let wrong = |value: String| message(read(value)).replace("Invalid UpdateExpression: ", "");
    assert_eq!(wrong("(".repeat(4090)), syntax_error("<EOF>", "("));
    assert_eq!(wrong("f(".repeat(2045)), syntax_error("<EOF>", "("));
    let (open, close) = ("if_not_exists(a,".repeat(238), ")".repeat(238));
    assert!(read(format!("{open}b{close}")).is_ok());
}
