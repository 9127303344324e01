//! Where the log lines of the functions that run are shown.

use std::sync::Arc;

use samlet_build::SourcePlaces;
use samlet_logs::Observer;
use samlet_template::Application;

/// Shows what functions log; given by the program that runs an application.
pub trait LogDisplay: Send + Sync {
    /// Takes log events as they are written.
    fn observer(&self) -> Box<dyn Observer>;

    /// The functions are those of this application from now on, and their code comes from these places.
    fn update(&self, application: &Application, places: &Arc<SourcePlaces>);
}

/// Shows nothing.
impl LogDisplay for () {
    fn observer(&self) -> Box<dyn Observer> {
        Box::new(|_: &str, _: &samlet_logs::LogEvent| {})
    }

    fn update(&self, _: &Application, _: &Arc<SourcePlaces>) {}
}
