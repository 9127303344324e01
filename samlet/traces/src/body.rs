//! Events, bodies and answers, as far as they are kept.

use bytes::Bytes;
use http::HeaderMap;

/// What is kept of each; the rest is cut.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// What is kept of all of a message's headers together: API Gateway takes no more.
const MAX_HEADER_BYTES: usize = 10_240;

/// Bytes of any other text that is kept: a path, a name, an error.
const MAX_TEXT_BYTES: usize = 2048;

/// The beginning of a text, or all of it.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

/// The first headers, or all of them; and whether those are all.
pub(crate) fn cut_headers(headers: &HeaderMap) -> (HeaderMap, bool) {
    let size =
        |(name, value): (&http::HeaderName, &http::HeaderValue)| name.as_str().len() + value.len();
    if headers.iter().map(size).sum::<usize>() <= MAX_HEADER_BYTES {
        return (headers.clone(), true);
    }
    let mut kept = HeaderMap::new();
    let mut room = MAX_HEADER_BYTES;
    for (name, value) in headers {
        let Some(left) = room.checked_sub(size((name, value))) else {
            break;
        };
        room = left;
        kept.append(name, value.clone());
    }
    (kept, false)
}

/// The beginning of a body, or all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What there is of it.
    pub bytes: Bytes,
    /// The whole body's length in bytes.
    pub size: usize,
}

impl Kept {
    /// Keeps a body. It is copied, unless it is `owned`: a part of a larger
    /// buffer would hold on to all of that.
    pub(crate) fn new(body: &Bytes, owned: bool) -> Self {
        let cut = body.len().min(MAX_BODY_BYTES);
        let bytes = match owned && cut == body.len() {
            true => body.clone(),
            false => Bytes::copy_from_slice(&body[..cut]),
        };
        Self {
            bytes,
            size: body.len(),
        }
    }

    /// Whether there was more.
    pub fn is_cut(&self) -> bool {
        self.bytes.len() < self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_headers_and_texts_the_beginning_is_kept() {
        let mut headers = HeaderMap::new();
        for n in 0..20 {
            let value = http::HeaderValue::from_str(&format!("{n:01000}"));
            headers.append(
                "x-long",
                value.unwrap_or(http::HeaderValue::from_static("")),
            );
        }
        let (kept, all) = cut_headers(&headers);
        assert_eq!((kept.len(), all), (10, false));
        kept.iter()
            .zip(&headers)
            .for_each(|(kept, sent)| assert_eq!(kept, sent));
        let few = HeaderMap::from_iter([(http::header::HOST, headers["x-long"].clone())]);
        assert_eq!(cut_headers(&few), (few.clone(), true));
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"é".repeat(2000)).len(), MAX_TEXT_BYTES);
    }

    #[test]
    fn what_is_too_long_is_cut_and_its_length_told() {
        let long = Bytes::from(vec![b'x'; MAX_BODY_BYTES + 1]);
        let kept = Kept::new(&long, true);
        assert!(kept.is_cut());
        assert_eq!((kept.bytes.len(), kept.size), (MAX_BODY_BYTES, long.len()));
        let short = Bytes::from_static(b"{}");
        assert!(!Kept::new(&short, false).is_cut());
    }
}
