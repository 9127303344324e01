//! Why an expression is refused, in DynamoDB's words.

use super::Path;
use crate::AttributeType;

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum Problem {
    #[error("The expression can not be empty;")]
    Empty,
    #[error("Expression size has exceeded the maximum allowed size;")]
    TooLong,
    /// As [`Self::TooLong`]; only of conditions and filters does DynamoDB say how long they are.
    #[error("Expression size has exceeded the maximum allowed size; expression size: {0}")]
    ConditionTooLong(usize),
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax { token: String, near: String },
    #[error("The expression has redundant parentheses;")]
    RedundantParentheses,
    #[error("Attribute name is a reserved keyword; reserved keyword: {0}")]
    Reserved(String),
    #[error("List index is not within the allowable range; index: [{0}]")]
    Index(String),
    #[error("Invalid function name; function: {0}")]
    UnknownFunction(String),
    #[error("The function is not allowed in a condition expression; function: {0}")]
    NotInConditions(&'static str),
    #[error("The function is not allowed in an update expression; function: {0}")]
    NotInUpdates(&'static str),
    #[error("The function is not allowed to be used this way in an expression; function: {0}")]
    MisplacedFunction(&'static str),
    #[error("The expression contains too many operators; operator count: {0}")]
    TooManyOperators(usize),
    #[error("The \"{0}\" section can only be used once in an update expression;")]
    RepeatedSection(&'static str),
    #[error(
        "An expression attribute name used in the document path is not defined; attribute name: {0}"
    )]
    UndefinedName(String),
    #[error(
        "An expression attribute value used in expression is not defined; attribute value: {0}"
    )]
    UndefinedValue(String),
    #[error("The document path has too many nesting levels; nesting levels: {0}")]
    TooDeep(usize),
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; \
         path one: {0}, path two: {1}"
    )]
    Overlap(Listed, Listed),
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; \
         path one: {0}, path two: {1}"
    )]
    Conflict(Listed, Listed),
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {0}, number of operands: {1}"
    )]
    OperandCount(&'static str, usize),
    #[error("Operator or function requires a document path; operator or function: {0}")]
    NotAPath(&'static str),
    #[error(
        "Incorrect operand type for operator or function; operator or function: {0}, operand type: {1}"
    )]
    OperandType(&'static str, &'static str),
    /// Of `DELETE`, too, DynamoDB names the set of types for `ADD`.
    #[error(
        "Incorrect operand type for operator or function; operator: {operator}, operand type: {kind}, \
         typeSet: ALLOWED_FOR_ADD_OPERAND"
    )]
    ActionOperandType {
        operator: &'static str,
        kind: &'static str,
    },
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or function; \
         operator: {0}, first operand: {1}"
    )]
    SameOperand(&'static str, Listed),
    #[error(
        "Invalid attribute type name found; type: {name}, valid types: {{{}}}",
        type_names()
    )]
    TypeName { name: String },
    #[error(
        "The BETWEEN operator requires same data type for lower and upper bounds; \
         lower bound operand: {0}, upper bound operand: {1}"
    )]
    DifferentBounds(String, String),
    #[error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \
         lower bound operand: {0}, upper bound operand: {1}"
    )]
    ReversedBounds(String, String),
    #[error("The IN operator is provided with too many operands; number of operands: {0}")]
    TooManyOperands(usize),
    #[error("Invalid operator used in KeyConditionExpression: {0}")]
    KeyOperator(&'static str),
    #[error(
        "Invalid condition in KeyConditionExpression: {0} operator must have the key attribute as its first operand"
    )]
    KeyNotFirst(&'static str),
    #[error(
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
    )]
    SeveralKeys,
    #[error("Invalid condition in KeyConditionExpression: No key attribute specified")]
    NoKey,
    #[error("KeyConditionExpressions cannot contain nested operations")]
    NestedOperation,
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    NestedKey,
    #[error("KeyConditionExpressions must only contain one condition per key")]
    RepeatedKey,
}

/// A path as messages list it: `[a, [1], b]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listed(pub(super) Path);

impl std::fmt::Display for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}", self.0.attribute)?;
        for element in &self.0.elements {
            match element {
                super::PathElement::Member(name) => write!(f, ", {name}")?,
                super::PathElement::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}

fn type_names() -> String {
    AttributeType::ALL.map(AttributeType::name).join(",")
}
