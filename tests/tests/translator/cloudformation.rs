//! Resolves the intrinsic functions of a translated template, independently of samlet; what it doesn't know ends the test.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
const STACK: &str = "local";

/// A translated template as the stack that it would be.
pub(crate) struct Stack<'a> {
    pub(crate) template: &'a Value,
    /// The ids of the APIs: names that API Gateway makes up, and samlet too.
    pub(crate) api_ids: BTreeMap<String, String>,
}

impl Stack<'_> {
    /// The resources that are made: logical id, type, resolved properties.
    pub(crate) fn resources(&self) -> Vec<(&str, &str, Value)> {
        let all = self.template["Resources"].as_object().unwrap().iter();
        let wanted = all.filter(|(_, resource)| self.is_wanted(resource));
        wanted
            .map(|(id, resource)| {
                let properties = self.resolve(&resource["Properties"]);
                (id.as_str(), resource["Type"].as_str().unwrap(), properties)
            })
            .collect()
    }

    /// Whether the condition of a resource or an output holds.
    pub(crate) fn is_wanted(&self, declared: &Value) -> bool {
        declared["Condition"]
            .as_str()
            .is_none_or(|name| self.holds(&json!({"Condition": name})))
    }

    /// A value with its intrinsic functions resolved; `AWS::NoValue` leaves nothing.
    pub(crate) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolve(item));
                items.filter(|item| !item.is_null()).collect()
            }
            Value::Object(object) => match object.iter().next() {
                Some((name, argument))
                    if object.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) =>
                {
                    self.call(name, argument)
                }
                _ => self.members(object),
            },
            plain => plain.clone(),
        }
    }

    fn members(&self, object: &Map<String, Value>) -> Value {
        let members = object.iter();
        let members = members.map(|(name, value)| (name.clone(), self.resolve(value)));
        members.filter(|(_, value)| !value.is_null()).collect()
    }

    fn call(&self, name: &str, argument: &Value) -> Value {
        let part = |n: usize| self.resolve(&argument[n]);
        let text = |n: usize| text(&part(n));
        match name {
            "Ref" => self.reference(argument.as_str().unwrap()),
            "Fn::GetAtt" => self.attribute(&text(0), &text(1)).into(),
            "Fn::Sub" => match argument {
                Value::Array(parts) => self.substitute(parts[0].as_str().unwrap(), &part(1)),
                _ => self.substitute(argument.as_str().unwrap(), &Value::Null),
            }
            .into(),
            "Fn::Join" => {
                let parts = part(1);
                let parts: Vec<String> = parts.as_array().unwrap().iter().map(self::text).collect();
                parts.join(&text(0)).into()
            }
            "Fn::If" => match self.holds(&json!({"Condition": argument[0]})) {
                true => part(1),
                false => part(2),
            },
            "Fn::FindInMap" => self.template["Mappings"][text(0)][text(1)][text(2)].clone(),
            "Fn::Select" => part(1)[text(0).parse::<usize>().unwrap()].clone(),
            "Fn::Split" => text(1).split(&text(0)).collect(),
            other => panic!("{other} is not known"),
        }
    }

    fn reference(&self, name: &str) -> Value {
        match name {
            "AWS::AccountId" => return ACCOUNT.into(),
            "AWS::NoValue" => return Value::Null,
            "AWS::Partition" => return "aws".into(),
            "AWS::Region" => return REGION.into(),
            "AWS::StackName" => return STACK.into(),
            "AWS::URLSuffix" => return "amazonaws.com".into(),
            _ => {}
        }
        let parameter = &self.template["Parameters"][name];
        if parameter.is_null() {
            return self.name(name).into();
        }
        let value = text(&parameter["Default"]);
        match parameter["Type"].as_str().unwrap() {
            "CommaDelimitedList" => value.split(',').map(str::trim).collect(),
            _ => value.into(),
        }
    }

    /// What `Ref` gives of a resource: mostly its name.
    pub(crate) fn name(&self, id: &str) -> String {
        let resource = &self.template["Resources"][id];
        assert!(!resource.is_null(), "nothing is called {id}");
        if let Some(id) = self.api_ids.get(id) {
            return id.clone();
        }
        if resource["Type"] == "AWS::SQS::Queue" {
            return format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{STACK}-{id}");
        }
        if resource["Type"] == "AWS::Lambda::Alias" {
            let function = text(&self.resolve(&resource["Properties"]["FunctionName"]));
            let alias = text(&self.resolve(&resource["Properties"]["Name"]));
            return format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:{alias}");
        }
        let named = ["FunctionName", "LogGroupName", "TableName", "RoleName"];
        let mut named = named.iter().map(|name| &resource["Properties"][name]);
        match named.find(|name| !name.is_null()) {
            Some(name) => text(&self.resolve(name)),
            None => format!("{STACK}-{id}"),
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> String {
        let resource = &self.template["Resources"][id];
        let name = self.name(id);
        match (resource["Type"].as_str().unwrap(), attribute) {
            ("AWS::Lambda::Function", "Arn") => {
                format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
            }
            ("AWS::Lambda::Version", "Version") => "1".to_owned(),
            ("AWS::Logs::LogGroup", "Arn") => {
                format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*")
            }
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
            }
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            ("AWS::SSM::Parameter", "Value") => {
                text(&self.resolve(&resource["Properties"]["Value"]))
            }
            (kind, attribute) => panic!("{attribute} of {kind} is not known"),
        }
    }

    fn substitute(&self, pattern: &str, own: &Value) -> String {
        let mut result = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap();
            result.push_str(before);
            result.push_str(&match (&own[name], name.split_once('.')) {
                (Value::Null, Some((id, attribute))) => self.attribute(id, attribute),
                (Value::Null, None) => text(&self.reference(name)),
                (value, _) => text(value),
            });
            rest = after;
        }
        result + rest
    }

    fn holds(&self, condition: &Value) -> bool {
        let (name, argument) = condition.as_object().unwrap().iter().next().unwrap();
        match name.as_str() {
            "Condition" => self.holds(&self.template["Conditions"][argument.as_str().unwrap()]),
            "Fn::Equals" => text(&self.resolve(&argument[0])) == text(&self.resolve(&argument[1])),
            "Fn::Not" => !self.holds(&argument[0]),
            "Fn::And" => argument
                .as_array()
                .unwrap()
                .iter()
                .all(|each| self.holds(each)),
            "Fn::Or" => argument
                .as_array()
                .unwrap()
                .iter()
                .any(|each| self.holds(each)),
            other => panic!("{other} is not known"),
        }
    }
}

/// A scalar as CloudFormation has them: text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        other => panic!("{other} is no scalar"),
    }
}
