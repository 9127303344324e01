//! Where a history's choices come from: the same seed gives the same ones.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Choices by a seed.
#[derive(Debug)]
pub(super) struct Source(Rng);

impl Source {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// True with a probability in percent.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.0.u32(..100) < percent
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(super) fn string(&mut self) -> Value {
        json!({"S": self.pick(&["", "a", "ab", "b", "B", "é", "1", "zz"])})
    }

    /// Numbers in forms that mean the same, too.
    pub(super) fn number(&mut self) -> Value {
        const NUMBERS: [&str; 14] = [
            "0",
            "1",
            "2",
            "-1",
            "10",
            "1.50",
            "1E2",
            "-0.003",
            "007",
            "1e-5",
            "-0",
            "99999999999999999999999999999999999999",
            "9.9e125",
            "1E-130",
        ];
        // Numbers at the limits are seldom of use, and often refused.
        let end = if self.chance(10) {
            NUMBERS.len()
        } else {
            NUMBERS.len() - 3
        };
        json!({"N": self.pick(&NUMBERS[..end])})
    }

    pub(super) fn binary(&mut self) -> Value {
        json!({"B": self.pick(&["", "AA==", "AAE=", "AQ==", "/w=="])})
    }

    /// A value of a key's type; there are few, so that requests meet.
    pub(super) fn key(&mut self, kind: char) -> Value {
        const NUMBERS: [&str; 6] = [
            "-0.5",
            "0",
            "-1e125",
            "1e-130",
            "3",
            "12345678901234567890.5",
        ];
        const STRINGS: [&str; 4] = ["a\0", "\u{1f600}", "\u{ffff}", "z"];
        if self.chance(10) {
            // What is hard to sort.
            return match kind {
                'S' => json!({"S": self.pick(&STRINGS)}),
                'N' => json!({"N": self.pick(&NUMBERS)}),
                _ => json!({"B": self.pick(&["AAAA", "gA==", "AP8=", "//8="])}),
            };
        }
        match kind {
            'S' => json!({"S": self.pick(&["a", "ab", "b", "é"])}),
            'N' => json!({"N": self.pick(&["1", "2", "10", "-1", "1.0", "1e1"])}),
            _ => json!({"B": self.pick(&["AA==", "AAE=", "/w=="])}),
        }
    }

    /// A lower and an upper bound of a key's type.
    pub(super) fn bounds(&mut self, kind: char) -> (Value, Value) {
        const ORDERED: [(char, [&str; 4]); 3] = [
            ('S', ["a", "ab", "b", "é"]),
            ('N', ["-1", "1", "2", "10"]),
            ('B', ["AA==", "AAE=", "AQ==", "/w=="]),
        ];
        let values = ORDERED.iter().find(|(of, _)| *of == kind);
        let values = values.map_or([""; 4], |(_, values)| *values);
        let low = self.below(values.len());
        let high = low + self.below(values.len() - low);
        let value = |index: usize| json!({(kind.to_string()): values[index]});
        (value(low), value(high))
    }

    /// Any value, nested at most `depth` deep.
    pub(super) fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth == 0 { 10 } else { 14 }) {
            0 | 1 => self.string(),
            2..=4 => self.number(),
            5 => self.binary(),
            6 => json!({"BOOL": self.chance(50)}),
            7 => json!({"NULL": true}),
            8 => self.set(),
            9 => json!({"SS": self.pick(&[&["a"][..], &["a", "b"], &["b", "zz"]])}),
            10 | 11 => self.map(depth - 1),
            _ => self.list(depth - 1),
        }
    }

    pub(super) fn set(&mut self) -> Value {
        match self.below(3) {
            0 => json!({"SS": self.pick(&[&["a"][..], &["a", "b"], &["b", "zz"]])}),
            1 => json!({"NS": self.pick(&[&["1"][..], &["1", "2"], &["10", "-1", "2"]])}),
            _ => json!({"BS": self.pick(&[&["AA=="][..], &["AAE=", "AA=="]])}),
        }
    }

    pub(super) fn map(&mut self, depth: u32) -> Value {
        let mut members = Map::new();
        for name in ["x", "y"] {
            if self.chance(60) {
                members.insert(name.into(), self.value(depth));
            }
        }
        json!({ "M": members })
    }

    pub(super) fn list(&mut self, depth: u32) -> Value {
        let count = self.below(4);
        let values: Vec<_> = (0..count).map(|_| self.value(depth)).collect();
        json!({ "L": values })
    }
}
