//! Each wire protocol: how a request says which service it is for, and how answers and refusals are written.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use http::request::Parts;
use samlet_aws::Place;
use samlet_iam::{AuthenticationError, Denied, Principal, Reason};
use samlet_service::protocol::{Json, JsonVersion, Query, RestJson, RestXml};
use samlet_service::xml::Element;
use samlet_service::{
    AccessObserver, Answer, BodyRule, Call, Fault, Identity, Operation, Protocol, Recognised,
    Service, Services, async_trait,
};
use serde_json::{Value, json};

const fn identity(name: &'static str, protocols: &'static [Protocol]) -> Identity {
    Identity {
        signing_name: name,
        title: name,
        iam_prefix: name,
        actions: "",
        condition_keys: "",
        protocols,
        body: BodyRule::Whole { max_bytes: 10 },
        has_compression: false,
        check: None,
        stored: &[],
    }
}

const fn json(version: JsonVersion, namespace: &'static str, dynamodb: bool) -> Json {
    Json {
        version,
        targets: &["Tables_1", "Streams_1"],
        namespace,
        is_dynamodb_style: dynamodb,
    }
}

const CORAL: &str = "com.amazon.coral.service#";

static TABLES: Identity = identity(
    "tables",
    &[Protocol::Json(json(JsonVersion::V1_0, CORAL, true))],
);
static WHO: Identity = identity(
    "who",
    &[Protocol::Query(Query {
        version: "2011-06-15",
        namespace: "https://who.example.com/",
    })],
);
static CODE: Identity = identity(
    "code",
    &[Protocol::RestJson(RestJson {
        paths: &["/2015-03-31/functions"],
    })],
);
static S3: Identity = identity("s3", &[Protocol::RestXml(RestXml)]);

#[derive(Debug)]
struct Named(&'static Identity);

#[async_trait]
impl Service for Named {
    fn identity(&self) -> &'static Identity {
        self.0
    }

    async fn read(&self, _call: Call) -> Result<Box<dyn Operation>, Fault> {
        Err(Fault::internal())
    }
}

#[derive(Debug)]
struct Unobserved;

impl AccessObserver for Unobserved {
    fn allowed(&self, _: &Principal, _: &str, _: &str) {}
    fn denied(&self, _: &Principal, _: &Denied) {}
}

fn services(identities: &[&'static Identity]) -> Arc<Services> {
    let place = Place::new("us-east-1", "123456789012", "local");
    let services = Services::new(Arc::new(place), Arc::new(Unobserved));
    let list = identities
        .iter()
        .map(|identity| Arc::new(Named(identity)) as _);
    services.add(list.collect());
    services
}

fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// `service operation`, or what it is otherwise.
fn recognised(services: &Services, head: &Parts, body: &str) -> String {
    let mut recognised = services.recognise(head, None);
    if matches!(recognised, Recognised::Form { .. }) {
        recognised = services.recognise(head, Some(body.as_bytes()));
    }
    match recognised {
        Recognised::Known(destination) => {
            let name = destination.service.identity().signing_name;
            let operation = destination.operation.unwrap_or_default();
            format!("{name} {operation}").trim_end().to_owned()
        }
        Recognised::Unknown(unknown) => format!("unknown: {}", unknown.what),
        Recognised::WrongContentType(_) => "wrong content type".into(),
        Recognised::Form { .. } => "a form".into(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn each_protocol_names_its_service_in_its_own_way() {
    let services = services(&[&TABLES, &WHO, &CODE, &S3]);
    let json = ("content-type", "application/x-amz-json-1.0");
    let form = (
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    let signed = |service: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20261127/us-east-1/{service}/aws4_request, Signature=x"
        )
    };
    let (s3, other) = (signed("s3"), signed("sns"));
    let who = "Action=Who&Version=2011-06-15";
    for (method, path, headers, body, expected) in [
        (
            "POST",
            "/",
            vec![json, ("x-amz-target", "Tables_1.Get")],
            "",
            "tables Get",
        ),
        (
            "POST",
            "/",
            vec![json, ("x-amz-target", "Streams_1.List")],
            "",
            "tables List",
        ),
        (
            "POST",
            "/",
            vec![("x-amz-target", "Tables_1.Get")],
            "",
            "wrong content type",
        ),
        (
            "POST",
            "/",
            vec![
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "Tables_1.Get"),
            ],
            "",
            "wrong content type",
        ),
        (
            "POST",
            "/",
            vec![
                ("content-type", "application/x-amz-json-1.0; charset=utf-8"),
                ("x-amz-target", "Tables_1.Get"),
            ],
            "",
            "tables Get",
        ),
        (
            "POST",
            "/",
            vec![json, ("x-amz-target", "Queues.Send")],
            "",
            "unknown: Queues.Send",
        ),
        ("POST", "/", vec![form], who, "who Who"),
        (
            "GET",
            "/?Action=Who&Version=2011-06-15",
            vec![],
            "",
            "who Who",
        ),
        (
            "POST",
            "/",
            vec![form],
            "Action=Publish&Version=2010-03-31",
            "unknown: Publish",
        ),
        (
            "POST",
            "/",
            vec![form, ("authorization", other.as_str())],
            "Action=Publish&Version=2010-03-31",
            "unknown: sns: Publish",
        ),
        // Part of another value, it is no version.
        (
            "POST",
            "/",
            vec![form],
            "Action=Who&Text=Version=2011-06-15",
            "unknown: Who",
        ),
        (
            "POST",
            "/",
            vec![form],
            "nothing",
            "unknown: a form without an Action",
        ),
        (
            "POST",
            "/2015-03-31/functions/f/invocations",
            vec![json],
            "",
            "code",
        ),
        ("GET", "/2015-03-31/functions", vec![], "", "code"),
        (
            "GET",
            "/2015-03-31/functionsx",
            vec![],
            "",
            "unknown: GET /2015-03-31/functionsx",
        ),
        (
            "PUT",
            "/bucket/key",
            vec![("authorization", s3.as_str())],
            "",
            "s3",
        ),
        (
            "GET",
            "/bucket/key?X-Amz-Credential=AKID%2F20261127%2Fus-east-1%2Fs3%2Faws4_request",
            vec![],
            "",
            "s3",
        ),
        ("PUT", "/bucket/key", vec![], "", "unknown: PUT /bucket/key"),
    ] {
        let head = head(method, path, &headers);
        assert_eq!(
            recognised(&services, &head, body),
            expected,
            "{method} {path} {headers:?} {body}"
        );
    }
}

/// An answer's status, exception and body.
fn written(protocol: &Protocol, outcome: Result<Answer, Fault>) -> (u16, String, String) {
    let response = protocol.write(Some("Get"), outcome);
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    assert!(!(header("x-amzn-requestid") + &header("x-amz-request-id")).is_empty());
    let body = samlet_http::peek(response.body()).unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (response.status().as_u16(), header("x-amzn-errortype"), body)
}

fn denied() -> Fault {
    Fault::denied(&Denied {
        principal: "p".into(),
        action: "a:B".into(),
        resource: "r".into(),
        reason: Reason::NotAllowed,
        near: Vec::new(),
    })
}

#[test]
fn what_every_service_refuses_is_refused_in_the_words_of_its_protocol() {
    let stranger = || Fault::unauthenticated(&AuthenticationError::UnrecognizedClient);
    let unknown = || Fault::unknown_operation("no Melt");
    for (fault, in_json, in_query, in_rest_json, in_s3) in [
        (
            stranger(),
            (400, "UnrecognizedClientException"),
            (403, "InvalidClientTokenId"),
            (403, "UnrecognizedClientException"),
            (403, "InvalidAccessKeyId"),
        ),
        (
            denied(),
            (400, "AccessDeniedException"),
            (403, "AccessDenied"),
            (403, "AccessDeniedException"),
            (403, "AccessDenied"),
        ),
        (
            Fault::malformed(),
            (400, "SerializationException"),
            (400, "MalformedQueryString"),
            (400, "SerializationException"),
            (400, "MalformedXML"),
        ),
        (
            unknown(),
            (400, "UnknownOperationException"),
            (400, "InvalidAction"),
            (404, "UnknownOperationException"),
            (400, "NotImplemented"),
        ),
        (
            Fault::too_large(10),
            (413, "RequestEntityTooLargeException"),
            (413, "RequestEntityTooLarge"),
            (413, "RequestEntityTooLargeException"),
            (413, "EntityTooLarge"),
        ),
    ] {
        let (status, _, body) = written(&TABLES.protocols[0], Err(fault.clone()));
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (status, &body["__type"]),
            (in_json.0, &json!(format!("{CORAL}{}", in_json.1)))
        );
        let (status, _, body) = written(&WHO.protocols[0], Err(fault.clone()));
        assert_eq!(status, in_query.0, "{body}");
        assert!(
            body.contains(&format!("<Code>{}</Code>", in_query.1)),
            "{body}"
        );
        let (status, code, _) = written(&CODE.protocols[0], Err(fault.clone()));
        assert_eq!((status, code.as_str()), in_rest_json);
        let (status, _, body) = written(&S3.protocols[0], Err(fault));
        assert_eq!(status, in_s3.0, "{body}");
        assert!(
            body.contains(&format!("<Code>{}</Code>", in_s3.1)),
            "{body}"
        );
    }
}

#[test]
fn a_services_own_exceptions_keep_their_names_and_members() {
    let fault = || Fault::new(409, "Busy", "not <now>").with("Reason", "R");
    let (status, _, body) = written(&TABLES.protocols[0], Err(fault()));
    assert_eq!(status, 409);
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({"__type": "Busy", "message": "not <now>", "Reason": "R"})
    );
    let (_, code, body) = written(&CODE.protocols[0], Err(fault().with_capital_message()));
    assert_eq!(code, "Busy");
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({"Message": "not <now>", "Reason": "R"})
    );
    let (_, _, body) = written(&WHO.protocols[0], Err(fault()));
    assert!(body.starts_with(
        "<ErrorResponse xmlns=\"https://who.example.com/\"><Error><Type>Sender</Type>"
    ));
    assert!(
        body.contains("<Code>Busy</Code><Message>not &lt;now&gt;</Message>"),
        "{body}"
    );
    let (_, _, body) = written(&S3.protocols[0], Err(fault()));
    assert!(
        body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>Busy</Code>"),
        "{body}"
    );
    assert!(body.contains("<Reason>R</Reason>"), "{body}");
}

#[test]
fn answers_are_wrapped_as_their_protocol_has_it() {
    let result = || Answer::xml(Element::new("GetResult").with_text_child("A", "1"));
    let (status, _, body) = written(&WHO.protocols[0], Ok(result()));
    assert_eq!(status, 200);
    let begins = "<GetResponse xmlns=\"https://who.example.com/\"><GetResult><A>1</A></GetResult><ResponseMetadata>";
    assert!(body.starts_with(begins), "{body}");
    let (_, _, body) = written(&WHO.protocols[0], Ok(Answer::empty()));
    assert!(
        body.starts_with("<GetResponse xmlns=\"https://who.example.com/\"><ResponseMetadata>"),
        "{body}"
    );
    let response = TABLES.protocols[0].write(Some("Get"), Ok(Answer::json("{}")));
    assert_eq!(
        response.headers()["content-type"],
        "application/x-amz-json-1.0"
    );
    assert_eq!(
        response.headers()["x-amz-crc32"],
        crc32fast::hash(b"{}").to_string()
    );
    assert_eq!(response.headers()["x-amzn-requestid"].len(), 52);
}
