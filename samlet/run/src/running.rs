//! The application that runs: what it is made of, its start, and its end.
//!
//! [`Running`] owns all of it: the data folder, which it keeps locked, the listeners of the APIs and the endpoint, the
//! services, and the tasks that work without being asked. Only [`Running::apply`] changes what runs, one template after
//! another. The parts are shut down along a request's path, so that what a request still needs outlives it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use samlet_access::{Access, Usage};
use samlet_console::Console;
use samlet_endpoint::Endpoint;
use samlet_http::Hosts;
use samlet_service::Services;
use samlet_traces::Traces;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::apis::{self, Apis};
use crate::changes::{Changes, Current};
use crate::data::DataFolder;
use crate::error::Error;
use crate::functions::Functions;
use crate::logs::LogDisplay;
use crate::outcome::ApiAddress;
use crate::parts::Parts;
use crate::services::Core;
use crate::settings::Settings;
use crate::template::Template;

/// How often the record of what functions did is written.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);

/// Where an application is reached.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Each API's, in the template's order.
    pub apis: Vec<ApiAddress>,
    /// The AWS endpoint's.
    pub aws: String,
    /// The console's, with its token.
    pub console: String,
}

/// An application that runs, in the order of a request's path.
pub struct Running {
    pub(crate) settings: Settings,
    pub(crate) data: DataFolder,
    pub(crate) apis: Apis,
    pub(crate) functions: Functions,
    /// Serves the AWS endpoint, from the first template on.
    endpoint: JoinSet<()>,
    /// Ends the endpoint, and what services and the console keep open.
    endpoint_stop: CancellationToken,
    /// Writes what functions did.
    recorder: JoinSet<()>,
    pub(crate) access: Arc<Access>,
    usage: Arc<Usage>,
    pub(crate) console: Arc<Console>,
    pub(crate) core: Core,
    pub(crate) services: Arc<Services>,
    pub(crate) traces: Traces,
    pub(crate) log_display: Arc<dyn LogDisplay>,
    /// What was applied last.
    pub(crate) current: Current,
}

impl Running {
    /// Builds the functions and starts everything. What is wrong with the template's policies and tables, and ports that
    /// are taken, is known before the build.
    pub async fn start(
        settings: Settings,
        data: DataFolder,
        template: &Arc<Template>,
        log_display: Arc<dyn LogDisplay>,
    ) -> Result<Self, Error> {
        let hosts = Hosts::of_listener(settings.host, settings.allowed_hosts.clone());
        let mut apis = Apis::new(settings.host, hosts, settings.port);
        apis.bind_new(&template.application)?;
        let aws = apis::bind(Ipv4Addr::LOCALHOST.into(), settings.aws_port, "--aws-port")?;
        warn_of_openness(&settings);
        let aws_url = apis::url(&aws)?;
        // Beside the rest: what it warns of may come a moment later.
        tokio::task::spawn_blocking(prepare_containers);
        let parts = Parts::make(&settings, &data, template, log_display.as_ref(), aws_url)?;
        let endpoint = Arc::clone(&parts.endpoint);
        let mut running = Self::new(settings, data, template, apis, parts, log_display);
        let applied = running.apply(template, &Changes::Everything).await;
        match applied {
            Ok(_) => {
                running.serve(endpoint, aws);
                Ok(running)
            }
            Err(error) => {
                // It holds the store, which closes once nobody else does.
                drop(endpoint);
                running.stop().await;
                Err(error)
            }
        }
    }

    fn new(
        settings: Settings,
        data: DataFolder,
        template: &Arc<Template>,
        apis: Apis,
        parts: Parts,
        log_display: Arc<dyn LogDisplay>,
    ) -> Self {
        Self {
            settings,
            data,
            apis,
            functions: parts.functions,
            endpoint: JoinSet::new(),
            endpoint_stop: parts.endpoint_stop,
            recorder: JoinSet::new(),
            access: parts.access,
            usage: parts.usage,
            console: parts.console,
            core: parts.core,
            services: parts.services,
            traces: parts.traces,
            log_display,
            current: Current::nothing(template),
        }
    }

    /// Answers the AWS endpoint's requests from now on, and writes what functions do.
    fn serve(&mut self, endpoint: Arc<Endpoint>, listener: TcpListener) {
        self.endpoint.spawn(endpoint.serve(listener));
        self.recorder.spawn(record(Arc::clone(&self.usage)));
    }

    /// The template that was applied last, with the values that only services know.
    pub fn template(&self) -> &Template {
        &self.current.template
    }

    /// Where everything is reached.
    pub fn addresses(&self) -> Addresses {
        let aws_url = &self.functions.aws_url;
        Addresses {
            apis: self.apis.addresses(&self.current.template.application),
            aws: aws_url.clone(),
            console: self.console.url(aws_url),
        }
    }

    /// The data folder, which nobody else uses for as long as this runs.
    pub fn data(&self) -> &DataFolder {
        &self.data
    }

    /// Stops along a request's path: the APIs, then functions, the endpoint, the services, and last the store.
    pub async fn stop(mut self) {
        self.apis.stop().await;
        self.core.lambda.close().await;
        tokio::task::spawn_blocking(samlet_container::close)
            .await
            .ok();
        self.endpoint_stop.cancel();
        while self.endpoint.join_next().await.is_some() {}
        self.recorder.shutdown().await;
        self.usage.save();
        self.services.close().await;
        // They hold the store, too.
        drop((self.console, self.services));
        self.core.store.close().await;
        self.core.logs.flush().await;
    }
}

/// Warns of who can reach the application.
fn warn_of_openness(settings: &Settings) {
    let host = settings.host;
    if !host.is_loopback() {
        tracing::warn!("the application is open to everyone who can reach {host}");
    }
}

/// Prepares containers for functions, and warns of what this machine can't keep from them.
fn prepare_containers() {
    samlet_container::prepare();
    if let Some(lack) = samlet_container::isolation().sentence() {
        tracing::warn!("{lack}");
    }
}

/// Writes what functions did, every now and then.
async fn record(usage: Arc<Usage>) {
    let mut ticks = tokio::time::interval(RECORD_INTERVAL);
    loop {
        ticks.tick().await;
        usage.save();
    }
}
