//! What is wrong with a template, where, and the way out.

use serde::Serialize;

/// A place in the template; a span stays on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The column after the last.
    pub end_column: usize,
}

/// Something wrong (an error) or left aside (a warning).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What to do about it.
    pub help: Option<String>,
}

/// Why a template can't be used: everything that is wrong with it, and what it is warned of beside that. Each list is in
/// the template's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// What is wrong; never empty.
    pub errors: Vec<Diagnostic>,
    /// What would have no effect here.
    pub warnings: Vec<Diagnostic>,
}

impl From<Diagnostic> for Problems {
    fn from(error: Diagnostic) -> Self {
        Self {
            errors: vec![error],
            warnings: Vec::new(),
        }
    }
}

/// Collects what is found, so that all of it is reported at once.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// How much was found at some point.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    errors: usize,
    warnings: usize,
}

impl Findings {
    /// The warnings of a template without errors, in its order.
    pub(crate) fn into_warnings(self) -> Result<Vec<Diagnostic>, Problems> {
        let Self {
            mut errors,
            mut warnings,
        } = self;
        let by_place = |found: &Diagnostic| (found.location.line, found.location.column);
        warnings.sort_by_key(by_place);
        if errors.is_empty() {
            return Ok(warnings);
        }
        errors.sort_by_key(by_place);
        Err(Problems { errors, warnings })
    }

    pub(crate) fn count(&self) -> Found {
        Found {
            errors: self.errors.len(),
            warnings: self.warnings.len(),
        }
    }

    /// Takes back what was found since then; gives the first error of it.
    pub(crate) fn take_back(&mut self, found: Found) -> Option<Diagnostic> {
        self.warnings.truncate(found.warnings);
        let mut errors = self.errors.drain(found.errors..);
        errors.next()
    }

    pub(crate) fn error(
        &mut self,
        location: Location,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        let found = Diagnostic {
            message: message.into(),
            location,
            help,
        };
        // A value that is used twice is wrong once.
        if !self.errors.contains(&found) {
            self.errors.push(found);
        }
    }

    pub(crate) fn warn(&mut self, location: Location, message: impl Into<String>) {
        self.warn_with(location, message, "");
    }

    /// Warns, and says the way out.
    pub(crate) fn warn_with(
        &mut self,
        location: Location,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        let found = Diagnostic {
            message: message.into(),
            location,
            help,
        };
        if !self.warnings.contains(&found) {
            self.warnings.push(found);
        }
    }
}
