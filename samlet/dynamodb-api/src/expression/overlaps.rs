//! Whether paths of one projection or update can stand beside each other.

use std::collections::BTreeMap;

use super::problem::{Listed, Problem};
use super::{Path, PathElement};

/// The paths that lead on from a place, and those that end there, by their numbers.
#[derive(Default)]
struct Place<'p> {
    /// By element, with the number of the first path that took it.
    branches: BTreeMap<Step<'p>, (usize, Place<'p>)>,
    ends: Vec<usize>,
}

/// An element of a path; an attribute may have the name that another's index has.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step<'p> {
    Member(&'p str),
    Index(u64),
}

/// Refuses paths of which one is part of another, or that take one value for a map and for a list.
///
/// Paths are at most 32 elements long, so that this doesn't nest deeper.
pub(super) fn check(paths: &[&Path]) -> Result<(), Problem> {
    let mut root = Place::default();
    for (number, path) in paths.iter().enumerate() {
        let mut place = &mut root;
        let first = Step::Member(&path.attribute);
        let steps = path.elements.iter().map(|element| match element {
            PathElement::Member(name) => Step::Member(name),
            PathElement::Index(index) => Step::Index(*index),
        });
        for step in std::iter::once(first).chain(steps) {
            let (_, next) = place
                .branches
                .entry(step)
                .or_insert_with(|| (number, Place::default()));
            place = next;
        }
        place.ends.push(number);
    }
    let Some(clash) = root.clash() else {
        return Ok(());
    };
    let one = Listed(paths[clash.one.min(clash.other)].clone());
    let two = Listed(paths[clash.one.max(clash.other)].clone());
    if clash.is_overlap {
        return Err(Problem::Overlap(one, two));
    }
    Err(Problem::Conflict(one, two))
}

struct Clash {
    one: usize,
    other: usize,
    is_overlap: bool,
}

/// A path that goes through a place: where it leads, unless it ends there.
struct Entry<'a, 'p> {
    number: usize,
    step: Option<(&'a Step<'p>, &'a Place<'p>)>,
}

impl<'p> Place<'p> {
    /// The clash that DynamoDB reports: from the path that was written last, and the deepest there.
    fn clash(&self) -> Option<Clash> {
        let entries = self.entries();
        let is_uniform = self.is_uniform();
        for entry in &entries {
            if let Some((_, place)) = entry.step
                && let Some(clash) = place.clash()
            {
                return Some(clash);
            }
            if is_uniform {
                continue;
            }
            let others = entries.iter().filter(|other| other.number != entry.number);
            for other in others {
                if let Some(is_overlap) = entry.clashes(other) {
                    return Some(Clash {
                        one: entry.last(),
                        other: other.last(),
                        is_overlap,
                    });
                }
            }
        }
        None
    }

    /// Whether all paths go on, by members only or by indexes only.
    fn is_uniform(&self) -> bool {
        let first = self.branches.keys().next();
        let last = self.branches.keys().next_back();
        let is_index = |step: Option<&Step<'_>>| matches!(step, Some(Step::Index(_)));
        self.ends.is_empty() && is_index(first) == is_index(last)
    }

    /// From the path that was written last.
    fn entries(&self) -> Vec<Entry<'_, 'p>> {
        let branches = self.branches.iter().map(|(step, (number, place))| Entry {
            number: *number,
            step: Some((step, place)),
        });
        let ends = self.ends.iter().map(|number| Entry {
            number: *number,
            step: None,
        });
        let mut entries: Vec<_> = branches.chain(ends).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.number));
        entries
    }
}

impl Entry<'_, '_> {
    /// Whether two entries overlap (true) or conflict (false).
    fn clashes(&self, other: &Self) -> Option<bool> {
        let (Some((one, _)), Some((two, _))) = (self.step, other.step) else {
            return Some(true);
        };
        let is_index = |step: &Step<'_>| matches!(step, Step::Index(_));
        (is_index(one) != is_index(two)).then_some(false)
    }

    /// The path through this entry that was written last.
    fn last(&self) -> usize {
        let mut number = self.number;
        let mut place = self.step.map(|(_, place)| place);
        while let Some(here) = place {
            let entries = here.entries();
            let Some(last) = entries.first() else {
                break;
            };
            number = last.number;
            place = last.step.map(|(_, place)| place);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clash(paths: &[&str]) -> Option<String> {
        let path = |text: &&str| {
            let mut elements = text.split('.');
            let attribute = elements.next().unwrap_or_default().into();
            let elements = elements.map(|element| match element.parse() {
                Ok(index) => PathElement::Index(index),
                Err(_) => PathElement::Member(element.into()),
            });
            Path {
                attribute,
                elements: elements.collect(),
            }
        };
        let paths: Vec<Path> = paths.iter().map(path).collect();
        let found = check(&paths.iter().collect::<Vec<_>>()).err()?.to_string();
        let words: Vec<&str> = found.split("paths").collect();
        let (kind, rest) = (words[1].split_whitespace().next()?, words[2]);
        Some(format!("{kind}{rest}"))
    }

    #[test]
    fn paths_that_part_or_never_meet_are_taken() {
        for paths in [
            &["a", "b"][..],
            &["a.b", "a.c", "a.d.0", "b"],
            &["a.0", "a.1", "b.c"],
            &["1", "a.1.b", "a.1.c"],
        ] {
            assert_eq!(clash(paths), None, "{paths:?}");
        }
    }

    #[test]
    fn clashes_are_reported_from_the_end() {
        let table = [
            (&["a", "a"][..], "overlap; path one: [a], path two: [a]"),
            (&["a", "b", "a"], "overlap; path one: [a], path two: [a]"),
            (&["a.b", "a"], "overlap; path one: [a, b], path two: [a]"),
            (&["a", "a.1"], "overlap; path one: [a], path two: [a, [1]]"),
            (
                &["a.b", "a.1"],
                "conflict; path one: [a, b], path two: [a, [1]]",
            ),
            (
                &["a.b.1", "a.1", "c"],
                "conflict; path one: [a, b, [1]], path two: [a, [1]]",
            ),
            (
                &["b.1", "b.a", "a.b", "a"],
                "overlap; path one: [a, b], path two: [a]",
            ),
            (
                &["d.1", "d.b", "c.1.a", "c"],
                "overlap; path one: [c, [1], a], path two: [c]",
            ),
        ];
        for (paths, expected) in table {
            assert_eq!(clash(paths).as_deref(), Some(expected), "{paths:?}");
        }
    }
}
