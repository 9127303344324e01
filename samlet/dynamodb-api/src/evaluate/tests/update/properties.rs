use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use crate::evaluate::testing::{item, path, update, value};
use crate::evaluate::{at, equal, holds, projected, updated};
use crate::expression::{Condition, Path, PathElement, SetAction, SetOperand, SetValue, Update};
use crate::value::strategies;
use crate::{AttributeValue, Item};

/// A path to something in an item.
fn any_path(item: &Item, chosen: &[Index]) -> Option<Path> {
    let names: Vec<&String> = item.keys().collect();
    let (first, rest) = chosen.split_first()?;
    if names.is_empty() {
        return None;
    }
    let mut path = Path::from(first.get(&names).as_str());
    for index in rest {
        match at(&path, item)? {
            AttributeValue::L(values) if !values.is_empty() => {
                let index = index.index(values.len()) as u64;
                path.elements.push(PathElement::Index(index));
            }
            AttributeValue::M(members) if !members.is_empty() => {
                let names: Vec<&String> = members.keys().collect();
                let name = index.get(&names).to_string();
                path.elements.push(PathElement::Member(name));
            }
            _ => break,
        }
    }
    Some(path)
}

fn set(path: &Path, value: AttributeValue) -> Update {
    let path = path.clone();
    let value = SetValue::Operand(SetOperand::Value(value));
    Update {
        set: vec![SetAction { path, value }],
        ..Update::default()
    }
}

proptest! {
    #[test]
    fn what_is_set_is_there(
        stored in strategies::item(),
        chosen in prop::collection::vec(any::<Index>(), 1..4),
        value in strategies::value(),
    ) {
        let Some(path) = any_path(&stored, &chosen) else { return Ok(()) };
        let new = updated(&set(&path, value.clone()), &stored).expect("an update");
        prop_assert!(equal(at(&path, &new.item).expect("set"), &value));
        // Nothing else has changed.
        let before = at(&path, &stored).expect("there").clone();
        let back = updated(&set(&path, before), &new.item).expect("an update");
        prop_assert_eq!(&back.item, &stored);
        let parts = projected(&new.changed, &new.item);
        prop_assert_eq!(parts.keys().collect::<Vec<_>>(), vec![&path.attribute]);
    }

    #[test]
    fn what_is_removed_is_gone(
        stored in strategies::item(),
        chosen in prop::collection::vec(any::<Index>(), 1..4),
    ) {
        let Some(path) = any_path(&stored, &chosen) else { return Ok(()) };
        let update = Update { remove: vec![path.clone()], ..Update::default() };
        let new = updated(&update, &stored).expect("an update").item;
        if !matches!(path.elements.last(), Some(PathElement::Index(_))) {
            prop_assert!(holds(&Condition::NotExists(path.clone()), Some(&new)));
            // Set again, it is as it was.
            let before = at(&path, &stored).expect("there").clone();
            let back = updated(&set(&path, before), &new).expect("an update");
            prop_assert_eq!(&back.item, &stored);
        }
    }

    #[test]
    fn lists_change_as_if_by_hand(
        length in 0..6_u64,
        sets in prop::collection::btree_map(0..10_u64, 100..200_i32, 0..5),
        removals in prop::collection::btree_set(0..10_u64, 0..5),
    ) {
        let elements: Vec<u64> = (0..length).collect();
        let removals: Vec<u64> =
            removals.into_iter().filter(|index| !sets.contains_key(index)).collect();
        let element = |index: &u64| path(&format!("l[{index}]"));
        let sets_backwards = sets.iter().rev();
        let set = sets_backwards.flat_map(|(index, number)| {
            set(&element(index), value(&json!(number))).set
        });
        let update = Update {
            set: set.collect(),
            remove: removals.iter().map(element).collect(),
            ..Update::default()
        };
        let new = updated(&update, &item(&json!({"l": elements}))).expect("an update").item;

        let mut naive = Vec::new();
        for index in 0..10 {
            match sets.get(&index) {
                Some(number) => naive.push(json!(number)),
                None if index < length && !removals.contains(&index) => naive.push(json!(index)),
                None => {}
            }
        }
        prop_assert_eq!(new, item(&json!({"l": naive})));
    }

    #[test]
    fn sets_change_as_if_by_hand(
        before in prop::collection::btree_set(0..8_i32, 1..6),
        more in prop::collection::btree_set(0..8_i32, 1..6),
    ) {
        let stored = item(&json!({"s": {"NS": before}}));
        let more_as_json = json!({"NS": more});
        let add = update(&format!("ADD s `{more_as_json}`"));
        let added = updated(&add, &stored).expect("an update").item;
        let union: Vec<_> = before.union(&more).collect();
        let union = value(&json!({"NS": union}));
        prop_assert!(equal(&added["s"], &union));
        let delete = update(&format!("DELETE s `{more_as_json}`"));
        let rest = updated(&delete, &stored).expect("an update").item;
        let difference: Vec<_> = before.difference(&more).collect();
        match rest.get("s") {
            Some(rest) => {
                let difference = value(&json!({"NS": difference}));
                prop_assert!(equal(rest, &difference));
            }
            None => prop_assert!(difference.is_empty()),
        }
    }
}
