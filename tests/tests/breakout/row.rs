//! One kind of attempt: what is tried, and what has to come of it in each mode.

use serde_json::Value;

use crate::mode::Mode;
use crate::world::World;

/// Code for the function, or what this process does and sees from outside.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// Run by the function `Probe`; leaves the outcome in `result`.
    Python(&'static str),
    /// Gives the outcome.
    Rust(fn(&World) -> Value),
}

pub(crate) struct Row {
    /// Its module's path.
    pub(crate) name: &'static str,
    /// As root, as a user, and as a user without namespaces.
    pub(crate) outcomes: [&'static str; 3],
    pub(crate) how: How,
}

impl Row {
    /// As the page has it: `reading::the_store`.
    pub(crate) fn name(&self) -> &'static str {
        self.name.split_once("::").unwrap().1
    }

    /// Whether what is tried succeeds in a mode, or may on some kernels.
    pub(crate) fn is_open(&self, mode: Mode) -> bool {
        self.outcomes[mode as usize]
            .split('|')
            .any(|outcome| outcome == "reached")
    }

    /// Tries it in a mode.
    pub(crate) fn hold(&self, mode: Mode) {
        let Some(world) = World::of(mode) else { return };
        let outcome = match self.how {
            How::Python(code) => world.run("probe", code),
            How::Rust(scene) => scene(world),
        };
        let expected = self.outcomes[mode as usize];
        let is_expected = |outcome: &str| expected.split('|').any(|word| word == outcome);
        let holds = match &outcome {
            Value::String(outcome) => is_expected(outcome),
            Value::Object(outcomes) if !outcomes.is_empty() => outcomes
                .values()
                .all(|outcome| outcome.as_str().is_some_and(is_expected)),
            _ => false,
        };
        let name = self.name();
        assert!(holds, "{name} {mode:?}: not {expected}, but {outcome:#}");
        let harm = world.harm();
        assert!(harm.is_empty(), "{name} {mode:?}: {harm}");
    }
}
