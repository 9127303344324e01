//! The systems that are compared, each started in the same way: where it is reached, in which form, and who uses CPU for it.

mod alternatives;
mod samlet;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::load::{self, Load, Outcome, Pace};
use crate::places::Places;
use crate::process::Server;
use crate::usage::{self, Cpu};
use crate::work::{Dialect, Messages, Operation, Requests};

pub(crate) use samlet::{
    Application, EachOnce, each_once, echo_function, message_service_folder, running,
    start as start_samlet,
};

/// Messages that are there before anything is measured.
const SEED: usize = 1000;

/// How long creating them may take.
const SEED_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections of each of two operations at once.
const BESIDE_CONNECTIONS: usize = 32;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum System {
    /// The message service in samlet.
    Samlet,
    /// The same as one plain process.
    Plain,
    /// `cargo lambda watch` in front of the same functions, with samlet as their DynamoDB.
    Watch,
    /// The same with a DynamoDB that stores nothing and answers at once.
    WatchStub,
    /// The runtime interface emulator in SAM CLI in front of the same functions, one for each.
    Emulator,
    /// `serverless-offline` with functions in JavaScript.
    ServerlessOffline,
    /// Architect's sandbox with functions in JavaScript.
    Architect,
    /// samlet with functions in Python.
    Python,
}

/// A system that runs.
#[derive(Debug)]
pub(crate) struct Running {
    /// Where each operation is reached.
    addresses: Vec<(Operation, SocketAddr)>,
    dialect: Dialect,
    /// Each with what its CPU time is spent on.
    servers: Vec<(Server, Role)>,
    /// What it has stored.
    pub(crate) messages: Messages,
}

/// What a process's CPU time is spent on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// Its own and, by its threads' names, the store's; its descendants are functions.
    Samlet,
    /// All of it, with its descendants, on one thing.
    All(&'static str),
}

/// Names of what CPU time is spent on.
pub(crate) const SERVER: &str = "server";
/// The embedded store's threads, or the DynamoDB that functions call.
pub(crate) const STORE: &str = "store";
/// The functions' processes.
pub(crate) const FUNCTION: &str = "function";

impl System {
    /// As tables name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Samlet => "samlet",
            Self::Plain => "plain process",
            Self::Watch => "cargo lambda watch",
            Self::WatchStub => "cargo lambda watch, stub store",
            Self::Emulator => "emulator of SAM CLI",
            Self::ServerlessOffline => "serverless-offline",
            Self::Architect => "Architect sandbox",
            Self::Python => "samlet, Python",
        }
    }

    /// Whether it can do this.
    pub(crate) fn can(self, operation: Operation, connections: usize) -> bool {
        use Operation::{Create, Echo, Mix, Retrieve};
        match self {
            Self::Samlet | Self::Plain | Self::Watch => true,
            Self::WatchStub => matches!(operation, Create | Retrieve),
            // It takes one request at a time, and ends when there are several.
            Self::Emulator => connections == 1 && operation != Mix,
            Self::ServerlessOffline | Self::Architect => matches!(operation, Echo | Retrieve),
            // More of its environments take minutes to start.
            Self::Python => connections <= 8 && matches!(operation, Echo | Create | Retrieve),
        }
    }

    /// Starts it afresh.
    pub(crate) fn start(self, places: &Places) -> Result<Running> {
        match self {
            Self::Samlet => samlet::message_service(places, &[]),
            Self::Plain => plain(places),
            Self::Watch => alternatives::watch(places, false),
            Self::WatchStub => alternatives::watch(places, true),
            Self::Emulator => alternatives::emulator(places),
            Self::ServerlessOffline => alternatives::serverless_offline(places),
            Self::Architect => alternatives::architect(places),
            Self::Python => samlet::python(places),
        }
        .context("it does not start")
    }
}

impl Running {
    /// A system that answers everything at one address.
    fn at(address: SocketAddr, dialect: Dialect, servers: Vec<(Server, Role)>) -> Self {
        Self {
            addresses: Operation::ALL.map(|each| (each, address)).into(),
            dialect,
            servers,
            messages: Messages::default(),
        }
    }

    /// Sends requests of one operation.
    pub(crate) fn load(
        &mut self,
        operation: Operation,
        connections: usize,
        pace: Pace,
        duration: Duration,
    ) -> Result<Outcome> {
        let found = self.addresses.iter().find(|(each, _)| *each == operation);
        let (_, address) = *found.context("it can't do this")?;
        let messages = std::mem::take(&mut self.messages);
        let requests = Requests::new(operation, self.dialect, messages);
        let load = Load {
            address,
            connections,
            pace,
            duration,
        };
        let (outcome, requests) = load::run(load, requests)?;
        self.messages = requests.messages;
        Ok(outcome)
    }

    /// Two operations at once; what the first gave.
    pub(crate) fn beside(
        &self,
        (operation, pace): (Operation, Pace),
        (other, other_pace): (Operation, Pace),
        duration: Duration,
    ) -> Result<Outcome> {
        let connections = BESIDE_CONNECTIONS;
        let load = |operation, pace| {
            let found = self.addresses.iter().find(|(each, _)| *each == operation);
            let (_, address) = *found.context("it can't do this")?;
            let requests = Requests::new(operation, self.dialect, self.messages.clone());
            let load = Load {
                address,
                connections,
                pace,
                duration,
            };
            Ok::<_, anyhow::Error>(load::run(load, requests)?.0)
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| load(other, other_pace));
            let outcome = load(operation, pace)?;
            let other = other
                .join()
                .map_err(|_| anyhow::anyhow!("a load has panicked"))??;
            ensure!(other.failed == 0, "{:?}", other.first_failure);
            Ok(outcome)
        })
    }

    /// Creates the messages that are retrieved and updated.
    fn seed(mut self) -> Result<Self> {
        let began = Instant::now();
        while self.messages.spare.len() < SEED {
            let duration = Duration::from_millis(250);
            let outcome = self.load(Operation::Create, 8, Pace::Closed, duration)?;
            // The first ones may fail while environments start.
            ensure!(
                began.elapsed() < SEED_TIMEOUT,
                "no messages can be created: {:?}",
                outcome.first_failure
            );
        }
        self.messages.spare.truncate(SEED);
        self.messages.kept = Arc::new(std::mem::take(&mut self.messages.spare));
        Ok(self)
    }

    /// The CPU time that was used for it so far.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        let mut all = Cpu::new();
        for (server, role) in &self.servers {
            for (thread, used) in usage::cpu(server.pid(), FUNCTION)? {
                let part = match role {
                    Role::All(part) => part,
                    Role::Samlet if thread == FUNCTION => FUNCTION,
                    Role::Samlet if thread.starts_with("store-") => STORE,
                    Role::Samlet => SERVER,
                };
                *all.entry(part.to_owned()).or_default() += used;
            }
        }
        Ok(all)
    }

    /// The process of the server itself.
    pub(crate) fn pid(&self) -> u32 {
        self.servers.first().map_or(0, |(server, _)| server.pid())
    }
}

fn plain(places: &Places) -> Result<Running> {
    let folder = places.folder()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["plain", "--folder"])
        .arg(folder.join("store"));
    let mut server = Server::start(&mut command, &folder.join("output.txt"))?;
    let address = address(&server.wait_for_line("ready ")?)?;
    Running::at(address, Dialect::Rest, vec![(server, Role::Samlet)]).seed()
}

/// `http://HOST:PORT`'s address.
fn address(url: &str) -> Result<SocketAddr> {
    let host = url.trim().trim_start_matches("http://");
    host.parse().with_context(|| format!("no address: {url}"))
}
