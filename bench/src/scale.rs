//! What changes with the number of messages, of functions, of connections.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::Store;
use samlet_dynamodb_api::{AttributeValue, Item};
use uuid::Uuid;

use crate::load::Pace;
use crate::places::Places;
use crate::report::{Report, held_text, megabytes, number, table};
use crate::systems::{self, Application, System};
use crate::usage;
use crate::work::{Messages, Operation};

/// Messages that are retrieved, of all that there are.
const RETRIEVED: usize = 50_000;

/// What sizes, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Settings {
    /// Messages stored
    #[arg(long, value_delimiter = ',', default_value = "1000,1000000,10000000")]
    pub(crate) messages: Vec<usize>,
    /// Functions in one template
    #[arg(long, value_delimiter = ',', default_value = "1,10,200")]
    pub(crate) functions: Vec<usize>,
    /// Connections
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256,1000")]
    pub(crate) connections: Vec<usize>,
    /// How long each figure is measured
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
}

/// Measures and reports.
pub(crate) fn run(places: &Places, settings: &Settings, report: &Report) -> Result<()> {
    let text = [
        messages(places, settings)?,
        functions(places, settings)?,
        connections(places, settings)?,
    ];
    report.section("scale", &text.join("\n"))
}

fn messages(places: &Places, settings: &Settings) -> Result<String> {
    let duration = Duration::from_secs_f64(settings.seconds);
    let mut rows = Vec::new();
    let mut smallest = None;
    for count in &settings.messages {
        println!("{count} messages");
        let folder = systems::message_service_folder(places)?;
        // Makes the table.
        drop(systems::start_samlet(places, &folder, &[])?);
        let began = Instant::now();
        let store = folder.join(".samlet/dynamodb");
        let file = store.join("dynamodb.sqlite");
        let ids = load(&store, *count)?;
        // Else the system writes gigabytes back while writes are measured.
        std::fs::File::open(&file)?.sync_all()?;
        println!("  loaded in {:.0} s", began.elapsed().as_secs_f64());
        let began = Instant::now();
        let application = systems::start_samlet(places, &folder, &[])?;
        let ready = began.elapsed().as_secs_f64() * 1e3;
        let mut running = systems::running(application)?;
        running.messages = Messages {
            kept: Arc::new(ids),
            spare: Vec::new(),
        };
        let mut row = vec![
            number(*count as f64, 0),
            megabytes(std::fs::metadata(&file)?.len()),
            number(ready, 0),
        ];
        let mut medians = Vec::new();
        for operation in [Operation::Retrieve, Operation::Create] {
            running.load(operation, 8, Pace::Closed, duration / 2)?;
            let outcome = running.load(operation, 8, Pace::Closed, duration)?;
            anyhow::ensure!(outcome.failed == 0, "{:?}", outcome.first_failure);
            row.push(number(outcome.rate(), 0));
            row.push(format!(
                "{:.2} / {:.2}",
                outcome.percentile(50.0),
                outcome.percentile(99.0)
            ));
            medians.push(outcome.percentile(50.0));
        }
        let first = smallest.get_or_insert_with(|| medians.clone());
        let ratios = medians
            .iter()
            .zip(first.iter())
            .map(|(p50, first)| format!("{:.2}×", p50 / first));
        row.push(ratios.collect::<Vec<_>>().join(", "));
        rows.push(row);
        drop(running);
        std::fs::remove_dir_all(folder)?;
    }
    let header = [
        "messages",
        "file, MB",
        "start, ms",
        "retrieves a second",
        "p50 / p99 ms",
        "creates a second",
        "p50 / p99 ms",
        "p50 to the smallest (at most 1.3×)",
    ];
    Ok(format!(
        "Messages stored, 8 connections.\n\n{}",
        table(&header, &rows)
    ))
}

/// Loads messages into the store in a folder, which nothing else has open; gives
/// the ids of some, evenly chosen.
fn load(folder: &Path, count: usize) -> Result<Vec<String>> {
    let ids: Arc<[Uuid]> = (0..count).map(|_| Uuid::new_v4()).collect();
    let chosen = ids.iter().step_by(count.div_ceil(RETRIEVED).max(1));
    let chosen = chosen.map(Uuid::to_string).collect();
    let place = Arc::new(Place::new("us-east-1", "123456789012", "bench"));
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Store::open(folder, &place, &Clock::new())?;
        let items = (0..count).map(move |index| message(ids[index]));
        let loaded = store.load("local-DynamoDBTable", items).await;
        store.close().await;
        loaded.map_err(|error| anyhow::anyhow!("the messages could not be loaded: {error:?}"))
    })?;
    Ok(chosen)
}

/// A message as the message service stores it.
fn message(id: Uuid) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let fields = [
        ("pk", text(&id.to_string())),
        ("sk", text("v0")),
        ("title", text("Hello")),
        ("body", text("Hello, serverless!")),
        ("stars", AttributeValue::N(5.into())),
        ("timestamp", AttributeValue::N(1_795_488_309.into())),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

fn functions(places: &Places, settings: &Settings) -> Result<String> {
    let mut rows = Vec::new();
    for count in &settings.functions {
        println!("{count} functions");
        let folder = places.folder()?;
        systems::echo_function(places, &folder)?;
        std::fs::write(folder.join("template.yaml"), template(*count))?;
        let began = Instant::now();
        let most = (count + 1).to_string();
        let application = systems::start_samlet(places, &folder, &["--max-environments", &most])?;
        let ready = began.elapsed().as_secs_f64() * 1e3;
        std::thread::sleep(Duration::from_secs(2));
        let idle = usage::held(application.server.pid())?;
        let (first, once) = invoke_each(&application, *count)?;
        let mut row = vec![
            count.to_string(),
            number(ready, 0),
            megabytes(idle.own_bytes),
            number(first, 1),
        ];
        row.extend(held_text(&once));
        rows.push(row);
    }
    let header = [
        "functions",
        "start to `ready`, ms",
        "idle, MB",
        "first request of each, p50 ms",
        "all used: samlet, MB",
        "functions, MB",
        "samlet's file handles",
        "functions' processes",
    ];
    Ok(format!(
        "Functions in one template, each with a route.\n\n{}",
        table(&header, &rows)
    ))
}

fn template(count: usize) -> String {
    let mut text = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    for number in 0..count {
        text += &format!(
            "  Echo{number}:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: echo\n      Handler: \
             bootstrap\n      Runtime: provided.al2023\n      Events:\n        Api: {{Type: Api, Properties: {{Path: \
             /echo/{number}, Method: GET}}}}\n"
        );
    }
    text
}

/// Asks each function once; gives the median latency in milliseconds, and
/// what is held when all have been used.
fn invoke_each(application: &Application, count: usize) -> Result<(f64, usage::Held)> {
    let work = systems::EachOnce::new(count);
    let outcome = systems::each_once(&application.api, work)?;
    anyhow::ensure!(outcome.failed == 0, "{:?}", outcome.first_failure);
    Ok((
        outcome.percentile(50.0),
        usage::held(application.server.pid())?,
    ))
}

fn connections(places: &Places, settings: &Settings) -> Result<String> {
    let duration = Duration::from_secs_f64(settings.seconds);
    let mut rows = Vec::new();
    let mut running = System::Samlet.start(places)?;
    for connections in &settings.connections {
        let mut row = vec![connections.to_string()];
        for operation in [Operation::Echo, Operation::Retrieve] {
            println!("{connections} connections, {}", operation.name());
            running.load(operation, *connections, Pace::Closed, duration / 2)?;
            let outcome = running.load(operation, *connections, Pace::Closed, duration)?;
            row.push(number(outcome.rate(), 0));
            row.push(format!(
                "{:.2} / {:.2}",
                outcome.percentile(50.0),
                outcome.percentile(99.0)
            ));
            row.push(outcome.failed.to_string());
        }
        row.extend(held_text(&usage::held(running.pid())?));
        rows.push(row);
    }
    let header = [
        "connections",
        "echoes a second",
        "p50 / p99 ms",
        "failed",
        "retrieves a second",
        "p50 / p99 ms",
        "failed",
        "samlet, MB",
        "functions, MB",
        "samlet's file handles",
        "functions' processes",
    ];
    Ok(format!(
        "Connections, each with one request at a time.\n\n{}",
        table(&header, &rows)
    ))
}
