//! The type of resource that Bells has: a bell with a policy of its own, whose serial number only the service knows.

use samlet_template::resource_type::{
    Attributes, Given, Handling, Naming, Property, ResourceType, Shape, has, must,
};

const PROPERTIES: &[Property] = &[
    must("BellName", Shape::Text),
    has("BellPolicy", Shape::Any),
    has("Tone", Shape::OneOf(&["HIGH", "LOW"])),
];

pub(crate) static BELL: ResourceType = ResourceType {
    properties: PROPERTIES,
    naming: Naming::By("BellName"),
    attributes: Attributes::Only(&[
        ("Arn", Given::arn("bells", "bell/{name}")),
        ("Serial", Given::Late("serial of {name}")),
    ]),
    handling: Handling::Declared {
        policy: Some("BellPolicy"),
    },
    ..ResourceType::new("Toy::Bells::Bell")
};
