//! Numbers over time: counts and percentiles, step by step, for the last hour.

use std::collections::VecDeque;
use std::time::Duration;

/// The length of a step.
pub const STEP_SECONDS: u64 = 5;

/// For how long steps are kept.
pub const KEPT_SECONDS: u64 = 3600;

/// Each class of durations is wider than the one before by this factor, so
/// that a percentile is exact to half of it.
const GROWTH: f64 = 1.1;

/// What happened within one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    /// Counted from the epoch.
    pub(crate) number: u64,
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) throttles: u64,
    pub(crate) cold_starts: u64,
    pub(crate) concurrency: u64,
    pub(crate) memory_mb: Option<u64>,
    pub(crate) max: Duration,
    pub(crate) durations: Durations,
}

/// Steps in which something happened, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Steps(VecDeque<Step>);

impl Steps {
    /// The step of a time, in seconds since the epoch; older ones than are
    /// kept are dropped.
    pub(crate) fn at(&mut self, seconds: u64) -> &mut Step {
        let number = seconds / STEP_SECONDS;
        let oldest = number.saturating_sub(KEPT_SECONDS / STEP_SECONDS);
        while self.0.front().is_some_and(|step| step.number < oldest) {
            self.0.pop_front();
        }
        // A clock that is set back counts into the newest step.
        if self.0.back().is_none_or(|last| last.number < number) {
            self.0.push_back(Step {
                number,
                ..Step::default()
            });
        }
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// The step of this number, if anything happened in it.
    pub(crate) fn get(&self, number: u64) -> Option<&Step> {
        let found = self.0.binary_search_by_key(&number, |step| step.number);
        found.ok().and_then(|index| self.0.get(index))
    }
}

/// Durations by class: few classes are in use at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations(Vec<(u16, u32)>);

impl Durations {
    pub(crate) fn add(&mut self, duration: Duration) {
        let class = class(duration);
        match self.0.binary_search_by_key(&class, |(class, _)| *class) {
            Ok(index) => self.0[index].1 += 1,
            Err(index) => self.0.insert(index, (class, 1)),
        }
    }

    /// The duration that this share of all are at most as long as.
    pub(crate) fn percentile(&self, share: f64) -> Option<Duration> {
        let total: u64 = self.0.iter().map(|(_, count)| u64::from(*count)).sum();
        let mut left = (share * total as f64).ceil().max(1.0) as u64;
        for (class, count) in &self.0 {
            let count = u64::from(*count);
            if left <= count {
                return Some(middle(*class));
            }
            left -= count;
        }
        None
    }
}

/// Microseconds as a power of the growth.
fn class(duration: Duration) -> u16 {
    let microseconds = (duration.as_secs_f64() * 1e6).max(1.0);
    (microseconds.ln() / GROWTH.ln()) as u16
}

fn middle(class: u16) -> Duration {
    let microseconds = GROWTH.powf(f64::from(class) + 0.5);
    Duration::from_secs_f64(microseconds / 1e6)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn percentiles_are_exact_to_five_percent() {
        let mut durations = Durations::default();
        for n in 1..=1000 {
            durations.add(Duration::from_micros(n * 37));
        }
        for (share, exact) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let found = durations.percentile(share).unwrap().as_secs_f64() * 1e6;
            let exact = exact * 37.0;
            assert!((found / exact - 1.0).abs() < 0.051, "{found} for {exact}");
        }
        assert_eq!(Durations::default().percentile(0.5), None);
    }

    #[test]
    fn steps_are_kept_for_an_hour_and_empty_ones_take_no_room() {
        let mut steps = Steps::default();
        steps.at(10).count += 1;
        steps.at(14).count += 1;
        steps.at(10 + KEPT_SECONDS).count += 1;
        assert_eq!(steps.0.len(), 2);
        assert_eq!(steps.get(2).unwrap().count, 2);
        assert!(steps.get(3).is_none());
        steps.at(15 + KEPT_SECONDS).count += 1;
        assert!(steps.get(2).is_none());
        // The clock was set back.
        steps.at(1).count += 1;
        assert_eq!(steps.get(3 + KEPT_SECONDS / STEP_SECONDS).unwrap().count, 2);
    }
}
