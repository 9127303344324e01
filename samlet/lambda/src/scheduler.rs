//! Which environment runs which invocation: a state machine without clocks, tasks or I/O.
//!
//! Invariants: an environment has at most one job; a job is in the queue or
//! with one environment, never both; there are never more than
//! `max_environments`; no environment idles while a job of its function waits,
//! or while one of another claims the room it takes; an environment that was
//! retired is given no further job. `simulation` holds them.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod simulation;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) type EnvironmentId = u64;
pub(crate) type Ticket = u64;

/// A function whose jobs have waited for so long, with no more environments to
/// come, is given more than it can do: further ones are refused at once. Each
/// would wait for so long, too, and in the end for longer than its caller does.
pub(crate) const MAX_BEHIND: Duration = Duration::from_secs(5);

/// Where there is no room for another environment, a job waits for so long for
/// one of its function's, and one of another function's idles for so long,
/// before that is ended for it: to start one takes as long as many invocations.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

/// An environment that has idled for so long is one more than its function needs:
/// it is ended at once for a job of another that lacks one.
pub(crate) const SURPLUS: Duration = Duration::from_millis(200);

/// How much longer than those of a busy function the jobs of one that has few
/// environments wait before it is given one of the other's.
const UNFAIR: Duration = Duration::from_secs(1);

/// What the caller must now do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action<J> {
    Start {
        function: usize,
        environment: EnvironmentId,
    },
    Run {
        environment: EnvironmentId,
        job: J,
    },
    Stop {
        environment: EnvironmentId,
    },
}

#[derive(Debug)]
struct Waiting<J> {
    ticket: Ticket,
    since: Instant,
    job: J,
}

#[derive(Debug)]
struct FunctionState<J> {
    /// The most recently used last.
    idle: Vec<(EnvironmentId, Instant)>,
    /// The longest waiting first.
    waiting: VecDeque<Waiting<J>>,
    /// All that are not retired and were not told to end.
    current: usize,
    starting: usize,
    /// Those that have answered and are about to ask for more.
    finishing: HashSet<EnvironmentId>,
    /// Environments before this one are retired: nothing that is counted
    /// here counts them.
    first_current: EnvironmentId,
}

impl<J> FunctionState<J> {
    fn new() -> Self {
        Self {
            idle: Vec::new(),
            waiting: VecDeque::new(),
            current: 0,
            starting: 0,
            finishing: HashSet::new(),
            first_current: 0,
        }
    }

    /// How many environments start or are about to be free.
    fn coming(&self) -> usize {
        self.starting + self.finishing.len()
    }

    /// How many jobs wait for which no environment is to come.
    fn lacking(&self) -> usize {
        self.waiting.len().saturating_sub(self.coming())
    }

    /// How long the first of the jobs has waited.
    fn waited(&self, now: Instant) -> Duration {
        let first = self.waiting.front();
        first.map_or(Duration::ZERO, |job| now.duration_since(job.since))
    }

    /// Whether jobs wait for the first of its environments.
    fn has_none(&self) -> bool {
        self.current == 0 && self.lacking() > 0
    }

    /// How many jobs claim the room of another function's environment: those
    /// that were patient, and one where there is no environment at all.
    fn claims(&self, now: Instant) -> usize {
        let patient = |job: &Waiting<J>| now.duration_since(job.since) >= PATIENCE;
        let patient = self.waiting.partition_point(patient);
        let first = usize::from(self.has_none());
        patient.saturating_sub(self.coming()).max(first)
    }

    /// Whether it is given more than it can do.
    fn is_behind(&self, now: Instant) -> bool {
        self.lacking() > 0 && self.waited(now) >= MAX_BEHIND
    }
}

#[derive(Debug)]
pub(crate) struct Scheduler<J> {
    functions: Vec<FunctionState<J>>,
    environments: usize,
    /// Those of them that were told to end, and soon make room.
    stopping: HashSet<EnvironmentId>,
    max_environments: usize,
    max_waiting: usize,
    next_environment: EnvironmentId,
    next_ticket: Ticket,
}

impl<J> Scheduler<J> {
    pub(crate) fn new(max_environments: usize, max_waiting: usize) -> Self {
        Self {
            functions: Vec::new(),
            environments: 0,
            stopping: HashSet::new(),
            max_environments: max_environments.max(1),
            max_waiting,
            next_environment: 0,
            next_ticket: 0,
        }
    }

    /// Makes room for one more function; gives its index.
    pub(crate) fn add_function(&mut self) -> usize {
        self.functions.push(FunctionState::new());
        self.functions.len() - 1
    }

    /// Has a function go on in new environments: those it has finish what
    /// they run, and end.
    pub(crate) fn retire(&mut self, function: usize, now: Instant) -> Vec<Action<J>> {
        let state = &mut self.functions[function];
        state.first_current = self.next_environment + 1;
        state.current = 0;
        state.starting = 0;
        state.finishing.clear();
        let idle = std::mem::take(&mut state.idle).into_iter();
        let mut actions: Vec<Action<J>> = idle
            .map(|(environment, _)| self.stop(function, environment))
            .collect();
        // At the bound, what waits is started for as others end.
        while let Some(action) = self.start_for(function, now) {
            actions.push(action);
        }
        actions
    }

    fn is_retired(&self, function: usize, environment: EnvironmentId) -> bool {
        environment < self.functions[function].first_current
    }

    /// A function's environments that start, and those that are idle or about to be.
    pub(crate) fn at_rest(&self, function: usize) -> (usize, usize) {
        let state = &self.functions[function];
        (state.starting, state.idle.len() + state.finishing.len())
    }

    /// Environments that exist, starting and stopping ones included.
    pub(crate) fn environments(&self) -> usize {
        self.environments
    }

    /// Whether there is no room for a function's job: none of its environments
    /// idles, and too many jobs wait already, or its own for too long.
    pub(crate) fn refuses(&self, function: usize, now: Instant) -> bool {
        let state = &self.functions[function];
        let waiting = || {
            self.functions
                .iter()
                .map(|f| f.waiting.len())
                .sum::<usize>()
        };
        let is_full = self.environments >= self.max_environments;
        state.idle.is_empty()
            && (waiting() >= self.max_waiting || (is_full && state.is_behind(now)))
    }

    /// Takes a job: the most recently used idle environment runs it, or it
    /// waits for the first to be free, be that a busy or a new one. `Err`
    /// gives it back when too many wait already, or for too long.
    pub(crate) fn submit(
        &mut self,
        function: usize,
        job: J,
        now: Instant,
    ) -> Result<(Ticket, Option<Action<J>>), J> {
        let ticket = self.next_ticket;
        if let Some((environment, _)) = self.functions[function].idle.pop() {
            self.next_ticket += 1;
            return Ok((ticket, Some(Action::Run { environment, job })));
        }
        if self.refuses(function, now) {
            return Err(job);
        }
        self.next_ticket += 1;
        let state = &mut self.functions[function];
        state.waiting.push_back(Waiting {
            ticket,
            since: now,
            job,
        });
        Ok((ticket, self.start_for(function, now)))
    }

    /// Another environment for a function whose queue is longer than what is
    /// starting or about to be free; at the bound, room is made for it.
    fn start_for(&mut self, function: usize, now: Instant) -> Option<Action<J>> {
        let state = &mut self.functions[function];
        if state.lacking() == 0 {
            return None;
        }
        if self.environments < self.max_environments {
            state.current += 1;
            state.starting += 1;
            self.environments += 1;
            self.next_environment += 1;
            return Some(Action::Start {
                function,
                environment: self.next_environment,
            });
        }
        self.make_room(now)
    }

    /// Makes room for those that were patient; to be asked for whenever a job
    /// has waited for a while.
    pub(crate) fn hurry(&mut self, now: Instant) -> Vec<Action<J>> {
        std::iter::from_fn(|| self.make_room(now)).collect()
    }

    /// Stops the environment that has idled longest, if its room is claimed.
    fn make_room(&mut self, now: Instant) -> Option<Action<J>> {
        let functions = self.functions.iter().enumerate();
        let idle = functions.filter_map(|(index, state)| Some((state.idle.first()?.1, index)));
        let (since, function) = idle.min()?;
        let idle = now.duration_since(since);
        let is_claimed = self.lacks(|state| match idle {
            idle if idle >= SURPLUS => state.lacking(),
            idle if idle >= PATIENCE => state.claims(now),
            // In a moment it may be needed again.
            _ => usize::from(state.has_none()),
        });
        is_claimed.then(|| {
            let (environment, _) = self.functions[function].idle.remove(0);
            self.stop(function, environment)
        })
    }

    /// Whether more room is wanted than there is or is made already.
    fn lacks(&self, wanted: impl Fn(&FunctionState<J>) -> usize) -> bool {
        let free = self.max_environments - self.environments;
        let wanted: usize = self.functions.iter().map(wanted).sum();
        wanted > free + self.stopping.len()
    }

    /// Whether a function's environment that is free makes room for another's
    /// job, rather than run the next of its own, which came later. One at a
    /// time, until it is seen what that brings.
    fn gives_way(&self, function: usize, now: Instant) -> bool {
        let own = &self.functions[function];
        if own.waiting.is_empty() {
            return self.lacks(|state| usize::from(state.has_none()));
        }
        let own = own.waited(now);
        let is_due = |other: &FunctionState<J>| match other.has_none() {
            true => other.waited(now) >= own + PATIENCE,
            false => other.lacking() > 0 && other.waited(now) >= own + UNFAIR,
        };
        self.stopping.is_empty()
            && self.functions.iter().any(is_due)
            && self.lacks(|state| state.claims(now))
    }

    fn stop(&mut self, function: usize, environment: EnvironmentId) -> Action<J> {
        if !self.is_retired(function, environment) {
            self.functions[function].current -= 1;
        }
        self.stopping.insert(environment);
        Action::Stop { environment }
    }

    /// An environment finished its init.
    pub(crate) fn started(
        &mut self,
        function: usize,
        environment: EnvironmentId,
        now: Instant,
    ) -> Option<Action<J>> {
        if !self.is_retired(function, environment) {
            self.functions[function].starting -= 1;
        }
        // What it was started for comes before what others claim.
        let is_unused = self.functions[function].waiting.is_empty();
        self.next_for(function, environment, now, is_unused)
    }

    /// An environment has answered: it will be free in a moment, which is
    /// sooner than another could start.
    pub(crate) fn finishing(&mut self, function: usize, environment: EnvironmentId) {
        if !self.is_retired(function, environment) {
            self.functions[function].finishing.insert(environment);
        }
    }

    /// That moment has passed: what waits for it may have another.
    pub(crate) fn overdue(
        &mut self,
        function: usize,
        environment: EnvironmentId,
        now: Instant,
    ) -> Option<Action<J>> {
        self.functions[function].finishing.remove(&environment);
        self.start_for(function, now)
    }

    /// An environment is free: it runs the job that waits longest, or idles,
    /// or ends if it was retired meanwhile or another function claims its room.
    pub(crate) fn freed(
        &mut self,
        function: usize,
        environment: EnvironmentId,
        now: Instant,
    ) -> Option<Action<J>> {
        self.functions[function].finishing.remove(&environment);
        self.next_for(function, environment, now, true)
    }

    fn next_for(
        &mut self,
        function: usize,
        environment: EnvironmentId,
        now: Instant,
        may_give_way: bool,
    ) -> Option<Action<J>> {
        if self.is_retired(function, environment) {
            return Some(self.stop(function, environment));
        }
        if may_give_way && self.gives_way(function, now) {
            return Some(self.stop(function, environment));
        }
        let state = &mut self.functions[function];
        if let Some(Waiting { job, .. }) = state.waiting.pop_front() {
            return Some(Action::Run { environment, job });
        }
        state.idle.push((environment, now));
        None
    }

    /// An environment's init failed: Lambda repeats it within the first
    /// invocation, so it takes the job that waits longest, if there is one.
    pub(crate) fn start_failed(
        &mut self,
        function: usize,
        environment: EnvironmentId,
    ) -> Option<J> {
        if self.is_retired(function, environment) {
            return None;
        }
        let state = &mut self.functions[function];
        state.starting -= 1;
        state.waiting.pop_front().map(|waiting| waiting.job)
    }

    /// An idle environment ended by itself. `false` when it isn't idle any
    /// more: it has been given a job, or was told to stop.
    pub(crate) fn withdraw_idle(&mut self, function: usize, environment: EnvironmentId) -> bool {
        let idle = &mut self.functions[function].idle;
        let before = idle.len();
        idle.retain(|(id, _)| *id != environment);
        idle.len() < before
    }

    /// An environment is gone for good; others may be started in its place.
    pub(crate) fn ended(
        &mut self,
        function: usize,
        environment: EnvironmentId,
        now: Instant,
    ) -> Vec<Action<J>> {
        let was_told = self.stopping.remove(&environment);
        if !was_told && !self.is_retired(function, environment) {
            self.functions[function].current -= 1;
        }
        self.functions[function].finishing.remove(&environment);
        self.environments -= 1;
        let mut actions = Vec::new();
        let next = |this: &mut Self| this.start_for(this.first_lacking()?, now);
        while let Some(action) = next(self) {
            actions.push(action);
        }
        actions
    }

    /// The function that is to have the next environment: one that has none
    /// before others, and then whose job has waited longest.
    fn first_lacking(&self) -> Option<usize> {
        let functions = self.functions.iter().enumerate();
        let lacking = functions.filter(|(_, state)| state.lacking() > 0);
        let first = lacking.min_by_key(|(_, state)| {
            let ticket = state.waiting.front().map(|job| job.ticket);
            (state.current > 0, ticket)
        });
        first.map(|(function, _)| function)
    }

    /// Takes back a job that still waits.
    pub(crate) fn withdraw(&mut self, function: usize, ticket: Ticket) -> Option<J> {
        let waiting = &mut self.functions[function].waiting;
        let position = waiting
            .iter()
            .position(|waiting| waiting.ticket == ticket)?;
        waiting.remove(position).map(|waiting| waiting.job)
    }

    /// Stops the environments that have idled for longer than `limit`.
    pub(crate) fn expire(&mut self, now: Instant, limit: Duration) -> Vec<Action<J>> {
        let mut actions = Vec::new();
        for function in 0..self.functions.len() {
            let idle = &mut self.functions[function].idle;
            // The longest idle are the first.
            let expired = idle.partition_point(|(_, since)| now.duration_since(*since) >= limit);
            let expired: Vec<_> = idle.drain(..expired).collect();
            for (environment, _) in expired {
                actions.push(self.stop(function, environment));
            }
        }
        actions
    }

    /// Drops all that waits, whose callers then see it gone.
    pub(crate) fn clear_waiting(&mut self) {
        for state in &mut self.functions {
            state.waiting.clear();
        }
    }
}
