//! The embedded engine, until samlet's own has taken its place.

pub(crate) mod arns;
mod clashes;
#[cfg(test)]
mod confinement;
pub(crate) mod damage;
pub(crate) mod engine;
mod key_changes;
pub(crate) mod names;
pub(crate) mod nesting;
mod pages;
mod removals;
mod statements;
pub(crate) mod streams;
mod tokens;

/// Whether it is what runs the operations.
pub(crate) fn is_used() -> bool {
    std::env::var_os("SAMLET_TABLES").is_none_or(|engine| engine != "own")
}
