//! What DynamoDB makes of a `WHERE` clause.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html>

use super::functions::{self, Function};
use super::meaning::{Meaning, refused_condition};
use super::syntax::{Comparison, IsNot, Node, Term, TypeName};
use super::{operand_types, paths};
use crate::expression::{Condition, Operand};
use crate::{AttributeType, AttributeValue};

/// How many operators a clause may have.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters>
const MAX_OPERATORS: usize = 300;
/// How many operands `IN` may have.
const MAX_OPERANDS_OF_IN: usize = 100;

impl Meaning<'_> {
    /// The condition that a term is. What is none is noted, and stands as a condition that means nothing.
    pub(super) fn condition(&mut self, node: &Node<'_>) -> Condition {
        self.condition_under(node, None)
    }

    /// The condition that a term is, under an operator.
    fn condition_under(&mut self, node: &Node<'_>, operator: Option<&str>) -> Condition {
        match &node.term {
            Term::All(nodes) => Condition::All(self.conditions(nodes, "AND")),
            Term::Any(nodes) => Condition::Any(self.conditions(nodes, "OR")),
            Term::Not(node, count) => {
                self.count_operators(*count);
                let condition = self.condition_under(node, Some("NOT"));
                // Two of them are kept: they keep a key from being one.
                let once = not(condition);
                if count % 2 == 1 { once } else { not(once) }
            }
            Term::Compare(comparison, sides) => {
                self.count_operators(1);
                self.comparison(*comparison, &sides[0], &sides[1])
            }
            Term::Between(is_not, nodes) => {
                self.count_operators(1 + usize::from(is_not.0));
                let condition = self.between(nodes);
                negated_if(*is_not, condition)
            }
            Term::In(is_not, nodes) => {
                self.count_operators(1 + usize::from(is_not.0));
                let condition = self.is_in(&nodes[0], &nodes[1]);
                negated_if(*is_not, condition)
            }
            Term::Is(is_not, node, name) => {
                self.count_operators(1 + usize::from(is_not.0));
                self.is_of_type(*is_not, node, *name)
            }
            Term::Like => {
                self.note_operand(|_| {
                    "Unsupported operator in Condition Expression. Operator: LIKE".to_owned()
                });
                refused_condition()
            }
            Term::Call(_, arguments) => match functions::of(node) {
                Some(Function::Size) => self.not_boolean("N", operator),
                Some(function) => self.call(function, arguments),
                None => self.unrecognized(node),
            },
            _ => self.no_condition(node, operator),
        }
    }

    fn conditions(&mut self, nodes: &[Node<'_>], operator: &str) -> Vec<Condition> {
        let mut conditions = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                self.count_operators(1);
            }
            conditions.push(self.condition_under(node, Some(operator)));
        }
        conditions
    }

    fn count_operators(&mut self, count: usize) {
        let before = self.operators;
        self.operators += count;
        if before <= MAX_OPERATORS && self.operators > MAX_OPERATORS {
            self.note(|_| {
                let count = MAX_OPERATORS + 1;
                format!("The expression contains too many operators; operator count: {count}")
            });
        }
    }

    /// Refuses what is a value of a type where a condition should be.
    fn not_boolean(&mut self, kind: &str, operator: Option<&str>) -> Condition {
        self.note_operand(|_| match operator {
            Some(operator) => operand_types::incorrect(operator, kind),
            None => "WHERE clause must contain an expression that resolves to a boolean".into(),
        });
        refused_condition()
    }

    fn no_condition(&mut self, node: &Node<'_>, operator: Option<&str>) -> Condition {
        match self.operand(node) {
            Some(Operand::Value(value)) => self.not_boolean(value.kind().name(), operator),
            // Of which type it is, only an item can say.
            Some(_) => self.not_boolean("", None),
            None => refused_condition(),
        }
    }

    /// Refuses a function that DynamoDB doesn't have.
    pub(super) fn unrecognized(&mut self, node: &Node<'_>) -> Condition {
        if let Term::Call(_, arguments) = &node.term {
            let select = arguments
                .iter()
                .find(|node| matches!(node.term, Term::Select(_)));
            if let Some(select) = select {
                self.unsupported_token("SELECT", select);
                return refused_condition();
            }
        }
        let name = node.called().unwrap_or_default();
        self.note(|statement| {
            let place = node.span.place(statement);
            format!("Unrecognized function: {name} at {place}")
        });
        refused_condition()
    }

    fn unsupported_token(&mut self, token: &str, node: &Node<'_>) {
        self.note(|statement| {
            let place = node.span.place(statement);
            format!("Unsupported token in expression: {token} at {place}")
        });
    }

    fn comparison(
        &mut self,
        comparison: Comparison,
        left: &Node<'_>,
        right: &Node<'_>,
    ) -> Condition {
        for (call, other) in [(left, right), (right, left)] {
            let function = functions::of(call).filter(|function| function.is_condition());
            if let (Some(function), Term::Call(_, arguments)) = (function, &call.term) {
                return self.compared_call(comparison, function, arguments, other);
            }
        }
        let (Some(left), Some(right)) = (self.operand(left), self.operand(right)) else {
            return refused_condition();
        };
        self.check_distinct(comparison.written, &left, &[&right]);
        Condition::Compare(comparison.comparator, left, right)
    }

    fn between(&mut self, nodes: &[Node<'_>; 3]) -> Condition {
        let [value, low, high] = nodes;
        if functions::of(value).is_some_and(Function::is_condition) {
            self.note_operand(|_| operand_types::incorrect("BETWEEN", "BOOL"));
            return refused_condition();
        }
        let value = self.operand(value);
        let (low, high) = (self.operand(low), self.operand(high));
        let (Some(value), Some(low), Some(high)) = (value, low, high) else {
            return refused_condition();
        };
        self.check_distinct("BETWEEN", &value, &[&low, &high]);
        Condition::Between(value, low, high)
    }

    fn is_in(&mut self, value: &Node<'_>, list: &Node<'_>) -> Condition {
        let value = self.operand(value);
        let Term::List(nodes) = &list.term else {
            self.note_operand(|_| {
                "The IN operator needs a list of operands, in brackets or parentheses".to_owned()
            });
            return refused_condition();
        };
        let mut members = Vec::with_capacity(nodes.len());
        for node in nodes {
            members.extend(self.operand(node));
        }
        let Some(value) = value else {
            return refused_condition();
        };
        self.check_distinct("IN", &value, &members.iter().collect::<Vec<_>>());
        let count = nodes.len();
        if count == 0 {
            self.note_operand(|_| functions::incorrect_number("IN", 1));
        } else if count > MAX_OPERANDS_OF_IN {
            self.note_operand(|_| {
                format!("The IN operator is provided with too many operands; number of operands: {count}")
            });
        }
        Condition::In(value, members)
    }

    fn is_of_type(&mut self, is_not: IsNot, node: &Node<'_>, name: TypeName) -> Condition {
        if let TypeName::Unknown(name) = name {
            self.note(|statement| {
                let place = node.span.place(statement);
                format!(
                    "Unsupported data type for IS operator: {name}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST] at {place}"
                )
            });
            return refused_condition();
        }
        let Some(path) = self.path(node) else {
            self.not_of_is(node);
            return refused_condition();
        };
        let condition = match name {
            TypeName::Missing | TypeName::Unknown(_) if is_not.0 => return Condition::Exists(path),
            TypeName::Missing | TypeName::Unknown(_) => return Condition::NotExists(path),
            TypeName::Known(kind) => Condition::IsOfType(path, kind),
        };
        negated_if(is_not, condition)
    }

    /// Refuses what is not a path before `IS`.
    fn not_of_is(&mut self, node: &Node<'_>) {
        let message = match &node.term {
            Term::Number(_) | Term::Text(_) | Term::Bool(_) | Term::Null | Term::Parameter(_) => {
                "samlet takes only paths before IS in PartiQL"
            }
            _ => "The left hand side argument to IS must be a Variable Reference, Literal, or Path",
        };
        self.note_operand(|_| message.to_owned());
    }

    /// Refuses an operand that is the first one again.
    pub(super) fn check_distinct(&mut self, operator: &str, first: &Operand, others: &[&Operand]) {
        let Operand::Path(path) = first else {
            return;
        };
        if others.contains(&first) {
            self.note_operand(|_| {
                format!(
                    "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {}",
                    paths::listed(path)
                )
            });
        }
    }

    /// What is compared; `None` if it was noted why it can't be.
    pub(super) fn operand(&mut self, node: &Node<'_>) -> Option<Operand> {
        match &node.term {
            Term::Missing => {
                self.note(|_| "MISSING must be compared using IS operator".to_owned());
                None
            }
            Term::Name(_) | Term::Path(..) => {
                let path = self.path(node);
                if path.is_none() {
                    self.note(|statement| {
                        let place = node.span.place(statement);
                        format!("Unexpected path component at {place}")
                    });
                }
                path.map(Operand::Path)
            }
            Term::Call(_, arguments) => match functions::of(node) {
                Some(Function::Size) => {
                    self.count_operators(1);
                    self.size(arguments)
                }
                Some(function) => {
                    self.note_operand(|_| {
                        let name = function.name();
                        format!("samlet compares {name} in PartiQL with true and false only")
                    });
                    None
                }
                None => {
                    self.unrecognized(node);
                    None
                }
            },
            Term::Arithmetic(_, rest) => {
                let sign = rest.first().map_or("+", |(sign, _)| *sign);
                self.unsupported_operator(sign)
            }
            Term::Signed(sign) => self.unsupported_operator(sign),
            Term::Select(_) => {
                self.unsupported_token("SELECT", node);
                None
            }
            Term::Case(_) => {
                self.unsupported_token("CASE", node);
                None
            }
            Term::All(_)
            | Term::Any(_)
            | Term::Not(..)
            | Term::Compare(..)
            | Term::Between(..)
            | Term::In(..)
            | Term::Like
            | Term::Is(..) => {
                self.note_operand(|_| "A condition can't be an operand".to_owned());
                None
            }
            _ => Some(Operand::Value(self.value(node))),
        }
    }

    fn unsupported_operator(&mut self, sign: &str) -> Option<Operand> {
        self.note_operand(|_| {
            format!("Unsupported operator in Condition Expression. Operator: {sign}")
        });
        None
    }

    /// `size(a)`. That of a value is a value itself.
    fn size(&mut self, arguments: &[Node<'_>]) -> Option<Operand> {
        let [argument] = arguments else {
            let count = arguments.len();
            self.note_operand(|_| functions::incorrect_number("size", count));
            return None;
        };
        match self.operand(argument)? {
            Operand::Path(path) => Some(Operand::Size(path)),
            Operand::Value(value) => match functions::size(&value) {
                Some(size) => Some(Operand::Value(AttributeValue::N(size))),
                None => {
                    let kind = value.kind().name();
                    self.note_value(operand_types::incorrect("size", kind));
                    None
                }
            },
            Operand::Size(_) => {
                self.note_operand(|_| operand_types::incorrect("size", "N"));
                None
            }
        }
    }

    /// A call that is a condition.
    pub(super) fn call(&mut self, function: Function, arguments: &[Node<'_>]) -> Condition {
        self.count_operators(1);
        match function {
            Function::Exists | Function::NotExists => self.exists(function, arguments),
            Function::AttributeType => self.attribute_type(arguments),
            Function::BeginsWith | Function::Contains => self.searched(function, arguments),
            Function::Size => refused_condition(),
        }
    }

    fn exists(&mut self, function: Function, arguments: &[Node<'_>]) -> Condition {
        let name = function.name();
        let [argument] = arguments else {
            let count = arguments.len();
            self.note_operand(|_| functions::incorrect_number(name, count));
            return refused_condition();
        };
        match self.operand(argument) {
            Some(Operand::Path(path)) if function == Function::Exists => Condition::Exists(path),
            Some(Operand::Path(path)) => Condition::NotExists(path),
            Some(_) => {
                self.note_operand(|_| functions::needs_path(name));
                refused_condition()
            }
            None => refused_condition(),
        }
    }

    fn attribute_type(&mut self, arguments: &[Node<'_>]) -> Condition {
        const NAME: &str = "attribute_type";
        let [operand, kind] = arguments else {
            let count = arguments.len();
            self.note_operand(|_| functions::incorrect_number(NAME, count));
            return refused_condition();
        };
        let is_literal = !matches!(kind.term, Term::Parameter(_));
        let operand = self.operand(operand);
        let (Some(operand), Some(kind)) = (operand, self.operand(kind)) else {
            return refused_condition();
        };
        self.check_distinct(NAME, &operand, &[&kind]);
        let refusal = match (&operand, &kind) {
            (Operand::Path(path), Operand::Value(AttributeValue::S(name))) => {
                match AttributeType::from_name(name) {
                    Some(kind) => return Condition::IsOfType(path.clone(), kind),
                    None => functions::unknown_type(name),
                }
            }
            (_, Operand::Value(AttributeValue::S(_))) => {
                "samlet takes only paths in attribute_type in PartiQL".to_owned()
            }
            (_, Operand::Value(value)) => operand_types::incorrect(NAME, value.kind().name()),
            (_, Operand::Size(_)) => operand_types::incorrect(NAME, "N"),
            (_, Operand::Path(_)) => operand_types::incorrect(NAME, functions::ALL_TYPES),
        };
        if is_literal {
            self.note_operand(|_| refusal);
        } else {
            self.note_value(refusal);
        }
        refused_condition()
    }

    fn searched(&mut self, function: Function, arguments: &[Node<'_>]) -> Condition {
        let name = function.name();
        let [value, part] = arguments else {
            let count = arguments.len();
            self.note_operand(|_| functions::incorrect_number(name, count));
            return refused_condition();
        };
        let value = self.operand(value);
        let (Some(value), Some(part)) = (value, self.operand(part)) else {
            return refused_condition();
        };
        self.check_distinct(name, &value, &[&part]);
        if function == Function::BeginsWith {
            return Condition::BeginsWith(value, part);
        }
        Condition::Contains(value, part)
    }

    /// Refuses values of types that their operators don't take.
    pub(super) fn check_values(&mut self, condition: &Condition) {
        if let Some(message) = operand_types::first_refusal(condition) {
            self.note_value(message);
        }
    }
}

pub(super) fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn negated_if(is_not: IsNot, condition: Condition) -> Condition {
    if is_not.0 { not(condition) } else { condition }
}
