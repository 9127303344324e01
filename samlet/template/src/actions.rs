//! The IAM actions that a template's policies may name; whoever reads a template brings them.

use std::collections::BTreeMap;

use samlet_aws::glob;

/// The IAM actions of the services that are here.
#[derive(Clone, Debug, Default)]
pub struct Actions(BTreeMap<&'static str, Vec<Action>>);

#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) name: &'static str,
    /// Whether it is granted on resources; one without is granted on `*` only.
    pub(crate) has_resources: bool,
}

impl Actions {
    /// Reads lists of actions: `service:Name`, one a line, with ` *` behind
    /// those that know no resources.
    pub fn of(texts: impl IntoIterator<Item = &'static str>) -> Self {
        let mut services: BTreeMap<&str, Vec<Action>> = BTreeMap::new();
        for line in texts.into_iter().flat_map(str::lines) {
            let (action, all) = line.split_once(' ').unwrap_or((line, ""));
            let Some((service, name)) = action.split_once(':') else {
                continue;
            };
            services.entry(service).or_default().push(Action {
                name,
                has_resources: all.is_empty(),
            });
        }
        Self(services)
    }

    /// The services, by name.
    pub(crate) fn services(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// A service's actions; IAM ignores the case of its name.
    pub(crate) fn of_service(&self, service: &str) -> Option<&[Action]> {
        let actions = self.0.get(service.to_lowercase().as_str())?;
        Some(actions)
    }

    /// Whether a service has an action of exactly this name.
    pub(crate) fn has(&self, service: &str, name: &str) -> bool {
        let mut actions = self.of_service(service).unwrap_or_default().iter();
        actions.any(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// A service that has an action of this name.
    pub(crate) fn service_with(&self, name: &str) -> Option<&'static str> {
        let mut services = self.0.keys().copied();
        services.find(|service| self.has(service, name))
    }
}

impl Action {
    /// Whether a pattern such as `Get*` takes it in; IAM ignores case.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        glob::matches_ignoring_case(pattern, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_the_services_lists_is_read() {
        let lists = [
            include_str!("../../dynamodb/src/actions.txt"),
            include_str!("../../sts/src/actions.txt"),
            include_str!("../../gateway/src/actions.txt"),
            include_str!("../../lambda/src/actions.txt"),
            include_str!("../../logs/src/actions.txt"),
            include_str!("../../traces/src/actions.txt"),
        ];
        let actions = Actions::of(lists);
        let count: usize = actions.0.values().map(Vec::len).sum();
        let lines: usize = lists.map(|list| list.lines().count()).iter().sum();
        assert_eq!(count, lines);
        let known = ["dynamodb", "execute-api", "lambda", "logs", "sts", "xray"];
        assert_eq!(actions.services(), known);
        let takes_resource = |service: &str, name: &str| {
            let mut actions = actions.of_service(service).unwrap_or_default().iter();
            let found = actions.find(|known| known.name == name);
            found.map(|known| known.has_resources)
        };
        assert_eq!(takes_resource("dynamodb", "GetItem"), Some(true));
        assert_eq!(takes_resource("DynamoDB", "ListTables"), Some(false));
    }
}
