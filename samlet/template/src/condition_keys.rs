//! The condition keys that a template's policies may name; whoever reads a template brings those of the services.

use std::collections::BTreeMap;

/// AWS's global condition keys, and those of the services that are here.
#[derive(Clone, Debug)]
pub(crate) struct ConditionKeys(BTreeMap<String, ConditionKey>);

/// A key, or all that begin alike, such as those of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConditionKey {
    /// As it is listed: `aws:PrincipalTag/${TagKey}`.
    pub(crate) name: &'static str,
    /// Whether a request may have several values of it.
    pub(crate) has_several_values: bool,
}

impl ConditionKeys {
    /// AWS's global ones only.
    pub(crate) fn global() -> Self {
        let mut keys = Self(BTreeMap::new());
        keys.add(samlet_iam::CONDITION_KEYS);
        keys
    }

    /// Adds a list: a key a line, with ` []` behind those of several values, and `${…}` for any text.
    pub(crate) fn add(&mut self, list: &'static str) {
        for line in list.lines() {
            let (name, several) = line.split_once(' ').unwrap_or((line, ""));
            let common = name.split("${").next().unwrap_or_default();
            let key = ConditionKey {
                name,
                has_several_values: !several.is_empty(),
            };
            self.0.insert(common.to_lowercase(), key);
        }
    }

    /// The key that is meant; IAM ignores the case of its name.
    pub(crate) fn find(&self, key: &str) -> Option<ConditionKey> {
        let end = key.find('/').map_or(key.len(), |slash| slash + 1);
        self.0.get(&key[..end].to_lowercase()).copied()
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.values().map(|key| key.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_whatever_their_case_and_the_text_behind_them() {
        let mut keys = ConditionKeys::global();
        keys.add(include_str!("../../dynamodb/src/condition_keys.txt"));
        for (key, expected) in [
            ("dynamodb:LeadingKeys", Some(("dynamodb:LeadingKeys", true))),
            ("DynamoDB:select", Some(("dynamodb:Select", false))),
            ("dynamodb:LeadingKey", None),
            ("AWS:SourceArn", Some(("aws:SourceArn", false))),
            ("aws:TagKeys", Some(("aws:TagKeys", true))),
            (
                "aws:PrincipalTag/a/b",
                Some(("aws:PrincipalTag/${TagKey}", false)),
            ),
            ("aws:PrincipalTag", None),
            ("aws:SourceArn/a", None),
            ("s3:prefix", None),
            ("", None),
        ] {
            let found = keys.find(key);
            let found = found.map(|key| (key.name, key.has_several_values));
            assert_eq!(found, expected, "{key}");
        }
    }
}
