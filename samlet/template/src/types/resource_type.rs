//! What is known of a type of resource: its properties, what references to it give, and what becomes of it here.

use super::property::Property;

/// A type of resource, as data.
///
/// Written over [`ResourceType::new`], so that each type states only what is special about it.
#[derive(Debug)]
pub struct ResourceType {
    /// Such as `AWS::SQS::Queue`.
    pub name: &'static str,
    /// Its properties. They are looked at only if the resource is provided here.
    pub properties: &'static [Property],
    /// How a resource gets its name.
    pub naming: Naming,
    /// What SAM's Globals may add to it.
    pub globals: Option<Globals>,
    /// What `!Ref` gives.
    pub reference: Given,
    /// What `!GetAtt` gives.
    pub attributes: Attributes,
    /// What SAM makes beside a resource.
    pub companions: &'static [Companion],
    /// What a resource needs to be made first.
    pub dependencies: Dependencies,
    /// What becomes of a resource here.
    pub handling: Handling,
}

impl ResourceType {
    /// A type that is not provided here: `!Ref` gives a resource's name, and attributes look as they would on AWS.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            properties: &[],
            naming: Naming::ByKind,
            globals: None,
            reference: Given::Name,
            attributes: Attributes::Among(&[]),
            companions: &[],
            dependencies: Dependencies::Mentioned,
            handling: Handling::NotProvided,
        }
    }

    /// What gives a resource's ARN: an attribute, or with `None` its reference.
    pub(crate) fn arn(&self) -> Option<Option<&'static str>> {
        if self.reference.is_arn() {
            return Some(None);
        }
        let arn = self.attributes.find("Arn")?;
        arn.is_arn().then_some(Some("Arn"))
    }

    /// Whether its resources are APIs, which have an address.
    pub(crate) fn is_api(&self) -> bool {
        matches!(self.reference, Given::ApiId)
    }
}

/// How a resource gets its name. One that states none is called `STACK-LOGICALID`.
#[derive(Clone, Copy, Debug)]
pub enum Naming {
    /// By `Name`, or by the last part of its type with `Name` behind it: `QueueName` of an `AWS::SQS::Queue`.
    ByKind,
    /// By this property.
    By(&'static str),
    /// As by kind; a name that AWS generates has no upper case.
    LowerCase,
    /// It can't state one.
    Generated,
}

/// A section of SAM's Globals.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
#[derive(Clone, Copy, Debug)]
pub struct Globals {
    /// Its name: `Function`.
    pub section: &'static str,
    /// The properties that it may set.
    pub properties: &'static [&'static str],
}

/// What a reference gives. Texts may have `{name}`, `{logical_id}`, `{region}`, `{account}`,
/// `{partition}` and `{url_suffix}` in them.
#[derive(Clone, Copy, Debug)]
pub enum Given {
    /// The resource's name.
    Name,
    /// An ARN.
    Arn {
        /// Whose: `sqs`.
        service: &'static str,
        /// What follows the account's id.
        resource: &'static str,
        /// Whether it names region and account.
        reach: Reach,
    },
    /// An id of letters and digits, as those of API Gateway.
    Id,
    /// The id of an API, whose address is known once it is served.
    ApiId,
    /// An id of letters and digits that goes with an attribute.
    AttributeId,
    /// A text.
    Text(&'static str),
    /// What an attribute gives.
    Attribute(&'static str),
    /// What the property with the attribute's name is.
    Property,
    /// What the service says once it has the resource; until then this text stands for it.
    Late(&'static str),
    /// The same, of resources that state a property.
    LateOf {
        /// What stands for it until then.
        text: &'static str,
        /// The property.
        property: &'static str,
        /// Why a resource without it has no such attribute: `the table has no stream`.
        otherwise: &'static str,
        /// What to do then.
        help: &'static str,
    },
    /// The address of an API, which is known once it is served.
    ApiUrl,
    /// An id as IAM's: `AROA` and letters and digits.
    PrincipalId,
    /// An id as Cognito's: the region, and nine letters and digits.
    PoolId,
}

impl Given {
    /// The ARN of something in a region.
    pub const fn arn(service: &'static str, resource: &'static str) -> Self {
        Self::Arn {
            service,
            resource,
            reach: Reach::Regional,
        }
    }

    /// The ARN of something that is in no region, such as a role.
    pub(crate) const fn global_arn(service: &'static str, resource: &'static str) -> Self {
        Self::Arn {
            service,
            resource,
            reach: Reach::Global,
        }
    }

    fn is_arn(&self) -> bool {
        matches!(self, Self::Arn { .. })
    }
}

/// Which parts an ARN has.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// Region and account.
    Regional,
    /// The account.
    Global,
    /// Neither, as those of buckets.
    Shared,
}

/// A resource that is referred to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) name: &'a str,
}

/// The attributes of a type.
#[derive(Clone, Copy, Debug)]
pub enum Attributes {
    /// These, and no others.
    Only(&'static [(&'static str, Given)]),
    /// These among others, which look as they would on AWS.
    Among(&'static [(&'static str, Given)]),
}

impl Attributes {
    /// Any, each of which gives the resource's name.
    pub(crate) const ANY: Self = Self::Among(&[]);

    pub(crate) fn find(&self, name: &str) -> Option<Given> {
        let (Self::Only(known) | Self::Among(known)) = self;
        let found = known.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }

    /// Their names, if there are no others.
    pub(crate) fn all_names(&self) -> Option<Vec<&'static str>> {
        match self {
            Self::Only(known) => Some(known.iter().map(|(name, _)| *name).collect()),
            Self::Among(_) => None,
        }
    }
}

/// A resource that SAM makes beside another, such as a function's role.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>
#[derive(Clone, Copy, Debug)]
pub struct Companion {
    /// What follows the other's logical id in its own: `Role`.
    pub suffix: &'static str,
    /// What `!Ref` gives; nothing if it can't be referred to.
    pub reference: Option<Given>,
    /// What `!GetAtt` gives, if it has attributes.
    pub attributes: Option<Attributes>,
}

/// Which other resources have to be made before a resource.
#[derive(Clone, Copy, Debug)]
pub enum Dependencies {
    /// Those that its properties mention.
    Mentioned,
    /// Those that these properties mention: SAM makes other resources of the rest.
    MentionedIn(&'static [&'static str]),
    /// Those that its properties mention, except for `Events`, where it is the API that needs the function, and for
    /// `DeploymentPreference`, which becomes a resource of its own.
    Function,
    /// Unknown: SAM makes several resources of it.
    Unknown,
}

/// What becomes of a resource here.
#[derive(Clone, Copy, Debug)]
pub enum Handling {
    /// It isn't provided, which is warned of.
    NotProvided,
    /// Nothing has to be done for it.
    Nothing,
    /// The service that it belongs to is asked to have it, with its properties as they are declared.
    Declared {
        /// The property that holds the policy of the resource itself.
        policy: Option<&'static str>,
    },
    /// It is read by code that `samlet-template` has for it.
    Read,
}
