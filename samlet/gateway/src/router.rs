//! Finds the route of a request: a literal segment beats `{param}`, which beats `{proxy+}`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>

use std::collections::HashMap;

use samlet_template::ApiKind;

/// A trie over path segments.
#[derive(Debug)]
pub(crate) struct Router<T> {
    root: Node<T>,
    kind: ApiKind,
}

#[derive(Debug)]
struct Node<T> {
    literals: HashMap<String, Node<T>>,
    /// API Gateway allows one parameter name in a place; several are kept
    /// apart by the routes themselves.
    parameter: Option<Box<Node<T>>>,
    methods: Vec<(String, Vec<String>, T)>,
    greedy: Vec<(String, Vec<String>, T)>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            literals: HashMap::new(),
            parameter: None,
            methods: Vec::new(),
            greedy: Vec::new(),
        }
    }
}

/// A route that fits, with its path parameters as they were sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Match<'a, T> {
    pub(crate) route: &'a T,
    pub(crate) parameters: Vec<(String, String)>,
}

impl<T> Router<T> {
    pub(crate) fn new(kind: ApiKind) -> Self {
        Self {
            root: Node::default(),
            kind,
        }
    }

    /// Adds `METHOD /a/{b}/{rest+}`; `ANY` stands for every method.
    pub(crate) fn add(&mut self, method: &str, path: &str, route: T) {
        let mut node = &mut self.root;
        let mut names = Vec::new();
        for segment in segments(path) {
            match parameter(segment) {
                Some(name) if name.ends_with('+') => {
                    names.push(name.trim_end_matches('+').to_owned());
                    node.greedy.push((method.to_owned(), names, route));
                    return;
                }
                Some(name) => {
                    names.push(name.to_owned());
                    node = node.parameter.get_or_insert_default();
                }
                None => node = node.literals.entry(segment.to_owned()).or_default(),
            }
        }
        node.methods.push((method.to_owned(), names, route));
    }

    /// The route of a request, if any. In a REST API the path alone decides
    /// the resource, and a method that this resource doesn't have is not
    /// looked for in another; in an HTTP API the next best route with the
    /// method is taken.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Match<'_, T>> {
        // A trailing slash is no segment of its own.
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<&str> = segments(path).collect();
        let of = |methods: &'_ Methods<T>, wanted: &str| {
            methods.iter().position(|(method, ..)| method == wanted)
        };
        let pick = |methods: &'_ Methods<T>| of(methods, method).or_else(|| of(methods, "ANY"));
        let fits = |methods: &'_ Methods<T>| match self.kind {
            ApiKind::Rest => !methods.is_empty(),
            ApiKind::Http => pick(methods).is_some(),
        };
        let (methods, values) = self.root.find(&segments, &mut Vec::new(), &fits)?;
        let (_, names, route) = &methods[pick(methods)?];
        let parameters = names.iter().cloned().zip(values).collect();
        Some(Match { route, parameters })
    }
}

/// The methods of one resource, each with its names for the path's parameters.
type Methods<T> = [(String, Vec<String>, T)];

impl<T> Node<T> {
    fn find(
        &self,
        rest: &[&str],
        values: &mut Vec<String>,
        fits: &impl Fn(&Methods<T>) -> bool,
    ) -> Option<(&Methods<T>, Vec<String>)> {
        let Some((segment, after)) = rest.split_first() else {
            return fits(&self.methods).then(|| (&self.methods[..], values.clone()));
        };
        let literal = self.literals.get(*segment);
        if let Some(found) = literal.and_then(|node| node.find(after, values, fits)) {
            return Some(found);
        }
        if let Some(node) = self.parameter.as_deref().filter(|_| !segment.is_empty()) {
            values.push((*segment).to_owned());
            if let Some(found) = node.find(after, values, fits) {
                return Some(found);
            }
            values.pop();
        }
        let value = rest.join("/");
        if value.is_empty() || !fits(&self.greedy) {
            return None;
        }
        let mut values = values.clone();
        values.push(value);
        Some((&self.greedy, values))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    // The root has no segments.
    (!path.is_empty())
        .then(|| path.split('/'))
        .into_iter()
        .flatten()
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn router() -> Router<&'static str> {
        let mut router = Router::new(ApiKind::Rest);
        for (method, path) in [
            ("GET", "/"),
            ("POST", "/message"),
            ("GET", "/message/{id}"),
            ("GET", "/message/latest"),
            ("POST", "/message/{id}"),
            ("GET", "/message/{id}/parts/{part}"),
            ("ANY", "/any"),
            ("GET", "/any"),
            ("GET", "/files/{proxy+}"),
            ("GET", "/files/index"),
        ] {
            router.add(method, path, path);
        }
        router
    }

    #[track_caller]
    fn check(method: &str, path: &str, expected: Option<(&str, &[(&str, &str)])>) {
        let router = router();
        let found = router
            .find(method, path)
            .map(|found| (*found.route, found.parameters));
        let expected = expected.map(|(route, parameters)| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            (route, parameters.iter().map(owned).collect::<Vec<_>>())
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn literals_beat_parameters_which_beat_greedy_ones() {
        check("GET", "/", Some(("/", &[])));
        check("GET", "/message/latest", Some(("/message/latest", &[])));
        check("GET", "/message/7", Some(("/message/{id}", &[("id", "7")])));
        check("GET", "/files/index", Some(("/files/index", &[])));
        check(
            "GET",
            "/files/index/x",
            Some(("/files/{proxy+}", &[("proxy", "index/x")])),
        );
        let both: &[_] = &[("id", "7"), ("part", "a")];
        check(
            "GET",
            "/message/7/parts/a",
            Some(("/message/{id}/parts/{part}", both)),
        );
    }

    #[test]
    fn parameters_keep_their_escapes_and_greedy_ones_their_slashes() {
        check(
            "GET",
            "/message/a%2Fb%20c",
            Some(("/message/{id}", &[("id", "a%2Fb%20c")])),
        );
        check(
            "GET",
            "/files/a//b/",
            Some(("/files/{proxy+}", &[("proxy", "a//b")])),
        );
        check(
            "GET",
            "/message/7/",
            Some(("/message/{id}", &[("id", "7")])),
        );
    }

    #[test]
    fn an_http_api_takes_the_next_best_route_with_the_method() {
        let mut router = Router::new(ApiKind::Http);
        for (method, path) in [
            ("GET", "/message/latest"),
            ("POST", "/message/{id}"),
            ("ANY", "/{proxy+}"),
        ] {
            router.add(method, path, path);
        }
        for (method, path, route) in [
            ("GET", "/message/latest", "/message/latest"),
            ("POST", "/message/latest", "/message/{id}"),
            ("PUT", "/message/latest", "/{proxy+}"),
        ] {
            assert_eq!(*router.find(method, path).unwrap().route, route, "{method}");
        }
    }

    #[test]
    fn an_unknown_path_or_method_has_no_route() {
        for (method, path) in [
            ("GET", "/nowhere"),
            ("DELETE", "/message/7"),
            ("GET", "/message"),
            ("GET", "/message//"),
            ("GET", "/files"),
            ("GET", "/files//"),
            ("POST", "/message/latest"),
            ("GET", "/message/7/parts"),
            ("get", "/message/7"),
        ] {
            check(method, path, None);
        }
        check("PATCH", "/any", Some(("/any", &[])));
    }
}
