//! How requests divide: names on the command line become shares of routes.

use samlet_template::{ApiKind, Application, Function};

use crate::{Entry, EstimateError, Gateway, watching};

/// The ways into the application, with the share of each; they add up to one.
pub fn entries(
    application: &Application,
    mix: &[(String, f64)],
) -> Result<Vec<Entry>, EstimateError> {
    let mut entries = routes(application);
    if mix.is_empty() {
        entries.iter_mut().for_each(|entry| entry.share = 1.0);
    }
    for (name, weight) in mix {
        add(application, &mut entries, name, *weight)?;
    }
    let total: f64 = entries.iter().map(|entry| entry.share).sum();
    if total <= 0.0 {
        return Err(EstimateError::NothingToEstimate);
    }
    entries.iter_mut().for_each(|entry| entry.share /= total);
    Ok(entries)
}

/// Gives a weight to a route, or to a function's routes together. A function
/// without routes is invoked in another way.
fn add(
    application: &Application,
    entries: &mut Vec<Entry>,
    name: &str,
    weight: f64,
) -> Result<(), EstimateError> {
    let is_named = |entry: &&mut Entry| entry.name.eq_ignore_ascii_case(name);
    if let Some(entry) = entries.iter_mut().find(is_named) {
        entry.share += weight;
        return Ok(());
    }
    let index = function(application, name).map_err(|error| match error {
        EstimateError::NoFunction { name, known } => {
            let routes: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            let known = format!("{known}, {}", routes.join(", "));
            EstimateError::NoPart { name, known }
        }
        error => error,
    })?;
    let own = entries.iter_mut().filter(|entry| entry.function == index);
    let mut own: Vec<&mut Entry> = own.collect();
    let count = own.len();
    own.iter_mut()
        .for_each(|entry| entry.share += weight / count as f64);
    if count == 0 {
        entries.push(Entry {
            name: application.functions[index].logical_id.clone(),
            gateway: None,
            function: index,
            share: weight,
            throttle: None,
            traced: application.functions[index].traced,
            access_log_bytes: 0.0,
        });
    }
    Ok(())
}

fn routes(application: &Application) -> Vec<Entry> {
    let apis = application.apis.iter();
    let routes = apis.flat_map(|api| api.routes.iter().map(move |route| (api, route)));
    let entry = |(api, route): (&samlet_template::Api, &samlet_template::Route)| {
        let mut functions = application.functions.iter();
        let function = functions.position(|function| function.name == route.function)?;
        Some(Entry {
            name: match route.path.as_str() {
                "$default" => route.path.clone(),
                path => format!("{} {path}", route.method),
            },
            gateway: Some(match api.kind {
                ApiKind::Rest => Gateway::Rest,
                ApiKind::Http => Gateway::Http,
            }),
            function,
            share: 0.0,
            throttle: route.throttle.map(|throttle| throttle.rate),
            // Where the API doesn't, the function asks X-Ray itself.
            traced: api.traced || application.functions[function].traced,
            access_log_bytes: watching::access_log_bytes(api),
        })
    };
    routes.filter_map(entry).collect()
}

/// The function of this logical id or name, or the only one that begins so.
pub(crate) fn function(application: &Application, name: &str) -> Result<usize, EstimateError> {
    let functions = &application.functions;
    let ids = || {
        functions
            .iter()
            .map(|function| function.logical_id.as_str())
    };
    let is_exact = |function: &Function| function.logical_id == name || function.name == name;
    match functions.iter().position(is_exact) {
        Some(index) => Ok(index),
        None => beginning(ids(), name).map_err(|known| match known.is_empty() {
            true => EstimateError::NoFunction {
                name: name.to_owned(),
                known: ids().collect::<Vec<_>>().join(", "),
            },
            false => EstimateError::Ambiguous {
                name: name.to_owned(),
                candidates: known.join(" or "),
            },
        }),
    }
}

/// The only id that begins so, in any case of letters; else all that do.
fn beginning<'a>(ids: impl Iterator<Item = &'a str>, name: &str) -> Result<usize, Vec<&'a str>> {
    let begins = |id: &str| {
        let start = id.get(..name.len());
        !name.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let found: Vec<(usize, &str)> = ids.enumerate().filter(|(_, id)| begins(id)).collect();
    if let [(index, _)] = found[..] {
        return Ok(index);
    }
    Err(found.into_iter().map(|(_, id)| id).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn application() -> Application {
        let source = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Handler: h, Runtime: provided.al2023}}
Resources:
  CreateThing:
    Type: AWS::Serverless::Function
    Properties: {Events: {A: {Type: Api, Properties: {Path: /a, Method: POST}}}}
  ReadThing:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: HttpApi, Properties: {Path: '/a/{id}', Method: GET}}
        B: {Type: HttpApi, Properties: {Path: /b, Method: GET}}
  ReadOther:
    Type: AWS::Serverless::Function
    Properties: {MemorySize: 256}
";
        crate::example::application(source)
    }

    fn shares(mix: &[(&str, f64)]) -> Result<Vec<(String, f64)>, EstimateError> {
        let mix: Vec<(String, f64)> = mix
            .iter()
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect();
        let entries = entries(&application(), &mix)?;
        Ok(entries
            .into_iter()
            .map(|entry| (entry.name, entry.share))
            .collect())
    }

    fn named(shares: &[(&str, f64)]) -> Vec<(String, f64)> {
        shares
            .iter()
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect()
    }

    #[test]
    fn without_a_mix_all_routes_are_alike() {
        let third = 1.0 / 3.0;
        let expected = [
            ("POST /a", third),
            ("GET /a/{id}", third),
            ("GET /b", third),
        ];
        assert_eq!(shares(&[]).unwrap(), named(&expected));
    }

    #[test]
    fn a_functions_weight_is_divided_among_its_routes() {
        let expected = [
            ("POST /a", 0.25),
            ("GET /a/{id}", 0.25),
            ("GET /b", 0.25),
            ("ReadOther", 0.25),
        ];
        let mix = [("create", 1.0), ("READTHING", 2.0), ("ReadOther", 1.0)];
        assert_eq!(shares(&mix).unwrap(), named(&expected));
        let expected = [("POST /a", 0.0), ("GET /a/{id}", 0.0), ("GET /b", 1.0)];
        assert_eq!(shares(&[("get /b", 7.0)]).unwrap(), named(&expected));
    }

    #[test]
    fn a_name_must_be_somebodys_and_only_ones() {
        let error = |name| shares(&[(name, 1.0)]).unwrap_err().to_string();
        assert_eq!(error("read"), "read may be ReadThing or ReadOther");
        assert_eq!(
            error("GET /c"),
            "GET /c is no function and no route of the template"
        );
        assert_eq!(error(""), " is no function and no route of the template");
        assert!(
            shares(&[("create", 0.0)])
                .unwrap_err()
                .to_string()
                .contains("nothing to estimate")
        );
    }
}
