//! The arguments of `samlet new` and `samlet init`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use heck::ToSnakeCase;
use samlet_scaffold::Route;

use super::ApplicationArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// Add a function in Rust: its package, its resource in the template, an
    /// example event and a test
    Function(NewFunctionArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NewFunctionArgs {
    /// Its logical id: letters and digits, such as ListMessages
    #[arg(value_parser = parse_logical_id)]
    pub(crate) name: String,
    /// Method and path, such as 'GET /messages' or 'PUT /messages/{id}'
    #[arg(long, value_name = "ROUTE", value_parser = parse_route)]
    pub(crate) route: Route,
    /// The API that gets the route, by logical id [default: the first]
    #[arg(long, value_name = "LOGICAL_ID")]
    pub(crate) api: Option<String>,
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
}

impl NewFunctionArgs {
    /// Of the function that a new application begins with.
    pub(crate) fn first(folder: &Path) -> Self {
        Self {
            name: "Hello".to_owned(),
            route: Route {
                method: "GET".to_owned(),
                path: "/hello".to_owned(),
            },
            api: None,
            application: ApplicationArgs {
                template: folder.join("template.yaml"),
                data_dir: None,
                parameter_overrides: Vec::new(),
                config_file: None,
                config_env: "default".to_owned(),
            },
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder, which is made if need be and must be empty
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// What each function's code has already.
const RESERVED: [&str; 3] = ["handler", "main", "tests"];

/// <https://doc.rust-lang.org/reference/keywords.html>
const RUST_KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// As CloudFormation has it, and as a Rust package can be named.
fn parse_logical_id(text: &str) -> Result<String, String> {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    // What the function's code would be named after it.
    let name = text.to_snake_case();
    if RESERVED.contains(&name.as_str()) || RUST_KEYWORDS.contains(&name.as_str()) {
        return Err(format!(
            "`{name}` is another thing's name in the code; choose another"
        ));
    }
    match text.starts_with(is_letter) && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => Ok(text.to_owned()),
        false => Err("a logical id begins with a letter, and has letters and digits only".into()),
    }
}

fn parse_route(text: &str) -> Result<Route, String> {
    let methods = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY",
    ];
    let (method, path) = text
        .split_once(char::is_whitespace)
        .ok_or("a route is a method and a path, such as 'GET /messages'")?;
    let (method, path) = (method.to_ascii_uppercase(), path.trim());
    if !methods.contains(&method.as_str()) {
        return Err(format!("{method} is none of {}", methods.join(", ")));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~{}+:@".contains(c);
    if !path.starts_with('/') || !path.chars().all(is_plain) {
        return Err(format!(
            "`{path}` is no path of an API, such as /messages or /messages/{{id}}"
        ));
    }
    let parameters = path.split('/').filter(|segment| segment.starts_with('{'));
    let mut parameters: Vec<&str> = parameters.collect();
    parameters.sort_unstable();
    if let Some(twice) = parameters.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("`{path}` has the parameter {} twice", twice[0]));
    }
    Ok(Route {
        method,
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_route_is_a_method_and_a_path() {
        let route = parse_route("put  /messages/{id}").unwrap();
        assert_eq!(route.to_string(), "PUT /messages/{id}");
        for wrong in [
            "GET",
            "/messages",
            "GIVE /a",
            "GET messages",
            "GET /a b",
            "GET /a\"b",
            "GET /a/{b}/{b}",
        ] {
            assert!(parse_route(wrong).is_err(), "{wrong}");
        }
        for (name, valid) in [
            ("ListMessages", true),
            ("1List", false),
            ("List-Messages", false),
            ("Match", false),
            ("Handler", false),
        ] {
            assert_eq!(parse_logical_id(name).is_ok(), valid, "{name}");
        }
    }
}
