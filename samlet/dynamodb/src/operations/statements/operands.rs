//! Values in a `SET` clause that are of types which their operators don't take.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html>

use samlet_dynamodb_api::AttributeType;
use samlet_dynamodb_api::expression::{SetOperand, SetValue, Update};

/// What DynamoDB says of the first of them.
pub(super) fn first_misfit(update: &Update) -> Option<String> {
    update.set.iter().find_map(|action| match &action.value {
        SetValue::Operand(operand) => of_operand(operand),
        SetValue::Plus(left, right) => of_operator("+", AttributeType::N, [left, right]),
        SetValue::Minus(left, right) => of_operator("-", AttributeType::N, [left, right]),
    })
}

fn of_operand(operand: &SetOperand) -> Option<String> {
    match operand {
        SetOperand::ListAppend(first, second) => {
            of_operator("list_append", AttributeType::L, [first, second])
        }
        SetOperand::IfNotExists(_, operand) => of_operand(operand),
        SetOperand::Path(_) | SetOperand::Value(_) => None,
    }
}

fn of_operator(
    operator: &str,
    wanted: AttributeType,
    operands: [&SetOperand; 2],
) -> Option<String> {
    operands.into_iter().find_map(|operand| match operand {
        SetOperand::Value(value) if value.kind() != wanted => Some(format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
            value.kind().name()
        )),
        operand => of_operand(operand),
    })
}
