//! What the console is told of the application: its policies, and where its events are.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use samlet_console::{Explanation, Workbench};
use samlet_iam::{Denied, Role};
use samlet_template::Application;
use serde_json::Value;

use crate::policies::{Access, Usage, reports};

/// The application that runs, as who started it knows it.
#[derive(Debug)]
pub(crate) struct Bench {
    access: Arc<Access>,
    usage: Arc<Usage>,
    events_folder: PathBuf,
    /// Held for a moment only.
    current: Mutex<Option<Arc<Current>>>,
}

#[derive(Debug)]
struct Current {
    application: Application,
    roles: Vec<Role>,
}

impl Bench {
    pub(crate) fn new(access: Arc<Access>, usage: Arc<Usage>, template_folder: &Path) -> Self {
        Self {
            access,
            usage,
            events_folder: template_folder.join("events"),
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
}

impl Workbench for Bench {
    fn policies(&self) -> Value {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(current) = current.clone() else {
            return Value::Array(Vec::new());
        };
        let reports = reports(&current.application, &current.roles, &self.usage);
        serde_json::to_value(reports).unwrap_or_default()
    }

    fn explain(&self, function: &str, denied: &Denied) -> Explanation {
        self.access.explain(function, denied)
    }

    fn events_folder(&self) -> PathBuf {
        self.events_folder.clone()
    }
}
