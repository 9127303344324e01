//! Which environment runs which invocation: a state machine without clocks, tasks or I/O.
//!
//! Invariants: an environment has at most one job; a job is in the queue or
//! with one environment, never both; there are never more than
//! `max_environments`; no environment idles while a job of its function waits,
//! or while one of another waits that it could make room for; an environment
//! that was retired is given no further job. `simulation` holds them.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod simulation;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) type EnvironmentId = u64;
pub(crate) type Ticket = u64;

/// A function whose jobs have waited for so long, with no more environments to
/// come, is given more than it can do: further ones are refused at once. Each
/// would wait for so long, too, and in the end for longer than its caller does.
pub(crate) const MAX_BEHIND: Duration = Duration::from_secs(5);

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
    waiting: VecDeque<Waiting<J>>,
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
            starting: 0,
            finishing: HashSet::new(),
            first_current: 0,
        }
    }

    /// How many jobs wait for which no environment starts or is about to be free.
    fn lacking(&self) -> usize {
        let coming = self.starting + self.finishing.len();
        self.waiting.len().saturating_sub(coming)
    }

    /// Whether it is given more than it can do.
    fn is_behind(&self, now: Instant) -> bool {
        let longest = self.waiting.front();
        let waits = longest.is_some_and(|job| now.duration_since(job.since) >= MAX_BEHIND);
        waits && self.lacking() > 0
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
    pub(crate) fn retire(&mut self, function: usize) -> Vec<Action<J>> {
        let state = &mut self.functions[function];
        state.first_current = self.next_environment + 1;
        state.starting = 0;
        state.finishing.clear();
        let idle = std::mem::take(&mut state.idle).into_iter();
        let mut actions: Vec<Action<J>> = idle
            .map(|(environment, _)| self.stop(environment))
            .collect();
        // At the bound, what waits is started for as others end.
        while let Some(action) = self.start_for(function) {
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
        let waiting: usize = self.functions.iter().map(|f| f.waiting.len()).sum();
        let is_full = self.environments >= self.max_environments;
        let state = &mut self.functions[function];
        if waiting >= self.max_waiting || (is_full && state.is_behind(now)) {
            return Err(job);
        }
        self.next_ticket += 1;
        state.waiting.push_back(Waiting {
            ticket,
            since: now,
            job,
        });
        Ok((ticket, self.start_for(function)))
    }

    /// Another environment for a function whose queue is longer than what is
    /// starting or about to be free; at the bound, room is made by stopping the
    /// environment that has idled longest.
    fn start_for(&mut self, function: usize) -> Option<Action<J>> {
        let state = &mut self.functions[function];
        if state.lacking() == 0 {
            return None;
        }
        if self.environments < self.max_environments {
            state.starting += 1;
            self.environments += 1;
            self.next_environment += 1;
            return Some(Action::Start {
                function,
                environment: self.next_environment,
            });
        }
        if !self.lacks_room() {
            return None;
        }
        let longest = self
            .functions
            .iter()
            .enumerate()
            .filter_map(|(index, state)| Some((state.idle.first()?.1, index)))
            .min()?;
        let (environment, _) = self.functions[longest.1].idle.remove(0);
        Some(self.stop(environment))
    }

    /// Whether jobs wait for environments that nothing makes room for yet.
    fn lacks_room(&self) -> bool {
        let lacking: usize = self.functions.iter().map(FunctionState::lacking).sum();
        let free = self.max_environments - self.environments;
        lacking > free + self.stopping.len()
    }

    fn stop(&mut self, environment: EnvironmentId) -> Action<J> {
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
        self.freed(function, environment, now)
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
    ) -> Option<Action<J>> {
        self.functions[function].finishing.remove(&environment);
        self.start_for(function)
    }

    /// An environment is free: it runs the job that waits longest, or idles,
    /// or ends if it was retired meanwhile.
    pub(crate) fn freed(
        &mut self,
        function: usize,
        environment: EnvironmentId,
        now: Instant,
    ) -> Option<Action<J>> {
        if self.is_retired(function, environment) {
            return Some(self.stop(environment));
        }
        let state = &mut self.functions[function];
        state.finishing.remove(&environment);
        if let Some(Waiting { job, .. }) = state.waiting.pop_front() {
            return Some(Action::Run { environment, job });
        }
        if self.lacks_room() {
            return Some(self.stop(environment));
        }
        self.functions[function].idle.push((environment, now));
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
    pub(crate) fn ended(&mut self, function: usize, environment: EnvironmentId) -> Vec<Action<J>> {
        self.functions[function].finishing.remove(&environment);
        self.stopping.remove(&environment);
        self.environments -= 1;
        let mut actions = Vec::new();
        // Whoever has waited longest comes first.
        while let Some(action) = self.longest_lacking().and_then(|of| self.start_for(of)) {
            actions.push(action);
        }
        actions
    }

    /// The function whose job waits longest of those that lack an environment.
    fn longest_lacking(&self) -> Option<usize> {
        let functions = self.functions.iter().enumerate();
        let lacking = functions.filter(|(_, state)| state.lacking() > 0);
        let longest = lacking.min_by_key(|(_, state)| state.waiting.front().map(|job| job.ticket));
        longest.map(|(function, _)| function)
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
        for state in &mut self.functions {
            state.idle.retain(|(environment, since)| {
                let keep = now.duration_since(*since) < limit;
                if !keep {
                    self.stopping.insert(*environment);
                    actions.push(Action::Stop {
                        environment: *environment,
                    });
                }
                keep
            });
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn scheduler<J>(functions: usize, max_environments: usize, max_waiting: usize) -> Scheduler<J> {
        let mut scheduler = Scheduler::new(max_environments, max_waiting);
        for index in 0..functions {
            assert_eq!(scheduler.add_function(), index);
        }
        scheduler
    }

    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn an_idle_environment_is_reused_and_the_most_recently_used_comes_first() {
        let mut scheduler = scheduler(1, 4, 10);
        for job in ["a", "b"] {
            let (_, action) = scheduler.submit(0, job, now()).unwrap();
            assert!(matches!(action, Some(Action::Start { .. })));
        }
        assert_eq!(
            scheduler.started(0, 1, now()),
            Some(Action::Run {
                environment: 1,
                job: "a"
            })
        );
        assert_eq!(
            scheduler.started(0, 2, now()),
            Some(Action::Run {
                environment: 2,
                job: "b"
            })
        );
        scheduler.freed(0, 1, now());
        scheduler.freed(0, 2, now());
        let (_, action) = scheduler.submit(0, "c", now()).unwrap();
        assert_eq!(
            action,
            Some(Action::Run {
                environment: 2,
                job: "c"
            })
        );
    }

    #[test]
    fn a_waiting_job_goes_to_whichever_environment_is_free_first() {
        let mut scheduler = scheduler(1, 4, 10);
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, 1, now());
        let (_, action) = scheduler.submit(0, "b", now()).unwrap();
        assert_eq!(
            action,
            Some(Action::Start {
                function: 0,
                environment: 2
            })
        );
        // The busy one is done before the new one has started.
        assert_eq!(
            scheduler.freed(0, 1, now()),
            Some(Action::Run {
                environment: 1,
                job: "b"
            })
        );
        assert_eq!(scheduler.started(0, 2, now()), None);
    }

    #[test]
    fn a_job_waits_for_an_environment_that_is_about_to_be_free_but_not_for_long() {
        let mut scheduler = scheduler(1, 4, 10);
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, 1, now());
        scheduler.finishing(0, 1);
        assert_eq!(scheduler.submit(0, "b", now()).unwrap().1, None);
        let start = Some(Action::Start {
            function: 0,
            environment: 2,
        });
        // A second one would wait for the first.
        assert_eq!(scheduler.submit(0, "c", now()).unwrap().1, start);
        let run = Action::Run {
            environment: 1,
            job: "b",
        };
        assert_eq!(scheduler.freed(0, 1, now()), Some(run));
        scheduler.finishing(0, 1);
        assert_eq!(scheduler.submit(0, "d", now()).unwrap().1, None);
        let start = Some(Action::Start {
            function: 0,
            environment: 3,
        });
        assert_eq!(scheduler.overdue(0, 1), start);
    }

    #[test]
    fn at_the_bound_jobs_wait_and_past_the_queue_they_are_refused() {
        let mut scheduler = scheduler(1, 1, 1);
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, 1, now());
        assert_eq!(scheduler.submit(0, "b", now()).unwrap().1, None);
        assert_eq!(scheduler.submit(0, "c", now()), Err("c"));
        assert_eq!(scheduler.environments(), 1);
        assert_eq!(
            scheduler.freed(0, 1, now()),
            Some(Action::Run {
                environment: 1,
                job: "b"
            })
        );
    }

    #[test]
    fn at_the_bound_an_idle_environment_of_another_function_makes_room() {
        let mut scheduler = scheduler(2, 1, 10);
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, 1, now());
        scheduler.freed(0, 1, now());
        let (_, action) = scheduler.submit(1, "b", now()).unwrap();
        assert_eq!(action, Some(Action::Stop { environment: 1 }));
        assert_eq!(
            scheduler.ended(0, 1),
            [Action::Start {
                function: 1,
                environment: 2
            }]
        );
        assert_eq!(
            scheduler.started(1, 2, now()),
            Some(Action::Run {
                environment: 2,
                job: "b"
            })
        );
    }

    #[test]
    fn at_the_bound_an_environment_that_is_freed_makes_room_for_another_functions_job() {
        let mut scheduler = scheduler(2, 1, 10);
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, 1, now());
        assert_eq!(scheduler.submit(1, "b", now()).unwrap().1, None);
        let stop = Some(Action::Stop { environment: 1 });
        assert_eq!(scheduler.freed(0, 1, now()), stop);
        let start = Action::Start {
            function: 1,
            environment: 2,
        };
        assert_eq!(scheduler.ended(0, 1), [start]);
    }

    #[test]
    fn a_function_that_is_started_for_no_one_any_more_idles() {
        let mut scheduler = scheduler(1, 2, 10);
        let (ticket, _) = scheduler.submit(0, "a", now()).unwrap();
        assert_eq!(scheduler.withdraw(0, ticket), Some("a"));
        assert_eq!(scheduler.started(0, 1, now()), None);
        assert!(scheduler.withdraw_idle(0, 1));
        assert!(!scheduler.withdraw_idle(0, 1));
    }

    #[test]
    fn an_environment_that_idles_too_long_is_stopped() {
        let mut scheduler = scheduler(1, 2, 10);
        let start = now();
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.started(0, 1, start);
        scheduler.freed(0, 1, start);
        assert_eq!(
            scheduler.expire(start + Duration::from_secs(1), Duration::from_secs(2)),
            []
        );
        let expired = scheduler.expire(start + Duration::from_secs(2), Duration::from_secs(2));
        assert_eq!(expired, [Action::Stop { environment: 1 }]);
    }

    #[test]
    fn a_failed_start_takes_the_job_that_waits_longest() {
        let mut scheduler = scheduler(1, 2, 10);
        scheduler.submit(0, "a", now()).unwrap();
        assert_eq!(scheduler.start_failed(0, 1), Some("a"));
        assert_eq!(scheduler.ended(0, 1), []);
    }

    #[test]
    fn retired_environments_get_no_further_job_and_end_when_they_are_free() {
        let mut scheduler = scheduler(2, 10, 10);
        // One is busy, one idles, one starts.
        for environment in [1, 2] {
            scheduler.submit(0, "a", now()).unwrap();
            scheduler.started(0, environment, now());
        }
        scheduler.submit(0, "a", now()).unwrap();
        scheduler.freed(0, 2, now());
        scheduler.freed(0, 2, now());
        let stop = |environment| Action::Stop { environment };
        let start = |environment| Action::Start {
            function: 0,
            environment,
        };
        assert_eq!(scheduler.retire(0), [stop(2)]);
        // Neither the one that still starts nor the busy one is of use any more.
        assert_eq!(scheduler.submit(0, "f", now()).unwrap().1, Some(start(4)));
        assert_eq!(scheduler.started(0, 3, now()), Some(stop(3)));
        scheduler.finishing(0, 1);
        assert_eq!(scheduler.freed(0, 1, now()), Some(stop(1)));
        let run = Some(Action::Run {
            environment: 4,
            job: "f",
        });
        assert_eq!(scheduler.started(0, 4, now()), run);
        for environment in [1, 2, 3] {
            assert_eq!(scheduler.ended(0, environment), []);
        }
        assert_eq!(scheduler.environments(), 1);
    }

    #[test]
    fn what_waits_when_its_function_is_retired_is_started_for_anew() {
        let mut scheduler = scheduler(1, 2, 10);
        scheduler.submit(0, "a", now()).unwrap();
        let start = |environment| Action::Start {
            function: 0,
            environment,
        };
        assert_eq!(scheduler.retire(0), [start(2)]);
        // At the bound it has to wait until a retired one has ended.
        assert_eq!(scheduler.retire(0), []);
        assert_eq!(scheduler.start_failed(0, 1), None);
        assert_eq!(scheduler.ended(0, 1), [start(3)]);
        let run = Action::Run {
            environment: 3,
            job: "a",
        };
        assert_eq!(scheduler.started(0, 3, now()), Some(run));
    }

    #[test]
    fn a_function_that_is_behind_is_given_no_more_while_no_environment_is_to_come() {
        let mut scheduler = scheduler(2, 1, 10);
        let begin = now();
        scheduler.submit(0, "a", begin).unwrap();
        let late = begin + MAX_BEHIND;
        // Its environment is still to come.
        scheduler.submit(0, "b", late).unwrap();
        scheduler.started(0, 1, late);
        scheduler.submit(0, "c", late + MAX_BEHIND / 2).unwrap();
        let later = late + MAX_BEHIND;
        assert_eq!(scheduler.submit(0, "d", later), Err("d"));
        // That is no other's concern.
        scheduler.submit(1, "e", later).unwrap();
        scheduler.freed(0, 1, later);
        scheduler.submit(0, "f", later).unwrap();
    }
}
