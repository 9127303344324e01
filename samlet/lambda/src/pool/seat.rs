//! What an environment reports to the pool, from its init to its end.
//!
//! The pool sends each environment [`Message`](crate::job::Message)s; all that goes the other way is here:
//!
//! 1. `started` after the init, or `start_failed`, which may bring a job that
//!    repeats the init.
//! 2. For each job: `finishing` once the caller's answer is known, `overdue` if
//!    the runtime then takes long to ask for more, and `freed` once it has asked.
//! 3. `withdraw_idle` when the process is gone without having been stopped.
//! 4. `ended`, always and last.

use tokio::time::Instant;

use super::Pool;
use crate::job::Job;
use crate::scheduler::EnvironmentId;

/// An environment's place in the pool.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(super) pool: Pool,
    /// The function's index.
    pub(super) function: usize,
    pub(super) id: EnvironmentId,
}

impl Seat {
    /// The init has succeeded: the environment is idle.
    pub(crate) fn started(&self) {
        let mut state = self.pool.state();
        let now = Instant::now();
        let action = state.scheduler.started(self.function, self.id, now);
        self.pool.perform(&mut state, action);
    }

    /// The init has failed. Gives the job to repeat it for, if one waits; the
    /// environment ends otherwise.
    pub(crate) fn start_failed(&self) -> Option<Job> {
        let mut state = self.pool.state();
        state.scheduler.start_failed(self.function, self.id)
    }

    /// The job's result is known. The runtime usually asks for more at once,
    /// which is sooner than another environment could start.
    pub(crate) fn finishing(&self) {
        let mut state = self.pool.state();
        state.scheduler.finishing(self.function, self.id);
    }

    /// The runtime hasn't asked for more at once after all: another
    /// environment may start for the jobs that wait.
    pub(crate) fn overdue(&self) {
        let mut state = self.pool.state();
        let now = Instant::now();
        let action = state.scheduler.overdue(self.function, self.id, now);
        self.pool.perform(&mut state, action);
    }

    /// The runtime has asked for more: the environment is idle.
    pub(crate) fn freed(&self) {
        let mut state = self.pool.state();
        let now = Instant::now();
        let action = state.scheduler.freed(self.function, self.id, now);
        self.pool.perform(&mut state, action);
    }

    /// The idle environment's process is gone: no job may be sent any more.
    /// False when one, or the order to end, is on its way already.
    pub(crate) fn withdraw_idle(&self) -> bool {
        let mut state = self.pool.state();
        state.scheduler.withdraw_idle(self.function, self.id)
    }

    /// The environment is gone; others may start in its place.
    pub(crate) fn ended(&self) {
        let mut state = self.pool.state();
        state.mailboxes.remove(&self.id);
        let now = Instant::now();
        let actions = state.scheduler.ended(self.function, self.id, now);
        self.pool.perform(&mut state, actions);
        drop(state);
        self.pool.0.changed.notify_waiters();
    }

    /// Resolves when every environment must end at once.
    pub(crate) async fn killed(&self) {
        self.pool.0.kill.cancelled().await;
    }
}
