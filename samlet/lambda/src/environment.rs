//! An execution environment's life: init, invocation after invocation, end.
//!
//! One task owns it all, so the Runtime API's states are simply where this
//! code stands: a call that doesn't fit is refused there.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use samlet_traces::{Invoked, Outcome as TraceOutcome};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::Invocation;
use crate::function::Function;
use crate::log::Log;
use crate::pool::{Job, Message, Pool};
use crate::process::describe_exit;
use crate::report::{Failure, Report, Status};
use crate::restraint::Restraint;
use crate::runtime_api::{Answer, Call, CallKind, Invitation};
use crate::sandbox::{Event, Sandbox};
use crate::scheduler::EnvironmentId;

/// How long init may take before the first invocation.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How soon a runtime that has answered usually asks for more. Until then
/// waiting for it is better than starting another environment.
const FINISHING: Duration = Duration::from_millis(20);

/// Lambda's word for every error that a function or its runtime made.
const UNHANDLED: &str = "Unhandled";

pub(crate) struct Environment {
    pub(crate) function: Arc<Function>,
    pub(crate) restraint: Arc<Restraint>,
    pub(crate) index: usize,
    pub(crate) id: EnvironmentId,
    pub(crate) pool: Pool,
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

/// When an init began, and how long it took.
#[derive(Clone, Copy)]
struct Init {
    began: Instant,
    duration: Duration,
}

/// A job that this environment has taken up.
struct Task {
    job: Job,
    traced: samlet_traces::Invocation,
}

/// Why a runtime never asked for its first invocation.
#[derive(Clone)]
pub(crate) struct InitFailure {
    status: Status,
    duration: Duration,
    /// The error the runtime reported, or Lambda's own for it.
    payload: Arc<dyn Fn(&str) -> Bytes + Send + Sync>,
    /// No process was started: it is another start's.
    is_repeated: bool,
}

impl fmt::Debug for InitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InitFailure({:?})", self.status)
    }
}

/// What an invocation came to.
struct Outcome {
    payload: Bytes,
    function_error: Option<&'static str>,
    status: Status,
}

impl Outcome {
    fn failure(failure: &Failure) -> Self {
        let status = match failure.error_type {
            "Sandbox.Timedout" => Status::Timeout,
            error_type => Status::Error(error_type.to_owned()),
        };
        Self {
            payload: failure.payload(),
            function_error: Some(UNHANDLED),
            status,
        }
    }

    /// What the trace is told of it.
    fn traced(&self) -> TraceOutcome {
        match (&self.status, self.function_error) {
            (Status::Timeout, _) => TraceOutcome::Timeout,
            (Status::Success, None) => TraceOutcome::Ok,
            _ => TraceOutcome::Error,
        }
    }

    /// `errorType: errorMessage` of a function error.
    fn error(&self) -> Option<String> {
        #[derive(Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct FunctionError {
            error_type: String,
            error_message: String,
        }
        self.function_error?;
        let error: FunctionError = serde_json::from_slice(&self.payload).unwrap_or_default();
        Some(format!("{}: {}", error.error_type, error.error_message))
    }
}

impl Environment {
    /// Lives until it is told to stop or its process fails.
    pub(crate) async fn run(mut self) {
        self.live().await;
        self.pool.ended(self.index, self.id);
    }

    async fn live(&mut self) {
        self.log.init_start(&self.log_stream).await;
        let mut ready = match self.init(INIT_TIMEOUT).await {
            Ok(ready) => {
                self.pool.started(self.index, self.id);
                Some(ready)
            }
            Err(failure) => {
                self.report_init(&failure, "init").await;
                let Some(job) = self.pool.start_failed(self.index, self.id) else {
                    return;
                };
                self.invoke_with_init(job).await
            }
        };
        while let Some(idle) = ready {
            if idle.init.is_none() {
                self.pool.freed(self.index, self.id);
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
                        if self.pool.withdraw_idle(self.index, self.id) {
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
        let task = self.take(job, ready.init);
        self.log.start(&task.job.request_id).await;
        self.invoke(ready, task).await
    }

    /// Tells the job's trace that it waits no longer.
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
    async fn init(&mut self, limit: Duration) -> Result<Ready, InitFailure> {
        if let Some(failure) = self.restraint.holds() {
            return Err(InitFailure {
                duration: Duration::ZERO,
                is_repeated: true,
                ..failure
            });
        }
        let started = self.start(limit).await;
        match &started {
            Ok(_) => self.restraint.started(),
            Err(failure) => self.restraint.failed(&self.function.name, failure),
        }
        started
    }

    async fn start(&mut self, limit: Duration) -> Result<Ready, InitFailure> {
        let began = Instant::now();
        let fail = |status, payload| InitFailure {
            status,
            duration: began.elapsed(),
            payload,
            is_repeated: false,
        };
        let mut sandbox = match Sandbox::start(&self.function, &self.log_stream).await {
            Ok(sandbox) => sandbox,
            Err(error) => {
                let executable = self.function.program.executable.display();
                let reason = format!("cannot run {executable}: {error}");
                let status = Status::Error("Runtime.InvalidEntrypoint".into());
                let payload = move |id: &str| Failure::invalid_entrypoint(id, &reason).payload();
                return Err(fail(status, Arc::new(payload)));
            }
        };
        let deadline = Some(began + limit);
        let failure = loop {
            match self.next_event(&mut sandbox, deadline).await {
                None => {
                    let payload =
                        |id: &str| Failure::exit(id, "the environment was shut down").payload();
                    break fail(Status::Error("Sandbox.Failure".into()), Arc::new(payload));
                }
                Some(Event::Call(Call {
                    kind: CallKind::Next,
                    answer: next,
                })) => {
                    return Ok(Ready {
                        sandbox,
                        next,
                        init: Some(Init {
                            began,
                            duration: began.elapsed(),
                        }),
                    });
                }
                Some(Event::Call(Call {
                    kind:
                        CallKind::InitError {
                            error_type,
                            payload,
                        },
                    answer,
                })) => {
                    answer.send(Answer::Accepted).ok();
                    let payload = move |_: &str| payload.clone();
                    break fail(Status::Error(error_type), Arc::new(payload));
                }
                Some(Event::Call(call)) => refuse(call),
                Some(Event::Exited(status)) => {
                    let reason = describe_exit(status);
                    let payload = move |id: &str| Failure::exit(id, &reason).payload();
                    break fail(Status::Error("Runtime.ExitError".into()), Arc::new(payload));
                }
                Some(Event::DeadlinePassed) => {
                    let timeout = self.function.timeout;
                    let payload = move |id: &str| Failure::timeout(id, timeout).payload();
                    break fail(Status::Timeout, Arc::new(payload));
                }
            }
        };
        sandbox.stop(&self.log).await;
        Err(failure)
    }

    /// Lambda repeats a failed init within the invocation that waits for it,
    /// under the function's own timeout.
    async fn invoke_with_init(&mut self, job: Job) -> Option<Ready> {
        let task = self.take(job, None);
        let request_id = task.job.request_id.clone();
        match self.init(self.function.timeout).await {
            Ok(mut ready) => {
                // It is part of this invocation, no init of its own.
                ready.init = None;
                self.log.start(&request_id).await;
                self.invoke(ready, task).await
            }
            Err(failure) => {
                self.report_init(&failure, "invoke").await;
                self.log.start(&request_id).await;
                if failure.status == Status::Timeout {
                    self.log.timed_out(&request_id).await;
                }
                let outcome = Outcome {
                    payload: (failure.payload)(&request_id),
                    function_error: Some(UNHANDLED),
                    status: failure.status,
                };
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
        let invitation = Invitation {
            request_id: job.request_id.clone(),
            deadline_ms: epoch_ms(self.function.timeout),
            function_arn: self.function.arn().into(),
            trace_id: job.trace.header().to_owned(),
            client_context: job.client_context.clone(),
            payload: job.payload.clone(),
        };
        // Fails when the runtime hung up: then it asks again, exits, or times out.
        next.send(Answer::Invocation(Box::new(invitation))).ok();
        sandbox.begin(began);

        let outcome = self.outcome(&mut sandbox, &job.request_id, deadline).await;
        let peak = sandbox.finish(began);
        let outcome = match sandbox.out_of_memory() {
            true => Outcome::failure(&Failure::out_of_memory(
                &job.request_id,
                &self.function.runtime,
            )),
            false => outcome,
        };
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
        self.pool.finishing(self.index, self.id);
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

    async fn outcome(&mut self, sandbox: &mut Sandbox, id: &str, deadline: Instant) -> Outcome {
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
                    return Outcome {
                        payload,
                        function_error: None,
                        status: Status::Success,
                    };
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
                    let function_error = Some(UNHANDLED);
                    return Outcome {
                        payload,
                        function_error,
                        status: Status::Success,
                    };
                }
                kind => refuse(Call {
                    kind,
                    answer: call.answer,
                }),
            }
        }
    }

    async fn wait_for_next(
        &mut self,
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
                    self.pool.overdue(self.index, self.id);
                }
                Event::Exited(_) | Event::DeadlinePassed => return None,
            }
        }
    }

    /// The sandbox's next event; `None` when all are to end at once.
    async fn next_event(&self, sandbox: &mut Sandbox, deadline: Option<Instant>) -> Option<Event> {
        tokio::select! {
            biased;
            () = self.pool.killed() => None,
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
            .init_report(failure.duration, phase, &failure.status)
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
