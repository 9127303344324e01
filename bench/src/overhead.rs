//! samlet's own share: what it adds to a function, what it takes to start, and what it holds when idle.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::direct;
use crate::load::{Outcome, Pace};
use crate::places::Places;
use crate::report::{Report, Samples, number, table};
use crate::systems::{self, FUNCTION, Running, System};
use crate::usage;
use crate::work::{Operation, event};

/// How much of the highest rate is asked for.
const LOADS: [f64; 2] = [0.5, 0.9];

/// Connections that requests at fixed times have between them; enough for
/// none to wait for one.
const CONNECTIONS: usize = 64;

/// How long samlet has to be idle before its memory counts.
const IDLE: Duration = Duration::from_secs(3);

/// How often, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Settings {
    /// Times that each figure is taken
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How long each is measured
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Times that samlet is started
    #[arg(long, default_value_t = 15)]
    pub(crate) starts: usize,
}

/// Measures and reports.
pub(crate) fn run(places: &Places, settings: &Settings, report: &Report) -> Result<()> {
    let text = [
        start(places, settings)?,
        share(places, settings)?,
        at_rates(places, settings)?,
    ];
    report.section("samlet's share", &text.join("\n"))
}

/// Start to `ready`, and memory.
fn start(places: &Places, settings: &Settings) -> Result<String> {
    println!("starting samlet {} times", settings.starts);
    let (mut ready, mut memory, mut stop) =
        (Samples::default(), Samples::default(), Samples::default());
    for round in 0..settings.starts {
        let folder = systems::message_service_folder(places)?;
        let began = Instant::now();
        let application = systems::start_samlet(places, &folder, &[])?;
        ready.push(began.elapsed().as_secs_f64() * 1e3);
        if round < settings.rounds {
            std::thread::sleep(IDLE);
            let held = usage::held(application.server.pid())?;
            memory.push(held.own_bytes as f64 / 1e6);
        }
        let began = Instant::now();
        drop(application);
        stop.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let rows = [
        (
            "start to `ready`, everything built, ms",
            ready.text(0),
            "60",
        ),
        ("idle memory, MB resident", memory.text(1), "25"),
        ("asked to stop until ended, ms", stop.text(0), "–"),
    ];
    let rows = rows.map(|(name, here, most)| vec![name.to_owned(), here, most.to_owned()]);
    Ok(table(&["", "here", "at most"], &rows))
}

/// The CPU time of a warm echo by thread, and what samlet adds to its latency.
fn share(places: &Places, settings: &Settings) -> Result<String> {
    let duration = Duration::from_secs_f64(settings.seconds);
    let mut threads = BTreeMap::<String, Samples>::new();
    let [
        mut samlet,
        mut function,
        mut alone,
        mut through,
        mut plainly,
    ] = std::array::from_fn::<_, 5, _>(|_| Samples::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for round in 1..=settings.rounds {
        println!("echo, round {round} of {}", settings.rounds);
        let folder = places.folder()?;
        let (program, event) = (places.echo()?, event(Operation::Echo));
        let direct = direct::latencies(&program, &event, duration, &folder);
        alone.push(runtime.block_on(direct)?.value_at_quantile(0.5) as f64 / 1e3);

        let mut plain = System::Plain.start(places)?;
        plain.load(Operation::Echo, 1, Pace::Closed, duration / 4)?;
        let outcome = plain.load(Operation::Echo, 1, Pace::Closed, duration / 2)?;
        plainly.push(outcome.percentile(50.0) * 1e3);
        drop(plain);

        let mut running = System::Samlet.start(places)?;
        running.load(Operation::Echo, 1, Pace::Closed, duration / 4)?;
        let outcome = running.load(Operation::Echo, 1, Pace::Closed, duration)?;
        through.push(outcome.percentile(50.0) * 1e3);

        running.load(Operation::Echo, 8, Pace::Closed, duration / 4)?;
        let before = usage::cpu(running.pid(), FUNCTION)?;
        let outcome = running.load(Operation::Echo, 8, Pace::Closed, duration)?;
        let used = usage::difference(&before, &usage::cpu(running.pid(), FUNCTION)?);
        let mut own = 0.0;
        for (thread, used) in used {
            let each = used.as_secs_f64() * 1e6 / outcome.latency.len().max(1) as f64;
            match thread == FUNCTION {
                true => function.push(each),
                false => {
                    own += each;
                    threads.entry(thread).or_default().push(each);
                }
            }
        }
        samlet.push(own);
    }
    let added = through.median() - alone.median();
    let mut rows = vec![
        vec![
            "samlet's CPU time of an echo, 8 connections".to_owned(),
            samlet.text(0),
            "75".to_owned(),
        ],
        vec![
            "its function's".to_owned(),
            function.text(0),
            "–".to_owned(),
        ],
        vec![
            "p50 of an echo through samlet, 1 connection".to_owned(),
            through.text(0),
            "–".to_owned(),
        ],
        vec![
            "p50 of the function alone".to_owned(),
            alone.text(0),
            "–".to_owned(),
        ],
        vec!["samlet adds".to_owned(), number(added, 0), "–".to_owned()],
        vec![
            "p50 of an echo of a plain process".to_owned(),
            plainly.text(0),
            "–".to_owned(),
        ],
    ];
    // What takes less than half a microsecond is not worth a line.
    for (thread, used) in threads.iter().filter(|(_, used)| used.median() >= 0.5) {
        rows.push(vec![
            format!("samlet's CPU time, threads `{thread}`"),
            used.text(1),
            "–".to_owned(),
        ]);
    }
    let head = "Microseconds. The function alone is called over a Runtime API that does nothing else, from the event's \
         handing over until the response has come.\n\n";
    Ok(head.to_owned() + &table(&["", "here", "at most"], &rows))
}

/// Latency at a part of the highest rate.
fn at_rates(places: &Places, settings: &Settings) -> Result<String> {
    let mut rows = Vec::new();
    let duration = Duration::from_secs_f64(settings.seconds);
    for operation in [Operation::Echo, Operation::Retrieve, Operation::Create] {
        let mut most = Samples::default();
        let mut figures = LOADS.map(|_| <[Samples; 4]>::default());
        for _ in 0..settings.rounds {
            let mut running = System::Samlet.start(places)?;
            running.load(operation, CONNECTIONS, Pace::Closed, duration / 2)?;
            let saturated = running.load(operation, CONNECTIONS, Pace::Closed, duration)?;
            most.push(saturated.rate());
            for (load, figures) in LOADS.iter().zip(&mut figures) {
                let pace = Pace::PerSecond(saturated.rate() * load);
                let outcome = running.load(operation, CONNECTIONS, pace, duration)?;
                println!(
                    "{} at {:.0} %: p50 {:.2} ms",
                    operation.name(),
                    load * 100.0,
                    outcome.percentile(50.0)
                );
                figures[0].push(outcome.rate());
                for (samples, percent) in figures[1..].iter_mut().zip([50.0, 99.0, 99.9]) {
                    samples.push(outcome.percentile(percent));
                }
            }
        }
        for (load, [rate, latencies @ ..]) in LOADS.iter().zip(&figures) {
            let mut row = vec![
                operation.name().to_owned(),
                most.text(0),
                format!("{:.0} %", load * 100.0),
                rate.text(0),
            ];
            row.extend(latencies.iter().map(|latency| latency.text(2)));
            rows.push(row);
        }
    }
    let creates = beside_creates(places, settings)?;
    let header = [
        "operation",
        "most a second",
        "load",
        "answered a second",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
    ];
    let head =
        "Requests at fixed times, over 64 connections; latency counts from when each was due.\n\n";
    Ok(head.to_owned() + &table(&header, &rows) + "\n" + &creates)
}

/// Retrieves alone, and beside steady creates.
fn beside_creates(places: &Places, settings: &Settings) -> Result<String> {
    let duration = Duration::from_secs_f64(settings.seconds);
    let [mut alone, mut beside] = [Samples::default(), Samples::default()];
    for _ in 0..settings.rounds {
        let mut running = System::Samlet.start(places)?;
        let warm = |running: &mut Running, operation| {
            running.load(operation, CONNECTIONS, Pace::Closed, duration / 4)
        };
        warm(&mut running, Operation::Create)?;
        let most = warm(&mut running, Operation::Retrieve)?.rate();
        let pace = Pace::PerSecond(most / 4.0);
        let outcome = running.load(Operation::Retrieve, CONNECTIONS, pace, duration)?;
        alone.push(outcome.percentile(99.0));
        let outcome: Outcome = running.beside(
            (Operation::Retrieve, pace),
            (Operation::Create, Pace::PerSecond(most / 8.0)),
            duration,
        )?;
        beside.push(outcome.percentile(99.0));
    }
    let ratio = beside.median() / alone.median().max(0.001);
    let rows = [
        vec!["alone".to_owned(), alone.text(2), "–".to_owned()],
        vec![
            "beside half as many creates".to_owned(),
            beside.text(2),
            format!("{ratio:.2}× (at most 3×)"),
        ],
    ];
    let head = "Retrieves at a quarter of the highest rate, p99 in milliseconds.\n\n";
    Ok(head.to_owned() + &table(&["", "p99 ms", "ratio"], &rows))
}
