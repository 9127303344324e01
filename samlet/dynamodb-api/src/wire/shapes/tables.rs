//! Requests about tables themselves.

use super::super::shape::{
    Bounds, Shape, Structure, TableRule, Text, length, optional, parameter, passed_over, refused,
    required, values,
};
use super::common::{BOOLEAN, NAME, STRING};
use super::indexes::{
    ATTRIBUTE_DEFINITIONS, GLOBAL_INDEX_UPDATES, GLOBAL_INDEXES, LOCAL_INDEXES, NO_LIMITS,
    TABLE_KEY_SCHEMA, THROUGHPUT,
};
use super::tags::TAGS;

const GLOBAL_TABLES: &str = "tables in several regions";
const RESOURCE_POLICIES: &str = "policies of tables";
const VECTOR_INDEXES: &str = "vector indexes";

pub(super) static CREATE_TABLE: Structure = Structure {
    class: "CreateTableInput",
    members: &[
        required("AttributeDefinitions", &ATTRIBUTE_DEFINITIONS),
        parameter("TableName", &NEW_TABLE),
        optional("BillingMode", &BILLING_MODE),
        optional("ProvisionedThroughput", &THROUGHPUT),
        required("KeySchema", &TABLE_KEY_SCHEMA),
        optional("LocalSecondaryIndexes", &LOCAL_INDEXES),
        optional("GlobalSecondaryIndexes", &GLOBAL_INDEXES),
        optional("StreamSpecification", &STREAM),
        optional("SSESpecification", &ENCRYPTION),
        optional("Tags", &TAGS),
        optional("TableClass", &TABLE_CLASS),
        optional("DeletionProtectionEnabled", &BOOLEAN),
        optional("OnDemandThroughput", &ON_DEMAND_THROUGHPUT),
        passed_over("WarmThroughput", NO_LIMITS),
        refused("ResourcePolicy", RESOURCE_POLICIES),
        refused("GlobalTableSourceArn", GLOBAL_TABLES),
        refused("GlobalTableSettingsReplicationMode", GLOBAL_TABLES),
        refused("VectorIndexes", VECTOR_INDEXES),
    ],
};

pub(super) static UPDATE_TABLE: Structure = Structure {
    class: "UpdateTableInput",
    members: &[
        parameter("TableName", &TABLE),
        optional("AttributeDefinitions", &ATTRIBUTE_DEFINITIONS),
        optional("ProvisionedThroughput", &THROUGHPUT),
        optional("BillingMode", &BILLING_MODE),
        optional("GlobalSecondaryIndexUpdates", &GLOBAL_INDEX_UPDATES),
        optional("StreamSpecification", &STREAM),
        optional("TableClass", &TABLE_CLASS),
        optional("DeletionProtectionEnabled", &BOOLEAN),
        optional("OnDemandThroughput", &ON_DEMAND_THROUGHPUT),
        refused("SSESpecification", "changes of a table's encryption"),
        refused("WarmThroughput", "changes of a table's warm throughput"),
        refused("ReplicaUpdates", GLOBAL_TABLES),
        refused("MultiRegionConsistency", GLOBAL_TABLES),
        refused("GlobalTableWitnessUpdates", GLOBAL_TABLES),
        refused("GlobalTableSettingsReplicationMode", GLOBAL_TABLES),
        refused("DisassociationProtectionEnabled", GLOBAL_TABLES),
        refused("VectorIndexUpdates", VECTOR_INDEXES),
    ],
};

pub(super) static DELETE_TABLE: Structure = named("DeleteTableInput");
pub(super) static DESCRIBE_TABLE: Structure = named("DescribeTableInput");
pub(super) static DESCRIBE_TIME_TO_LIVE: Structure = named("DescribeTimeToLiveInput");
pub(super) static DESCRIBE_CONTINUOUS_BACKUPS: Structure = named("DescribeContinuousBackupsInput");

/// A request that only names a table.
const fn named(class: &'static str) -> Structure {
    const MEMBERS: &[super::super::shape::Member] = &[parameter("TableName", &TABLE)];
    Structure {
        class,
        members: MEMBERS,
    }
}

pub(super) static DESCRIBE_ENDPOINTS: Structure = Structure {
    class: "DescribeEndpointsRequest",
    members: &[],
};

pub(super) static DESCRIBE_LIMITS: Structure = Structure {
    class: "DescribeLimitsInput",
    members: &[],
};

pub(super) static LIST_TABLES: Structure = Structure {
    class: "ListTablesInput",
    members: &[
        optional("Limit", &TABLES_LIMIT),
        optional("ExclusiveStartTableName", &NAME),
    ],
};

pub(super) static UPDATE_TIME_TO_LIVE: Structure = Structure {
    class: "UpdateTimeToLiveInput",
    members: &[
        parameter("TableName", &TABLE),
        required("TimeToLiveSpecification", &TIME_TO_LIVE),
    ],
};

static NEW_TABLE: Shape = Shape::String(Text::NewTable);
static TABLE: Shape = Shape::String(Text::Table(TableRule::LengthAlone));
static BILLING_MODE: Shape = values(&["PROVISIONED", "PAY_PER_REQUEST"]);
static TABLE_CLASS: Shape = values(&["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
static TABLES_LIMIT: Shape = Shape::Integer(Bounds::between(1, 100));
static STREAM: Shape = Shape::Structure(&Structure {
    class: "StreamSpecification",
    members: &[
        required("StreamEnabled", &BOOLEAN),
        optional("StreamViewType", &STREAM_VIEW_TYPE),
    ],
});
static STREAM_VIEW_TYPE: Shape =
    values(&["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]);
static ENCRYPTION: Shape = Shape::Structure(&Structure {
    class: "SSESpecification",
    members: &[
        optional("Enabled", &BOOLEAN),
        optional("SSEType", &ENCRYPTION_TYPE),
        optional("KMSMasterKeyId", &STRING),
    ],
});
static ENCRYPTION_TYPE: Shape = values(&["AES256", "KMS"]);
static ON_DEMAND_THROUGHPUT: Shape = Shape::Structure(&Structure {
    class: "OnDemandThroughput",
    members: &[
        optional("MaxReadRequestUnits", &LONG),
        optional("MaxWriteRequestUnits", &LONG),
    ],
});
static LONG: Shape = Shape::Long(Bounds::NONE);
static TIME_TO_LIVE: Shape = Shape::Structure(&Structure {
    class: "TimeToLiveSpecification",
    members: &[
        required("Enabled", &BOOLEAN),
        required("AttributeName", &TIME_TO_LIVE_ATTRIBUTE),
    ],
});
static TIME_TO_LIVE_ATTRIBUTE: Shape = length(1, 255);
