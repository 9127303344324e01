//! samlet's model against AWS's: each member of each structure is read, passed over by name, or refused by name.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use super::super::shape::{Role, Shape, Structure};
use super::input;
use crate::Operation;

/// AWS's model; `tests/tests/clients.rs` holds it against botocore's.
const MODEL: &str = include_str!("../model.txt");

#[derive(Default)]
struct Model {
    inputs: BTreeMap<&'static str, &'static str>,
    structures: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Model {
    fn read() -> Self {
        let mut model = Self::default();
        for line in MODEL.lines() {
            let mut words = line.split(' ');
            match (words.next().unwrap(), words.next().unwrap_or_default()) {
                ("operation", name) => drop(model.inputs.insert(name, words.next().unwrap())),
                ("structure", name) => drop(model.structures.insert(name, words.collect())),
                (word, _) => assert_eq!(word, "#"),
            }
        }
        model
    }

    /// Whether a structure and those within it have the members that AWS's have.
    fn compare(&self, structure: &'static Structure, seen: &mut BTreeSet<&'static str>) {
        if !seen.insert(structure.class) {
            return;
        }
        let members = structure.members.iter().map(|member| member.name);
        let ours: BTreeSet<&str> = members.collect();
        assert_eq!(ours.len(), structure.members.len(), "{}", structure.class);
        let theirs = self.structures.get(structure.class);
        assert_eq!(Some(&ours), theirs, "{}", structure.class);
        for member in structure.members {
            match member.role {
                Role::Served { shape, .. } => self.compare_within(shape, seen),
                Role::PassedOver(reason) | Role::Refused(reason) => assert!(!reason.is_empty()),
            }
        }
    }

    fn compare_within(&self, shape: &'static Shape, seen: &mut BTreeSet<&'static str>) {
        match shape {
            Shape::Structure(structure) => self.compare(structure, seen),
            Shape::List { member, .. } => self.compare_within(member, seen),
            Shape::Map { value, .. } => self.compare_within(value, seen),
            _ => {}
        }
    }
}

#[test]
fn each_member_of_each_request_is_served_passed_over_or_refused() {
    let model = Model::read();
    let mut seen = BTreeSet::new();
    for &operation in Operation::ALL {
        let structure = input(operation);
        let name = model.inputs.get(operation.name());
        assert_eq!(name, Some(&structure.class), "{}", operation.name());
        model.compare(structure, &mut seen);
    }
    assert_eq!(model.inputs.len(), Operation::ALL.len());
}
