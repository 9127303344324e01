//! Which ranges of keys a `WHERE` clause is about, and which clauses DynamoDB refuses because of them.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html>

use std::cmp::{max, min};

use samlet_dynamodb_api::AttributeValue;
use samlet_dynamodb_api::expression::KeyTest;

use super::branches::{Branch, SortCondition};
use super::keys::check_key_type;
use crate::database::{KeyAttribute, KeyRange};
use crate::error::Error;
use crate::operations::key_ranges::KeyTests;
use crate::operations::source::Source;
use crate::operations::start_keys::check_value;

/// Ranges of keys with one partition key.
#[derive(Clone, Debug)]
pub(super) struct Partition<'s> {
    /// The partition key.
    pub(super) value: &'s AttributeValue,
    /// The ranges: they rise, and have no key in common.
    pub(super) ranges: Vec<KeyRange>,
}

/// Refuses values that can't be those of keys. Where a branch is not about keys, or says two things of one, the checks
/// end: it filters, like those after it.
pub(super) fn check_types(source: &Source<'_>, branches: &[Branch<'_>]) -> Result<(), Error> {
    for branch in branches {
        let ([partitions], [] | [_]) = (branch.partitions.as_slice(), branch.sort.as_slice())
        else {
            return Ok(());
        };
        if let Some(attribute) = source.partition().first() {
            for value in partitions {
                check_key_type(attribute, value)?;
            }
        }
        if let Some(attribute) = source.sort().first() {
            for value in branch.sort.iter().flat_map(SortCondition::values) {
                check_key_type(attribute, value)?;
            }
        }
    }
    Ok(())
}

/// Refuses branches of which two are about the same keys.
pub(super) fn check_overlaps(source: &Source<'_>, branches: &[Branch<'_>]) -> Result<(), Error> {
    let overlapping = || {
        Error::validation(
            "Overlapping conditions with range keys are not supported in where clause",
        )
    };
    let mut ranges = Vec::new();
    for branch in branches {
        if branch.has_repeated {
            return Err(overlapping());
        }
        if branch.has_other || branch.sort.len() > 1 || branch.partitions.is_empty() {
            return Ok(());
        }
        for value in branch.partition_values() {
            ranges.append(&mut branch.ranges(source, value));
        }
    }
    ranges.sort_unstable_by(|one, other| one.from.cmp(&other.from));
    let overlap = ranges
        .windows(2)
        .any(|pair| before(&pair[0], pair[1].from.as_deref()));
    if overlap {
        return Err(overlapping());
    }
    Ok(())
}

/// The partitions that are read; `None` if a branch is not about keys: all must be read then.
pub(super) fn partitions<'s>(
    source: &Source<'_>,
    branches: &[Branch<'s>],
) -> Option<Vec<Partition<'s>>> {
    let mut found: Vec<Partition<'s>> = Vec::new();
    for branch in branches {
        if branch.partitions.is_empty() {
            return None;
        }
        for value in branch.partition_values() {
            let mut ranges = branch.ranges(source, value);
            match found.iter_mut().find(|other| other.value == value) {
                Some(partition) => partition.ranges.append(&mut ranges),
                None => found.push(Partition { value, ranges }),
            }
        }
    }
    for partition in &mut found {
        partition.ranges = united(std::mem::take(&mut partition.ranges));
    }
    Some(found)
}

/// Refuses values that no key has, of those that keys are found by.
pub(super) fn check_values(source: &Source<'_>, branches: &[Branch<'_>]) -> Result<(), Error> {
    for branch in branches {
        if let Some(attribute) = source.partition().first() {
            for value in branch.partitions.iter().flatten() {
                check_value_of(attribute, true, value)?;
            }
        }
        if let Some(attribute) = source.sort().first() {
            for value in branch.sort.iter().flat_map(SortCondition::values) {
                check_value_of(attribute, false, value)?;
            }
        }
    }
    Ok(())
}

/// One of another type filters only.
fn check_value_of(
    attribute: &KeyAttribute,
    is_partition: bool,
    value: &AttributeValue,
) -> Result<(), Error> {
    if value.kind() != attribute.kind {
        return Ok(());
    }
    check_value(attribute, is_partition, value)
}

impl<'s> Branch<'s> {
    /// The partition keys of which all conditions on them hold.
    fn partition_values(&self) -> Vec<&'s AttributeValue> {
        let Some((first, others)) = self.partitions.split_first() else {
            return Vec::new();
        };
        let all_hold = |value: &&&AttributeValue| others.iter().all(|other| other.contains(*value));
        first.iter().filter(all_hold).copied().collect()
    }

    /// The keys with a partition key of which it holds, and maybe others.
    fn ranges(&self, source: &Source<'_>, partition: &AttributeValue) -> Vec<KeyRange> {
        let is_key = |attribute: &KeyAttribute| partition.kind() == attribute.kind;
        if !source.partition().first().is_some_and(is_key) {
            return Vec::new();
        }
        let range = |sort: Vec<&AttributeValue>, last: Option<&KeyTest>| {
            let tests = KeyTests {
                partition: vec![partition],
                sort,
                last,
            };
            tests.range().ok()
        };
        let mut ranges: Vec<KeyRange> = range(Vec::new(), None).into_iter().collect();
        for condition in &self.sort {
            let narrower: Vec<KeyRange> = match condition {
                SortCondition::OneOf(values) => {
                    let values = values.iter();
                    values
                        .filter_map(|value| range(vec![value], None))
                        .collect()
                }
                // A test that no keys can be found by leaves all of them to be filtered.
                SortCondition::Test(test) => match range(Vec::new(), Some(test)) {
                    Some(range) => vec![range],
                    None => continue,
                },
            };
            ranges = intersections(&ranges, &narrower);
        }
        ranges
    }
}

impl<'s> SortCondition<'s> {
    /// The values that it compares with.
    fn values(&self) -> Vec<&AttributeValue> {
        match self {
            Self::OneOf(values) => values.clone(),
            Self::Test(
                KeyTest::Equal(value)
                | KeyTest::Less(value)
                | KeyTest::LessOrEqual(value)
                | KeyTest::Greater(value)
                | KeyTest::GreaterOrEqual(value)
                | KeyTest::BeginsWith(value),
            ) => vec![value],
            Self::Test(KeyTest::Between(low, high)) => vec![low, high],
        }
    }
}

fn intersections(ranges: &[KeyRange], others: &[KeyRange]) -> Vec<KeyRange> {
    let mut all = Vec::new();
    for range in ranges {
        for other in others {
            let intersection = KeyRange {
                from: max(&range.from, &other.from).clone(),
                before: match (&range.before, &other.before) {
                    (Some(one), Some(other)) => Some(min(one, other).clone()),
                    (one, other) => one.as_ref().or(other.as_ref()).cloned(),
                },
            };
            if before(&intersection, intersection.from.as_deref()) {
                all.push(intersection);
            }
        }
    }
    all
}

/// Whether a key is before the end of a range.
fn before(range: &KeyRange, key: Option<&[u8]>) -> bool {
    match (key, range.before.as_deref()) {
        (Some(key), Some(end)) => key < end,
        (_, None) | (None, _) => true,
    }
}

/// Ranges that rise and have no key in common, and together the same keys.
fn united(mut ranges: Vec<KeyRange>) -> Vec<KeyRange> {
    ranges.sort_unstable_by(|one, other| one.from.cmp(&other.from));
    let mut united: Vec<KeyRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match united.last_mut() {
            Some(last) if before(last, range.from.as_deref()) => {
                if let (Some(end), Some(other)) = (&last.before, &range.before) {
                    last.before = Some(max(end, other).clone());
                } else {
                    last.before = None;
                }
            }
            _ => united.push(range),
        }
    }
    united
}
