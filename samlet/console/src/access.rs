//! Who may look: whoever has the token, and no page of another origin for them.

use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq;

use crate::answer::{Problem, Query, problem};
use crate::{Console, PATH, assets};

impl Console {
    /// Whether a request is to be answered. That its `Host` is a loopback name
    /// the endpoint has seen to.
    pub(crate) fn admit(&self, parts: &Parts) -> Result<(), Problem> {
        let path = parts.uri.path().strip_prefix(PATH).unwrap_or_default();
        if is_foreign(&parts.headers) && !(path.is_empty() && opens_a_page(&parts.headers)) {
            let message = "pages of other origins may not read this";
            return Err(problem(StatusCode::FORBIDDEN, message));
        }
        // Files that are the same for everybody.
        if assets::is_public(path) || self.has_token(parts) {
            return Ok(());
        }
        let message = "the token is missing or wrong: open the address that samlet start printed";
        Err(problem(StatusCode::UNAUTHORIZED, message))
    }

    fn has_token(&self, parts: &Parts) -> bool {
        let query = Query::of(parts);
        let bearer = header_text(&parts.headers, header::AUTHORIZATION.as_str());
        let bearer = bearer.and_then(|text| text.strip_prefix("Bearer "));
        let mut given = query.get("token").into_iter().chain(bearer);
        given.any(|given| given.as_bytes().ct_eq(self.token.as_bytes()).into())
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a page of another origin makes this request, by what its browser says.
fn is_foreign(headers: &HeaderMap) -> bool {
    let site = header_text(headers, "sec-fetch-site");
    // Another port is another origin, though the same site.
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let host = header_text(headers, header::HOST.as_str()).unwrap_or_default();
    origin.as_bytes() != format!("http://{host}").as_bytes()
}

/// A link that is followed in a window of its own shows the page to the user,
/// not to the page with the link.
fn opens_a_page(headers: &HeaderMap) -> bool {
    header_text(headers, "sec-fetch-mode") == Some("navigate")
        && header_text(headers, "sec-fetch-dest") == Some("document")
        && !headers.contains_key(header::ORIGIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                let name = header::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn requests_of_other_pages_are_told_from_ones_own() {
        let host = ("host", "127.0.0.1:4566");
        for own in [
            &[host][..],
            &[host, ("origin", "http://127.0.0.1:4566")],
            &[host, ("sec-fetch-site", "same-origin")],
            &[host, ("sec-fetch-site", "none")],
        ] {
            assert!(!is_foreign(&headers(own)), "{own:?}");
        }
        for foreign in [
            &[host, ("origin", "http://127.0.0.1:3000")][..],
            &[host, ("origin", "null")],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "cross-site")],
        ] {
            assert!(is_foreign(&headers(foreign)), "{foreign:?}");
        }
    }

    #[test]
    fn a_link_may_open_the_page_and_a_frame_may_not() {
        let navigate = ("sec-fetch-mode", "navigate");
        let page = [navigate, ("sec-fetch-dest", "document")];
        assert!(opens_a_page(&headers(&page)));
        let frame = [navigate, ("sec-fetch-dest", "iframe")];
        assert!(!opens_a_page(&headers(&frame)));
    }
}
