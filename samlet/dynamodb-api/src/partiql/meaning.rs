//! What DynamoDB makes of a statement, and which refusal comes first.

use super::clauses::SINGLE_TABLE;
use super::reader::Reader;
use super::syntax::{
    IsNot, Node, SelectSyntax, StatementSyntax, Step, TableSyntax, Term, Unsupported,
};
use super::{Returning, Select, Statement};
use crate::expression::{Condition, Path, PathElement, Projection};
use crate::{AttributeValue, Refusal};

const EMPTY_NAME: &str = "Path component cannot be an empty string";
const NO_KEY: &str = "Where clause does not contain a mandatory equality on all key attributes";
const EXISTS_ELSEWHERE: &str = "EXISTS can only be used in ExecuteTransaction write requests.";

/// Reads a statement.
pub(super) fn statement(text: &str, parameters: Vec<AttributeValue>) -> Result<Statement, Refusal> {
    let supplied = parameters.len();
    let mut reader = Reader::new(text)?;
    let syntax = reader.statement()?;
    let mut meaning = Meaning {
        text,
        parameters,
        refusals: Refusals::default(),
        operators: 0,
    };
    let statement = meaning.statement(&syntax)?;
    meaning.refusals.first_of_all()?;
    if reader.parameters > supplied {
        return Err(Refusal::validation(
            "Number of parameters in request and statement don't match.",
        ));
    }
    meaning.refusals.of_values()?;
    meaning.last_checks(&syntax, &statement)?;
    Ok(statement)
}

/// What was noted while a statement was gone through: all of it is looked at before DynamoDB says the first, which is
/// not always the one that is written first.
#[derive(Default)]
struct Refusals {
    /// Of terms and literals.
    term: Option<String>,
    /// Of what operators and functions are given in an update.
    operand_of_update: Option<String>,
    /// Of what operators and functions are given in a condition.
    operand: Option<String>,
    /// Of values' types, which are known only with the parameters.
    value: Option<String>,
}

impl Refusals {
    fn first_of_all(&mut self) -> Result<(), Refusal> {
        let first = self.term.take();
        let first = first.or_else(|| self.operand_of_update.take());
        refused(first.or_else(|| self.operand.take()))
    }

    fn of_values(&mut self) -> Result<(), Refusal> {
        refused(self.value.take())
    }
}

fn refused(message: Option<String>) -> Result<(), Refusal> {
    match message {
        Some(message) => Err(Refusal::Validation(message)),
        None => Ok(()),
    }
}

/// Goes through a statement.
pub(super) struct Meaning<'s> {
    text: &'s str,
    /// Each is taken where it stands.
    parameters: Vec<AttributeValue>,
    refusals: Refusals,
    /// How many operators the condition has.
    pub(super) operators: usize,
}

impl<'s> Meaning<'s> {
    /// Notes the refusal of a term or a literal.
    pub(super) fn note(&mut self, message: impl FnOnce(&'s str) -> String) {
        let text = self.text;
        self.refusals.term.get_or_insert_with(|| message(text));
    }

    /// Notes the refusal of what an operator or a function is given in a condition.
    pub(super) fn note_operand(&mut self, message: impl FnOnce(&'s str) -> String) {
        let text = self.text;
        self.refusals.operand.get_or_insert_with(|| message(text));
    }

    /// Notes the refusal of what an operator or a function is given in an update.
    pub(super) fn note_operand_of_update(&mut self, message: impl FnOnce(&'s str) -> String) {
        let text = self.text;
        let refusal = &mut self.refusals.operand_of_update;
        refusal.get_or_insert_with(|| message(text));
    }

    /// Notes the refusal of a value.
    pub(super) fn note_value(&mut self, message: String) {
        self.refusals.value.get_or_insert(message);
    }

    /// Notes the refusal of a value, and where it is.
    pub(super) fn note_value_at(&mut self, message: impl FnOnce(&'s str) -> String) {
        let text = self.text;
        self.refusals.value.get_or_insert_with(|| message(text));
    }

    /// The value of a parameter, which stands in one place. That one is missing is said of the whole statement.
    pub(super) fn parameter(&mut self, index: usize) -> AttributeValue {
        let value = self.parameters.get_mut(index);
        value.map_or(AttributeValue::Null, |value| {
            std::mem::replace(value, AttributeValue::Null)
        })
    }

    fn statement(&mut self, syntax: &StatementSyntax<'_>) -> Result<Statement, Refusal> {
        match syntax {
            StatementSyntax::Select(select) => Ok(Statement::Select(self.select(select)?)),
            StatementSyntax::Insert {
                table,
                value,
                has_value,
            } => self.insert(table, value, *has_value),
            StatementSyntax::Update {
                table,
                actions,
                condition,
                returning,
            } => {
                let (table, _) = self.table(table)?;
                // Its refusals come before those of what is set.
                let condition = self.mandatory(condition.as_ref());
                let update = self.update(actions);
                Ok(Statement::Update {
                    table,
                    update,
                    condition,
                    returning: *returning,
                })
            }
            StatementSyntax::Delete {
                table,
                condition,
                returning,
            } => {
                let (table, _) = self.table(table)?;
                Ok(Statement::Delete {
                    table,
                    condition: self.mandatory(condition.as_ref()),
                    returning: *returning,
                })
            }
            StatementSyntax::Tableless => Err(Refusal::validation(SINGLE_TABLE)),
            StatementSyntax::Term(node) => self.term(node),
        }
    }

    fn checked_condition(&mut self, node: &Node<'_>) -> Condition {
        let condition = self.condition(node);
        self.check_values(&condition);
        condition
    }

    /// A condition that must be there: which the last checks say.
    fn mandatory(&mut self, condition: Option<&Node<'_>>) -> Condition {
        match condition {
            Some(node) => self.checked_condition(node),
            None => refused_condition(),
        }
    }

    /// A statement that is a term: only a check of a transaction is.
    fn term(&mut self, node: &Node<'_>) -> Result<Statement, Refusal> {
        if node.called().as_deref() == Some("exists")
            && let Term::Call(_, arguments) = &node.term
            && let [
                Node {
                    term: Term::Select(select),
                    ..
                },
            ] = arguments.as_slice()
        {
            return Ok(Statement::Exists(self.select(select)?));
        }
        match &node.term {
            Term::Call(..)
            | Term::All(_)
            | Term::Any(_)
            | Term::Not(..)
            | Term::Compare(..)
            | Term::Between(..)
            | Term::In(..)
            | Term::Like
            | Term::Is(IsNot(true), ..)
            | Term::Arithmetic(..)
            | Term::Signed(_)
            | Term::Select(_) => Err(Refusal::validation(EXISTS_ELSEWHERE)),
            _ => Err(Refusal::Validation(format!(
                "Unsupported operation: {}",
                node.kind()
            ))),
        }
    }

    fn select(&mut self, syntax: &SelectSyntax<'_>) -> Result<Select, Refusal> {
        let mut paths = Vec::with_capacity(syntax.items.len());
        for item in &syntax.items {
            let path = self.path(item);
            paths.push(path.ok_or_else(|| self.unexpected_component(item))?);
        }
        let (table, index) = self.table(&syntax.table)?;
        match syntax.unsupported {
            Some(Unsupported::Alias) => return Err(aliased()),
            Some(Unsupported::Clause(clause)) => {
                return Err(Refusal::Validation(format!("Unsupported clause: {clause}")));
            }
            None => {}
        }
        let condition = syntax.condition.as_ref();
        let condition = condition.map(|node| self.checked_condition(node));
        let names = syntax.order.iter();
        let order = names.filter_map(|(node, falls)| Some((self.path(node)?, *falls)));
        Ok(Select {
            table,
            index,
            projection: (!paths.is_empty()).then_some(Projection(paths)),
            order: order.collect(),
            condition,
        })
    }

    fn unexpected_component(&self, node: &Node<'_>) -> Refusal {
        let place = node.span.place(self.text);
        Refusal::Validation(format!("Unexpected path component at {place}"))
    }

    fn insert(
        &mut self,
        table: &Node<'_>,
        value: &Node<'_>,
        has_value: bool,
    ) -> Result<Statement, Refusal> {
        let name = match &table.term {
            Term::Name(name) => name.clone().into_owned(),
            _ => {
                let place = table.span.place(self.text);
                return Err(Refusal::Validation(format!(
                    "FROM clause may only contain a single table name in data manipulation statements at {place}"
                )));
            }
        };
        if name.is_empty() {
            return Err(Refusal::validation(EMPTY_NAME));
        }
        let Term::Map(members) = &value.term else {
            return Err(Refusal::validation(
                "INSERT needs VALUE and a map of the item's attributes, such as VALUE {'key': ?}",
            ));
        };
        if !has_value {
            return Err(Refusal::validation("INSERT needs VALUE before the item"));
        }
        let item = self.item(members);
        Ok(Statement::Insert { table: name, item })
    }

    /// A table's name, and an index's.
    fn table(&mut self, table: &TableSyntax<'_>) -> Result<(String, Option<String>), Refusal> {
        let name = |node: &Node<'_>| match &node.term {
            Term::Name(name) => Some(name.clone().into_owned()),
            _ => None,
        };
        let from = || Refusal::validation("Unexpected from source");
        let (table_name, index) = match &table.name.term {
            Term::Path(root, steps) => match steps.as_slice() {
                [Step::Member(index)] => {
                    let index = index.clone().into_owned();
                    (name(root).ok_or_else(from)?, Some(index))
                }
                [_] => return Err(from()),
                _ => {
                    return Err(Refusal::validation(
                        "A path may contain at most 2 components in the FROM clause",
                    ));
                }
            },
            _ => (name(&table.name).ok_or_else(from)?, None),
        };
        if table_name.is_empty() || index.as_deref() == Some("") {
            return Err(Refusal::validation(EMPTY_NAME));
        }
        if table.has_alias {
            return Err(aliased());
        }
        Ok((table_name, index))
    }

    /// The path that a term is; `None` if it is none.
    pub(super) fn path(&mut self, node: &Node<'_>) -> Option<Path> {
        let (root, steps) = match &node.term {
            Term::Name(name) => (name, [].as_slice()),
            Term::Path(root, steps) => match &root.term {
                Term::Name(name) => (name, steps.as_slice()),
                _ => return None,
            },
            _ => return None,
        };
        let mut elements = Vec::with_capacity(steps.len());
        for step in steps {
            elements.push(element(step)?);
        }
        let is_empty =
            |element: &PathElement| matches!(element, PathElement::Member(name) if name.is_empty());
        if root.is_empty() || elements.iter().any(is_empty) {
            self.note(|_| EMPTY_NAME.to_owned());
        }
        Some(Path {
            attribute: root.clone().into_owned(),
            elements,
        })
    }

    /// What is refused only after the values' types.
    fn last_checks(
        &self,
        syntax: &StatementSyntax<'_>,
        statement: &Statement,
    ) -> Result<(), Refusal> {
        match (syntax, statement) {
            (StatementSyntax::Select(syntax), Statement::Select(select)) => {
                self.check_order(syntax, select)
            }
            (
                StatementSyntax::Update {
                    table, condition, ..
                },
                Statement::Update { update, .. },
            ) => {
                check_of_change(table, condition.as_ref())?;
                super::updates::check_overlaps(update)
            }
            (
                StatementSyntax::Delete {
                    table,
                    condition,
                    returning,
                },
                _,
            ) => {
                check_returning(*returning, table)?;
                check_of_change(table, condition.as_ref())
            }
            _ => Ok(()),
        }
    }

    fn check_order(&self, syntax: &SelectSyntax<'_>, select: &Select) -> Result<(), Refusal> {
        if syntax.order.is_empty() {
            return Ok(());
        }
        if select.condition.is_none() {
            return Err(Refusal::validation(
                "Must have WHERE clause in the statement when using ORDER BY clause.",
            ));
        }
        for (node, _) in &syntax.order {
            let found = match &node.term {
                Term::Name(_) => continue,
                Term::Path(..) => "PATH",
                Term::Text(text) => text.as_ref(),
                _ => node.kind(),
            };
            let place = node.span.place(self.text);
            return Err(Refusal::Validation(format!(
                "Argument to ORDER BY must be of type VariableReference. Type: {found} at {place}"
            )));
        }
        Ok(())
    }
}

/// Stands for a condition of a statement that is refused.
pub(super) fn refused_condition() -> Condition {
    Condition::Exists(Path::from(""))
}

fn aliased() -> Refusal {
    Refusal::validation("Aliasing is not supported")
}

fn has_index(table: &TableSyntax<'_>) -> bool {
    matches!(table.name.term, Term::Path(..))
}

fn check_of_change(table: &TableSyntax<'_>, condition: Option<&Node<'_>>) -> Result<(), Refusal> {
    if has_index(table) {
        return Err(Refusal::validation(
            "This operation is not supported on an index",
        ));
    }
    if condition.is_none() {
        return Err(Refusal::validation(NO_KEY));
    }
    Ok(())
}

fn check_returning(returning: Option<Returning>, table: &TableSyntax<'_>) -> Result<(), Refusal> {
    match returning {
        Some(returning) if returning != Returning::AllOld && !has_index(table) => {
            Err(Refusal::Validation(format!(
                "Invalid returning clause: RETURNING {} *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
                returning.words()
            )))
        }
        _ => Ok(()),
    }
}

fn element(step: &Step<'_>) -> Option<PathElement> {
    match step {
        Step::Member(name) => Some(PathElement::Member(name.clone().into_owned())),
        Step::Index(node) => match &node.term {
            Term::Number(digits) => digits.parse().ok().map(PathElement::Index),
            // In brackets as after a point.
            Term::Text(name) => Some(PathElement::Member(name.clone().into_owned())),
            _ => None,
        },
        Step::All => None,
    }
}
