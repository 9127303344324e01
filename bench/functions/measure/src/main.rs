//! Measures functions side by side: it stands in for the Runtime API and for
//! DynamoDB, takes turns between them, and prints a Markdown table.

mod dynamodb;
mod environment;
mod function;
mod http;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use dynamodb::DynamoDb;
use environment::Environment;
use function::{Function, Places};
use report::Figures;

/// Measure functions side by side: start, first and warm invocations, memory, size.
///
/// Each function runs as on Lambda, as a process that talks to a Runtime API;
/// its DynamoDB is a stand-in that answers at once. The functions take turns,
/// so that what else the machine does meets them all.
#[derive(Parser)]
struct Arguments {
    /// How often each function is started.
    #[arg(long, default_value_t = 60)]
    starts: usize,
    /// How often each function is invoked in one process.
    #[arg(long, default_value_t = 10_000)]
    invocations: usize,
    /// How many invocations are one turn.
    #[arg(long, default_value_t = 200)]
    turn: usize,
    /// Measure only the functions of this name (may be repeated).
    #[arg(long)]
    only: Vec<String>,
    /// The folder with the application's functions, as built for release.
    #[arg(long, default_value = "target/release")]
    ours: PathBuf,
    /// The folder with the functions to compare with.
    #[arg(long, default_value = "bench/functions/target/release")]
    others: PathBuf,
    /// The folder with the Python function (`function/`) and its runtime client (`runtime/`); without it, none is measured.
    #[arg(long)]
    python: Option<PathBuf>,
    /// The folder with the functions' example events.
    #[arg(long, default_value = "events")]
    events: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut functions = function::all(&Places {
        events: &arguments.events,
        ours: &arguments.ours,
        others: &arguments.others,
        python: arguments.python.as_deref(),
    })?;
    if !arguments.only.is_empty() {
        functions.retain(|function| arguments.only.contains(&function.name));
    }
    ensure!(!functions.is_empty(), "no function has such a name");

    let dynamodb = DynamoDb::start()?;
    let mut figures: Vec<Figures> = functions.iter().map(|_| Figures::default()).collect();
    measure_starts(&arguments, &functions, &dynamodb, &mut figures)?;
    measure_invocations(&arguments, &functions, &dynamodb, &mut figures)?;
    for (function, figures) in functions.iter().zip(&mut figures) {
        (figures.executable, figures.zip) = function.sizes()?;
    }
    let names = functions.into_iter().map(|function| function.name);
    let table = report::table(&names.zip(figures).collect::<Vec<_>>());
    print!("{table}");
    Ok(())
}

fn measure_starts(
    arguments: &Arguments,
    functions: &[Function],
    dynamodb: &DynamoDb,
    figures: &mut [Figures],
) -> Result<()> {
    let mut order = Order::of(functions.len());
    for _ in 0..arguments.starts {
        for &at in order.shuffle() {
            let (function, figures) = (&functions[at], &mut figures[at]);
            let started = Environment::start(function, dynamodb.address);
            let (mut environment, start) = started.with_context(|| function.name.clone())?;
            figures.starts.push(start);
            let first = invoke(function, &mut environment)?;
            figures.firsts.push(first.answered);
        }
    }
    Ok(())
}

fn measure_invocations(
    arguments: &Arguments,
    functions: &[Function],
    dynamodb: &DynamoDb,
    figures: &mut [Figures],
) -> Result<()> {
    let mut environments = Vec::new();
    for (function, figures) in functions.iter().zip(figures.iter_mut()) {
        let (mut environment, _) = Environment::start(function, dynamodb.address)?;
        invoke(function, &mut environment)?;
        figures.resident_first = environment.resident()?;
        let cpu = environment.cpu()?;
        environments.push((environment, cpu));
    }
    let turns = arguments.invocations.div_ceil(arguments.turn);
    let mut order = Order::of(functions.len());
    for _ in 0..turns {
        for &at in order.shuffle() {
            let function = &functions[at];
            let calls = dynamodb.calls();
            for _ in 0..arguments.turn {
                let invocation = invoke(function, &mut environments[at].0)?;
                figures[at].answered.push(invocation.answered);
                figures[at].ready.push(invocation.ready);
            }
            let (made, due) = (
                dynamodb.calls() - calls,
                function.calls * arguments.turn as u64,
            );
            ensure!(
                made == due,
                "{} sent {made} requests, not {due}",
                function.name
            );
        }
    }
    for ((environment, cpu), figures) in environments.iter().zip(figures) {
        let used = environment.cpu()?.saturating_sub(*cpu);
        let count = turns * arguments.turn;
        figures.cpu = Duration::from_secs_f64(used.as_secs_f64() / count as f64);
        figures.resident_last = environment.resident()?;
    }
    Ok(())
}

/// In which order functions take their turns: another each time, as what ran
/// before leaves the processor's caches to the next.
struct Order {
    random: fastrand::Rng,
    functions: Vec<usize>,
}

impl Order {
    /// The same ones in every run.
    fn of(functions: usize) -> Self {
        Self {
            random: fastrand::Rng::with_seed(0),
            functions: (0..functions).collect(),
        }
    }

    fn shuffle(&mut self) -> &[usize] {
        self.random.shuffle(&mut self.functions);
        &self.functions
    }
}

fn invoke(function: &Function, environment: &mut Environment) -> Result<environment::Invocation> {
    let invocation = environment.invoke(&function.event);
    let invocation = invocation.with_context(|| function.name.clone())?;
    function.check(&invocation.answer)?;
    Ok(invocation)
}
