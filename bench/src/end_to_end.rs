//! The message service end to end, in samlet and in each alternative, in the same run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use crate::load::{Outcome, Pace};
use crate::places::Places;
use crate::report::{Report, Samples, number, table};
use crate::systems::{FUNCTION, Running, SERVER, STORE, System};
use crate::usage::{self, Cpu};
use crate::work::Operation;

/// The generator's own CPU time.
const GENERATOR: &str = "generator";

/// What is compared, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Settings {
    /// Times that all systems are measured, one after the other
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How long each figure is measured
    #[arg(long, default_value_t = 2.5)]
    pub(crate) seconds: f64,
    /// Connections
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    pub(crate) connections: Vec<usize>,
    /// Systems [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) systems: Vec<System>,
    /// Operations [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) operations: Vec<Operation>,
}

/// One figure: what was asked of whom.
type Key = (Operation, usize, System);

#[derive(Default)]
struct Cell {
    rate: Samples,
    p50: Samples,
    p99: Samples,
    /// Microseconds a request.
    cpu: BTreeMap<String, Samples>,
    failed: u64,
}

/// What was measured, and what could not be.
#[derive(Default)]
struct Figures {
    cells: BTreeMap<Key, Cell>,
    notes: Vec<String>,
}

/// Measures and reports.
pub(crate) fn run(places: &Places, settings: &Settings, report: &Report) -> Result<()> {
    use clap::ValueEnum as _;
    let mut settings = settings.clone();
    if settings.systems.is_empty() {
        settings.systems = System::value_variants().to_vec();
    }
    if settings.operations.is_empty() {
        settings.operations = Operation::ALL.to_vec();
    }
    let mut figures = Figures::default();
    for round in 1..=settings.rounds {
        for system in &settings.systems {
            println!("round {round} of {}: {}", settings.rounds, system.name());
            if let Err(error) = measure(places, &settings, *system, &mut figures) {
                figures.note(format!("{}: {error:#}", system.name()));
            }
        }
    }
    let mut text = rates(&settings, &figures) + &latencies(&settings, &figures);
    text += &cpu(&settings, &figures);
    text += &targets(&settings, &figures);
    for note in &figures.notes {
        let _ = writeln!(text, "- {note}");
    }
    report.section("end to end", &text)
}

fn measure(
    places: &Places,
    settings: &Settings,
    system: System,
    figures: &mut Figures,
) -> Result<()> {
    let mut running = system.start(places)?;
    for connections in &settings.connections {
        for operation in &settings.operations {
            if !system.can(*operation, *connections) {
                continue;
            }
            let key = (*operation, *connections, system);
            let outcome = measure_one(&mut running, key, settings.seconds);
            match outcome {
                Ok((outcome, cpu)) => figures.add(key, &outcome, &cpu),
                Err(error) => {
                    let name = system.name();
                    figures.note(format!(
                        "{name}: {} with {connections}: {error:#}",
                        operation.name()
                    ));
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

const PYTHON_WARM_UP: Duration = Duration::from_secs(8);

fn measure_one(
    running: &mut Running,
    (operation, connections, system): Key,
    seconds: f64,
) -> Result<(Outcome, Cpu)> {
    let duration = Duration::from_secs_f64(seconds);
    // Environments, connections and caches are there afterwards. Boto3 alone
    // takes half a second to start, and all processes start at once.
    let warm_up = match system {
        System::Python => PYTHON_WARM_UP,
        _ => duration / 3,
    };
    running.load(operation, connections, Pace::Closed, warm_up)?;
    let before = all_cpu(running)?;
    let outcome = running.load(operation, connections, Pace::Closed, duration)?;
    let cpu = usage::difference(&before, &all_cpu(running)?);
    println!(
        "  {:8} {connections:4} connections: {:8.0}/s, p50 {:.2} ms, p99 {:.2} ms, {} failed",
        operation.name(),
        outcome.rate(),
        outcome.percentile(50.0),
        outcome.percentile(99.0),
        outcome.failed
    );
    Ok((outcome, cpu))
}

fn all_cpu(running: &Running) -> Result<Cpu> {
    let mut cpu = running.cpu()?;
    // This process alone: its descendants are counted already.
    let own = usage::cpu_of_process(std::process::id())?;
    cpu.insert(GENERATOR.to_owned(), own);
    Ok(cpu)
}

impl Figures {
    fn note(&mut self, note: String) {
        println!("  {note}");
        // The same in each round is one thing to tell.
        let note = note.lines().next().unwrap_or_default().to_owned();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn add(&mut self, key: Key, outcome: &Outcome, cpu: &Cpu) {
        if let Some(failure) = &outcome.first_failure {
            let (operation, connections, system) = key;
            let failure: String = failure.chars().take(160).collect();
            let what = format!("{}, {} with {connections}", system.name(), operation.name());
            self.note(format!("{what}: {} failed: {failure}", outcome.failed));
        }
        let cell = self.cells.entry(key).or_default();
        cell.failed += outcome.failed;
        cell.rate.push(outcome.rate());
        cell.p50.push(outcome.percentile(50.0));
        cell.p99.push(outcome.percentile(99.0));
        let answered = outcome.latency.len().max(1) as f64;
        for (part, used) in cpu {
            let each = used.as_secs_f64() * 1e6 / answered;
            cell.cpu.entry(part.clone()).or_default().push(each);
        }
    }

    /// The highest rate at any number of connections.
    fn best_rate(&self, operation: Operation, system: System) -> f64 {
        let cells = self.cells.iter();
        let mine = cells.filter(|((o, _, s), _)| (*o, *s) == (operation, system));
        mine.map(|(_, cell)| cell.rate.median()).fold(0.0, f64::max)
    }
}

fn by_system(settings: &Settings, figures: &Figures, show: impl Fn(&Cell) -> String) -> String {
    let mut header = vec!["operation", "connections"];
    header.extend(settings.systems.iter().map(|system| system.name()));
    let mut rows = Vec::new();
    for operation in &settings.operations {
        for connections in &settings.connections {
            let mut row = vec![operation.name().to_owned(), connections.to_string()];
            for system in &settings.systems {
                let cell = figures.cells.get(&(*operation, *connections, *system));
                row.push(cell.map_or_else(|| "–".to_owned(), &show));
            }
            rows.push(row);
        }
    }
    table(&header, &rows)
}

fn rates(settings: &Settings, figures: &Figures) -> String {
    let show = |cell: &Cell| match cell.failed {
        0 => cell.rate.text(0),
        failed => format!("{}, {failed} failed", cell.rate.text(0)),
    };
    let rounds = settings.rounds;
    let head = format!("Requests a second: median of {rounds} rounds (lowest–highest).\n\n");
    head + &by_system(settings, figures, show)
}

fn latencies(settings: &Settings, figures: &Figures) -> String {
    let show = |cell: &Cell| {
        format!(
            "{} / {}",
            number(cell.p50.median(), 2),
            number(cell.p99.median(), 2)
        )
    };
    format!(
        "\nLatency, p50 / p99, in milliseconds.\n\n{}",
        by_system(settings, figures, show)
    )
}

fn cpu(settings: &Settings, figures: &Figures) -> String {
    let mut rows = Vec::new();
    for operation in &settings.operations {
        for system in &settings.systems {
            // With 8 connections, else what there is.
            let of_connections =
                |connections| figures.cells.get(&(*operation, connections, *system));
            let Some(cell) = of_connections(8).or_else(|| of_connections(1)) else {
                continue;
            };
            let used = |part| cell.cpu.get(part).map_or(0.0, Samples::median);
            let whole = used(FUNCTION) + used(SERVER) + used(STORE);
            let share = |part| {
                format!(
                    "{} ({:.0} %)",
                    number(used(part), 0),
                    100.0 * used(part) / whole.max(1.0)
                )
            };
            rows.push(vec![
                operation.name().to_owned(),
                system.name().to_owned(),
                share(FUNCTION),
                share(SERVER),
                share(STORE),
                number(whole, 0),
                number(used(GENERATOR), 0),
            ]);
        }
    }
    let header = [
        "operation",
        "system",
        "function",
        "server",
        "store",
        "sum",
        "generator",
    ];
    let head = "\nCPU time of a request in microseconds, with 8 connections (the emulator: 1). `server` is samlet, or what \
         takes its place; `store` is its store's threads, or the DynamoDB that functions call.\n\n";
    head.to_owned() + &table(&header, &rows)
}

/// What is aimed at, and what was reached.
fn targets(settings: &Settings, figures: &Figures) -> String {
    if !settings.systems.contains(&System::Samlet) {
        return String::new();
    }
    let is_alternative =
        |system: &&System| !matches!(system, System::Samlet | System::Plain | System::Python);
    let mut rows = Vec::new();
    for (operation, aim) in [(Operation::Echo, 3.0), (Operation::Retrieve, 1.5)] {
        let mine = figures.best_rate(operation, System::Samlet);
        let alternatives = settings.systems.iter().filter(is_alternative);
        let rates = alternatives.map(|system| (figures.best_rate(operation, *system), system));
        let best = rates.max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((rate, best)) = best.filter(|_| mine > 0.0) else {
            continue;
        };
        rows.push(vec![
            format!(
                "{}: to the best alternative, {}",
                operation.name(),
                best.name()
            ),
            format!("at least {aim}×"),
            format!("{:.2}×", mine / rate.max(1.0)),
        ]);
    }
    let cell =
        |operation, connections| figures.cells.get(&(operation, connections, System::Samlet));
    if let Some(cell) = cell(Operation::Retrieve, 8) {
        let ratio = cell.p99.median() / cell.p50.median().max(0.001);
        let name = "retrieve, 8 connections: p99 to p50".to_owned();
        rows.push(vec![name, "at most 3×".into(), format!("{ratio:.2}×")]);
    }
    if let (Some(creates), Some(retrieves)) =
        (cell(Operation::Create, 64), cell(Operation::Retrieve, 64))
    {
        let ratio = creates.rate.median() / retrieves.rate.median().max(1.0);
        let name = "64 connections: creates to retrieves".to_owned();
        rows.push(vec![
            name,
            "at least 70 %".into(),
            format!("{:.0} %", 100.0 * ratio),
        ]);
    }
    let head =
        "\nThe best rate at any number of connections, against that of each alternative.\n\n";
    head.to_owned() + &table(&["samlet", "target", "here"], &rows) + "\n"
}
