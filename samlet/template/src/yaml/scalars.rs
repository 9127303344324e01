//! What CloudFormation takes an unquoted scalar for: it reads YAML 1.1.
//! <https://yaml.org/type/>

/// The text CloudFormation makes of a plain (unquoted) scalar. Booleans and
/// numbers lose their spelling: `yes` is `true`, `0012` is octal, 10.
pub(crate) fn plain(text: &str) -> String {
    boolean(text)
        .map(str::to_owned)
        .or_else(|| integer(text))
        .or_else(|| float(text))
        .unwrap_or_else(|| text.to_owned())
}

/// Whether a plain scalar's meaning is a boolean or a number.
pub(crate) fn is_literal(meaning: &str) -> bool {
    matches!(meaning, "true" | "false") || integer(meaning).is_some() || float(meaning).is_some()
}

fn boolean(text: &str) -> Option<&'static str> {
    // The single letters of YAML 1.1 are left as they are.
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some("true"),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some("false"),
        _ => None,
    }
}

fn integer(text: &str) -> Option<String> {
    let (sign, digits) = signed(text);
    let value = if let Some(hex) = digits.strip_prefix("0x") {
        u128::from_str_radix(&plain_digits(hex)?, 16).ok()?
    } else if let Some(binary) = digits.strip_prefix("0b") {
        u128::from_str_radix(&plain_digits(binary)?, 2).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        u128::from_str_radix(&plain_digits(digits)?, 8).ok()?
    } else {
        let digits = plain_digits(digits)?;
        // Of any length.
        return digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| format!("{sign}{digits}"));
    };
    Some(format!("{sign}{value}"))
}

/// A number with a point, an exponent, or a leading zero that octal can't have.
fn float(text: &str) -> Option<String> {
    let (_, digits) = signed(text);
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_');
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !digits.chars().all(numeric)
    {
        return None;
    }
    // A version such as 1.2.3, or a date, is no number; neither does Rust take one.
    let value: f64 = text.replace('_', "").parse().ok()?;
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let whole_written = !text.contains('.') && value.fract() == 0.0;
        return Some(if whole_written {
            format!("{value:.0}")
        } else {
            format!("{value:?}")
        });
    }
    // As Java writes it: always with a point.
    let text = format!("{value:E}");
    let (mantissa, exponent) = text.split_once('E')?;
    let point = if mantissa.contains('.') { "" } else { ".0" };
    Some(format!("{mantissa}{point}E{exponent}"))
}

fn signed(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

fn plain_digits(text: &str) -> Option<String> {
    let digits = text.replace('_', "");
    let some = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    some.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_mean_what_cloudformation_takes_them_for() {
        for (written, meant) in [
            ("yes", "true"),
            ("Off", "false"),
            ("True", "true"),
            ("y", "y"),
            ("N", "N"),
            ("0012", "10"),
            ("010", "8"),
            ("09", "9"),
            ("012345670123", "1402433619"),
            ("012345678901", "1.2345678901E10"),
            ("123456789012", "123456789012"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("0", "0"),
            ("-7", "-7"),
            ("+7", "7"),
            ("1_000", "1000"),
            ("0x1F", "31"),
            ("1.10", "1.1"),
            ("1.0", "1.0"),
            ("2012-10-17", "2012-10-17"),
            ("1.2.3", "1.2.3"),
            ("v0", "v0"),
            ("e5", "e5"),
            ("", ""),
            (".", "."),
            ("-", "-"),
            ("nodejs", "nodejs"),
            ("infinity", "infinity"),
        ] {
            assert_eq!(plain(written), meant, "{written}");
        }
    }
}
