//! An estimate as it is shown: as text, of which rows are still to be laid out in columns, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{Charge, Estimate, Limit, SourcedLoad};

/// A part of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Section {
    /// Whole lines.
    Lines(String),
    /// Rows, the first of which is the head, to be laid out in columns.
    Rows {
        /// Each with as many cells.
        rows: Vec<Vec<String>>,
        /// Columns that begin at the left; others are numbers and end at the right.
        left: &'static [usize],
    },
}

/// Addresses, each with the number that the text has instead.
#[derive(Debug, Default)]
struct Sources(Vec<String>);

impl Sources {
    fn number(&mut self, address: &str) -> String {
        let known = self.0.iter().position(|known| known == address);
        let index = known.unwrap_or_else(|| {
            self.0.push(address.to_owned());
            self.0.len() - 1
        });
        format!("[{}]", index + 1)
    }
}

/// The estimate as a JSON document.
pub fn json(estimate: &Estimate, found: &SourcedLoad) -> String {
    let mut value = serde_json::to_value(estimate).unwrap_or_default();
    value["notes"] = json!(found.notes);
    if let Value::Array(functions) = &mut value["functions"] {
        for function in functions {
            let origin = function["name"]
                .as_str()
                .and_then(|name| found.origins.get(name));
            function["durations_from"] = json!(origin);
        }
    }
    format!("{value:#}\n")
}

/// The sections of the text, between which stands an empty line.
pub fn text(estimate: &Estimate, found: &SourcedLoad) -> Vec<Section> {
    let mut sources = Sources::default();
    let mut sections = vec![head(estimate), functions(estimate, found)];
    sections.extend(tables(estimate));
    sections.push(charges(estimate, &mut sources));
    sections.extend(alternatives(estimate));
    sections.push(limits(estimate, &mut sources));
    sections.extend(notes(estimate, found));
    sections.extend(addresses(&sources));
    sections
}

fn head(estimate: &Estimate) -> Section {
    let mut text = format!(
        "{} requests a second, {} million a month",
        number(estimate.rate, 2),
        number(estimate.requests_per_month / 1e6, 2),
    );
    if estimate.peak_rate != estimate.rate {
        write!(
            text,
            "; at the peak {} a second",
            number(estimate.peak_rate, 2)
        )
        .ok();
    }
    writeln!(
        text,
        "\n{}, prices of {} in {} without free tiers, default quotas of {}",
        estimate.region, estimate.prices_date, estimate.currency, estimate.quotas_date
    )
    .ok();
    Section::Lines(text)
}

fn functions(estimate: &Estimate, found: &SourcedLoad) -> Section {
    let head = [
        "FUNCTION",
        "RATE/S",
        "MB",
        "ON",
        "MEDIAN MS",
        "P99 MS",
        "BILLED MS",
        "INIT MS",
        "CONCURRENCY",
        "READS",
        "WRITES",
        "LOG BYTES",
        "DURATIONS",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for function in &estimate.functions {
        if function.rate == 0.0 {
            continue;
        }
        let durations = &function.durations;
        rows.push(vec![
            function.name.clone(),
            number(function.rate, 2),
            function.memory_mb.to_string(),
            function.architecture.to_owned(),
            number(durations.median_ms, 2),
            number(durations.p99_ms, 2),
            number(durations.billed_ms, 2),
            number(durations.init_ms, 2),
            number(function.concurrency, 2),
            number(function.reads, 2),
            number(function.writes, 2),
            number(function.log_bytes, 0),
            found
                .origins
                .get(&function.name)
                .cloned()
                .unwrap_or_default(),
        ]);
    }
    let left = &[0, 3, 12];
    Section::Rows { rows, left }
}

fn tables(estimate: &Estimate) -> Option<Section> {
    let head = [
        "TABLE",
        "ITEM BYTES",
        "READ UNITS/S",
        "WRITE UNITS/S",
        "PARTITIONS",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for table in &estimate.tables {
        rows.push(vec![
            table.name.clone(),
            number(table.item_bytes, 0),
            number(table.read_units, 2),
            number(table.write_units, 2),
            number(table.partitions, 0),
        ]);
    }
    (rows.len() > 1).then_some(Section::Rows { rows, left: &[0] })
}

fn charges(estimate: &Estimate, sources: &mut Sources) -> Section {
    let cost = format!("{} A MONTH", estimate.currency);
    let head = ["SERVICE", "QUANTITY", "", &cost, "SOURCE"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for charge in &estimate.charges {
        let (quantity, unit) = match charge.quantity >= 1e6 {
            true => (
                number(charge.quantity / 1e6, 2),
                format!("million {}", charge.unit),
            ),
            false => (number(charge.quantity, 2), charge.unit.to_owned()),
        };
        rows.push(vec![
            charge.service.to_owned(),
            quantity,
            unit,
            money(charge.cost),
            sources.number(&charge.source),
        ]);
    }
    let total = |name: &str, cost| {
        let empty = String::new();
        vec![
            name.to_owned(),
            empty.clone(),
            empty.clone(),
            money(cost),
            empty,
        ]
    };
    rows.push(total("All", estimate.cost_per_month));
    let millions = estimate.requests_per_month / 1e6;
    rows.push(total(
        "For a million requests",
        estimate.cost_per_month / millions,
    ));
    let left = &[0, 2, 4];
    Section::Rows { rows, left }
}

fn alternatives(estimate: &Estimate) -> Option<Section> {
    let cost = format!("{} A MONTH", estimate.currency);
    let head = ["ALTERNATIVE", &cost, "INSTEAD OF"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for way in &estimate.alternatives {
        rows.push(vec![
            way.what.to_owned(),
            money(way.cost_then),
            money(way.cost_now),
        ]);
    }
    (rows.len() > 1).then_some(Section::Rows { rows, left: &[0] })
}

fn limits(estimate: &Estimate, sources: &mut Sources) -> Section {
    let head = [
        "  QUOTA",
        "USED",
        "LIMIT",
        "REACHED AT",
        "RAISED ON REQUEST",
        "SOURCE",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for limit in &estimate.limits {
        // What is all but a whole number is one: shares are not exact.
        let reached = |rate: f64| format!("{}/s", number((rate + 1e-6).floor(), 0));
        let source = limit.source.as_deref();
        rows.push(vec![
            format!("{} {}", mark(limit), limit.name),
            number(limit.used, 2),
            number(limit.limit, 2),
            limit.reached_at.map_or("-".to_owned(), reached),
            match limit.raisable {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            }
            .to_owned(),
            source.map_or("-".to_owned(), |source| sources.number(source)),
        ]);
    }
    let left = &[0, 4, 5];
    Section::Rows { rows, left }
}

fn mark(limit: &Limit) -> char {
    if limit.is_exceeded() { '!' } else { ' ' }
}

fn notes(estimate: &Estimate, found: &SourcedLoad) -> Option<Section> {
    let mut text = String::new();
    for note in &found.notes {
        writeln!(text, "note: {note}").ok();
    }
    let unchecked = |charge: &&Charge| charge.checked.contains("not checked");
    let unchecked: Vec<&str> = estimate
        .charges
        .iter()
        .filter(unchecked)
        .map(|charge| charge.service)
        .collect();
    if !unchecked.is_empty() {
        let services = unchecked.join("; ");
        writeln!(
            text,
            "note: compare these prices, or their higher tiers, with their source: {services}"
        )
        .ok();
    }
    (!text.is_empty()).then_some(Section::Lines(text))
}

fn addresses(sources: &Sources) -> Option<Section> {
    let mut text = String::new();
    for (index, address) in sources.0.iter().enumerate() {
        writeln!(text, "[{}] {address}", index + 1).ok();
    }
    (!text.is_empty()).then_some(Section::Lines(text))
}

/// With commas between thousands, and at most `decimals` decimals.
fn number(value: f64, decimals: usize) -> String {
    let text = grouped(value, decimals);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// To the cent.
fn money(value: f64) -> String {
    grouped(value, 2)
}

fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (text.as_str(), String::new()),
    };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_have_no_needless_zeros() {
        assert_eq!(number(1_234_567.5, 2), "1,234,567.5");
        assert_eq!(number(999.0, 2), "999");
        assert_eq!(number(1_000.0, 0), "1,000");
        assert_eq!(number(0.004, 2), "0");
        assert_eq!(money(1_234.5), "1,234.50");
    }

    #[test]
    fn an_address_has_one_number() {
        let mut sources = Sources::default();
        assert_eq!(sources.number("a"), "[1]");
        assert_eq!(sources.number("b"), "[2]");
        assert_eq!(sources.number("a"), "[1]");
        let lines = "[1] a\n[2] b\n".to_owned();
        assert_eq!(addresses(&sources), Some(Section::Lines(lines)));
    }
}
