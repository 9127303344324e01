//! Writes expressions, with placeholders for every name and value.
//!
//! Parentheses stand only where they must, since DynamoDB refuses others. An expression that would be longer than
//! DynamoDB takes is written in a shorter form: its placeholders may be longer than those that it was sent with.

mod placeholders;

use serde_json::{Map, Value};

use super::{
    Condition, KeyCondition, KeyTest, MAX_BYTES, Operand, Path, PathElement, Projection,
    SetOperand, SetValue, Update,
};
use crate::AttributeValue;
use placeholders::{Names, Values};

/// Writes the expressions of one request, which share their placeholders.
#[derive(Debug, Default)]
pub struct Printer {
    names: Names,
    values: Values,
}

impl Printer {
    /// A condition or a filter.
    pub fn condition(&mut self, condition: &Condition) -> String {
        self.print(|text| text.condition(condition))
    }

    /// A key condition.
    pub fn key_condition(&mut self, condition: &KeyCondition) -> String {
        self.print(|text| text.key_condition(condition))
    }

    /// An update.
    pub fn update(&mut self, update: &Update) -> String {
        self.print(|text| text.update(update))
    }

    /// A projection.
    pub fn projection(&mut self, projection: &Projection) -> String {
        self.print(|text| text.list(&projection.0, |text, path| text.path(path)))
    }

    /// Puts the placeholders that were used into a request.
    pub fn finish(self, request: &mut Map<String, Value>) {
        let names = self.names.into_map();
        if !names.is_empty() {
            request.insert("ExpressionAttributeNames".into(), names.into());
        }
        let values = self.values.into_map();
        if !values.is_empty() {
            request.insert("ExpressionAttributeValues".into(), values.into());
        }
    }

    fn print(&mut self, write: impl Fn(&mut Text<'_>)) -> String {
        let (names, values) = (self.names.len(), self.values.len());
        let mut text = Text::new(self, false);
        write(&mut text);
        let written = text.written;
        if written.len() <= MAX_BYTES {
            return written;
        }
        self.names.truncate(names);
        self.values.truncate(values);
        let mut text = Text::new(self, true);
        write(&mut text);
        text.written
    }
}

/// An expression that is being written.
struct Text<'p> {
    printer: &'p mut Printer,
    is_short: bool,
    written: String,
}

impl<'p> Text<'p> {
    fn new(printer: &'p mut Printer, is_short: bool) -> Self {
        let written = String::new();
        Self {
            printer,
            is_short,
            written,
        }
    }

    /// Adds signs and words. The spaces around them are left out of short texts where they separate nothing.
    fn put(&mut self, text: &str) {
        if !self.is_short {
            self.written.push_str(text);
            return;
        }
        let text = text.trim();
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| super::token::is_word(*byte));
        if is_word(self.written.as_bytes().last()) && is_word(text.as_bytes().first()) {
            self.written.push(' ');
        }
        self.written.push_str(text);
    }

    fn list<T>(&mut self, all: &[T], write: impl Fn(&mut Self, &T)) {
        for (number, one) in all.iter().enumerate() {
            if number > 0 {
                self.put(", ");
            }
            write(self, one);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(conditions) => self.joined(" AND ", conditions, |part| {
                matches!(part, Condition::All(_) | Condition::Any(_))
            }),
            Condition::Any(conditions) => {
                self.joined(" OR ", conditions, |part| matches!(part, Condition::Any(_)))
            }
            Condition::Not(part) => {
                self.put("NOT ");
                let is_joined = matches!(**part, Condition::All(_) | Condition::Any(_));
                self.part(part, is_joined);
            }
            Condition::Compare(comparator, left, right) => {
                self.operand(left);
                self.put(&format!(" {} ", comparator.sign()));
                self.operand(right);
            }
            Condition::Between(operand, low, high) => {
                self.operand(operand);
                self.put(" BETWEEN ");
                self.operand(low);
                self.put(" AND ");
                self.operand(high);
            }
            Condition::In(operand, listed) => {
                self.operand(operand);
                self.put(" IN (");
                self.list(listed, |text, operand| text.operand(operand));
                self.put(")");
            }
            Condition::Exists(path) => self.call("attribute_exists", |text| text.path(path)),
            Condition::NotExists(path) => {
                self.call("attribute_not_exists", |text| text.path(path));
            }
            Condition::IsOfType(path, kind) => self.call("attribute_type", |text| {
                text.path(path);
                text.put(", ");
                text.value(&AttributeValue::S(kind.name().into()));
            }),
            Condition::BeginsWith(one, two) => self.call_of_two("begins_with", one, two),
            Condition::Contains(one, two) => self.call_of_two("contains", one, two),
        }
    }

    fn joined(
        &mut self,
        operator: &str,
        conditions: &[Condition],
        needs_parentheses: fn(&Condition) -> bool,
    ) {
        for (number, part) in conditions.iter().enumerate() {
            if number > 0 {
                self.put(operator);
            }
            self.part(part, needs_parentheses(part));
        }
    }

    fn part(&mut self, condition: &Condition, in_parentheses: bool) {
        if in_parentheses {
            self.put("(");
        }
        self.condition(condition);
        if in_parentheses {
            self.put(")");
        }
    }

    fn call(&mut self, function: &str, operands: impl FnOnce(&mut Self)) {
        self.put(function);
        self.put("(");
        operands(self);
        self.put(")");
    }

    fn call_of_two(&mut self, function: &str, one: &Operand, two: &Operand) {
        self.call(function, |text| {
            text.operand(one);
            text.put(", ");
            text.operand(two);
        });
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Value(value) => self.value(value),
            Operand::Size(path) => self.call("size", |text| text.path(path)),
        }
    }

    fn key_condition(&mut self, condition: &KeyCondition) {
        for (number, (name, test)) in condition.0.iter().enumerate() {
            if number > 0 {
                self.put(" AND ");
            }
            let (sign, value) = match test {
                KeyTest::Equal(value) => (" = ", value),
                KeyTest::Less(value) => (" < ", value),
                KeyTest::LessOrEqual(value) => (" <= ", value),
                KeyTest::Greater(value) => (" > ", value),
                KeyTest::GreaterOrEqual(value) => (" >= ", value),
                KeyTest::Between(low, high) => {
                    self.name(name);
                    self.put(" BETWEEN ");
                    self.value(low);
                    (" AND ", high)
                }
                KeyTest::BeginsWith(value) => {
                    self.call("begins_with", |text| {
                        text.name(name);
                        text.put(", ");
                        text.value(value);
                    });
                    continue;
                }
            };
            if !matches!(test, KeyTest::Between(..)) {
                self.name(name);
            }
            self.put(sign);
            self.value(value);
        }
    }

    fn update(&mut self, update: &Update) {
        self.clause("SET ", &update.set, |text, action| {
            text.path(&action.path);
            text.put(" = ");
            text.set_value(&action.value);
        });
        self.clause("REMOVE ", &update.remove, |text, path| text.path(path));
        let with_value = |text: &mut Self, (path, value): &(Path, AttributeValue)| {
            text.path(path);
            text.put(" ");
            text.value(value);
        };
        self.clause("ADD ", &update.add, with_value);
        self.clause("DELETE ", &update.delete, with_value);
    }

    fn clause<T>(&mut self, word: &str, actions: &[T], write: impl Fn(&mut Self, &T)) {
        if actions.is_empty() {
            return;
        }
        if !self.written.is_empty() {
            self.put(" ");
        }
        self.put(word);
        self.list(actions, write);
    }

    fn set_value(&mut self, value: &SetValue) {
        match value {
            SetValue::Operand(operand) => self.set_operand(operand),
            SetValue::Plus(left, right) => {
                self.set_operand(left);
                self.put(" + ");
                self.set_operand(right);
            }
            SetValue::Minus(left, right) => {
                self.set_operand(left);
                self.put(" - ");
                self.set_operand(right);
            }
        }
    }

    fn set_operand(&mut self, operand: &SetOperand) {
        match operand {
            SetOperand::Path(path) => self.path(path),
            SetOperand::Value(value) => self.value(value),
            SetOperand::IfNotExists(path, otherwise) => self.call("if_not_exists", |text| {
                text.path(path);
                text.put(", ");
                text.set_operand(otherwise);
            }),
            SetOperand::ListAppend(first, second) => self.call("list_append", |text| {
                text.set_operand(first);
                text.put(", ");
                text.set_operand(second);
            }),
        }
    }

    fn path(&mut self, path: &Path) {
        self.name(&path.attribute);
        for element in &path.elements {
            match element {
                PathElement::Member(name) => {
                    self.put(".");
                    self.name(name);
                }
                PathElement::Index(index) => self.put(&format!("[{index}]")),
            }
        }
    }

    fn name(&mut self, name: &str) {
        if self.is_short && self.printer.names.is_short_enough(name) {
            self.put(name);
            return;
        }
        let placeholder = self
            .printer
            .names
            .placeholder(name, self.is_short)
            .to_owned();
        self.put(&placeholder);
    }

    fn value(&mut self, value: &AttributeValue) {
        let placeholder = self
            .printer
            .values
            .placeholder(value, self.is_short)
            .to_owned();
        self.put(&placeholder);
    }
}
