//! How much a condition may hold: operators in all, operands of each `IN`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

/// The most operators and functions.
const OPERATORS: usize = 300;

/// The most operands of `IN`.
const OPERANDS: usize = 100;

/// Functions that take parentheses.
const FUNCTIONS: [&str; 6] = [
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "size",
];

/// Whether a request may hold a condition that passes a limit, at a glance.
pub(crate) fn may_be_passed(request: &[u8]) -> bool {
    // No operator takes less than `NOT ` or, two at once, `a=b OR `.
    let operators = request.len() > 3 * OPERATORS;
    let commas = || request.iter().filter(|byte| **byte == b',').count();
    operators || commas() >= OPERANDS
}

/// What a condition of these words has too much of.
pub(crate) fn excess(words: &[&str]) -> Option<String> {
    if let Some(count) = operands(words).find(|count| *count > OPERANDS) {
        return Some(format!(
            "The IN operator is provided with too many operands; number of operands: {count}"
        ));
    }
    // DynamoDB stops counting at the first that is too many.
    (operators(words) > OPERATORS).then(|| {
        format!(
            "The expression contains too many operators; operator count: {}",
            OPERATORS + 1
        )
    })
}

/// How many operands each `IN` has.
fn operands(words: &[&str]) -> impl Iterator<Item = usize> {
    let starts = words.windows(2).enumerate();
    let starts = starts.filter(|(_, pair)| pair[0].eq_ignore_ascii_case("IN") && pair[1] == "(");
    starts.map(|(at, _)| {
        let mut depth = 0;
        let mut commas = 0;
        for word in &words[at + 1..] {
            match *word {
                "(" => depth += 1,
                ")" => depth -= 1,
                "," if depth == 1 => commas += 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        commas + 1
    })
}

fn operators(words: &[&str]) -> usize {
    let mut count = 0;
    // `BETWEEN a AND b` is one.
    let mut bounds = 0;
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        if is("AND") && bounds > 0 {
            bounds -= 1;
        } else if is("BETWEEN") {
            bounds += 1;
            count += 1;
        } else if ["AND", "OR", "NOT", "IN"].into_iter().any(is) {
            count += 1;
        } else if ["=", "<", ">"].contains(word) {
            // `<>`, `<=` and `>=` are words of two signs.
            count += usize::from(!matches!(before, Some(&"<" | &">")));
        } else if FUNCTIONS.contains(word) {
            count += usize::from(words.get(at + 1) == Some(&"("));
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expressions::words;

    #[test]
    fn in_takes_a_hundred_operands() {
        let of = |count: usize| {
            let list = vec![":v"; count - 1].join(",");
            let condition = format!("b = :v OR a in (size(c), {list})");
            excess(&words(&condition))
        };
        assert_eq!(of(100), None);
        let expected =
            "The IN operator is provided with too many operands; number of operands: 101";
        assert_eq!(of(101).as_deref(), Some(expected));
    }

    #[test]
    fn three_hundred_operators_are_taken() {
        let counted = "a <> :b AND NOT begins_with(c, :d) OR e >= size and f BETWEEN :g AND :h";
        assert_eq!(operators(&words(counted)), 8);
        // 150 comparisons, and 149 between them.
        let condition = vec!["a=:b"; 150].join(" OR ");
        assert_eq!(excess(&words(&format!("NOT {condition}"))), None);
        let expected = "The expression contains too many operators; operator count: 301";
        let found = excess(&words(&format!("NOT NOT {condition} OR c=:b")));
        assert_eq!(found.as_deref(), Some(expected));
    }
}
