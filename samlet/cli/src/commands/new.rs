//! `samlet new` and `samlet init`: functions and applications to begin with, in one layout.

mod package;
mod resource;
mod skeleton;

use std::path::{Path, PathBuf};

use heck::{ToKebabCase, ToSnakeCase};
use samlet_gateway::SampleRequest;
use samlet_template::{Api, ApiKind, Application, PayloadFormat};

use crate::args::{InitArgs, NewFunctionArgs, RouteArg};
use crate::error::Error;
use crate::template;
use crate::terminal::print_status;
use samlet_run::{ACCOUNT_ID, REGION};
use skeleton::Values;

/// Where functions go when there are none yet.
const HANDLERS: &str = "src/handlers";

/// Whose requests have a body.
const WITH_BODY: [&str; 4] = ["POST", "PUT", "PATCH", "ANY"];

/// `samlet new function`.
pub(crate) fn function(args: &NewFunctionArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let application = &template.application;
    let api = api(application, args.api.as_deref())?;
    check(application, &api, args)?;
    let folder = template.folder();
    let handlers = handlers(application, folder);
    let target = folder.join(&handlers).join(&args.name);
    if target.exists() {
        return Err(Error::Exists(target));
    }
    let package = args.name.to_kebab_case();
    package::check_free(folder, &package)?;
    let common = package::common(folder);
    let values = Values::new(&[
        ("name", &args.name),
        ("package", &package),
        ("function", &args.name.to_snake_case()),
        ("route", &args.route.to_string()),
        ("method", &args.route.method),
        ("path", &args.route.path),
        ("code", &handlers.join(&args.name).to_string_lossy()),
        ("event", api.event()),
        ("request", api.request()),
        ("imports", &imports(api.request())),
        ("events", &up_to(&handlers.join(&args.name), "events")),
    ]);

    // First what can go wrong without anything being there.
    let text = resource::added(&template, &api, &args.name, &values)?;
    let checked = template::source(&args.application, &config, false).check(&text);
    checked.map_err(|wrong| Error::NotAddable(wrong.message))?;
    let event = sample(args, &api)?;

    package::create(folder, &target, &values, common.as_deref())?;
    print_status(
        "Created",
        &format!("{} (Cargo.toml, function.rs)", shown(&target)),
    );
    write_event(
        folder,
        &format!("{}-event.json", args.name),
        &format!("{event:#}\n"),
    )?;
    if WITH_BODY.contains(&args.route.method.as_str()) {
        write_event(folder, &format!("{}-msg.json", args.name), "{}\n")?;
    }
    skeleton::write(&template.path, &text)?;
    let what = format!(
        "{} to {}: {}",
        args.name,
        template.path.display(),
        args.route
    );
    print_status("Added", &what);
    let there = match folder == Path::new(".") {
        true => String::new(),
        false => format!("cd {}; ", folder.display()),
    };
    let next = format!(
        "{there}cargo test -p {package}; samlet start serves {}",
        args.route.path
    );
    print_status("Try", &next);
    Ok(())
}

/// `samlet init`.
pub(crate) fn init(args: &InitArgs) -> Result<(), Error> {
    let folder = &args.folder;
    let is_empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.exists() && !is_empty {
        return Err(Error::NotEmpty(folder.clone()));
    }
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    let name = absolute.file_name().unwrap_or_default().to_string_lossy();
    let title = Some(name.to_kebab_case()).filter(|name| !name.is_empty());
    let title = title.unwrap_or_else(|| "application".to_owned());
    for (path, content) in skeleton::APPLICATION {
        skeleton::write(
            &folder.join(path),
            &Values::new(&[("title", &title)]).fill(content),
        )?;
    }
    print_status(
        "Created",
        &format!("{} with template.yaml and src/common", folder.display()),
    );
    function(&NewFunctionArgs::first(folder))
}

/// The API that a route is added to.
pub(super) struct Target {
    pub(super) kind: ApiKind,
    /// `None` is the one that SAM makes by itself.
    pub(super) logical_id: Option<String>,
}

impl Target {
    fn of(api: &Api) -> Self {
        let is_implicit = matches!(
            api.logical_id.as_str(),
            "ServerlessRestApi" | "ServerlessHttpApi"
        );
        Self {
            kind: api.kind,
            logical_id: (!is_implicit).then(|| api.logical_id.clone()),
        }
    }

    /// The type of the function's event.
    fn event(&self) -> &'static str {
        match self.kind {
            ApiKind::Rest => "Api",
            ApiKind::Http => "HttpApi",
        }
    }

    /// What the function is given.
    fn request(&self) -> &'static str {
        match self.kind {
            ApiKind::Rest => "ApiGatewayProxyRequest",
            ApiKind::Http => "ApiGatewayV2httpRequest",
        }
    }
}

/// The API of this logical id, else the first, else the one that the template
/// declares and that has no routes yet, else the one that SAM would make.
fn api(application: &Application, wanted: Option<&str>) -> Result<Target, Error> {
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
    let position = position.ok_or_else(|| Error::NoApi {
        name: wanted.to_owned(),
        known,
    })?;
    Ok(all.swap_remove(position))
}

/// Whether there is room for such a function.
fn check(application: &Application, api: &Target, args: &NewFunctionArgs) -> Result<(), Error> {
    let mut functions = application.functions.iter();
    if let Some(known) = functions.find(|function| function.logical_id == args.name) {
        return Err(Error::FunctionExists {
            name: args.name.clone(),
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
        if route.path == args.route.path && route.method == args.route.method {
            return Err(Error::RouteExists {
                route: args.route.to_string(),
                line: route.location.line,
            });
        }
    }
    Ok(())
}

/// Where the application keeps its Rust functions.
fn handlers(application: &Application, folder: &Path) -> PathBuf {
    let functions = application.functions.iter();
    let mut codes = functions.map(|function| function.code_uri.as_path());
    let rust = codes.find(|code| folder.join(code).join("Cargo.toml").is_file());
    let parent = rust.and_then(Path::parent);
    parent.map_or_else(|| PathBuf::from(HANDLERS), Path::to_owned)
}

/// From a folder of the application to another: `../../../events`.
fn up_to(from: &Path, to: &str) -> String {
    let up = from
        .components()
        .filter(|c| matches!(c, std::path::Component::Normal(_)));
    "../".repeat(up.count()) + to
}

fn imports(request: &str) -> String {
    let mut names = [request, "ApiGatewayProxyResponse"];
    names.sort_unstable();
    names.join(", ")
}

/// An event as the route would send it, with `1` for every parameter.
fn sample(args: &NewFunctionArgs, api: &Target) -> Result<serde_json::Value, Error> {
    let RouteArg { method, path } = &args.route;
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
        account_id: ACCOUNT_ID,
        region: REGION,
    };
    Ok(request.event()?)
}

/// A path as one would type it.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.display().to_string()
}

fn write_event(folder: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = folder.join("events").join(name);
    skeleton::write(&path, text)?;
    print_status("Created", &shown(&path));
    Ok(())
}
