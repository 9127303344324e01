//! An execution environment's life: init, invocation after invocation, end.
//!
//! One task owns all of an environment's state, so the Runtime API's states are
//! simply where this code stands: a call that doesn't fit is refused there. What
//! the environment reports to the pool is listed in `pool/seat.rs`.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use samlet_traces::Invoked;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::exit::describe_exit;
use crate::function::Function;
use crate::init::{Init, InitError, InitFailure};
use crate::init_backoff::InitBackoff;
use crate::invocation::Invocation;
use crate::job::{Job, Message};
use crate::log::Log;
use crate::outcome::Outcome;
use crate::pool::Seat;
use crate::report::{Failure, Report, Status};
use crate::runtime_api::{Answer, Call, CallKind, NextInvocation};
use crate::sandbox::{Event, Sandbox};

/// How long init may take before the first invocation.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How soon a runtime that has answered usually asks for more. Until then
/// waiting for it is better than starting another environment.
const FINISHING: Duration = Duration::from_millis(20);

pub(crate) struct Environment {
    pub(crate) function: Arc<Function>,
    pub(crate) backoff: Arc<InitBackoff>,
    pub(crate) seat: Seat,
    pub(crate) messages: mpsc::Receiver<Message>,
    pub(crate) log: Log,
    pub(crate) log_stream: String,
}

/// A runtime that has asked for its next invocation.
struct Ready {
    sandbox: Sandbox,
    next: oneshot::Sender<Answer>,
    /// Until it has been reported with the first invocation.
    init: Option<Init>,
}

/// A job that this environment has taken up.
struct Task {
    job: Job,
    traced: samlet_traces::Invocation,
}

impl Environment {
    /// Runs until it is stopped or its process fails.
    pub(crate) async fn run(mut self) {
        self.live().await;
        self.seat.ended();
    }

    async fn live(&mut self) {
        self.log.init_start(&self.log_stream).await;
        let mut ready = match self.init(INIT_TIMEOUT).await {
            Ok(ready) => {
                self.seat.started();
                Some(ready)
            }
            Err(failure) => {
                self.report_init(&failure, "init").await;
                let Some(job) = self.seat.start_failed() else {
                    return;
                };
                self.invoke_with_init(job).await
            }
        };
        while let Some(idle) = ready {
            if idle.init.is_none() {
                self.seat.freed();
            }
            ready = self.idle(idle).await;
        }
    }

    /// Waits for a job and runs it. `None` when the environment is to end.
    async fn idle(&mut self, mut ready: Ready) -> Option<Ready> {
        let job = loop {
            tokio::select! {
                biased;
                message = self.messages.recv() => match message {
                    Some(Message::Run(job)) => break job,
                    Some(Message::Stop) | None => {
                        ready.sandbox.stop(&self.log).await;
                        return None;
                    }
                },
                event = ready.sandbox.next_event(None, &self.log) => match event {
                    Event::Call(Call { kind: CallKind::Next, answer }) => ready.next = answer,
                    Event::Call(call) => refuse(call),
                    Event::DeadlinePassed => {}
                    Event::Exited(_) => {
                        if self.seat.withdraw_idle() {
                            return None;
                        }
                        // A job is on its way: it gets a process of its own.
                        return match self.messages.recv().await {
                            Some(Message::Run(job)) => self.invoke_with_init(job).await,
                            _ => None,
                        };
                    }
                },
            }
        };
        if ready.sandbox.out_of_memory() {
            // It is being ended for what it did while it waited: that is nothing of this job's.
            ready.sandbox.stop(&self.log).await;
            return self.invoke_with_init(job).await;
        }
        let task = self.take(job, ready.init);
        self.log.start(&task.job.request_id).await;
        self.invoke(ready, task).await
    }

    /// Records in the job's trace that it no longer waits.
    fn take(&self, job: Job, init: Option<Init>) -> Task {
        let traced = job.trace.invoke(&Invoked {
            function: &self.function.name,
            request_id: &job.request_id,
            environment: &self.log_stream,
            submitted: job.submitted,
            init: init.map(|init| (init.began.into_std(), init.duration)),
            event: &job.payload,
        });
        Task { job, traced }
    }

    /// Starts a process, unless the last ones failed, and waits until it asks
    /// for its first invocation.
    async fn init(&self, limit: Duration) -> Result<Ready, InitFailure> {
        if let Some(failure) = self.backoff.current() {
            return Err(failure.repeated());
        }
        let started = self.start(limit).await;
        match &started {
            Ok(_) => self.backoff.started(),
            Err(failure) => self.backoff.failed(&self.function.name, failure),
        }
        started
    }

    async fn start(&self, limit: Duration) -> Result<Ready, InitFailure> {
        let began = Instant::now();
        let fail = |error| InitFailure {
            error,
            duration: began.elapsed(),
            is_repeated: false,
        };
        let mut sandbox = match Sandbox::start(&self.function, &self.log_stream).await {
            Ok(sandbox) => sandbox,
            Err(error) => {
                let executable = self.function.program.executable.display();
                let reason = format!("cannot run {executable}: {error}");
                return Err(fail(InitError::CannotRun(reason)));
            }
        };
        match self.first_next(&mut sandbox, began + limit).await {
            Ok(next) => Ok(Ready {
                sandbox,
                next,
                init: Some(Init {
                    began,
                    duration: began.elapsed(),
                }),
            }),
            Err(error) => {
                let failure = fail(error);
                sandbox.stop(&self.log).await;
                Err(failure)
            }
        }
    }

    /// Waits until the runtime asks for its first invocation.
    async fn first_next(
        &self,
        sandbox: &mut Sandbox,
        deadline: Instant,
    ) -> Result<oneshot::Sender<Answer>, InitError> {
        loop {
            let call = match self.next_event(sandbox, Some(deadline)).await {
                None => return Err(InitError::ShutDown),
                Some(Event::Exited(status)) => {
                    return Err(InitError::Exited(describe_exit(status)));
                }
                Some(Event::DeadlinePassed) => {
                    return Err(InitError::TimedOut(self.function.timeout));
                }
                Some(Event::Call(call)) => call,
            };
            match call.kind {
                CallKind::Next => return Ok(call.answer),
                CallKind::InitError {
                    error_type,
                    payload,
                } => {
                    call.answer.send(Answer::Accepted).ok();
                    return Err(InitError::Reported {
                        error_type,
                        payload,
                    });
                }
                kind => refuse(Call {
                    kind,
                    answer: call.answer,
                }),
            }
        }
    }

    /// Lambda repeats a failed init within the invocation that waits for it,
    /// under the function's own timeout.
    async fn invoke_with_init(&mut self, job: Job) -> Option<Ready> {
        let task = self.take(job, None);
        let request_id = task.job.request_id.clone();
        match self.init(self.function.timeout).await {
            Ok(mut ready) => {
                // It is part of this invocation, not an init of its own.
                ready.init = None;
                self.log.start(&request_id).await;
                self.invoke(ready, task).await
            }
            Err(failure) => {
                self.report_init(&failure, "invoke").await;
                self.log.start(&request_id).await;
                let outcome = Outcome::init_failed(&failure.error, &request_id);
                if outcome.status == Status::Timeout {
                    self.log.timed_out(&request_id).await;
                }
                self.conclude(task, outcome, failure.duration, None, None)
                    .await;
                None
            }
        }
    }

    /// Hands one job to the runtime and waits for its answer and, after it,
    /// for the runtime to ask for more. `None` when the environment is to end.
    async fn invoke(&mut self, ready: Ready, task: Task) -> Option<Ready> {
        let job = &task.job;
        let Ready {
            mut sandbox,
            next,
            init,
        } = ready;
        let began = Instant::now();
        let deadline = began + self.function.timeout;
        let invocation = NextInvocation {
            request_id: job.request_id.clone(),
            deadline_ms: epoch_ms(self.function.timeout),
            function_arn: self.function.arn().into(),
            trace_id: job.trace.header().to_owned(),
            client_context: job.client_context.clone(),
            payload: job.payload.clone(),
        };
        // Fails when the runtime hung up: then it asks again, exits, or times out.
        next.send(Answer::Invocation(Box::new(invocation))).ok();
        sandbox.begin(began);

        let mut outcome = self.outcome(&mut sandbox, &job.request_id, deadline).await;
        let peak = sandbox.finish(began);
        if sandbox.out_of_memory() {
            let failure = Failure::out_of_memory(&job.request_id, &self.function.runtime);
            outcome = Outcome::failure(&failure);
        }
        let duration = began.elapsed().min(self.function.timeout);
        sandbox.drain(&self.log).await;
        let healthy = match &outcome.status {
            Status::Success => true,
            Status::Timeout => false,
            Status::Error(error_type) => !error_type.starts_with("Runtime."),
        };
        if !healthy {
            sandbox.stop(&self.log).await;
            self.conclude(task, outcome, duration, init, peak).await;
            return None;
        }
        self.seat.finishing();
        self.conclude(task, outcome, duration, init, peak).await;
        match self.wait_for_next(&mut sandbox, deadline).await {
            Some(next) => Some(Ready {
                sandbox,
                next,
                init: None,
            }),
            None => {
                sandbox.stop(&self.log).await;
                None
            }
        }
    }

    /// Waits for the answer to one job.
    async fn outcome(&self, sandbox: &mut Sandbox, id: &str, deadline: Instant) -> Outcome {
        loop {
            let call = match self.next_event(sandbox, Some(deadline)).await {
                None => {
                    return Outcome::failure(&Failure::exit(id, "the environment was shut down"));
                }
                Some(Event::Exited(status)) => {
                    return Outcome::failure(&Failure::exit(id, &describe_exit(status)));
                }
                Some(Event::DeadlinePassed) => {
                    self.log.timed_out(id).await;
                    return Outcome::failure(&Failure::timeout(id, self.function.timeout));
                }
                Some(Event::Call(call)) => call,
            };
            match call.kind {
                CallKind::Response {
                    request_id,
                    payload,
                } if request_id == id => {
                    call.answer.send(Answer::Accepted).ok();
                    return Outcome::response(payload);
                }
                CallKind::ResponseTooLarge { request_id } if request_id == id => {
                    call.answer.send(Answer::TooLarge).ok();
                    return Outcome::failure(&Failure::response_too_large());
                }
                CallKind::Error {
                    request_id,
                    payload,
                } if request_id == id => {
                    call.answer.send(Answer::Accepted).ok();
                    return Outcome::function_error(payload);
                }
                kind => refuse(Call {
                    kind,
                    answer: call.answer,
                }),
            }
        }
    }

    /// Waits until the runtime asks for its next invocation.
    async fn wait_for_next(
        &self,
        sandbox: &mut Sandbox,
        deadline: Instant,
    ) -> Option<oneshot::Sender<Answer>> {
        let mut soon = Some(Instant::now() + FINISHING);
        loop {
            let until = soon.map_or(deadline, |soon| soon.min(deadline));
            match self.next_event(sandbox, Some(until)).await? {
                Event::Call(Call {
                    kind: CallKind::Next,
                    answer,
                }) => return Some(answer),
                Event::Call(call) => refuse(call),
                Event::DeadlinePassed if soon.take().is_some() => {
                    self.seat.overdue();
                }
                Event::Exited(_) | Event::DeadlinePassed => return None,
            }
        }
    }

    /// The sandbox's next event; `None` when all are to end at once.
    async fn next_event(&self, sandbox: &mut Sandbox, deadline: Option<Instant>) -> Option<Event> {
        tokio::select! {
            biased;
            () = self.seat.killed() => None,
            event = sandbox.next_event(deadline, &self.log) => Some(event),
        }
    }

    /// Writes the closing lines and answers the caller.
    async fn conclude(
        &self,
        task: Task,
        outcome: Outcome,
        duration: Duration,
        init: Option<Init>,
        peak_memory_mb: Option<u64>,
    ) {
        let Task { job, traced } = task;
        let report = Report {
            request_id: &job.request_id,
            duration,
            init: init.map(|init| init.duration),
            memory_mb: self.function.memory_mb,
            peak_memory_mb: peak_memory_mb.unwrap_or_default(),
            status: &outcome.status,
        };
        self.log.report(&report).await;
        let error = outcome.error();
        let result = &outcome.payload;
        traced.end(
            outcome.traced(),
            duration,
            result,
            error.as_deref(),
            peak_memory_mb,
        );
        let invocation = Invocation {
            request_id: job.request_id,
            payload: outcome.payload,
            function_error: outcome.function_error,
            log_tail: self.log.tail(),
        };
        // The caller may have given up.
        job.reply.send(invocation).ok();
    }

    async fn report_init(&self, failure: &InitFailure, phase: &str) {
        if failure.is_repeated {
            return;
        }
        self.log
            .init_report(failure.duration, phase, &failure.error.status())
            .await;
    }
}

/// Answers a call that doesn't fit the environment's state.
fn refuse(call: Call) {
    let answer = match call.kind {
        CallKind::Response { .. } | CallKind::ResponseTooLarge { .. } | CallKind::Error { .. } => {
            Answer::InvalidRequestId
        }
        CallKind::Next | CallKind::InitError { .. } => Answer::InvalidStateTransition,
    };
    call.answer.send(answer).ok();
}

/// The wall clock, `from_now` ahead, in ms since the epoch.
fn epoch_ms(from_now: Duration) -> u64 {
    (SystemTime::now() + from_now)
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            elapsed.as_millis().try_into().unwrap_or(u64::MAX)
        })
}
