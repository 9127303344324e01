//! The template's conditions: which resources, properties and outputs there are.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html>

use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::names::did_you_mean;
use crate::yaml::{Entry, Kind, Node};

/// How deep conditions may refer to one another.
const MAX_DEPTH: usize = 50;

impl Scope<'_> {
    /// Whether a resource or output is there: its Condition, if it has one, holds.
    pub(crate) fn is_wanted(&mut self, entry: &Entry) -> bool {
        match entry.value.get("Condition") {
            Some(condition) => {
                self.condition(condition.as_text().unwrap_or_default(), condition.at, 0)
            }
            None => true,
        }
    }

    /// Evaluates every condition, so that a wrong one is told even when unused.
    pub(crate) fn check_conditions(&mut self) {
        for entry in self.section("Conditions") {
            self.condition(&entry.key, entry.at, 0);
        }
    }

    /// Whether a condition of the template holds.
    pub(crate) fn condition(&mut self, name: &str, at: Location, depth: usize) -> bool {
        if let Some(holds) = self.conditions.get(name) {
            return *holds;
        }
        let declared = self
            .section("Conditions")
            .iter()
            .find(|entry| entry.key == name);
        match declared {
            Some(_) if depth > MAX_DEPTH => {
                self.findings
                    .error(at, format!("the condition {name} refers to itself"), "");
                false
            }
            Some(entry) => {
                let holds = self.holds(&entry.value, depth + 1);
                self.conditions.insert(name.to_owned(), holds);
                holds
            }
            None => {
                let names = self.section("Conditions").iter();
                let known: Vec<&str> = names.map(|entry| entry.key.as_str()).collect();
                let message = format!("`{name}` is no condition of this template");
                self.findings.error(at, message, did_you_mean(name, &known));
                false
            }
        }
    }

    fn holds(&mut self, node: &Node, depth: usize) -> bool {
        let (name, argument) = match &node.kind {
            Kind::Call(name, argument) => (name.as_str(), &**argument),
            // In its long form it isn't told from a property of that name.
            Kind::Map(entries) if entries.len() == 1 && entries[0].key == "Condition" => {
                ("Condition", &entries[0].value)
            }
            _ => ("", node),
        };
        match (name, argument.items()) {
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.resolve(left), self.resolve(right));
                match (&left, &right) {
                    (Some(left), Some(right)) => left.to_json() == right.to_json(),
                    _ => left.is_none() && right.is_none(),
                }
            }
            ("Fn::Not", [one]) => !self.holds(one, depth),
            ("Fn::And", all @ [_, _, ..]) if all.len() <= 10 => {
                // Each is looked at, so that each mistake is told.
                all.iter().filter(|one| !self.holds(one, depth)).count() == 0
            }
            ("Fn::Or", all @ [_, _, ..]) if all.len() <= 10 => {
                all.iter().filter(|one| self.holds(one, depth)).count() > 0
            }
            ("Condition", _) => {
                self.condition(argument.as_text().unwrap_or_default(), node.at, depth)
            }
            _ => {
                let shape = "Equals [a, b], Not [one], And or Or [two to ten], or Condition";
                self.malformed("a condition", shape, node.at);
                false
            }
        }
    }
}
