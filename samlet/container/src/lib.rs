//! Containers without Docker: each runs one program in a root, a process table and limits of its own.
//!
//! Knows nothing of Lambda: it is told what to run, what of the machine that may see, and how much it may take.

mod spec;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "for what follows")]
mod step;

pub use spec::Spec;
