//! The functions of `WHERE` clauses.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-functions.html>

use super::syntax::Node;
use crate::value::Number;
use crate::{AttributeType, AttributeValue};

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Exists,
    NotExists,
    AttributeType,
    BeginsWith,
    Contains,
    Size,
}

const FUNCTIONS: [Function; 6] = [
    Function::Exists,
    Function::NotExists,
    Function::AttributeType,
    Function::BeginsWith,
    Function::Contains,
    Function::Size,
];

/// What DynamoDB says the type of a path is: any, in the order of a hash set.
pub(super) const ALL_TYPES: &str = "{S,HDS,N,FS,BS,NULL,DOUBLE,NS,DECIMAL,SS,DECIMALSET,BOOL,HD,DICT,INTSET,M,L,B,FLOAT,INT,DOUBLESET}";

impl Function {
    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exists => "attribute_exists",
            Self::NotExists => "attribute_not_exists",
            Self::AttributeType => "attribute_type",
            Self::BeginsWith => "begins_with",
            Self::Contains => "contains",
            Self::Size => "size",
        }
    }

    /// Whether it holds or doesn't.
    pub(super) fn is_condition(self) -> bool {
        self != Self::Size
    }
}

/// The function that a call is of; `None` if there is no such function.
pub(super) fn of(node: &Node<'_>) -> Option<Function> {
    let name = node.called()?;
    FUNCTIONS
        .into_iter()
        .find(|function| function.name() == name)
}

pub(super) fn incorrect_number(function: &str, count: usize) -> String {
    format!(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
    )
}

pub(super) fn needs_path(function: &str) -> String {
    format!("Operator or function requires a document path; operator or function: {function}")
}

pub(super) fn unknown_type(name: &str) -> String {
    format!(
        "Invalid attribute type name found; type: {name}, valid types: {{N,BS,L,B,NULL,M,S,SS,NS,BOOL}}"
    )
}

/// The size of a value; `None` if values of its type have none.
pub(super) fn size(value: &AttributeValue) -> Option<Number> {
    let size = match value {
        AttributeValue::S(text) => text.encode_utf16().count(),
        AttributeValue::B(bytes) => bytes.len(),
        AttributeValue::Ss(texts) => texts.len(),
        AttributeValue::Ns(numbers) => numbers.len(),
        AttributeValue::Bs(values) => values.len(),
        AttributeValue::L(values) => values.len(),
        AttributeValue::M(item) => item.len(),
        AttributeValue::N(_) | AttributeValue::Bool(_) | AttributeValue::Null => return None,
    };
    Number::parse(&size.to_string()).ok()
}

/// The types whose values have an order.
pub(super) fn is_ordered(kind: AttributeType) -> bool {
    matches!(kind, AttributeType::S | AttributeType::N | AttributeType::B)
}
