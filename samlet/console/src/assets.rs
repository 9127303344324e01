//! The page's files, as they are compiled in.

use http::{HeaderValue, Method, StatusCode, header};
use include_dir::{Dir, include_dir};
use samlet_http::{Response, whole};

use crate::answer::{self, problem};

/// What the page may do: nothing that its own files don't.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// All of them.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/page");

/// The page itself.
const PAGE: &str = "index.html";

/// What a file is, by what its name ends in.
const TYPES: [(&str, &str); 6] = [
    (".html", "text/html; charset=utf-8"),
    (".css", "text/css; charset=utf-8"),
    (".js", "text/javascript; charset=utf-8"),
    (".svg", "image/svg+xml"),
    (".txt", "text/plain; charset=utf-8"),
    (".md", "text/markdown; charset=utf-8"),
];

/// Whether a path is that of a file that is the same for everybody: the page
/// itself is for who has the token.
pub(crate) fn is_public(path: &str) -> bool {
    path != PAGE && FILES.get_file(path).is_some()
}

/// The page, or one of its files.
pub(crate) fn response(method: &Method, path: &str) -> Response {
    if method != Method::GET && method != Method::HEAD {
        let message = "the page is only read";
        return problem(StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    }
    let path = if path.is_empty() { PAGE } else { path };
    let mut types = TYPES.iter();
    let content_type = types.find(|(end, _)| path.ends_with(end));
    let (Some((_, content_type)), Some(file)) = (content_type, FILES.get_file(path)) else {
        let message = format!("there is no {path}");
        return problem(StatusCode::NOT_FOUND, message).into_response();
    };
    let content = match *method == Method::HEAD {
        true => &[],
        false => file.contents(),
    };
    let mut response = answer::response(StatusCode::OK, content_type, whole(content));
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // Unchanged for as long as samlet is: but another version may run next.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
