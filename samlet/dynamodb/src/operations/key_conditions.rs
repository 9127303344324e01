//! What a Query says of keys, checked against the key of what it searches.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>

use std::borrow::Cow;

use samlet_dynamodb_api::expression::KeyTest;
use samlet_dynamodb_api::legacy::{Operator, Test};
use samlet_dynamodb_api::request::KeySearch;
use samlet_dynamodb_api::{AttributeValue, Item};

use super::key_ranges::KeyTests;
use super::source::Source;
use super::start_keys::StartKey;
use crate::database::KeyAttribute;
use crate::error::Error;

/// Conditions by attribute.
#[derive(Debug)]
pub(crate) struct KeyConditions<'q>(Vec<(&'q str, Condition<'q>)>);

/// What is said of an attribute.
#[derive(Debug)]
enum Condition<'q> {
    Test(Cow<'q, KeyTest>),
    /// By an operator that keys can't be found by.
    NotIndexable,
}

impl<'q> KeyConditions<'q> {
    /// What a request says of keys.
    pub(crate) fn new(search: &'q KeySearch) -> Self {
        match search {
            KeySearch::Expression(condition) => Self::of_tests(&condition.0),
            KeySearch::Legacy(conditions) => {
                let tests = conditions.tests.iter();
                Self(
                    tests
                        .map(|(name, test)| (name.as_str(), of_legacy(test)))
                        .collect(),
                )
            }
        }
    }

    /// Tests of attributes.
    pub(crate) fn of_tests(tests: &'q [(String, KeyTest)]) -> Self {
        let tests = tests.iter();
        let condition = |test| Condition::Test(Cow::Borrowed(test));
        Self(
            tests
                .map(|(name, test)| (name.as_str(), condition(test)))
                .collect(),
        )
    }

    /// Checks them against the key, attribute by attribute, together with the starting key, whose attributes are looked
    /// at first.
    pub(crate) fn check(
        &self,
        source: &Source<'_>,
        start: Option<&StartKey<'_>>,
    ) -> Result<KeyTests<'_>, Error> {
        if source.partition().len() > 1 || source.sort().len() > 1 {
            if let Some(start) = start {
                source
                    .key()
                    .try_for_each(|attribute| start.check(attribute))?;
            }
            self.check_several(source)?;
        } else {
            self.check_single(source, start)?;
        }
        self.key_tests(source)
    }

    /// Checks them against a key of one or two attributes.
    fn check_single(&self, source: &Source<'_>, start: Option<&StartKey<'_>>) -> Result<(), Error> {
        let has_sort = !source.sort().is_empty();
        for (position, attribute) in source.key().enumerate() {
            if let Some(start) = start {
                start.check(attribute)?;
            }
            let is_partition = position == 0;
            if self.0.len() > 1 && !has_sort {
                return Err(not_supported());
            }
            if is_partition && self.0.len() > 2 {
                return Err(self.too_many(source));
            }
            let Some(condition) = self.get(&attribute.name) else {
                if is_partition || self.0.len() > 1 {
                    return Err(missed(&attribute.name));
                }
                continue;
            };
            let test = condition.check(attribute)?;
            if is_partition && !matches!(test, KeyTest::Equal(_)) {
                return Err(not_supported());
            }
            check_values(attribute, is_partition, test)?;
        }
        Ok(())
    }

    /// Checks them against a key whose partition key or sort key has several attributes.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html>
    fn check_several(&self, source: &Source<'_>) -> Result<(), Error> {
        if self.0.len() > source.key().count() {
            return Err(self.too_many(source));
        }
        let without_equality = |attributes: &[KeyAttribute]| {
            let attributes = attributes.iter();
            let attributes = attributes.filter(|attribute| self.equal(&attribute.name).is_none());
            let names: Vec<&str> = attributes
                .map(|attribute| attribute.name.as_str())
                .collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        if let Some(names) = without_equality(source.partition()) {
            return Err(Error::validation(format!(
                "HASH key attributes {names} must have equality conditions specified in the query"
            )));
        }
        if self.0.iter().any(|(name, _)| !source.is_key(name)) {
            let mut sort = source.sort().iter();
            let without = sort.find(|attribute| self.get(&attribute.name).is_none());
            return Err(missed(without.map_or("", |attribute| &attribute.name)));
        }
        for attribute in source.key() {
            if let Some(condition) = self.get(&attribute.name) {
                condition.check(attribute)?;
            }
        }
        let sort = source.sort();
        let last = sort
            .iter()
            .rposition(|attribute| self.get(&attribute.name).is_some());
        if let Some(last) = last
            && let Some(names) = without_equality(&sort[..last])
        {
            return Err(Error::validation(format!(
                "RANGE key attributes {names} must have equality conditions specified in the query \
                 because a condition is present on key attribute {}",
                sort[last].name
            )));
        }
        for (position, attribute) in source.key().enumerate() {
            if let Some(Condition::Test(test)) = self.get(&attribute.name) {
                check_values(attribute, position < source.partition().len(), test)?;
            }
        }
        Ok(())
    }

    /// The tests in the order of the key, once they are checked.
    fn key_tests(&self, source: &Source<'_>) -> Result<KeyTests<'_>, Error> {
        let partition = source.partition().iter();
        let partition = partition.map(|attribute| self.equal(&attribute.name));
        let mut tests = KeyTests {
            partition: partition.collect::<Option<_>>().ok_or_else(not_supported)?,
            sort: Vec::new(),
            last: None,
        };
        for attribute in source.sort() {
            match self.get(&attribute.name) {
                Some(Condition::Test(test)) => match test.as_ref() {
                    KeyTest::Equal(value) => tests.sort.push(value),
                    test => tests.last = Some(test),
                },
                Some(Condition::NotIndexable) | None => {}
            }
        }
        Ok(tests)
    }

    fn get(&self, name: &str) -> Option<&Condition<'q>> {
        let mut conditions = self.0.iter();
        let (_, condition) = conditions.find(|(other, _)| *other == name)?;
        Some(condition)
    }

    /// The value that an attribute must be equal to.
    fn equal(&self, name: &str) -> Option<&AttributeValue> {
        match self.get(name)? {
            Condition::Test(test) => match test.as_ref() {
                KeyTest::Equal(value) => Some(value),
                _ => None,
            },
            Condition::NotIndexable => None,
        }
    }

    fn too_many(&self, source: &Source<'_>) -> Error {
        Error::validation(format!(
            "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})",
            self.0.len(),
            source.key().count()
        ))
    }
}

impl Condition<'_> {
    /// Its test, if that can be one of a key's attribute.
    fn check(&self, attribute: &KeyAttribute) -> Result<&KeyTest, Error> {
        let Self::Test(test) = self else {
            return Err(Error::validation(
                "Attempted conditional constraint is not an indexable operation",
            ));
        };
        if values(test).any(|value| value.kind() != attribute.kind) {
            return Err(Error::validation(
                "One or more parameter values were invalid: Condition parameter type does not match schema type",
            ));
        }
        Ok(test)
    }
}

/// Where keys start must be among those that the conditions hold of.
pub(crate) fn check_start(
    source: &Source<'_>,
    tests: &KeyTests<'_>,
    start: &Item,
) -> Result<(), Error> {
    const RESTARTED: &str = "The query can return at most one row and cannot be restarted";
    let value = |attribute: &KeyAttribute| start.get(&attribute.name);
    let mut partition = source.partition().iter().zip(&tests.partition);
    let last = partition.next_back();
    if partition.any(|(attribute, wanted)| value(attribute) != Some(*wanted)) {
        return Err(Error::validation(RESTARTED));
    }
    let mut equal = source.sort().iter().zip(&tests.sort);
    let is_equal = equal.all(|(attribute, wanted)| value(attribute) == Some(*wanted));
    let next = source.sort().get(tests.sort.len()).and_then(value);
    let holds = tests
        .last
        .is_none_or(|test| next.is_some_and(|value| holds(test, value)));
    if !is_equal || !holds {
        return Err(Error::validation(
            "The provided starting key does not match the range key predicate",
        ));
    }
    let is_partition = last.is_some_and(|(attribute, wanted)| value(attribute) == Some(*wanted));
    if !is_partition && (tests.last.is_some() || !tests.sort.is_empty()) {
        return Err(Error::validation(RESTARTED));
    }
    if source.index.is_none() && source.sort().is_empty() {
        return Err(Error::validation(format!(
            "The provided exclusive start key is invalid: ExclusiveStartKey: {}",
            super::start_keys::shown(start)
        )));
    }
    if !is_partition {
        return Err(Error::validation(
            "The provided starting key is outside query boundaries based on provided conditions",
        ));
    }
    Ok(())
}

/// Whether a test holds of a value of its type.
pub(super) fn holds(test: &KeyTest, value: &AttributeValue) -> bool {
    use samlet_dynamodb_api::evaluate::order;
    let order = |other| order(value, other);
    match test {
        KeyTest::Equal(wanted) => value == wanted,
        KeyTest::Less(bound) => order(bound).is_some_and(std::cmp::Ordering::is_lt),
        KeyTest::LessOrEqual(bound) => order(bound).is_some_and(std::cmp::Ordering::is_le),
        KeyTest::Greater(bound) => order(bound).is_some_and(std::cmp::Ordering::is_gt),
        KeyTest::GreaterOrEqual(bound) => order(bound).is_some_and(std::cmp::Ordering::is_ge),
        KeyTest::Between(low, high) => {
            order(low).is_some_and(std::cmp::Ordering::is_ge)
                && order(high).is_some_and(std::cmp::Ordering::is_le)
        }
        KeyTest::BeginsWith(prefix) => match (value, prefix) {
            (AttributeValue::S(text), AttributeValue::S(prefix)) => text.starts_with(prefix),
            (AttributeValue::B(bytes), AttributeValue::B(prefix)) => bytes.starts_with(prefix),
            _ => false,
        },
    }
}

/// The test that an old condition is.
fn of_legacy(test: &Test) -> Condition<'_> {
    let mut values = test.values.iter().cloned();
    let test = match (test.operator, values.next(), values.next()) {
        (Operator::Equal, Some(value), None) => KeyTest::Equal(value),
        (Operator::Less, Some(value), None) => KeyTest::Less(value),
        (Operator::LessOrEqual, Some(value), None) => KeyTest::LessOrEqual(value),
        (Operator::Greater, Some(value), None) => KeyTest::Greater(value),
        (Operator::GreaterOrEqual, Some(value), None) => KeyTest::GreaterOrEqual(value),
        (Operator::BeginsWith, Some(value), None) => KeyTest::BeginsWith(value),
        (Operator::Between, Some(low), Some(high)) => KeyTest::Between(low, high),
        _ => return Condition::NotIndexable,
    };
    Condition::Test(Cow::Owned(test))
}

/// The values that a test compares with.
pub(super) fn values(test: &KeyTest) -> impl Iterator<Item = &AttributeValue> {
    let (first, second) = match test {
        KeyTest::Equal(value)
        | KeyTest::Less(value)
        | KeyTest::LessOrEqual(value)
        | KeyTest::Greater(value)
        | KeyTest::GreaterOrEqual(value)
        | KeyTest::BeginsWith(value) => (value, None),
        KeyTest::Between(low, high) => (low, Some(high)),
    };
    std::iter::once(first).chain(second)
}

/// Refuses values that no key has.
fn check_values(attribute: &KeyAttribute, is_partition: bool, test: &KeyTest) -> Result<(), Error> {
    for value in values(test) {
        super::start_keys::check_value(attribute, is_partition, value)?;
    }
    Ok(())
}

fn not_supported() -> Error {
    Error::validation("Query key condition not supported")
}

fn missed(name: &str) -> Error {
    Error::validation(format!("Query condition missed key schema element: {name}"))
}
