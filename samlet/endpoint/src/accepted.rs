//! Which compression a client accepts, read from `Accept-Encoding` as DynamoDB reads it.
//!
//! Where that is more lenient than RFC 9110, section 12.5.3, it is still what clients get on AWS: `identity` never
//! wins, only the first header counts, and a weight that is not a number is 1.

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;
use samlet_http::ContentEncoding;

/// What `*` may stand for, the preferred one first.
const KNOWN: [ContentEncoding; 2] = [ContentEncoding::Gzip, ContentEncoding::Deflate];

/// The compression that a client prefers; `None` if it accepts none.
pub(crate) fn accepted_encoding(headers: &HeaderMap) -> Option<ContentEncoding> {
    let list = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let list = list.to_ascii_lowercase();
    let mut preferred = Preferred::default();
    let mut named = Vec::new();
    let mut any_weight = 0.0;
    for item in list.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let (name, weight) = (name.trim(), weight(parameters));
        if let Some(encoding) = ContentEncoding::from_name(name) {
            named.push(encoding);
            preferred.consider(encoding, weight);
        } else if name == "*" {
            any_weight = weight;
        }
    }
    if let Some(encoding) = KNOWN.into_iter().find(|known| !named.contains(known)) {
        preferred.consider(encoding, any_weight);
    }
    preferred.encoding
}

/// The encoding with the largest weight so far.
#[derive(Default)]
struct Preferred {
    encoding: Option<ContentEncoding>,
    weight: f64,
}

impl Preferred {
    fn consider(&mut self, encoding: ContentEncoding, weight: f64) {
        if weight > self.weight {
            self.encoding = Some(encoding);
            self.weight = weight;
        }
    }
}

/// The first weight among an encoding's parameters, at most 1; it is 1 where none can be read.
fn weight(parameters: &str) -> f64 {
    let Some((_, value)) = parameters.split_once("q=") else {
        return 1.0;
    };
    let value = value.split(';').next().unwrap_or_default();
    let weight: f64 = value.trim().parse().unwrap_or(1.0);
    weight.min(1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The encoding's name, or nothing.
    fn accepted(lists: &[&str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(ACCEPT_ENCODING, list.parse().unwrap());
        }
        accepted_encoding(&headers).map_or("", ContentEncoding::name)
    }

    #[test]
    fn the_first_of_the_largest_weights_is_preferred() {
        for (list, expected) in [
            ("gzip", "gzip"),
            ("deflate", "deflate"),
            ("gzip, deflate", "gzip"),
            ("br, identity, deflate, gzip", "deflate"),
            ("GZIP, identity", "gzip"),
            ("dog, gzip ,, cat", "gzip"),
            ("gzip;q=0.8, deflate;q=0.5", "gzip"),
            ("deflate;q=0.5, gzip;q=0.2", "deflate"),
            ("br, gzip;q=0, deflate; q = 0.5 , identity;q=0", "deflate"),
            ("br,identity;q=0.5,gzip;q=0.0001", "gzip"),
            ("gzip;q=0, gzip;q=1, gzip;q=0", "gzip"),
        ] {
            assert_eq!(accepted(&[list]), expected, "{list}");
        }
    }

    #[test]
    fn a_star_stands_for_what_is_not_named() {
        for (list, expected) in [
            ("*", "gzip"),
            ("*, deflate;q=0.5", "gzip"),
            ("*, deflate", "deflate"),
            ("*, gzip;q=0.5", "deflate"),
            ("*, identity", "gzip"),
            ("*;q=0.5,identity", "gzip"),
            ("gzip;q=0, *", "deflate"),
            ("*;q=0", ""),
            ("br;q=0.8,identity;q=0.5,*;q=0", ""),
            ("gzip, deflate;q=0.5, *;q=0", "gzip"),
        ] {
            assert_eq!(accepted(&[list]), expected, "{list}");
        }
    }

    #[test]
    fn what_is_not_accepted_is_not_used() {
        for list in [
            "",
            "identity",
            "identity;q=0",
            "br",
            "zstd",
            "compress",
            "x-gzip",
            "gzip ;q=0",
            "\"gzip\"",
            "gzip br",
            "gzip:q=1",
        ] {
            assert_eq!(accepted(&[list]), "", "{list}");
        }
        assert_eq!(accepted(&[]), "");
    }

    #[test]
    fn odd_weights_are_read_as_dynamodb_reads_them() {
        for (list, expected) in [
            ("deflate;q=0.5, gzip;q=31", "gzip"),
            ("gzip;q=31,deflate;q=51", "gzip"),
            ("deflate;q=0.5, gzip;q=1;q=0.2", "gzip"),
            ("deflate;q=0.5,gzip;q=0.", "deflate"),
            ("deflate;q=0.5,gzip;q=0.x", "gzip"),
            ("deflate;q=0.5,gzip;q=0. x", "gzip"),
            ("deflate;q=-0.5,gzip;q=0.2", "gzip"),
            ("gzip;q= 0;q=1", ""),
            ("gzip;q =0;q=1", "gzip"),
            ("gzip; q=0;q=1", ""),
            ("gzip;nq=0;q=1", ""),
        ] {
            assert_eq!(accepted(&[list]), expected, "{list}");
        }
    }

    #[test]
    fn only_the_first_header_counts() {
        assert_eq!(accepted(&["gzip", "identity"]), "gzip");
        assert_eq!(accepted(&["identity", "gzip"]), "");
    }
}
