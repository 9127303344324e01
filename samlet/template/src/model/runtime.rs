//! The runtimes that functions are declared for.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>

use std::fmt;

use serde::{Serialize, Serializer};

/// What runs a function's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// `provided.al2`: an executable of the function's own, on Amazon Linux 2.
    ProvidedAl2,
    /// `provided.al2023`: the same, on Amazon Linux 2023.
    ProvidedAl2023,
    /// `python3.N`.
    Python {
        /// N.
        minor: u8,
    },
}

/// How the runtimes of Python begin.
const PYTHON: &str = "python3.";

impl Runtime {
    /// Names that a misspelt one may have been meant as.
    pub(crate) const EXAMPLES: [&str; 4] = [
        "provided.al2023",
        "provided.al2",
        "python3.12",
        "python3.13",
    ];

    /// Reads the name that a template has; `None` for a runtime that samlet doesn't have.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "provided.al2" => Some(Self::ProvidedAl2),
            "provided.al2023" => Some(Self::ProvidedAl2023),
            _ => {
                let minor = name.strip_prefix(PYTHON)?.parse().ok()?;
                // One spelling of a number: `3.013` is not a version.
                let python = Self::Python { minor };
                (python.to_string() == name).then_some(python)
            }
        }
    }
}

/// The name, as a template has it.
impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProvidedAl2 => f.write_str("provided.al2"),
            Self::ProvidedAl2023 => f.write_str("provided.al2023"),
            Self::Python { minor } => write!(f, "{PYTHON}{minor}"),
        }
    }
}

impl Serialize for Runtime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_has_one_name() {
        for name in Runtime::EXAMPLES {
            let runtime = Runtime::of_name(name).map(|runtime| runtime.to_string());
            assert_eq!(runtime.as_deref(), Some(name));
        }
        for name in [
            "python3.013",
            "python3.",
            "python2.7",
            "python3.x",
            "nodejs22.x",
            "",
        ] {
            assert_eq!(Runtime::of_name(name), None, "{name}");
        }
    }
}
