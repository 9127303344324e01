//! An endpoint with one service, and requests that are signed for it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use samlet_aws::Place;
use samlet_endpoint::Endpoint;
use samlet_iam::{Denied, Identities, Principal};
use samlet_service::{AccessObserver, Service, Services};
use samlet_traces::Traces;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct Unobserved;

impl AccessObserver for Unobserved {
    fn allowed(&self, _: &Principal, _: &str, _: &str) {}
    fn denied(&self, _: &Principal, _: &Denied) {}
}

/// Starts an endpoint with these services; gives its address.
pub(crate) async fn start(list: Vec<Arc<dyn Service>>) -> String {
    let place = Place::new("us-east-1", "123456789012", "local");
    let services = Services::new(Arc::new(place.clone()), Arc::new(Unobserved));
    services.add(list);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let endpoint = Endpoint::new(
        Arc::new(Identities::new(place)),
        services,
        Traces::default(),
        Vec::new(),
        CancellationToken::new(),
    );
    tokio::spawn(Arc::new(endpoint).serve(listener));
    address
}

/// The lines of a request's headers, and of those that sign it.
pub(crate) fn signed(
    (method, url): (&str, &str),
    service: &str,
    headers: &[(&str, &str)],
    settings: SigningSettings,
    body: SignableBody<'_>,
) -> String {
    let credentials =
        aws_credential_types::Credentials::new("local", "local", None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&credentials)
        .region("us-east-1")
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .unwrap();
    let signable = SignableRequest::new(method, url, headers.iter().copied(), body).unwrap();
    let mut request = http::Request::builder().uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(()).unwrap();
    let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    let headers = request.headers().iter();
    let lines = headers.map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()));
    lines.collect()
}
