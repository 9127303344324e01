//! What services say of the resources that a template declares.

use std::any::Any;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use samlet_aws::Arn;

/// What a service is going to do, as the service itself keeps it.
pub struct Plan(Box<dyn Any + Send>);

impl Plan {
    /// A plan that only its own service can read.
    pub fn new<T: Any + Send>(plan: T) -> Self {
        Self(Box::new(plan))
    }

    /// Nothing is to be done.
    pub fn nothing() -> Self {
        Self::new(())
    }

    /// What the service put into it; `None` if that was something else.
    pub fn take<T: Any>(self) -> Option<T> {
        self.0.downcast().ok().map(|plan| *plan)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plan")
    }
}

/// Why a declared resource can't be there.
#[derive(Debug, thiserror::Error)]
#[error("{resource}: {source}")]
pub struct ApplyError {
    /// What it is and its key under `Resources`: `table Orders`.
    pub resource: String,
    /// The cause, which says what to do about it.
    pub source: Box<dyn Error + Send + Sync>,
}

/// What services say once their resources are there: values that only they know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// By logical id and attribute: `("Orders", "StreamArn")`.
    pub attributes: BTreeMap<(String, String), String>,
}

impl Applied {
    /// Adds the value of an attribute.
    pub fn set(&mut self, logical_id: &str, attribute: &str, value: impl Into<String>) {
        let key = (logical_id.to_owned(), attribute.to_owned());
        self.attributes.insert(key, value.into());
    }
}

/// A resource that a service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it is, in a word or two: `table`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// What else is worth showing, with what it is called.
    pub details: Vec<(&'static str, String)>,
}
