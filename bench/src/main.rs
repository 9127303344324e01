//! Measures samlet as a whole, side by side with the alternatives; `make bench` runs it.
//!
//! Each part starts what it measures, on free ports and in new folders, and
//! leaves nothing behind but its section of `docs/performance.md`.

mod clock;
mod direct;
mod end_to_end;
mod load;
mod overhead;
mod places;
mod plain;
mod process;
mod report;
mod scale;
mod steady;
mod stub;
mod systems;
mod usage;
mod work;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use places::Places;
use report::Report;

#[derive(Debug, Parser)]
#[command(
    name = "bench",
    about = "Measures samlet, side by side with the alternatives"
)]
struct Cli {
    #[command(subcommand)]
    part: Part,
    /// Write the figures into this document, each part's between its markers
    #[arg(long, global = true, value_name = "FILE")]
    document: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// samlet's own share: CPU time, added latency, start, memory
    Overhead(overhead::Settings),
    /// The message service in samlet and in each alternative
    EndToEnd(end_to_end::Settings),
    /// With many messages, functions and connections
    Scale(scale::Settings),
    /// A steady load for long
    Steady(steady::Settings),
    /// The message service as one plain process (started by the other parts)
    #[command(hide = true)]
    Plain {
        /// Where the store is
        #[arg(long)]
        folder: PathBuf,
    },
    /// A DynamoDB that stores nothing (started by the other parts)
    #[command(hide = true)]
    Stub,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let report = Report::new(cli.document, command());
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
    };
    match &cli.part {
        Part::Overhead(settings) => overhead::run(&Places::find()?, settings, &report),
        Part::EndToEnd(settings) => end_to_end::run(&Places::find()?, settings, &report),
        Part::Scale(settings) => scale::run(&Places::find()?, settings, &report),
        Part::Steady(settings) => steady::run(&Places::find()?, settings, &report),
        Part::Plain { folder } => runtime()?.block_on(plain::serve(folder)),
        Part::Stub => runtime()?.block_on(stub::serve()),
    }
}

/// What makes the figures again.
fn command() -> String {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let own = arguments.split(|argument| argument == "--document").next();
    match own.unwrap_or_default() {
        [part] => format!("make bench PART={part}"),
        [part, flags @ ..] => format!("make bench PART={part} FLAGS='{}'", flags.join(" ")),
        [] => "make bench".to_owned(),
    }
}
