//! Requests in PartiQL.

use super::super::shape::{Bounds, Shape, Structure, length, list_of, optional, required};
use super::common::{
    ATTRIBUTE_VALUE, BOOLEAN, LIMIT, RETURN_CONSUMED_CAPACITY, RETURN_VALUES_ON_FAILURE,
};
use super::transactions::TOKEN;

pub(super) static EXECUTE_STATEMENT: Structure = Structure {
    class: "ExecuteStatementInput",
    members: &[
        required("Statement", &STATEMENT),
        optional("Parameters", &PARAMETERS),
        optional("ConsistentRead", &BOOLEAN),
        optional("NextToken", &NEXT_TOKEN),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        optional("Limit", &LIMIT),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
};

pub(super) static BATCH_EXECUTE_STATEMENT: Structure = Structure {
    class: "BatchExecuteStatementInput",
    members: &[
        required("Statements", &BATCH),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
    ],
};

pub(super) static EXECUTE_TRANSACTION: Structure = Structure {
    class: "ExecuteTransactionInput",
    members: &[
        required("TransactStatements", &TRANSACTION),
        optional("ClientRequestToken", &TOKEN),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
    ],
};

static STATEMENT: Shape = length(1, 8192);
static NEXT_TOKEN: Shape = length(1, 32768);
static PARAMETERS: Shape = list_of(&ATTRIBUTE_VALUE, Bounds::at_least(1));

static BATCH: Shape = list_of(&BATCH_STATEMENT, Bounds::between(1, 25));
static BATCH_STATEMENT: Shape = Shape::Structure(&Structure {
    class: "BatchStatementRequest",
    members: &[
        required("Statement", &STATEMENT),
        optional("Parameters", &PARAMETERS),
        optional("ConsistentRead", &BOOLEAN),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
});
static TRANSACTION: Shape = list_of(&TRANSACTION_STATEMENT, Bounds::between(1, 100));
static TRANSACTION_STATEMENT: Shape = Shape::Structure(&Structure {
    class: "ParameterizedStatement",
    members: &[
        required("Statement", &STATEMENT),
        optional("Parameters", &PARAMETERS),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
});
