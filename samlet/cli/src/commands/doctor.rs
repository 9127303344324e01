//! `samlet doctor`: what keeps functions apart on this machine, what is missing of it, and what to do about that.

mod advice;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use samlet_container::{Isolation, Kind, Layer, Mode, State};
use serde_json::{Value, json};

use crate::args::{DoctorArgs, Format};
use crate::terminal::columns;
use advice::Advice;

/// `samlet doctor`: a report, which succeeds whatever it says.
pub(crate) fn command(args: &DoctorArgs) {
    let isolation = samlet_container::isolation();
    let executable = executable();
    let shown = match args.format {
        Format::Text => text(&isolation, &executable),
        Format::Json => format!("{:#}\n", json(&isolation, &executable)),
    };
    // A reader that has gone wants no more.
    write!(anstream::stdout(), "{shown}").ok();
}

/// The executable that a profile has to name: itself, not a link to it.
fn executable() -> PathBuf {
    let executable = std::env::current_exe().and_then(std::fs::canonicalize);
    executable.unwrap_or_else(|_| "/usr/local/bin/samlet".into())
}

fn text(isolation: &Isolation, executable: &Path) -> String {
    let layers = isolation.layers.iter();
    let rows: Vec<[String; 3]> = layers.map(row).collect();
    let mut text = format!(
        "{}\n\n{}",
        headline(isolation.mode),
        columns(&rows, &[0, 1, 2])
    );
    let groups = missing(isolation);
    if groups.is_empty() {
        text += "\nNothing is missing.\n";
    }
    for group in groups {
        text.push('\n');
        text += &section(&group, isolation.mode, executable);
    }
    text
}

fn headline(mode: Mode) -> &'static str {
    match mode {
        Mode::Root => {
            "Functions run in containers, which samlet has the privileges to make. What they have:"
        }
        Mode::User => {
            "Functions run in containers, which samlet makes in user namespaces. What they have:"
        }
        Mode::None => {
            "Functions run without containers: samlet can't make them here. What they have:"
        }
    }
}

fn row(layer: &Layer) -> [String; 3] {
    [
        layer.kind.to_string(),
        state(layer.state).to_owned(),
        layer.how.clone().unwrap_or_default(),
    ]
}

fn state(state: State) -> &'static str {
    match state {
        State::On => "on",
        State::Partly => "partly",
        State::Off => "off",
    }
}

/// The layers that are not there, those together that one thing would bring.
fn missing(isolation: &Isolation) -> Vec<Vec<&Layer>> {
    let mut groups: Vec<Vec<&Layer>> = Vec::new();
    for layer in &isolation.layers {
        if layer.state == State::On {
            continue;
        }
        let is_same = |group: &&mut Vec<&Layer>| {
            let first = group[0];
            (first.state, &first.why, first.remedy) == (layer.state, &layer.why, layer.remedy)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(layer),
            None => groups.push(vec![layer]),
        }
    }
    groups
}

/// What is to be said of layers that one thing would bring.
fn section(group: &[&Layer], mode: Mode, executable: &Path) -> String {
    let names: Vec<&str> = group.iter().map(|layer| layer.kind.name()).collect();
    let mut text = format!("{}: {}\n", names.join(", "), state(group[0].state));
    if let Some(why) = &group[0].why {
        text += &format!("  Why: {why}\n");
    }
    for layer in group {
        let Some(consequence) = consequence(layer, mode) else {
            continue;
        };
        let missing = match layer.state {
            State::Partly => "all of it",
            _ => layer.kind.name(),
        };
        text += &format!("  Without {missing}: {consequence}\n");
    }
    let Some(remedy) = group[0].remedy else {
        return text;
    };
    let Advice {
        what,
        commands,
        caution,
    } = advice::of(remedy, executable);
    text += &format!("  What to do: {what}\n");
    // At the beginning of lines, so that they can be copied as they are.
    if !commands.is_empty() {
        text += &format!("\n{}\n", commands.join("\n"));
    }
    if let Some(caution) = caution {
        let gap = if commands.is_empty() { "" } else { "\n" };
        text += &format!("{gap}  Mind: {caution}\n");
    }
    text
}

/// What a function can do where a layer is missing; where only a part is, `why` says it.
fn consequence(layer: &Layer, mode: Mode) -> Option<&'static str> {
    if layer.state == State::Partly {
        return match layer.kind {
            Kind::Memory => Some(
                "samlet adds up the memory of a function's processes now and then; it can take more in between",
            ),
            _ => None,
        };
    }
    Some(match layer.kind {
        Kind::PidNamespace => {
            "a function sees the machine's processes, and can signal yours unless Landlock forbids it"
        }
        Kind::IpcNamespace => {
            "a function has no shared memory, semaphores and message queues of its own: seccomp refuses them, where it is on"
        }
        Kind::MountNamespace => {
            "a function sees the machine's folders, and opens there what Landlock doesn't forbid"
        }
        Kind::UserNamespace | Kind::UnprivilegedId => {
            "a function runs under your own user id; what else is yours is closed to it by the other layers alone"
        }
        Kind::Landlock => match mode {
            Mode::None => "a function can read and write every file that you can",
            Mode::Root | Mode::User => {
                "namespaces alone say which files, processes and sockets a function reaches"
            }
        },
        Kind::Seccomp => {
            "a function can make every system call, and so try the kernel's rarely used parts for flaws"
        }
        Kind::Limits => {
            "a function can start processes and open files without limit, and leave its memory in core dumps"
        }
        Kind::Memory => "a function can take all of the machine's memory",
        Kind::Tmp => {
            "temporary files are in a folder that TMPDIR names, whose size has no limit; /tmp is the machine's"
        }
    })
}

fn json(isolation: &Isolation, executable: &Path) -> Value {
    let layers = isolation.layers.iter().map(|layer| {
        let remedy = layer.remedy.map(|remedy| {
            let advice = advice::of(remedy, executable);
            json!({
                "what": advice.what,
                "commands": advice.commands,
                "caution": advice.caution,
            })
        });
        let consequence = match layer.state {
            State::On => None,
            _ => consequence(layer, isolation.mode),
        };
        json!({
            "name": layer.kind.name(),
            "state": state(layer.state),
            "how": layer.how,
            "why": layer.why,
            "consequence": consequence,
            "remedy": remedy,
        })
    });
    let mode = match isolation.mode {
        Mode::Root => "root",
        Mode::User => "user",
        Mode::None => "none",
    };
    json!({"mode": mode, "layers": layers.collect::<Vec<Value>>()})
}
