//! Ion literals, which DynamoDB doesn't take: of which type they are, to say so.
//! <https://amazon-ion.github.io/ion-docs/docs/spec.html>

/// The type of an Ion literal, by its first characters; `None` if it is none.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let is_within = |open: &str, close: &str| {
        text.len() >= open.len() + close.len() && text.starts_with(open) && text.ends_with(close)
    };
    if is_within("{{", "}}") {
        return lob(text[2..text.len() - 2].trim());
    }
    for (open, close, kind) in [
        ("{", "}", "STRUCT"),
        ("[", "]", "LIST"),
        ("(", ")", "SEXP"),
        ("\"", "\"", "STRING"),
        ("'''", "'''", "STRING"),
        ("'", "'", "SYMBOL"),
    ] {
        if is_within(open, close) {
            return Some(kind);
        }
    }
    match text {
        "null" => return Some("NULL"),
        "true" | "false" => return Some("BOOL"),
        "nan" | "+inf" | "-inf" => return Some("FLOAT"),
        _ => {}
    }
    if let Some(kind) = text.strip_prefix("null.") {
        let is_name = kind.bytes().all(|byte| byte.is_ascii_alphabetic());
        return is_name.then_some("NULL");
    }
    let first = text.chars().next()?;
    if first.is_ascii_digit() || first == '-' {
        return number(text);
    }
    let starts_well = first.is_ascii_alphabetic() || matches!(first, '_' | '$');
    let is_symbol = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
    (starts_well && is_symbol).then_some("SYMBOL")
}

/// The type of what is in double braces.
fn lob(text: &str) -> Option<&'static str> {
    if text.starts_with(['"', '\'']) {
        return Some("CLOB");
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c) || c.is_whitespace();
    text.chars().all(is_part).then_some("BLOB")
}

/// The type of what begins like a number.
fn number(text: &str) -> Option<&'static str> {
    let year = text
        .get(..4)
        .is_some_and(|year| year.parse::<u16>().is_ok());
    if year && text[4..].starts_with(['-', 'T']) {
        let is_part = |c: char| c.is_ascii_digit() || "-:TZ.+".contains(c);
        return text.chars().all(is_part).then_some("TIMESTAMP");
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if let Some(digits) = digits
        .strip_prefix(['0'])
        .and_then(|rest| rest.strip_prefix(['x', 'X', 'b', 'B']))
    {
        let is_digit = |c: char| c.is_ascii_hexdigit() || c == '_';
        return (!digits.is_empty() && digits.chars().all(is_digit)).then_some("INT");
    }
    let is_part = |c: char| c.is_ascii_digit() || "_.eEdD+-".contains(c);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !digits.chars().all(is_part) {
        return None;
    }
    if digits.contains(['e', 'E']) {
        return Some("FLOAT");
    }
    let is_decimal = digits.contains(['.', 'd', 'D']);
    Some(if is_decimal { "DECIMAL" } else { "INT" })
}
