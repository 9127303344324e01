//! Everything that prevents an estimate, each with what to do about it.

use std::path::PathBuf;

use crate::TableError;

/// Why there is no estimate.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    /// A figure was given for an unknown function.
    #[error("there is no function {name} in the template")]
    NoFunction {
        /// As it was written.
        name: String,
        /// The functions.
        known: String,
    },
    /// A weight was given to something unknown.
    #[error("{name} is no function and no route of the template")]
    NoPart {
        /// As it was written.
        name: String,
        /// The functions and routes.
        known: String,
    },
    /// Several functions begin so.
    #[error("{name} may be {candidates}")]
    Ambiguous {
        /// As it was written.
        name: String,
        /// Those that begin so.
        candidates: String,
    },
    /// No requests come in.
    #[error("there is nothing to estimate: the template has no routes")]
    NothingToEstimate,
    /// A function's durations are neither given nor measured.
    #[error("no invocation of {0} was measured here")]
    NotMeasured(String),
    /// Reads or writes were given for a function that uses no table.
    #[error("{function} may use no table")]
    NoTableUsed {
        /// Its logical id.
        function: String,
    },
    /// A figure was given for an unknown table.
    #[error("there is no table {name} in the template")]
    NoTable {
        /// As it was written.
        name: String,
        /// The tables.
        known: String,
    },
    /// The table of prices or quotas is of no use.
    #[error("cannot use {}: {source}", path.display())]
    Table {
        /// The file, or what the table is.
        path: PathBuf,
        /// What is wrong with it.
        source: TableError,
    },
    /// The table of prices doesn't have the region.
    #[error("the prices of {region} are not known")]
    NoRegion {
        /// The region.
        region: String,
        /// Those that it has.
        known: String,
    },
}

impl EstimateError {
    /// What to do about it, where the message itself doesn't say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoFunction { known, .. }
            | Self::NoPart { known, .. }
            | Self::NoTable { known, .. } => format!("there are {known}"),
            Self::Ambiguous { .. } => "write more of its name".into(),
            Self::NothingToEstimate => "name the functions that are invoked with --mix".into(),
            Self::NotMeasured(function) => format!(
                "invoke it while samlet runs, or give --duration-ms {function}=MILLISECONDS"
            ),
            Self::NoRegion { known, .. } => format!(
                "there are {known}; add it to a copy of the table (--print-prices) and give that with --prices FILE"
            ),
            Self::NoTableUsed { .. } | Self::Table { .. } => return None,
        })
    }
}
