//! Requests about many items, each for itself.

use super::super::shape::{Bounds, Shape, Structure, list, list_of, optional, required};
use super::common::{
    ATTRIBUTES_TO_GET, BOOLEAN, EXPRESSION_NAMES, ITEM, RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS, STRING,
};

pub(super) static BATCH_GET_ITEM: Structure = Structure {
    class: "BatchGetItemInput",
    members: &[
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        required("RequestItems", &KEYS_BY_TABLE),
    ],
};

pub(super) static BATCH_WRITE_ITEM: Structure = Structure {
    class: "BatchWriteItemInput",
    members: &[
        optional("ReturnConsumedCapacity", &RETURN_CONSUMED_CAPACITY),
        optional(
            "ReturnItemCollectionMetrics",
            &RETURN_ITEM_COLLECTION_METRICS,
        ),
        required("RequestItems", &WRITES_BY_TABLE),
    ],
};

/// That there are none is said in words of its own.
static KEYS_BY_TABLE: Shape = Shape::Map {
    value: &KEYS_AND_ATTRIBUTES,
    length: Bounds::at_most(100),
    has_table_names: true,
    values: None,
};
static KEYS_AND_ATTRIBUTES: Shape = Shape::Structure(&Structure {
    class: "KeysAndAttributes",
    members: &[
        required("Keys", &KEYS),
        optional("AttributesToGet", &ATTRIBUTES_TO_GET),
        optional("ConsistentRead", &BOOLEAN),
        optional("ProjectionExpression", &STRING),
        optional("ExpressionAttributeNames", &EXPRESSION_NAMES),
    ],
});
static KEYS: Shape = list_of(&ITEM, Bounds::between(1, 100).newer());

/// That there are none is said in words of its own.
static WRITES_BY_TABLE: Shape = Shape::Map {
    value: &WRITES,
    length: Bounds::at_most(25),
    has_table_names: true,
    values: Some(Bounds::between(1, 25)),
};
static WRITES: Shape = list(&WRITE);
static WRITE: Shape = Shape::Structure(&Structure {
    class: "WriteRequest",
    members: &[
        optional("DeleteRequest", &DELETE),
        optional("PutRequest", &PUT),
    ],
});
static DELETE: Shape = Shape::Structure(&Structure {
    class: "DeleteRequest",
    members: &[required("Key", &ITEM)],
});
static PUT: Shape = Shape::Structure(&Structure {
    class: "PutRequest",
    members: &[required("Item", &ITEM)],
});
