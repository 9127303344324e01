//! Reads conditions, filters and key conditions, which have one grammar.

use super::{Id, Keyword, Kind, Node, Parser, Problem, Tree};

/// What a condition is being read within.
enum Frame {
    Parentheses,
    Not,
    /// Conditions before an `AND`.
    All(Vec<Id>),
    /// Conditions before an `OR`.
    Any(Vec<Id>),
}

/// What was read last where a condition may stand.
struct Found {
    node: Id,
    sort: Sort,
    /// Whether parentheses stand straight around it.
    is_grouped: bool,
    /// Whether parentheses stand around parentheses, which is refused once it is clear what it is.
    is_redundant: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// A path or a value, to be compared with something.
    Operand,
    /// A call: a condition, or an operand of one.
    Call,
    Condition,
}

/// What is read next.
enum Next {
    Condition,
    Operator,
    Nothing,
}

impl Parser<'_> {
    /// Reads a condition.
    pub(in super::super) fn condition(mut self) -> Result<(Tree, Id), Problem> {
        let mut frames = Vec::new();
        loop {
            let mut found = self.start(&mut frames)?;
            loop {
                match self.go_on(&mut frames, &mut found)? {
                    Next::Condition => break,
                    Next::Operator => {}
                    Next::Nothing => return Ok((self.tree, found.node)),
                }
            }
        }
    }

    fn start(&mut self, frames: &mut Vec<Frame>) -> Result<Found, Problem> {
        loop {
            if self.takes(Kind::OpenParenthesis) {
                frames.push(Frame::Parentheses);
            } else if self.takes(Kind::Keyword(Keyword::Not)) {
                frames.push(Frame::Not);
            } else {
                let node = self.operand()?;
                let sort = match self.tree.nodes[node] {
                    Node::Call { .. } => Sort::Call,
                    _ => Sort::Operand,
                };
                return Ok(Found {
                    node,
                    sort,
                    is_grouped: false,
                    is_redundant: false,
                });
            }
        }
    }

    fn go_on(&mut self, frames: &mut Vec<Frame>, found: &mut Found) -> Result<Next, Problem> {
        if found.sort == Sort::Condition {
            return self.after_condition(frames, found);
        }
        if let Some(node) = self.comparison(found)? {
            *found = Found::condition(node);
            return Ok(Next::Operator);
        }
        if self.kind() == Kind::CloseParenthesis
            && matches!(frames.last(), Some(Frame::Parentheses))
        {
            self.at += 1;
            frames.pop();
            found.is_redundant |= found.is_grouped;
            found.is_grouped = true;
            return Ok(Next::Operator);
        }
        if found.sort == Sort::Operand || !self.may_end_condition(frames) {
            return Err(self.syntax_error());
        }
        if found.is_redundant {
            return Err(Problem::RedundantParentheses);
        }
        if let Node::Call { is_condition, .. } = &mut self.tree.nodes[found.node] {
            *is_condition = true;
        }
        found.sort = Sort::Condition;
        Ok(Next::Operator)
    }

    /// Whether a condition that is read may end before the next token.
    fn may_end_condition(&self, frames: &[Frame]) -> bool {
        let is_open = || {
            let mut frames = frames.iter();
            frames.any(|frame| matches!(frame, Frame::Parentheses))
        };
        match self.kind() {
            Kind::Keyword(Keyword::And | Keyword::Or) => true,
            Kind::CloseParenthesis => is_open(),
            Kind::End => !is_open(),
            _ => false,
        }
    }

    /// Reads on if what was found is the first operand of a comparison.
    fn comparison(&mut self, found: &Found) -> Result<Option<Id>, Problem> {
        let kind = self.kind();
        let is_comparison = matches!(
            kind,
            Kind::Comparator(_) | Kind::Keyword(Keyword::Between | Keyword::In)
        );
        if !is_comparison {
            return Ok(None);
        }
        if found.is_redundant {
            return Err(Problem::RedundantParentheses);
        }
        self.at += 1;
        let node = match kind {
            Kind::Comparator(comparator) => Node::Compare(comparator, found.node, self.operand()?),
            Kind::Keyword(Keyword::Between) => {
                let low = self.operand()?;
                self.expect_keyword(Keyword::And)?;
                Node::Between(found.node, low, self.operand()?)
            }
            _ => {
                self.expect(Kind::OpenParenthesis)?;
                let mut operands = vec![self.operand()?];
                while self.takes(Kind::Comma) {
                    operands.push(self.operand()?);
                }
                self.expect(Kind::CloseParenthesis)?;
                Node::In(found.node, operands)
            }
        };
        Ok(Some(self.tree.add(node)))
    }

    fn after_condition(
        &mut self,
        frames: &mut Vec<Frame>,
        found: &mut Found,
    ) -> Result<Next, Problem> {
        match self.kind() {
            Kind::Keyword(Keyword::And) => {
                self.finish(frames, found, |frame| matches!(frame, Frame::Not));
                match frames.last_mut() {
                    Some(Frame::All(conditions)) => conditions.push(found.node),
                    _ => frames.push(Frame::All(vec![found.node])),
                }
                self.at += 1;
                Ok(Next::Condition)
            }
            Kind::Keyword(Keyword::Or) => {
                self.finish(frames, found, |frame| {
                    matches!(frame, Frame::Not | Frame::All(_))
                });
                match frames.last_mut() {
                    Some(Frame::Any(conditions)) => conditions.push(found.node),
                    _ => frames.push(Frame::Any(vec![found.node])),
                }
                self.at += 1;
                Ok(Next::Condition)
            }
            Kind::CloseParenthesis => {
                self.finish(frames, found, |_| true);
                if frames.pop().is_none() {
                    return Err(self.syntax_error());
                }
                if found.is_grouped {
                    return Err(Problem::RedundantParentheses);
                }
                self.at += 1;
                found.is_grouped = true;
                Ok(Next::Operator)
            }
            Kind::End => {
                self.finish(frames, found, |_| true);
                if !frames.is_empty() {
                    return Err(self.syntax_error());
                }
                Ok(Next::Nothing)
            }
            _ => Err(self.syntax_error()),
        }
    }

    /// Applies the operators before what was found that bind it, from the last on.
    fn finish(&mut self, frames: &mut Vec<Frame>, found: &mut Found, binds: fn(&Frame) -> bool) {
        while frames.last().is_some_and(binds) {
            let node = match frames.pop() {
                Some(Frame::Not) => Node::Not(found.node),
                Some(Frame::All(mut conditions)) => {
                    conditions.push(found.node);
                    Node::All(conditions)
                }
                Some(Frame::Any(mut conditions)) => {
                    conditions.push(found.node);
                    Node::Any(conditions)
                }
                other => {
                    frames.extend(other);
                    return;
                }
            };
            *found = Found::condition(self.tree.add(node));
        }
    }
}

impl Found {
    fn condition(node: Id) -> Self {
        Self {
            node,
            sort: Sort::Condition,
            is_grouped: false,
            is_redundant: false,
        }
    }
}
