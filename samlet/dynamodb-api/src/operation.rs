//! The operations of DynamoDB and its streams that there are here.

/// How an operation is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Changes items.
    Write,
    /// Changes which tables there are, or what they are.
    Definition,
}

macro_rules! operations {
    ($($name:ident $kind:ident,)*) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "as DynamoDB names them")]
        pub enum Operation { $($name,)* }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it is on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// How it is to be run. A PartiQL statement may write; which do, only their text says.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }
        }
    };
}

operations! {
    BatchExecuteStatement Write,
    BatchGetItem Read,
    BatchWriteItem Write,
    CreateTable Definition,
    DeleteItem Write,
    DeleteTable Definition,
    DescribeContinuousBackups Read,
    DescribeEndpoints Read,
    DescribeLimits Read,
    DescribeStream Read,
    DescribeTable Read,
    DescribeTimeToLive Read,
    ExecuteStatement Write,
    ExecuteTransaction Write,
    GetItem Read,
    GetRecords Read,
    GetShardIterator Read,
    ListStreams Read,
    ListTables Read,
    ListTagsOfResource Read,
    PutItem Write,
    Query Read,
    Scan Read,
    TagResource Definition,
    TransactGetItems Read,
    TransactWriteItems Write,
    UntagResource Definition,
    UpdateItem Write,
    UpdateTable Definition,
    UpdateTimeToLive Definition,
}

impl Operation {
    /// The operation of a name; `None` if there is none here.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|operation| operation.name() == name)
    }
}
