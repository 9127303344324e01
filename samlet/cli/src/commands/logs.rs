//! `samlet logs`: what functions have logged, whether samlet runs or not.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use samlet_build::SourcePlaces;
use samlet_logs::{Logs, LogsApi};
use samlet_run::place;
use samlet_template::Function;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use tokio_util::sync::CancellationToken;

use crate::args::{Format, LogsArgs};
use crate::error::Error;
use crate::running::runtime;
use crate::{template, terminal};

/// How often a log that is followed is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// What may be logged late: events are looked for so far back.
const OVERLAP_MS: u64 = 5_000;

/// How far back a log that is followed begins, as with SAM CLI.
const TAIL_SINCE: Duration = Duration::from_secs(600);

/// `samlet logs`.
pub(crate) fn command(args: &LogsArgs) -> Result<(), Error> {
    let config = args.application.config("logs")?;
    let template = template::read(&args.application, &config, false)?;
    let mut functions = Vec::new();
    for name in &args.functions {
        functions.push(template::function(&template, name)?);
    }
    if functions.is_empty() {
        functions = template.application.functions.iter().collect();
    }
    let folder = args.application.data_dir().join("logs");
    if !folder.is_dir() && !args.tail {
        tracing::warn!("nothing was ever logged in {}", folder.display());
        return Ok(());
    }
    let logs = Logs::open(&folder, Box::new(|_: &str, _: &samlet_logs::LogEvent| {}))?;
    let api = LogsApi::new(logs, Arc::new(place()), CancellationToken::new());
    let widths = functions.iter().map(|function| function.logical_id.len());
    let manner = Manner {
        format: args.format,
        width: widths.max().unwrap_or_default(),
        places: template.source_places(),
    };
    runtime()?.block_on(show(args, &api, &functions, &manner))
}

/// How events are shown.
struct Manner {
    format: Format,
    /// Of the functions' names.
    width: usize,
    places: SourcePlaces,
}

async fn show(
    args: &LogsArgs,
    api: &LogsApi,
    functions: &[&Function],
    manner: &Manner,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    let now = u64::try_from(now).unwrap_or_default();
    // The whole past is long, and who follows wants to see what comes.
    let since = args.since.or(args.tail.then_some(TAIL_SINCE));
    let since = since.map(|since| since.as_millis().try_into().unwrap_or(u64::MAX));
    let mut start = since.map_or(0, |since| now.saturating_sub(since));
    let mut shown = HashSet::new();
    loop {
        let mut events = Vec::new();
        for function in functions {
            events.extend(read(args, api, function, start).await?);
        }
        events.sort_by_key(|(_, event)| event["timestamp"].as_u64());
        let mut stdout = anstream::stdout();
        for (function, event) in &events {
            let id = event["eventId"].as_str().unwrap_or_default();
            // A reader that has gone wants no more.
            if shown.insert(id.to_owned()) && print(&mut stdout, manner, function, event).is_err() {
                return Ok(());
            }
        }
        if !args.tail {
            return Ok(());
        }
        let last = events
            .last()
            .and_then(|(_, event)| event["timestamp"].as_u64());
        start = start.max(last.unwrap_or(0).saturating_sub(OVERLAP_MS));
        // Of those that are looked for no more, nothing needs to be kept.
        let kept: HashSet<String> = events
            .iter()
            .filter(|(_, event)| event["timestamp"].as_u64() >= Some(start))
            .filter_map(|(_, event)| event["eventId"].as_str().map(str::to_owned))
            .collect();
        shown = kept;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// All events of a function's group from `start` on.
async fn read<'f>(
    args: &LogsArgs,
    api: &LogsApi,
    function: &'f Function,
    start: u64,
) -> Result<Vec<(&'f Function, Value)>, Error> {
    let mut request = json!({"logGroupName": function.log_group, "startTime": start});
    if let Some(pattern) = &args.filter {
        request["filterPattern"] = json!(pattern);
    }
    let mut events = Vec::new();
    loop {
        let answer = match api.execute("FilterLogEvents", request.clone()).await {
            Ok(answer) => answer,
            // It has never run.
            Err(error) if error.code == "ResourceNotFoundException" => return Ok(events),
            Err(error) => return Err(Error::LogsUnreadable(error.message.into_owned())),
        };
        let mut page: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if let Value::Array(found) = page["events"].take() {
            events.extend(found.into_iter().map(|event| (function, event)));
        }
        match page["nextToken"].take() {
            Value::Null => return Ok(events),
            token => request["nextToken"] = token,
        }
    }
}

fn print(
    out: &mut impl Write,
    manner: &Manner,
    function: &Function,
    event: &Value,
) -> std::io::Result<()> {
    let millis = event["timestamp"].as_i64().unwrap_or_default();
    let message = event["message"].as_str().unwrap_or_default();
    let id = &function.logical_id;
    if manner.format == Format::Json {
        // As the function wrote it: another program may look for what it would find on AWS.
        let stream = &event["logStreamName"];
        let line =
            json!({"timestamp": millis, "function": id, "logStream": stream, "message": message});
        return writeln!(
            out,
            "{}",
            terminal::shown_on(&std::io::stdout(), &line.to_string())
        );
    }
    let clock =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    let time = time
        .ok()
        .and_then(|time| time.format(clock).ok())
        .unwrap_or_default();
    let message = message.trim_end();
    let message = manner.places.show_logged(&function.log_group, message);
    let width = manner.width;
    for line in message.split('\r') {
        let line = terminal::shown_on(&std::io::stdout(), line);
        writeln!(out, "{time} {id:width$} {line}")?;
    }
    Ok(())
}
