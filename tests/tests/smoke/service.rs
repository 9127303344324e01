//! A deployment of the message service, here or anywhere; what a test leaves in it is deleted.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use acceptance::{Application, Samlet, block_on, send};
use serde_json::Value;

/// How long a deletion may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the tests send their requests.
pub(crate) struct Service {
    url: String,
    api_key: Option<String>,
    /// Ids of messages, to be deleted.
    created: Mutex<Vec<String>>,
    /// The samlet that was started for the test, and its folder.
    local: Option<(Samlet, Application)>,
}

impl Service {
    pub(crate) fn new() -> Self {
        let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let local = given("API_URL").is_none().then(|| {
            let application = Application::message_service(|template| template);
            (application.start(&[]), application)
        });
        let url = match &local {
            Some((samlet, _)) => samlet.api.clone(),
            None => given("API_URL").unwrap(),
        };
        Self {
            url: url.trim_end_matches('/').to_owned(),
            api_key: given("API_KEY"),
            created: Mutex::default(),
            local,
        }
    }

    /// Sends a request; gives its status and body.
    pub(crate) fn request(&self, method: &str, path: &str, body: Option<&str>) -> (u16, String) {
        let url = format!("{}{path}", self.url);
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        request = request.header("content-type", "application/json");
        if let Some(key) = &self.api_key {
            request = request.header("x-api-key", key);
        }
        let (status, _, body) = send(request.body(body.unwrap_or_default().into()).unwrap());
        (status, String::from_utf8(body).unwrap())
    }

    /// Sends a request; gives its status and JSON.
    pub(crate) fn json(&self, method: &str, path: &str, body: Option<&str>) -> (u16, Value) {
        let (status, text) = self.request(method, path, body);
        let json = serde_json::from_str(&text);
        (
            status,
            json.unwrap_or_else(|error| panic!("{text}: {error}")),
        )
    }

    /// Creates a message and gives its id.
    pub(crate) fn create(&self, body: &str) -> String {
        let (status, answer) = self.request("POST", "/message", Some(body));
        assert_eq!(status, 200, "{answer}");
        self.clean_up_after(&answer)
    }

    /// Notes that a message was created; gives its id.
    pub(crate) fn clean_up_after(&self, answer: &str) -> String {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let id = answer["message"]["message_id"].as_str().unwrap().to_owned();
        self.created.lock().unwrap().push(id.clone());
        id
    }

    /// Looks into the table, where it is within reach.
    pub(crate) fn assert_holds_nothing(&self) {
        let Some((samlet, _)) = &self.local else {
            return;
        };
        let table = samlet.table("local", "local");
        let scan = table.client.scan().table_name(&table.name);
        assert_eq!(block_on(scan.send()).unwrap().count, 0);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A samlet's own folder goes with it.
        if self.local.is_some() {
            return;
        }
        for id in self.created.get_mut().unwrap().drain(..) {
            let request = ureq::delete(format!("{}/message/{id}", self.url));
            let request = request.header("x-api-key", self.api_key.as_deref().unwrap_or_default());
            let request = request.config().timeout_global(Some(PATIENCE)).build();
            match request.call() {
                // It is gone already where the test itself deletes it.
                Ok(_) | Err(ureq::Error::StatusCode(404)) => {}
                Err(error) => {
                    writeln!(std::io::stderr(), "message {id} is left: {error}").ok();
                }
            }
        }
    }
}
