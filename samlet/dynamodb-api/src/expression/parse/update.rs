//! Reads updates.

use super::{Id, Keyword, Kind, Node, Parser, Problem, Tree};

/// A clause of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Section {
    Set,
    Remove,
    Add,
    Delete,
}

impl Section {
    fn from_keyword(keyword: Keyword) -> Option<Self> {
        match keyword {
            Keyword::Set => Some(Self::Set),
            Keyword::Remove => Some(Self::Remove),
            Keyword::Add => Some(Self::Add),
            Keyword::Delete => Some(Self::Delete),
            _ => None,
        }
    }

    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Remove => "REMOVE",
            Self::Add => "ADD",
            Self::Delete => "DELETE",
        }
    }
}

/// An action of an update.
#[derive(Debug)]
pub(in super::super) struct Action {
    pub(in super::super) section: Section,
    /// What is changed.
    pub(in super::super) target: Id,
    /// To what or by what; nothing for `REMOVE`.
    pub(in super::super) value: Option<Id>,
}

/// What an update says.
#[derive(Debug, Default)]
pub(in super::super) struct Actions {
    pub(in super::super) tree: Tree,
    pub(in super::super) actions: Vec<Action>,
    /// The clauses as they were written.
    pub(in super::super) sections: Vec<Section>,
}

impl Parser<'_> {
    /// Reads an update.
    pub(in super::super) fn update(mut self) -> Result<Actions, Problem> {
        let mut actions = Vec::new();
        let mut sections = Vec::new();
        while self.kind() != Kind::End || sections.is_empty() {
            let section = self.section().ok_or_else(|| self.syntax_error())?;
            self.at += 1;
            sections.push(section);
            actions.push(self.action(section)?);
            while self.takes(Kind::Comma) {
                actions.push(self.action(section)?);
            }
        }
        Ok(Actions {
            tree: self.tree,
            actions,
            sections,
        })
    }

    /// The clause that begins with the next token.
    fn section(&self) -> Option<Section> {
        match self.kind() {
            Kind::Keyword(keyword) => Section::from_keyword(keyword),
            _ => None,
        }
    }

    fn action(&mut self, section: Section) -> Result<Action, Problem> {
        let path = self.path()?;
        let target = self.tree.add(Node::Path(path));
        let value = match section {
            Section::Set => {
                self.expect(Kind::Comparator(super::super::Comparator::Equal))?;
                Some(self.set_value()?)
            }
            Section::Remove => None,
            Section::Add | Section::Delete => {
                self.expect(Kind::ValuePlaceholder)?;
                Some(self.tree.add(Node::Value(self.at - 1)))
            }
        };
        Ok(Action {
            section,
            target,
            value,
        })
    }

    /// Reads what an attribute is set to: an operand, or two with a sign between them.
    fn set_value(&mut self) -> Result<Id, Problem> {
        let mut parentheses = 0_usize;
        while self.takes(Kind::OpenParenthesis) {
            parentheses += 1;
        }
        let mut value = self.operand()?;
        let mut is_arithmetic = false;
        // As with conditions, parentheses around an operand may be the operand's or those of the whole.
        let mut is_grouped = false;
        let mut is_redundant = false;
        loop {
            let kind = self.kind();
            if matches!(kind, Kind::Plus | Kind::Minus) && !is_arithmetic {
                if is_redundant {
                    return Err(Problem::RedundantParentheses);
                }
                self.at += 1;
                let right = self.operand()?;
                value = self.tree.add(match kind {
                    Kind::Plus => Node::Plus(value, right),
                    _ => Node::Minus(value, right),
                });
                is_arithmetic = true;
                is_grouped = false;
            } else if kind == Kind::CloseParenthesis && parentheses > 0 {
                if is_arithmetic && is_grouped {
                    return Err(Problem::RedundantParentheses);
                }
                self.at += 1;
                parentheses -= 1;
                is_redundant |= is_grouped;
                is_grouped = true;
            } else {
                let is_end = matches!(kind, Kind::Comma | Kind::End) || self.section().is_some();
                if parentheses > 0 || !is_end {
                    return Err(self.syntax_error());
                }
                if is_redundant {
                    return Err(Problem::RedundantParentheses);
                }
                return Ok(value);
            }
        }
    }
}
