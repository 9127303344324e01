//! How an application is to run: what a command, or a test, has chosen.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use samlet_build::{Mode, Progress};
use samlet_http::Host;

/// How long an environment is kept without work; Lambda's is of this order.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// Invocations that may wait for an environment: Lambda's own default concurrency.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_WAITING: usize = 1000;

/// Environments by default, for each processor: more of them serve less, as what they work on no longer fits the
/// processor's cache.
const ENVIRONMENTS_PER_PROCESSOR: usize = 16;

/// Lambda's smallest memory, in MB, for which as many environments as the default allows should find room.
const SMALLEST_MEMORY_MB: usize = 128;

/// How an application is to run.
#[derive(Clone)]
pub struct Settings {
    /// The address that its APIs listen on.
    pub host: IpAddr,
    /// Hosts that its APIs answer to beside those that `host` stands for.
    pub allowed_hosts: Vec<Host>,
    /// The port of its first API, the others take the next free ones; 0 takes free ones.
    pub port: u16,
    /// The port of the AWS endpoint; 0 takes a free one.
    pub aws_port: u16,
    /// How its functions are built.
    pub mode: Mode,
    /// How their build reports what it does.
    pub progress: Progress,
    /// The secret of the developer's access key, if it isn't the default one.
    pub developer_secret: Option<String>,
    /// Files with secrets, which no function sees wherever they lie.
    pub secret_files: Vec<PathBuf>,
    /// The DynamoDB that functions use instead of the one here.
    pub dynamodb_url: Option<String>,
    /// Execution environments that may exist at once, if it isn't the default number.
    pub max_environments: Option<usize>,
    /// What the delays between the attempts of an asynchronous invocation are multiplied by.
    pub retry_delay_scale: f64,
}

impl Default for Settings {
    /// On free ports of this machine alone, built for development, without a word.
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            allowed_hosts: Vec::new(),
            port: 0,
            aws_port: 0,
            mode: Mode::Dev,
            progress: Progress {
                quiet: true,
                show: |_, _| {},
            },
            developer_secret: None,
            secret_files: Vec::new(),
            dynamodb_url: None,
            max_environments: None,
            retry_delay_scale: 1.0,
        }
    }
}

impl Settings {
    pub(crate) fn lambda(&self) -> samlet_lambda::Settings {
        samlet_lambda::Settings {
            max_environments: self
                .max_environments
                .unwrap_or_else(default_max_environments),
            max_waiting: MAX_WAITING,
            idle_timeout: IDLE_TIMEOUT,
            retry_delay_scale: self.retry_delay_scale,
        }
    }
}

/// A number for each processor, but at most as many environments of Lambda's smallest memory as fit into half of this
/// machine's.
fn default_max_environments() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let most = ENVIRONMENTS_PER_PROCESSOR * processors;
    let fitting = total_memory_mb().map_or(most, |total| total / 2 / SMALLEST_MEMORY_MB);
    most.min(fitting).clamp(8, 256)
}

fn total_memory_mb() -> Option<usize> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let mut lines = meminfo.lines();
    let total = lines.find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total_kib: usize = total.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(total_kib / 1024)
}
