//! What is known of a request beside its action and resource: condition keys and their values.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::collections::{BTreeMap, BTreeSet};

use crate::condition_keys;

/// Condition keys with their values. A key's name is the same in upper and lower case.
///
/// A key that was not set is either absent, as on AWS, or unknown: whoever makes a context says for which services the
/// keys are set that a request has. AWS's global keys always are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// In lower case; `None` is unknown.
    keys: BTreeMap<String, Option<Vec<String>>>,
    /// The services whose keys are absent unless they are set.
    services: BTreeSet<&'static str>,
    /// Whether all keys are absent unless they are set.
    is_complete: bool,
}

/// A condition key, as a request has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    /// At least one value.
    Values(&'a [String]),
    /// The request doesn't have it.
    Absent,
    /// Whether the request would have it on AWS, or with which values, can't be said.
    Unknown,
}

impl Context {
    /// A request that has nothing but what is set: for questions about requests that nobody made.
    pub fn complete() -> Self {
        Self {
            is_complete: true,
            ..Self::default()
        }
    }

    /// Says that a service's keys (`dynamodb`) are absent unless they are set.
    pub fn know_service(&mut self, iam_prefix: &'static str) {
        self.services.insert(iam_prefix);
    }

    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_all(key, vec![value.into()]);
    }

    /// Sets a key to several values. One without a value is as one that isn't there.
    pub fn set_all(&mut self, key: &str, values: Vec<String>) {
        if !values.is_empty() {
            self.keys.insert(key.to_lowercase(), Some(values));
        }
    }

    /// Says that a key's values are not known: conditions about it never satisfy an Allow, and always meet a Deny.
    pub fn set_unknown(&mut self, key: &str) {
        self.keys.insert(key.to_lowercase(), None);
    }

    /// Adds what another context knows.
    pub fn extend(&mut self, other: &Self) {
        let others = other.keys.iter();
        self.keys
            .extend(others.map(|(key, values)| (key.clone(), values.clone())));
        self.services.extend(&other.services);
        self.is_complete |= other.is_complete;
    }

    pub(crate) fn get(&self, key: &str) -> Key<'_> {
        let key = key.to_lowercase();
        match self.keys.get(&key) {
            Some(Some(values)) => Key::Values(values),
            Some(None) => Key::Unknown,
            None if self.is_absent(&key) => Key::Absent,
            None => Key::Unknown,
        }
    }

    fn is_absent(&self, key: &str) -> bool {
        let service = key.split(':').next().unwrap_or_default();
        self.is_complete || self.services.contains(service) || condition_keys::is_absent(key)
    }

    /// The value of a key that has one.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Key::Values([value]) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_absent_where_everything_is_set_and_else_unknown() {
        let mut context = Context::default();
        context.set("dynamodb:Select", "COUNT");
        context.set_unknown("aws:TokenIssueTime");
        context.know_service("dynamodb");
        for (key, expected) in [
            ("DynamoDB:select", Key::Values(&["COUNT".to_owned()])),
            ("dynamodb:Attributes", Key::Absent),
            ("DynamoDB:attributes", Key::Absent),
            ("lambda:FunctionArn", Key::Unknown),
            ("dynamodb2:Select", Key::Unknown),
            ("s3:prefix", Key::Unknown),
            ("aws:SourceVpc", Key::Absent),
            ("AWS:SourceVpc", Key::Absent),
            ("aws:TokenIssueTime", Key::Unknown),
            ("aws:ResourceTag/team", Key::Unknown),
            ("aws:NewKey", Key::Unknown),
            ("key", Key::Unknown),
            ("", Key::Unknown),
        ] {
            assert_eq!(context.get(key), expected, "{key}");
        }
        // All that is said holds together.
        let mut whole = Context::complete();
        whole.extend(&context);
        assert_eq!(whole.get("s3:prefix"), Key::Absent);
        assert_eq!(whole.get("aws:TokenIssueTime"), Key::Unknown);
        context.extend(&Context::complete());
        assert_eq!(context.get("s3:prefix"), Key::Absent);
        let mut other = Context::default();
        other.know_service("lambda");
        other.set("aws:TokenIssueTime", "2026-01-01T00:00:00Z");
        context.extend(&other);
        let time = ["2026-01-01T00:00:00Z".to_owned()];
        assert_eq!(context.get("aws:TokenIssueTime"), Key::Values(&time));
    }
}
