//! An application that runs: from a template to listeners and processes, through its changes, and down again.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use samlet_access::{Access, Usage};
use samlet_build::Programs;
use samlet_console::{Console, Shown, Sources};
use samlet_dynamodb::Store;
use samlet_endpoint::{Endpoint, Mount};
use samlet_iam::{Credentials, Identities, Role};
use samlet_lambda::{Function, Lambda, Program};
use samlet_logs::Logs;
use samlet_service::{Applied, Service, Services};
use samlet_template::{Application, Attributes};
use samlet_traces::Traces;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::args::StartArgs;
use crate::build;
use crate::error::Error;
use crate::template::{ACCOUNT_ID, REGION, Template, place};
use crate::terminal::LogNames;
use samlet_run::DataFolder;
use samlet_run::{Apis, Core, declared, services};

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
    /// The console's, with its token.
    pub(crate) console: String,
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
    apis: Apis,
    identities: Arc<Identities>,
    /// Each function's own, by its name.
    credentials: HashMap<String, Credentials>,
    endpoint: JoinHandle<()>,
    endpoint_stop: CancellationToken,
    access: Arc<Access>,
    console: Arc<Console>,
    /// What is done every now and then.
    chores: [JoinHandle<()>; 2],
    usage: Arc<Usage>,
    core: Core,
    services: Arc<Services>,
    traces: Traces,
    log_names: LogNames,
    surroundings: Surroundings,
    /// As it was applied last, with the values that only services know.
    template: Arc<Template>,
}

impl Running {
    /// Builds the functions and starts everything.
    pub(crate) async fn start(
        args: &StartArgs,
        ports: Ports,
        template: &Arc<Template>,
        data: &DataFolder,
    ) -> Result<Self, Error> {
        // What is wrong should be known before the build: policies, and ports that are taken.
        template.roles()?;
        let mut apis = Apis::new(args.host, ports.api);
        apis.bind_new(&template.application)?;
        let aws = samlet_run::bind(Ipv4Addr::LOCALHOST.into(), ports.aws, "--aws-port")?;
        let surroundings = Surroundings {
            aws_url: samlet_run::url(&aws)?,
            dynamodb_url: args.dynamodb_endpoint.clone(),
            tmp_folder: data.tmp(),
        };
        warn_of_lacks(args.host);
        let build = build::of(template, data, build::mode(args));
        build.make()?;
        let programs = build.programs()?;

        let log_names = LogNames::default();
        let logs = Logs::open(&data.logs(), log_names.observer())?;
        let identities = Arc::new(identities(args));
        let traces = Traces::default();
        let usage = Arc::new(Usage::open(data.usage()));
        let access = Arc::new(Access::new(Arc::clone(&usage), logs.clone()));
        let endpoint_stop = CancellationToken::new();
        let services = Services::new(Arc::new(place()), Arc::clone(&access) as _);
        let core = Core {
            setup: services.setup(data.path(), &endpoint_stop),
            store: Store::open(&data.store(), REGION, ACCOUNT_ID)?,
            lambda: Lambda::new(logs.clone(), traces.clone(), &lambda_settings(args)),
            logs,
        };
        services.add(make_services(&core)?);
        let sources = Sources {
            traces: traces.clone(),
            lambda: core.lambda.clone(),
            store: core.store.clone(),
            logs: core.logs.clone(),
            services: Arc::clone(&services),
            access: Arc::clone(&access),
            home: template.home().to_owned(),
            events_folder: template.folder().join("events"),
        };
        let console = Console::new(data.console_token()?, sources, endpoint_stop.clone());
        let console = Arc::new(console);
        let endpoint = Arc::new(Endpoint::new(
            Arc::clone(&identities),
            Arc::clone(&services),
            traces.clone(),
            vec![console_mount(&console)],
            endpoint_stop.clone(),
        ));
        let mut running = Self {
            apis,
            identities,
            credentials: HashMap::new(),
            endpoint: tokio::spawn(endpoint.serve(aws)),
            endpoint_stop,
            access,
            console,
            chores: [
                tokio::spawn(record(Arc::clone(&usage))),
                tokio::spawn(delete_expired(core.store.clone())),
            ],
            usage,
            core,
            services,
            traces,
            log_names,
            surroundings,
            template: Arc::clone(template),
        };
        running.apply(template, &programs, |_| true).await?;
        Ok(running)
    }

    /// Applies the template to the running application. Functions that are as
    /// they were go on, but those whose logical ids `is_rebuilt` names. Gives the
    /// logical ids of functions that go on in new environments.
    pub(crate) async fn apply(
        &mut self,
        template: &Arc<Template>,
        programs: &Programs,
        is_rebuilt: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, Error> {
        // First what can fail.
        let (template, roles) = match self.prepare(template).await {
            Ok(prepared) => prepared,
            Err(error) => {
                self.apis.unbind_new();
                return Err(error);
            }
        };
        let application = &template.application;
        self.log_names.update(application);
        self.access.update(application, &template.path);
        let rebuilt = application.functions.iter();
        let rebuilt: HashSet<String> = rebuilt
            .filter(|function| is_rebuilt(&function.logical_id))
            .map(|function| function.name.clone())
            .collect();
        let functions = self.functions(application, programs, &roles);
        let lambda = &self.core.lambda;
        let replaced = lambda.update(functions, |function| rebuilt.contains(&function.name));
        self.apis.deploy(application, lambda, &self.traces);
        self.show(&template, &roles);
        let functions = application.functions.iter();
        let replaced = functions.filter(|function| replaced.contains(&function.name));
        let replaced = replaced
            .map(|function| function.logical_id.clone())
            .collect();
        self.template = template;
        Ok(replaced)
    }

    /// Has the services apply the template, and ports bound for its APIs; gives it as it is then, and its roles.
    async fn prepare(
        &mut self,
        template: &Arc<Template>,
    ) -> Result<(Arc<Template>, Vec<Role>), Error> {
        self.apis.bind_new(&template.application)?;
        let policies = template.function_policies()?;
        let declared = declared(&template.application, policies);
        let plans = self.services.plan(&declared).await;
        let plans = plans.map_err(samlet_run::Error::Apply)?;
        let applied = self.services.carry_out(plans).await;
        let applied = applied.map_err(samlet_run::Error::Apply)?;
        let template = self.with_late_values(template, &applied)?;
        let roles = template.roles()?;
        Ok((template, roles))
    }

    /// The template with the values that only services know, now that they have said them.
    fn with_late_values(
        &self,
        template: &Arc<Template>,
        applied: &Applied,
    ) -> Result<Arc<Template>, Error> {
        let application = &template.application;
        if application.late.is_empty() {
            return Ok(Arc::clone(template));
        }
        let mut attributes = Attributes::default();
        for ((logical_id, attribute), value) in &applied.attributes {
            attributes.set(logical_id, attribute, value);
        }
        for api in &application.apis {
            if let Some(url) = self.apis.url(&api.logical_id) {
                attributes.set(&api.logical_id, "Url", url);
            }
        }
        template.with_attributes(attributes).map(Arc::new)
    }

    /// The template as it was applied last.
    pub(crate) fn template(&self) -> &Template {
        &self.template
    }

    /// Has the console show what now runs.
    fn show(&self, template: &Template, roles: &[Role]) {
        let application = &template.application;
        self.console.show(&Shown {
            application,
            roles,
            template: &template.path.to_string_lossy(),
            urls: &self.apis.urls(application),
            aws_url: &self.surroundings.aws_url,
            dynamodb_url: self.surroundings.dynamodb_url.as_deref(),
            place: &self.core.setup.place,
        });
    }

    /// Where everything is reached.
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            apis: self.apis.urls(&self.template.application),
            aws: self.surroundings.aws_url.clone(),
            console: self.console.url(&self.surroundings.aws_url),
        }
    }

    /// Stops along a request's path: the APIs, then functions, the endpoint,
    /// the services, and last the store.
    pub(crate) async fn stop(self) {
        self.apis.stop().await;
        self.core.lambda.close().await;
        self.endpoint_stop.cancel();
        self.endpoint.await.ok();
        for chore in self.chores {
            chore.abort();
            chore.await.ok();
        }
        self.usage.save();
        self.services.close().await;
        // They hold the store, too.
        drop((self.console, self.services));
        self.core.store.close().await;
        self.core.logs.flush().await;
    }

    /// Each function with its code and with credentials of its own role.
    fn functions(
        &mut self,
        application: &Application,
        programs: &Programs,
        roles: &[Role],
    ) -> Vec<Function> {
        let declared = application.functions.iter().zip(roles);
        declared
            .map(|(declared, role)| {
                let program = programs.get(&declared.logical_id);
                self.function(declared, program.cloned().unwrap_or_default(), role.clone())
            })
            .collect()
    }

    fn function(
        &mut self,
        declared: &samlet_template::Function,
        program: Program,
        role: Role,
    ) -> Function {
        let place = Arc::clone(&self.core.setup.place);
        let role_arn = place.global_arn("iam", format_args!("role/{}", role.name));
        Function {
            name: declared.name.clone(),
            runtime: declared.runtime.clone(),
            role_arn: role_arn.into(),
            program,
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
            credentials: self.credentials(&declared.name, role),
            place,
            aws_endpoint_url: self.surroundings.aws_url.clone(),
            dynamodb_endpoint_url: self.surroundings.dynamodb_url.clone(),
            ephemeral_storage_mb: declared.ephemeral_storage_mb,
            tmp_folder: self.surroundings.tmp_folder.clone(),
        }
    }

    /// A function keeps its credentials: a changed policy holds at once, in
    /// the environments that it has.
    fn credentials(&mut self, function: &str, role: Role) -> Credentials {
        if let Some(known) = self.credentials.get(function) {
            self.identities.reassign(known, role, function);
            return known.clone();
        }
        let issued = self.identities.issue(role, function);
        self.credentials.insert(function.to_owned(), issued.clone());
        issued
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

/// The services, made.
fn make_services(core: &Core) -> Result<Vec<Arc<dyn Service>>, samlet_run::Error> {
    let services = services().into_iter().map(|service| {
        (service.make)(core).map_err(|source| samlet_run::Error::Service {
            title: service.identity.title,
            source,
        })
    });
    services.collect()
}

/// The console, beside the services.
fn console_mount(console: &Arc<Console>) -> Mount {
    let console = Arc::clone(console);
    Mount {
        path: samlet_console::PATH,
        answer: Box::new(move |request| Box::pin(Arc::clone(&console).answer(request))),
    }
}

fn identities(args: &StartArgs) -> Identities {
    let identities = Identities::new(place());
    match &args.secret.developer_secret {
        Some(secret) => identities.with_developer_secret(secret),
        None => identities,
    }
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

/// What all functions are given.
struct Surroundings {
    aws_url: String,
    dynamodb_url: Option<String>,
    tmp_folder: PathBuf,
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

/// Environments by default, for each processor: more of them serve less, as what
/// they work on fits no processor's cache any more.
const ENVIRONMENTS_PER_PROCESSOR: usize = 16;

/// So many for each processor, and no more of Lambda's smallest memory than fit
/// half of this machine's.
fn default_max_environments() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let most = ENVIRONMENTS_PER_PROCESSOR * processors;
    let total_kib = || {
        let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
        let total = meminfo
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))?;
        total.trim().strip_suffix(" kB")?.parse::<usize>().ok()
    };
    let fitting = total_kib().map_or(most, |kib| kib / 1024 / 2 / 128);
    most.min(fitting).clamp(8, 256)
}
