//! samlet's own words on what a function did, with places in its code as they are in its source.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use samlet_build::SourcePlaces;
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};

/// Those of the application that runs.
static PLACES: LazyLock<RwLock<Arc<SourcePlaces>>> = LazyLock::new(RwLock::default);

/// Shows these places from now on.
pub(crate) fn show_places(places: &Arc<SourcePlaces>) {
    *PLACES.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(places);
}

/// Writes an event's message and fields; `function` among them names the function that it is about.
#[derive(Debug)]
pub(crate) struct FieldsWithPlaces;

impl<'w> FormatFields<'w> for FieldsWithPlaces {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut function = NamedFunction(None);
        fields.record(&mut function);
        if let NamedFunction(Some(name)) = &function {
            let mut text = String::new();
            DefaultFields::new().format_fields(Writer::new(&mut text), &fields)?;
            let places = PLACES.read().unwrap_or_else(PoisonError::into_inner);
            if let Cow::Owned(shown) = places.show(name, &text) {
                return writer.write_str(&shown);
            }
        }
        DefaultFields::new().format_fields(writer, fields)
    }
}

/// The function that an event is about.
struct NamedFunction(Option<String>);

impl Visit for NamedFunction {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "function" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
