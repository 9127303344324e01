//! The order in which DynamoDB's messages list names: that of the Java hash table in which it collects them.
//! <https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/HashMap.html>

use std::collections::BTreeSet;

/// A table that was made without a size.
pub(super) const DEFAULT_BUCKETS: usize = 16;

/// Each name once, by its bucket among at least `buckets`, a power of two.
pub(super) fn sorted<'n>(names: impl IntoIterator<Item = &'n str>, buckets: usize) -> Vec<&'n str> {
    let mut seen = BTreeSet::new();
    let names = names.into_iter();
    let mut unique: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    let mut buckets = buckets.max(1);
    // A table doubles once it is more than three quarters full.
    while unique.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    // Names of one bucket keep their order.
    unique.sort_by_cached_key(|name| bucket(name, buckets));
    unique
}

/// As above, in a table that was made for this number of names.
pub(super) fn sorted_to_size<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let names: Vec<&str> = names.into_iter().collect();
    let count = names.iter().collect::<BTreeSet<_>>().len();
    sorted(names, count.max(1).next_power_of_two())
}

fn bucket(name: &str, buckets: usize) -> usize {
    let hash = name.encode_utf16().fold(0_u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(unit.into())
    });
    (hash ^ (hash >> 16)) as usize & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_by_their_hashes() {
        assert_eq!(sorted_to_size(["c", "d"]), ["d", "c"]);
        assert_eq!(sorted_to_size(["b", "a", "b"]), ["a", "b"]);
        assert_eq!(sorted_to_size(["a", "b", "c", "d"]), ["a", "b", "c", "d"]);
        assert_eq!(sorted(["b", "a"], DEFAULT_BUCKETS), ["a", "b"]);
        assert!(sorted_to_size([]).is_empty());
    }
}
