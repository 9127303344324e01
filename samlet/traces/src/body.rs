//! Events, bodies and answers, as far as they are kept.

use bytes::Bytes;

/// What is kept of each; the rest is cut.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

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
    fn what_is_too_long_is_cut_and_its_length_told() {
        let long = Bytes::from(vec![b'x'; MAX_BODY_BYTES + 1]);
        let kept = Kept::new(&long, true);
        assert!(kept.is_cut());
        assert_eq!((kept.bytes.len(), kept.size), (MAX_BODY_BYTES, long.len()));
        let short = Bytes::from_static(b"{}");
        assert!(!Kept::new(&short, false).is_cut());
    }
}
