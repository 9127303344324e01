//! Requests about one item.

use super::super::shape::{Shape, Structure, TableRule, Text, map, optional, required, values};
use super::common::{
    ATTRIBUTE_VALUE, ATTRIBUTE_VALUES, ATTRIBUTES_TO_GET, BOOLEAN, COMPARISON_OPERATOR,
    CONDITIONAL_OPERATOR, EXPRESSION_NAMES, ITEM, RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS, RETURN_VALUES_ON_FAILURE, STRING, TABLE,
};

pub(super) static GET_ITEM: Structure = Structure {
    class: "GetItemInput",
    members: &[
        required("Key", &ITEM),
        required("TableName", &TABLE),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        optional("AttributesToGet", &ATTRIBUTES_TO_GET),
        optional("ConsistentRead", &BOOLEAN),
        optional("ProjectionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
    ],
};

pub(super) static PUT_ITEM: Structure = Structure {
    class: "PutItemInput",
    members: &[
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        required("TableName", &TABLE),
        required("Item", &ITEM),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("Expected", &EXPECTED),
        optional("ReturnValues", &RETURN_VALUES),
        optional(
            "ReturnItemCollectionMetrics",
            &RETURN_ITEM_COLLECTION_METRICS,
        ),
        optional("ConditionExpression", &STRING),
        optional("ExpressionAttributeValues", &ITEM),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
};

pub(super) static DELETE_ITEM: Structure = Structure {
    class: "DeleteItemInput",
    members: &[
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        required("TableName", &TABLE),
        optional("ReturnValues", &RETURN_VALUES),
        optional(
            "ReturnItemCollectionMetrics",
            &RETURN_ITEM_COLLECTION_METRICS,
        ),
        required("Key", &ITEM),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("Expected", &EXPECTED),
        optional("ConditionExpression", &STRING),
        optional("ExpressionAttributeValues", &ITEM),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
};

pub(super) static UPDATE_ITEM: Structure = Structure {
    class: "UpdateItemInput",
    members: &[
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        required("TableName", &UPDATED_TABLE),
        optional(
            "ReturnItemCollectionMetrics",
            &RETURN_ITEM_COLLECTION_METRICS,
        ),
        optional("ReturnValues", &RETURN_VALUES),
        required("Key", &ITEM),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("Expected", &EXPECTED),
        optional("AttributeUpdates", &ATTRIBUTE_UPDATES),
        optional("ConditionExpression", &STRING),
        optional("UpdateExpression", &STRING),
        optional("ExpressionAttributeValues", &ITEM),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional(
            "ReturnValuesOnConditionCheckFailure",
            &RETURN_VALUES_ON_FAILURE,
        ),
    ],
};

static UPDATED_TABLE: Shape = Shape::String(Text::Table(TableRule::CharactersFirst));
static RETURN_VALUES: Shape = values(&["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]);
static EXPECTED: Shape = map(&EXPECTED_VALUE);
static EXPECTED_VALUE: Shape = Shape::Structure(&Structure {
    class: "ExpectedAttributeValue",
    members: &[
        optional("AttributeValueList", &ATTRIBUTE_VALUES),
        optional("ComparisonOperator", &COMPARISON_OPERATOR),
        optional("Exists", &BOOLEAN),
        optional("Value", &ATTRIBUTE_VALUE),
    ],
});
static ATTRIBUTE_UPDATES: Shape = map(&ATTRIBUTE_UPDATE);
/// Actions that don't exist are refused in words of their own, not as an enum's.
static ATTRIBUTE_UPDATE: Shape = Shape::Structure(&Structure {
    class: "AttributeValueUpdate",
    members: &[
        optional("Action", &STRING),
        optional("Value", &ATTRIBUTE_VALUE),
    ],
});
