//! Requests about tags.

use super::super::shape::{Shape, Structure, length, list, optional, required};
use super::common::{STRING, STRINGS};

pub(super) static TAG_RESOURCE: Structure = Structure {
    class: "TagResourceInput",
    members: &[optional("ResourceArn", &STRING), optional("Tags", &TAGS)],
};

pub(super) static UNTAG_RESOURCE: Structure = Structure {
    class: "UntagResourceInput",
    members: &[
        optional("ResourceArn", &STRING),
        optional("TagKeys", &STRINGS),
    ],
};

pub(super) static LIST_TAGS_OF_RESOURCE: Structure = Structure {
    class: "ListTagsOfResourceInput",
    members: &[
        optional("ResourceArn", &STRING),
        optional("NextToken", &STRING),
    ],
};

pub(super) static TAGS: Shape = list(&TAG);
static TAG: Shape = Shape::Structure(&Structure {
    class: "Tag",
    members: &[required("Key", &KEY), required("Value", &VALUE)],
});
static KEY: Shape = length(1, 128);
static VALUE: Shape = length(0, 256);
