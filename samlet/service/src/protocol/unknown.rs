//! The protocols in which services that are not here are refused, so that their own SDKs show the reason.

use super::{Json, JsonVersion, Protocol, Query, RestXml};

/// For what speaks AWS JSON, and for what can't be made out.
pub(crate) static JSON: Protocol = Protocol::Json(Json {
    version: JsonVersion::V1_0,
    targets: &[],
    namespace: "com.amazon.coral.service#",
    is_dynamodb_style: false,
});

/// For forms.
pub(crate) static QUERY: Protocol = Protocol::Query(Query {
    version: "",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
});

/// For S3.
pub(crate) static REST_XML: Protocol = Protocol::RestXml(RestXml);
