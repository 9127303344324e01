//! What applying a template has changed, as data: a program that runs an application shows it as it likes.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use samlet_build::BuildError;
use samlet_template::Application;

/// What applying a template has changed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Whether another template is applied now than before.
    pub has_new_template: bool,
    /// The APIs that were added, with their addresses.
    pub added_apis: Vec<ApiAddress>,
    /// The routes that were added.
    pub added_routes: BTreeSet<RouteName>,
    /// The routes that are gone.
    pub removed_routes: BTreeSet<RouteName>,
    /// The logical ids of functions that were there before and go on in new environments.
    pub replaced_functions: Vec<String>,
    /// Why not all functions could be built; those go on as they were last built.
    pub unbuilt: Option<BuildError>,
    /// How long it took, with what was built.
    pub took: Duration,
}

/// Where an API is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAddress {
    /// Its logical id.
    pub logical_id: String,
    /// `http://host:port`.
    pub url: String,
}

/// A route, as people know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteName {
    /// Its method, or `ANY`.
    pub method: String,
    /// Its path, with parameters in braces.
    pub path: String,
    /// The logical id of the function behind it.
    pub function: String,
}

/// `GET /message (ListMessages)`.
impl fmt::Display for RouteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            function,
        } = self;
        write!(f, "{method} {path} ({function})")
    }
}

/// All routes of an application.
pub(crate) fn routes(application: &Application) -> BTreeSet<RouteName> {
    let routes = application.apis.iter().flat_map(|api| &api.routes);
    let routes = routes.map(|route| {
        let mut functions = application.functions.iter();
        let function = functions.find(|function| function.name == route.function);
        RouteName {
            method: route.method.clone(),
            path: route.path.clone(),
            function: function
                .map_or(&route.function, |function| &function.logical_id)
                .clone(),
        }
    });
    routes.collect()
}
