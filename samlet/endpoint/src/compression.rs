//! Compressed requests and answers, for services that have them: what is compressed, and how much at once.
//!
//! Small bodies are dealt with in place, since that takes less than a millisecond. Large ones are kept off the threads
//! that serve requests, and few are in memory at a time: a body of a few kilobytes may become one of megabytes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use samlet_http::{ContentEncoding, DecompressError, Response};
use samlet_service::{Fault, Protocol};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// Longer bodies, compressed or not, are large.
const MAX_SMALL_BYTES: usize = 64 * 1024;

/// Large decompressed bodies in memory at once, each until its request is answered.
const MAX_DECOMPRESSED: usize = 8;

/// Large answers that are compressed at once.
const MAX_COMPRESSING: usize = 4;

/// How long a request may wait until there is room for its large body.
const ROOM_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers up to this length are not compressed, as on AWS.
const MAX_PLAIN_BYTES: usize = 4096;

/// Decompresses requests, and compresses answers.
#[derive(Debug)]
pub(crate) struct Compression {
    decompressed: Arc<Semaphore>,
    compressing: Arc<Semaphore>,
}

impl Default for Compression {
    fn default() -> Self {
        Self {
            decompressed: Arc::new(Semaphore::new(MAX_DECOMPRESSED)),
            compressing: Arc::new(Semaphore::new(MAX_COMPRESSING)),
        }
    }
}

impl Compression {
    /// A request's body, decompressed by what its headers say: at most `max_bytes` of it.
    pub(crate) async fn decompress(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        max_bytes: usize,
    ) -> Result<Bytes, Fault> {
        let Some(encoding) = encoding_of(headers)? else {
            return Ok(body);
        };
        if body.len() <= MAX_SMALL_BYTES {
            match encoding.decompress(&body, MAX_SMALL_BYTES.min(max_bytes)) {
                // It becomes large: it is done again where that holds up no other request.
                Err(DecompressError::TooLarge(_)) => {}
                outcome => return outcome.map_err(|error| Fault::undecodable(error.to_string())),
            }
        }
        let room = Arc::clone(&self.decompressed).acquire_owned();
        let Ok(Ok(room)) = tokio::time::timeout(ROOM_TIMEOUT, room).await else {
            return Err(no_room());
        };
        let decompressed = spawn_blocking(move || encoding.decompress(&body, max_bytes)).await;
        let decompressed = decompressed.map_err(|_| Fault::internal())?;
        let bytes = decompressed.map_err(|error| Fault::undecodable(error.to_string()))?;
        Ok(Bytes::from_owner(RoomedBytes { bytes, _room: room }))
    }

    /// Compresses an answer that is long enough, by an encoding that its client accepts.
    pub(crate) async fn compress(
        &self,
        encoding: ContentEncoding,
        protocol: &Protocol,
        mut response: Response,
    ) -> Response {
        let Some(body) = samlet_http::peek(response.body()) else {
            return response;
        };
        if body.len() <= MAX_PLAIN_BYTES {
            return response;
        }
        if let Some(compressed) = self.compressed(encoding, body).await {
            protocol.replace_body(&mut response, compressed);
            let name = HeaderValue::from_static(encoding.name());
            response.headers_mut().insert(CONTENT_ENCODING, name);
        }
        response
    }

    async fn compressed(&self, encoding: ContentEncoding, body: Bytes) -> Option<Bytes> {
        if body.len() <= MAX_SMALL_BYTES {
            return encoding.compress(&body).ok();
        }
        let _turn = self.compressing.acquire().await.ok()?;
        let compressed = spawn_blocking(move || encoding.compress(&body)).await;
        compressed.ok()?.ok()
    }
}

/// Bytes that keep their room until they are gone.
struct RoomedBytes {
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for RoomedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How a request's body is compressed, if it is. Several encodings, one after the other, are refused like unknown ones.
fn encoding_of(headers: &HeaderMap) -> Result<Option<ContentEncoding>, Fault> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let name = value.to_str().unwrap_or_default().trim();
    let is_single = values.next().is_none();
    if is_single && name.eq_ignore_ascii_case("identity") {
        return Ok(None);
    }
    match ContentEncoding::from_name(name) {
        Some(encoding) if is_single => Ok(Some(encoding)),
        _ => Err(Fault::undecodable(
            "Content-Encoding must be gzip, deflate or identity, and only one of them",
        )),
    }
}

fn no_room() -> Fault {
    let text = "too many large compressed requests at once; try again";
    Fault::new(503, "ServiceUnavailable", text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MAX_BYTES: usize = 1_000_000;

    fn headers() -> HeaderMap {
        let gzip = HeaderValue::from_static("gzip");
        HeaderMap::from_iter([(CONTENT_ENCODING, gzip)])
    }

    fn compressed(length: usize) -> Bytes {
        ContentEncoding::Gzip.compress(&vec![0; length]).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn few_large_bodies_are_in_memory_at_once_and_small_ones_go_by() {
        let compression = Compression::default();
        let headers = headers();
        let decompress = |length| compression.decompress(&headers, compressed(length), MAX_BYTES);
        let mut held = Vec::new();
        for _ in 0..MAX_DECOMPRESSED {
            held.push(decompress(MAX_BYTES).await.unwrap());
        }
        assert_eq!(decompress(MAX_BYTES).await.unwrap_err().status, 503);
        assert_eq!(
            decompress(MAX_SMALL_BYTES).await.unwrap().len(),
            MAX_SMALL_BYTES
        );
        let part = held.pop().unwrap().slice(..1);
        assert_eq!(decompress(MAX_BYTES).await.unwrap_err().status, 503);
        drop(part);
        assert_eq!(decompress(MAX_BYTES).await.unwrap().len(), MAX_BYTES);
    }

    #[tokio::test]
    async fn a_body_is_at_most_as_long_as_its_service_takes() {
        let compression = Compression::default();
        let headers = headers();
        for max_bytes in [10, MAX_SMALL_BYTES, MAX_SMALL_BYTES + 1, MAX_BYTES] {
            let decompress =
                |length| compression.decompress(&headers, compressed(length), max_bytes);
            assert_eq!(decompress(max_bytes).await.unwrap().len(), max_bytes);
            let fault = decompress(max_bytes + 1).await.unwrap_err();
            assert_eq!(fault.status, 500, "{max_bytes}");
        }
    }
}
