//! Functions that try to break out of their environment, as root, as a user, and as a user without namespaces.
//!
//! Each row is a kind of attempt, with its outcome in each of the three modes; `docs/security.md` claims nothing that
//! no row holds.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(target_os = "linux")]

/// Rows, each a test in each mode: `NAME [AS_ROOT, AS_A_USER, WITHOUT_NAMESPACES] HOW;`.
///
/// An outcome is one word or several with `|` between them, of which any will do; where a row tries several things,
/// that holds for each of them.
macro_rules! rows {
    ($($(#[$about:meta])* $name:ident [$root:literal, $user:literal, $none:literal] $how:expr;)+) => {
        pub(crate) const ROWS: &[crate::row::Row] = &[$($name::ROW),+];
        $(
            $(#[$about])*
            mod $name {
                #[allow(unused_imports)]
                use super::*;
                use crate::mode::Mode;
                use crate::row::{How, Row};

                pub(super) const ROW: Row = Row {
                    name: module_path!(),
                    outcomes: [$root, $user, $none],
                    #[allow(unused_imports)]
                    how: { use How::*; $how },
                };

                #[test]
                fn root() {
                    ROW.hold(Mode::Root);
                }

                #[test]
                fn user() {
                    ROW.hold(Mode::User);
                }

                #[test]
                fn none() {
                    ROW.hold(Mode::None);
                }
            }
        )+
    };
}

mod mode;
mod page;
mod processes;
mod row;
mod world;

mod amounts;
mod descriptors;
mod ending;
mod exits;
mod kernel;
mod limits;
mod metadata;
mod neighbours;
mod places;
mod proc;
mod reading;
mod runtime_api;
mod runtimes;
mod signals;
mod sockets;
mod tools;
mod writing;

/// All rows.
fn rows() -> impl Iterator<Item = &'static row::Row> {
    [
        amounts::ROWS,
        descriptors::ROWS,
        ending::ROWS,
        exits::ROWS,
        kernel::ROWS,
        limits::ROWS,
        metadata::ROWS,
        neighbours::ROWS,
        places::ROWS,
        proc::ROWS,
        reading::ROWS,
        runtime_api::ROWS,
        runtimes::ROWS,
        signals::ROWS,
        sockets::ROWS,
        tools::ROWS,
        writing::ROWS,
    ]
    .into_iter()
    .flatten()
}
