//! Templates that were damaged at random: each is read or refused, at once, and never breaks samlet.
//!
//! `MUTATION_SEED=7 cargo test -p samlet-template --test read mutations`
//! repeats one; `MUTATIONS=1000000` tries more of them.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use samlet_template::{Diagnostic, read};

use crate::{CATALOGUE, settings};

/// Templates that are damaged in a test run.
const MUTATIONS: u64 = 3000;

/// Damage to one template.
const MAX_CHANGES: usize = 4;

/// Far more than any takes, on a machine that is busy: one that loops is found.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is put where it doesn't belong.
const PIECES: [&str; 24] = [
    "!Ref",
    "!Sub",
    "!GetAtt",
    "!If",
    "!Join",
    "!Select",
    "Fn::If:",
    "Fn::Sub:",
    "Ref:",
    "${A}",
    "${",
    "[",
    "]",
    "{",
    "}",
    "- ",
    ": ",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    "\t",
    "0x7fffffffffffffffff",
    "\u{0}é\u{202e}",
];

/// The repository's own templates.
fn templates() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let mut paths = vec![
        root.join("template.yaml"),
        root.join("tests/golden/template.yaml"),
    ];
    let applications = std::fs::read_dir(root.join("tests/applications")).unwrap();
    let mut applications: Vec<PathBuf> = applications.map(|entry| entry.unwrap().path()).collect();
    applications.sort();
    paths.extend(
        applications
            .into_iter()
            .map(|folder| folder.join("template.yaml")),
    );
    let read = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap());
    read.collect()
}

/// A template with something in the wrong place, or gone.
fn mutated(templates: &[String], random: &mut fastrand::Rng) -> String {
    let mut lines: Vec<String> = templates[random.usize(..templates.len())]
        .lines()
        .map(str::to_owned)
        .collect();
    for _ in 0..random.usize(1..=MAX_CHANGES) {
        if lines.is_empty() {
            break;
        }
        let at = random.usize(..lines.len());
        let other = random.usize(..lines.len());
        match random.u8(0..8) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[other].clone()),
            2 => lines.swap(at, other),
            // Deeper, or less deep: within another's.
            3 => lines[at] = format!("  {}", lines[at]),
            4 => {
                lines[at] = lines[at]
                    .strip_prefix("  ")
                    .unwrap_or(&lines[at])
                    .to_owned()
            }
            5 => {
                let cut = lines[at].floor_char_boundary(random.usize(..=lines[at].len()));
                lines[at].truncate(cut);
            }
            6 => {
                let place = lines[at].floor_char_boundary(random.usize(..=lines[at].len()));
                lines[at].insert_str(place, PIECES[random.usize(..PIECES.len())]);
            }
            // Another value for the same key.
            _ => {
                let value = lines[other]
                    .split_once(':')
                    .map_or("", |(_, value)| value)
                    .to_owned();
                let key = lines[at].split_once(':').map(|(key, _)| key.to_owned());
                if let Some(key) = key {
                    lines[at] = format!("{key}:{value}");
                }
            }
        }
    }
    lines.join("\n")
}

/// Whether a finding points into the template.
fn is_within(diagnostic: &Diagnostic, source: &str) -> bool {
    let lines = source.lines().count() + 1;
    diagnostic.location.line <= lines && !diagnostic.message.is_empty()
}

#[test]
fn damaged_templates_are_read_or_refused_and_never_break_the_reader() {
    let templates = templates();
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seeds = match number("MUTATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("MUTATIONS").unwrap_or(MUTATIONS),
    };
    let (mut taken, mut refused) = (0, 0);
    for seed in seeds {
        let source = mutated(&templates, &mut fastrand::Rng::with_seed(seed));
        let began = Instant::now();
        let outcome = catch_unwind(|| read(&source, &settings(), &CATALOGUE));
        let Ok(outcome) = outcome else {
            panic!("MUTATION_SEED={seed} broke the reader:\n{source}");
        };
        assert!(
            began.elapsed() < PATIENCE,
            "MUTATION_SEED={seed} takes for ever:\n{source}"
        );
        let findings = match outcome {
            Ok(application) => {
                taken += 1;
                application.warnings
            }
            Err(problems) => {
                refused += 1;
                assert!(
                    !problems.errors.is_empty(),
                    "MUTATION_SEED={seed} is refused for no reason"
                );
                [problems.errors, problems.warnings].concat()
            }
        };
        for finding in &findings {
            assert!(
                is_within(finding, &source),
                "MUTATION_SEED={seed}: {finding:?}\n{source}"
            );
        }
    }
    // The damage is neither fatal always nor never.
    assert!(std::env::var_os("MUTATION_SEED").is_some() || taken > 0 && refused > 0);
}
