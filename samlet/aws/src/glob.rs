//! Patterns in which `*` stands for any text and `?` for any character, as IAM, CloudWatch Logs and others have them.

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any text, the empty one too.
    Any,
}

/// A pattern's parts, each `*` and `?` being a wildcard.
pub fn tokens(pattern: &str) -> impl Iterator<Item = Token> + '_ {
    pattern.chars().map(|c| match c {
        '*' => Token::Any,
        '?' => Token::One,
        c => Token::Char(c),
    })
}

/// Whether `text` is as `pattern` has it.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Token> = tokens(pattern).collect();
    matches_tokens(&pattern, text)
}

/// As [`matches()`], but upper and lower case are the same.
pub fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Token> = tokens(pattern).collect();
    matches_tokens_ignoring_case(&pattern, text)
}

/// As [`matches()`], of a pattern in parts: a `*` in it may be an ordinary character.
pub fn matches_tokens(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    matches_chars(pattern, &text)
}

/// As [`matches_tokens`], but upper and lower case are the same.
pub fn matches_tokens_ignoring_case(pattern: &[Token], text: &str) -> bool {
    let pattern: Vec<Token> = pattern.iter().copied().map(lower_token).collect();
    let text: Vec<char> = text.chars().map(lower).collect();
    matches_chars(&pattern, &text)
}

fn lower_token(token: Token) -> Token {
    match token {
        Token::Char(c) => Token::Char(lower(c)),
        wildcard => wildcard,
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Takes time linear in the product of the lengths, at worst.
fn matches_chars(pattern: &[Token], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // The last `*`, and how much of the text it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(token) if *token == Token::One || *token == Token::Char(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star_p, star_t)) = star else {
                    return false;
                };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern[p..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_text_and_any_character() {
        for (pattern, text, expected) in [
            ("dynamodb:*", "dynamodb:getitem", true),
            ("*item", "dynamodb:getitem", true),
            ("d*b:?etitem", "dynamodb:getitem", true),
            ("*t*m", "getitem", true),
            ("dynamodb:get", "dynamodb:getitem", false),
            ("getitem?", "getitem", false),
            ("*items", "getitem", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("?", "ß", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn case_matters_unless_it_is_ignored() {
        assert!(!matches("Get*", "getItem"));
        assert!(matches_ignoring_case("gEt*", "GetItem"));
        assert!(matches_ignoring_case("G?TITEM", "getitem"));
        assert!(!matches_ignoring_case("get", "GetItem"));
    }

    #[test]
    fn a_star_may_be_an_ordinary_character() {
        let pattern = [Token::Char('*'), Token::Any];
        assert!(matches_tokens(&pattern, "*a"));
        assert!(!matches_tokens(&pattern, "ba"));
    }

    #[test]
    fn many_stars_are_no_trouble() {
        let pattern = "a*".repeat(1000) + "b";
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }
}
