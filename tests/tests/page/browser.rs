//! A real browser: headless Chromium, driven through ChromeDriver.

use std::fmt::Debug;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::skip_without_tool;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the page may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Control and A, and Control let go of, as WebDriver writes keys.
const SELECT_ALL: &str = "\u{e009}a\u{e000}";

/// Chromium finds no network here, and needs none.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    // Tests may run as root, in a container.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with one window; ends when dropped.
pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// `None`, which is reported, without ChromeDriver; an error in CI.
    pub(crate) async fn start() -> Option<Self> {
        let Ok(mut driver) = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Chromium is of its group, and ends with it.
            .process_group(0)
            .spawn()
        else {
            skip_without_tool("chromedriver", "make browser");
            return None;
        };
        let stdout = BufReader::new(driver.stdout.take().unwrap());
        let port: u16 = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .unwrap();
        let profile = tempfile::tempdir().unwrap();
        let data = format!("--user-data-dir={}", profile.path().display());
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([data.as_str()]).collect();
        let capabilities = json!({
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await;
        let browser = Self {
            client: client.unwrap(),
            driver,
            _profile: profile,
        };
        browser.look(1280, 900, "light").await;
        Some(browser)
    }

    /// A window of this size, for who likes their pages so.
    pub(crate) async fn look(&self, width: u32, height: u32, scheme: &str) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size)
            .await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &scheme).await;
    }

    async fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.extension("goog/cdp/execute", body).await
    }

    async fn extension(&self, path: &'static str, body: Value) -> Value {
        let command = Extension { path, body };
        self.client.issue_cmd(command).await.unwrap()
    }

    /// Opens an address; a view, when it differs behind the `#` only.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// What a script gives back; `return …`.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script gives something back that is no null, false, or 0.
    pub(crate) async fn wait_until(&self, script: &str) -> Value {
        let began = Instant::now();
        loop {
            let value = self.script(script).await;
            let is_it = match &value {
                Value::Null => false,
                Value::Bool(is_it) => *is_it,
                Value::Number(number) => number.as_f64() != Some(0.0),
                _ => true,
            };
            if is_it {
                return value;
            }
            if began.elapsed() > PATIENCE {
                let page = self.script("return document.body.innerText").await;
                panic!(
                    "{script} stays {value} on {}",
                    page.as_str().unwrap_or_default()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a part of the page has a text in it.
    pub(crate) async fn wait_for_text(&self, part: &str, text: &str) {
        let text = json!(text);
        self.wait_until(&format!(
            "const part = document.querySelector(`{}`); return part && part.innerText.includes({text})",
            selector(part)
        ))
        .await;
    }

    /// The text of a part of the page, once it is there.
    pub(crate) async fn text(&self, part: &str) -> String {
        let script = format!(
            "const part = document.querySelector(`{}`); return part && part.innerText",
            selector(part)
        );
        self.wait_until(&script).await.as_str().unwrap().to_owned()
    }

    /// How many parts of this name there are.
    pub(crate) async fn count(&self, part: &str) -> u64 {
        let script = format!(
            "return document.querySelectorAll(`{}`).length",
            selector(part)
        );
        self.script(&script).await.as_u64().unwrap()
    }

    /// Clicks on a part, once it is there.
    pub(crate) async fn click(&self, part: &str) {
        let selector = selector(part);
        self.wait_until(&format!(
            "return document.querySelector(`{selector}`) !== null"
        ))
        .await;
        let element = self.client.find(Locator::Css(&selector)).await.unwrap();
        element.click().await.unwrap();
    }

    /// Types into a field, in place of what is there, which is selected as a person would: WebDriver's
    /// own clearing tells the page of no input, so the page would put its text back.
    pub(crate) async fn fill(&self, part: &str, text: &str) {
        let selector = selector(part);
        self.wait_until(&format!(
            "return document.querySelector(`{selector}`) !== null"
        ))
        .await;
        let element = self.client.find(Locator::Css(&selector)).await.unwrap();
        let keys = format!("{SELECT_ALL}{text}");
        element.send_keys(&keys).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// What the browser's console has complained of since it was last asked.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.extension("se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().into_iter().flatten();
        let bad = entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        bad.map(|entry| entry["message"].to_string()).collect()
    }

    /// What an accessibility checker finds that is serious: each rule with
    /// the parts that break it.
    pub(crate) async fn inaccessible(&self, axe: &str) -> Vec<String> {
        if self.script("return typeof axe").await != "object" {
            // As an extension would: the page's own policy lets no such script in.
            self.devtools("Page.setBypassCSP", &json!({"enabled": true}))
                .await;
            self.devtools("Runtime.evaluate", &json!({"expression": axe}))
                .await;
        }
        let script = "const done = arguments[0]; axe.run(document).then((found) => done(found.violations), (error) => done([{id: String(error), impact: 'serious', nodes: []}]))";
        let found = self.client.execute_async(script, Vec::new()).await.unwrap();
        let found = found.as_array().unwrap().iter();
        let serious =
            found.filter(|rule| rule["impact"] == "serious" || rule["impact"] == "critical");
        serious
            .map(|rule| {
                let nodes = rule["nodes"].as_array().unwrap().iter();
                let nodes: Vec<String> = nodes.map(|node| node["html"].to_string()).collect();
                format!("{}: {}", rule["id"], nodes.join(" "))
            })
            .collect()
    }

    /// What the window shows, as PNG.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Ends the browser in peace.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.ok();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // After a panic Chromium would otherwise go on, and its profile with it.
        let group = self.driver.id().try_into().ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            rustix::process::kill_process_group(group, Signal::KILL).ok();
        }
        self.driver.wait().ok();
    }
}

/// A name is what has this test id; the page's own elements and anything else
/// are selectors.
fn selector(part: &str) -> String {
    let is_name = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match is_name && !matches!(part, "body" | "main") {
        true => format!("[data-testid={part}]"),
        false => part.to_owned(),
    }
}

/// A command of ChromeDriver's own.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session_id.unwrap_or_default();
        base_url.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
