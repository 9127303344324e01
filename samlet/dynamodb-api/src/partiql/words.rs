//! The words that are keywords: an attribute, table or index with such a name must be quoted.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// All of them, sorted: those of SQL-92, and PartiQL's own.
/// <https://partiql.org/assets/PartiQL-Specification.pdf>
const KEYWORDS: &str = "\
    absolute action add all allocate alter and any are as asc assertion at authorization avg bag begin between \
    bigint bit bit_length blob bool boolean by can_cast can_lossless_cast cascade cascaded case cast catalog char \
    char_length character character_length check clob close coalesce collate collation column commit conflict \
    connect connection constraint constraints continue convert corresponding count create cross current \
    current_date current_time current_timestamp current_user cursor date date_add date_diff deallocate dec decimal \
    declare default deferrable deferred delete desc describe descriptor diagnostics disconnect distinct do domain \
    double drop else end escape except exception exec execute exists external extract false fetch first float for \
    foreign found from full get global go goto grant group having identity immediate in index indicator initially \
    inner input insensitive insert int integer integer2 integer4 integer8 intersect interval into is isolation \
    join key language last left let level like limit list local lower match max min missing modified module names \
    national natural nchar new next no not nothing null nullif nulls numeric octet_length of offset old on only \
    open option or order outer output overlaps pad partial pivot position precision prepare preserve primary prior \
    privileges procedure public read real references relative remove restrict returning revoke right rollback rows \
    schema scroll section select session session_user set sexp size smallint some space sql sqlcode sqlerror \
    sqlstate string struct substring sum symbol system_user table temporary then time timestamp to transaction \
    translate trim true tuple union unique unknown unpivot update upper usage user using value values varchar \
    varying view when whenever where with work write zone";

/// Keywords that are functions where a parenthesis follows.
const FUNCTIONS: [&str; 20] = [
    "avg",
    "bag",
    "bit_length",
    "char_length",
    "character_length",
    "coalesce",
    "count",
    "exists",
    "list",
    "lower",
    "max",
    "min",
    "nullif",
    "octet_length",
    "sexp",
    "size",
    "substring",
    "sum",
    "trim",
    "upper",
];

/// Keywords that are operators.
const OPERATORS: [&str; 7] = ["and", "or", "not", "is", "in", "like", "between"];

static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| KEYWORDS.split(' ').collect());

/// Whether a word is a keyword.
pub(super) fn is_keyword(word: &str) -> bool {
    let found = SORTED.binary_search_by(|keyword| in_order(keyword, word));
    found.is_ok()
}

/// The order of a word in lower case and another in any.
fn in_order(lower: &str, other: &str) -> Ordering {
    let other = other.bytes().map(|byte| byte.to_ascii_lowercase());
    lower.bytes().cmp(other)
}

/// Whether a keyword is a function where a parenthesis follows.
pub(super) fn is_function(word: &str) -> bool {
    FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(word))
}

/// Whether a word is an operator.
pub(super) fn is_operator(word: &str) -> bool {
    OPERATORS.iter().any(|name| name.eq_ignore_ascii_case(word))
}

/// A name as a statement has it: quoted if it must be.
pub(super) fn quoted_if_needed(name: &str) -> Cow<'_, str> {
    if is_simple(name) && !is_keyword(name) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(quoted(name))
}

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a name has only the characters that an unquoted one may have.
pub(super) fn is_simple(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_in_any_case() {
        assert!(SORTED.is_sorted());
        assert_eq!(SORTED.len(), 249);
        for keyword in SORTED.iter() {
            assert!(is_keyword(keyword) && is_keyword(&keyword.to_uppercase()));
        }
        for word in [
            "", "a", "data", "name", "year", "state", "number", "selects", "zones",
        ] {
            assert!(!is_keyword(word), "{word}");
        }
        for keyword in FUNCTIONS.iter().chain(&OPERATORS) {
            assert!(is_keyword(keyword), "{keyword}");
        }
    }
}
