//! Shows errors and warnings, pointing into the user's file where they come from there.

use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use samlet_template::{Diagnostic, Location};

use crate::error::Error;
use crate::terminal;

/// Prints what ended a command to standard error.
pub(crate) fn print_error(error: &Error) {
    terminal::print(&error_text(error));
}

/// Prints what of the template has no effect here, or would fail on AWS.
pub(crate) fn print_warnings(path: &Path, source: &str, warnings: &[Diagnostic]) {
    for warning in warnings {
        terminal::print(&paragraph(&Level::WARNING, path, source, warning));
    }
}

/// A template's warnings come before its errors: they are easily missed behind them.
fn error_text(error: &Error) -> String {
    if let Error::Run(samlet_run::Error::Template {
        path,
        text,
        warnings,
        errors,
    }) = error
    {
        let warnings = warnings
            .iter()
            .map(|warning| paragraph(&Level::WARNING, path, text, warning));
        let shown = errors
            .iter()
            .map(|error| paragraph(&Level::ERROR, path, text, error));
        let shown: String = warnings.chain(shown).collect();
        let count = terminal::counted(errors.len() as u64, "error");
        return format!("{shown}{} has {count}\n", path.display());
    }
    let title = Level::ERROR.primary_title(error.to_string());
    let group = annotate_snippets::Group::with_title(title)
        .elements(error.help().map(|help| Level::HELP.message(help)));
    format!("{}\n", Renderer::styled().render(&[group]))
}

/// A finding, and an empty line.
fn paragraph(level: &Level<'_>, path: &Path, source: &str, diagnostic: &Diagnostic) -> String {
    format!("{}\n\n", render(level, path, source, diagnostic))
}

fn render(level: &Level<'_>, path: &Path, source: &str, diagnostic: &Diagnostic) -> String {
    let path = path.to_string_lossy();
    let annotation = AnnotationKind::Primary.span(span(source, &diagnostic.location));
    let snippet = Snippet::source(source)
        .path(path.as_ref())
        .annotation(annotation);
    let title = level.clone().primary_title(diagnostic.message.as_str());
    let help = diagnostic
        .help
        .as_deref()
        .map(|help| Level::HELP.message(help));
    let group = title.element(snippet).elements(help);
    Renderer::styled().render(&[group])
}

/// Where a location lies in the text, in bytes.
fn span(source: &str, location: &Location) -> Range<usize> {
    let line_start: usize = source
        .split_inclusive('\n')
        .take(location.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let line = source[line_start..].lines().next().unwrap_or_default();
    let at = |column: usize| {
        let offset = line
            .char_indices()
            .nth(column.saturating_sub(1))
            .map(|(offset, _)| offset);
        line_start + offset.unwrap_or(line.len())
    };
    let start = at(location.column);
    start..at(location.end_column).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_of_a_template_are_shown_before_its_errors() {
        let finding = |message: &str| Diagnostic {
            message: message.into(),
            location: Location {
                line: 1,
                column: 1,
                end_column: 2,
            },
            help: None,
        };
        let error = Error::Run(samlet_run::Error::Template {
            path: "t.yaml".into(),
            text: "a: 1\n".into(),
            warnings: vec![finding("has no effect")],
            errors: vec![finding("is wrong")],
        });
        let text = error_text(&error);
        let warning = text.find("has no effect");
        assert!(
            warning.is_some() && warning < text.find("is wrong"),
            "{text}"
        );
        assert!(text.ends_with("t.yaml has 1 error\n"), "{text}");
    }

    #[test]
    fn a_location_is_found_past_multibyte_text() {
        let source = "a: 1\nbé: xyz\n";
        let location = Location {
            line: 2,
            column: 5,
            end_column: 8,
        };
        assert_eq!(&source[span(source, &location)], "xyz");
    }

    #[test]
    fn a_location_outside_the_text_is_cut_to_it() {
        let location = Location {
            line: 9,
            column: 5,
            end_column: 8,
        };
        assert_eq!(span("a: 1", &location), 4..4);
    }
}
