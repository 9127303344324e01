//! Resolves intrinsic functions to plain values.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

pub(crate) mod check;
pub(crate) mod companions;
mod conditions;
pub(crate) mod late;
pub(crate) mod names;
mod parameters;
mod references;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostics::{Findings, Location};
use crate::yaml::{Entry, Kind, Node};
use crate::{Catalogue, Settings};
use late::Mentions;
use parameters::Parameter;

/// Everything a template's values may refer to.
pub(crate) struct Scope<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) template: &'a Node,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// Conditions evaluated so far: each is evaluated once, however often it is named.
    pub(crate) conditions: BTreeMap<String, bool>,
    /// Resources whose own name is being worked out, to notice a circle.
    pub(crate) naming: Vec<String>,
    /// Names worked out so far: each is once, however often it is referred to.
    pub(crate) names: BTreeMap<String, String>,
    /// Values that are being resolved, one for another.
    depth: usize,
    /// Bytes of all values resolved so far.
    resolved_bytes: usize,
    pub(crate) mentions: Mentions,
    /// The logical ids of APIs by their ids, once one was asked for.
    pub(crate) api_ids: BTreeMap<String, String>,
    pub(crate) findings: Findings,
}

/// What all values may come to. A template has 1 MB; but one that names
/// another value twice, and that one another, soon means more than fits in memory.
const MAX_RESOLVED_BYTES: usize = 64 * 1024 * 1024;

/// How deep values may lead from one to another.
const MAX_RESOLVING_DEPTH: usize = 200;

/// About what a node takes beside its text.
const NODE_BYTES: usize = 64;

impl<'a> Scope<'a> {
    pub(crate) fn new(
        template: &'a Node,
        settings: &'a Settings,
        catalogue: &'a Catalogue,
    ) -> Self {
        let mut findings = Findings::default();
        let parameters = parameters::read(template, settings, &mut findings);
        Self {
            settings,
            catalogue,
            template,
            parameters,
            conditions: BTreeMap::new(),
            naming: Vec::new(),
            names: BTreeMap::new(),
            depth: 0,
            resolved_bytes: 0,
            mentions: Mentions::default(),
            api_ids: BTreeMap::new(),
            findings,
        }
    }

    pub(crate) fn section(&self, name: &str) -> &'a [Entry] {
        self.template.entries_of(name)
    }

    /// A copy of `node` with everything resolved; `None` for `AWS::NoValue`.
    /// What can't be resolved is noted, and becomes empty text.
    pub(crate) fn resolve(&mut self, node: &Node) -> Option<Node> {
        if self.depth == MAX_RESOLVING_DEPTH {
            let message = "this value leads through too many others";
            self.findings.error(node.at, message, "");
            return Some(Node::text("", node.at));
        }
        self.depth += 1;
        let resolved = self.resolve_within(node);
        self.depth -= 1;
        resolved
    }

    /// Counts what a value takes; false, and told once, when all are too much.
    fn spend(&mut self, bytes: usize, at: Location) -> bool {
        let was_within = self.resolved_bytes <= MAX_RESOLVED_BYTES;
        self.resolved_bytes = self.resolved_bytes.saturating_add(bytes);
        let is_within = self.resolved_bytes <= MAX_RESOLVED_BYTES;
        if was_within && !is_within {
            let mega_bytes = MAX_RESOLVED_BYTES >> 20;
            let message = format!("the template's values are larger than {mega_bytes} MB in all");
            let help = "values are repeated here that repeat others in turn";
            self.findings.error(at, message, help);
        }
        is_within
    }

    fn resolve_within(&mut self, node: &Node) -> Option<Node> {
        let own = node.as_text().map_or(0, str::len);
        if !self.spend(NODE_BYTES + own, node.at) {
            return Some(Node::text("", node.at));
        }
        let kind = match &node.kind {
            Kind::Call(name, argument) => return self.call(name, argument, node.at),
            Kind::Map(entries) => {
                let entry = |entry: &Entry| {
                    let value = self.resolve(&entry.value)?;
                    Some(Entry {
                        key: entry.key.clone(),
                        at: entry.at,
                        value,
                    })
                };
                Kind::Map(entries.iter().filter_map(entry).collect())
            }
            Kind::List(items) => {
                Kind::List(items.iter().filter_map(|item| self.resolve(item)).collect())
            }
            other => other.clone(),
        };
        Some(Node { kind, at: node.at })
    }

    fn call(&mut self, name: &str, argument: &Node, at: Location) -> Option<Node> {
        match name {
            "Ref" => self.reference(argument, at),
            "Fn::GetAtt" => Some(self.get_att(argument, at)),
            "Fn::Sub" => Some(self.sub(argument, at)),
            "Fn::Join" => Some(self.join(argument, at)),
            "Fn::If" => self.if_(argument, at),
            "Fn::Select" => self.select(argument, at),
            "Fn::Split" => Some(self.split(argument, at)),
            "Fn::FindInMap" => self.find_in_map(argument, at),
            "Fn::Base64" => {
                let text = self.text_of(argument, "Fn::Base64", "a text", at);
                Some(Node::text(STANDARD.encode(text), at))
            }
            "Fn::GetAZs" => {
                let zones = ["a", "b", "c"];
                let zones = zones.map(|zone| format!("{}{zone}", self.settings.place.region));
                Some(list(zones, at))
            }
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" | "Condition" => {
                self.findings.error(
                    at,
                    format!("{name} belongs under Conditions"),
                    "name the condition there, and use it with !If",
                );
                Some(Node::text("", at))
            }
            "Fn::ImportValue" => {
                self.findings.error(
                    at,
                    "there is no other stack here to import a value from",
                    "make it a parameter, and pass it with --parameter-overrides",
                );
                Some(Node::text("", at))
            }
            _ => {
                self.findings.error(
                    at,
                    format!("the intrinsic function {name} is not provided"),
                    "Ref, GetAtt, Sub, Join, If, Select, Split, FindInMap, Base64 and GetAZs are",
                );
                Some(Node::text("", at))
            }
        }
    }

    pub(crate) fn malformed(&mut self, name: &str, shape: &str, at: Location) -> Node {
        self.findings.error(
            at,
            format!("{name} is malformed"),
            format!("it takes {shape}"),
        );
        Node::text("", at)
    }

    /// A resolved argument that has to be a text.
    fn text_of(&mut self, node: &Node, name: &str, shape: &str, at: Location) -> String {
        let resolved = self.resolve(node);
        match resolved.as_ref().and_then(Node::as_text) {
            Some(text) => text.to_owned(),
            None => {
                self.malformed(name, shape, at);
                String::new()
            }
        }
    }

    fn if_(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let shape = "[condition, value if true, value if false]";
        let [condition, yes, no] = argument.items() else {
            return Some(self.malformed("Fn::If", shape, at));
        };
        let Some(condition) = condition.as_text() else {
            return Some(self.malformed("Fn::If", shape, at));
        };
        let holds = self.condition(condition, at, 0);
        self.resolve(if holds { yes } else { no })
    }

    /// Follows `!If` to the value that holds, and leaves what is in that as it is.
    pub(crate) fn chosen<'n>(&mut self, node: &'n Node) -> Option<&'n Node> {
        match &node.kind {
            Kind::Call(name, argument) => match (name.as_str(), argument.items()) {
                ("Fn::If", [condition, yes, no]) => {
                    let name = condition.as_text().unwrap_or_default();
                    let holds = self.condition(name, condition.at, 0);
                    self.chosen(if holds { yes } else { no })
                }
                ("Ref", _) if argument.as_text() == Some("AWS::NoValue") => None,
                _ => Some(node),
            },
            _ => Some(node),
        }
    }

    fn sub(&mut self, argument: &Node, at: Location) -> Node {
        let shape = "a text, or [text, variables]";
        let (text, variables) = match &argument.kind {
            Kind::Text(text) => (text.as_str(), None),
            Kind::List(items) => match items.as_slice() {
                [text, variables] => match (text.as_text(), &variables.kind) {
                    (Some(text), Kind::Map(_)) => (text, Some(variables)),
                    _ => return self.malformed("Fn::Sub", shape, at),
                },
                _ => return self.malformed("Fn::Sub", shape, at),
            },
            _ => return self.malformed("Fn::Sub", shape, at),
        };
        let mut result = String::new();
        // Each is worked out once, however often it is used.
        let mut known: BTreeMap<&str, String> = BTreeMap::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result += before;
            let Some((name, after)) = after.split_once('}') else {
                return self.malformed("Fn::Sub", "a `}` for every `${`", at);
            };
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                result += &format!("${{{literal}}}");
                rest = after;
                continue;
            }
            let value = known.entry(name).or_insert_with(|| {
                let variable = variables.and_then(|variables| variables.get(name));
                match variable {
                    Some(variable) => {
                        let what = format!("for ${{{name}}} a text");
                        self.text_of(variable, "Fn::Sub", &what, at)
                    }
                    None => self.named(name, at),
                }
            });
            if !self.spend(value.len(), at) {
                return Node::text("", at);
            }
            result += value;
            rest = after;
        }
        Node::text(self.with_api_urls(result + rest, at), at)
    }

    fn join(&mut self, argument: &Node, at: Location) -> Node {
        let shape = "[separator, list of texts]";
        let [separator, list] = argument.items() else {
            return self.malformed("Fn::Join", shape, at);
        };
        let resolved = self.resolve(list);
        let (Some(separator), Some(Kind::List(items))) = (
            separator.as_text(),
            resolved.as_ref().map(|node| &node.kind),
        ) else {
            return self.malformed("Fn::Join", shape, at);
        };
        let texts: Vec<&str> = items.iter().filter_map(Node::as_text).collect();
        if texts.len() < items.len() {
            return self.malformed("Fn::Join", shape, at);
        }
        let bytes: usize = texts.iter().map(|text| text.len() + separator.len()).sum();
        match self.spend(bytes, at) {
            true => Node::text(self.with_api_urls(texts.join(separator), at), at),
            false => Node::text("", at),
        }
    }

    fn select(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let [index, source] = argument.items() else {
            return Some(self.malformed("Fn::Select", "[index, list]", at));
        };
        let index = self.resolve(index)?;
        let list = self.resolve(source)?;
        let index = index.as_text().and_then(|text| text.parse::<usize>().ok());
        match index.and_then(|index| list.items().get(index)) {
            Some(item) => Some(item.clone()),
            // An ARN of a resource that isn't here may have other parts on AWS.
            None if index.is_some() && self.mentions_resource(source) => {
                let message = "this part of a name cannot be worked out here: it is left empty";
                self.findings.warn(at, message);
                Some(Node::text("", at))
            }
            None => Some(self.malformed("Fn::Select", "an index within its list", at)),
        }
    }

    /// Whether a value is made of what another resource is called.
    fn mentions_resource(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Call(name, argument) if name == "Ref" => {
                let name = argument.as_text().unwrap_or_default();
                self.resource(name).is_some() || self.is_made_by_sam(name)
            }
            Kind::Call(name, _) if name == "Fn::GetAtt" => true,
            Kind::Call(_, argument) => self.mentions_resource(argument),
            Kind::List(items) => items.iter().any(|item| self.mentions_resource(item)),
            _ => false,
        }
    }

    fn split(&mut self, argument: &Node, at: Location) -> Node {
        let shape = "[separator, text]";
        let [separator, text] = argument.items() else {
            return self.malformed("Fn::Split", shape, at);
        };
        let Some(separator) = separator.as_text().filter(|text| !text.is_empty()) else {
            return self.malformed("Fn::Split", shape, at);
        };
        let text = self.text_of(text, "Fn::Split", shape, at);
        list(text.split(separator), at)
    }

    /// A value of the section Mappings, where CloudFormation takes no functions.
    fn literal(&mut self, value: &Node, at: Location) -> Node {
        match weight(value) {
            Ok(bytes) if self.spend(bytes, at) => value.clone(),
            Ok(_) => Node::text("", at),
            Err(place) => {
                let message =
                    "Template format error: Every Mappings attribute must be a String or a List";
                let help = "intrinsic functions have no effect in Mappings";
                self.findings.error(place, message, help);
                Node::text("", at)
            }
        }
    }

    fn find_in_map(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let (keys, fallback) = match argument.items() {
            [keys @ .., last] if keys.len() == 3 => (keys, last.get("DefaultValue")),
            keys => (keys, None),
        };
        let shape = "[map, key, second key]";
        let mut texts = Vec::new();
        for key in keys {
            texts.push(self.text_of(key, "Fn::FindInMap", shape, at));
        }
        let [map, first, second] = texts.as_slice() else {
            return Some(self.malformed("Fn::FindInMap", shape, at));
        };
        let template = self.template;
        let found = template
            .get("Mappings")
            .and_then(|node| node.get(map)?.get(first)?.get(second));
        match (found, fallback) {
            (Some(value), _) => Some(self.literal(value, at)),
            (None, Some(value)) => self.resolve(value),
            (None, None) => {
                let message = format!("there is no {map}.{first}.{second} under Mappings");
                self.findings.error(at, message, "");
                Some(Node::text("", at))
            }
        }
    }
}

/// About what a value takes; `Err` is where a function is in it.
fn weight(node: &Node) -> Result<usize, Location> {
    match &node.kind {
        Kind::Call(..) => Err(node.at),
        Kind::List(items) => items.iter().map(weight).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| weight(&entry.value)).sum(),
        Kind::Null | Kind::Text(_) | Kind::Literal(_) => {
            Ok(NODE_BYTES + node.as_text().map_or(0, str::len))
        }
    }
}

fn list<T: Into<String>>(texts: impl IntoIterator<Item = T>, at: Location) -> Node {
    let items = texts.into_iter().map(|text| Node::text(text, at));
    Node {
        kind: Kind::List(items.collect()),
        at,
    }
}
