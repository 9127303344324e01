//! A steady load for long: nothing may grow.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::load::Pace;
use crate::places::Places;
use crate::report::{Report, held_text, number, table};
use crate::systems::System;
use crate::usage::{self, Held};
use crate::work::Operation;

/// Rows of the table.
const ROWS: u32 = 12;

/// What may be held more at the end than after a third of the time: stores and
/// caches have filled up by then.
const MOST_GROWTH: f64 = 1.15;

/// By how much `lambda_runtime` and glibc have a function grow with each
/// invocation, and a little: see docs/reliability.md.
const KNOWN_GROWTH_BYTES: f64 = 128.0;

/// How much, for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Settings {
    /// How long
    #[arg(long, default_value_t = 600.0)]
    pub(crate) seconds: f64,
    /// Requests a second
    #[arg(long, default_value_t = 500.0)]
    pub(crate) rate: f64,
}

/// Measures and reports; an error when something grew.
pub(crate) fn run(places: &Places, settings: &Settings, report: &Report) -> Result<()> {
    let duration = Duration::from_secs_f64(settings.seconds);
    let mut running = System::Samlet.start(places)?;
    running.load(Operation::Mix, 64, Pace::Closed, Duration::from_secs(3))?;
    let pid = running.pid();
    let (stop, stopped) = channel::<()>();
    let began = Instant::now();
    let watching = std::thread::spawn(move || {
        let mut samples: Vec<(Duration, Held)> = Vec::new();
        while stopped.recv_timeout(duration / ROWS) == Err(RecvTimeoutError::Timeout) {
            let held = usage::held(pid)?;
            println!("  {:?}: {held:?}", began.elapsed());
            samples.push((began.elapsed(), held));
        }
        Ok::<_, anyhow::Error>(samples)
    });
    println!("{} requests a second for {duration:?}", settings.rate);
    let outcome = running.load(Operation::Mix, 64, Pace::PerSecond(settings.rate), duration);
    drop(stop);
    let samples = watching
        .join()
        .map_err(|_| anyhow::anyhow!("the watch has panicked"))??;
    let outcome = outcome?;
    let rows = samples.iter().map(|(after, held)| {
        let mut row = vec![number(after.as_secs_f64(), 0)];
        row.extend(held_text(held));
        row
    });
    let header = [
        "after, s",
        "samlet, MB",
        "functions, MB",
        "samlet's file handles",
        "functions' processes",
    ];
    let text = format!(
        "{} requests a second at fixed times for {} s, mixed: {} answered, {} failed, p50 {:.2} ms, p99 {:.2} ms, p99.9 \
         {:.2} ms.\n\n{}",
        settings.rate,
        settings.seconds,
        number(outcome.latency.len() as f64, 0),
        outcome.failed,
        outcome.percentile(50.0),
        outcome.percentile(99.0),
        outcome.percentile(99.9),
        table(&header, &rows.collect::<Vec<_>>())
    );
    report.section("steady load", &text)?;
    ensure!(
        outcome.failed == 0,
        "requests failed: {:?}",
        outcome.first_failure
    );
    check(&samples, settings.rate)
}

/// Whether anything grew after the first third.
fn check(samples: &[(Duration, Held)], rate: f64) -> Result<()> {
    let (Some((from, early)), Some((until, late))) =
        (samples.get(samples.len() / 3), samples.last())
    else {
        return Ok(());
    };
    let invocations = (*until - *from).as_secs_f64() * rate;
    let figures = [
        (
            "samlet's memory",
            early.own_bytes as f64,
            late.own_bytes as f64,
        ),
        (
            "the functions' memory",
            early.descendants_bytes as f64 + invocations * KNOWN_GROWTH_BYTES,
            late.descendants_bytes as f64,
        ),
        ("file handles", early.handles as f64, late.handles as f64),
        (
            "processes",
            early.descendants as f64,
            late.descendants as f64,
        ),
    ];
    for (name, early, late) in figures {
        ensure!(
            late <= early * MOST_GROWTH,
            "{name} grew from {early} to {late}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_after_the_first_third_is_an_error() {
        let sample = |handles| {
            let held = Held {
                handles,
                ..Held::default()
            };
            (Duration::ZERO, held)
        };
        assert!(check(&[10, 50, 50, 50].map(sample), 1.0).is_ok());
        assert!(check(&[50, 50, 55, 60].map(sample), 1.0).is_err());
    }

    #[test]
    fn functions_may_grow_by_what_is_known_of_each_invocation() {
        let sample = |(after, descendants_bytes)| {
            let held = Held {
                descendants_bytes,
                ..Held::default()
            };
            (Duration::from_secs(after), held)
        };
        // 10 a second for 100 s: 128,000 bytes, and 15 %.
        let grown = |until| check(&[(0, 0), (100, 200_000), (200, until)].map(sample), 10.0);
        assert!(grown(377_000).is_ok());
        assert!(grown(378_000).is_err());
    }
}
