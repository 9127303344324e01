//! What a resource's properties may be: names, types, which are required, and what they do here.

/// The type of a property's value.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Any scalar.
    Text,
    /// An integer from the first to the second.
    Whole(i64, i64),
    /// `true` or `false`.
    Bool,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of values of a shape.
    List(&'static Shape),
    /// Values of a shape under names of the user's own.
    Map(&'static Shape),
    /// An object with these properties.
    Object(&'static [Property]),
    /// Anything: the code that reads it checks it.
    Any,
}

/// What a property does here.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// What it does on AWS.
    Holds,
    /// Nothing, and nothing that could be noticed (a tag, a description).
    Unnoticed,
    /// Nothing, which is warned of.
    Missing,
    /// Without it the application would not be the one declared: it is refused, with what to do instead.
    Refused(&'static str),
}

/// One property of a resource, or of an object within it.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) effect: Effect,
}

const fn property(name: &'static str, shape: Shape, effect: Effect) -> Property {
    Property {
        name,
        shape,
        required: false,
        effect,
    }
}

/// A property that has its effect here.
pub const fn has(name: &'static str, shape: Shape) -> Property {
    property(name, shape, Effect::Holds)
}

/// A required property.
pub const fn must(name: &'static str, shape: Shape) -> Property {
    Property {
        required: true,
        ..has(name, shape)
    }
}

/// A property that is accepted and silently ignored.
pub const fn unnoticed(name: &'static str) -> Property {
    property(name, Shape::Any, Effect::Unnoticed)
}

/// A property that has no effect here, which is warned of.
pub const fn missing(name: &'static str) -> Property {
    property(name, Shape::Any, Effect::Missing)
}

/// A property that samlet refuses, and what to do instead.
pub const fn refused(name: &'static str, way_out: &'static str) -> Property {
    property(name, Shape::Any, Effect::Refused(way_out))
}
