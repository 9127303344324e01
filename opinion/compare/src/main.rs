//! Drives samlet's tables and their second opinion by the same random requests, and stops where they answer differently
//! in a way that isn't known.

mod difference;
mod generate;
mod glob;
mod known;
mod normal;
mod pages;
mod program;
mod request;
mod shrink;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use difference::{Difference, Programs};
use known::Known;
use request::Request;

/// With `-` in place of a seed, a history is read from standard input, a request a line, as one is printed.
const USAGE: &str = "usage: compare SAMLET OPINION DIFFERENCES SEED|- HISTORIES [FINDINGS]";

fn main() -> ExitCode {
    match compare() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all differences are known, and all that are known are there.
fn compare() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [samlet, opinion, differences, seed, histories, rest @ ..] = &arguments[..] else {
        bail!(USAGE);
    };
    let programs = Programs {
        samlet: samlet.into(),
        opinion: opinion.into(),
    };
    let known = known::read(Path::new(differences))?;
    if seed == "-" {
        return replay(&programs, &known);
    }
    let seed: u64 = seed.parse().context(USAGE)?;
    let histories: u64 = histories.parse().context(USAGE)?;
    let findings = rest.first().map_or(Ok(1), |count| count.parse());
    let are_known = check_known(&programs, &known)?;
    let mut figures = Figures::default();
    let is_clean = search(&programs, &known, seed, histories, findings?, &mut figures)?;
    figures.print(&known);
    Ok(are_known && is_clean)
}

/// Whether the history of standard input shows no difference that isn't known.
fn replay(programs: &Programs, known: &[Known]) -> Result<bool> {
    let mut history = Vec::new();
    for line in std::io::stdin().lines() {
        history.push(serde_json::from_str(&line?)?);
    }
    let run = programs.run(&history, known)?;
    if let Some(difference) = &run.unknown {
        print(&history[..=difference.index], difference)?;
    }
    Ok(run.unknown.is_none())
}

/// Whether each of the known differences is still as it says.
fn check_known(programs: &Programs, known: &[Known]) -> Result<bool> {
    let mut are_there = true;
    for one in known {
        let others: Vec<_> = known
            .iter()
            .filter(|other| other.id != one.id)
            .cloned()
            .collect();
        let run = programs.run(&one.history, &others)?;
        let is_there = run.unknown.as_ref().is_some_and(|found| {
            found.index + 1 == one.history.len()
                && found.samlet == one.samlet
                && found.opinion == one.opinion
        });
        if is_there {
            continue;
        }
        are_there = false;
        println!("The known difference {} is not as it says:", one.id);
        match run.unknown {
            Some(found) => print_answers(&found)?,
            None => println!("both answer the same"),
        }
    }
    Ok(are_there)
}

/// Whether histories from `seed` on show no difference that isn't known. Those that mean the same are shown once.
fn search(
    programs: &Programs,
    known: &[Known],
    seed: u64,
    histories: u64,
    findings: usize,
    figures: &mut Figures,
) -> Result<bool> {
    let mut found = BTreeSet::new();
    for seed in seed..seed.saturating_add(histories) {
        let history = generate::history(seed);
        let run = programs.run(&history, known)?;
        figures.histories += 1;
        figures.compared += run.compared;
        for alike in run.alike {
            *figures.alike.entry(alike).or_default() += 1;
        }
        for kind in run.known {
            *figures.known.entry(kind).or_default() += 1;
        }
        let Some(difference) = run.unknown else {
            continue;
        };
        if !found.insert(shrink::signature(&difference)) {
            continue;
        }
        let (history, difference) = shrink::shrink(programs, known, &history, difference)?;
        println!("SEED={seed}:");
        print(&history, &difference)?;
        if found.len() >= findings {
            break;
        }
    }
    Ok(found.is_empty())
}

/// What a history came to: requests as the programs read them, and both answers.
fn print(history: &[Request], difference: &Difference) -> Result<()> {
    println!("samlet and the second opinion answer differently after");
    for request in history {
        println!("{}", serde_json::to_string(request)?);
    }
    print_answers(difference)?;
    println!();
    Ok(())
}

fn print_answers(difference: &Difference) -> Result<()> {
    println!("samlet:  {}", serde_json::to_string(&difference.samlet)?);
    println!("opinion: {}", serde_json::to_string(&difference.opinion)?);
    Ok(())
}

/// How much was compared.
#[derive(Debug, Default)]
struct Figures {
    histories: usize,
    compared: usize,
    alike: BTreeMap<(String, u16), usize>,
    known: BTreeMap<usize, usize>,
}

impl Figures {
    fn print(&self, known: &[Known]) {
        println!(
            "{} requests of {} histories compared; answered alike:",
            self.compared, self.histories
        );
        for ((operation, status), count) in &self.alike {
            println!("  {operation} {status}: {count}");
        }
        println!("known differences met:");
        for (kind, count) in &self.known {
            println!("  {}: {count}", known[*kind].id);
        }
    }
}
