//! Requests that look for items.

use super::super::shape::{Bounds, Shape, Structure, map, optional, required, values};
use super::common::{
    ATTRIBUTE_VALUES, ATTRIBUTES_TO_GET, BOOLEAN, COMPARISON_OPERATOR, CONDITIONAL_OPERATOR,
    EXPRESSION_NAMES, ITEM, LIMIT, NAME, RETURN_CONSUMED_CAPACITY, STRING, TABLE,
};

pub(super) static QUERY: Structure = Structure {
    class: "QueryInput",
    members: &[
        optional("Select", &SELECT),
        optional("IndexName", &NAME),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        optional("QueryFilter", &CONDITIONS),
        required("TableName", &TABLE),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("AttributesToGet", &ATTRIBUTES_TO_GET),
        optional("Limit", &QUERY_LIMIT),
        optional("KeyConditions", &CONDITIONS),
        optional("ExclusiveStartKey", &ITEM),
        optional("ConsistentRead", &BOOLEAN),
        optional("ScanIndexForward", &BOOLEAN),
        optional("KeyConditionExpression", &STRING),
        optional("FilterExpression", &STRING),
        optional("ProjectionExpression", &STRING),
        optional("ExpressionAttributeValues", &ITEM),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
    ],
};

pub(super) static SCAN: Structure = Structure {
    class: "ScanInput",
    members: &[
        optional("Select", &SELECT),
        optional("IndexName", &NAME),
        optional("TotalSegments", &TOTAL_SEGMENTS),
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        required("TableName", &TABLE),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("ScanFilter", &CONDITIONS),
        optional("Segment", &SEGMENT),
        optional("Limit", &LIMIT),
        optional("AttributesToGet", &ATTRIBUTES_TO_GET),
        optional("ExclusiveStartKey", &ITEM),
        optional("FilterExpression", &STRING),
        optional("ProjectionExpression", &STRING),
        optional("ExpressionAttributeValues", &ITEM),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
        optional("ConsistentRead", &BOOLEAN),
    ],
};

static SELECT: Shape = values(&[
    "SPECIFIC_ATTRIBUTES",
    "COUNT",
    "ALL_ATTRIBUTES",
    "ALL_PROJECTED_ATTRIBUTES",
]);
static QUERY_LIMIT: Shape = Shape::Integer(Bounds::at_least(1).newer());
static TOTAL_SEGMENTS: Shape = Shape::Integer(Bounds::between(1, 1_000_000));
static SEGMENT: Shape = Shape::Integer(Bounds::between(0, 999_999));
static CONDITIONS: Shape = map(&CONDITION);
static CONDITION: Shape = Shape::Structure(&Structure {
    class: "Condition",
    members: &[
        optional("AttributeValueList", &ATTRIBUTE_VALUES),
        required("ComparisonOperator", &COMPARISON_OPERATOR),
    ],
});
