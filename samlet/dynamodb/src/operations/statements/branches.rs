//! What a `WHERE` clause says of keys: one of several branches must hold, each of which is about some keys.

use samlet_dynamodb_api::AttributeValue;
use samlet_dynamodb_api::expression::{Comparator, Condition, KeyTest, Operand, Path};

use crate::operations::source::Source;

/// Branches that are looked at, at most. A clause that has more, as one with many `OR` within `AND` can, is not about
/// keys: all is read, and filtered.
const MAX_BRANCHES: usize = 512;

/// What must hold of keys, where one of several such must.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Branch<'s> {
    /// The partition keys of which each condition on them holds. No two of the conditions are the same.
    pub(super) partitions: Vec<Vec<&'s AttributeValue>>,
    /// How many conditions on the partition key are written, the same ones counted each time.
    pub(super) written_partitions: usize,
    /// The conditions on the sort key, no two the same.
    pub(super) sort: Vec<SortCondition<'s>>,
    /// What else is said of the sort key, such as that it is not something: no range of keys.
    pub(super) has_other: bool,
    /// An `IN` names a value twice.
    pub(super) has_repeated: bool,
}

/// A condition on a sort key.
#[derive(Clone, Debug)]
pub(super) enum SortCondition<'s> {
    /// It is one of these.
    OneOf(Vec<&'s AttributeValue>),
    /// It is in a range.
    Test(KeyTest),
}

impl PartialEq for SortCondition<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OneOf(one), Self::OneOf(other)) => same_values(one, other),
            (Self::Test(one), Self::Test(other)) => one == other,
            _ => false,
        }
    }
}

/// The branches of a clause. Without a clause, or with one that has too many of them, there is one that says nothing.
pub(super) fn branches<'s>(
    source: &Source<'_>,
    condition: Option<&'s Condition>,
) -> Vec<Branch<'s>> {
    let all = || vec![Branch::default()];
    let Some(condition) = condition else {
        return all();
    };
    let is_key = |name: &str| source.is_key(name);
    let Some(branches) = split(condition, &is_key) else {
        return all();
    };
    let branches = branches.into_iter();
    branches.map(|terms| Branch::new(source, &terms)).collect()
}

impl<'s> Branch<'s> {
    fn new(source: &Source<'_>, terms: &[&'s Condition]) -> Self {
        let mut branch = Self::default();
        let partition = source.partition().first();
        let sort = source.sort().first();
        for term in terms {
            let Some(name) = subject(term).map(|path| path.attribute.as_str()) else {
                continue;
            };
            if partition.is_some_and(|attribute| attribute.name == name) {
                branch.add_partition(term);
            }
            if sort.is_some_and(|attribute| attribute.name == name) {
                branch.add_sort(term);
            }
        }
        branch
    }

    fn add_partition(&mut self, term: &'s Condition) {
        let Some(values) = equal_to(term) else {
            return;
        };
        self.written_partitions += 1;
        let values = self.distinct(values);
        let mut others = self.partitions.iter();
        if !others.any(|other| same_values(other, &values)) {
            self.partitions.push(values);
        }
    }

    fn add_sort(&mut self, term: &'s Condition) {
        let condition = match equal_to(term) {
            Some(values) => SortCondition::OneOf(self.distinct(values)),
            None => match key_test(term) {
                Some(test) => SortCondition::Test(test),
                None => {
                    self.has_other |= is_negative(term);
                    return;
                }
            },
        };
        if !self.sort.contains(&condition) {
            self.sort.push(condition);
        }
    }

    fn distinct(&mut self, values: Vec<&'s AttributeValue>) -> Vec<&'s AttributeValue> {
        let mut distinct = Vec::with_capacity(values.len());
        for value in values {
            if distinct.contains(&value) {
                self.has_repeated = true;
            } else {
                distinct.push(value);
            }
        }
        distinct
    }
}

/// The terms joined by `AND` of each of the branches that are joined by `OR`; `None` if there are too many. An `OR` of
/// conditions that are not on keys is not a term: it makes no branches, but filters.
fn split<'s>(
    condition: &'s Condition,
    is_key: &dyn Fn(&str) -> bool,
) -> Option<Vec<Vec<&'s Condition>>> {
    match condition {
        Condition::Any(conditions) => {
            if !is_about(condition, is_key) {
                return Some(vec![Vec::new()]);
            }
            let mut branches = Vec::new();
            for condition in conditions {
                branches.append(&mut split(condition, is_key)?);
                if branches.len() > MAX_BRANCHES {
                    return None;
                }
            }
            Some(branches)
        }
        Condition::All(conditions) => {
            let mut branches: Vec<Vec<&'s Condition>> = vec![Vec::new()];
            for condition in conditions {
                let terms = split(condition, is_key)?;
                if branches.len() * terms.len() > MAX_BRANCHES {
                    return None;
                }
                branches = joined(branches, &terms);
            }
            Some(branches)
        }
        term => Some(vec![vec![term]]),
    }
}

/// Each of some branches with each of others.
fn joined<'s>(
    mut branches: Vec<Vec<&'s Condition>>,
    others: &[Vec<&'s Condition>],
) -> Vec<Vec<&'s Condition>> {
    if let [other] = others {
        for branch in &mut branches {
            branch.extend(other);
        }
        return branches;
    }
    let pairs = branches
        .iter()
        .flat_map(|branch| others.iter().map(move |other| (branch, other)));
    pairs
        .map(|(branch, other)| branch.iter().chain(other).copied().collect())
        .collect()
}

/// Whether there is a condition on a key in it.
fn is_about(condition: &Condition, is_key: &dyn Fn(&str) -> bool) -> bool {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => {
            let mut conditions = conditions.iter();
            conditions.any(|condition| is_about(condition, is_key))
        }
        term => subject(term).is_some_and(|path| is_key(&path.attribute)),
    }
}

/// What a condition compares with values, or says something else of.
fn subject(term: &Condition) -> Option<&Path> {
    match term {
        Condition::Not(condition) => subject(condition),
        Condition::Compare(_, Operand::Path(path), Operand::Value(_))
        | Condition::Compare(_, Operand::Value(_), Operand::Path(path))
        | Condition::Between(Operand::Path(path), Operand::Value(_), Operand::Value(_))
        | Condition::BeginsWith(Operand::Path(path), Operand::Value(_))
        | Condition::Contains(Operand::Path(path), Operand::Value(_))
        | Condition::In(Operand::Path(path), _)
        | Condition::Exists(path)
        | Condition::NotExists(path)
        | Condition::IsOfType(path, _) => Some(path),
        _ => None,
    }
}

/// The values to one of which the subject must be equal.
fn equal_to(term: &Condition) -> Option<Vec<&AttributeValue>> {
    if subject(term).is_some_and(|path| !path.elements.is_empty()) {
        return None;
    }
    match term {
        Condition::Compare(Comparator::Equal, Operand::Path(_), Operand::Value(value))
        | Condition::Compare(Comparator::Equal, Operand::Value(value), Operand::Path(_)) => {
            Some(vec![value])
        }
        Condition::In(Operand::Path(_), members) => {
            let values = members.iter().map(|member| match member {
                Operand::Value(value) => Some(value),
                Operand::Path(_) | Operand::Size(_) => None,
            });
            values.collect()
        }
        _ => None,
    }
}

/// The test of a key that a condition is, but for equality.
fn key_test(term: &Condition) -> Option<KeyTest> {
    if subject(term).is_some_and(|path| !path.elements.is_empty()) {
        return None;
    }
    match term {
        Condition::Compare(comparator, Operand::Path(_), Operand::Value(value)) => {
            comparison(*comparator, value)
        }
        Condition::Compare(comparator, Operand::Value(value), Operand::Path(_)) => {
            comparison(comparator.flipped(), value)
        }
        Condition::Between(Operand::Path(_), Operand::Value(low), Operand::Value(high)) => {
            Some(KeyTest::Between(low.clone(), high.clone()))
        }
        Condition::BeginsWith(Operand::Path(_), Operand::Value(prefix)) => {
            Some(KeyTest::BeginsWith(prefix.clone()))
        }
        _ => None,
    }
}

fn comparison(comparator: Comparator, value: &AttributeValue) -> Option<KeyTest> {
    let value = value.clone();
    match comparator {
        Comparator::Less => Some(KeyTest::Less(value)),
        Comparator::LessOrEqual => Some(KeyTest::LessOrEqual(value)),
        Comparator::Greater => Some(KeyTest::Greater(value)),
        Comparator::GreaterOrEqual => Some(KeyTest::GreaterOrEqual(value)),
        Comparator::Equal | Comparator::NotEqual => None,
    }
}

fn is_negative(term: &Condition) -> bool {
    match term {
        Condition::Compare(comparator, ..) => *comparator == Comparator::NotEqual,
        Condition::Not(condition) => matches!(
            condition.as_ref(),
            Condition::Compare(..) | Condition::Between(..) | Condition::BeginsWith(..)
        ),
        _ => false,
    }
}

/// Whether values are the same ones, in any order. None of them is there twice.
fn same_values(one: &[&AttributeValue], other: &[&AttributeValue]) -> bool {
    one.len() == other.len() && one.iter().all(|value| other.contains(value))
}
