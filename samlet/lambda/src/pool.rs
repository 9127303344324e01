//! Carries out what the scheduler decides: starts environments and hands them their jobs.
//!
//! The pool starts each environment as a task of its own and sends it messages;
//! the environment reports back through its [`Seat`]. So the two modules know
//! each other, as a supervisor and its actors do.

mod seat;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use samlet_logs::Logs;
use time::OffsetDateTime;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::environment::Environment;
use crate::function::Function;
use crate::init_backoff::InitBackoff;
use crate::job::{Job, Message};
use crate::limits::Settings;
use crate::log::Log;
use crate::scheduler::{Action, EnvironmentId, Scheduler, Ticket};

pub(crate) use seat::Seat;

/// Messages to one environment: at most one job, then a stop.
const MESSAGE_QUEUE: usize = 2;

/// How often idle environments are looked over.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// All environments of all functions; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    logs: Logs,
    /// Held only for the scheduler's own steps, never across an await.
    state: Mutex<State>,
    changed: Notify,
    closed: CancellationToken,
    kill: CancellationToken,
}

#[derive(Debug)]
struct State {
    /// In the scheduler's order.
    functions: Vec<Arc<Function>>,
    /// Each function's, replaced with its code.
    backoffs: Vec<Arc<InitBackoff>>,
    scheduler: Scheduler<Job>,
    mailboxes: HashMap<EnvironmentId, mpsc::Sender<Message>>,
}

/// A function's environments that run nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Environments {
    /// In their init.
    pub starting: usize,
    /// Ready to be invoked.
    pub idle: usize,
}

/// Why a job was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    QueueFull,
    Closed,
}

impl Pool {
    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.is_cancelled()
    }

    /// Resolves when no more invocations are taken.
    pub(crate) async fn closed(&self) {
        self.0.closed.cancelled().await;
    }

    pub(crate) fn new(logs: Logs, settings: &Settings) -> Self {
        let pool = Self(Arc::new(Shared {
            logs,
            state: Mutex::new(State {
                functions: Vec::new(),
                backoffs: Vec::new(),
                scheduler: Scheduler::new(settings.max_environments, settings.max_waiting),
                mailboxes: HashMap::new(),
            }),
            changed: Notify::new(),
            closed: CancellationToken::new(),
            kill: CancellationToken::new(),
        }));
        tokio::spawn(pool.clone().expire(settings.idle_timeout));
        pool
    }

    /// Adds a function; returns its index.
    pub(crate) fn add(&self, function: Arc<Function>) -> usize {
        let mut state = self.state();
        state.functions.push(function);
        state.backoffs.push(Arc::default());
        state.scheduler.add_function()
    }

    /// Has what is invoked from now on run in new environments, as `function` says.
    pub(crate) fn replace(&self, index: usize, function: Arc<Function>) {
        let mut state = self.state();
        state.functions[index] = function;
        state.backoffs[index] = Arc::default();
        let actions = state.scheduler.retire(index, Instant::now());
        self.perform(&mut state, actions);
    }

    pub(crate) fn environments(&self) -> Vec<(String, Environments)> {
        let state = self.state();
        let functions = state.functions.iter().enumerate();
        let counted = functions.map(|(index, function)| {
            let (starting, idle) = state.scheduler.at_rest(index);
            (function.name.clone(), Environments { starting, idle })
        });
        counted.collect()
    }

    /// Whether [`Pool::submit`] would refuse a job.
    pub(crate) fn lacks_room(&self, function: usize) -> bool {
        let state = self.state();
        state.scheduler.refuses(function, Instant::now())
    }

    pub(crate) fn submit(&self, function: usize, job: Job) -> Result<Ticket, Refusal> {
        if self.0.closed.is_cancelled() {
            return Err(Refusal::Closed);
        }
        let mut state = self.state();
        let (ticket, action) = state
            .scheduler
            .submit(function, job, Instant::now())
            .map_err(|_| Refusal::QueueFull)?;
        self.perform(&mut state, action);
        Ok(ticket)
    }

    /// A job may have waited for [`PATIENCE`](crate::scheduler::PATIENCE).
    pub(crate) fn hurry(&self) {
        let mut state = self.state();
        let actions = state.scheduler.hurry(Instant::now());
        self.perform(&mut state, actions);
    }

    /// Takes back a job that no environment has; `None` when one has.
    pub(crate) fn withdraw(&self, function: usize, ticket: Ticket) -> Option<Job> {
        self.state().scheduler.withdraw(function, ticket)
    }

    /// Ends all environments, those in flight too, and waits until they are
    /// gone, at most for `limit`.
    pub(crate) async fn close(&self, limit: Duration) {
        self.0.closed.cancel();
        {
            let mut state = self.state();
            state.scheduler.clear_waiting();
            for mailbox in state.mailboxes.values() {
                mailbox.try_send(Message::Stop).ok();
            }
        }
        self.0.kill.cancel();
        let gone = async {
            loop {
                let changed = self.0.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if self.state().scheduler.environments() == 0 {
                    return;
                }
                changed.await;
            }
        };
        if tokio::time::timeout(limit, gone).await.is_err() {
            tracing::warn!("some environments had not ended after {limit:?}");
        }
    }

    async fn expire(self, idle_timeout: Duration) {
        let mut ticks = tokio::time::interval(EXPIRY_INTERVAL);
        loop {
            tokio::select! {
                () = self.0.closed.cancelled() => return,
                now = ticks.tick() => {
                    let mut state = self.state();
                    let actions = state.scheduler.expire(now, idle_timeout);
                    self.perform(&mut state, actions);
                }
            }
        }
    }

    fn perform(&self, state: &mut State, actions: impl IntoIterator<Item = Action<Job>>) {
        for action in actions {
            match action {
                Action::Start {
                    function,
                    environment,
                } => {
                    let current = Arc::clone(&state.functions[function]);
                    let backoff = Arc::clone(&state.backoffs[function]);
                    let mailbox = self.launch(function, current, backoff, environment);
                    state.mailboxes.insert(environment, mailbox);
                }
                Action::Run { environment, job } => send(state, environment, Message::Run(job)),
                Action::Stop { environment } => send(state, environment, Message::Stop),
            }
        }
    }

    fn launch(
        &self,
        index: usize,
        function: Arc<Function>,
        backoff: Arc<InitBackoff>,
        id: EnvironmentId,
    ) -> mpsc::Sender<Message> {
        let (mailbox, messages) = mpsc::channel(MESSAGE_QUEUE);
        let log_stream = log_stream_name();
        let stream = self.0.logs.stream(&function.log_group, &log_stream);
        let log = Log::new(Arc::clone(&function), stream);
        let seat = Seat {
            pool: self.clone(),
            function: index,
            id,
        };
        let environment = Environment {
            function,
            backoff,
            seat,
            messages,
            log,
            log_stream,
        };
        tokio::spawn(Box::pin(environment.run()));
        mailbox
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(state: &State, environment: EnvironmentId, message: Message) {
    // There is always room (see MESSAGE_QUEUE); an environment that is gone
    // was withdrawn from the scheduler first.
    if let Some(mailbox) = state.mailboxes.get(&environment)
        && let Err(error) = mailbox.try_send(message)
    {
        tracing::error!(environment, %error, "an environment did not take its message");
    }
}

/// As Lambda names them: `2026/11/24/[$LATEST]<32 hex>`.
fn log_stream_name() -> String {
    let today = OffsetDateTime::now_utc();
    format!(
        "{:04}/{:02}/{:02}/[$LATEST]{}",
        today.year(),
        u8::from(today.month()),
        today.day(),
        uuid::Uuid::new_v4().simple()
    )
}
