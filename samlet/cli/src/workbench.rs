//! What the console is told of the application: its policies, and where its events are.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use samlet_access::{Access, Explanation, Usage, reports};
use samlet_console::Workbench;
use samlet_iam::{Denied, Role};
use samlet_template::Application;
use serde_json::Value;

use crate::openapi;
use crate::template::{Template, place};

/// The application that runs, as who started it knows it.
#[derive(Debug)]
pub(crate) struct Bench {
    access: Arc<Access>,
    usage: Arc<Usage>,
    events_folder: PathBuf,
    home: PathBuf,
    /// Held for a moment only.
    current: Mutex<Option<Arc<Current>>>,
}

#[derive(Debug)]
struct Current {
    application: Application,
    roles: Vec<Role>,
}

impl Bench {
    pub(crate) fn new(access: Arc<Access>, usage: Arc<Usage>, template: &Template) -> Self {
        Self {
            access,
            usage,
            events_folder: template.folder().join("events"),
            home: template.home().to_owned(),
            current: Mutex::default(),
        }
    }

    /// Speaks of this application from now on.
    pub(crate) fn update(&self, application: &Application, roles: &[Role]) {
        let current = Current {
            application: application.clone(),
            roles: roles.to_vec(),
        };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(current));
    }

    fn current(&self) -> Option<Arc<Current>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

impl Workbench for Bench {
    fn policies(&self) -> Value {
        let Some(current) = self.current() else {
            return Value::Array(Vec::new());
        };
        let reports = reports(&current.application, &current.roles, &self.usage, &place());
        serde_json::to_value(reports).unwrap_or_default()
    }

    fn contract(&self, api: &str, url: &str) -> Result<Value, String> {
        let current = self.current().ok_or("the application is starting")?;
        let application = &current.application;
        let mut apis = application.apis.iter();
        let api = apis.find(|known| known.logical_id == api);
        let api = api.ok_or("there is no such API")?;
        openapi::contract(application, api, &self.home, Some(url))
            .map_err(|error| error.to_string())
    }

    fn explain(&self, function: &str, denied: &Denied) -> Explanation {
        self.access.explain(function, denied)
    }

    fn events_folder(&self) -> PathBuf {
        self.events_folder.clone()
    }
}
