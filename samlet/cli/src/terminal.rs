//! What samlet shows while it runs.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use samlet_logs::Observer;
use samlet_template::{Application, RestApi};
use tracing_subscriber::EnvFilter;

/// Told apart well on dark and light terminals.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Green,
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::BrightCyan,
];

/// samlet's own diagnostics go to standard error; `SAMLET_LOG=debug` shows more.
pub(crate) fn init_diagnostics() {
    let filter = EnvFilter::try_from_env("SAMLET_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
}

/// Shows each function's log on standard error, with its name in its colour.
pub(crate) fn log_observer(application: &Application) -> Observer {
    let width = application
        .functions
        .iter()
        .map(|f| f.logical_id.len())
        .max()
        .unwrap_or(0);
    let names: Vec<(String, String, Style)> = application
        .functions
        .iter()
        .zip(COLOURS.iter().cycle())
        .map(|(function, colour)| {
            let group = format!("/aws/lambda/{}", function.name);
            (group, function.logical_id.clone(), colour.on_default())
        })
        .collect();
    let mut stderr = anstream::stderr();
    Box::new(move |group, event| {
        let Some((_, name, style)) = names.iter().find(|(known, ..)| known == group) else {
            return;
        };
        let message = event.message.trim_end();
        // A terminal that went away must not end the application.
        writeln!(stderr, "{style}{name:width$}{style:#} {message}").ok();
    })
}

/// Prints the routes with their functions, the outputs, and the line that
/// tools wait for: `ready http://…`.
pub(crate) fn print_ready(application: &Application, api_url: &str, aws_url: &str) {
    let mut stdout = anstream::stdout();
    let bold = Style::new().bold();
    let routes = || application.apis.iter().flat_map(|api| &api.routes);
    let width = routes().map(|route| route.path.len()).max().unwrap_or(0);
    for route in routes() {
        let function = application
            .functions
            .iter()
            .find(|f| f.name == route.function);
        let id = function.map_or(route.function.as_str(), |function| {
            function.logical_id.as_str()
        });
        writeln!(stdout, "{:7} {:width$}  {id}", route.method, route.path).ok();
    }
    for output in &application.outputs {
        let value = local_urls(&output.value, &application.apis, api_url);
        writeln!(stdout, "{}: {value}", output.name).ok();
    }
    writeln!(stdout, "AWS endpoint {aws_url}").ok();
    writeln!(stdout, "{bold}ready {api_url}{bold:#}").ok();
    stdout.flush().ok();
}

/// An API's address on AWS becomes its address here.
fn local_urls(value: &str, apis: &[RestApi], api_url: &str) -> String {
    apis.iter().fold(value.to_owned(), |value, api| {
        let host = format!("https://{}.execute-api.", api.id);
        let Some(start) = value.find(&host) else {
            return value;
        };
        let rest = &value[start + host.len()..];
        let path = rest.find('/').map_or("", |slash| &rest[slash..]);
        format!("{}{api_url}{path}", &value[..start])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apis_url_in_an_output_becomes_the_local_one() {
        let api = RestApi {
            logical_id: "Api".into(),
            id: "abc1234567".into(),
            stage: "Prod".into(),
            routes: Vec::new(),
        };
        let value = "https://abc1234567.execute-api.us-east-1.amazonaws.com/Prod/message";
        let local = local_urls(value, &[api], "http://127.0.0.1:3000");
        assert_eq!(local, "http://127.0.0.1:3000/Prod/message");
    }
}
