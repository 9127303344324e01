//! Kills amid requests: what was answered is there, and anything else is there wholly or not at all.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value as Json, json};

use crate::checks::{self, Checked};
use crate::child::Elsewhere;
use crate::engine::{Answered, Engine};
use crate::request::Request;
use crate::resolve::Resolver;
use crate::run::{Figures, Run, assert_none_fails, config};
use crate::state::Model;
use crate::strategy::{self, ChangeSeed, History, KeySeed, Step, WriteSeed};
use crate::value::{self, Item};

/// Histories of a test run; with `PROPTEST_CASES`, a twentieth of that.
const HISTORIES: u32 = 4;
const DIVISOR: u32 = 20;

/// How often shorter histories are tried, at most, and each of them: whether a kill does harm is a matter of chance.
const SHRINKS: u32 = 200;
const ATTEMPTS: u32 = 4;

/// Kills in a history, at most.
const KILLS: usize = 8;

/// Requests that are sent at once, at most.
const REQUESTS: usize = 16;

/// Items of a table that indexes are made of while it is killed.
const ITEMS: usize = 100;

/// Requests that are sent at once, and when the process is killed.
#[derive(Clone, Debug)]
struct Volley {
    steps: Vec<Step>,
    /// After that many answers of all that are to come, in hundredths.
    answers: usize,
    /// And that many turns of a loop.
    turns: u32,
}

fn volley() -> impl Strategy<Value = Volley> {
    let step = prop_oneof![
        9 => strategy::item_step(),
        6 => strategy::transaction(),
        1 => strategy::definition_step(),
    ];
    let parts = (vec(step, 1..=REQUESTS), 0..=100_usize, 0..200_000_u32);
    parts.prop_map(|(steps, answers, turns)| Volley {
        steps,
        answers,
        turns,
    })
}

/// Requests that have nothing to do with each other.
fn requests(resolver: &mut Resolver<'_>, model: &Model, steps: &[Step]) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut items: Vec<(String, Item)> = Vec::new();
    let mut defined: Option<String> = None;
    for step in steps {
        // A token that another transaction may have would say which of them was first.
        let step = match step {
            Step::Transact(writes, Some(_)) => Step::Transact(writes.clone(), Some(1)),
            step => step.clone(),
        };
        let Some(request) = resolver.request(model, &step) else {
            continue;
        };
        let of_request = request.writes().iter();
        let of_request: Vec<_> = of_request
            .map(|write| (write.table.clone(), write.key.clone()))
            .collect();
        let is_free = match request.definition() {
            Some(table) => defined.is_none() && !items.iter().any(|(other, _)| other == table),
            None => !of_request.iter().any(|one| {
                items.contains(one) || defined.as_ref().is_some_and(|table| *table == one.0)
            }),
        };
        if !is_free {
            continue;
        }
        defined = defined.or(request.definition().map(str::to_owned));
        items.extend(of_request);
        requests.push(request);
    }
    requests
}

impl Run<Elsewhere> {
    fn kills(&mut self, history: &History, volleys: &[Volley]) -> Checked {
        self.create(history)?;
        let mut resolver = Resolver::new(&history.names);
        for from in (0..ITEMS).step_by(25) {
            let puts = (from..from + 25).map(|place| WriteSeed {
                table: 0,
                key: KeySeed(place % 30, place / 30),
                change: ChangeSeed::Put(Vec::new()),
                condition: None,
                shows_failed: false,
            });
            let batch = Step::Batch(puts.collect());
            let batch = resolver.request(&self.model, &batch).unwrap();
            self.request(&batch)?;
        }
        for volley in volleys {
            self.kill(&mut resolver, volley)?;
        }
        Ok(())
    }

    fn kill(&mut self, resolver: &mut Resolver<'_>, volley: &Volley) -> Checked {
        let requests = requests(resolver, &self.model, &volley.steps);
        let bodies: Vec<(&str, Json)> = requests.iter().map(Request::body).collect();
        let wanted = requests.len() * volley.answers / 100;
        let turns = volley.turns;
        let answers = self.engine.kill_amid(&bodies, wanted, || {
            for _ in 0..turns {
                std::hint::spin_loop();
            }
        });
        self.lines.push("at once:".into());
        for (place, request) in requests.iter().enumerate() {
            let fate = if answers.contains_key(&place) {
                "answered"
            } else {
                "in flight"
            };
            self.lines.push(format!("  ({fate}) {}", request.line()));
        }
        self.lines.push("killed and started again".into());
        self.figures.kills += 1;
        self.take_over(&requests, &answers)?;
        self.name_streams()?;
        checks::everything(&mut self.engine, &self.model)?;
        for request in &requests {
            if matches!(request, Request::Transact(_, Some(_))) {
                self.request(request)?;
            }
        }
        checks::everything(&mut self.engine, &self.model)
    }

    /// Has the model do what was done.
    fn take_over(&mut self, requests: &[Request], answers: &HashMap<usize, Answered>) -> Checked {
        for (place, request) in requests.iter().enumerate() {
            if let Some(answer) = answers.get(&place) {
                let expected = self.model.apply(request);
                self.figures.count(request, &expected);
                checks::compare(answer, &expected)?;
                continue;
            }
            let mut after = self.model.clone();
            let answer = after.apply(request);
            if answer.is_refusal() {
                continue;
            }
            let is_done = match request.definition() {
                Some(table) => self.is_defined(table, &after),
                None => self.is_written(request, &after)?,
            };
            if is_done {
                self.model = after;
                self.figures.in_flight.0 += 1;
            } else {
                self.figures.in_flight.1 += 1;
            }
        }
        Ok(())
    }

    /// Whether a table is as a definition in flight leaves it.
    fn is_defined(&mut self, name: &str, after: &Model) -> bool {
        let found = self
            .engine
            .send("DescribeTable", &json!({"TableName": name}));
        let Some(table) = after.tables.get(name) else {
            return found.is_err();
        };
        let Ok(found) = found else {
            return false;
        };
        let found = &found["Table"];
        let none = Vec::new();
        let indexes = found["GlobalSecondaryIndexes"].as_array().unwrap_or(&none);
        let count = table.schema.indexes.iter().filter(|index| !index.is_local);
        let has_stream = found["StreamSpecification"]["StreamEnabled"] == true;
        indexes.len() == count.count() && has_stream == table.stream.is_some()
    }

    /// Whether the items of a request in flight are as it leaves them: all, or none.
    fn is_written(&mut self, request: &Request, after: &Model) -> Result<bool, TestCaseError> {
        let (mut done, mut not) = (Vec::new(), Vec::new());
        for write in request.writes() {
            let key = value::write(&write.key);
            let get = json!({"TableName": write.table, "Key": key, "ConsistentRead": true});
            let found = self.engine.send("GetItem", &get).unwrap();
            let found = (!found["Item"].is_null()).then(|| value::read(&found["Item"]));
            let item = |model: &Model| model.tables[&write.table].get(&write.key).cloned();
            let (old, new) = (item(&self.model), item(after));
            prop_assert!(
                found == old || found == new,
                "neither as it was nor as it is to be: {found:?}"
            );
            if old != new {
                let list = if found == new { &mut done } else { &mut not };
                list.push(write.key.clone());
            }
        }
        prop_assert!(
            done.is_empty() || not.is_empty(),
            "half of {} is done: {done:?}, not {not:?}",
            request.line()
        );
        Ok(!done.is_empty())
    }
}

#[test]
fn what_a_kill_leaves_is_what_was_answered_and_whole_requests() {
    let volleys = vec(volley(), 1..=KILLS);
    let histories = (strategy::history(0), volleys);
    let figures = RefCell::new(Figures::default());
    let has_failed = Cell::new(false);
    let config = Config {
        max_shrink_iters: SHRINKS,
        ..config(HISTORIES, DIVISOR)
    };
    assert_none_fails(config, &histories, |(history, volleys)| {
        let attempts = if has_failed.get() { ATTEMPTS } else { 1 };
        for _ in 0..attempts {
            let mut run = Run::new(Elsewhere::new());
            let held = run.kills(&history, &volleys);
            figures.borrow_mut().add(&run.figures);
            if let Err(error) = held {
                has_failed.set(true);
                return Err(run.failure(&error));
            }
        }
        Ok(())
    });
    println!("{:#?}", figures.borrow());
}
