//! The load generator: sends requests over a number of connections, as fast as they are answered or at fixed times.
//!
//! At a fixed rate, when each request is due is known beforehand, and its
//! latency counts from then: one that waits since those before it were slow
//! is not left out (no coordinated omission). One thread does it all, so that
//! the generator takes little of the machine it measures.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

use crate::clock::Clock;

/// How long one request may take; then it has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Attempts to connect anew, one after the other, before a connection is given up.
const CONNECT_ATTEMPTS: usize = 5;

/// Connections that the usual number of file handles suffices for.
const FEW_CONNECTIONS: usize = 500;

/// The longest latency that is told apart.
const MAX_LATENCY_NANOS: u64 = 120_000_000_000;

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each connection sends its next one when the last was answered.
    Closed,
    /// So many a second in all, evenly.
    PerSecond(f64),
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Where to.
    pub(crate) address: SocketAddr,
    /// Connections, all open from the start.
    pub(crate) connections: usize,
    /// When requests are sent.
    pub(crate) pace: Pace,
    /// How long.
    pub(crate) duration: Duration,
}

/// What is sent, and which answers are right.
pub(crate) trait Work {
    /// What is to be known of a request when its answer is there.
    type Kind;
    /// The next request; `None` ends the run.
    fn next(&mut self) -> Option<(Self::Kind, Request<Full<Bytes>>)>;
    /// Takes an answer; says what is wrong with it.
    fn answered(&mut self, kind: Self::Kind, status: StatusCode, body: &Bytes) -> Result<()>;
}

/// What a run gave.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Latencies of the right answers, in nanoseconds.
    pub(crate) latency: Histogram<u64>,
    /// Requests that failed, or were answered wrongly.
    pub(crate) failed: u64,
    /// What was wrong with the first of them.
    pub(crate) first_failure: Option<String>,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// Right answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latency.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// A latency that so many per cent of the answers did not exceed, in milliseconds.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        self.latency.value_at_percentile(percent) as f64 / 1e6
    }
}

/// What the connections of a run share.
struct Shared<W> {
    load: Load,
    began: Instant,
    work: RefCell<W>,
    outcome: RefCell<Outcome>,
    /// Requests that are due and that no connection has taken.
    due: Semaphore,
    taken: Cell<u32>,
    /// Connections that can't be made any more.
    lost: Cell<usize>,
}

/// Runs it to its end; gives the work back.
pub(crate) fn run<W: Work + 'static>(load: Load, work: W) -> Result<(Outcome, W)> {
    if load.connections > FEW_CONNECTIONS {
        // Here only, so that servers have what a shell gives them.
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let shared = LocalSet::new().block_on(&runtime, run_all(load, work))?;
    let shared = Rc::into_inner(shared).context("a connection is still in use")?;
    let mut outcome = shared.outcome.into_inner();
    outcome.elapsed = shared.began.elapsed();
    Ok((outcome, shared.work.into_inner()))
}

async fn run_all<W: Work + 'static>(load: Load, work: W) -> Result<Rc<Shared<W>>> {
    let mut connections = Vec::new();
    for _ in 0..load.connections {
        connections.push(connect(load.address).await?);
    }
    let shared = Rc::new(Shared {
        load,
        began: Instant::now(),
        work: RefCell::new(work),
        outcome: RefCell::new(Outcome {
            latency: Histogram::new_with_bounds(1, MAX_LATENCY_NANOS, 3)?,
            failed: 0,
            first_failure: None,
            elapsed: Duration::ZERO,
        }),
        due: Semaphore::new(0),
        taken: Cell::new(0),
        lost: Cell::new(0),
    });
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn_local(use_connection(Rc::clone(&shared), connection));
    }
    if let Pace::PerSecond(rate) = load.pace {
        announce(&shared, rate).await?;
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(shared)
}

/// Lets a request go at each of its times.
async fn announce<W>(shared: &Shared<W>, rate: f64) -> Result<()> {
    let clock = Clock::new()?;
    let count = (rate * shared.load.duration.as_secs_f64()) as u32;
    for number in 0..count {
        clock.sleep_until(shared.planned(number, rate)).await?;
        if shared.lost.get() == shared.load.connections {
            break;
        }
        shared.due.add_permits(1);
    }
    // What is due is still sent, however late.
    shared.due.add_permits(shared.load.connections);
    Ok(())
}

impl<W> Shared<W> {
    fn planned(&self, number: u32, rate: f64) -> Instant {
        self.began + Duration::from_secs_f64(f64::from(number) / rate)
    }

    /// When the next request was due; `None` at the end.
    async fn next_time(&self) -> Option<Instant> {
        match self.load.pace {
            Pace::Closed => (self.began.elapsed() < self.load.duration).then(Instant::now),
            Pace::PerSecond(rate) => {
                self.due.acquire().await.ok()?.forget();
                let number = self.taken.replace(self.taken.get() + 1);
                let last = (rate * self.load.duration.as_secs_f64()) as u32;
                (number < last).then(|| self.planned(number, rate))
            }
        }
    }

    fn failed(&self, error: &anyhow::Error) {
        let mut outcome = self.outcome.borrow_mut();
        outcome.failed += 1;
        outcome
            .first_failure
            .get_or_insert_with(|| format!("{error:#}"));
    }
}

/// One connection's requests, one after the other.
async fn use_connection<W: Work>(shared: Rc<Shared<W>>, mut connection: SendRequest<Full<Bytes>>) {
    while let Some(planned) = shared.next_time().await {
        let next = shared.work.borrow_mut().next();
        let Some((kind, request)) = next else { return };
        let exchange = timeout(REQUEST_TIMEOUT, exchange(&mut connection, request));
        let answered = exchange.await.unwrap_or_else(|_| bail_timeout());
        let right = answered.and_then(|(status, body)| {
            let latency = u64::try_from(planned.elapsed().as_nanos())?;
            shared.work.borrow_mut().answered(kind, status, &body)?;
            shared
                .outcome
                .borrow_mut()
                .latency
                .saturating_record(latency);
            Ok(())
        });
        if let Err(error) = right {
            shared.failed(&error);
        }
        if connection.ready().await.is_err() {
            match reconnect(shared.load.address).await {
                Ok(new) => connection = new,
                Err(error) => {
                    shared.failed(&error);
                    shared.lost.set(shared.lost.get() + 1);
                    return;
                }
            }
        }
    }
}

fn bail_timeout<T>() -> Result<T> {
    bail!("no answer within {REQUEST_TIMEOUT:?}")
}

async fn exchange(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes)> {
    let response = connection.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, body))
}

async fn reconnect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    for _ in 1..CONNECT_ATTEMPTS {
        match connect(address).await {
            Ok(connection) => return Ok(connection),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    connect(address).await
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await;
    let stream = stream.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the connection; why, the request in flight is told.
    tokio::task::spawn_local(async { connection.await.ok() });
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;

    struct Gets;

    impl Work for Gets {
        type Kind = ();

        fn next(&mut self) -> Option<((), Request<Full<Bytes>>)> {
            let request = Request::get("/").header("host", "test");
            Some(((), request.body(Full::default()).ok()?))
        }

        fn answered(&mut self, (): (), status: StatusCode, _: &Bytes) -> Result<()> {
            anyhow::ensure!(status == StatusCode::OK, "{status}");
            Ok(())
        }
    }

    /// A server whose first answer takes 300 ms.
    async fn stalling_server() -> SocketAddr {
        let first = std::sync::atomic::AtomicBool::new(true);
        let first = std::sync::Arc::new(first);
        let answer = move || async move {
            if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new().route("/", get(answer));
        tokio::spawn(async { axum::serve(listener, routes).await });
        address
    }

    async fn run_against_stall(pace: Pace) -> Outcome {
        let load = Load {
            address: stalling_server().await,
            connections: 1,
            pace,
            duration: Duration::from_millis(500),
        };
        let run = tokio::task::spawn_blocking(move || run(load, Gets));
        run.await.expect("no panic").expect("a run").0
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn requests_that_wait_behind_a_slow_answer_count_from_when_they_were_due() {
        let outcome = run_against_stall(Pace::PerSecond(100.0)).await;
        assert_eq!((outcome.latency.len(), outcome.failed), (50, 0));
        let late = outcome
            .latency
            .count_between(100_000_000, MAX_LATENCY_NANOS);
        // Those due in the first 200 ms at least.
        assert!(late >= 20, "{late}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn wrong_answers_are_failures_and_not_in_the_figures() {
        let routes = Router::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let load = Load {
            address: listener.local_addr().expect("an address"),
            connections: 2,
            pace: Pace::PerSecond(100.0),
            duration: Duration::from_millis(100),
        };
        tokio::spawn(async { axum::serve(listener, routes).await });
        let run = tokio::task::spawn_blocking(move || run(load, Gets));
        let (outcome, _) = run.await.expect("no panic").expect("a run");
        assert_eq!((outcome.latency.len(), outcome.failed), (0, 10));
        assert!(outcome.first_failure.is_some_and(|why| why.contains("404")));
    }
}
