//! `samlet estimate`: what the application would take and cost on AWS, from what was measured here.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use samlet_access::{Entry, Usage};
use samlet_estimate::{
    EstimateError, Figures, FunctionFigures, Measured, PRICES, Prices, QUOTAS, Quotas, Section,
    TableError, TableFigures, Use, entries, estimate, json, load, text,
};
use samlet_logs::each_event;
use samlet_run::{Template, place};
use serde_json::json;

use super::tables::Tables;
use crate::args::{EstimateArgs, Format};
use crate::error::Error;
use crate::secret::Secret;
use crate::template;
use crate::terminal::columns;

/// `samlet estimate`.
pub(crate) fn command(args: &EstimateArgs) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    if let Some(table) = printed(args) {
        write!(stdout, "{table}").ok();
        return Ok(());
    }
    let prices = table(args.prices.as_deref(), PRICES, Prices::parse)?;
    let quotas = table(args.quotas.as_deref(), QUOTAS, Quotas::parse)?;
    prices.check_region(&args.region)?;
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let application = &template.application;
    // What is wrong with names is said before anything is opened.
    let entries = entries(application, &args.mix)?;
    let figures = figures(args, &template)?;
    let found = load(application, &place(), entries, &args.given(), &figures)?;
    let estimate = estimate(&found.load, &prices, &quotas)?;
    let text = match args.format {
        Format::Text => laid_out(&text(&estimate, &found)),
        Format::Json => json(&estimate, &found),
    };
    // A reader that has gone wants no more.
    write!(stdout, "{text}").ok();
    Ok(())
}

fn printed(args: &EstimateArgs) -> Option<&'static str> {
    match (args.print_prices, args.print_quotas) {
        (true, _) => Some(PRICES),
        (_, true) => Some(QUOTAS),
        _ => None,
    }
}

/// A table of the user's, or the one that samlet comes with.
fn table<T>(
    path: Option<&Path>,
    own: &str,
    parse: impl Fn(&str) -> Result<T, TableError>,
) -> Result<T, Error> {
    let (path, text) = match path {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| Error::FileUnreadable {
                path: path.to_owned(),
                source,
            })?;
            (path.to_owned(), text)
        }
        None => (PathBuf::from("samlet's own table"), own.to_owned()),
    };
    Ok(parse(&text).map_err(|source| EstimateError::Table { path, source })?)
}

/// What was measured here, by a samlet that runs or did.
fn figures(args: &EstimateArgs, template: &Template) -> Result<Figures, Error> {
    let tables = tables(args, template)?;
    let data = args.application.data_dir();
    let logs = data.join("logs");
    let usage = Usage::open(data.join("usage.json"));
    let declared = template.application.functions.iter();
    let functions = declared.map(|function| {
        let mut measured = Measured::default();
        each_event(&logs, &function.log_group, |event| {
            measured.add(&event.message);
        });
        let entries = usage.of(&function.name);
        let figures = FunctionFigures {
            measured,
            uses: entries.into_iter().filter_map(used).collect(),
        };
        (function.logical_id.clone(), figures)
    });
    Ok(Figures {
        functions: functions.collect(),
        tables,
    })
}

fn used(entry: Entry) -> Option<Use> {
    if entry.allowed == 0 {
        return None;
    }
    Some(Use {
        action: entry.action,
        resource: entry.resource,
        times: entry.allowed,
    })
}

/// What each declared table holds; nothing, if there is no data folder.
fn tables(
    args: &EstimateArgs,
    template: &Template,
) -> Result<BTreeMap<String, TableFigures>, Error> {
    let declared = &template.application.tables;
    let data = args.application.data_dir();
    if !data.join("dynamodb").exists() || declared.is_empty() {
        return Ok(BTreeMap::new());
    }
    let tables = Tables::open(&args.application, &Secret::read(&args.secret)?, template)?;
    let described = declared.iter().map(|table| {
        let described = tables.call("DescribeTable", &json!({"TableName": table.name}))?;
        let number = |name: &str| described["Table"][name].as_f64().unwrap_or_default();
        let figures = TableFigures {
            items: number("ItemCount"),
            bytes: number("TableSizeBytes"),
        };
        Ok((table.logical_id.clone(), figures))
    });
    let described = described.collect();
    tables.close();
    described
}

/// The sections as text, with an empty line between them.
fn laid_out(sections: &[Section]) -> String {
    let sections = sections.iter().map(|section| match section {
        Section::Lines(text) => text.clone(),
        Section::Rows { rows, left } => columns(rows, left),
    });
    sections.collect::<Vec<_>>().join("\n")
}
