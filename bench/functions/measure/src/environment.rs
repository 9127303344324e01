//! One execution environment: a function's process, and the Runtime API for it.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::function::Function;
use crate::http::{Connection, Request};

/// A function that does nothing for so long has failed.
const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};

/// A running function that waits for its next event. Dropping it ends it.
pub(crate) struct Environment {
    child: Child,
    runtime: RuntimeApi,
    invocations: u64,
}

/// What one invocation took, from the sending of its event.
pub(crate) struct Invocation {
    /// Until the function's answer was here.
    pub(crate) answered: Duration,
    /// Until the function asked for the next event: what bounds its rate.
    pub(crate) ready: Duration,
    pub(crate) answer: Vec<u8>,
}

impl Environment {
    /// Starts a function; gives the time until it asks for its first event.
    pub(crate) fn start(function: &Function, dynamodb: SocketAddr) -> Result<(Self, Duration)> {
        let runtime = RuntimeApi::new()?;
        let mut command = Command::new(&function.program);
        command
            .args(&function.arguments)
            .env_clear()
            .envs(function.variables.iter().map(|(name, value)| (name, value)))
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                runtime.listener.local_addr()?.to_string(),
            )
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
            .env("AWS_SESSION_TOKEN", "a-session-token")
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{dynamodb}"))
            .env("DDB_TABLE_NAME", "hello-serverless-DynamoDBTable")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", function.program.display()))?;
        let mut environment = Self {
            child,
            runtime,
            invocations: 0,
        };
        environment.next()?;
        Ok((environment, started.elapsed()))
    }

    /// Has the function handle one event, until it asks for the next.
    pub(crate) fn invoke(&mut self, event: &[u8]) -> Result<Invocation> {
        self.invocations += 1;
        let number = self.invocations;
        let headers = format!(
            "content-type: application/json\r\n\
             lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-{number:012x}\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:measured\r\n\
             lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n"
        );
        let sent = Instant::now();
        self.runtime.respond("200 OK", &headers, event)?;
        let response = self.runtime.request()?;
        let answered = sent.elapsed();
        if !response.path.ends_with("/response") {
            let body = String::from_utf8_lossy(&response.body);
            bail!("the function failed: {} {body}", response.path);
        }
        self.runtime.respond("202 Accepted", "", b"")?;
        self.next()?;
        Ok(Invocation {
            answered,
            ready: sent.elapsed(),
            answer: response.body,
        })
    }

    /// Waits until the function asks for an event.
    fn next(&mut self) -> Result<()> {
        let request = self.runtime.request()?;
        if !request.path.ends_with("/invocation/next") {
            let body = String::from_utf8_lossy(&request.body);
            bail!("the function asks for {}: {body}", request.path);
        }
        Ok(())
    }

    /// The memory of the process that is resident, in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let maps = std::fs::read_to_string(path)?;
        let line = maps.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        Ok(kibibytes.context("no Rss")?.parse::<u64>()? * 1024)
    }

    /// The processor time that the process has used, in all its threads.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in parentheses, may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let fields: Vec<_> = fields.split_whitespace().collect();
        let ticks =
            |at: usize| -> Result<u64> { Ok(fields.get(at).context("too short")?.parse()?) };
        // utime and stime, fields 14 and 15 counted from the process id.
        let seconds =
            (ticks(11)? + ticks(12)?) as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(Duration::from_secs_f64(seconds))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's side of the Runtime API, whichever connection the function uses.
struct RuntimeApi {
    listener: TcpListener,
    connections: Vec<Connection>,
    current: usize,
}

impl RuntimeApi {
    fn new() -> Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(("127.0.0.1", 0))?,
            connections: Vec::new(),
            current: 0,
        })
    }

    fn request(&mut self) -> Result<Request> {
        loop {
            let mut waiting = vec![PollFd::new(&self.listener, PollFlags::IN)];
            let streams = self.connections.iter().map(|connection| &connection.stream);
            waiting.extend(streams.map(|stream| PollFd::new(stream, PollFlags::IN)));
            if poll(&mut waiting, Some(&PATIENCE))? == 0 {
                bail!("the function did nothing for {} s", PATIENCE.tv_sec);
            }
            let ready = waiting.iter().position(|fd| !fd.revents().is_empty());
            drop(waiting);
            match ready {
                Some(0) => self
                    .connections
                    .push(Connection::new(self.listener.accept()?.0)?),
                Some(at) => {
                    self.current = at - 1;
                    match self.connections[self.current].request()? {
                        Some(request) => return Ok(request),
                        None => drop(self.connections.remove(self.current)),
                    }
                }
                None => {}
            }
        }
    }

    /// Answers the request that came last.
    fn respond(&mut self, status: &str, headers: &str, body: &[u8]) -> Result<()> {
        self.connections[self.current].respond(status, headers, body)
    }
}
