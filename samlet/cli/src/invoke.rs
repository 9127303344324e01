//! `samlet invoke`: one invocation of a function, by the samlet that runs here or by itself.

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use samlet_iam::{Credentials, DEVELOPER_KEY, sign_request};

use crate::args::InvokeArgs;
use crate::data::DataFolder;
use crate::error::Error;
use crate::running::{Ports, Running};
use crate::start::{runtime, secret};
use crate::template::{REGION, Template};

/// Longer than a function may run at most.
const TIMEOUT: Duration = Duration::from_secs(16 * 60);

/// `samlet invoke`: 1 when the function failed.
pub(crate) fn command(args: &InvokeArgs) -> Result<ExitCode, Error> {
    let config = args.start.application.config("local_invoke")?;
    let template = Template::read(&args.start.application, &config, args.start.built)?;
    let roles = template.roles()?;
    let name = template.function(&args.function)?.name.clone();
    let event = event(args.event.as_deref())?;
    let folder = args.start.application.data_dir();
    let data = match DataFolder::open(&folder) {
        Ok(data) => data,
        Err(Error::DataLocked { path }) => {
            let address = DataFolder::running(&path).ok_or(Error::DataLocked { path })?;
            return invoke(args, &address, &name, event, true);
        }
        Err(error) => return Err(error),
    };
    let ports = Ports::free(&args.start);
    let run = async {
        let running = Running::start(&args.start, ports, &template, roles, &data).await?;
        let address = running.addresses(&template.application).aws;
        let invoked = tokio::task::block_in_place(|| invoke(args, &address, &name, event, false));
        running.stop().await;
        invoked
    };
    runtime()?.block_on(Box::pin(run))
}

/// The event: a file's, standard input's, or an empty object.
fn event(path: Option<&Path>) -> Result<Vec<u8>, Error> {
    let mut event = Vec::new();
    let read = match path {
        None => return Ok(b"{}".to_vec()),
        Some(path) if path == Path::new("-") => std::io::stdin().read_to_end(&mut event).map(drop),
        Some(path) => std::fs::read(path).map(|text| event = text),
    };
    let path = path.unwrap_or(Path::new("-")).to_owned();
    read.map_err(|source| Error::EventUnreadable { path, source })?;
    Ok(event)
}

/// Invokes by the AWS endpoint, as any SDK would; shows the log where
/// nobody else does.
fn invoke(
    args: &InvokeArgs,
    address: &str,
    name: &str,
    event: Vec<u8>,
    show_log: bool,
) -> Result<ExitCode, Error> {
    let failed = |reason: String| Error::NotInvoked {
        function: args.function.clone(),
        reason,
    };
    let credentials = Credentials {
        access_key_id: DEVELOPER_KEY.into(),
        secret_access_key: secret(&args.start).into(),
        session_token: None,
    };
    let mut request = Request::post(format!("{address}/2015-03-31/functions/{name}/invocations"))
        .header("x-amz-log-type", "Tail")
        .body(event)
        .map_err(|error| failed(error.to_string()))?;
    sign_request(&mut request, &credentials, REGION, "lambda");
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build()
        .into();
    let mut response = agent
        .run(request)
        .map_err(|error| failed(error.to_string()))?;
    let payload = response
        .body_mut()
        .with_config()
        .limit(u64::MAX)
        .read_to_vec();
    let payload = payload.map_err(|error| failed(error.to_string()))?;
    if !response.status().is_success() {
        return Err(failed(String::from_utf8_lossy(&payload).into_owned()));
    }
    let header = |name: &str| response.headers().get(name)?.to_str().ok();
    let log = header("x-amz-log-result").and_then(|log| STANDARD.decode(log).ok());
    if let Some(log) = log.filter(|_| show_log) {
        std::io::stderr().write_all(&log).ok();
    }
    let mut stdout = std::io::stdout();
    stdout.write_all(&payload).ok();
    stdout.write_all(b"\n").ok();
    Ok(match header("x-amz-function-error") {
        Some(_) => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
    })
}
