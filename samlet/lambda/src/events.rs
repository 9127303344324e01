//! Asynchronous invocations: accepted at once, attempted up to three times.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::sync::Arc;
use std::time::Duration;

use samlet_clock::Clock;
use samlet_traces::Origin;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::Lambda;
use crate::invocation::{Invocation, Invoke, InvokeError};

/// Events that may wait, in memory.
const MAX_EVENTS: usize = 1000;

/// The waits before the second and third attempt, after function errors.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// The waits after a throttle: doubled from the first to the last.
const FIRST_THROTTLE_DELAY: Duration = Duration::from_secs(1);
const LAST_THROTTLE_DELAY: Duration = Duration::from_secs(300);

/// How long an event is kept.
const MAX_AGE: Duration = Duration::from_secs(6 * 3600);

#[derive(Clone, Debug)]
pub(crate) struct Events {
    room: Arc<Semaphore>,
    delay_scale: f64,
    clock: Clock,
}

impl Events {
    pub(crate) fn new(delay_scale: f64, clock: Clock) -> Self {
        Self {
            room: Arc::new(Semaphore::new(MAX_EVENTS)),
            delay_scale,
            clock,
        }
    }
}

/// Takes an event; gives the request id of all its attempts.
pub(crate) fn accept(lambda: &Lambda, invoke: Invoke) -> Result<String, InvokeError> {
    if lambda.function(&invoke.function_name).is_none() {
        return Err(InvokeError::FunctionNotFound(invoke.function_name));
    }
    if lambda.pool.is_closed() {
        return Err(InvokeError::shutting_down());
    }
    let room = Arc::clone(&lambda.events.room).try_acquire_owned();
    let room = room.map_err(|_| InvokeError::TooManyEvents)?;
    let request_id = Uuid::new_v4().to_string();
    let (lambda, id) = (lambda.clone(), request_id.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = handle(&lambda, &id, &invoke) => {}
            () = lambda.pool.closed() => {}
        }
        drop(room);
    });
    Ok(request_id)
}

/// How the handling of an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Succeeded,
    /// Every attempt failed.
    Failed,
    TooOld,
}

async fn handle(lambda: &Lambda, request_id: &str, invoke: &Invoke) {
    let function = &invoke.function_name;
    let attempt = async || {
        lambda
            .invoke_as(request_id, invoke.clone(), Origin::Event)
            .await
    };
    match attempt_until_ended(&lambda.events, attempt).await {
        End::Succeeded => {}
        End::Failed => {
            let text = "an event failed three times and is dropped";
            tracing::warn!(request_id, function, "{text}");
        }
        End::TooOld => {
            tracing::warn!(request_id, function, "an event is too old and is dropped");
        }
    }
}

async fn attempt_until_ended<A>(events: &Events, attempt: impl Fn() -> A) -> End
where
    A: Future<Output = Result<Invocation, InvokeError>>,
{
    let Events {
        clock, delay_scale, ..
    } = events;
    let accepted = clock.now();
    let mut retries = RETRY_DELAYS.into_iter();
    let mut throttle_delay = FIRST_THROTTLE_DELAY;
    loop {
        let delay = match attempt().await {
            Ok(invocation) if invocation.function_error.is_none() => return End::Succeeded,
            Ok(_) => match retries.next() {
                Some(delay) => delay,
                None => return End::Failed,
            },
            // Throttles use up no attempt.
            Err(_) => {
                let delay = throttle_delay;
                throttle_delay = (delay * 2).min(LAST_THROTTLE_DELAY);
                delay
            }
        };
        let delay = delay.mul_f64(*delay_scale);
        let age = clock.now().duration_since(accepted).unwrap_or_default();
        if age.saturating_add(delay) > MAX_AGE {
            return End::TooOld;
        }
        clock.sleep(delay).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Mutex;
    use std::time::SystemTime;

    use super::*;
    use crate::ThrottleReason;

    /// What an attempt comes to.
    #[derive(Clone, Copy)]
    enum Outcome {
        Success,
        FunctionError,
        Throttle,
    }
    use Outcome::{FunctionError, Success, Throttle};

    fn result(outcome: Outcome) -> Result<Invocation, InvokeError> {
        let function_error = match outcome {
            Success => None,
            FunctionError => Some("Unhandled"),
            Throttle => {
                let reason = ThrottleReason::ConcurrentInvocationLimitExceeded;
                return Err(InvokeError::Throttled(reason));
            }
        };
        Ok(Invocation {
            request_id: String::new(),
            payload: Vec::new().into(),
            function_error,
            log_tail: String::new(),
        })
    }

    /// Handles an event whose attempts have these outcomes, the last of them again and again. Gives how it ended, and
    /// how many seconds after the event each attempt was made.
    async fn handled(delay_scale: f64, outcomes: &[Outcome]) -> (End, Vec<u64>) {
        let clock = Clock::starting_at(SystemTime::UNIX_EPOCH);
        let attempts = Mutex::new(Vec::new());
        let attempt = || async {
            let now = clock.now().duration_since(SystemTime::UNIX_EPOCH);
            let mut attempts = attempts.lock().unwrap();
            let outcome = outcomes.get(attempts.len()).or(outcomes.last());
            attempts.push(now.unwrap().as_secs());
            result(*outcome.unwrap())
        };
        let end = attempt_until_ended(&Events::new(delay_scale, clock.clone()), attempt).await;
        assert_eq!(clock.pending(), 0);
        (end, attempts.into_inner().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_event_is_attempted_again_after_one_minute_and_after_two_more() {
        let failed = handled(1.0, &[FunctionError]).await;
        assert_eq!(failed, (End::Failed, vec![0, 60, 180]));
        let succeeded = handled(1.0, &[FunctionError, Success]).await;
        assert_eq!(succeeded, (End::Succeeded, vec![0, 60]));
        let faster = handled(0.5, &[FunctionError]).await;
        assert_eq!(faster, (End::Failed, vec![0, 30, 90]));
    }

    #[tokio::test(start_paused = true)]
    async fn throttles_use_up_no_attempt() {
        let outcomes = [Throttle, Throttle, FunctionError, Throttle, FunctionError];
        let failed = handled(1.0, &outcomes).await;
        assert_eq!(failed, (End::Failed, vec![0, 1, 3, 63, 67, 187]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_is_throttled_for_six_hours_is_dropped() {
        let (end, attempts) = handled(1.0, &[Throttle]).await;
        assert_eq!(end, End::TooOld);
        assert_eq!(attempts[8..11], [255, 511, 811]);
        let last = attempts.last().copied().unwrap();
        assert!((21_300..=21_600).contains(&last), "{last}");
    }

    #[tokio::test]
    async fn a_minute_of_the_clock_need_not_be_waited_for() {
        let clock = Clock::new();
        let events = Events::new(1.0, clock.clone());
        let attempts = Mutex::new(0);
        let attempt = || async {
            *attempts.lock().unwrap() += 1;
            result(FunctionError)
        };
        let made = || *attempts.lock().unwrap();
        let mut handling = std::pin::pin!(attempt_until_ended(&events, attempt));
        for (number, minutes) in [(1, 1), (2, 2)] {
            let waits = tokio::time::timeout(Duration::ZERO, handling.as_mut());
            assert!(waits.await.is_err());
            assert_eq!((made(), clock.pending()), (number, 1));
            clock.advance(Duration::from_secs(60 * minutes));
        }
        assert_eq!(handling.await, End::Failed);
        assert_eq!(made(), 3);
    }
}
