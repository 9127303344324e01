//! What several requests hold: attribute values, names, and what is asked to be answered.

use super::super::shape::{Bounds, Shape, Structure, TableRule, Text, list, list_of, map};
use super::super::shape::{optional, values};

/// What DynamoDB calls an attribute's value.
pub(in super::super) const ATTRIBUTE_VALUE_CLASS: &str = "AttributeValue";

pub(super) static BOOLEAN: Shape = Shape::Boolean;
pub(super) static STRING: Shape = Shape::String(Text::Any);
pub(super) static NAME: Shape = Shape::String(Text::Name);
/// The table of a request about one item, or of a search.
pub(super) static TABLE: Shape = Shape::String(Text::Table(TableRule::First));

static ATTRIBUTE_VALUE_STRUCTURE: Structure = Structure {
    class: ATTRIBUTE_VALUE_CLASS,
    members: &[
        optional("S", &STRING),
        optional("N", &STRING),
        optional("B", &BLOB),
        optional("SS", &STRINGS),
        optional("NS", &STRINGS),
        optional("BS", &BLOBS),
        optional("M", &ITEM),
        optional("L", &ATTRIBUTE_VALUES),
        optional("NULL", &BOOLEAN),
        optional("BOOL", &BOOLEAN),
    ],
};
static BLOB: Shape = Shape::Blob;
static BLOBS: Shape = list(&BLOB);
pub(super) static STRINGS: Shape = list(&STRING);
pub(super) static ATTRIBUTE_VALUE: Shape = Shape::Structure(&ATTRIBUTE_VALUE_STRUCTURE);
pub(super) static ATTRIBUTE_VALUES: Shape = list(&ATTRIBUTE_VALUE);
/// An item, a key, or an expression's values.
pub(super) static ITEM: Shape = map(&ATTRIBUTE_VALUE);

pub(super) static ATTRIBUTES_TO_GET: Shape = list_of(&STRING, Bounds::between(1, 255));
pub(super) static EXPRESSION_NAMES: Shape = map(&STRING);
pub(super) static LIMIT: Shape = Shape::Integer(Bounds::at_least(1));

pub(super) static RETURN_CONSUMED_CAPACITY: Shape = values(&["INDEXES", "TOTAL", "NONE"]);
pub(super) static RETURN_ITEM_COLLECTION_METRICS: Shape = values(&["SIZE", "NONE"]);
pub(super) static RETURN_VALUES_ON_FAILURE: Shape = values(&["ALL_OLD", "NONE"]);
pub(super) static CONDITIONAL_OPERATOR: Shape = values(&["OR", "AND"]);
pub(super) static COMPARISON_OPERATOR: Shape = values(&[
    "IN",
    "NULL",
    "BETWEEN",
    "LT",
    "NOT_CONTAINS",
    "EQ",
    "GT",
    "NOT_NULL",
    "NE",
    "LE",
    "BEGINS_WITH",
    "GE",
    "CONTAINS",
]);
