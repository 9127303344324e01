//! Runs a history on both programs, and finds the first request that they answer differently.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;

use crate::known::Known;
use crate::normal::normal;
use crate::pages::ask;
use crate::program::Program;
use crate::request::{Answer, Request};

/// Both programs.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) samlet: PathBuf,
    pub(crate) opinion: PathBuf,
}

/// A request that is answered differently.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// Which of the history's.
    pub(crate) index: usize,
    pub(crate) request: Request,
    pub(crate) samlet: Answer,
    pub(crate) opinion: Answer,
}

/// What came of a history.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// How many requests were compared.
    pub(crate) compared: usize,
    /// The operations and the statuses that both had answered alike.
    pub(crate) alike: Vec<(String, u16)>,
    /// The kinds of differences that were met, by their places among those known.
    pub(crate) known: Vec<usize>,
    /// The first difference that isn't known.
    pub(crate) unknown: Option<Difference>,
}

impl Programs {
    /// Runs a history on two new databases, up to a difference that isn't known, or one after which the databases differ.
    pub(crate) fn run(&self, history: &[Request], known: &[Known]) -> Result<Run> {
        let mut samlet = Program::start(&self.samlet)?;
        let mut opinion = Program::start(&self.opinion)?;
        let mut run = Run::default();
        for (index, request) in history.iter().enumerate() {
            let difference = Difference {
                index,
                request: request.clone(),
                samlet: normal(request, ask(&mut samlet, request)?),
                opinion: normal(request, ask(&mut opinion, request)?),
            };
            run.compared += 1;
            let has_ended = difference.samlet.status == 0 || difference.opinion.status == 0;
            if difference.samlet == difference.opinion && !has_ended {
                let alike = (request.operation.clone(), difference.samlet.status);
                run.alike.push(alike);
                continue;
            }
            let Some(kind) = known.iter().position(|known| known.is(&difference)) else {
                run.unknown = Some(difference);
                break;
            };
            run.known.push(kind);
            if has_ended || !known[kind].goes_on(&difference) {
                break;
            }
        }
        Ok(run)
    }
}

/// The places that differ in two values, as JSON pointers.
pub(crate) fn places(one: &Value, other: &Value) -> Vec<String> {
    let mut places = Vec::new();
    collect(one, other, "", &mut places);
    places
}

fn collect(one: &Value, other: &Value, at: &str, places: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(members), Value::Object(others)) => {
            let names = members.keys();
            let added = others.keys().filter(|name| !members.contains_key(*name));
            for name in names.chain(added) {
                let at = format!("{at}/{name}");
                collect(&one[name], &other[name], &at, places);
            }
        }
        (Value::Array(values), Value::Array(others)) if values.len() == others.len() => {
            for (index, (one, other)) in values.iter().zip(others).enumerate() {
                collect(one, other, &format!("{at}/{index}"), places);
            }
        }
        _ if one != other => places.push(at.to_owned()),
        _ => {}
    }
}
