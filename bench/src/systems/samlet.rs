//! samlet, as it is installed, with the message service as it ships, or with functions in Python.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;

use super::{Role, Running, address};
use crate::load::{self, Load, Outcome, Pace, Work};
use crate::places::{self, Places};
use crate::process::Server;
use crate::work::Dialect;

/// Added to the message service: a function that does nothing.
const ECHO: &str = "
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: echo
      Handler: bootstrap
      Runtime: provided.al2023
      MemorySize: 128
      Timeout: 3
      Events:
        ApiGateway: {Type: Api, Properties: {Path: /echo, Method: GET, RestApiId: !Ref ApiGatewayApi}}
";

/// The same in Python.
const PYTHON_ECHO: &str = "
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: echo
      Handler: function.handler
      Runtime: python3.12
      MemorySize: 128
      Timeout: 3
      Events:
        ApiGateway: {Type: Api, Properties: {Path: /echo, Method: GET, RestApiId: !Ref ApiGatewayApi}}
";

/// An application that samlet runs.
#[derive(Debug)]
pub(crate) struct Application {
    /// The server.
    pub(crate) server: Server,
    /// Where its API is.
    pub(crate) api: String,
    /// Where the AWS endpoint is.
    pub(crate) aws: String,
}

/// Starts samlet on the template in a folder; returns when it is ready.
pub(crate) fn start(places: &Places, folder: &Path, extra: &[&str]) -> Result<Application> {
    let mut command = Command::new(places.samlet()?);
    command
        .current_dir(folder)
        .args(["start", "--no-build", "--port", "0", "--aws-port", "0"])
        .args(extra);
    let mut server = Server::start(&mut command, &folder.join("output.txt"))?;
    Ok(Application {
        api: server.wait_for_line("ready ")?,
        aws: server.wait_for_line("AWS endpoint ")?,
        server,
    })
}

/// The message service and an echo function, in a folder of its own.
pub(crate) fn message_service_folder(places: &Places) -> Result<PathBuf> {
    let folder = places.folder()?;
    let template = std::fs::read_to_string(places.repository.join("template.yaml"))?;
    let (resources, outputs) = template
        .split_once("\nOutputs:")
        .context("the template has no outputs")?;
    let template = format!("{resources}{ECHO}\nOutputs:{outputs}");
    std::fs::write(folder.join("template.yaml"), template)?;
    places.function("RetrieveMessageItem")?;
    std::fs::create_dir(folder.join(".samlet"))?;
    std::os::unix::fs::symlink(places.functions(), folder.join(".samlet/build"))?;
    echo_function(places, &folder)?;
    Ok(folder)
}

/// The folder `echo` with that function's program.
pub(crate) fn echo_function(places: &Places, folder: &Path) -> Result<()> {
    std::fs::create_dir(folder.join("echo"))?;
    std::os::unix::fs::symlink(places.echo()?, folder.join("echo/bootstrap"))?;
    Ok(())
}

pub(crate) fn message_service(places: &Places, extra: &[&str]) -> Result<Running> {
    let folder = message_service_folder(places)?;
    running(start(places, &folder, extra)?)?.seed()
}

/// A samlet's API, and nothing in it yet.
pub(crate) fn running(application: Application) -> Result<Running> {
    let servers = vec![(application.server, Role::Samlet)];
    Ok(Running::at(
        address(&application.api)?,
        Dialect::Rest,
        servers,
    ))
}

pub(crate) fn python(places: &Places) -> Result<Running> {
    // Built once: it takes packages from PyPI.
    let folder = places.tools.join("python-application");
    let samlet = |arguments: &[&str]| {
        let mut command = Command::new(places.samlet()?);
        let status = command.current_dir(&folder).args(arguments).status()?;
        ensure!(status.success(), "samlet {arguments:?}: {status}");
        Ok(())
    };
    if !folder.join("built").exists() {
        std::fs::remove_dir_all(&folder).ok();
        let example = places.repository.join("tests/applications/seed-python");
        places::copy(&example, &folder)?;
        places::copy(
            &places.repository.join("bench/python/echo"),
            &folder.join("echo"),
        )?;
        let template = std::fs::read_to_string(folder.join("template.yaml"))?;
        // Several that start at once take longer than the example allows.
        let template = template.replace("Timeout: 3\n", "Timeout: 30\n");
        std::fs::write(folder.join("template.yaml"), template + PYTHON_ECHO)?;
        samlet(&["build"])?;
        std::fs::write(folder.join("built"), "")?;
    }
    samlet(&["reset", "--yes"])?;
    running(start(places, &folder, &[])?)?.seed()
}

/// One request to each of many functions.
#[derive(Debug)]
pub(crate) struct EachOnce {
    left: std::ops::Range<usize>,
}

impl EachOnce {
    /// The functions answer at `/echo/0` and so on.
    pub(crate) fn new(count: usize) -> Self {
        Self { left: 0..count }
    }
}

impl Work for EachOnce {
    type Kind = ();

    fn next(&mut self) -> Option<((), Request<Full<Bytes>>)> {
        let path = format!("/echo/{}", self.left.next()?);
        let request = Request::get(path).header("host", "127.0.0.1");
        Some(((), request.body(Full::default()).ok()?))
    }

    fn answered(&mut self, (): (), status: StatusCode, body: &Bytes) -> Result<()> {
        ensure!(status == StatusCode::OK, "{status}: {body:?}");
        Ok(())
    }
}

/// Asks them over one connection, one after the other.
pub(crate) fn each_once(api: &str, work: EachOnce) -> Result<Outcome> {
    let load = Load {
        address: address(api)?,
        connections: 1,
        pace: Pace::Closed,
        duration: Duration::from_secs(120),
    };
    Ok(load::run(load, work)?.0)
}
