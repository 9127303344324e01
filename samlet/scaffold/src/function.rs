//! A new function: what is to be written for it, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use heck::{ToKebabCase, ToSnakeCase};
use samlet_aws::Place;
use samlet_gateway::SampleRequest;
use samlet_template::{Api, ApiKind, Application, PayloadFormat};
use serde_json::Value;

use crate::package::up_to;
use crate::skeleton::Values;
use crate::target::Target;
use crate::{ScaffoldError, package, resource, skeleton};

/// Where functions go when there are none yet.
const HANDLERS: &str = "src/handlers";

/// Methods whose requests have a body.
const WITH_BODY: [&str; 4] = ["POST", "PUT", "PATCH", "ANY"];

/// A method and a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Upper case.
    pub method: String,
    /// Such as `/messages/{id}`.
    pub path: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A function in Rust that is wanted in an application.
#[derive(Clone, Copy, Debug)]
pub struct NewFunction<'a> {
    /// Its logical id.
    pub name: &'a str,
    /// By which it is invoked.
    pub route: &'a Route,
    /// The API that gets the route, by logical id; `None` is the first.
    pub api: Option<&'a str>,
    /// The application.
    pub application: &'a Application,
    /// The text of its template.
    pub source: &'a str,
    /// Where its template is.
    pub template: &'a Path,
    /// What relative paths in the template start from.
    pub folder: &'a Path,
    /// Where it seems to be deployed.
    pub place: &'a Place,
}

/// All that is to be written for a function.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    wanted: NewFunction<'a>,
    target: PathBuf,
    package: String,
    /// The application's common package.
    common: Option<PathBuf>,
    values: Values,
    template_text: String,
    event: Value,
}

impl<'a> NewFunction<'a> {
    /// Finds out what can go wrong before anything is written.
    pub fn plan(&self) -> Result<Plan<'a>, ScaffoldError> {
        let (application, folder, name) = (self.application, self.folder, self.name);
        let api = api(application, self.api)?;
        check(application, &api, self)?;
        let handlers = handlers(application, folder);
        let target = folder.join(&handlers).join(name);
        if target.exists() {
            return Err(ScaffoldError::Exists(target));
        }
        let package = name.to_kebab_case();
        package::check_free(folder, &package)?;
        let code = handlers.join(name);
        let values = Values::new(&[
            ("name", name),
            ("package", &package),
            ("function", &name.to_snake_case()),
            ("route", &self.route.to_string()),
            ("method", &self.route.method),
            ("path", &self.route.path),
            ("code", &code.to_string_lossy()),
            ("event", api.event()),
            ("request", api.request()),
            ("imports", &imports(api.request())),
            ("events", &up_to(&code, "events")),
        ]);
        Ok(Plan {
            wanted: *self,
            target,
            package,
            common: package::common(folder),
            template_text: resource::added(application, self.source, &api, name, &values)?,
            event: sample(self, &api)?,
            values,
        })
    }
}

impl Plan<'_> {
    /// The template's text with the function.
    pub fn template_text(&self) -> &str {
        &self.template_text
    }

    /// The name of the function's package.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// Writes everything, the template last; `created` is called with what was written, one after another.
    pub fn write(&self, mut created: impl FnMut(&str)) -> Result<(), ScaffoldError> {
        let Self { wanted, event, .. } = self;
        let common = self.common.as_deref();
        package::create(wanted.folder, &self.target, &self.values, common)?;
        created(&format!(
            "{} (Cargo.toml, function.rs)",
            shown(&self.target)
        ));
        let mut events = vec![("event", format!("{event:#}\n"))];
        if WITH_BODY.contains(&wanted.route.method.as_str()) {
            events.push(("msg", "{}\n".to_owned()));
        }
        for (kind, text) in events {
            let name = format!("{}-{kind}.json", wanted.name);
            let path = wanted.folder.join("events").join(name);
            skeleton::write(&path, &text)?;
            created(&shown(&path));
        }
        skeleton::write(wanted.template, &self.template_text)
    }
}

/// The API of this logical id, else the first, else the one that the template
/// declares and that has no routes yet, else the one that SAM would make.
fn api(application: &Application, wanted: Option<&str>) -> Result<Target, ScaffoldError> {
    let declared = application.apis.iter().map(Target::of);
    let empty = application.apis_without_routes.iter().map(Target::of);
    let mut all: Vec<Target> = declared.chain(empty).collect();
    let Some(wanted) = wanted else {
        let implicit = Target {
            kind: ApiKind::Rest,
            logical_id: None,
        };
        return Ok(all.into_iter().next().unwrap_or(implicit));
    };
    let position = all
        .iter()
        .position(|api| api.logical_id.as_deref() == Some(wanted));
    let known: Vec<&str> = all
        .iter()
        .filter_map(|api| api.logical_id.as_deref())
        .collect();
    let known = known.join(", ");
    let position = position.ok_or_else(|| ScaffoldError::NoApi {
        name: wanted.to_owned(),
        known,
    })?;
    Ok(all.swap_remove(position))
}

/// Whether there is room for such a function.
fn check(
    application: &Application,
    api: &Target,
    new: &NewFunction<'_>,
) -> Result<(), ScaffoldError> {
    let mut functions = application.functions.iter();
    if let Some(known) = functions.find(|function| function.logical_id == new.name) {
        return Err(ScaffoldError::FunctionExists {
            name: new.name.to_owned(),
            line: known.location.line,
        });
    }
    let ours = |known: &&Api| {
        let known = Target::of(known);
        known.logical_id == api.logical_id && known.kind == api.kind
    };
    let routes = application
        .apis
        .iter()
        .filter(ours)
        .flat_map(|api| &api.routes);
    for route in routes {
        if route.path == new.route.path && route.method == new.route.method {
            return Err(ScaffoldError::RouteExists {
                route: new.route.to_string(),
                line: route.location.line,
            });
        }
    }
    Ok(())
}

/// Where the application keeps its Rust functions.
fn handlers(application: &Application, folder: &Path) -> PathBuf {
    let functions = application.functions.iter();
    let mut codes = functions.map(|function| function.code.folder.as_path());
    let rust = codes.find(|code| folder.join(code).join("Cargo.toml").is_file());
    let parent = rust.and_then(Path::parent);
    parent.map_or_else(|| PathBuf::from(HANDLERS), Path::to_owned)
}

fn imports(request: &str) -> String {
    let mut names = [request, "ApiGatewayProxyResponse"];
    names.sort_unstable();
    names.join(", ")
}

/// An event as the route would send it, with `1` for every parameter.
fn sample(new: &NewFunction<'_>, api: &Target) -> Result<Value, ScaffoldError> {
    let Route { method, path } = new.route;
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "1",
            false => segment,
        });
    let sent = segments.collect::<Vec<_>>().join("/");
    let method = match method.as_str() {
        "ANY" => "POST",
        method => method,
    };
    let request = SampleRequest {
        kind: api.kind,
        format: match api.kind {
            ApiKind::Rest => PayloadFormat::V1,
            ApiKind::Http => PayloadFormat::V2,
        },
        method,
        resource: path,
        path: &sent,
        query: "",
        body: WITH_BODY.contains(&method).then_some("{}"),
        stage: match api.kind {
            ApiKind::Rest => "Prod",
            ApiKind::Http => "$default",
        },
        api_id: "abcde12345",
        account_id: &new.place.account,
        region: &new.place.region,
    };
    Ok(request.event()?)
}

/// A path as one would type it.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.display().to_string()
}
