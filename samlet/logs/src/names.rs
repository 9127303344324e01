//! Names of groups and streams as names of files: to each its own, which leads to no other place.
//!
//! `/aws/lambda/F` is `+aws+lambda+F`, and `2026/11/24/[$LATEST]0f…` is `2026+11+24+[$LATEST]0f…`. Bytes that have a
//! meaning here, or may have one in a path, are written as in a URL.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The longest name that is written out: a file's name may have 255 bytes, and names here have a suffix.
const MAX_BYTES: usize = 200;

/// What is written of a longer one, for those who look into the folder; its hash follows.
const BEGINNING_BYTES: usize = 100;

/// Goes before the hash, and is in no name that is written out.
const HASH_MARK: char = '~';

/// A name as a file's, of bounded length; different for each name.
pub(crate) fn encode(name: &str) -> String {
    let written = write_out(name);
    if written.len() <= MAX_BYTES {
        return written;
    }
    let mut encoded = format!("{}{HASH_MARK}", &written[..BEGINNING_BYTES]);
    for byte in Sha256::digest(name) {
        // A string takes everything.
        write!(encoded, "{byte:02x}").ok();
    }
    encoded
}

/// ASCII only.
fn write_out(name: &str) -> String {
    // An empty name of a file is its folder.
    if name.is_empty() {
        return "%".to_owned();
    }
    let mut written = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        // `.`, `..`, and files that are hidden.
        let is_first_dot = byte == b'.' && index == 0;
        match byte {
            b'/' => written.push('+'),
            _ if is_plain(byte) && !is_first_dot => written.push(byte.into()),
            _ => {
                // A string takes everything.
                write!(written, "%{byte:02X}").ok();
            }
        }
    }
    written
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.#$[]".contains(&byte)
}

/// Whether only a hash of the name is in this file's name.
pub(crate) fn is_hashed(encoded: &str) -> bool {
    encoded.contains(HASH_MARK)
}

/// The name whose file's name this is, if it is one that was written out.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b'/',
            b'%' if encoded.len() > 1 => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                u8::from_str_radix(digits, 16).ok()?
            }
            b'%' => break,
            byte => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    (encode(&name) == encoded).then_some(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_name_is_a_file_of_its_own() {
        let names = [
            ("/aws/lambda/F", "+aws+lambda+F"),
            ("aws/lambda/F", "aws+lambda+F"),
            ("/aws//lambda/F", "+aws++lambda+F"),
            ("+aws+lambda+F", "%2Baws%2Blambda%2BF"),
            ("2026/11/24/[$LATEST]0f", "2026+11+24+[$LATEST]0f"),
            ("s", "s"),
            ("s/", "s+"),
            ("./s", "%2E+s"),
            ("../s", "%2E.+s"),
            ("/./s", "+.+s"),
            (".", "%2E"),
            ("..", "%2E."),
            ("", "%"),
            ("%", "%25"),
            ("~", "%7E"),
            ("a b", "a%20b"),
            ("größe", "gr%C3%B6%C3%9Fe"),
        ];
        let different: BTreeSet<String> = names.iter().map(|(name, _)| encode(name)).collect();
        assert_eq!(different.len(), names.len());
        for (name, file) in names {
            assert_eq!(encode(name), file);
            assert_eq!(decode(file).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_long_name_is_known_by_its_hash() {
        let (one, two) = ("x".repeat(512), "x".repeat(511));
        let (one, two) = (encode(&one), encode(&two));
        assert_ne!(one, two);
        assert!(one.len() < 200 && is_hashed(&one), "{one}");
        assert_eq!(decode(&one), None);
        assert!(encode(&"ö/".repeat(512)).len() < 200);
        assert!(!is_hashed(&encode("~")));
    }

    #[test]
    fn files_of_others_are_no_names() {
        for file in [
            ".", "..", ".hidden", "a/b", "a b", "%2F", "%4", "%zz", "%ff", "a~b", "ö", "%%",
        ] {
            assert_eq!(decode(file), None, "{file}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn names_are_read_again_as_they_were(name in "(?s).{0,16}") {
            prop_assert_eq!(decode(&encode(&name)), Some(name));
        }

        #[test]
        fn paths_of_all_sorts_stay_apart(one in "[./+%~a]{0,6}", two in "[./+%~a]{0,6}") {
            prop_assert_eq!(one == two, encode(&one) == encode(&two));
        }
    }
}
