//! Updates beside a second reading of them, in which lists are maps of their indexes until the end.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use crate::evaluate::{items_equal, updated};
use crate::expression::{Path, PathElement, SetAction, SetOperand, SetValue, Update};
use crate::{AttributeValue, Item, Number};

#[derive(Clone)]
enum Node {
    Leaf(AttributeValue),
    List(BTreeMap<u64, Node>),
    Map(BTreeMap<String, Node>),
}

impl Node {
    fn from(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::L(values) => {
                let numbered = (0..).zip(values);
                Self::List(
                    numbered
                        .map(|(index, value)| (index, Self::from(value)))
                        .collect(),
                )
            }
            AttributeValue::M(members) => Self::of(members),
            leaf => Self::Leaf(leaf.clone()),
        }
    }

    fn of(item: &Item) -> Self {
        let members = item.iter();
        Self::Map(
            members
                .map(|(name, value)| (name.clone(), Self::from(value)))
                .collect(),
        )
    }

    fn value(self) -> AttributeValue {
        match self {
            Self::Leaf(leaf) => leaf,
            Self::List(values) => {
                AttributeValue::L(values.into_values().map(Self::value).collect())
            }
            Self::Map(members) => {
                let members = members.into_iter();
                AttributeValue::M(members.map(|(name, node)| (name, node.value())).collect())
            }
        }
    }

    fn find(&mut self, steps: &[PathElement]) -> Option<&mut Self> {
        let Some((first, rest)) = steps.split_first() else {
            return Some(self);
        };
        let next = match (self, first) {
            (Self::List(values), PathElement::Index(index)) => values.get_mut(index),
            (Self::Map(members), PathElement::Member(name)) => members.get_mut(name),
            _ => None,
        };
        next?.find(rest)
    }

    /// Puts a node at a step, or takes away the one that is there. `None` if there can't be one.
    fn replace(&mut self, step: &PathElement, node: Option<Self>) -> Option<()> {
        match (self, step, node) {
            (Self::List(values), PathElement::Index(index), Some(node)) => {
                values.insert(*index, node);
            }
            (Self::List(values), PathElement::Index(index), None) => {
                values.remove(index);
            }
            (Self::Map(members), PathElement::Member(name), Some(node)) => {
                members.insert(name.clone(), node);
            }
            (Self::Map(members), PathElement::Member(name), None) => {
                members.remove(name);
            }
            _ => return None,
        }
        Some(())
    }
}

fn steps(path: &Path) -> Vec<PathElement> {
    let first = PathElement::Member(path.attribute.clone());
    std::iter::once(first)
        .chain(path.elements.iter().cloned())
        .collect()
}

/// What becomes of an item; `None` if the update is refused.
fn naively_updated(update: &Update, item: &Item) -> Option<Item> {
    use AttributeValue::{N, Ns};
    let mut old = Node::of(item);
    let mut at = |path: &Path| old.find(&steps(path)).cloned().map(Node::value);
    let mut changes = Vec::new();
    for action in &update.set {
        let value = match &action.value {
            SetValue::Operand(SetOperand::Path(path)) => at(path)?,
            SetValue::Operand(SetOperand::Value(value)) => value.clone(),
            _ => return None,
        };
        changes.push((&action.path, Some(value)));
    }
    for path in &update.remove {
        changes.push((path, None));
    }
    for (path, value) in &update.add {
        let value = match (at(path), value) {
            (None, value) => value.clone(),
            (Some(N(one)), N(other)) => N(one.plus(*other).ok()?),
            (Some(Ns(mut members)), Ns(more)) => {
                for member in more {
                    if !members.contains(member) {
                        members.push(*member);
                    }
                }
                Ns(members)
            }
            _ => return None,
        };
        changes.push((path, Some(value)));
    }
    for (path, value) in &update.delete {
        let rest = match (at(path), value) {
            (None, _) => Vec::new(),
            (Some(Ns(mut members)), Ns(fewer)) => {
                members.retain(|member| !fewer.contains(member));
                members
            }
            _ => return None,
        };
        changes.push((path, (!rest.is_empty()).then_some(Ns(rest))));
    }
    let mut new = old;
    for (path, value) in changes {
        let steps = steps(path);
        let (last, way) = steps.split_last()?;
        let node = value.as_ref().map(Node::from);
        new.find(way)?.replace(last, node)?;
    }
    match new.value() {
        AttributeValue::M(item) => Some(item),
        _ => None,
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just("a".to_owned()), Just("b".to_owned())]
}

fn value() -> impl Strategy<Value = AttributeValue> {
    let number = || (0..4_u64).prop_map(Number::from);
    let leaf = prop_oneof![
        number().prop_map(AttributeValue::N),
        set().prop_map(AttributeValue::Ns),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            2 => vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            1 => btree_map(name(), inner, 0..3).prop_map(AttributeValue::M),
        ]
    })
}

fn set() -> impl Strategy<Value = Vec<Number>> {
    let members = btree_set((0..4_u64).prop_map(Number::from), 1..4);
    members.prop_map(|members| members.into_iter().collect())
}

fn list() -> impl Strategy<Value = AttributeValue> {
    vec(value(), 0..7).prop_map(AttributeValue::L)
}

fn path() -> impl Strategy<Value = Path> {
    let index = || (0..8_u64).prop_map(PathElement::Index);
    let element = prop_oneof![1 => index(), 1 => name().prop_map(PathElement::Member)];
    let within = (index(), vec(element.clone(), 0..3)).prop_map(|(index, mut elements)| {
        elements.insert(0, index);
        ("a".to_owned(), elements)
    });
    let anywhere = (name(), vec(element, 0..3));
    prop_oneof![3 => within, 1 => anywhere].prop_map(|(attribute, elements)| Path {
        attribute,
        elements,
    })
}

#[derive(Clone, Debug)]
enum Action {
    Set(AttributeValue),
    Copy(Path),
    Remove,
    Add(AttributeValue),
    Delete(AttributeValue),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => value().prop_map(Action::Set),
        1 => path().prop_map(Action::Copy),
        3 => Just(Action::Remove),
        1 => (0..4_u64).prop_map(|number| Action::Add(AttributeValue::N(number.into()))),
        1 => set().prop_map(|set| Action::Add(AttributeValue::Ns(set))),
        1 => set().prop_map(|set| Action::Delete(AttributeValue::Ns(set))),
    ]
}

/// An update of one action.
fn update_of(path: Path, action: Action) -> Update {
    let mut update = Update::default();
    let operand = match action {
        Action::Set(value) => SetOperand::Value(value),
        Action::Copy(from) => SetOperand::Path(from),
        Action::Remove => {
            update.remove.push(path);
            return update;
        }
        Action::Add(value) => {
            update.add.push((path, value));
            return update;
        }
        Action::Delete(value) => {
            update.delete.push((path, value));
            return update;
        }
    };
    let value = SetValue::Operand(operand);
    update.set.push(SetAction { path, value });
    update
}

/// An update of those actions that pass and whose paths don't overlap with those of actions before them.
fn together(actions: Vec<(Path, Action)>, mut passes: impl FnMut(&Update) -> bool) -> Update {
    let mut all = Update::default();
    let mut taken: Vec<Vec<PathElement>> = Vec::new();
    for (path, action) in actions {
        let steps = steps(&path);
        let overlaps = |one: &Vec<_>| one.starts_with(&steps) || steps.starts_with(one);
        let update = update_of(path, action);
        if taken.iter().any(overlaps) || !passes(&update) {
            continue;
        }
        taken.push(steps);
        all.set.extend(update.set);
        all.remove.extend(update.remove);
        all.add.extend(update.add);
        all.delete.extend(update.delete);
    }
    all
}

proptest! {
    // A case takes no time, and few of them have several changes in one list.
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn updates_do_the_same_in_a_naive_reading(
        mut stored in btree_map(name(), value(), 0..3),
        list in list(),
        actions in vec((path(), action()), 1..12),
        allowed in 0..20_usize,
    ) {
        stored.insert("a".to_owned(), list);
        // Actions that are refused by themselves are left out, but for one of them in some cases.
        let mut refused = 0;
        let update = together(actions, |update| {
            if updated(update, &stored).is_ok() {
                return true;
            }
            refused += 1;
            refused == allowed
        });
        let new = updated(&update, &stored).ok().map(|updated| updated.item);
        let naive = naively_updated(&update, &stored);
        match (&new, &naive) {
            (Some(new), Some(naive)) => prop_assert!(items_equal(new, naive), "{new:?}\n{naive:?}"),
            _ => prop_assert_eq!(new, naive),
        }
    }
}
