//! Applications that run in this process, and what becomes of them when a change can't be applied.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use samlet_build::BuildError;
use samlet_service::{
    Applied, ApplyError, BodyRule, Call, Declared, Fault, Identity, Operation, Plan, Registration,
    Service, async_trait,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Changes, DataFolder, Error, Outcome, Running, Settings, Source, Template};

static SERVICE: Registration = Registration {
    identity: &IDENTITY,
    make: |_| Ok(Arc::new(Moody)),
    resource_types: &[],
};

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

static IDENTITY: Identity = Identity {
    signing_name: "moody",
    title: "Moody",
    iam_prefix: "moody",
    actions: "",
    condition_keys: "",
    protocols: &[],
    body: BodyRule::Whole { max_bytes: 0 },
    has_compression: false,
    check: None,
    stored: &[],
};

/// A service after all others that can't have resources of certain names.
#[derive(Debug)]
struct Moody;

impl Moody {
    fn refuse(logical_id: &str) -> ApplyError {
        ApplyError {
            resource: logical_id.to_owned(),
            source: "not today".into(),
        }
    }
}

#[async_trait]
impl Service for Moody {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn plan(&self, declared: &[Declared]) -> Result<Plan, ApplyError> {
        let is_there = |id: &str| declared.iter().any(|declared| declared.logical_id == id);
        if is_there("FailsInPlan") {
            return Err(Self::refuse("FailsInPlan"));
        }
        Ok(Plan::new(is_there("FailsInApply")))
    }

    async fn apply(&self, plan: Plan) -> Result<Applied, ApplyError> {
        if plan.take::<bool>() == Some(true) {
            return Err(Self::refuse("FailsInApply"));
        }
        Ok(Applied::default())
    }

    async fn read(&self, _: Call) -> Result<Box<dyn Operation>, Fault> {
        Err(Fault::unknown_operation("none"))
    }
}

/// Where the APIs are reached.
fn urls(running: &Running) -> Vec<String> {
    let apis = running.addresses().apis.into_iter();
    apis.map(|api| api.url).collect()
}

/// The folder of an application, with a function that needs no build.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        static ADDED: Once = Once::new();
        ADDED.call_once(|| {
            crate::add_services(vec![&SERVICE]);
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("code")).unwrap();
        std::fs::write(folder.path().join("code/bootstrap"), "").unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The template with these resources.
    fn template(&self, resources: &str) -> Arc<Template> {
        let template = self.path().join("template.yaml");
        let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{resources}");
        std::fs::write(&template, text).unwrap();
        let source = Source {
            template,
            ..Source::default()
        };
        Arc::new(Template::read(&source).unwrap())
    }

    fn data(&self) -> DataFolder {
        DataFolder::open(&self.path().join("data")).unwrap()
    }

    async fn start(&self, settings: Settings, template: &Arc<Template>) -> Result<Running, Error> {
        Running::start(settings, self.data(), template, Arc::new(())).await
    }
}

const FUNCTION: &str = "
  Function:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: bootstrap, Runtime: provided.al2023}
";

/// An API that pages of one origin may use.
fn api(name: &str, origin: &str) -> String {
    format!(
        "
  {name}:
    Type: AWS::Serverless::HttpApi
    Properties: {{CorsConfiguration: {{AllowOrigins: ['{origin}'], AllowMethods: [GET]}}}}
  {name}Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Get: {{Type: HttpApi, Properties: {{ApiId: !Ref {name}, Path: /{name}, Method: GET}}}}
"
    )
}

fn table(name: &str) -> String {
    format!("\n  {name}:\n    Type: AWS::Serverless::SimpleTable\n")
}

/// A request to an address, and the whole answer.
async fn send(url: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    answer
}

/// Whether an API answers pages of an origin, which no function is needed for.
async fn allows(url: &str, origin: &str) -> bool {
    let headers = [("origin", origin), ("access-control-request-method", "GET")];
    let answer = send(url, "OPTIONS", "/First", &headers).await;
    answer.contains(&format!("access-control-allow-origin: {origin}\r\n"))
}

/// Waits until nothing listens at an address any more.
async fn is_closed(url: &str) {
    let address = url.strip_prefix("http://").unwrap();
    let closed = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
}

/// The tables that the console lists, each with its logical id.
async fn listed_tables(running: &Running) -> Vec<(String, Option<String>)> {
    let addresses = running.addresses();
    let (page, query) = addresses.console.split_once('?').unwrap();
    let path = page.strip_prefix(&addresses.aws).unwrap();
    let answer = send(
        &addresses.aws,
        "GET",
        &format!("{path}api/services?{query}"),
        &[],
    )
    .await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let mut services = body["services"].as_array().unwrap().iter();
    let tables = services.find(|service| service["name"] == "dynamodb");
    let tables = tables.unwrap()["resources"].as_array().unwrap().iter();
    tables
        .map(|table| {
            let text = |key: &str| table[key].as_str().map(str::to_owned);
            (text("name").unwrap(), text("logical_id"))
        })
        .collect()
}

fn changed(functions: &[&str]) -> Changes {
    Changes::Functions(functions.iter().map(ToString::to_string).collect())
}

async fn apply(running: &mut Running, template: &Arc<Template>) -> Result<Outcome, Error> {
    running.apply(template, &changed(&[])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_applied_leaves_what_ran_answering() {
    let folder = Folder::new();
    let first = folder.template(&api("First", "https://one.example"));
    let settings = Settings::default();
    let mut running = folder.start(settings, &first).await.unwrap();
    let url = running.addresses().apis[0].url.clone();
    assert!(allows(&url, "https://one.example").await);

    let next = api("First", "https://two.example") + &api("Second", "https://two.example");
    let missing = "
  Missing:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: nowhere, Handler: bootstrap, Runtime: provided.al2023}
";
    let reasons = [
        (table("FailsInPlan"), "FailsInPlan: not today"),
        (missing.to_owned(), "the code of Missing is not there"),
        (table("FailsInApply"), "FailsInApply: not today"),
    ];
    for (resource, reason) in reasons {
        let template = folder.template(&format!("{next}{resource}"));
        let error = apply(&mut running, &template).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert!(allows(&url, "https://one.example").await, "{reason}");
        assert!(!allows(&url, "https://two.example").await, "{reason}");
        assert_eq!(urls(&running), [url.as_str()]);
        assert_eq!(running.template().application.apis.len(), 1);
        // Its port was given up again.
        assert_eq!(running.apis.url("Second"), None);
    }

    let outcome = apply(&mut running, &folder.template(&next)).await.unwrap();
    assert!(allows(&url, "https://two.example").await);
    let addresses = running.addresses();
    assert_eq!(addresses.apis.len(), 2);
    assert!(outcome.has_new_template);
    assert_eq!(outcome.added_apis[0].logical_id, "Second");
    assert_eq!(outcome.added_apis[0].url, addresses.apis[1].url);
    let added: Vec<String> = outcome.added_routes.iter().map(|r| r.to_string()).collect();
    assert_eq!(added, ["GET /Second (SecondFunction)"]);
    assert_eq!(outcome.removed_routes, BTreeSet::new());

    let outcome = apply(&mut running, &first).await.unwrap();
    let removed = outcome.removed_routes.iter().map(|r| r.to_string());
    assert_eq!(
        removed.collect::<Vec<_>>(),
        ["GET /Second (SecondFunction)"]
    );
    is_closed(&addresses.apis[1].url).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_can_be_had_once_it_is_free() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let settings = Settings {
        port,
        ..Settings::default()
    };
    let template = folder.template(FUNCTION);
    let mut running = folder.start(settings, &template).await.unwrap();
    let with_api = folder.template(&api("First", "https://one.example"));
    let error = apply(&mut running, &with_api).await.unwrap_err();
    assert!(
        matches!(error, Error::PortTaken { flag: "--port", .. }),
        "{error}"
    );
    assert_eq!(running.addresses().apis, []);
    assert_eq!(listed_tables(&running).await, []);
    drop(taken);
    apply(&mut running, &with_api).await.unwrap();
    let url = format!("http://127.0.0.1:{port}");
    assert_eq!(urls(&running), [url.as_str()]);
    assert!(allows(&url, "https://one.example").await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_be_built_again_goes_on_as_it_was() {
    let folder = Folder::new();
    let makefile = folder.path().join("code/Makefile");
    let good = "build-Made:\n\tcp bootstrap $(ARTIFACTS_DIR)\n";
    std::fs::write(&makefile, good).unwrap();
    let template = folder.template(
        "
  Made:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties: {CodeUri: code, Handler: bootstrap, Runtime: provided.al2023}
",
    );
    let settings = Settings::default();
    let mut running = folder.start(settings, &template).await.unwrap();
    std::fs::write(&makefile, "build-Made:\n\tfalse\n").unwrap();
    let changes = changed(&["Made"]);
    let outcome = running.apply(&template, &changes).await.unwrap();
    assert!(matches!(outcome.unbuilt, Some(BuildError::BuildFailed)));
    assert!(!outcome.has_new_template);
    assert_eq!(outcome.replaced_functions, [""; 0]);

    std::fs::write(&makefile, good).unwrap();
    std::fs::write(folder.path().join("code/bootstrap"), "another").unwrap();
    let outcome = running.apply(&template, &changes).await.unwrap();
    assert!(outcome.unbuilt.is_none());
    assert_eq!(outcome.replaced_functions, ["Made"]);
    running.stop().await;

    // At the start nothing is there that could go on.
    std::fs::write(&makefile, "build-Made:\n\tfalse\n").unwrap();
    let started = folder.start(Settings::default(), &template).await;
    assert!(matches!(
        started,
        Err(Error::Build(BuildError::BuildFailed))
    ));
    // What it had opened is closed again.
    folder.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_the_template_stays_listed_until_it_is_forgotten() {
    let folder = Folder::new();
    let with_table = folder.template(&format!("{FUNCTION}{}", table("Table")));
    let without = folder.template(FUNCTION);
    let mut running = folder
        .start(Settings::default(), &with_table)
        .await
        .unwrap();
    let declared = [("local-Table".to_owned(), Some("Table".to_owned()))];
    assert_eq!(listed_tables(&running).await, declared);
    apply(&mut running, &without).await.unwrap();
    let left = [("local-Table".to_owned(), None)];
    assert_eq!(listed_tables(&running).await, left);
    running.stop().await;

    let running = folder.start(Settings::default(), &without).await.unwrap();
    assert_eq!(listed_tables(&running).await, left);
    running.stop().await;
    assert!(folder.data().forget().unwrap().contains(&"tables"));
    let running = folder.start(Settings::default(), &without).await.unwrap();
    assert_eq!(listed_tables(&running).await, []);
    running.stop().await;
}
