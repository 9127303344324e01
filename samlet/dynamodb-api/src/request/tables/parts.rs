//! What tables are defined of.

use super::form::{
    AttributeForm, EncryptionForm, IndexForm, KeyForm, KeyRole, OnDemandForm, ProjectionForm,
    StreamForm, ThroughputForm,
};
use crate::AttributeType;

/// An attribute that is part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeDefinition {
    /// Its name.
    pub name: String,
    /// `S`, `N` or `B`.
    pub kind: AttributeType,
}

/// The keys of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableKeys {
    /// The attribute that is the partition key.
    pub partition: String,
    /// The attribute that is the sort key.
    pub sort: Option<String>,
}

/// The keys of a global index.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexKeys {
    /// The attributes that are the partition key: one to four.
    pub partition: Vec<String>,
    /// The attributes that are the sort key: up to four.
    pub sort: Vec<String>,
}

/// A local secondary index. Its partition key is the table's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalIndex {
    /// Its name.
    pub name: String,
    /// The attribute that is its sort key.
    pub sort: String,
    /// Which attributes are in it.
    pub projection: IndexProjection,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalIndex {
    /// Its name.
    pub name: String,
    /// Its keys.
    pub keys: IndexKeys,
    /// Which attributes are in it.
    pub projection: IndexProjection,
    /// What is provisioned for it.
    pub throughput: Option<Throughput>,
}

/// Which attributes are in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexProjection {
    /// All.
    All,
    /// Those of the index's and the table's keys.
    KeysOnly,
    /// Those of the keys, and these.
    Include(Vec<String>),
}

/// How a table is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingMode {
    /// By what is provisioned.
    Provisioned,
    /// By request.
    PayPerRequest,
}

/// What is provisioned: units a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throughput {
    /// Reads.
    pub read: i64,
    /// Writes.
    pub write: i64,
}

/// How much a table that is paid for by request takes at most; -1 in an update removes a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnDemandThroughput {
    /// Reads.
    pub max_read: Option<i64>,
    /// Writes.
    pub max_write: Option<i64>,
}

/// What a stream has of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum StreamViewType {
    NewImage,
    OldImage,
    NewAndOldImages,
    KeysOnly,
}

/// What becomes of a table's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamSpecification {
    /// There is one.
    Enabled(StreamViewType),
    /// There is none.
    Disabled,
}

/// How a table is encrypted, as the request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// Whether it is by a key of the account.
    pub is_enabled: Option<bool>,
    /// `SSEType`.
    pub kind: Option<String>,
    /// `KMSMasterKeyId`.
    pub key: Option<String>,
}

/// A table's class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum TableClass {
    Standard,
    StandardInfrequentAccess,
}

/// The names on the wire.
macro_rules! names {
    ($type:ident { $($value:ident $name:literal,)* }) => {
        impl $type {
            /// As it is on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $name,)* }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$value),)* _ => None }
            }
        }
    };
}

names!(BillingMode { Provisioned "PROVISIONED", PayPerRequest "PAY_PER_REQUEST", });
names!(StreamViewType {
    NewImage "NEW_IMAGE",
    OldImage "OLD_IMAGE",
    NewAndOldImages "NEW_AND_OLD_IMAGES",
    KeysOnly "KEYS_ONLY",
});
names!(TableClass {
    Standard "STANDARD",
    StandardInfrequentAccess "STANDARD_INFREQUENT_ACCESS",
});

impl IndexProjection {
    /// Its type's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::KeysOnly => "KEYS_ONLY",
            Self::Include(_) => "INCLUDE",
        }
    }
}

impl AttributeDefinition {
    pub(super) fn from_form(form: AttributeForm) -> Option<Self> {
        Some(Self {
            kind: AttributeType::from_name(&form.attribute_type)?,
            name: form.attribute_name,
        })
    }

    pub(super) fn form(&self) -> AttributeForm {
        AttributeForm {
            attribute_name: self.name.clone(),
            attribute_type: self.kind.name().into(),
        }
    }
}

fn key(name: &str, key_type: KeyRole) -> KeyForm {
    KeyForm {
        attribute_name: name.into(),
        key_type,
    }
}

impl TableKeys {
    pub(super) fn form(&self) -> Vec<KeyForm> {
        let sort = self.sort.iter().map(|name| key(name, KeyRole::Range));
        let partition = key(&self.partition, KeyRole::Hash);
        std::iter::once(partition).chain(sort).collect()
    }
}

impl IndexKeys {
    pub(super) fn from_form(form: Vec<KeyForm>) -> Self {
        let mut keys = Self {
            partition: Vec::new(),
            sort: Vec::new(),
        };
        for key in form {
            match key.key_type {
                KeyRole::Hash => keys.partition.push(key.attribute_name),
                KeyRole::Range => keys.sort.push(key.attribute_name),
            }
        }
        keys
    }

    fn form(&self) -> Vec<KeyForm> {
        let partition = self.partition.iter().map(|name| key(name, KeyRole::Hash));
        let sort = self.sort.iter().map(|name| key(name, KeyRole::Range));
        partition.chain(sort).collect()
    }
}

impl LocalIndex {
    pub(super) fn form(&self, partition: &str) -> IndexForm {
        IndexForm {
            index_name: self.name.clone(),
            key_schema: vec![
                key(partition, KeyRole::Hash),
                key(&self.sort, KeyRole::Range),
            ],
            projection: self.projection.form(),
            provisioned_throughput: None,
        }
    }
}

impl GlobalIndex {
    pub(super) fn form(&self) -> IndexForm {
        IndexForm {
            index_name: self.name.clone(),
            key_schema: self.keys.form(),
            projection: self.projection.form(),
            provisioned_throughput: self.throughput.map(Throughput::form),
        }
    }
}

impl IndexProjection {
    fn form(&self) -> ProjectionForm {
        ProjectionForm {
            projection_type: Some(self.name().into()),
            non_key_attributes: match self {
                Self::Include(names) => Some(names.clone()),
                Self::All | Self::KeysOnly => None,
            },
        }
    }
}

impl Throughput {
    pub(super) fn from_form(form: &ThroughputForm) -> Self {
        Self {
            read: form.read_capacity_units,
            write: form.write_capacity_units,
        }
    }

    pub(super) fn form(self) -> ThroughputForm {
        ThroughputForm {
            read_capacity_units: self.read,
            write_capacity_units: self.write,
        }
    }
}

impl OnDemandThroughput {
    /// `None` if it says nothing.
    pub(super) fn from_form(form: &OnDemandForm) -> Option<Self> {
        let (max_read, max_write) = (form.max_read_request_units, form.max_write_request_units);
        (max_read.is_some() || max_write.is_some()).then_some(Self {
            max_read,
            max_write,
        })
    }

    pub(super) fn form(self) -> OnDemandForm {
        OnDemandForm {
            max_read_request_units: self.max_read,
            max_write_request_units: self.max_write,
        }
    }
}

impl StreamSpecification {
    pub(super) fn form(self) -> StreamForm {
        let (stream_enabled, view) = match self {
            Self::Enabled(view) => (true, Some(view)),
            Self::Disabled => (false, None),
        };
        StreamForm {
            stream_enabled,
            stream_view_type: view.map(|view| view.name().into()),
        }
    }
}

impl Encryption {
    pub(super) fn from_form(form: EncryptionForm) -> Self {
        Self {
            is_enabled: form.enabled,
            kind: form.kind,
            key: form.key,
        }
    }

    pub(super) fn form(&self) -> EncryptionForm {
        EncryptionForm {
            enabled: self.is_enabled,
            kind: self.kind.clone(),
            key: self.key.clone(),
        }
    }
}
