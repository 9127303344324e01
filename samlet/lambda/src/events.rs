//! Asynchronous invocations: accepted at once, attempted up to three times.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::sync::Arc;
use std::time::Duration;

use samlet_traces::Origin;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use crate::Lambda;
use crate::invocation::{Invoke, InvokeError};

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
}

impl Events {
    pub(crate) fn new(delay_scale: f64) -> Self {
        Self {
            room: Arc::new(Semaphore::new(MAX_EVENTS)),
            delay_scale,
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

async fn handle(lambda: &Lambda, request_id: &str, invoke: &Invoke) {
    let function = &invoke.function_name;
    let accepted = Instant::now();
    let mut retries = RETRY_DELAYS.into_iter();
    let mut throttle_delay = FIRST_THROTTLE_DELAY;
    loop {
        let delay = match lambda
            .invoke_as(request_id, invoke.clone(), Origin::Event)
            .await
        {
            Ok(invocation) if invocation.function_error.is_none() => return,
            Ok(_) => match retries.next() {
                Some(delay) => delay,
                None => {
                    tracing::warn!(
                        request_id,
                        function,
                        "an event failed three times and is dropped"
                    );
                    return;
                }
            },
            // Throttles use up no attempt.
            Err(_) => {
                let delay = throttle_delay;
                throttle_delay = (delay * 2).min(LAST_THROTTLE_DELAY);
                delay
            }
        };
        let delay = delay.mul_f64(lambda.events.delay_scale);
        if accepted.elapsed() + delay > MAX_AGE {
            tracing::warn!(request_id, function, "an event is too old and is dropped");
            return;
        }
        tokio::time::sleep(delay).await;
    }
}
