//! Starts the real samlet with real function binaries, on free ports and a fresh data folder.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod boto3;
mod expected;
mod processes;
mod skip;
mod wait;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use common::Table;
use serde_json::Value;
use tempfile::TempDir;

pub use crate::expected::{is_expected, is_updating};
pub use crate::processes::{
    ancestors, functions_of, is_running, process_name, processes, processes_of, wait_until_gone,
};
pub use crate::skip::{is_ci, skip, skip_without_tool};
pub use crate::wait::{PATIENCE, wait_for, wait_until};

/// How long the functions of an application may take to build, while others
/// are built as well.
const BUILD_PATIENCE: Duration = Duration::from_secs(900);

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The samlet binary, built from this repository.
pub fn samlet_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // The test's own executable lies in target/<profile>/deps.
        let executable = std::env::current_exe().unwrap();
        let target = executable.ancestors().nth(3).unwrap().to_owned();
        // With the features that the tests themselves are built with
        // (`--examples`, of which there are none, stands for the development
        // dependencies), so that nothing is compiled twice.
        let target_dir = target.to_str().unwrap();
        run_cargo(&[
            "build",
            "--workspace",
            "--bin=samlet",
            "--examples",
            "--target-dir",
            target_dir,
        ]);
        target.join("debug/samlet")
    })
}

/// A folder with the message service's functions, built by `samlet build`.
fn built_functions() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = samlet_binary()
            .parent()
            .unwrap()
            .join(format!("acceptance-{}", std::process::id()));
        let status = Command::new(samlet_binary())
            .current_dir(repository())
            .args(["build", "--data-dir"])
            .arg(&folder)
            .status()
            .unwrap();
        assert!(status.success());
        // Kept apart from this process's number, so that runs don't pile up.
        let shared = folder.with_file_name("acceptance-functions");
        std::fs::create_dir_all(&shared).unwrap();
        for entry in std::fs::read_dir(folder.join("build")).unwrap() {
            let entry = entry.unwrap();
            let target = shared.join(entry.file_name());
            std::fs::create_dir_all(&target).unwrap();
            std::fs::rename(entry.path().join("bootstrap"), target.join("bootstrap")).unwrap();
        }
        std::fs::remove_dir_all(folder).unwrap();
        shared
    })
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A program of the virtual environment that `make` sets up for tests.
pub fn tool(name: &str) -> PathBuf {
    let status = Command::new("make")
        .current_dir(repository())
        .args(["--silent", ".venv/installed"])
        .status()
        .unwrap();
    assert!(status.success());
    repository().join(".venv/bin").join(name)
}

fn run_cargo(args: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(repository())
        .args(args)
        .status()
        .unwrap();
    assert!(status.success(), "cargo {args:?}");
}

/// A SAM application in a folder of its own.
#[derive(Debug)]
pub struct Application {
    /// Removed with this.
    pub folder: TempDir,
}

impl Application {
    /// The message service, with `change` made to its template, and what its functions say for the contract.
    pub fn message_service(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let template = std::fs::read_to_string(repository().join("template.yaml")).unwrap();
        std::fs::write(folder.path().join("template.yaml"), change(template)).unwrap();
        let build = folder.path().join(".samlet/build");
        std::fs::create_dir_all(build.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(built_functions(), build).unwrap();
        let contract = folder.path().join("src/common/openapi.json");
        std::fs::create_dir_all(contract.parent().unwrap()).unwrap();
        std::fs::copy(repository().join("src/common/openapi.json"), contract).unwrap();
        Self { folder }
    }

    /// An application of fixture functions: `template` says which, each with
    /// `CodeUri: function`.
    pub fn fixture(binary: &str, template: &str) -> Self {
        Self::fixture_in(&std::env::temp_dir(), binary, template)
    }

    /// The same, in a folder within `parent`.
    pub fn fixture_in(parent: &Path, binary: &str, template: &str) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        std::fs::write(folder.path().join("template.yaml"), template).unwrap();
        let function = folder.path().join("function");
        std::fs::create_dir(&function).unwrap();
        std::os::unix::fs::symlink(binary, function.join("bootstrap")).unwrap();
        Self { folder }
    }

    /// A copy of one of the applications in `tests/applications`.
    pub fn example(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(
            &repository().join("tests/applications").join(name),
            folder.path(),
        );
        Self { folder }
    }

    /// Builds and starts an application; waits until it is ready.
    pub fn build_and_start(&self, extra: &[&str]) -> Samlet {
        self.build_and_start_in(Path::new("target"), extra)
    }

    /// The same, with a target folder that others fill as well: what they have
    /// compiled needn't be compiled again.
    pub fn build_and_start_in(&self, target: &Path, extra: &[&str]) -> Samlet {
        let mut command = Command::new(samlet_binary());
        command
            .current_dir(self.folder.path())
            .args(["start", "--port", "0", "--aws-port", "0"])
            .args(extra)
            .env("CARGO_TARGET_DIR", target)
            .stdin(Stdio::null());
        self.run(command, BUILD_PATIENCE)
    }

    /// `samlet start` with free ports and `extra` arguments; not run yet.
    pub fn command(&self, extra: &[&str]) -> Command {
        self.command_of(samlet_binary(), extra)
    }

    /// The same of another program that is a samlet.
    fn command_of(&self, program: &Path, extra: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .args(["start", "--no-build", "--port", "0"])
            .args(extra)
            .env("LEAKED_FROM_SAMLET", "yes")
            .stdin(Stdio::null());
        if !extra.contains(&"--aws-port") {
            command.args(["--aws-port", "0"]);
        }
        command
    }

    /// Starts samlet and waits until it is ready.
    pub fn start(&self, extra: &[&str]) -> Samlet {
        self.run(self.command(extra), PATIENCE)
    }

    /// Starts another program that is a samlet, and waits until it is ready.
    pub fn start_program(&self, program: &Path, extra: &[&str]) -> Samlet {
        self.run(self.command_of(program, extra), PATIENCE)
    }

    /// Starts samlet where it may have so many files open, until it asks for more.
    pub fn start_with_open_files(&self, count: u32) -> Samlet {
        let samlet = self.command(&[]);
        let mut command = Command::new("sh");
        command
            .current_dir(self.folder.path())
            .args(["-c", &format!("ulimit -Sn {count}; exec \"$0\" \"$@\"")])
            .arg(samlet.get_program())
            .args(samlet.get_args())
            .stdin(Stdio::null());
        self.run(command, PATIENCE)
    }

    fn run(&self, mut command: Command, patience: Duration) -> Samlet {
        let (out, err) = (
            self.folder.path().join("out.txt"),
            self.folder.path().join("err.txt"),
        );
        let process = command
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let mut samlet = Samlet {
            process,
            api: String::new(),
            aws: String::new(),
            err,
        };
        (samlet.api, samlet.aws) = wait::wait_within(patience, "samlet is ready", || {
            let text = std::fs::read_to_string(&out).unwrap();
            let after = |prefix: &str| {
                text.lines()
                    .find_map(|line| line.strip_prefix(prefix))
                    .map(str::to_owned)
            };
            if let (Some(api), Some(aws)) = (after("ready "), after("AWS endpoint ")) {
                return Some((api, aws));
            }
            let ended = samlet.process.try_wait().unwrap();
            assert!(ended.is_none(), "samlet ended before it was ready");
            None
        });
        samlet
    }
}

/// A samlet that runs; killed when dropped.
#[derive(Debug)]
pub struct Samlet {
    process: Child,
    /// Where the application's API is.
    pub api: String,
    /// Where the AWS endpoint is.
    pub aws: String,
    err: PathBuf,
}

impl Samlet {
    /// The address of one of several APIs, by logical id.
    pub fn api_named(&self, logical_id: &str) -> String {
        let text = self.stdout();
        let prefix = format!("{logical_id} http");
        let line = text.lines().find(|line| line.starts_with(&prefix));
        line.unwrap().split_once(' ').unwrap().1.to_owned()
    }

    /// Sends a request; gives its status and body.
    pub fn request(&self, method: &str, path: &str, body: Option<&str>) -> (u16, String) {
        let url = format!("{}{path}", self.api);
        let request = ureq::http::Request::builder().method(method).uri(url);
        let request = request.header("content-type", "application/json");
        let (status, _, body) = send(request.body(body.unwrap_or_default().into()).unwrap());
        (status, String::from_utf8(body).unwrap())
    }

    /// Sends a request; gives its status and JSON.
    pub fn json(&self, method: &str, path: &str, body: Option<&str>) -> (u16, Value) {
        let (status, text) = self.request(method, path, body);
        (
            status,
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}")),
        )
    }

    /// Creates a message and gives its id.
    pub fn create(&self, body: &str) -> String {
        let (status, answer) = self.json("POST", "/message", Some(body));
        assert_eq!(status, 200, "{answer}");
        answer["message"]["message_id"].as_str().unwrap().to_owned()
    }

    /// The messages' table through the AWS SDK, as whoever has these keys.
    pub fn table(&self, access_key: &str, secret_key: &str) -> Table {
        let credentials = Credentials::new(access_key, secret_key, None, None, "test");
        Table::new(
            "local-DynamoDBTable".into(),
            "us-east-1".into(),
            credentials,
            Some(self.aws.clone()),
        )
    }

    /// What it printed: routes, outputs and addresses.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(self.err.with_file_name("out.txt")).unwrap()
    }

    /// What it wrote to standard error: its own words and the functions' logs.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    /// Waits until standard error has `text`.
    pub fn wait_for_log(&self, text: &str) {
        self.wait_for_lines(text, 1);
    }

    /// Waits until at least `count` lines of standard error have `text`; gives them.
    pub fn wait_for_lines(&self, text: &str, count: usize) -> Vec<String> {
        wait_for(&format!("{count} lines have `{text}`"), || {
            let log = self.stderr();
            let lines = log.lines().filter(|line| line.contains(text));
            let lines: Vec<String> = lines.map(str::to_owned).collect();
            (lines.len() >= count).then_some(lines)
        })
    }

    /// Its process's id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop and waits for its end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.process.wait().unwrap()
    }

    /// Waits for its end, once it was asked to stop.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.process.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Samlet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            writeln!(std::io::stderr(), "--- samlet said:\n{}", self.stderr()).ok();
        }
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The console of a samlet that runs.
#[derive(Debug)]
pub struct Console {
    /// The page's address, with the token.
    pub url: String,
    /// The token.
    pub token: String,
    base: String,
}

impl Console {
    /// By the address that samlet printed.
    pub fn of(samlet: &Samlet) -> Self {
        let text = samlet.stdout();
        let line = text.lines().find_map(|line| line.strip_prefix("console "));
        let url = line.unwrap().to_owned();
        let (base, token) = url.split_once("?token=").unwrap();
        Self {
            base: format!("{base}api/"),
            token: token.to_owned(),
            url,
        }
    }

    /// The address of a part of its API, with the token.
    pub fn api(&self, path: &str) -> String {
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{}{path}{sign}token={}", self.base, self.token)
    }

    /// Asks its API; gives status and JSON.
    pub fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(self.api(path));
        let (status, _, body) = send(request.body(body.into()).unwrap());
        (status, json(&body))
    }

    /// What its API tells.
    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, "");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// All that is known of the newest request.
    pub fn newest(&self) -> Value {
        let list = self.get("requests?limit=1");
        let id = list["requests"][0]["id"].as_str().unwrap();
        self.get(&format!("requests/{id}"))
    }
}

/// Runs a future to its end, for calls of the AWS SDK.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Sends a request with headers; gives status, headers and body.
pub fn send(request: ureq::http::Request<Vec<u8>>) -> (u16, ureq::http::HeaderMap, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request).unwrap();
    let body = response.body_mut().with_config().limit(50_000_000);
    let body = body.read_to_vec().unwrap();
    (response.status().as_u16(), response.headers().clone(), body)
}

/// Sends a request; gives status, error type (empty when there is none) and JSON.
pub fn outcome(request: ureq::http::Request<Vec<u8>>) -> (u16, String, Value) {
    let (status, headers, body) = send(request);
    let error = headers
        .get("x-amzn-errortype")
        .map(|value| value.to_str().unwrap().to_owned());
    (status, error.unwrap_or_default(), json(&body))
}

/// A body as JSON.
pub fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(body)))
}
