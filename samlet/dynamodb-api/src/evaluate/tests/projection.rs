use proptest::prelude::*;
use serde_json::json;

use crate::evaluate::testing::{item, path, projection};
use crate::evaluate::{at, equal, projected};
use crate::expression::{Path, PathElement, Projection};
use crate::value::strategies;
use crate::{AttributeValue, Item};

#[test]
fn parts_are_answered_where_they_are() {
    let all = json!({
        "p": "key",
        "a": {"b": [2, 4, {"x": "hi", "y": "yo"}], "c": 5, "blank": {}},
        "b": "hello",
        "l": [[1, 2], [3, 4], 5],
        "e": [],
    });
    let cases = [
        ("a", json!({"a": all["a"]})),
        ("b, p", json!({"b": "hello", "p": "key"})),
        ("a.b", json!({"a": {"b": all["a"]["b"]}})),
        ("a.b[0]", json!({"a": {"b": [2]}})),
        ("a.b[2]", json!({"a": {"b": [{"x": "hi", "y": "yo"}]}})),
        ("a.b[2].y", json!({"a": {"b": [{"y": "yo"}]}})),
        ("a.blank", json!({"a": {"blank": {}}})),
        ("e", json!({"e": []})),
        // What is not there.
        ("x", json!({})),
        ("a.b[3]", json!({})),
        ("a.x", json!({})),
        ("a.x.y", json!({})),
        ("a.b[3].x", json!({})),
        ("a.blank.x", json!({})),
        ("e[0]", json!({})),
        ("a.b[2147483647]", json!({})),
        // What doesn't fit.
        ("a.b.x", json!({})),
        ("a[0]", json!({})),
        ("a.b[0].x", json!({})),
        ("a.b[0][0]", json!({})),
        // Several.
        ("a.b[1], a.b[0]", json!({"a": {"b": [2, 4]}})),
        ("a.b[0], a.c", json!({"a": {"b": [2], "c": 5}})),
        ("a.x, a.b[0], x, a.b[3].x", json!({"a": {"b": [2]}})),
        (
            "a.b[2].y, a.b[0], a.b[2].x",
            json!({"a": {"b": [2, {"x": "hi", "y": "yo"}]}}),
        ),
        ("l[1][1], l[0][1], l[2]", json!({"l": [[2], [4], 5]})),
        ("l[2], l[10], l[0][7]", json!({"l": [5]})),
    ];
    let all = item(&all);
    for (paths, parts) in cases {
        assert_eq!(projected(&projection(paths), &all), item(&parts), "{paths}");
    }
}

#[test]
fn dots_of_names_are_part_of_them() {
    let all = item(&json!({"a.b": 1, "a": {"b": 2}}));
    let dotted = Projection(vec![Path::from("a.b")]);
    assert_eq!(projected(&dotted, &all), item(&json!({"a.b": 1})));
    assert_eq!(
        projected(&projection("a.b"), &all),
        item(&json!({"a": {"b": 2}}))
    );
}

#[test]
fn the_whole_wins_over_its_parts() {
    let all = item(&json!({"a": {"b": 2, "c": 3}}));
    let paths = Projection(["a.b", "a", "a.c"].map(path).into());
    assert_eq!(projected(&paths, &all), all);
}

/// All paths into an item.
fn paths(item: &Item) -> Vec<Path> {
    let mut found: Vec<Path> = Vec::new();
    for (name, value) in item {
        found.push(Path::from(name.as_str()));
        inside(value, &Path::from(name.as_str()), &mut found);
    }
    found
}

fn inside(value: &AttributeValue, path: &Path, found: &mut Vec<Path>) {
    let elements: Vec<_> = match value {
        AttributeValue::L(values) => {
            let numbered = values.iter().enumerate();
            numbered
                .map(|(index, value)| (PathElement::Index(index as u64), value))
                .collect()
        }
        AttributeValue::M(members) => {
            let members = members.iter();
            members
                .map(|(name, value)| (PathElement::Member(name.clone()), value))
                .collect()
        }
        _ => Vec::new(),
    };
    for (element, value) in elements {
        let mut path = path.clone();
        path.elements.push(element);
        found.push(path.clone());
        inside(value, &path, found);
    }
}

proptest! {
    #[test]
    fn a_path_is_answered_alone(item in strategies::item(), chosen in any::<prop::sample::Index>()) {
        let paths = paths(&item);
        if paths.is_empty() {
            return Ok(());
        }
        let path = chosen.get(&paths).clone();
        let parts = projected(&Projection(vec![path.clone()]), &item);
        // Its list elements are the only ones of their lists.
        let mut first = path.clone();
        for element in &mut first.elements {
            if let PathElement::Index(index) = element {
                *index = 0;
            }
        }
        let (part, whole) = (at(&first, &parts), at(&path, &item));
        prop_assert!(equal(part.expect("answered"), whole.expect("there")));
        prop_assert_eq!(parts.len(), 1);
    }

    #[test]
    fn all_attributes_are_the_item(item in strategies::item()) {
        let names = item.keys().rev().map(|name| Path::from(name.as_str()));
        prop_assert_eq!(projected(&Projection(names.collect()), &item), item);
    }

    #[test]
    fn all_that_is_within_attributes_is_the_item(item in strategies::item()) {
        // Every path that has nothing within it; empty maps and lists are such.
        let all = paths(&item);
        let leaves = all.iter().filter(|path| {
            !all.iter().any(|other| {
                other.attribute == path.attribute
                    && other.elements.len() > path.elements.len()
                    && other.elements.starts_with(&path.elements)
            })
        });
        let mut leaves: Vec<Path> = leaves.cloned().collect();
        leaves.reverse();
        prop_assert_eq!(projected(&Projection(leaves), &item), item);
    }
}
