//! Time to live: items are deleted soon after they have expired.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>

mod items;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use samlet_clock::Clock;
use tokio::task::JoinHandle;

use crate::store::Store;

pub(crate) use items::{delete, next};

/// How long an expired item may stay. On AWS it can take a few days.
const INTERVAL: Duration = Duration::from_secs(60);

/// Between two looks at what has expired, at least.
const PAUSE: Duration = Duration::from_secs(1);

/// The task that deletes what has expired.
#[derive(Debug)]
pub(crate) struct Expiry {
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Expiry {
    /// Must be called within a tokio runtime.
    pub(crate) fn start(store: Store, clock: Clock) -> Self {
        let task = tokio::spawn(async move {
            loop {
                // From before the look: if the clock jumps ahead meanwhile, that is seen.
                let now = clock.now();
                let next = store.delete_expired().await.unwrap_or(now + INTERVAL);
                let next = next.clamp(now + PAUSE, now + INTERVAL);
                clock.sleep_until(next).await;
            }
        });
        Self {
            task: Mutex::new(Some(task)),
        }
    }

    /// Ends the task, and with it its hold on the store.
    pub(crate) async fn stop(&self) {
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            task.abort();
            task.await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::operations::testing::{place, table};
    use serde_json::{Value, json};
    use std::time::SystemTime;

    const HOUR: Duration = Duration::from_secs(3600);

    /// How long to wait for what the store's threads do.
    const PATIENCE: Duration = Duration::from_secs(30);

    async fn keys(store: &Store) -> Vec<String> {
        let request = json!({"TableName": "messages"}).to_string();
        let answer = store.execute("Scan", request.into()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let items = answer["Items"].as_array().unwrap().iter();
        items
            .map(|item| item["pk"]["S"].as_str().unwrap().to_owned())
            .collect()
    }

    #[tokio::test]
    async fn items_expire_by_the_clock_and_not_after_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let store = Store::open(folder.path(), &place(), &clock).unwrap();
        let table = table("messages", "pk");
        store.ensure_table(&table, Some("expires")).await.unwrap();
        let now = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        for hours in [1, 3, 5] {
            let expires = (now + hours * HOUR).as_secs().to_string();
            let item = json!({"pk": {"S": hours.to_string()}, "expires": {"N": expires}});
            let request = json!({"TableName": "messages", "Item": item}).to_string();
            store.execute("PutItem", request.into()).await.unwrap();
        }
        let expiry = Expiry::start(store.clone(), clock.clone());
        let expired = tokio::time::timeout(PATIENCE, async {
            for (hours, left) in [(0, 3), (2, 2), (2, 1)] {
                clock.advance(hours * HOUR);
                while keys(&store).await.len() > left || clock.pending() == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
        expired.await.unwrap();
        assert_eq!(keys(&store).await, ["5"]);
        expiry.stop().await;
        assert_eq!(clock.pending(), 0);
        clock.advance(2 * HOUR);
        assert_eq!(keys(&store).await, ["5"]);
        store.close().await;
    }

    #[tokio::test]
    async fn a_clock_that_jumps_ahead_during_a_look_has_the_next_one_come_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let store = Store::open(folder.path(), &place(), &clock).unwrap();
        let table = table("messages", "pk");
        store.ensure_table(&table, Some("expires")).await.unwrap();
        let put = |key: &str, after: Duration| {
            let at = (clock.now() + after).duration_since(SystemTime::UNIX_EPOCH);
            let at = at.unwrap().as_secs().to_string();
            let item = json!({"pk": {"S": key}, "expires": {"N": at}});
            json!({"TableName": "messages", "Item": item}).to_string()
        };
        let first = put("a", HOUR).into();
        store.execute("PutItem", first).await.unwrap();
        let expiry = Expiry::start(store.clone(), clock.clone());
        // The task asks for a look, and doesn't go on while this thread waits for writes behind it.
        tokio::task::yield_now().await;
        for key in ["b", "c"] {
            let (other, body) = (store.clone(), put(key, 10 * HOUR));
            let runtime = tokio::runtime::Handle::current();
            let write = std::thread::spawn(move || {
                let write = other.execute("PutItem", body.into());
                runtime.block_on(write).map(drop)
            });
            write.join().unwrap().unwrap();
        }
        clock.advance(2 * HOUR);
        let expired = tokio::time::timeout(PATIENCE, async {
            while keys(&store).await.len() > 2 {
                tokio::task::yield_now().await;
            }
        });
        expired.await.unwrap();
        expiry.stop().await;
        store.close().await;
    }
}
