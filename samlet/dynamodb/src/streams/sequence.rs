//! Sequence numbers: digits that clients compare as integers.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html>

/// The number at which a shard begins: before its first record. All have as many digits.
const FIRST: u128 = 100_000_000_000_000_000_001;

/// The text of a record's number in its stream; of 0, where the shard begins.
pub(super) fn text(sequence: i64) -> String {
    let sequence = u128::try_from(sequence).unwrap_or_default();
    (FIRST + sequence).to_string()
}

/// The number in a stream that a text stands for; `None` of what no stream has.
pub(super) fn read(text: &str) -> Option<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u128 = text.parse().ok()?;
    i64::try_from(number.checked_sub(FIRST)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_are_read_as_they_are_written() {
        for (sequence, expected) in [
            (0, "100000000000000000001"),
            (1, "100000000000000000002"),
            (999, "100000000000000001000"),
            (i64::MAX, "109223372036854775808"),
        ] {
            assert_eq!(text(sequence), expected);
            assert_eq!(read(expected), Some(sequence));
        }
        assert_eq!(read("0000000000100000000000000000002"), Some(1));
        for text in [
            "100000000000000000000",
            "000000000000000000000",
            "109223372036854775809",
            "+100000000000000000002",
            "9999999999999999999999999999999999999999",
            "sdfsafglldfngjdafnasdflgnaldklkafdsgklnas",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
