//! How attributes are compared: what each operator takes.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.Conditions.html>

use std::cmp::Ordering;

use crate::{AttributeType, AttributeValue, Refusal};

/// A `ComparisonOperator`. `Expected`'s `Exists` and `Value` are `Null` and `Equal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum Operator {
    Equal,
    NotEqual,
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Contains,
    NotContains,
    BeginsWith,
    In,
    Between,
    Null,
    NotNull,
}

impl Operator {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Equal,
        Self::NotEqual,
        Self::LessOrEqual,
        Self::Less,
        Self::GreaterOrEqual,
        Self::Greater,
        Self::Contains,
        Self::NotContains,
        Self::BeginsWith,
        Self::In,
        Self::Between,
        Self::Null,
        Self::NotNull,
    ];

    /// As it is on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "EQ",
            Self::NotEqual => "NE",
            Self::LessOrEqual => "LE",
            Self::Less => "LT",
            Self::GreaterOrEqual => "GE",
            Self::Greater => "GT",
            Self::Contains => "CONTAINS",
            Self::NotContains => "NOT_CONTAINS",
            Self::BeginsWith => "BEGINS_WITH",
            Self::In => "IN",
            Self::Between => "BETWEEN",
            Self::Null => "NULL",
            Self::NotNull => "NOT_NULL",
        }
    }

    /// The operator with a name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Refuses values that it doesn't take.
    pub(super) fn check(self, values: &[AttributeValue]) -> Result<(), Refusal> {
        if !self.takes_count(values.len()) {
            return Err(Refusal::invalid_values(format_args!(
                "Invalid number of argument(s) for the {} ComparisonOperator",
                self.name()
            )));
        }
        // IN names the first value that it doesn't take, before it asks whether all have one type.
        if self == Self::In {
            self.check_types(values)?;
        }
        if values
            .windows(2)
            .any(|pair| pair[0].kind() != pair[1].kind())
        {
            return Err(Refusal::invalid_values(
                "AttributeValues inside AttributeValueList must be of same type",
            ));
        }
        self.check_types(values)?;
        match (self, values) {
            (Self::Between, [low, high]) => check_bounds(low, high),
            _ => Ok(()),
        }
    }

    fn takes_count(self, count: usize) -> bool {
        match self {
            Self::Null | Self::NotNull => count == 0,
            Self::In => count > 0,
            Self::Between => count == 2,
            _ => count == 1,
        }
    }

    fn check_types(self, values: &[AttributeValue]) -> Result<(), Refusal> {
        let mut kinds = values.iter().map(AttributeValue::kind);
        let Some(kind) = kinds.find(|kind| !self.takes_type(*kind)) else {
            return Ok(());
        };
        Err(Refusal::invalid_values(format_args!(
            "ComparisonOperator {} is not valid for {} AttributeValue type",
            self.name(),
            kind.name()
        )))
    }

    fn takes_type(self, kind: AttributeType) -> bool {
        use AttributeType::{B, Bool, N, Null, S};
        match self {
            Self::Equal | Self::NotEqual | Self::Null | Self::NotNull => true,
            Self::Contains | Self::NotContains => matches!(kind, S | N | B | Bool | Null),
            Self::BeginsWith => matches!(kind, S | B),
            _ => matches!(kind, S | N | B),
        }
    }
}

/// Refuses a range that nothing can be in.
fn check_bounds(low: &AttributeValue, high: &AttributeValue) -> Result<(), Refusal> {
    let order = match (low, high) {
        (AttributeValue::S(low), AttributeValue::S(high)) => low.cmp(high),
        (AttributeValue::N(low), AttributeValue::N(high)) => low.cmp(high),
        (AttributeValue::B(low), AttributeValue::B(high)) => low.cmp(high),
        _ => Ordering::Equal,
    };
    if order.is_gt() {
        return Err(Refusal::validation(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ));
    }
    Ok(())
}
