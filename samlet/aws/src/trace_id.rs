//! X-Ray's trace ids, as they go from a request to all that it causes in the header `X-Amzn-Trace-Id`.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html>

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// The header's name, as it is compared.
pub const HEADER: &str = "x-amzn-trace-id";

/// A new value of the header, `Root=1-<seconds since the epoch>-<24 hex digits>`.
pub fn new_header() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = elapsed.map_or(0, |elapsed| elapsed.as_secs());
    let random = Uuid::new_v4().simple().to_string();
    format!("Root=1-{seconds:08x}-{}", &random[..24])
}

/// The part of a header that names the trace, `Root=1-5759e988-bd862e3fe1be46a994272793`.
pub fn root(header: &str) -> Option<&str> {
    let mut parts = header.split(';').map(str::trim);
    parts.find(|part| number(part).is_some())
}

/// The number of the trace that a header names.
pub fn number_of(header: &str) -> Option<u128> {
    header.split(';').map(str::trim).find_map(number)
}

fn number(part: &str) -> Option<u128> {
    let (seconds, random) = part.strip_prefix("Root=1-")?.split_once('-')?;
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if seconds.len() != 8 || random.len() != 24 || !hex(seconds) || !hex(random) {
        return None;
    }
    let seconds = u32::from_str_radix(seconds, 16).ok()?;
    let random = u128::from_str_radix(random, 16).ok()?;
    Some(u128::from(seconds) << 96 | random)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn the_root_is_found_among_the_parts() {
        let number = 0x5759_e988_bd86_2e3f_e1be_46a9_9427_2793;
        for header in [
            ROOT.to_owned(),
            format!("Parent=53995c3f42cd8ad8; {ROOT};Sampled=1"),
        ] {
            assert_eq!(root(&header), Some(ROOT), "{header}");
            assert_eq!(number_of(&header), Some(number), "{header}");
        }
    }

    #[test]
    fn nonsense_names_no_trace() {
        for header in [
            "",
            "Root=",
            "Root=1-5759e988-short",
            "Root=1-5759e988-+d862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Parent=53995c3f42cd8ad8",
        ] {
            assert_eq!(root(header), None, "{header}");
        }
    }

    #[test]
    fn a_new_header_names_a_trace_of_its_own() {
        let (one, other) = (new_header(), new_header());
        assert!(number_of(&one).is_some());
        assert_ne!(number_of(&one), number_of(&other));
    }
}
