//! Cross-origin requests: what preflights are answered, and what an HTTP API adds to answers.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html>
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use samlet_http::Response;
use samlet_template::{Cors, Route};

const ALL_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The answers to OPTIONS that SAM's `Cors` adds to a REST API: one for each
/// path that has no OPTIONS of its own.
pub(crate) fn rest_preflights(cors: &Cors, routes: &[Route]) -> BTreeMap<String, HeaderMap> {
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in routes {
        methods
            .entry(&route.path)
            .or_default()
            .insert(&route.method);
    }
    methods
        .into_iter()
        .filter(|(_, methods)| !methods.contains("OPTIONS"))
        .map(|(path, mut methods)| {
            if methods.contains("ANY") {
                methods = ALL_METHODS.into();
            }
            methods.insert("OPTIONS");
            let of_path: Vec<&str> = methods.into_iter().collect();
            (path.to_owned(), rest_headers(cors, &of_path.join(",")))
        })
        .collect()
}

fn rest_headers(cors: &Cors, methods_of_path: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let allow_methods = cors
        .allow_methods
        .first()
        .map_or(methods_of_path, String::as_str);
    set(
        &mut headers,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        allow_methods,
    );
    for origin in &cors.allow_origins {
        set(&mut headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    for allowed in &cors.allow_headers {
        set(&mut headers, header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    if let Some(age) = cors.max_age {
        set(
            &mut headers,
            header::ACCESS_CONTROL_MAX_AGE,
            &age.to_string(),
        );
    }
    if cors.allow_credentials {
        set(
            &mut headers,
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            "true",
        );
    }
    headers
}

/// The answer to a preflight of a REST API.
pub(crate) fn rest_preflight(headers: &HeaderMap) -> Response {
    let mut response = http::Response::new(samlet_http::whole(Bytes::new()));
    *response.headers_mut() = headers.clone();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// An HTTP API's answer to a preflight request, if this is one.
pub(crate) fn http_preflight(cors: &Cors, request: &Parts) -> Option<Response> {
    if request.method != Method::OPTIONS || !request.headers.contains_key(ORIGIN) {
        return None;
    }
    let mut response = http::Response::new(samlet_http::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let wanted = request.headers.get(ACCESS_CONTROL_REQUEST_METHOD);
    let wanted = wanted.and_then(|value| value.to_str().ok());
    let allowed = |list: &[String], name: &str| {
        list.iter()
            .any(|known| known == "*" || known.eq_ignore_ascii_case(name))
    };
    if wanted.is_some_and(|method| allowed(&cors.allow_methods, method)) {
        let headers = response.headers_mut();
        add_http_headers(cors, request, headers);
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            let joined = |list: &[String]| list.join(",");
            set(
                headers,
                header::ACCESS_CONTROL_ALLOW_METHODS,
                &joined(&cors.allow_methods),
            );
            if !cors.allow_headers.is_empty() {
                let names = joined(&cors.allow_headers).to_lowercase();
                set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &names);
            }
            if let Some(age) = cors.max_age {
                set(headers, header::ACCESS_CONTROL_MAX_AGE, &age.to_string());
            }
        }
    }
    Some(response)
}

/// Puts an HTTP API's own headers in place of what the function answered.
pub(crate) fn add_http_headers(cors: &Cors, request: &Parts, headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
    let origin = request
        .headers
        .get(ORIGIN)
        .and_then(|value| value.to_str().ok());
    let Some(origin) = origin else { return };
    let any = cors.allow_origins.iter().any(|known| known == "*");
    if !any
        && !cors
            .allow_origins
            .iter()
            .any(|known| origin_matches(known, origin))
    {
        return;
    }
    let value = if any { "*" } else { origin };
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
    if cors.allow_credentials {
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if !cors.expose_headers.is_empty() {
        let names = cors.expose_headers.join(",").to_lowercase();
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &names);
    }
}

/// `https://*` and `http://*` are all origins of that scheme.
fn origin_matches(known: &str, origin: &str) -> bool {
    match known.strip_suffix('*') {
        Some(scheme) => origin.starts_with(scheme),
        None => known.eq_ignore_ascii_case(origin),
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
