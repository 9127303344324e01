//! Makes the parts of an application that runs, from the bottom up: nothing of it serves a request yet.

use std::collections::HashMap;
use std::sync::Arc;

use samlet_access::{Access, Usage};
use samlet_clock::Clock;
use samlet_console::{Console, Sources};
use samlet_dynamodb::Store;
use samlet_endpoint::{Endpoint, Mount};
use samlet_iam::Identities;
use samlet_lambda::Lambda;
use samlet_logs::Logs;
use samlet_service::Services;
use samlet_traces::Traces;
use tokio_util::sync::CancellationToken;

use crate::data::DataFolder;
use crate::error::Error;
use crate::functions::Functions;
use crate::logs::LogDisplay;
use crate::place::place;
use crate::services::{Core, make_services};
use crate::settings::Settings;
use crate::template::Template;

/// The parts, which know each other as far as they have to.
pub(crate) struct Parts {
    pub(crate) functions: Functions,
    pub(crate) usage: Arc<Usage>,
    pub(crate) access: Arc<Access>,
    pub(crate) traces: Traces,
    pub(crate) core: Core,
    pub(crate) services: Arc<Services>,
    pub(crate) console: Arc<Console>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) endpoint_stop: CancellationToken,
}

impl Parts {
    /// Makes them, opening what is stored in the data folder. `template` says where the application's files are, and
    /// `aws_url` where the endpoint will be reached.
    pub(crate) fn make(
        settings: &Settings,
        data: &DataFolder,
        template: &Template,
        log_display: &dyn LogDisplay,
        aws_url: String,
    ) -> Result<Self, Error> {
        let logs = Logs::open(&data.logs(), log_display.observer())?;
        let traces = Traces::default();
        let usage = Arc::new(Usage::open(data.usage()));
        let access = Arc::new(Access::new(Arc::clone(&usage), logs.clone()));
        let endpoint_stop = CancellationToken::new();
        let place = Arc::new(place());
        let services = Services::new(Arc::clone(&place), Arc::clone(&access) as _);
        let clock = Clock::new();
        let core = Core {
            setup: services.setup(data.path(), &clock, &endpoint_stop),
            store: Store::open(&data.store(), &place, &clock)?,
            lambda: Lambda::new(logs.clone(), traces.clone(), clock, &settings.lambda()),
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
        let functions = functions(settings, data, aws_url);
        let endpoint = Endpoint::new(
            Arc::clone(&functions.identities),
            Arc::clone(&services),
            traces.clone(),
            vec![console_mount(&console)],
            endpoint_stop.clone(),
        );
        Ok(Self {
            functions,
            usage,
            access,
            traces,
            core,
            services,
            console,
            endpoint: Arc::new(endpoint),
            endpoint_stop,
        })
    }
}

/// What functions will be given.
fn functions(settings: &Settings, data: &DataFolder, aws_url: String) -> Functions {
    Functions {
        place: Arc::new(place()),
        aws_url,
        dynamodb_url: settings.dynamodb_url.clone(),
        data_folder: data.path().to_owned(),
        secret_files: settings.secret_files.clone(),
        tmp_folder: data.tmp(),
        identities: Arc::new(identities(settings)),
        credentials: HashMap::new(),
    }
}

/// The console, beside the services.
fn console_mount(console: &Arc<Console>) -> Mount {
    let console = Arc::clone(console);
    Mount {
        path: samlet_console::PATH,
        answer: Box::new(move |request| Box::pin(Arc::clone(&console).answer(request))),
    }
}

fn identities(settings: &Settings) -> Identities {
    let identities = Identities::new(place());
    match &settings.developer_secret {
        Some(secret) => identities.with_developer_secret(secret),
        None => identities,
    }
}
