//! What the API's model says of a value: its type and its constraints.

/// A structure of named members.
#[derive(Debug)]
pub(super) struct Structure {
    /// The type's name, as DynamoDB's messages have it.
    pub(super) class: &'static str,
    /// Its members, in the order in which DynamoDB checks them.
    pub(super) members: &'static [Member],
}

/// A member of a structure.
#[derive(Debug)]
pub(super) struct Member {
    /// As it is on the wire.
    pub(super) name: &'static str,
    /// What becomes of it.
    pub(super) role: Role,
}

/// What becomes of a member.
#[derive(Debug)]
pub(super) enum Role {
    /// It is read.
    Served {
        /// What it holds.
        shape: &'static Shape,
        /// Whether it must be there.
        presence: Presence,
    },
    /// It is dropped: this is why that is harmless.
    PassedOver(#[allow(dead_code, reason = "for readers and tests")] &'static str),
    /// A request that has it is refused: this is what samlet doesn't have.
    Refused(&'static str),
}

/// Whether a member must be there, and how DynamoDB says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It may be left out.
    Optional,
    /// It must be there, as a constraint among the others.
    Required,
    /// It must be there, which is said before all constraints.
    Parameter,
}

/// A type, with its constraints.
#[derive(Debug)]
pub(super) enum Shape {
    Structure(&'static Structure),
    List {
        member: &'static Shape,
        length: Bounds,
    },
    Map {
        value: &'static Shape,
        length: Bounds,
        /// Whether its keys are names of tables.
        has_table_names: bool,
        /// How many elements each of its lists may have, where that is said of the map and not of the lists.
        values: Option<Bounds>,
    },
    String(Text),
    Integer(Bounds),
    Long(Bounds),
    Boolean,
    Blob,
}

/// The constraints of a string.
#[derive(Debug)]
pub(super) enum Text {
    Any,
    Length(Bounds),
    /// One of these, in the order in which DynamoDB lists them.
    Enum(&'static [&'static str]),
    /// An index's name, or a table's where it is only compared.
    Name,
    /// A new table's name.
    NewTable,
    /// A table's name or ARN.
    Table(TableRule),
}

/// Which of a table's name's faults are said: DynamoDB has several ways.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.NamingRules>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableRule {
    /// The first: its length, then its characters.
    First,
    /// All of them: its characters, then its length.
    CharactersFirst,
    /// All of them: its length, then its characters.
    LengthFirst,
    /// Its length, before and without whatever else is wrong; or its characters.
    LengthAlone,
}

/// From which number to which, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    /// Whether DynamoDB says it in its newer words: without the value, the path as it is on the wire, and before the
    /// constraints that have the older words.
    pub(super) is_newer: bool,
}

impl Bounds {
    pub(super) const NONE: Self = Self {
        min: None,
        max: None,
        is_newer: false,
    };

    pub(super) const fn at_least(min: i64) -> Self {
        Self {
            min: Some(min),
            ..Self::NONE
        }
    }

    pub(super) const fn at_most(max: i64) -> Self {
        Self {
            max: Some(max),
            ..Self::NONE
        }
    }

    pub(super) const fn between(min: i64, max: i64) -> Self {
        Self {
            min: Some(min),
            max: Some(max),
            is_newer: false,
        }
    }

    pub(super) const fn newer(self) -> Self {
        Self {
            is_newer: true,
            ..self
        }
    }
}

pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    served(name, shape, Presence::Optional)
}

pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Member {
    served(name, shape, Presence::Required)
}

pub(super) const fn parameter(name: &'static str, shape: &'static Shape) -> Member {
    served(name, shape, Presence::Parameter)
}

const fn served(name: &'static str, shape: &'static Shape, presence: Presence) -> Member {
    Member {
        name,
        role: Role::Served { shape, presence },
    }
}

pub(super) const fn passed_over(name: &'static str, reason: &'static str) -> Member {
    Member {
        name,
        role: Role::PassedOver(reason),
    }
}

pub(super) const fn refused(name: &'static str, missing: &'static str) -> Member {
    Member {
        name,
        role: Role::Refused(missing),
    }
}

pub(super) const fn list(member: &'static Shape) -> Shape {
    list_of(member, Bounds::NONE)
}

pub(super) const fn list_of(member: &'static Shape, length: Bounds) -> Shape {
    Shape::List { member, length }
}

pub(super) const fn map(value: &'static Shape) -> Shape {
    Shape::Map {
        value,
        length: Bounds::NONE,
        has_table_names: false,
        values: None,
    }
}

pub(super) const fn length(min: i64, max: i64) -> Shape {
    Shape::String(Text::Length(Bounds::between(min, max)))
}

pub(super) const fn values(names: &'static [&'static str]) -> Shape {
    Shape::String(Text::Enum(names))
}
