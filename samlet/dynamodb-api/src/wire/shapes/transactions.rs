//! Requests about many items, all or none.

use super::super::shape::{
    Bounds, Shape, Structure, TableRule, Text, length, list_of, optional, required,
};
use super::common::{
    EXPRESSION_NAMES, ITEM, RETURN_CONSUMED_CAPACITY, RETURN_ITEM_COLLECTION_METRICS,
    RETURN_VALUES_ON_FAILURE, STRING,
};

pub(super) static TRANSACT_GET_ITEMS: Structure = Structure {
    class: "TransactGetItemsInput",
    members: &[
        required("TransactItems", &GETS),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
    ],
};

pub(super) static TRANSACT_WRITE_ITEMS: Structure = Structure {
    class: "TransactWriteItemsInput",
    members: &[
        required("TransactItems", &WRITES),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        optional(
            "ReturnItemCollectionMetrics",
            &RETURN_ITEM_COLLECTION_METRICS,
        ),
        optional("ClientRequestToken", &TOKEN),
    ],
};

pub(super) static TOKEN: Shape = length(1, 36);
static TABLE: Shape = Shape::String(Text::Table(TableRule::LengthFirst));

static GETS: Shape = list_of(&GET_ENTRY, Bounds::between(1, 100));
static GET_ENTRY: Shape = Shape::Structure(&Structure {
    class: "TransactGetItem",
    members: &[required("Get", &GET)],
});
static GET: Shape = Shape::Structure(&Structure {
    class: "Get",
    members: &[
        required("Key", &ITEM),
        required("TableName", &TABLE),
        optional("ProjectionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
    ],
});

static WRITES: Shape = list_of(&WRITE, Bounds::between(1, 100));
static WRITE: Shape = Shape::Structure(&Structure {
    class: "TransactWriteItem",
    members: &[
        optional("ConditionCheck", &CONDITION_CHECK),
        optional("Put", &PUT),
        optional("Delete", &DELETE),
        optional("Update", &UPDATE),
    ],
});
static CONDITION_CHECK: Shape = Shape::Structure(&Structure {
    class: "ConditionCheck",
    members: &[
        required("Key", &ITEM),
        required("TableName", &TABLE),
        required("ConditionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional("ExpressionAttributeValues", &ITEM),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
});
static PUT: Shape = Shape::Structure(&Structure {
    class: "Put",
    members: &[
        required("Item", &ITEM),
        required("TableName", &TABLE),
        optional("ConditionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional("ExpressionAttributeValues", &ITEM),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
});
static DELETE: Shape = Shape::Structure(&Structure {
    class: "Delete",
    members: &[
        required("Key", &ITEM),
        required("TableName", &TABLE),
        optional("ConditionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional("ExpressionAttributeValues", &ITEM),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
});
static UPDATE: Shape = Shape::Structure(&Structure {
    class: "Update",
    members: &[
        required("Key", &ITEM),
        required("UpdateExpression", &STRING),
        required("TableName", &TABLE),
        optional("ConditionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional("ExpressionAttributeValues", &ITEM),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
});
