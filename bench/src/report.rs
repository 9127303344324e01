//! Figures as tables, printed, and written between their markers in `docs/performance.md`.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use time::OffsetDateTime;

use crate::usage::Held;

/// Where sections go.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    document: Option<PathBuf>,
    /// What made it.
    command: String,
}

impl Report {
    /// Prints sections, and puts them into `document`, if there is one.
    pub(crate) fn new(document: Option<PathBuf>, command: String) -> Self {
        Self { document, command }
    }

    /// A part's figures; they replace those that are there.
    pub(crate) fn section(&self, name: &str, text: &str) -> Result<()> {
        let text = format!("`{}`, {}\n\n{}", self.command, machine()?, text.trim());
        println!("\n## {name}\n\n{text}\n");
        let Some(document) = &self.document else {
            return Ok(());
        };
        let present = std::fs::read_to_string(document)
            .with_context(|| format!("cannot read {}", document.display()))?;
        std::fs::write(document, replaced(&present, name, &text))?;
        Ok(())
    }
}

/// The document with this section's text; a new section comes last.
fn replaced(document: &str, name: &str, text: &str) -> String {
    let (begin, end) = (
        format!("<!-- begin: {name} -->"),
        format!("<!-- end: {name} -->"),
    );
    let section = format!("{begin}\n{text}\n{end}");
    let around = document
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    match around {
        Some((before, after)) => format!("{before}{section}{after}"),
        None => format!("{}\n\n{section}\n", document.trim_end()),
    }
}

/// When, and on what.
fn machine() -> Result<String> {
    let day = OffsetDateTime::from(SystemTime::now()).date();
    let cpus = std::thread::available_parallelism()?;
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map(|model| model.trim_start_matches([' ', '\t', ':']));
    let model = model.unwrap_or("an unknown processor");
    Ok(format!("{day}, {cpus} cores of {model}"))
}

/// A table in Markdown; figures are to the right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = |column: usize| if column == 0 { "---" } else { "---:" };
    let rules: Vec<String> = (0..header.len()).map(|c| rule(c).to_owned()).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    line(&header) + &line(&rules) + &rows
}

/// The same figure from several rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a round's.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// The one in the middle; zero when there is none.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match (self.0.len() % 2, self.0.get(middle)) {
            (_, None) => 0.0,
            (0, Some(upper)) => f64::midpoint(self.0[middle - 1], *upper),
            (_, Some(value)) => *value,
        }
    }

    /// Median and, of several rounds, spread: `12 (11–14)`.
    pub(crate) fn text(&self, decimals: usize) -> String {
        let median = number(self.median(), decimals);
        match (self.0.first(), self.0.last()) {
            (Some(min), Some(max)) if self.0.len() > 1 => {
                format!(
                    "{median} ({}–{})",
                    number(*min, decimals),
                    number(*max, decimals)
                )
            }
            (Some(_), _) => median,
            (None, _) => "–".to_owned(),
        }
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut samples = Self::default();
        values.into_iter().for_each(|value| samples.push(value));
        samples
    }
}

/// A number with separators of thousands.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (text.as_str(), String::new()),
    };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0
            && digit.is_ascii_digit()
            && (whole.len() - index) % 3 == 0
            && !grouped.ends_with('-')
        {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &rest
}

/// Bytes as megabytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    number(bytes as f64 / 1e6, 1)
}

/// What a samlet holds, in words.
pub(crate) fn held_text(held: &Held) -> [String; 4] {
    [
        megabytes(held.own_bytes),
        megabytes(held.descendants_bytes),
        held.handles.to_string(),
        held.descendants.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_replaces_its_own_text_only() {
        let document = "a\n<!-- begin: x -->\nold\n<!-- end: x -->\nb\n";
        let new = replaced(document, "x", "new");
        assert_eq!(new, "a\n<!-- begin: x -->\nnew\n<!-- end: x -->\nb\n");
        let more = replaced(&new, "y", "more");
        assert!(more.starts_with(new.trim_end()) && more.contains("begin: y"));
        assert_eq!(replaced(&more, "y", "more"), more);
    }

    #[test]
    fn numbers_have_separators_and_samples_their_spread() {
        assert_eq!(number(1_234_567.0, 0), "1,234,567");
        assert_eq!(number(-123.45, 1), "-123.5");
        let samples: Samples = [3.0, 1.0, 2.0].into_iter().collect();
        assert_eq!(samples.text(0), "2 (1–3)");
        let even: Samples = [1.0, 2.0].into_iter().collect();
        assert_eq!(even.median(), 1.5);
    }
}
