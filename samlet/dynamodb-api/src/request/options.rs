//! What requests ask to be answered with.

/// What capacity is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum ReturnConsumedCapacity {
    #[default]
    None,
    Total,
    Indexes,
}

/// Whether sizes of item collections are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum ReturnItemCollectionMetrics {
    #[default]
    None,
    Size,
}

/// What is answered of a changed item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum ReturnValues {
    #[default]
    None,
    AllOld,
    UpdatedOld,
    AllNew,
    UpdatedNew,
}

/// What is answered of the items that are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum Select {
    AllAttributes,
    AllProjectedAttributes,
    SpecificAttributes,
    Count,
}

/// What a write asks to be answered, beside its success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// Capacity.
    pub consumed_capacity: ReturnConsumedCapacity,
    /// Sizes of item collections.
    pub item_collection_metrics: ReturnItemCollectionMetrics,
    /// Of the item.
    pub values: ReturnValues,
    /// Whether the item is answered when the condition fails (`ReturnValuesOnConditionCheckFailure: ALL_OLD`).
    pub values_on_failure: bool,
}

/// The names on the wire; a name for each of the values above.
macro_rules! names {
    ($type:ident { $($value:ident $name:literal,)* }) => {
        impl $type {
            /// All names, as they are on the wire.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// As it is on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $name,)* }
            }

            /// The value of a name on the wire.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$value),)* _ => None }
            }
        }
    };
}

names!(ReturnConsumedCapacity { None "NONE", Total "TOTAL", Indexes "INDEXES", });
names!(ReturnItemCollectionMetrics { None "NONE", Size "SIZE", });
names!(ReturnValues {
    None "NONE",
    AllOld "ALL_OLD",
    UpdatedOld "UPDATED_OLD",
    AllNew "ALL_NEW",
    UpdatedNew "UPDATED_NEW",
});
names!(Select {
    AllAttributes "ALL_ATTRIBUTES",
    AllProjectedAttributes "ALL_PROJECTED_ATTRIBUTES",
    SpecificAttributes "SPECIFIC_ATTRIBUTES",
    Count "COUNT",
});
