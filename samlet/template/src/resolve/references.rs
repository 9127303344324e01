//! What `!Ref` and `!GetAtt` give: the names, ids and ARNs that AWS would.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>

use samlet_aws::Place;

use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::names::{api_id, did_you_mean};
use crate::types::{Attributes, Given, Naming, Reach, Resource, ResourceType};
use crate::yaml::{Kind, Node};

/// The length of what follows the region in the id of Cognito's user pools.
const POOL_ID_LENGTH: usize = 9;

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
        if let Some(value) = self.made_by_sam(name, at) {
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
        let resource = Resource {
            logical_id: name,
            name: &physical,
        };
        let given = self.type_of(name).reference;
        self.given(&given, &resource, "Ref", at)
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

    pub(crate) fn resource(&self, name: &str) -> Option<&'a Node> {
        self.template.get("Resources")?.get(name)
    }

    /// A property of a resource, as it is written.
    pub(crate) fn property(&self, resource: &str, name: &str) -> Option<&'a Node> {
        self.resource(resource)?.get("Properties")?.get(name)
    }

    pub(crate) fn kind_of(&self, name: &str) -> &'a str {
        let kind = self.resource(name).and_then(|node| node.get_text("Type"));
        kind.unwrap_or_default()
    }

    /// What is known of the type of a resource.
    pub(crate) fn type_of(&self, name: &str) -> &'static ResourceType {
        self.catalogue.find(self.kind_of(name))
    }

    /// The name a resource states, or `STACK-LOGICALID`.
    pub(crate) fn physical_name(&mut self, logical_id: &str) -> String {
        let naming = self.type_of(logical_id).naming;
        let mut generated = format!("{}-{logical_id}", self.settings.place.stack);
        if matches!(naming, Naming::LowerCase) {
            generated = generated.to_lowercase();
        }
        let Some(node) = self.stated_name(logical_id, naming) else {
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

    /// The property in which a resource states its name, as it is written.
    fn stated_name(&self, logical_id: &str, naming: Naming) -> Option<&'a Node> {
        match naming {
            Naming::Generated => None,
            Naming::By(property) => self.property(logical_id, property),
            Naming::ByKind | Naming::LowerCase => {
                let kind = self.kind_of(logical_id).rsplit("::").next()?;
                let own = self.property(logical_id, &format!("{kind}Name"));
                own.or_else(|| self.property(logical_id, "Name"))
            }
        }
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
        if let Some(value) = self.attribute_of_sams_own(name, attribute, at) {
            return value;
        }
        if self.resource(name).is_none() {
            self.unresolvable(name, at);
            return String::new();
        }
        let physical = self.physical_name(name);
        let resource = Resource {
            logical_id: name,
            name: &physical,
        };
        let attributes = self.type_of(name).attributes;
        if let Some(value) = self.known_attribute(&attributes, &resource, attribute, at) {
            return value;
        }
        if attribute.ends_with("Arn") {
            let kind = self.kind_of(name);
            let service = kind.split("::").nth(1).unwrap_or("service").to_lowercase();
            return self.settings.place.arn(&service, physical).into();
        }
        physical
    }

    /// What one of `attributes` gives for a resource; `None` for another one, if there may be others.
    pub(crate) fn known_attribute(
        &mut self,
        attributes: &Attributes,
        resource: &Resource<'_>,
        attribute: &str,
        at: Location,
    ) -> Option<String> {
        if let Some(given) = attributes.find(attribute) {
            return Some(self.given(&given, resource, attribute, at));
        }
        let known = attributes.all_names()?;
        Some(self.no_attribute(resource.logical_id, attribute, &known, at))
    }

    /// What a reference gives for a resource.
    pub(crate) fn given(
        &mut self,
        given: &Given,
        resource: &Resource<'_>,
        attribute: &str,
        at: Location,
    ) -> String {
        let place = &self.settings.place;
        let Resource { logical_id, name } = *resource;
        match given {
            Given::Name => name.to_owned(),
            Given::Arn {
                service,
                resource,
                reach,
            } => {
                let resource = resource.replace("{name}", name);
                let arn = match reach {
                    Reach::Regional => place.arn(service, resource),
                    Reach::Global => place.global_arn(service, resource),
                    Reach::Shared => place.shared_arn(service, resource),
                };
                arn.into()
            }
            Given::Id | Given::ApiId => api_id(&place.stack, logical_id),
            Given::AttributeId => api_id(name, attribute),
            Given::Text(text) => filled(text, place, resource),
            Given::Late(text) => {
                let stand_in = filled(text, place, resource);
                self.late_value(logical_id, attribute, stand_in, at)
            }
            Given::Attribute(attribute) => self.attribute(&format!("{logical_id}.{attribute}"), at),
            Given::Property => {
                let stated = self.property(logical_id, attribute);
                let resolved = stated.and_then(|node| self.resolve(node));
                let text = resolved.as_ref().and_then(Node::as_text);
                text.unwrap_or_default().to_owned()
            }
            Given::LateOf {
                text,
                property,
                otherwise,
                help,
            } => {
                let stated = self.property(logical_id, property);
                let stated = stated.and_then(|node| self.chosen(node));
                if stated.is_none_or(|node| node.kind == Kind::Null) {
                    let message = format!("{logical_id} has no {attribute}: {otherwise}");
                    self.findings.error(at, message, *help);
                    return String::new();
                }
                let stand_in = filled(text, &self.settings.place, resource);
                self.late_value(logical_id, attribute, stand_in, at)
            }
            Given::ApiUrl => self.api_url(logical_id, at),
            Given::PrincipalId => format!("AROA{}", api_id(name, "role").to_uppercase()),
            Given::PoolId => {
                let id = api_id(&place.stack, logical_id);
                format!("{}_{}", place.region, &id[..POOL_ID_LENGTH])
            }
        }
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

/// A text of [`Given`] with its placeholders filled in.
fn filled(text: &str, place: &Place, resource: &Resource<'_>) -> String {
    let known = [
        ("{partition}", place.partition.as_str()),
        ("{region}", &place.region),
        ("{account}", &place.account),
        ("{url_suffix}", place.url_suffix()),
        ("{logical_id}", resource.logical_id),
        // Last: a name may look like a placeholder.
        ("{name}", resource.name),
    ];
    let mut filled = text.to_owned();
    for (placeholder, value) in known {
        filled = filled.replace(placeholder, value);
    }
    filled
}
