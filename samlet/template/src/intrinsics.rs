//! Resolves parameters, conditions and intrinsic functions to plain values.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use std::collections::BTreeMap;

use crate::Settings;
use crate::diagnostics::{Findings, Location};
use crate::names::{api_id, did_you_mean};
use crate::node::{Entry, Kind, Node};

/// How deep conditions may refer to one another.
const MAX_CONDITION_DEPTH: usize = 50;

/// Everything a template's values may refer to.
pub(crate) struct Scope<'a> {
    settings: &'a Settings,
    template: &'a Node,
    parameters: BTreeMap<String, String>,
    /// Conditions evaluated so far: each is evaluated once, however often it is named.
    conditions: BTreeMap<String, bool>,
    pub(crate) findings: Findings,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(template: &'a Node, settings: &'a Settings) -> Self {
        let findings = Findings::default();
        let mut scope = Self {
            settings,
            template,
            parameters: BTreeMap::new(),
            conditions: BTreeMap::new(),
            findings,
        };
        scope.read_parameters();
        scope
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        self.settings
    }

    fn section(&self, name: &str) -> &'a [Entry] {
        self.template.get(name).map_or(&[], Node::entries)
    }

    fn read_parameters(&mut self) {
        let declared = self.section("Parameters");
        for entry in declared {
            let given = self.settings.parameter_overrides.get(&entry.key).cloned();
            let default = entry
                .value
                .get("Default")
                .and_then(Node::as_text)
                .map(str::to_owned);
            let Some(value) = given.or(default) else {
                let help = format!("pass --parameter-overrides {}=VALUE", entry.key);
                self.findings.error(
                    entry.at,
                    format!("the parameter {} has no value", entry.key),
                    help,
                );
                continue;
            };
            let allowed = entry
                .value
                .get("AllowedValues")
                .map_or(&[][..], Node::items);
            if !allowed.is_empty() && !allowed.iter().any(|node| node.as_text() == Some(&value)) {
                let texts: Vec<&str> = allowed.iter().filter_map(Node::as_text).collect();
                let message = format!("`{value}` is not allowed for the parameter {}", entry.key);
                self.findings.error(
                    entry.at,
                    message,
                    format!("allowed are {}", texts.join(", ")),
                );
            }
            let kind = entry
                .value
                .get("Type")
                .and_then(Node::as_text)
                .unwrap_or("String");
            if kind == "Number" && value.parse::<f64>().is_err() {
                let message = format!(
                    "`{value}` is no Number, as the parameter {} is declared",
                    entry.key
                );
                self.findings.error(entry.at, message, "");
            }
            if let Some(pattern) = entry.value.get("AllowedPattern") {
                self.findings
                    .warn(pattern.at, "AllowedPattern is not checked here");
            }
            self.parameters.insert(entry.key.clone(), value);
        }
        let names: Vec<&str> = declared.iter().map(|entry| entry.key.as_str()).collect();
        for name in self.settings.parameter_overrides.keys() {
            if !names.contains(&name.as_str()) {
                let message = format!(
                    "--parameter-overrides names {name}, which is no parameter of the template"
                );
                self.findings
                    .error(self.template.at, message, did_you_mean(name, &names));
            }
        }
    }

    /// A copy of `node` with everything resolved; `None` for `AWS::NoValue`.
    /// What can't be resolved is noted, and becomes empty text.
    pub(crate) fn resolve(&mut self, node: &Node) -> Option<Node> {
        let kind = match &node.kind {
            Kind::Call(name, argument) => return self.call(name, argument, node.at),
            Kind::Map(entries) => {
                if let [only] = entries.as_slice()
                    && (only.key == "Ref" || only.key.starts_with("Fn::"))
                {
                    return self.call(&only.key, &only.value, node.at);
                }
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
        let text = match name {
            "Ref" => {
                let target = argument.as_text().unwrap_or_default().to_owned();
                if target == "AWS::NoValue" {
                    return None;
                }
                if let Some(list) = self.list_parameter(&target, at) {
                    return Some(list);
                }
                self.reference(&target, at)
            }
            "Fn::GetAtt" => self.get_att(argument, at),
            "Fn::Sub" => self.sub(argument, at),
            "Fn::Join" => self.join(argument, at),
            "Fn::If" => {
                let [condition, yes, no] = argument.items() else {
                    return self.malformed(name, "[condition, value if true, value if false]", at);
                };
                let holds = self.condition(condition.as_text().unwrap_or_default(), at, 0);
                return self.resolve(if holds { yes } else { no });
            }
            "Fn::Select" => return self.select(argument, at),
            "Fn::Split" => return self.split(argument, at),
            "Fn::FindInMap" => return self.find_in_map(argument, at),
            _ => {
                let help = "Ref, GetAtt, Sub, Join, If, Select, Split and FindInMap are";
                self.findings.error(
                    at,
                    format!("the intrinsic function {name} is not supported"),
                    help,
                );
                String::new()
            }
        };
        Some(Node::text(text, at))
    }

    fn malformed(&mut self, name: &str, shape: &str, at: Location) -> Option<Node> {
        self.findings.error(
            at,
            format!("{name} is malformed"),
            format!("it takes {shape}"),
        );
        Some(Node::text("", at))
    }

    fn list_parameter(&self, name: &str, at: Location) -> Option<Node> {
        let declared = self.template.get("Parameters")?.get(name)?;
        let kind = declared.get("Type")?.as_text()?;
        if kind != "CommaDelimitedList" && !kind.starts_with("List<") {
            return None;
        }
        let items = self
            .parameters
            .get(name)?
            .split(',')
            .map(|item| Node::text(item.trim(), at));
        Some(Node {
            kind: Kind::List(items.collect()),
            at,
        })
    }

    /// What `!Ref name` gives.
    fn reference(&mut self, name: &str, at: Location) -> String {
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        let settings = self.settings;
        let (region, account, stack) =
            (&settings.region, &settings.account_id, &settings.stack_name);
        match name {
            "AWS::Region" => region.clone(),
            "AWS::AccountId" => account.clone(),
            "AWS::StackName" => stack.clone(),
            "AWS::Partition" => "aws".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            "AWS::StackId" => {
                format!("arn:aws:cloudformation:{region}:{account}:stack/{stack}/local")
            }
            "ServerlessRestApi" => api_id(stack, name),
            _ => match self.resource(name) {
                Some(_) if self.kind_of(name).contains("Serverless::Api") => api_id(stack, name),
                Some(_) => self.physical_name(name),
                None => {
                    self.unresolvable(name, at);
                    String::new()
                }
            },
        }
    }

    fn resource(&self, name: &str) -> Option<&'a Node> {
        self.template.get("Resources")?.get(name)
    }

    fn kind_of(&self, name: &str) -> &'a str {
        self.resource(name)
            .and_then(|node| node.get("Type"))
            .and_then(Node::as_text)
            .unwrap_or_default()
    }

    /// The name a resource states, or `STACK-LOGICALID`.
    pub(crate) fn physical_name(&mut self, logical_id: &str) -> String {
        let stated = self
            .resource(logical_id)
            .and_then(|node| node.get("Properties"))
            .and_then(|node| {
                ["TableName", "FunctionName", "RoleName", "Name"]
                    .iter()
                    .find_map(|name| node.get(name))
            });
        let text = match stated {
            // Names that themselves refer to resources would go in circles.
            Some(node)
                if node.as_text().is_some()
                    || !mentions_resource(node, self.section("Resources")) =>
            {
                self.resolve(node)
                    .and_then(|node| node.as_text().map(str::to_owned))
            }
            Some(node) => {
                let help = "name it without a reference to another resource";
                self.findings.error(
                    node.at,
                    format!("the name of {logical_id} refers to a resource"),
                    help,
                );
                None
            }
            None => None,
        };
        text.unwrap_or_else(|| format!("{}-{logical_id}", self.settings.stack_name))
    }

    fn unresolvable(&mut self, name: &str, at: Location) {
        let known: Vec<&str> = ["Parameters", "Resources"]
            .iter()
            .flat_map(|section| self.section(section))
            .map(|entry| entry.key.as_str())
            .collect();
        let message = format!("`{name}` is neither a parameter nor a resource of this template");
        self.findings.error(at, message, did_you_mean(name, &known));
    }

    fn get_att(&mut self, argument: &Node, at: Location) -> String {
        let text = match &argument.kind {
            Kind::Text(text) => text.clone(),
            Kind::List(items) => items
                .iter()
                .filter_map(Node::as_text)
                .collect::<Vec<_>>()
                .join("."),
            _ => String::new(),
        };
        self.attribute(&text, at)
    }

    /// What `!GetAtt Resource.Attribute` gives.
    fn attribute(&mut self, text: &str, at: Location) -> String {
        let Some((name, attribute)) = text.split_once('.') else {
            self.malformed("Fn::GetAtt", "Resource.Attribute", at);
            return String::new();
        };
        // SAM makes a role for each function that names none.
        let role_of = name
            .strip_suffix("Role")
            .filter(|function| self.resource(function).is_some());
        if self.resource(name).is_none() && role_of.is_none() {
            self.unresolvable(name, at);
            return String::new();
        }
        let Settings {
            region,
            account_id: account,
            ..
        } = self.settings;
        let physical = self.physical_name(name);
        match (self.kind_of(name), attribute) {
            ("AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable", "Arn") => {
                format!("arn:aws:dynamodb:{region}:{account}:table/{physical}")
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("arn:aws:dynamodb:{region}:{account}:table/{physical}/stream/local")
            }
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => {
                format!("arn:aws:lambda:{region}:{account}:function:{physical}")
            }
            ("AWS::IAM::Role" | "", "Arn") => format!("arn:aws:iam::{account}:role/{physical}"),
            ("AWS::DynamoDB::Table" | "AWS::Serverless::Function", _) => {
                let message = format!("{name} has no attribute `{attribute}`");
                self.findings.error(at, message, "its `Arn` can be had");
                String::new()
            }
            (kind, "Arn") => {
                let service = kind.split("::").nth(1).unwrap_or("service").to_lowercase();
                format!("arn:aws:{service}:{region}:{account}:{physical}")
            }
            _ => physical,
        }
    }

    fn sub(&mut self, argument: &Node, at: Location) -> String {
        let (text, variables) = match &argument.kind {
            Kind::Text(text) => (text.clone(), None),
            Kind::List(items) => match items.as_slice() {
                [text, variables] => (
                    text.as_text().unwrap_or_default().to_owned(),
                    Some(variables),
                ),
                _ => return self.malformed_text("Fn::Sub", "a text, or [text, variables]", at),
            },
            _ => return self.malformed_text("Fn::Sub", "a text, or [text, variables]", at),
        };
        let mut result = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            result += before;
            let Some((name, after)) = after.split_once('}') else {
                return self.malformed_text("Fn::Sub", "a `}` for every `${`", at);
            };
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                result += &format!("${{{literal}}}");
            } else if let Some(variable) = variables.and_then(|variables| variables.get(name)) {
                let value = self.resolve(variable);
                result += value.as_ref().and_then(Node::as_text).unwrap_or_default();
            } else if name.contains('.') {
                result += &self.attribute(name, at);
            } else {
                result += &self.reference(name, at);
            }
            rest = after;
        }
        result + rest
    }

    fn malformed_text(&mut self, name: &str, shape: &str, at: Location) -> String {
        self.malformed(name, shape, at);
        String::new()
    }

    fn join(&mut self, argument: &Node, at: Location) -> String {
        let [separator, list] = argument.items() else {
            return self.malformed_text("Fn::Join", "[separator, list]", at);
        };
        let list = self.resolve(list);
        let items = list.as_ref().map_or(&[][..], Node::items);
        let texts: Vec<&str> = items.iter().filter_map(Node::as_text).collect();
        texts.join(separator.as_text().unwrap_or_default())
    }

    fn select(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let [index, list] = argument.items() else {
            return self.malformed("Fn::Select", "[index, list]", at);
        };
        let index = self
            .resolve(index)?
            .as_text()
            .and_then(|text| text.parse::<usize>().ok());
        let list = self.resolve(list)?;
        match index.and_then(|index| list.items().get(index)) {
            Some(item) => Some(item.clone()),
            None => self.malformed("Fn::Select", "an index within its list", at),
        }
    }

    fn split(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let [separator, text] = argument.items() else {
            return self.malformed("Fn::Split", "[separator, text]", at);
        };
        let separator = separator
            .as_text()
            .filter(|separator| !separator.is_empty())?
            .to_owned();
        let text = self.resolve(text)?;
        let items = text
            .as_text()
            .unwrap_or_default()
            .split(&separator)
            .map(|item| Node::text(item, at));
        Some(Node {
            kind: Kind::List(items.collect()),
            at,
        })
    }

    fn find_in_map(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let mut keys = Vec::new();
        for item in argument.items() {
            keys.push(self.resolve(item)?.as_text().unwrap_or_default().to_owned());
        }
        let mappings = self.template.get("Mappings");
        let found = mappings.and_then(|node| keys.iter().try_fold(node, |node, key| node.get(key)));
        match found.filter(|_| keys.len() == 3) {
            Some(value) => Some(value.clone()),
            None => self.malformed(
                "Fn::FindInMap",
                "[map, key, second key], all of them in Mappings",
                at,
            ),
        }
    }

    /// Whether a condition of the template holds.
    pub(crate) fn condition(&mut self, name: &str, at: Location, depth: usize) -> bool {
        if let Some(holds) = self.conditions.get(name) {
            return *holds;
        }
        let declared = self
            .section("Conditions")
            .iter()
            .find(|entry| entry.key == name);
        match declared {
            Some(_) if depth > MAX_CONDITION_DEPTH => {
                self.findings
                    .error(at, format!("the condition {name} refers to itself"), "");
                false
            }
            Some(entry) => {
                let holds = self.holds(&entry.value, depth + 1);
                self.conditions.insert(name.to_owned(), holds);
                holds
            }
            None => {
                let known: Vec<&str> = self
                    .section("Conditions")
                    .iter()
                    .map(|e| e.key.as_str())
                    .collect();
                let message = format!("`{name}` is no condition of this template");
                self.findings.error(at, message, did_you_mean(name, &known));
                false
            }
        }
    }

    fn holds(&mut self, node: &Node, depth: usize) -> bool {
        let (name, argument) = match &node.kind {
            Kind::Call(name, argument) => (name.as_str(), &**argument),
            Kind::Map(entries) if entries.len() == 1 => {
                (entries[0].key.as_str(), &entries[0].value)
            }
            _ => ("", node),
        };
        match name {
            "Fn::Equals" => {
                let sides: Vec<_> = argument
                    .items()
                    .iter()
                    .map(|item| self.resolve(item))
                    .collect();
                let text =
                    |side: &Option<Node>| side.as_ref().and_then(Node::as_text).map(str::to_owned);
                matches!(sides.as_slice(), [a, b] if text(a) == text(b))
            }
            "Fn::Not" => argument
                .items()
                .first()
                .is_some_and(|item| !self.holds(item, depth)),
            "Fn::And" => argument.items().iter().all(|item| self.holds(item, depth)),
            "Fn::Or" => argument.items().iter().any(|item| self.holds(item, depth)),
            "Condition" => self.condition(argument.as_text().unwrap_or_default(), node.at, depth),
            _ => {
                self.malformed("a condition", "Equals, Not, And, Or or Condition", node.at);
                false
            }
        }
    }
}

fn mentions_resource(node: &Node, resources: &[Entry]) -> bool {
    let known = |text: &str| {
        resources
            .iter()
            .any(|entry| text == entry.key || text.contains(&format!("${{{}", entry.key)))
    };
    match &node.kind {
        Kind::Text(text) => known(text.split('.').next().unwrap_or(text)) || known(text),
        Kind::List(items) => items.iter().any(|item| mentions_resource(item, resources)),
        Kind::Map(entries) => entries
            .iter()
            .any(|entry| mentions_resource(&entry.value, resources)),
        Kind::Call(_, argument) => mentions_resource(argument, resources),
        Kind::Null => false,
    }
}
