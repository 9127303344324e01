//! Where a new route goes: the API that it is added to.

use samlet_template::{Api, ApiKind};

/// The API that a route is added to.
pub(crate) struct Target {
    pub(crate) kind: ApiKind,
    /// `None` is the one that SAM makes by itself.
    pub(crate) logical_id: Option<String>,
}

impl Target {
    pub(crate) fn of(api: &Api) -> Self {
        let is_implicit = matches!(
            api.logical_id.as_str(),
            "ServerlessRestApi" | "ServerlessHttpApi"
        );
        Self {
            kind: api.kind,
            logical_id: (!is_implicit).then(|| api.logical_id.clone()),
        }
    }

    /// The type of the function's event.
    pub(crate) fn event(&self) -> &'static str {
        match self.kind {
            ApiKind::Rest => "Api",
            ApiKind::Http => "HttpApi",
        }
    }

    /// What the function is given.
    pub(crate) fn request(&self) -> &'static str {
        match self.kind {
            ApiKind::Rest => "ApiGatewayProxyRequest",
            ApiKind::Http => "ApiGatewayV2httpRequest",
        }
    }
}
