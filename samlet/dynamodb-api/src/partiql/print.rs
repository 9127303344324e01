//! Writes statements, with a `?` for every value.

use super::{Returning, Select, Statement, type_names, words};
use crate::expression::{Condition, Operand, Path, PathElement, SetOperand, SetValue, Update};
use crate::{AttributeType, AttributeValue};

impl Statement {
    /// Its text, and the parameters that its `?` stand for: read again, it is the same statement. No longer
    /// than what was read, but for a few spaces.
    pub fn print(&self) -> (String, Vec<&AttributeValue>) {
        let mut printer = Printer::default();
        printer.statement(self);
        (printer.text, printer.parameters)
    }
}

impl Returning {
    /// As it is written, without its `RETURNING` and `*`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::AllOld => "ALL OLD",
            Self::ModifiedOld => "MODIFIED OLD",
            Self::AllNew => "ALL NEW",
            Self::ModifiedNew => "MODIFIED NEW",
        }
    }
}

#[derive(Default)]
struct Printer<'s> {
    text: String,
    parameters: Vec<&'s AttributeValue>,
}

impl<'s> Printer<'s> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn value(&mut self, value: &'s AttributeValue) {
        self.push("?");
        self.parameters.push(value);
    }

    fn name(&mut self, name: &str) {
        self.text.push_str(&words::quoted_if_needed(name));
    }

    /// What `each` writes for each, with something between them.
    fn joined<T>(&mut self, all: &'s [T], between: &str, each: impl Fn(&mut Self, &'s T)) {
        for (index, one) in all.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            each(self, one);
        }
    }

    fn statement(&mut self, statement: &'s Statement) {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Exists(select) => {
                self.push("EXISTS(");
                self.select(select);
                self.push(")");
            }
            Statement::Insert { table, item } => {
                self.push("INSERT INTO ");
                self.table(table, None);
                self.push(" VALUE {");
                for (index, (name, value)) in item.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    let name = name.replace('\'', "''");
                    self.push(&format!("{comma}'{name}':"));
                    self.value(value);
                }
                self.push("}");
            }
            Statement::Update {
                table,
                update,
                condition,
                returning,
            } => {
                self.push("UPDATE ");
                self.table(table, None);
                self.update(update);
                self.changed(condition, *returning);
            }
            Statement::Delete {
                table,
                condition,
                returning,
            } => {
                self.push("DELETE FROM ");
                self.table(table, None);
                self.changed(condition, *returning);
            }
        }
    }

    /// Which item is changed, and what is answered of it.
    fn changed(&mut self, condition: &'s Condition, returning: Option<Returning>) {
        self.push(" WHERE ");
        self.condition(condition);
        if let Some(returning) = returning {
            self.push(" RETURNING ");
            self.push(returning.words());
            self.push(" *");
        }
    }

    fn table(&mut self, table: &str, index: Option<&str>) {
        self.push(&words::quoted(table));
        if let Some(index) = index {
            self.push(".");
            self.push(&words::quoted(index));
        }
    }

    fn select(&mut self, select: &'s Select) {
        self.push("SELECT ");
        match &select.projection {
            Some(projection) => {
                self.joined(&projection.0, ",", |printer, path| printer.path(path));
            }
            None => self.push("*"),
        }
        self.push(" FROM ");
        self.table(&select.table, select.index.as_deref());
        if let Some(condition) = &select.condition {
            self.push(" WHERE ");
            self.condition(condition);
        }
        if !select.order.is_empty() {
            self.push(" ORDER BY ");
            self.joined(&select.order, ",", |printer, (path, falls)| {
                printer.path(path);
                if *falls {
                    printer.push(" DESC");
                }
            });
        }
    }

    fn path(&mut self, path: &'s Path) {
        self.name(&path.attribute);
        self.elements(path);
    }

    fn elements(&mut self, path: &'s Path) {
        for element in &path.elements {
            match element {
                PathElement::Member(name) => {
                    self.push(".");
                    self.name(name);
                }
                PathElement::Index(index) => self.push(&format!("[{index}]")),
            }
        }
    }

    fn condition(&mut self, condition: &'s Condition) {
        match condition {
            Condition::All(conditions) => {
                self.joined(conditions, " AND ", |printer, condition| {
                    printer.within(condition, is_joined(condition));
                });
            }
            Condition::Any(conditions) => {
                self.joined(conditions, " OR ", |printer, condition| {
                    printer.within(condition, matches!(condition, Condition::Any(_)));
                });
            }
            Condition::Not(condition) => {
                self.push("NOT ");
                self.within(condition, is_joined(condition));
            }
            Condition::Compare(comparator, left, right) => {
                self.operand(left);
                self.push(comparator.sign());
                self.operand(right);
            }
            Condition::Between(value, low, high) => {
                self.operand(value);
                self.push(" BETWEEN ");
                self.operand(low);
                self.push(" AND ");
                self.operand(high);
            }
            Condition::In(value, members) => {
                self.operand(value);
                self.push(" IN [");
                self.joined(members, ",", Self::operand);
                self.push("]");
            }
            Condition::Exists(path) => self.call("attribute_exists", path),
            Condition::NotExists(path) => {
                self.path(path);
                self.push(" IS MISSING");
            }
            Condition::IsOfType(path, kind) => self.is_of_type(path, *kind),
            Condition::BeginsWith(value, part) => self.search("begins_with", value, part),
            Condition::Contains(value, part) => self.search("contains", value, part),
        }
    }

    fn within(&mut self, condition: &'s Condition, has_parentheses: bool) {
        if has_parentheses {
            self.push("(");
        }
        self.condition(condition);
        if has_parentheses {
            self.push(")");
        }
    }

    fn call(&mut self, function: &str, path: &'s Path) {
        self.push(function);
        self.push("(");
        self.path(path);
        self.push(")");
    }

    fn is_of_type(&mut self, path: &'s Path, kind: AttributeType) {
        if let Some(name) = type_names::name(kind) {
            self.path(path);
            self.push(" IS ");
            self.push(name);
            return;
        }
        self.push("attribute_type(");
        self.path(path);
        self.push(",'");
        self.push(kind.name());
        self.push("')");
    }

    fn search(&mut self, function: &str, value: &'s Operand, part: &'s Operand) {
        self.push(function);
        self.push("(");
        self.operand(value);
        self.push(",");
        self.operand(part);
        self.push(")");
    }

    fn operand(&mut self, operand: &'s Operand) {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Value(value) => self.value(value),
            Operand::Size(path) => self.call("size", path),
        }
    }

    fn update(&mut self, update: &'s Update) {
        let mut is_first = true;
        let mut set = |printer: &mut Self, path: &'s Path| {
            printer.push(if is_first { " SET " } else { "," });
            is_first = false;
            printer.path(path);
            printer.push("=");
        };
        for action in &update.set {
            set(self, &action.path);
            self.set_value(&action.value);
        }
        for (function, changes) in [("set_add", &update.add), ("set_delete", &update.delete)] {
            for (path, value) in changes {
                set(self, path);
                self.push(function);
                self.push("(");
                self.path(path);
                self.push(",");
                self.value(value);
                self.push(")");
            }
        }
        for path in &update.remove {
            self.push(" REMOVE ");
            self.path(path);
        }
    }

    fn set_value(&mut self, value: &'s SetValue) {
        match value {
            SetValue::Operand(operand) => self.set_operand(operand),
            SetValue::Plus(left, right) => {
                self.set_operand(left);
                self.push("+");
                self.set_operand(right);
            }
            SetValue::Minus(left, right) => {
                self.set_operand(left);
                self.push("-");
                self.set_operand(right);
            }
        }
    }

    fn set_operand(&mut self, operand: &'s SetOperand) {
        match operand {
            SetOperand::Path(path) => self.path(path),
            SetOperand::Value(value) => self.value(value),
            SetOperand::IfNotExists(path, operand) => {
                self.push("if_not_exists(");
                self.path(path);
                self.push(",");
                self.set_operand(operand);
                self.push(")");
            }
            SetOperand::ListAppend(first, second) => {
                self.push("list_append(");
                self.set_operand(first);
                self.push(",");
                self.set_operand(second);
                self.push(")");
            }
        }
    }
}

fn is_joined(condition: &Condition) -> bool {
    matches!(condition, Condition::All(_) | Condition::Any(_))
}
