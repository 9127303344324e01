//! An application that runs: from a template to listeners and processes, and down again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use samlet_dynamodb::Store;
use samlet_endpoint::Endpoint;
use samlet_gateway::{Gateway, GatewaySettings};
use samlet_iam::{Identities, Role};
use samlet_lambda::{Function, Lambda};
use samlet_logs::Logs;
use samlet_template::{Api, Application};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::args::StartArgs;
use crate::data::DataFolder;
use crate::error::Error;
use crate::policies::{Access, Usage};
use crate::template::{ACCOUNT_ID, REGION, Template};
use crate::{build, terminal};

/// How long an environment is kept without work; Lambda's is of this order.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// How often items are looked over whose time to live may have passed;
/// DynamoDB takes up to days.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

/// How often what functions did is written down.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);

/// Invocations that may wait for an environment: Lambda's own default concurrency.
const MAX_WAITING: usize = 1000;

/// Where it is reached.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// Of each API, in the template's order.
    pub(crate) apis: Vec<String>,
    pub(crate) aws: String,
}

/// Ports and settings that a command has chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// Of the first API.
    pub(crate) api: u16,
    pub(crate) aws: u16,
}

impl Ports {
    /// Those that were asked for, else free ones.
    pub(crate) fn free(args: &StartArgs) -> Self {
        Self {
            api: args.port.unwrap_or(0),
            aws: args.aws_port.unwrap_or(0),
        }
    }
}

/// The parts that run, in the order of a request's path.
pub(crate) struct Running {
    pub(crate) addresses: Addresses,
    gateways: JoinSet<()>,
    gateway_stop: CancellationToken,
    lambda: Lambda,
    endpoint: JoinHandle<()>,
    endpoint_stop: CancellationToken,
    /// What is done every now and then.
    chores: Vec<JoinHandle<()>>,
    usage: Arc<Usage>,
    store: Store,
    logs: Logs,
}

impl Running {
    /// Builds the functions and starts everything.
    pub(crate) async fn start(
        args: &StartArgs,
        ports: Ports,
        template: &Template,
        roles: Vec<Role>,
        data: &DataFolder,
    ) -> Result<Self, Error> {
        let application = &template.application;
        // Before the build: a port that is taken should be known at once.
        let listeners = listeners(args.host, ports.api, &application.apis).await?;
        let aws = bind(Ipv4Addr::LOCALHOST.into(), ports.aws, "--aws-port").await?;
        let addresses = Addresses {
            apis: listeners.iter().map(url).collect::<Result<Vec<_>, _>>()?,
            aws: url(&aws)?,
        };
        warn_of_lacks(args.host);
        let programs = build::build(
            application,
            template.folder(),
            &data.build(),
            build::Mode::of(args),
        )?;

        let store = store(application, data).await?;
        let logs = Logs::open(&data.logs(), terminal::log_observer(application))?;
        let identities = Arc::new(identities(args));
        let surroundings = Surroundings {
            aws_url: &addresses.aws,
            dynamodb_url: args.dynamodb_endpoint.as_deref(),
            tmp_folder: data.tmp(),
        };
        let functions = functions(application, &programs, roles, &identities, &surroundings);
        let lambda = Lambda::new(functions, logs.clone(), &lambda_settings(args));

        let usage = Arc::new(Usage::open(data.usage()));
        let access = Access::new(application, &template.path, usage.clone(), logs.clone());
        let endpoint_stop = CancellationToken::new();
        let endpoint = Arc::new(Endpoint::new(
            identities,
            store.clone(),
            lambda.clone(),
            logs.clone(),
            Arc::new(access),
            endpoint_stop.clone(),
        ));
        let gateway_stop = CancellationToken::new();
        Ok(Self {
            addresses,
            gateways: gateways(application, listeners, &lambda, &gateway_stop),
            gateway_stop,
            lambda,
            endpoint: tokio::spawn(endpoint.serve(aws)),
            endpoint_stop,
            chores: chores(application, &usage, &store),
            usage,
            store,
            logs,
        })
    }

    /// Ends along the request's path: no new requests, then no functions,
    /// then no store.
    pub(crate) async fn stop(self) {
        self.gateway_stop.cancel();
        self.gateways.join_all().await;
        self.lambda.close().await;
        self.endpoint_stop.cancel();
        self.endpoint.await.ok();
        for chore in self.chores {
            chore.abort();
            chore.await.ok();
        }
        self.usage.save();
        self.store.close().await;
        self.logs.flush().await;
    }
}

/// What the user should know of how open things are.
fn warn_of_lacks(host: IpAddr) {
    if !host.is_loopback() {
        tracing::warn!("the application is open to everyone who can reach {host}");
    }
    if !samlet_lambda::can_confine() {
        let lack =
            "this system has no Landlock: functions are not confined, and can read what you can";
        tracing::warn!("{lack}");
    }
}

/// The store, with the template's tables.
async fn store(application: &Application, data: &DataFolder) -> Result<Store, Error> {
    let store = Store::open(&data.store(), REGION, ACCOUNT_ID)?;
    for table in &application.tables {
        let time_to_live = table.time_to_live.as_ref();
        let expires_by = time_to_live.map(|ttl| ttl.attribute.as_str());
        let made = store.ensure_table(&table.create_table, expires_by).await;
        made.map_err(|source| Error::Table {
            table: table.logical_id.clone(),
            source,
        })?;
    }
    Ok(store)
}

fn identities(args: &StartArgs) -> Identities {
    let identities = Identities::new(REGION, ACCOUNT_ID);
    match &args.developer_secret {
        Some(secret) => identities.with_developer_secret(secret),
        None => identities,
    }
}

fn gateways(
    application: &Application,
    listeners: Vec<TcpListener>,
    lambda: &Lambda,
    stop: &CancellationToken,
) -> JoinSet<()> {
    let settings = GatewaySettings {
        region: REGION.into(),
        account_id: ACCOUNT_ID.into(),
    };
    let mut gateways = JoinSet::new();
    for (api, listener) in application.apis.iter().zip(listeners) {
        let gateway = Gateway::new(
            api.clone(),
            &application.api_keys,
            &application.usage_plans,
            lambda.clone(),
            settings.clone(),
        );
        gateways.spawn(Arc::new(gateway).serve(listener, stop.clone()));
    }
    gateways
}

fn chores(application: &Application, usage: &Arc<Usage>, store: &Store) -> Vec<JoinHandle<()>> {
    let mut chores = vec![tokio::spawn(record(Arc::clone(usage)))];
    let mut tables = application.tables.iter();
    if tables.any(|table| table.time_to_live.is_some()) {
        chores.push(tokio::spawn(delete_expired(store.clone())));
    }
    chores
}

/// Writes down what functions did, every now and then.
async fn record(usage: Arc<Usage>) {
    let mut ticks = tokio::time::interval(RECORD_INTERVAL);
    loop {
        ticks.tick().await;
        usage.save();
    }
}

async fn delete_expired(store: Store) {
    let mut ticks = tokio::time::interval(EXPIRY_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        store.delete_expired().await;
    }
}

/// A listener for each API: the first on `port`, the others on the next free ones.
async fn listeners(host: IpAddr, port: u16, apis: &[Api]) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::new();
    let mut next = port;
    for index in 0..apis.len() {
        let listener = loop {
            match bind(host, next, "--port").await {
                Err(Error::PortTaken { .. }) if index > 0 && next < u16::MAX => next += 1,
                bound => break bound?,
            }
        };
        next = match port {
            0 => 0,
            _ => next.saturating_add(1),
        };
        listeners.push(listener);
    }
    Ok(listeners)
}

fn url(listener: &TcpListener) -> Result<String, Error> {
    let address = listener.local_addr().map_err(Error::Runtime)?;
    Ok(format!("http://{address}"))
}

async fn bind(host: IpAddr, port: u16, flag: &'static str) -> Result<TcpListener, Error> {
    let address = SocketAddr::new(host, port);
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| Error::PortTaken {
        address,
        flag,
        source,
    })
}

/// What all functions are given.
struct Surroundings<'a> {
    aws_url: &'a str,
    dynamodb_url: Option<&'a str>,
    tmp_folder: PathBuf,
}

/// Each function with its code and with credentials of its own role.
fn functions(
    application: &Application,
    programs: &build::Programs,
    roles: Vec<Role>,
    identities: &Identities,
    surroundings: &Surroundings<'_>,
) -> Vec<Function> {
    let function = |(declared, role): (&samlet_template::Function, Role)| {
        let name = &declared.logical_id;
        Function {
            name: declared.name.clone(),
            runtime: declared.runtime.clone(),
            role_arn: format!("arn:aws:iam::{ACCOUNT_ID}:role/{}", declared.role.name),
            program: programs.get(name).cloned().unwrap_or_default(),
            handler: declared.handler.clone(),
            memory_mb: declared.memory_mb,
            timeout: declared.timeout,
            reserved_concurrency: declared.reserved_concurrency,
            logging: samlet_lambda::Logging {
                json: declared.logging.json,
                application_level: declared.logging.application_level.clone(),
                system_level: declared.logging.system_level.clone(),
                log_group: declared.logging.log_group.clone(),
            },
            variables: declared.environment.clone(),
            credentials: identities.issue(role, &declared.name),
            region: REGION.into(),
            account_id: ACCOUNT_ID.into(),
            aws_endpoint_url: surroundings.aws_url.to_owned(),
            dynamodb_endpoint_url: surroundings.dynamodb_url.map(str::to_owned),
            ephemeral_storage_mb: declared.ephemeral_storage_mb,
            tmp_folder: surroundings.tmp_folder.clone(),
        }
    };
    application
        .functions
        .iter()
        .zip(roles)
        .map(function)
        .collect()
}

fn lambda_settings(args: &StartArgs) -> samlet_lambda::Settings {
    samlet_lambda::Settings {
        max_environments: args
            .max_environments
            .map_or_else(default_max_environments, usize::from),
        max_waiting: MAX_WAITING,
        idle_timeout: IDLE_TIMEOUT,
        retry_delay_scale: args.retry_delay_scale,
    }
}

/// As many environments of Lambda's smallest memory as fit half of this
/// machine's; where that isn't known, 32.
fn default_max_environments() -> usize {
    let total_kib = || {
        let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
        let total = meminfo
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))?;
        total.trim().strip_suffix(" kB")?.parse::<usize>().ok()
    };
    total_kib().map_or(32, |kib| (kib / 1024 / 2 / 128).clamp(8, 256))
}
