//! What functions write, on a terminal: shown as it is, but never obeyed.
//!
//! Functions log what clients send them, and a terminal does what control characters say: set the clipboard or the
//! title, clear the screen, write over what stands there. Colours are welcome.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest sequence of colours that is let through: `38:2::255:255:255` for text and background have 35 bytes.
const MAX_SGR_BYTES: usize = 64;

/// Sets colours and all else of a text's look back.
const RESET: &str = "\x1b[0m";

/// The text with control characters written as JSON would: `\u001b`, which in JSON means the same. Stay do line breaks,
/// tabs, and whole sequences that set colours (SGR, of ECMA-48), which are set back at the end of their line. A carriage
/// return alone breaks the line: AWS's Python runtime client ends the lines of a trace so.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|c| is_active(c) && !matches!(c, '\n' | '\t'))
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut is_coloured = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(parameters) = sgr(rest) {
            let sequence = &rest[..parameters.len() + 3];
            is_coloured = !parameters.bytes().all(|byte| byte == b'0');
            shown.push_str(sequence);
            rest = &rest[sequence.len()..];
            continue;
        }
        if matches!(c, '\n' | '\r') && is_coloured {
            shown.push_str(RESET);
            is_coloured = false;
        }
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' if rest.starts_with("\r\n") => shown.push(c),
            '\r' => shown.push('\n'),
            _ if is_active(c) => {
                // A string takes everything.
                write!(shown, "\\u{:04x}", u32::from(c)).ok();
            }
            _ => shown.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    if is_coloured {
        shown.push_str(RESET);
    }
    Cow::Owned(shown)
}

/// Whether a terminal may do something else with it than show it: C0 and C1 controls, and what turns the direction of
/// the text around it (UAX #9, explicit directional formatting), so that it reads as something else.
fn is_active(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The parameters of a sequence for colours that the text begins with.
fn sgr(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("\x1b[")?;
    let is_parameter = |byte: u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
    let end = rest.bytes().position(|byte| !is_parameter(byte))?;
    let is_sgr = rest.as_bytes()[end] == b'm' && end <= MAX_SGR_BYTES;
    is_sgr.then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_and_line_breaks_do_anything() {
        for (text, shown) in [
            ("", ""),
            (
                "plain, größe, 日本, 👩‍🚀, שלום\u{200f}\n\tx\r\n",
                "plain, größe, 日本, 👩‍🚀, שלום\u{200f}\n\tx\r\n",
            ),
            // Colours: as they are, and set back.
            ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
            (
                "\x1b[1;38:2::1:2:3mred\x1b[m",
                "\x1b[1;38:2::1:2:3mred\x1b[m",
            ),
            ("\x1b[31mred", "\x1b[31mred\x1b[0m"),
            ("\x1b[31mred\x1b[0;4m", "\x1b[31mred\x1b[0;4m\x1b[0m"),
            (
                "\x1b[31mred\nplain\x1b[1m\r\n\rx",
                "\x1b[31mred\x1b[0m\nplain\x1b[1m\x1b[0m\r\n\nx",
            ),
            ("\x1b[8mhidden", "\x1b[8mhidden\x1b[0m"),
            // Clipboard, title, link, device control, with either end.
            ("\x1b]52;c;aGk=\x07", "\\u001b]52;c;aGk=\\u0007"),
            ("\x1b]0;title\x1b\\", "\\u001b]0;title\\u001b\\"),
            ("\x1b]8;;http://a\x1b\\b", "\\u001b]8;;http://a\\u001b\\b"),
            ("\x1bP$q\x1b\\", "\\u001bP$q\\u001b\\"),
            // Screen, cursor, modes, reports, resets.
            ("\x1b[2J\x1b[H", "\\u001b[2J\\u001b[H"),
            ("\x1b[?1049h", "\\u001b[?1049h"),
            ("\x1b[6n", "\\u001b[6n"),
            ("\x1b[>4;1m", "\\u001b[>4;1m"),
            ("\x1bc", "\\u001bc"),
            ("a\rb\r\nc", "a\nb\r\nc"),
            (
                "a\x08b\x0b\x0c\x07\0",
                "a\\u0008b\\u000b\\u000c\\u0007\\u0000",
            ),
            ("\x7f", "\\u007f"),
            // Not whole, or with something in it.
            ("\x1b", "\\u001b"),
            ("\x1b[", "\\u001b["),
            ("\x1b[31", "\\u001b[31"),
            ("\x1b[3\x1b[31mx", "\\u001b[3\x1b[31mx\x1b[0m"),
            ("\x1b[31\n1m", "\\u001b[31\n1m"),
            ("\x1b\x1b[0m", "\\u001b\x1b[0m"),
            // C1, which a terminal reads as the sequences of two characters.
            (
                "\u{9b}31m\u{9d}0;t\u{9c}\u{85}",
                "\\u009b31m\\u009d0;t\\u009c\\u0085",
            ),
            // Directions.
            ("a\u{202e}cba\u{2066}", "a\\u202ecba\\u2066"),
        ] {
            assert_eq!(escape(text), shown, "{text:?}");
            let again = escape(shown);
            assert_eq!(again, shown, "what is escaped stays as it is");
        }
    }

    #[test]
    fn a_long_sequence_is_text() {
        let sequence = |length| format!("\x1b[{}m", "1".repeat(length));
        assert!(escape(&sequence(MAX_SGR_BYTES)).starts_with("\x1b[1"));
        assert!(escape(&sequence(MAX_SGR_BYTES + 1)).starts_with("\\u001b[1"));
    }

    #[test]
    fn json_says_the_same_as_before() {
        let json = "{\"a\":\"\u{9b}2J\u{202e}\u{7f}\"}";
        let shown = escape(json);
        assert_eq!(shown, r#"{"a":"\u009b2J\u202e\u007f"}"#);
        let values =
            [json, &shown].map(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        assert_eq!(values[0], values[1]);
        assert!(values[0].is_some());
    }
}
