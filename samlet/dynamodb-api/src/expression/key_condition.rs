//! Key conditions: which items of a table or index a Query is about.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>

use crate::AttributeValue;

/// What must hold of the key: tests of attributes, all of which must hold. Which of them is the partition key, only
/// the table's definition says.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCondition(pub Vec<(String, KeyTest)>);

/// A test of a key's attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyTest {
    /// `a = :v`
    Equal(AttributeValue),
    /// `a < :v`
    Less(AttributeValue),
    /// `a <= :v`
    LessOrEqual(AttributeValue),
    /// `a > :v`
    Greater(AttributeValue),
    /// `a >= :v`
    GreaterOrEqual(AttributeValue),
    /// `a BETWEEN :v AND :w`
    Between(AttributeValue, AttributeValue),
    /// `begins_with(a, :v)`
    BeginsWith(AttributeValue),
}
