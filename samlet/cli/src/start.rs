//! `samlet start`: from a template to a running application, and down again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use samlet_endpoint::Endpoint;
use samlet_gateway::{Gateway, GatewaySettings};
use samlet_iam::{Identities, Role};
use samlet_lambda::{Function, Lambda};
use samlet_logs::Logs;
use samlet_template::{Api, Application};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{ApplicationArgs, StartArgs};
use crate::config::Config;
use crate::data::DataFolder;
use crate::error::Error;
use crate::policies::{self, Access, Usage};
use crate::{build, diagnostics, terminal};

/// The port of the first API, when nobody chooses.
const DEFAULT_PORT: u16 = 3000;

/// Where the application seems to be deployed.
const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT_ID: &str = "123456789012";
const STACK_NAME: &str = "local";

/// How long an environment is kept without work; Lambda's is of this order.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// How often items are looked over whose time to live may have passed;
/// DynamoDB takes up to days.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

/// How often what functions did is written down.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);

/// Invocations that may wait for an environment: Lambda's own default concurrency.
const MAX_WAITING: usize = 1000;

/// A template that was read without errors; its warnings have been shown.
pub(crate) struct Template {
    path: PathBuf,
    source: String,
    pub(crate) application: Application,
}

impl Template {
    /// Reads the template, or, with `built`, what `sam build` made of it.
    pub(crate) fn read(
        args: &ApplicationArgs,
        config: &Config,
        built: bool,
    ) -> Result<Self, Error> {
        let path = match built {
            true => args.template.with_file_name(".aws-sam/build/template.yaml"),
            false => args.template.clone(),
        };
        let source =
            std::fs::read_to_string(&path).map_err(|source| Error::TemplateUnreadable {
                path: path.clone(),
                source,
            })?;
        let settings = samlet_template::Settings {
            region: REGION.into(),
            account_id: ACCOUNT_ID.into(),
            stack_name: STACK_NAME.into(),
            parameter_overrides: args.overrides(config),
        };
        match samlet_template::read(&source, &settings) {
            Ok(application) => {
                diagnostics::print_warnings(&path, &source, &application.warnings);
                Ok(Self {
                    path,
                    source,
                    application,
                })
            }
            Err(diagnostics) => Err(Error::Template {
                text: source,
                path,
                diagnostics,
            }),
        }
    }

    /// Each function's role, in their order, as it is enforced.
    pub(crate) fn roles(&self) -> Result<Vec<Role>, Error> {
        let mut wrong = Vec::new();
        let mut roles = Vec::new();
        for function in &self.application.functions {
            match policies::role(&function.role, &self.path) {
                Ok(role) => roles.push(role),
                // A role of several functions is wrong once.
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        wrong.dedup();
        match wrong.is_empty() {
            true => Ok(roles),
            false => Err(Error::Template {
                text: self.source.clone(),
                path: self.path.clone(),
                diagnostics: wrong,
            }),
        }
    }

    /// What relative paths in the template start from.
    pub(crate) fn folder(&self) -> &Path {
        self.path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }
}

/// `samlet start`.
pub(crate) fn command(args: &StartArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = Template::read(&args.application, &config, args.built)?;
    let roles = template.roles()?;
    let port = args.port.or(config.port).unwrap_or(DEFAULT_PORT);
    let data = DataFolder::open(&args.application.data_dir())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(Box::pin(run(args, port, &template, roles, &data)))
}

async fn run(
    args: &StartArgs,
    port: u16,
    template: &Template,
    roles: Vec<Role>,
    data: &DataFolder,
) -> Result<(), Error> {
    let application = &template.application;
    // Before the build: a port that is taken should be known at once.
    let listeners = listeners(args.host, port, &application.apis).await?;
    if !args.host.is_loopback() {
        let host = args.host;
        tracing::warn!("the application is open to everyone who can reach {host}");
    }
    let localhost = Ipv4Addr::LOCALHOST.into();
    let aws = bind(localhost, args.aws_port, "--aws-port").await?;
    let urls = listeners.iter().map(url).collect::<Result<Vec<_>, _>>()?;
    let aws_url = url(&aws)?;

    let mode = match args {
        args if args.no_build => build::Mode::None,
        args if args.built => build::Mode::BuiltBySam,
        args if args.release => build::Mode::Release,
        _ => build::Mode::Dev,
    };
    let programs = build::build(application, template.folder(), &data.build(), mode)?;

    let store = samlet_dynamodb::Store::open(&data.store(), REGION, ACCOUNT_ID)?;
    for table in &application.tables {
        let expires_by = table
            .time_to_live
            .as_ref()
            .map(|ttl| ttl.attribute.as_str());
        let made = store.ensure_table(&table.create_table, expires_by).await;
        made.map_err(|source| Error::Table {
            table: table.logical_id.clone(),
            source,
        })?;
    }
    let sweeping = application
        .tables
        .iter()
        .any(|table| table.time_to_live.is_some());
    let sweeping = sweeping.then(|| tokio::spawn(delete_expired(store.clone())));
    let logs = Logs::open(&data.logs(), terminal::log_observer(application))?;
    let mut identities = Identities::new(REGION, ACCOUNT_ID);
    if let Some(secret) = &args.developer_secret {
        identities = identities.with_developer_secret(secret);
    }
    let identities = Arc::new(identities);
    let surroundings = Surroundings {
        aws_url: &aws_url,
        dynamodb_url: args.dynamodb_endpoint.as_deref(),
        tmp_folder: data.tmp(),
    };
    let functions = functions(application, &programs, roles, &identities, &surroundings);
    let lambda = Lambda::new(functions, logs.clone(), &lambda_settings(args));

    let usage = Arc::new(Usage::open(data.usage()));
    let recording = tokio::spawn(record(Arc::clone(&usage)));
    let access = Access::new(
        application,
        &template.path,
        Arc::clone(&usage),
        logs.clone(),
    );
    let endpoint_stop = CancellationToken::new();
    let endpoint = Arc::new(Endpoint::new(
        identities,
        store.clone(),
        lambda.clone(),
        logs.clone(),
        Arc::new(access),
        endpoint_stop.clone(),
    ));
    let endpoint_done = tokio::spawn(endpoint.serve(aws));
    let settings = GatewaySettings {
        region: REGION.into(),
        account_id: ACCOUNT_ID.into(),
    };
    let gateway_stop = CancellationToken::new();
    let mut gateways = JoinSet::new();
    for (api, listener) in application.apis.iter().zip(listeners) {
        let gateway = Gateway::new(
            api.clone(),
            &application.api_keys,
            &application.usage_plans,
            lambda.clone(),
            settings.clone(),
        );
        gateways.spawn(Arc::new(gateway).serve(listener, gateway_stop.clone()));
    }

    if !samlet_lambda::can_confine() {
        let lack =
            "this system has no Landlock: functions are not confined, and can read what you can";
        tracing::warn!("{lack}");
    }
    let asked_to_stop = stop_signal()?;
    terminal::print_ready(application, &urls, &aws_url);
    asked_to_stop.await;

    // Along the request's path: no new requests, then no functions, then no store.
    exit_on_second_signal()?;
    gateway_stop.cancel();
    gateways.join_all().await;
    lambda.close().await;
    endpoint_stop.cancel();
    endpoint_done.await.ok();
    if let Some(sweeping) = sweeping {
        sweeping.abort();
        sweeping.await.ok();
    }
    recording.abort();
    usage.save();
    store.close().await;
    logs.flush().await;
    Ok(())
}

/// Writes down what functions did, every now and then.
async fn record(usage: Arc<Usage>) {
    let mut ticks = tokio::time::interval(RECORD_INTERVAL);
    loop {
        ticks.tick().await;
        usage.save();
    }
}

async fn delete_expired(store: samlet_dynamodb::Store) {
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

/// Resolves at the first SIGINT or SIGTERM; installed from now on.
fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Who asks twice doesn't want to wait for requests in flight.
fn exit_on_second_signal() -> Result<(), Error> {
    let again = stop_signal()?;
    tokio::spawn(async move {
        again.await;
        std::process::exit(130);
    });
    Ok(())
}
