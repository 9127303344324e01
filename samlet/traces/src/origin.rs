//! Where a request comes from.

use std::sync::Arc;

use http::HeaderMap;

use crate::body::{cut, cut_headers};

/// Where a request comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A client of an API.
    Api(Arc<ApiRequest>),
    /// The Invoke API.
    Invoke,
    /// The Invoke API, asynchronously: one attempt.
    Event,
}

/// A client's request, but for its body.
#[derive(Debug)]
pub struct ApiRequest {
    /// The API's logical id.
    pub api: String,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// Whether these are all, and the path is: what is too long is cut.
    pub is_whole: bool,
}

impl Origin {
    /// A client's request of the API of this logical id.
    pub fn api(api: &str, method: &str, target: &str, headers: &HeaderMap) -> Self {
        let (headers, all) = cut_headers(headers);
        Self::Api(Arc::new(ApiRequest {
            api: api.to_owned(),
            method: cut(method).to_owned(),
            target: cut(target).to_owned(),
            headers,
            is_whole: all && cut(target).len() == target.len(),
        }))
    }
}
