//! What happens, as it happens: server-sent events for as long as somebody looks.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use samlet_http::{BodySender, streamed};
use samlet_traces::Trace;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::MissedTickBehavior;

use crate::Console;
use crate::answer::{Answered, Problem, problem};
use crate::requests::listed;

/// How often a stream tells of requests; of the present rates every other time.
const INTERVAL: Duration = Duration::from_millis(500);

/// Requests told at once; of more, the newest.
const MAX_REQUESTS: usize = 200;

/// How long a client may take to make room for more.
const PATIENCE: Duration = Duration::from_secs(10);

impl Console {
    /// Requests, rates, and that the application was changed.
    pub(crate) fn stream(self: &Arc<Self>) -> Result<Answered, Problem> {
        let console = Arc::clone(self);
        self.events(|sender| async move { console.tell(sender).await })
    }

    /// A stream that `tell` fills, until it or samlet ends, or the client has gone.
    pub(crate) fn events<F>(
        self: &Arc<Self>,
        tell: impl FnOnce(Events) -> F,
    ) -> Result<Answered, Problem>
    where
        F: Future<Output = Option<()>> + Send + 'static,
    {
        let permit = Arc::clone(&self.streams).try_acquire_owned();
        let permit = permit
            .map_err(|_| problem(StatusCode::SERVICE_UNAVAILABLE, "too many streams are open"))?;
        let (sender, body) = streamed();
        let telling = tell(Events {
            sender,
            _permit: permit,
        });
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                _over = telling => {}
            }
        });
        Ok(Answered::Events(body))
    }

    async fn tell(&self, mut events: Events) -> Option<()> {
        let traces = &self.sources.traces;
        let mut applied = self.applied.subscribe();
        let mut seen = traces.version();
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_second = true;
        loop {
            ticks.tick().await;
            if applied.has_changed().is_ok_and(|changed| changed) {
                applied.mark_unchanged();
                events.send("application", &json!({})).await?;
            }
            let version = traces.version();
            if version > seen {
                let requests = self.changed_since(seen);
                seen = version;
                events.send("requests", &requests).await?;
            }
            if is_second {
                events.send("now", &self.now()).await?;
            }
            is_second = !is_second;
        }
    }

    fn changed_since(&self, version: u64) -> Value {
        let traces = &self.sources.traces;
        let newest = traces.newest();
        let changed = newest.iter().filter(|trace| trace.version() > version);
        let changed = changed.take(MAX_REQUESTS).map(Trace::summary);
        listed(traces.total(), changed, &self.known())
    }
}

/// Where a stream's events go.
pub(crate) struct Events {
    sender: BodySender,
    /// One of those that are served at once.
    _permit: OwnedSemaphorePermit,
}

impl Events {
    /// `None` when the client has gone, or is too slow.
    pub(crate) async fn send(&mut self, name: &str, data: &Value) -> Option<()> {
        // JSON has no line ends of its own.
        let event = Bytes::from(format!("event: {name}\ndata: {data}\n\n"));
        let sent = tokio::time::timeout(PATIENCE, self.sender.send_data(event));
        sent.await.ok()?.ok()
    }
}
