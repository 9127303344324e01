//! What a PartiQL statement does, and to which table: as much as permissions need to know.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>

/// A statement's action, table and, for a Select, index.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Such as `PartiQLSelect`.
    pub(crate) action: &'static str,
    pub(crate) table: String,
    pub(crate) index: Option<String>,
}

/// `None` when that can't be told: then the statement is not to be run.
pub(crate) fn target(statement: &str) -> Option<Target> {
    let tokens = tokens(statement)?;
    let word = |index: usize, word: &str| matches!(tokens.get(index), Some(Token::Word(text)) if text.eq_ignore_ascii_case(word));
    let position = |wanted: &str| (0..tokens.len()).find(|index| word(*index, wanted));
    let (action, at) = if word(0, "select") {
        ("PartiQLSelect", position("from")? + 1)
    } else if word(0, "insert") && word(1, "into") {
        ("PartiQLInsert", 2)
    } else if word(0, "update") {
        ("PartiQLUpdate", 1)
    } else if word(0, "delete") && word(1, "from") {
        ("PartiQLDelete", 2)
    } else {
        return None;
    };
    let name = |index: usize| match tokens.get(index) {
        Some(Token::Word(text) | Token::Name(text)) => Some(text.clone()),
        _ => None,
    };
    let index = match tokens.get(at + 1) {
        Some(Token::Other('.')) => Some(name(at + 2)?),
        _ => None,
    };
    Some(Target {
        action,
        table: name(at)?,
        index,
    })
}

#[derive(Debug)]
enum Token {
    Word(String),
    /// In double quotes.
    Name(String),
    /// In single quotes.
    Text,
    Other(char),
}

fn tokens(statement: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = statement.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        rest = match first {
            '"' => {
                let (name, after) = after.split_once('"')?;
                tokens.push(Token::Name(name.to_owned()));
                after
            }
            // A doubled quote within is two texts in a row, which does no harm.
            '\'' => {
                tokens.push(Token::Text);
                after.split_once('\'')?.1
            }
            c if c.is_alphanumeric() || c == '_' => {
                let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                &rest[end..]
            }
            other => {
                tokens.push(Token::Other(other));
                after
            }
        }
        .trim_start();
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_statement_names_its_action_and_table() {
        for (statement, action, table, index) in [
            (
                "SELECT * FROM \"a-b\" WHERE x = 'from c'",
                "PartiQLSelect",
                "a-b",
                None,
            ),
            (
                "select x from t.i where y = 1",
                "PartiQLSelect",
                "t",
                Some("i"),
            ),
            (
                "SELECT \"from\" FROM \"t\".\"i\"",
                "PartiQLSelect",
                "t",
                Some("i"),
            ),
            ("INSERT INTO t VALUE {'a': 1}", "PartiQLInsert", "t", None),
            (
                " update \"t\" SET a = 1 WHERE pk = 'x'",
                "PartiQLUpdate",
                "t",
                None,
            ),
            ("DELETE FROM t WHERE pk = 'x'", "PartiQLDelete", "t", None),
        ] {
            let target = target(statement).unwrap();
            assert_eq!(
                (
                    target.action,
                    target.table.as_str(),
                    target.index.as_deref()
                ),
                (action, table, index)
            );
        }
        for nonsense in [
            "",
            "DROP TABLE t",
            "SELECT 1",
            "SELECT * FROM",
            "SELECT * FROM 't",
            "DELETE t",
        ] {
            assert_eq!(target(nonsense), None, "{nonsense}");
        }
    }
}
