//! What defines tables and their indexes: keys, projections, throughput.

use super::super::shape::{
    Bounds, Shape, Structure, length, list, list_of, optional, passed_over, required, values,
};
use super::common::NAME;

/// Why a request may say how much throughput it wants: there is as much as the machine has.
pub(super) const NO_LIMITS: &str = "throughput is not limited here";

pub(super) static ATTRIBUTE_DEFINITIONS: Shape = list(&ATTRIBUTE_DEFINITION);
static ATTRIBUTE_DEFINITION: Shape = Shape::Structure(&Structure {
    class: "AttributeDefinition",
    members: &[
        required("AttributeName", &ATTRIBUTE_NAME),
        required("AttributeType", &ATTRIBUTE_TYPE),
    ],
});
static ATTRIBUTE_NAME: Shape = length(1, 255);
static ATTRIBUTE_TYPE: Shape = values(&["B", "N", "S"]);

pub(super) static TABLE_KEY_SCHEMA: Shape = list_of(&KEY_SCHEMA_ELEMENT, Bounds::between(1, 2));
/// How many elements an index's keys may have depends on its kind.
static INDEX_KEY_SCHEMA: Shape = list_of(&KEY_SCHEMA_ELEMENT, Bounds::at_least(1));
static KEY_SCHEMA_ELEMENT: Shape = Shape::Structure(&Structure {
    class: "KeySchemaElement",
    members: &[
        required("AttributeName", &ATTRIBUTE_NAME),
        required("KeyType", &KEY_TYPE),
    ],
});
static KEY_TYPE: Shape = values(&["HASH", "RANGE"]);

static PROJECTION: Shape = Shape::Structure(&Structure {
    class: "Projection",
    members: &[
        optional("ProjectionType", &PROJECTION_TYPE),
        optional("NonKeyAttributes", &NON_KEY_ATTRIBUTES),
    ],
});
static PROJECTION_TYPE: Shape = values(&["ALL", "INCLUDE", "KEYS_ONLY"]);
static NON_KEY_ATTRIBUTES: Shape = list_of(&ATTRIBUTE_NAME, Bounds::between(1, 20));

pub(super) static THROUGHPUT: Shape = Shape::Structure(&Structure {
    class: "ProvisionedThroughput",
    members: &[
        required("WriteCapacityUnits", &UNITS),
        required("ReadCapacityUnits", &UNITS),
    ],
});
static UNITS: Shape = Shape::Long(Bounds::at_least(1));

pub(super) static LOCAL_INDEXES: Shape = list(&LOCAL_INDEX);
static LOCAL_INDEX: Shape = Shape::Structure(&Structure {
    class: "LocalSecondaryIndex",
    members: &[
        required("IndexName", &NAME),
        required("KeySchema", &INDEX_KEY_SCHEMA),
        required("Projection", &PROJECTION),
    ],
});

pub(super) static GLOBAL_INDEXES: Shape = list(&GLOBAL_INDEX);
static GLOBAL_INDEX: Shape = Shape::Structure(&Structure {
    class: "GlobalSecondaryIndex",
    members: &[
        required("IndexName", &NAME),
        optional("ProvisionedThroughput", &THROUGHPUT),
        required("KeySchema", &INDEX_KEY_SCHEMA),
        required("Projection", &PROJECTION),
        passed_over("OnDemandThroughput", NO_LIMITS),
        passed_over("WarmThroughput", NO_LIMITS),
    ],
});

pub(super) static GLOBAL_INDEX_UPDATES: Shape = list(&GLOBAL_INDEX_UPDATE);
static GLOBAL_INDEX_UPDATE: Shape = Shape::Structure(&Structure {
    class: "GlobalSecondaryIndexUpdate",
    members: &[
        optional("Update", &UPDATE),
        optional("Create", &CREATE),
        optional("Delete", &DELETE),
    ],
});
static UPDATE: Shape = Shape::Structure(&Structure {
    class: "UpdateGlobalSecondaryIndexAction",
    members: &[
        required("IndexName", &NAME),
        required("ProvisionedThroughput", &THROUGHPUT),
        passed_over("OnDemandThroughput", NO_LIMITS),
        passed_over("WarmThroughput", NO_LIMITS),
    ],
});
static CREATE: Shape = Shape::Structure(&Structure {
    class: "CreateGlobalSecondaryIndexAction",
    members: &[
        required("Projection", &PROJECTION),
        required("IndexName", &NAME),
        optional("ProvisionedThroughput", &THROUGHPUT),
        required("KeySchema", &INDEX_KEY_SCHEMA),
        passed_over("OnDemandThroughput", NO_LIMITS),
        passed_over("WarmThroughput", NO_LIMITS),
    ],
});
static DELETE: Shape = Shape::Structure(&Structure {
    class: "DeleteGlobalSecondaryIndexAction",
    members: &[required("IndexName", &NAME)],
});
