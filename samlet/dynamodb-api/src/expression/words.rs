//! What is wrong with the words of an expression, whatever its names and values stand for: reserved words, indexes,
//! functions and where they stand. The first in the text is reported.

use super::problem::Problem;
use super::reserved::is_reserved;
use super::token::{Kind, Tokens};
use super::tree::{Function, Id, Node, Tree};

/// The highest index of a list.
const MAX_INDEX: u64 = i32::MAX as u64;

/// The most operators and functions of an expression.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_OPERATORS: usize = 300;

/// Which functions an expression may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Conditions,
    Updates,
}

/// Checks the words of a tree.
pub(super) fn check(tree: &Tree, tokens: &Tokens<'_>, language: Language) -> Result<(), Problem> {
    let problems = tree.nodes.iter().enumerate().filter_map(|(id, node)| {
        let words = Words { tree, tokens };
        match node {
            Node::Path(elements) => words.path(elements),
            Node::Call { name, operands, .. } => words
                .call(id, *name, language)
                .or_else(|| words.nested(operands)),
            Node::Plus(left, right) | Node::Minus(left, right) => words.nested(&[*left, *right]),
            _ => None,
        }
    });
    if let Some((_, problem)) = problems.min_by_key(|(at, _)| *at) {
        return Err(problem);
    }
    if tree.operators() > MAX_OPERATORS {
        // DynamoDB stops counting at the first that is too many.
        return Err(Problem::TooManyOperators(MAX_OPERATORS + 1));
    }
    Ok(())
}

/// Checks the words of a path.
pub(super) fn check_path(elements: &[usize], tokens: &Tokens<'_>) -> Result<(), Problem> {
    let tree = &Tree::default();
    match (Words { tree, tokens }).path(elements) {
        Some((_, problem)) => Err(problem),
        None => Ok(()),
    }
}

struct Words<'a, 't> {
    tree: &'a Tree,
    tokens: &'a Tokens<'t>,
}

/// A problem, and the token where it is.
type Found = Option<(usize, Problem)>;

impl Words<'_, '_> {
    fn path(&self, elements: &[usize]) -> Found {
        elements.iter().find_map(|at| {
            let text = self.tokens.text(*at);
            let problem = match self.tokens.kind(*at) {
                Kind::Name if is_reserved(text) => Problem::Reserved(text.into()),
                Kind::Index if index(text).is_none() => Problem::Index(text.into()),
                _ => return None,
            };
            Some((*at, problem))
        })
    }

    fn call(&self, id: Id, at: usize, language: Language) -> Found {
        let Some(function) = self.tree.function(self.tokens, id) else {
            let name = self.tokens.text(at).into();
            return Some((at, Problem::UnknownFunction(name)));
        };
        let name = function.name();
        let problem = match language {
            Language::Updates if !function.is_of_updates() => Problem::NotInUpdates(name),
            Language::Conditions if function.is_of_updates() => Problem::NotInConditions(name),
            Language::Conditions if self.is_misplaced(id, function) => {
                Problem::MisplacedFunction(name)
            }
            _ => return None,
        };
        Some((at, problem))
    }

    /// Only `size` is an operand, and it is nothing else.
    fn is_misplaced(&self, id: Id, function: Function) -> bool {
        let stands_alone = matches!(
            self.tree.nodes[id],
            Node::Call {
                is_condition: true,
                ..
            }
        );
        stands_alone == (function == Function::Size)
    }

    /// Operands of an update that can't be calls of `list_append`.
    fn nested(&self, operands: &[Id]) -> Found {
        operands.iter().find_map(|operand| {
            let Node::Call { name, .. } = self.tree.nodes[*operand] else {
                return None;
            };
            let function = self.tree.function(self.tokens, *operand)?;
            let is_misplaced = function == Function::ListAppend;
            is_misplaced.then(|| (name, Problem::MisplacedFunction(function.name())))
        })
    }
}

/// The index that digits write, if lists can have it.
pub(super) fn index(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|index| *index <= MAX_INDEX)
}
