//! The content encodings `gzip` and `deflate`: bodies are compressed, and decompressed within a bound.
//! <https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1>

use std::io::{self, Read};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::{GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder};

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEncoding {
    /// RFC 1952.
    Gzip,
    /// The zlib format of RFC 1950.
    Deflate,
}

/// Why a body cannot be decompressed.
#[derive(Debug, thiserror::Error)]
pub enum DecompressError {
    /// It is not what its encoding asks for, or is cut short.
    #[error("the body is not valid {}: {source}", encoding.name())]
    Invalid {
        /// The encoding.
        encoding: ContentEncoding,
        /// What is wrong with it.
        source: io::Error,
    },
    /// It is longer than the limit once decompressed.
    #[error("the body is longer than {0} bytes once decompressed")]
    TooLarge(usize),
}

/// Members that a gzip body may have: beginning one takes as long as decompressing 32 kB, and the smallest has 20 bytes.
/// Tools that write many members put at least 64 kB into each.
const MAX_MEMBERS: usize = 1024;

/// The most bytes that one compressed byte can become: a match of 258 bytes takes two bits.
const MAX_RATIO: usize = 1032;

impl ContentEncoding {
    /// The encoding of this name, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut known = [Self::Gzip, Self::Deflate].into_iter();
        known.find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }

    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// Compresses `bytes`, quickly rather than well.
    pub fn compress(self, bytes: &[u8]) -> io::Result<Bytes> {
        let mut compressed = Vec::new();
        match self {
            Self::Gzip => GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut compressed),
            Self::Deflate => {
                ZlibEncoder::new(bytes, Compression::fast()).read_to_end(&mut compressed)
            }
        }?;
        Ok(compressed.into())
    }

    /// Decompresses `bytes`, and stops as soon as there are more than `max_bytes` of it. What follows the end of the
    /// compressed data is ignored.
    pub fn decompress(self, bytes: &[u8], max_bytes: usize) -> Result<Bytes, DecompressError> {
        // All of it at once: growing it would take up to three times as much.
        let longest = bytes.len().saturating_mul(MAX_RATIO);
        let mut decompressed = Vec::with_capacity(longest.min(max_bytes.saturating_add(1)));
        let read = match self {
            Self::Gzip => read_members(bytes, &mut decompressed, max_bytes),
            Self::Deflate => {
                read_at_most(&mut ZlibDecoder::new(bytes), &mut decompressed, max_bytes)
            }
        };
        read.map_err(|source| DecompressError::Invalid {
            encoding: self,
            source,
        })?;
        if decompressed.len() > max_bytes {
            return Err(DecompressError::TooLarge(max_bytes));
        }
        Ok(decompressed.into())
    }
}

/// Decompresses the members of a gzip body, one after the other. Like Java's `GZIPInputStream`, it takes what follows a
/// member and doesn't begin another one for padding.
fn read_members(bytes: &[u8], decompressed: &mut Vec<u8>, max_bytes: usize) -> io::Result<()> {
    let mut member = GzDecoder::new(bytes);
    for number in 0..MAX_MEMBERS {
        if let Err(error) = read_at_most(&mut member, decompressed, max_bytes) {
            let is_padding = number > 0 && member.header().is_none();
            return if is_padding { Ok(()) } else { Err(error) };
        }
        let rest: &[u8] = member.get_ref();
        if rest.is_empty() || decompressed.len() > max_bytes {
            return Ok(());
        }
        member.reset(rest);
    }
    let text = format!("it has more than {MAX_MEMBERS} members");
    Err(io::Error::new(io::ErrorKind::InvalidData, text))
}

/// Reads until `bytes` has everything, or one byte more than `max_bytes`.
fn read_at_most(decoder: &mut impl Read, bytes: &mut Vec<u8>, max_bytes: usize) -> io::Result<()> {
    let left = max_bytes.saturating_add(1).saturating_sub(bytes.len());
    decoder.take(left as u64).read_to_end(bytes)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ContentEncoding::{Deflate, Gzip};

    const TEXT: &[u8] = b"a text, a text, and the same text again";

    fn decompress(encoding: ContentEncoding, bytes: &[u8]) -> Option<Vec<u8>> {
        let decompressed = encoding.decompress(bytes, 1000);
        decompressed.ok().map(Vec::from)
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for encoding in [Gzip, Deflate] {
            for bytes in [&b""[..], TEXT, &[0; 1000]] {
                let compressed = encoding.compress(bytes).unwrap();
                assert_eq!(decompress(encoding, &compressed).unwrap(), bytes);
            }
        }
        let compressed = Gzip.compress(TEXT).unwrap();
        assert!(decompress(Deflate, &compressed).is_none());
    }

    #[test]
    fn encodings_are_known_by_their_names_in_any_case() {
        assert_eq!(ContentEncoding::from_name("GZip"), Some(Gzip));
        assert_eq!(ContentEncoding::from_name("deflate"), Some(Deflate));
        for name in ["", "x-gzip", "gzip, gzip", "br"] {
            assert_eq!(ContentEncoding::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_body_that_is_cut_short_is_invalid() {
        for encoding in [Gzip, Deflate] {
            let compressed = encoding.compress(TEXT).unwrap();
            for length in 0..compressed.len() {
                let cut = decompress(encoding, &compressed[..length]);
                assert!(cut.is_none(), "{encoding:?} of {length} bytes");
            }
        }
    }

    #[test]
    fn a_changed_bit_never_makes_another_text() {
        for encoding in [Gzip, Deflate] {
            let compressed = encoding.compress(TEXT).unwrap();
            for bit in 0..compressed.len() * 8 {
                let mut changed = compressed.to_vec();
                changed[bit / 8] ^= 1 << (bit % 8);
                let text = decompress(encoding, &changed);
                // It may be one that says nothing, such as of the time in gzip's header.
                assert!(
                    text.is_none_or(|text| text == TEXT),
                    "{encoding:?}, bit {bit}"
                );
            }
        }
    }

    #[test]
    fn members_follow_each_other_and_padding_is_ignored() {
        let (first, second) = TEXT.split_at(10);
        let compressed = |bytes| Gzip.compress(bytes).unwrap();
        let both = [compressed(first), compressed(second)].concat();
        assert_eq!(decompress(Gzip, &both).unwrap(), TEXT);
        for padding in [&b"junk"[..], &[0; 100], &b"\x1f\x8b"[..]] {
            let padded = [&both, padding].concat();
            assert_eq!(decompress(Gzip, &padded).unwrap(), TEXT);
        }
        assert!(decompress(Gzip, &both[..both.len() - 1]).is_none());

        // RFC 1950 knows no members.
        let compressed = |bytes| Deflate.compress(bytes).unwrap();
        let both = [compressed(first), compressed(second)].concat();
        assert_eq!(decompress(Deflate, &both).unwrap(), first);
    }

    #[test]
    fn what_is_longer_than_the_limit_is_too_large() {
        for encoding in [Gzip, Deflate] {
            let decompress = |length| {
                let compressed = encoding.compress(&vec![0; length]).unwrap();
                encoding.decompress(&compressed, 100_000)
            };
            assert_eq!(decompress(100_000).unwrap().len(), 100_000);
            let error = decompress(100_001).unwrap_err();
            assert!(matches!(error, DecompressError::TooLarge(100_000)));
        }
        let members = Gzip.compress(&[0; 60_000]).unwrap().repeat(3);
        let error = Gzip.decompress(&members, 100_000).unwrap_err();
        assert!(matches!(error, DecompressError::TooLarge(100_000)));
    }

    #[test]
    fn members_have_a_bound_though_they_are_empty() {
        let empty = Gzip.compress(b"").unwrap();
        assert_eq!(decompress(Gzip, &empty.repeat(MAX_MEMBERS)).unwrap(), b"");
        assert!(decompress(Gzip, &empty.repeat(MAX_MEMBERS + 1)).is_none());
    }
}
