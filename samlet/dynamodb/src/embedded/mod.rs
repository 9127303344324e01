//! The embedded engine, until samlet's own has taken its place.

mod arns;
mod clashes;
#[cfg(test)]
mod confinement;
pub(crate) mod engine;
mod key_changes;
mod nesting;
mod pages;
mod removals;
pub(crate) mod streams;
mod tokens;
