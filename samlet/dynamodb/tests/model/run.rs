//! Runs histories in one process, and shows those that fail as they were sent.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::json;

use crate::checks::{self, Checked};
use crate::engine::{Engine, Here, PATIENCE};
use crate::request::Request;
use crate::resolve::{self, Resolver};
use crate::state::{Answer, HOUR, LONGEST_HISTORY, Model};
use crate::strategy::{self, History, Step};

/// Histories of a test run, unless `PROPTEST_CASES` says how many.
const HISTORIES: u32 = 64;

/// Steps of a history, at most.
const STEPS: usize = 40;

/// Steps between two comparisons of everything, at most.
const UNCHECKED: usize = 20;

/// An engine, and the model of what must be in it.
pub(crate) struct Run<E> {
    pub(crate) engine: E,
    pub(crate) model: Model,
    /// What was sent.
    pub(crate) lines: Vec<String>,
    pub(crate) figures: Figures,
}

/// What came of requests, of all histories.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// By their operations: those that were done, and those that were refused.
    pub(crate) requests: BTreeMap<&'static str, (u64, u64)>,
    pub(crate) kills: u64,
    /// Requests in flight that a kill left done, and those that it left undone.
    pub(crate) in_flight: (u64, u64),
}

impl Figures {
    pub(crate) fn count(&mut self, request: &Request, answer: &Answer) {
        let counts = self.requests.entry(request.body().0).or_default();
        if answer.is_refusal() {
            counts.1 += 1;
        } else {
            counts.0 += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (operation, (done, refused)) in &other.requests {
            let counts = self.requests.entry(operation).or_default();
            *counts = (counts.0 + done, counts.1 + refused);
        }
        self.kills += other.kills;
        self.in_flight.0 += other.in_flight.0;
        self.in_flight.1 += other.in_flight.1;
    }
}

impl<E: Engine> Run<E> {
    pub(crate) fn new(engine: E) -> Self {
        Self {
            engine,
            model: Model::default(),
            lines: Vec::new(),
            figures: Figures::default(),
        }
    }

    /// Sends a request, and has the model do it.
    pub(crate) fn request(&mut self, request: &Request) -> Checked {
        self.lines.push(request.line());
        self.settle(request);
        let expected = self.model.apply(request);
        self.figures.count(request, &expected);
        checks::send(&mut self.engine, request, &expected)?;
        self.name_streams()
    }

    /// Waits for indexes that are being made, where they are in the way.
    fn settle(&mut self, request: &Request) {
        let table = match request {
            Request::Drop(table)
            | Request::AddIndex(table, ..)
            | Request::DropIndex(table, _)
            | Request::Stream(table, _) => table,
            Request::Search(search) => &search.table,
            _ => return,
        };
        self.engine.settled(table).ok();
    }

    /// Asks what new streams are called.
    pub(crate) fn name_streams(&mut self) -> Checked {
        let model = &mut self.model;
        for (name, table) in &model.tables {
            let Some(stream) = table.stream.map(|stream| &mut model.streams[stream]) else {
                continue;
            };
            if stream.arn.is_none() {
                let described = self
                    .engine
                    .send("DescribeTable", &json!({"TableName": name}));
                let described = described.unwrap();
                let arn = described["Table"]["LatestStreamArn"].as_str();
                prop_assert!(arn.is_some(), "{name} has no stream: {described}");
                stream.arn = arn.map(str::to_owned);
            }
        }
        Ok(())
    }

    /// What was sent, and what is wrong.
    pub(crate) fn failure(&self, error: &TestCaseError) -> TestCaseError {
        TestCaseError::fail(format!("{error}\nafter:\n{}", self.lines.join("\n")))
    }

    fn step(&mut self, resolver: &mut Resolver<'_>, step: &Step) -> Checked {
        match step {
            Step::Check => checks::everything(&mut self.engine, &self.model),
            Step::Reopen => {
                self.lines.push("closed and opened again".into());
                self.engine.reopen();
                Ok(())
            }
            Step::Pass(hours) => self.pass(*hours),
            step => match resolver.request(&self.model, step) {
                Some(request) => {
                    self.request(&request)?;
                    // It is not known how soon that goes.
                    if self.model.has_expired() {
                        return self.pass(1);
                    }
                    Ok(())
                }
                None => Ok(()),
            },
        }
    }

    /// Lets hours pass, and waits until what has expired is gone.
    fn pass(&mut self, hours: u64) -> Checked {
        if self.model.hours + hours > LONGEST_HISTORY {
            return Ok(());
        }
        self.lines.push(format!("{hours} hours pass"));
        let expired = self.model.pass(hours);
        self.engine.advance(Duration::from_secs(hours * HOUR));
        let start = Instant::now();
        for (table, key) in expired {
            let (operation, body) = Request::Get(table, key).body();
            while self.engine.send(operation, &body).unwrap() != json!({}) {
                prop_assert!(start.elapsed() < PATIENCE, "never expires: {body}");
                std::thread::yield_now();
            }
        }
        Ok(())
    }

    fn history(&mut self, history: &History) -> Checked {
        self.create(history)?;
        let mut resolver = Resolver::new(&history.names);
        for (number, step) in history.steps.iter().enumerate() {
            self.step(&mut resolver, step)?;
            if number % UNCHECKED == UNCHECKED - 1 {
                checks::everything(&mut self.engine, &self.model)?;
            }
        }
        checks::everything(&mut self.engine, &self.model)
    }

    /// Makes the first tables.
    pub(crate) fn create(&mut self, history: &History) -> Checked {
        for (name, seed) in history.names.iter().zip(&history.schemas) {
            self.request(&Request::Create(resolve::schema(name, seed)))?;
        }
        Ok(())
    }
}

/// How many histories are run.
pub(crate) fn config(cases: u32, divisor: u32) -> Config {
    let more = std::env::var("PROPTEST_CASES").ok();
    let more: Option<u32> = more.map(|more| more.parse().unwrap());
    Config {
        cases: more.map_or(cases, |more| more.div_ceil(divisor)),
        failure_persistence: None,
        max_shrink_iters: 4096,
        max_shrink_time: 120_000,
        ..Config::default()
    }
}

/// Fails with the shortest history that was found to fail.
pub(crate) fn assert_none_fails<S: Strategy>(
    config: Config,
    strategy: &S,
    test: impl Fn(S::Value) -> Checked,
) {
    let mut runner = TestRunner::new(config);
    let (held, first) = (Cell::new(0), Cell::new(None));
    let counted = |history| {
        let result = test(history);
        if result.is_err() && first.get().is_none() {
            first.set(Some(held.get()));
        }
        held.set(held.get() + 1);
        result
    };
    match runner.run(strategy, counted) {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => {
            let before = first.get().unwrap_or_default();
            panic!("after {before} histories that held, one fails: {reason}")
        }
        Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
    }
}

#[test]
fn the_engine_does_what_the_model_does() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let histories = strategy::history(1..=STEPS);
    let figures = RefCell::new(Figures::default());
    assert_none_fails(config(HISTORIES, 1), &histories, |history| {
        let mut run = Run::new(Here::new(&runtime));
        let held = run.history(&history);
        figures.borrow_mut().add(&run.figures);
        held.map_err(|error| run.failure(&error))
    });
    println!("{:#?}", figures.borrow());
}
