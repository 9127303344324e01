//! What `!Ref` and `!GetAtt` give: the names, ids and ARNs that AWS would.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>

use samlet_aws::Place;

use crate::diagnostics::Location;
use crate::intrinsics::Scope;
use crate::names::{api_id, did_you_mean};
use crate::node::{Kind, Node};

/// Properties in which a resource states its own name.
const NAME_PROPERTIES: [&str; 10] = [
    "TableName",
    "FunctionName",
    "RoleName",
    "ManagedPolicyName",
    "LogGroupName",
    "QueueName",
    "TopicName",
    "BucketName",
    "StateMachineName",
    "Name",
];

impl<'a> Scope<'a> {
    /// `!Ref name`.
    pub(crate) fn reference(&mut self, argument: &Node, at: Location) -> Option<Node> {
        let Some(name) = argument.as_text() else {
            return Some(self.malformed("Ref", "the name of a parameter or resource", at));
        };
        if name == "AWS::NoValue" {
            return None;
        }
        if let Some(parameter) = self.parameters.get(name) {
            return Some(parameter.node(at));
        }
        Some(Node::text(self.named(name, at), at))
    }

    /// `${name}` within a text: what `!Ref` or, with a point, `!GetAtt` gives.
    pub(crate) fn named(&mut self, name: &str, at: Location) -> String {
        if let Some(parameter) = self.parameters.get(name) {
            return parameter.text();
        }
        if let Some(value) = self.pseudo_parameter(name) {
            return value;
        }
        if let Some(value) = self.made_by_sam(name) {
            return value;
        }
        if name.contains('.') {
            return self.attribute(name, at);
        }
        if self.resource(name).is_none() {
            self.unresolvable(name, at);
            return String::new();
        }
        let physical = self.physical_name(name);
        let place = &self.settings.place;
        match self.kind_of(name) {
            "AWS::Serverless::Api"
            | "AWS::Serverless::HttpApi"
            | "AWS::ApiGateway::RestApi"
            | "AWS::ApiGatewayV2::Api"
            | "AWS::ApiGateway::UsagePlan"
            | "AWS::ApiGateway::ApiKey" => api_id(&self.settings.place.stack, name),
            "AWS::SQS::Queue" => queue_url(place, &physical),
            "AWS::SNS::Topic" => place.arn("sns", physical).into(),
            "AWS::IAM::ManagedPolicy" => {
                let resource = format_args!("policy/{physical}");
                place.global_arn("iam", resource).into()
            }
            "AWS::SecretsManager::Secret" => {
                let resource = format_args!("secret:{physical}");
                place.arn("secretsmanager", resource).into()
            }
            "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => {
                let resource = format_args!("stateMachine:{physical}");
                place.arn("states", resource).into()
            }
            "AWS::Cognito::UserPool" => {
                format!("{}_{}", place.region, &api_id(&place.stack, name)[..9])
            }
            _ => physical,
        }
    }

    fn pseudo_parameter(&self, name: &str) -> Option<String> {
        let place = &self.settings.place;
        Some(match name {
            "AWS::Region" => place.region.clone(),
            "AWS::AccountId" => place.account.clone(),
            "AWS::StackName" => place.stack.clone(),
            "AWS::Partition" => place.partition.clone(),
            "AWS::URLSuffix" => place.url_suffix().into(),
            "AWS::StackId" => {
                let resource = format_args!("stack/{}/local", place.stack);
                place.arn("cloudformation", resource).into()
            }
            _ => return None,
        })
    }

    /// What SAM itself adds to a template, and a template may refer to: the
    /// implicit APIs, an API's stage, a function's role.
    fn made_by_sam(&self, name: &str) -> Option<String> {
        let stack = &self.settings.place.stack;
        match name {
            "ServerlessRestApi" | "ServerlessHttpApi" => return Some(api_id(stack, name)),
            "ServerlessRestApi.Stage" => return Some("Prod".into()),
            "ServerlessHttpApi.Stage" => return Some("$default".into()),
            _ => {}
        }
        if let Some(api) = name.strip_suffix(".Stage")
            && self.kind_of(api).starts_with("AWS::Serverless::")
            && self.kind_of(api).ends_with("Api")
        {
            let stage = self.property(api, "StageName");
            let text = stage.and_then(Node::as_text).unwrap_or("$default");
            return Some(text.to_owned());
        }
        if let Some(stage) = self.stage_made_by_sam(name) {
            return Some(stage);
        }
        let of_api = name
            .strip_suffix("ApiKey")
            .or(name.strip_suffix("UsagePlan"))
            .filter(|_| self.resource(name).is_none());
        if let Some(api) = of_api
            && (api == "Serverless" || self.kind_of(api) == "AWS::Serverless::Api")
        {
            return Some(api_id(stack, name));
        }
        let role = self.role_of_function(name)?;
        (name == role).then(|| format!("{stack}-{name}"))
    }

    /// Whether SAM adds a resource of this name.
    pub(crate) fn is_made_by_sam(&self, name: &str) -> bool {
        self.made_by_sam(name).is_some()
    }

    /// SAM's resource for an API's stage is called `<Api><Stage>Stage`; `!Ref`
    /// gives the stage's name.
    fn stage_made_by_sam(&self, name: &str) -> Option<String> {
        let rest = name.strip_suffix("Stage")?;
        let apis = self.section("Resources").iter();
        apis.filter(|entry| self.kind_of(&entry.key) == "AWS::Serverless::Api")
            .find_map(|entry| {
                let stage = rest.strip_prefix(entry.key.as_str())?;
                (!stage.is_empty()).then(|| stage.to_owned())
            })
    }

    /// What SAM makes for a function's URL or a state machine, which is not here.
    fn is_companion(&self, name: &str) -> bool {
        let of = |suffix: &str, kind: &str| {
            let owner = name.strip_suffix(suffix);
            owner.is_some_and(|owner| self.kind_of(owner) == kind)
        };
        of("Url", "AWS::Serverless::Function") || of("Role", "AWS::Serverless::StateMachine")
    }

    /// The name of the role that SAM makes for a function, if `name` (or what
    /// stands before its point) is one.
    fn role_of_function<'n>(&self, name: &'n str) -> Option<&'n str> {
        let role = name.split('.').next().unwrap_or(name);
        let function = role.strip_suffix("Role")?;
        (self.resource(role).is_none() && self.kind_of(function) == "AWS::Serverless::Function")
            .then_some(role)
    }

    pub(crate) fn resource(&self, name: &str) -> Option<&'a Node> {
        self.template.get("Resources")?.get(name)
    }

    /// A property of a resource, as it is written.
    fn property(&self, resource: &str, name: &str) -> Option<&'a Node> {
        self.resource(resource)?.get("Properties")?.get(name)
    }

    pub(crate) fn kind_of(&self, name: &str) -> &'a str {
        let kind = self.resource(name).and_then(|node| node.get_text("Type"));
        kind.unwrap_or_default()
    }

    /// The name a resource states, or `STACK-LOGICALID`.
    pub(crate) fn physical_name(&mut self, logical_id: &str) -> String {
        let mut generated = format!("{}-{logical_id}", self.settings.place.stack);
        // The names of buckets have no upper case.
        if self.kind_of(logical_id) == "AWS::S3::Bucket" {
            generated = generated.to_lowercase();
        }
        let stated = NAME_PROPERTIES
            .iter()
            .find_map(|name| self.property(logical_id, name));
        let Some(node) = stated else {
            return generated;
        };
        if self.naming.iter().any(|name| name == logical_id) {
            let message = format!("the name of {logical_id} refers to itself");
            self.findings.error(node.at, message, "");
            return generated;
        }
        if let Some(name) = self.names.get(logical_id) {
            return name.clone();
        }
        self.naming.push(logical_id.to_owned());
        let resolved = self.resolve(node);
        self.naming.pop();
        let name = resolved
            .as_ref()
            .and_then(Node::as_text)
            .map_or(generated, str::to_owned);
        self.names.insert(logical_id.to_owned(), name.clone());
        name
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

    /// `!GetAtt Resource.Attribute`, or `[Resource, Attribute]`.
    pub(crate) fn get_att(&mut self, argument: &Node, at: Location) -> Node {
        let text = match &argument.kind {
            Kind::Text(text) => text.clone(),
            Kind::List(items) => {
                let resolved: Vec<_> = items.iter().filter_map(|item| self.resolve(item)).collect();
                let texts: Vec<&str> = resolved.iter().filter_map(Node::as_text).collect();
                texts.join(".")
            }
            _ => String::new(),
        };
        if !text.contains('.') {
            return self.malformed("Fn::GetAtt", "Resource.Attribute", at);
        }
        Node::text(self.attribute(&text, at), at)
    }

    fn attribute(&mut self, text: &str, at: Location) -> String {
        let (name, attribute) = text.split_once('.').unwrap_or((text, ""));
        if self.is_http_api(name) && attribute == "ApiEndpoint" {
            return self.api_url(name, at);
        }
        let place = &self.settings.place;
        if let Some(role) = self.role_of_function(name) {
            let role = format!("{}-{role}", self.settings.place.stack);
            return match attribute {
                "Arn" => place.global_arn("iam", format_args!("role/{role}")).into(),
                "RoleId" => format!("AROA{}", api_id(&role, "role").to_uppercase()),
                _ => self.no_attribute(name, attribute, &["Arn", "RoleId"], at),
            };
        }
        if self.resource(name).is_none() && self.is_companion(name) {
            return format!("{}-{name}", self.settings.place.stack);
        }
        if self.resource(name).is_none() {
            self.unresolvable(name, at);
            return String::new();
        }
        let physical = self.physical_name(name);
        let kind = self.kind_of(name);
        let known: &[&str] = match kind {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => &["Arn"],
            "AWS::DynamoDB::Table" => &["Arn", "StreamArn"],
            "AWS::Serverless::SimpleTable" | "AWS::Logs::LogGroup" => &["Arn"],
            "AWS::IAM::Role" => &["Arn", "RoleId"],
            "AWS::SQS::Queue" => &["Arn", "QueueName", "QueueUrl"],
            "AWS::SNS::Topic" => &["TopicArn", "TopicName"],
            "AWS::SSM::Parameter" => &["Type", "Value"],
            "AWS::Serverless::Api" => &["RootResourceId"],
            _ => &[],
        };
        if !known.is_empty() && !known.contains(&attribute) {
            return self.no_attribute(name, attribute, known, at);
        }
        match (kind, attribute) {
            ("AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable", "Arn") => place
                .arn("dynamodb", format_args!("table/{physical}"))
                .into(),
            ("AWS::DynamoDB::Table", _) => self.stream_arn(name, &physical, at),
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", _) => {
                let resource = format_args!("function:{physical}");
                place.arn("lambda", resource).into()
            }
            ("AWS::IAM::Role", "Arn") => {
                let resource = format_args!("role/{physical}");
                place.global_arn("iam", resource).into()
            }
            ("AWS::Logs::LogGroup", _) => {
                let resource = format_args!("log-group:{physical}:*");
                place.arn("logs", resource).into()
            }
            ("AWS::S3::Bucket", "Arn") => place.shared_arn("s3", physical).into(),
            ("AWS::SQS::Queue", "QueueUrl") => queue_url(place, &physical),
            ("AWS::SSM::Parameter", _) => {
                let stated = self.property(name, attribute);
                let resolved = stated.and_then(|node| self.resolve(node));
                resolved
                    .as_ref()
                    .and_then(Node::as_text)
                    .unwrap_or_default()
                    .to_owned()
            }
            (kind, attribute) if attribute.ends_with("Arn") => {
                let service = kind.split("::").nth(1).unwrap_or("service").to_lowercase();
                place.arn(&service, physical).into()
            }
            (_, "RoleId" | "RootResourceId") => api_id(&physical, attribute),
            _ => physical,
        }
    }

    /// The ARN of a table's stream: DynamoDB makes a part of it when it makes the stream.
    fn stream_arn(&mut self, table: &str, physical: &str, at: Location) -> String {
        let specification = self.property(table, "StreamSpecification");
        let specification = specification.and_then(|node| self.chosen(node));
        if specification.is_none_or(|node| node.kind == Kind::Null) {
            let message = format!("{table} has no StreamArn: the table has no stream");
            let help = "add a StreamSpecification to the table";
            self.findings.error(at, message, help);
            return String::new();
        }
        let resource = format!("table/{physical}/stream/${{{table}.StreamLabel}}");
        let stand_in = self.settings.place.arn("dynamodb", resource);
        self.late_value(table, "StreamArn", stand_in, at)
    }

    fn no_attribute(
        &mut self,
        name: &str,
        attribute: &str,
        known: &[&str],
        at: Location,
    ) -> String {
        self.findings.error(
            at,
            format!("{name} has no attribute `{attribute}`"),
            format!("it has {}", known.join(" and ")),
        );
        String::new()
    }
}

fn queue_url(place: &Place, name: &str) -> String {
    let (region, account) = (&place.region, &place.account);
    format!(
        "https://sqs.{region}.{}/{account}/{name}",
        place.url_suffix()
    )
}
