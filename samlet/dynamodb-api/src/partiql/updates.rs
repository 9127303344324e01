//! What DynamoDB makes of `SET` and `REMOVE`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html>

use super::meaning::Meaning;
use super::paths::{listed, overlap};
use super::syntax::{ActionSyntax, Node, Term};
use crate::expression::{Path, SetAction, SetOperand, SetValue, Update};
use crate::{AttributeValue, Refusal};

impl Meaning<'_> {
    /// What the actions do. What they can't is noted.
    pub(super) fn update(&mut self, actions: &[ActionSyntax<'_>]) -> Update {
        let mut update = Update::default();
        for action in actions {
            match action {
                ActionSyntax::Remove(node) => update.remove.extend(self.target(node)),
                ActionSyntax::Set(node, value) => {
                    if let Some(path) = self.target(node) {
                        self.set(path, value, &mut update);
                    }
                }
            }
        }
        update
    }

    /// The path that is set or removed.
    fn target(&mut self, node: &Node<'_>) -> Option<Path> {
        let path = self.path(node);
        if path.is_none() {
            self.unexpected(node);
        }
        path
    }

    fn unexpected(&mut self, node: &Node<'_>) {
        self.note(|statement| {
            let place = node.span.place(statement);
            format!("Unexpected path component at {place}")
        });
    }

    fn set(&mut self, path: Path, node: &Node<'_>, update: &mut Update) {
        if let Term::Call(_, arguments) = &node.term {
            match node.called().as_deref() {
                Some("set_add") => {
                    let set = self.set_of(&path, "SET_ADD", node, arguments);
                    update.add.extend(set.map(|set| (path, set)));
                    return;
                }
                Some("set_delete") => {
                    let set = self.set_of(&path, "SET_DELETE", node, arguments);
                    update.delete.extend(set.map(|set| (path, set)));
                    return;
                }
                _ => {}
            }
        }
        if let Some(value) = self.set_value(node) {
            update.set.push(SetAction { path, value });
        }
    }

    /// The members that are added to a set or taken from it.
    fn set_of(
        &mut self,
        target: &Path,
        name: &str,
        call: &Node<'_>,
        arguments: &[Node<'_>],
    ) -> Option<AttributeValue> {
        let [path, members] = arguments else {
            self.note_operand_of_update(|statement| {
                let place = call.span.place(statement);
                format!("{name} must have exactly two arguments at {place}")
            });
            return None;
        };
        if self.path(path).as_ref() != Some(target) {
            self.note_operand_of_update(|statement| {
                let place = call.span.place(statement);
                format!("The first argument to {name} must equal the assignment value at {place}")
            });
            return None;
        }
        let is_value = matches!(members.term, Term::Bag(_) | Term::Parameter(_));
        let set = if is_value {
            self.value(members)
        } else {
            AttributeValue::Null
        };
        let is_set = matches!(
            set,
            AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_)
        );
        if is_set {
            return Some(set);
        }
        let is_literal = !matches!(members.term, Term::Parameter(_));
        let refusal = |statement| {
            let place = path.span.place(statement);
            format!("The second argument to {name} must be a value with type SET at {place}")
        };
        if is_literal {
            self.note_operand_of_update(refusal);
        } else {
            self.note_value_at(refusal);
        }
        None
    }

    /// What a path is set to.
    fn set_value(&mut self, node: &Node<'_>) -> Option<SetValue> {
        let Term::Arithmetic(first, rest) = &node.term else {
            return self.set_operand(node).map(SetValue::Operand);
        };
        let left = self.set_operand(first);
        match rest.as_slice() {
            [("+", right)] => Some(SetValue::Plus(left?, self.set_operand(right)?)),
            [("-", right)] => Some(SetValue::Minus(left?, self.set_operand(right)?)),
            rest => {
                // DynamoDB adds or subtracts two operands.
                let sign = rest.iter().find(|(sign, _)| *sign != "+" && *sign != "-");
                let sign = sign.or_else(|| rest.last()).map_or("+", |(sign, _)| *sign);
                self.note_operand_of_update(|_| {
                    format!("Unsupported operator in Update Expression. Operator: {sign}")
                });
                None
            }
        }
    }

    fn set_operand(&mut self, node: &Node<'_>) -> Option<SetOperand> {
        match &node.term {
            Term::Name(_) | Term::Path(..) => self.target(node).map(SetOperand::Path),
            Term::Call(_, arguments) if node.called().as_deref() == Some("list_append") => {
                let [first, second] = arguments.as_slice() else {
                    let count = arguments.len();
                    self.note_operand_of_update(|_| {
                        super::functions::incorrect_number("list_append", count)
                    });
                    return None;
                };
                let first = self.set_operand(first);
                let second = self.set_operand(second);
                Some(SetOperand::ListAppend(Box::new(first?), Box::new(second?)))
            }
            Term::Call(..) => {
                self.unrecognized(node);
                None
            }
            Term::Missing => {
                self.note(|_| "MISSING must be compared using IS operator".to_owned());
                None
            }
            _ => Some(SetOperand::Value(self.value(node))),
        }
    }
}

/// Refuses two paths of which one is in the other. The later one is said first.
pub(super) fn check_overlaps(update: &Update) -> Result<(), Refusal> {
    let sets = update.set.iter().map(|action| &action.path);
    let others = update
        .add
        .iter()
        .chain(&update.delete)
        .map(|(path, _)| path);
    let paths: Vec<&Path> = sets.chain(others).chain(&update.remove).collect();
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    // Sorted, a path is followed by those within it.
    if !sorted.windows(2).any(|pair| overlap(pair[0], pair[1])) {
        return Ok(());
    }
    for (index, one) in paths.iter().enumerate().rev() {
        if let Some(two) = paths[..index].iter().rev().find(|two| overlap(one, two)) {
            return Err(Refusal::Validation(format!(
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
                listed(one),
                listed(two)
            )));
        }
    }
    Ok(())
}
