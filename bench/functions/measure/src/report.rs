//! Medians and their spread, as a Markdown table.

use std::time::Duration;

/// What was measured of one function.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) starts: Vec<Duration>,
    pub(crate) firsts: Vec<Duration>,
    pub(crate) answered: Vec<Duration>,
    pub(crate) ready: Vec<Duration>,
    /// Processor time of one warm invocation, on average.
    pub(crate) cpu: Duration,
    pub(crate) resident_first: u64,
    pub(crate) resident_last: u64,
    pub(crate) executable: Option<u64>,
    pub(crate) zip: u64,
}

/// The function that ratios refer to.
const REFERENCE: &str = "echo";

pub(crate) fn table(functions: &[(String, Figures)]) -> String {
    let reference = functions.iter().find(|(name, _)| name == REFERENCE);
    let start = reference.map(|(_, figures)| median(&figures.starts));
    let mut text = "\
| function | start to `next`, ms | × echo | first invocation, ms | warm: answered, µs | warm: ready again, µs \
| CPU, µs | memory first, MB | memory last, MB | executable, MB | zip, MB |\n\
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for (name, figures) in functions {
        let own = median(&figures.starts);
        let ratio = start.map(|start| format!("{:.2}", own.as_secs_f64() / start.as_secs_f64()));
        let megabytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1e6);
        let cells = [
            name.clone(),
            spread(&figures.starts, 1e3, 2),
            ratio.unwrap_or_default(),
            spread(&figures.firsts, 1e3, 2),
            spread(&figures.answered, 1e6, 0),
            spread(&figures.ready, 1e6, 0),
            format!("{:.0}", figures.cpu.as_secs_f64() * 1e6),
            megabytes(figures.resident_first),
            megabytes(figures.resident_last),
            figures.executable.map(megabytes).unwrap_or_default(),
            megabytes(figures.zip),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// The median, and the quartiles around it.
fn spread(durations: &[Duration], unit: f64, digits: usize) -> String {
    let show = |part| {
        format!(
            "{:.digits$}",
            quantile(durations, part).as_secs_f64() * unit
        )
    };
    format!("{} ({}–{})", show(0.5), show(0.25), show(0.75))
}

fn median(durations: &[Duration]) -> Duration {
    quantile(durations, 0.5)
}

fn quantile(durations: &[Duration], part: f64) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}
