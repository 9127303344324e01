//! What samlet shows while it runs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use samlet_build::SourcePlaces;
use samlet_logs::{LogEvent, Observer};
use samlet_template::{Api, Application, Route};
use tracing_subscriber::EnvFilter;

use samlet_run::{Addresses, ApiAddress, LogDisplay};

use crate::escape::escape;
use crate::fields::{FieldsWithPlaces, show_places};

/// Told apart well on dark and light terminals.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Green,
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::BrightCyan,
];

/// Whether only results, warnings and errors are wanted.
static QUIET: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// samlet's own diagnostics go to standard error; `SAMLET_LOG=debug` shows more.
pub(crate) fn init(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
    let filter = EnvFilter::try_from_env("SAMLET_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .fmt_fields(FieldsWithPlaces)
        .with_writer(std::io::stderr)
        // As `NO_COLOR` and the rest of the environment have it.
        .with_ansi(has_colours())
        .with_target(false)
        .without_time()
        .init();
}

fn has_colours() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// What functions or clients wrote, as it goes to a stream: to a terminal without control characters, to a file or
/// another program as it is.
pub(crate) fn shown_on<'t>(stream: &impl IsTerminal, text: &'t str) -> Cow<'t, str> {
    if stream.is_terminal() {
        return escape(text);
    }
    Cow::Borrowed(text)
}

/// Shows text on standard error, with its colours if that has any. It goes in
/// one piece: nothing else that is written meanwhile comes between.
pub(crate) fn print(text: &str) {
    let text = match has_colours() {
        true => Cow::Borrowed(text),
        false => strip_str(text).to_string().into(),
    };
    // A terminal that went away must not end the application.
    std::io::stderr().write_all(text.as_bytes()).ok();
}

/// How each function's log is shown: with its name, in a colour of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogNames(Arc<RwLock<Names>>);

#[derive(Debug, Default)]
struct Names {
    width: usize,
    /// By log group.
    functions: HashMap<String, (String, Style)>,
    places: Arc<SourcePlaces>,
}

impl LogDisplay for LogNames {
    /// Names the functions of this application from now on.
    fn update(&self, application: &Application, places: &Arc<SourcePlaces>) {
        let functions = || application.functions.iter();
        let coloured = functions().zip(COLOURS.iter().cycle());
        let mut by_group = HashMap::new();
        for (function, colour) in coloured {
            let shown = (function.logical_id.clone(), colour.on_default());
            // A group that several share goes by the first one's name.
            by_group.entry(function.log_group.clone()).or_insert(shown);
        }
        let names = Names {
            width: functions()
                .map(|f| f.logical_id.len())
                .max()
                .unwrap_or_default(),
            functions: by_group,
            places: Arc::clone(places),
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
        show_places(places);
    }

    /// Shows on standard error what functions log.
    fn observer(&self) -> Box<dyn Observer> {
        Box::new(Shown {
            names: self.clone(),
            has_colours: has_colours(),
            is_terminal: std::io::stderr().is_terminal(),
            text: String::new(),
        })
    }
}

/// Functions' lines on their way to standard error.
struct Shown {
    names: LogNames,
    has_colours: bool,
    is_terminal: bool,
    text: String,
}

/// More than this is not gathered.
const MAX_SHOWN_BYTES: usize = 64 * 1024;

impl Observer for Shown {
    fn event(&mut self, group: &str, event: &LogEvent) {
        if is_quiet() {
            return;
        }
        let names = self.names.0.read().unwrap_or_else(PoisonError::into_inner);
        let width = names.width;
        let Some((name, style)) = names.functions.get(group) else {
            return;
        };
        let message = names.places.show_logged(group, event.message.trim_end());
        // AWS's Python runtime client ends the lines of a trace so.
        for line in message.split('\r') {
            let line = match self.is_terminal {
                true => escape(line),
                false => Cow::Borrowed(line),
            };
            let written = match self.has_colours {
                true => writeln!(self.text, "{style}{name:width$}{style:#} {line}"),
                false => writeln!(self.text, "{name:width$} {}", strip_str(&line)),
            };
            // A string takes everything.
            written.ok();
        }
        drop(names);
        if self.text.len() > MAX_SHOWN_BYTES {
            self.pause();
        }
    }

    fn pause(&mut self) {
        // As [`print`]; colours were looked at before.
        if !self.text.is_empty() {
            std::io::stderr().write_all(self.text.as_bytes()).ok();
            self.text.clear();
        }
    }
}

/// `1 item`, `2 items`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// Columns as wide as they need to be, numbers to the right; `left` are texts.
pub(crate) fn columns<R: AsRef<[String]>>(rows: &[R], left: &[usize]) -> String {
    let cells = || rows.iter().map(AsRef::as_ref);
    let width = |column: usize| cells().map(|row| row[column].chars().count()).max();
    let count = cells().next().map_or(0, <[_]>::len);
    let widths: Vec<usize> = (0..count)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in cells() {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            line += &match left.contains(&column) {
                true => format!("{cell:width$}  "),
                false => format!("{cell:>width$}  "),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Says what is being done that takes a while, in cargo's manner.
pub(crate) fn print_status(verb: &str, what: &str) {
    if is_quiet() {
        return;
    }
    let style = AnsiColor::Green.on_default().bold();
    print(&format!("{style}{verb:>12}{style:#} {what}\n"));
}

/// An API's routes, each with its function's logical id.
fn routes_of<'a>(
    api: &'a Api,
    application: &'a Application,
) -> impl Iterator<Item = (&'a Route, &'a str)> {
    api.routes.iter().map(|route| {
        let mut functions = application.functions.iter();
        let function = functions.find(|function| function.name == route.function);
        let id = function.map_or(&route.function, |function| &function.logical_id);
        (route, id.as_str())
    })
}

/// Prints each API's routes with their functions, and where it is reached, if it is.
pub(crate) fn print_routes(application: &Application, addresses: &[ApiAddress]) {
    let mut stdout = anstream::stdout();
    let routes = application.apis.iter().flat_map(|api| &api.routes);
    let width = routes.map(|route| route.path.len()).max().unwrap_or(0);
    for api in &application.apis {
        if application.apis.len() > 1 {
            let address = addresses
                .iter()
                .find(|known| known.logical_id == api.logical_id);
            let url = address.map(|address| format!(" {}", address.url));
            writeln!(stdout, "{}{}", api.logical_id, url.unwrap_or_default()).ok();
        }
        for (route, id) in routes_of(api, application) {
            writeln!(stdout, "{:7} {:width$}  {id}", route.method, route.path).ok();
        }
    }
}

/// Prints the routes, the outputs, and the line that tools wait for:
/// `ready http://…`.
pub(crate) fn print_ready(application: &Application, addresses: &Addresses) {
    let (apis, aws_url) = (&addresses.apis, addresses.aws.as_str());
    print_routes(application, apis);
    let mut stdout = anstream::stdout();
    let bold = Style::new().bold();
    for output in &application.outputs {
        writeln!(stdout, "{}: {}", output.name, output.value).ok();
    }
    for key in &application.api_keys {
        writeln!(stdout, "API key {}: {}", key.logical_id, key.value).ok();
    }
    writeln!(stdout, "AWS endpoint {aws_url}").ok();
    writeln!(stdout, "console {}", addresses.console).ok();
    // An application without APIs is reached through the AWS endpoint.
    let ready = apis.first().map_or(aws_url, |api| &api.url);
    writeln!(stdout, "{bold}ready {ready}{bold:#}").ok();
    stdout.flush().ok();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_character_by_character() {
        let rows =
            [["NAME", "ITEMS", "KEY"], ["größe", "12", ""]].map(|row| row.map(str::to_owned));
        let text = "NAME   ITEMS  KEY\ngröße     12\n";
        assert_eq!(columns(&rows, &[0, 2]), text);
        assert_eq!(columns::<Vec<String>>(&[], &[]), "");
    }
}
