//! Reads statements, as they are written.

use super::reader::{
    EXPECTED_DATA_MANIPULATION, EXPECTED_SIMPLE_PATH, Reader, UNEXPECTED_KEYWORD, UNEXPECTED_TERM,
};
use super::syntax::{ActionSyntax, Node, SelectSyntax, StatementSyntax, TableSyntax, Unsupported};
use super::tokens::Token;
use super::{Returning, malformed};
use crate::Refusal;

impl<'t> Reader<'t> {
    /// A whole statement.
    pub(super) fn statement(&mut self) -> Result<StatementSyntax<'t>, Refusal> {
        let statement = if self.take_word("select") {
            StatementSyntax::Select(self.select()?)
        } else if self.take_word("insert") {
            self.insert()?
        } else if self.take_word("update") {
            self.update()?
        } else if self.take_word("delete") {
            self.delete()?
        } else if self.is_word("from") && self.is_name_at(1) {
            self.next();
            self.update_from()?
        } else if self.is_word("set") || self.is_word("remove") {
            self.action()?;
            StatementSyntax::Tableless
        } else {
            StatementSyntax::Term(self.term()?)
        };
        self.expect_end()?;
        Ok(statement)
    }

    /// What is after `SELECT`.
    pub(super) fn select(&mut self) -> Result<SelectSyntax<'t>, Refusal> {
        let is_distinct = self.take_word("distinct");
        if !is_distinct {
            self.take_word("all");
        }
        let mut unsupported = is_distinct.then_some(Unsupported::Clause("DISTINCT"));
        let items = self.select_list(&mut unsupported)?;
        if !self.take_word("from") {
            return Err(malformed("Expected FROM after SELECT list"));
        }
        let table = self.table_of_select()?;
        if self.is_sign(",") || self.is_join() {
            // Further tables are not read: there are none.
            return Err(Refusal::validation(SINGLE_TABLE));
        }
        let condition = self.condition()?;
        self.other_clauses(&mut unsupported)?;
        let order = self.order()?;
        self.other_clauses(&mut unsupported)?;
        Ok(SelectSyntax {
            items,
            table,
            unsupported,
            condition,
            order,
        })
    }

    /// What is asked for: nothing for `*`.
    fn select_list(
        &mut self,
        unsupported: &mut Option<Unsupported>,
    ) -> Result<Vec<Node<'t>>, Refusal> {
        if self.is_word("from") {
            return Err(malformed(
                "Expected identifier or an expression but found unexpected keyword 'from' in a select list.",
            ));
        }
        let mut items = Vec::new();
        let mut has_all = false;
        loop {
            if self.take_sign("*") {
                has_all = true;
            } else {
                items.push(self.term()?);
                if self.alias()? {
                    unsupported.get_or_insert(Unsupported::Alias);
                }
            }
            if has_all && (self.is_sign(",") || !items.is_empty()) {
                return Err(malformed(
                    "Other expressions may not be present in the select list when '*' is used without dot notation.",
                ));
            }
            if !self.take_sign(",") {
                return Ok(items);
            }
        }
    }

    /// A table of a `SELECT`, which may be written as any term.
    fn table_of_select(&mut self) -> Result<TableSyntax<'t>, Refusal> {
        let name = self.term()?;
        let has_alias = self.alias()?;
        Ok(TableSyntax { name, has_alias })
    }

    /// A table that is changed.
    fn table(&mut self) -> Result<TableSyntax<'t>, Refusal> {
        let name = self.simple_path()?;
        let has_alias = self.alias()?;
        Ok(TableSyntax { name, has_alias })
    }

    /// Another name for what is before it; whether there was one.
    fn alias(&mut self) -> Result<bool, Refusal> {
        let mut has_alias = false;
        for word in ["as", "at", "by"] {
            if self.take_word(word) {
                if !self.is_name() {
                    return Err(malformed("Expected identifier for alias"));
                }
                self.next();
                has_alias = true;
            } else if word == "as" && self.is_name() {
                self.next();
                has_alias = true;
            }
        }
        Ok(has_alias)
    }

    fn is_join(&self) -> bool {
        ["join", "inner", "left", "right", "full", "outer", "cross"]
            .iter()
            .any(|word| self.is_word(word))
    }

    /// A `WHERE`.
    fn condition(&mut self) -> Result<Option<Node<'t>>, Refusal> {
        if !self.take_word("where") {
            return Ok(None);
        }
        self.term().map(Some)
    }

    /// Clauses that PartiQL has and DynamoDB's doesn't.
    fn other_clauses(&mut self, unsupported: &mut Option<Unsupported>) -> Result<(), Refusal> {
        loop {
            let clause = if self.take_word("group") {
                if !self.take_word("by") {
                    return Err(malformed("Expected BY keyword"));
                }
                while self.term().is_ok() && self.take_sign(",") {}
                "GROUP BY"
            } else if self.take_word("having") {
                self.term()?;
                "HAVING"
            } else if self.take_word("limit") {
                self.term()?;
                "LIMIT"
            } else if self.take_word("offset") {
                self.term()?;
                "OFFSET"
            } else {
                return Ok(());
            };
            unsupported.get_or_insert(Unsupported::Clause(clause));
        }
    }

    /// An `ORDER BY`: terms, and whether each falls.
    fn order(&mut self) -> Result<Vec<(Node<'t>, bool)>, Refusal> {
        let mut order = Vec::new();
        if !self.take_word("order") {
            return Ok(order);
        }
        if !self.take_word("by") {
            return Err(malformed("Expected BY keyword"));
        }
        loop {
            let term = self.term()?;
            let falls = self.take_word("desc");
            if !falls {
                self.take_word("asc");
            }
            // Keys are never null.
            if self.take_word("nulls") && !self.take_word("first") && !self.take_word("last") {
                return Err(malformed("Expected FIRST or LAST after NULLS"));
            }
            order.push((term, falls));
            if !self.take_sign(",") {
                return Ok(order);
            }
        }
    }

    /// What is after `INSERT`.
    fn insert(&mut self) -> Result<StatementSyntax<'t>, Refusal> {
        if !self.take_word("into") {
            return Err(malformed(UNEXPECTED_KEYWORD));
        }
        let table = self.simple_path()?;
        let has_value = self.take_word("value");
        let value = self.term()?;
        Ok(StatementSyntax::Insert {
            table,
            value,
            has_value,
        })
    }

    /// What is after `UPDATE`.
    fn update(&mut self) -> Result<StatementSyntax<'t>, Refusal> {
        let table = self.table()?;
        let actions = self.actions()?;
        let condition = self.condition()?;
        let returning = self.returning()?;
        Ok(StatementSyntax::Update {
            table,
            actions,
            condition,
            returning,
        })
    }

    /// What is after a `FROM` that begins a statement: an update whose condition comes first.
    fn update_from(&mut self) -> Result<StatementSyntax<'t>, Refusal> {
        let table = self.table()?;
        let is_action =
            |reader: &Self| reader.is_word_at(1, "set") || reader.is_word_at(1, "remove");
        if self.is_word("where") && is_action(self) {
            return Err(malformed(EXPECTED_DATA_MANIPULATION));
        }
        let condition = self.condition()?;
        let actions = self.actions()?;
        let returning = self.returning()?;
        Ok(StatementSyntax::Update {
            table,
            actions,
            condition,
            returning,
        })
    }

    /// `SET` and `REMOVE`, at least one.
    fn actions(&mut self) -> Result<Vec<ActionSyntax<'t>>, Refusal> {
        let mut actions = Vec::new();
        while self.is_word("set") || self.is_word("remove") {
            actions.extend(self.action()?);
        }
        if actions.is_empty() {
            return Err(malformed(EXPECTED_DATA_MANIPULATION));
        }
        Ok(actions)
    }

    /// A `SET` of several paths, or a `REMOVE` of one.
    fn action(&mut self) -> Result<Vec<ActionSyntax<'t>>, Refusal> {
        if self.take_word("remove") {
            return Ok(vec![ActionSyntax::Remove(self.simple_path()?)]);
        }
        self.take_word("set");
        let mut actions = Vec::new();
        loop {
            let path = self.simple_path()?;
            self.expect_sign("=", "'='")?;
            actions.push(ActionSyntax::Set(path, self.term()?));
            if !self.take_sign(",") {
                return Ok(actions);
            }
        }
    }

    /// What is after `DELETE`.
    fn delete(&mut self) -> Result<StatementSyntax<'t>, Refusal> {
        if !self.take_word("from") {
            return Err(malformed("Expected FROM after DELETE"));
        }
        if !self.is_name() {
            return Err(malformed(EXPECTED_SIMPLE_PATH));
        }
        let table = self.table()?;
        let condition = self.condition()?;
        let returning = self.returning()?;
        Ok(StatementSyntax::Delete {
            table,
            condition,
            returning,
        })
    }

    /// A `RETURNING`.
    fn returning(&mut self) -> Result<Option<Returning>, Refusal> {
        if !self.take_word("returning") {
            return Ok(None);
        }
        let is_all = self.take_word("all");
        if !is_all && !self.take_word("modified") {
            return Err(malformed("Expected ALL or MODIFIED in a returning clause."));
        }
        let is_old = self.take_word("old");
        if !is_old && !self.take_word("new") {
            return Err(malformed("Expected OLD or NEW in a returning clause."));
        }
        match self.next() {
            Some(Token::Sign("*")) => {}
            None => return Err(malformed(UNEXPECTED_TERM)),
            Some(_) => {
                return Err(malformed("Only '*' is supported in a returning clause."));
            }
        }
        Ok(Some(match (is_all, is_old) {
            (true, true) => Returning::AllOld,
            (false, true) => Returning::ModifiedOld,
            (true, false) => Returning::AllNew,
            (false, false) => Returning::ModifiedNew,
        }))
    }
}

/// DynamoDB has no joins.
pub(super) const SINGLE_TABLE: &str = "Only select from a single table or index is supported.";
