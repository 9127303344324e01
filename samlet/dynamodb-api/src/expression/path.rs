//! Where in an item something is: `a.b[2].c`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html>

/// A document path, placeholders put in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The item's attribute.
    pub attribute: String,
    /// The way from there.
    pub elements: Vec<PathElement>,
}

/// A step on the way to a value within an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathElement {
    /// A member of a map.
    Member(String),
    /// A place in a list, from 0.
    Index(u64),
}

impl From<&str> for Path {
    /// The path of an attribute itself: dots are part of its name.
    fn from(attribute: &str) -> Self {
        Self {
            attribute: attribute.into(),
            elements: Vec::new(),
        }
    }
}
