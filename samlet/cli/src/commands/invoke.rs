//! `samlet invoke`: one invocation of a function, by the samlet that runs here or by itself.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use samlet_build::SourcePlaces;
use samlet_gateway::SampleRequest;
use samlet_run::{ACCOUNT_ID, DataFolder, REGION, Running, Template};
use samlet_template::Function;

use crate::args::InvokeArgs;
use crate::aws::Client;
use crate::error::Error;
use crate::running::{begin, free_ports, runtime};
use crate::secret::Secret;
use crate::template;
use crate::terminal::{self, LogNames};

/// `samlet invoke`: 1 when the function failed.
pub(crate) fn command(args: &InvokeArgs) -> Result<ExitCode, Error> {
    begin();
    // Before the event, which may follow it on standard input.
    let secret = Secret::read(&args.start.secret)?;
    let config = args.start.application.config("local_invoke")?;
    let template = template::read(&args.start.application, &config, args.start.built)?;
    let template = Arc::new(template);
    let function = template::function(&template, &args.function)?;
    let event = event(args, &template, function)?;
    let folder = args.start.application.data_dir();
    let data = match DataFolder::open(&folder) {
        Ok(data) => data,
        Err(samlet_run::Error::DataLocked { path }) => {
            let address = DataFolder::running(&path).ok_or(Error::Starting { path })?;
            let client = Client::new(&address, secret.text());
            let places = Some(template.source_places());
            return invoke(args, &client, function, event, places.as_ref());
        }
        Err(error) => return Err(error.into()),
    };
    let settings = free_ports(&args.start, &config, &secret);
    let run = async {
        let log_names = Arc::new(LogNames::default());
        let running = Running::start(settings, data, &template, log_names).await?;
        let client = Client::new(&running.addresses().aws, secret.text());
        let invoked = tokio::task::block_in_place(|| invoke(args, &client, function, event, None));
        running.stop().await;
        invoked
    };
    runtime()?.block_on(Box::pin(run))
}

/// The event: a file's, standard input's, one that API Gateway would make of a
/// request with this body, or an empty object.
fn event(args: &InvokeArgs, template: &Template, function: &Function) -> Result<Vec<u8>, Error> {
    match (&args.event, &args.body_file) {
        (Some(event), _) => read(event),
        (None, Some(body)) => request_event(&read(body)?, args.path.as_deref(), template, function),
        (None, None) => Ok(b"{}".to_vec()),
    }
}

/// A file, or standard input.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().read_to_end(&mut content).map(drop),
        false => std::fs::read(path).map(|text| content = text),
    };
    read.map_err(|source| Error::FileUnreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok(content)
}

/// The event of a request to the function's first route.
fn request_event(
    body: &[u8],
    path: Option<&str>,
    template: &Template,
    function: &Function,
) -> Result<Vec<u8>, Error> {
    let apis = template.application.apis.iter();
    let mut routes = apis.flat_map(|api| api.routes.iter().map(move |route| (api, route)));
    let (api, route) = routes
        .find(|(_, route)| route.function == function.name)
        .ok_or_else(|| Error::NoRoute(function.logical_id.clone()))?;
    let resource = match route.path.as_str() {
        "$default" => "/{proxy+}",
        path => path,
    };
    // A parameter that nobody gave would be its own name.
    if path.is_none() && resource.contains('{') {
        return Err(Error::NoPath(resource.to_owned()));
    }
    let method = match route.method.as_str() {
        "ANY" => "POST",
        method => method,
    };
    let request = SampleRequest {
        kind: api.kind,
        format: route.payload_format,
        method,
        resource,
        path: path.unwrap_or(resource),
        query: "",
        body: Some(&String::from_utf8_lossy(body)),
        stage: &api.stage,
        api_id: &api.id,
        account_id: ACCOUNT_ID,
        region: REGION,
    };
    Ok(request.event()?.to_string().into_bytes())
}

/// A function's answer and a line break: its own bytes, but on a terminal the text.
fn write_payload(stdout: &mut std::io::Stdout, payload: &[u8]) {
    if stdout.is_terminal() {
        let text = String::from_utf8_lossy(payload);
        let text = terminal::shown_on(stdout, &text);
        stdout.write_all(text.as_bytes()).ok();
    } else {
        stdout.write_all(payload).ok();
    }
    stdout.write_all(b"\n").ok();
}

/// Invokes by the AWS endpoint, as any SDK would; shows the log, with these
/// places, where nobody else does.
fn invoke(
    args: &InvokeArgs,
    client: &Client,
    function: &Function,
    event: Vec<u8>,
    shown_log: Option<&SourcePlaces>,
) -> Result<ExitCode, Error> {
    let name = &function.name;
    let failed = |reason: String| Error::NotInvoked {
        function: args.function.clone(),
        reason,
    };
    let request = Request::post(format!(
        "{}/2015-03-31/functions/{name}/invocations",
        client.url
    ))
    .header("x-amz-log-type", "Tail")
    .body(event)
    .map_err(|error| failed(error.to_string()))?;
    let sent = client.send("lambda", request);
    let (headers, payload) = sent.map_err(|error| failed(error.to_string()))?;
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let log = header("x-amz-log-result").and_then(|log| STANDARD.decode(log).ok());
    if let (Some(log), Some(places)) = (log, shown_log)
        && !terminal::is_quiet()
    {
        let log = String::from_utf8_lossy(&log);
        let log = places.show(&function.logical_id, &log);
        let mut stderr = std::io::stderr();
        let log = terminal::shown_on(&stderr, &log);
        stderr.write_all(log.as_bytes()).ok();
    }
    write_payload(&mut std::io::stdout(), &payload);
    Ok(match header("x-amz-function-error") {
        Some(_) => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
    })
}
