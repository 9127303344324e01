//! What a request answers depends on, and what it changes is, only what it was authorised for: random requests are run
//! on a store, and on one that has nothing else.

#![allow(clippy::unwrap_used)]

mod requests;
mod sandbox;
mod scope;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::types::Value as Column;
use samlet_dynamodb_api::{Item, Operation, Request};

use self::requests::request;
use self::sandbox::{Outcome, Rows, Sandbox, items};
use self::scope::{Allowed, Scope};
use crate::operations::testing::place;

/// More are run by `PROPTEST_CASES`.
const CASES: u32 = 2048;

#[test]
fn a_request_touches_nothing_that_it_is_not_authorised_for() {
    let mut sandbox = Sandbox::new();
    let streams = sandbox.streams();
    let counts = RefCell::new(BTreeMap::<_, [u32; 3]>::new());
    let sandbox = RefCell::new(sandbox);
    let asked = std::env::var("PROPTEST_CASES").ok();
    let asked: Option<u32> = asked.and_then(|cases| cases.parse().ok());
    let config = ProptestConfig {
        cases: asked.unwrap_or_default().max(CASES),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let held = TestRunner::new(config).run(&request(streams), |(operation, body)| {
        let reached = reach(&mut sandbox.borrow_mut(), operation, &body);
        let mut counts = counts.borrow_mut();
        let counts = counts.entry(operation).or_default();
        counts[0] += 1;
        counts[1] += u32::from(reached != Reached::Nothing);
        counts[2] += u32::from(reached == Reached::Answer);
        Ok(())
    });
    held.unwrap();
    // Most of them say something, and each operation is answered at times.
    let counts = counts.into_inner();
    let sum = |of: usize| counts.values().map(|counts| counts[of]).sum::<u32>();
    assert!(sum(1) * 2 > sum(0), "{counts:?}");
    assert!(sum(2) * 4 > sum(0), "{counts:?}");
    assert!(counts.values().all(|counts| counts[2] > 0), "{counts:?}");
}

/// How far a request came.
#[derive(Clone, Copy, PartialEq)]
enum Reached {
    /// It can't be read.
    Nothing,
    /// The store refused it.
    Store,
    /// It was answered.
    Answer,
}

/// Holds that a request touches nothing that it wasn't authorised for.
fn reach(sandbox: &mut Sandbox, operation: &str, body: &str) -> Reached {
    let operation = Operation::from_name(operation).unwrap();
    let Ok(request) = Request::read(operation, body.as_bytes(), &place()) else {
        return Reached::Nothing;
    };
    let Some(scope) = Scope::of(&request, &mut sandbox.database) else {
        return Reached::Nothing;
    };
    let before = sandbox.rows.clone();
    let whole = sandbox.run(&request, |_| {});
    for touch in &whole.touched {
        assert!(scope.may_touch(touch), "{touch:?} by {body}");
    }
    for (table, row) in changed(&before, &whole.rows) {
        let may_change = scope.may_change(table, row, [&before, &whole.rows]);
        assert!(may_change, "{row:?} of {table} changed by {body}");
    }
    let reduced = sandbox.run(&request, |database| scope.reduce(database, &before));
    assert_eq!(whole.answer, reduced.answer, "{body}");
    for allowed in scope.tables.values() {
        if allowed.unneeded.is_empty() {
            let of = |outcome: &Outcome| left(outcome, allowed);
            assert_eq!(of(&whole), of(&reduced), "{body}");
        }
    }
    match whole.answer {
        Ok(_) => Reached::Answer,
        Err(_) => Reached::Store,
    }
}

/// The items that a request was authorised for, after it.
fn left(outcome: &Outcome, allowed: &Allowed) -> Vec<Item> {
    let items = items(&outcome.rows, allowed.table.number).into_values();
    items.filter(|item| allowed.items.has(item)).collect()
}

/// The rows that are not both before and after a request.
fn changed<'r>(before: &'r Rows, after: &'r Rows) -> Vec<(&'r str, &'r [Column])> {
    let mut changed = Vec::new();
    for (one, other) in [(before, after), (after, before)] {
        for (table, rows) in one {
            let others = other.get(table).map_or(&[][..], Vec::as_slice);
            let gone = rows.iter().filter(|row| !others.contains(row));
            changed.extend(gone.map(|row| (table.as_str(), row.as_slice())));
        }
    }
    changed
}
