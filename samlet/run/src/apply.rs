//! Applies a template, at the start and at each change alike.
//!
//! First everything is planned, which changes nothing: ports are bound, services check what is declared. Then the
//! functions that the change concerns are built, which takes longest. Only then the plans are carried out, in the order
//! in which one needs the other: services, functions, event sources, the APIs, the console. Whatever fails before that
//! leaves what ran as it was; ports that were bound in vain are given up again.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

use samlet_build::SourcePlaces;
use samlet_console::Shown;
use samlet_service::{Applied, Plans};
use samlet_template::Attributes;

use crate::builds::Built;
use crate::changes::{Changes, Current};
use crate::error::Error;
use crate::outcome::{Outcome, routes};
use crate::running::Running;
use crate::template::Template;

impl Running {
    /// Applies a template: builds what changed, and has the application that runs be as the template says. Functions
    /// that are as they were go on in the environments that they have. If this fails, what ran before still does.
    pub async fn apply(
        &mut self,
        template: &Arc<Template>,
        changes: &Changes,
    ) -> Result<Outcome, Error> {
        let began = Instant::now();
        let applied = Box::pin(self.plan_and_carry_out(template, changes)).await;
        match applied {
            Ok(mut outcome) => {
                outcome.took = began.elapsed();
                Ok(outcome)
            }
            Err(error) => {
                self.apis.unbind_new();
                Err(error)
            }
        }
    }

    async fn plan_and_carry_out(
        &mut self,
        template: &Arc<Template>,
        changes: &Changes,
    ) -> Result<Outcome, Error> {
        let plans = self.plan(template).await?;
        let built = self.build(template, changes).await?;
        if built.rebuilt.is_empty() && self.is_applied(template) {
            return Ok(Outcome {
                unbuilt: built.error,
                ..Outcome::default()
            });
        }
        self.carry_out(template, plans, built).await
    }

    /// Whether this template, as it was read, is the one that was applied last.
    fn is_applied(&self, template: &Template) -> bool {
        self.current.stamps.is_some() && template.is_read_as(&self.current.template)
    }

    /// Checks what the template asks for, and binds the ports of APIs that are new; changes nothing that runs.
    async fn plan(&mut self, template: &Template) -> Result<Plans, Error> {
        self.apis.bind_new(&template.application)?;
        let declared = &template.application.declared;
        self.services.plan(declared).await.map_err(Error::Apply)
    }

    /// Has everything be as the template says. What can fail comes first: the services, and the values that they give.
    async fn carry_out(
        &mut self,
        template: &Arc<Template>,
        plans: Plans,
        built: Built,
    ) -> Result<Outcome, Error> {
        let applied = self.services.carry_out(plans).await;
        let template = self.with_late_values(template, &applied.map_err(Error::Apply)?)?;
        let application = &template.application;
        let places = Arc::new(template.source_places());
        self.log_display.update(application, &places);
        self.access.update(application, &template.path);
        let replaced_functions = self.replace_functions(&template, &built);
        // Event sources begin here, once their functions are as they should be.
        let clock = &self.core.setup.clock;
        self.apis
            .deploy(application, &self.core.lambda, &self.traces, clock);
        self.show(&template, places);
        let outcome = Outcome {
            replaced_functions,
            unbuilt: built.error,
            ..self.compare(&template)
        };
        self.current = Current {
            template,
            stamps: Some(built.stamps),
        };
        Ok(outcome)
    }

    /// The template with the values that only services know, now that they have given them.
    fn with_late_values(
        &self,
        template: &Arc<Template>,
        applied: &Applied,
    ) -> Result<Arc<Template>, Error> {
        let application = &template.application;
        if application.late.is_empty() {
            return Ok(Arc::clone(template));
        }
        let mut attributes = Attributes::default();
        for ((logical_id, attribute), value) in &applied.attributes {
            attributes.set(logical_id, attribute, value);
        }
        for api in &application.apis {
            if let Some(url) = self.apis.url(&api.logical_id) {
                attributes.set(&api.logical_id, "Url", url);
            }
        }
        template.with_attributes(attributes).map(Arc::new)
    }

    /// Gives Lambda the functions. The logical ids of those that were there and go on in new environments.
    fn replace_functions(&mut self, template: &Template, built: &Built) -> Vec<String> {
        let declared = &template.application.functions;
        let rebuilt = declared
            .iter()
            .filter(|function| built.rebuilt.contains(&function.logical_id));
        let rebuilt: HashSet<&str> = rebuilt.map(|function| function.name.as_str()).collect();
        let functions =
            self.functions
                .make(&template.application, template.folder(), &built.programs);
        let lambda = &self.core.lambda;
        let replaced = lambda.update(functions, |function| {
            rebuilt.contains(function.name.as_str())
        });
        let replaced = declared
            .iter()
            .filter(|function| replaced.contains(&function.name));
        replaced
            .map(|function| function.logical_id.clone())
            .collect()
    }

    /// Has the console show what runs now.
    fn show(&self, template: &Template, source_places: Arc<SourcePlaces>) {
        let application = &template.application;
        let addresses = self.apis.addresses(application).into_iter();
        self.console.show(&Shown {
            application,
            template: &template.path.to_string_lossy(),
            urls: addresses.map(|api| (api.logical_id, api.url)).collect(),
            aws_url: &self.functions.aws_url,
            dynamodb_url: self.functions.dynamodb_url.as_deref(),
            place: &self.core.setup.place,
            source_places,
        });
    }

    /// How a template differs from the one that was applied before; that is none at the start.
    fn compare(&self, template: &Template) -> Outcome {
        let application = &template.application;
        let before = &self.current.template.application;
        let is_start = self.current.stamps.is_none();
        let is_new = |id: &str| is_start || before.apis.iter().all(|api| api.logical_id != id);
        let addresses = self.apis.addresses(application).into_iter();
        let added_apis = addresses.filter(|api| is_new(&api.logical_id));
        let routes_now = routes(application);
        let routes_before = if is_start {
            BTreeSet::new()
        } else {
            routes(before)
        };
        Outcome {
            has_new_template: !self.is_applied(template),
            added_apis: added_apis.collect(),
            added_routes: routes_now.difference(&routes_before).cloned().collect(),
            removed_routes: routes_before.difference(&routes_now).cloned().collect(),
            ..Outcome::default()
        }
    }
}
