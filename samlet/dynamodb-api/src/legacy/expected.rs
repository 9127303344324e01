//! What a write expects of the item that is there.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.Expected.html>

use serde_json::{Map, Value};

use super::conditions::{self, Conditions, Test};
use super::{Operator, check_conditional_operator};
use crate::value::{NESTING, check_name};
use crate::{AttributeValue, Refusal};

/// An entry of `Expected`, its values read.
struct Entry {
    exists: Option<bool>,
    value: Option<AttributeValue>,
    operator: Option<Operator>,
    list: Option<Vec<AttributeValue>>,
}

impl Conditions {
    /// Reads `Expected` with the request's `ConditionalOperator`; `None` if there are no conditions.
    pub fn read_expected(
        expected: Option<Map<String, Value>>,
        conditional_operator: Option<&str>,
    ) -> Result<Option<Self>, Refusal> {
        check_conditional_operator(conditional_operator, expected.as_ref())?;
        let mut entries = Vec::new();
        for (name, entry) in expected.unwrap_or_default() {
            check_name(&name)?;
            entries.push((name, Entry::read(entry)?));
        }
        let tests: Vec<_> = entries
            .into_iter()
            .map(|(name, entry)| entry.test(&name).map(|test| (name, test)))
            .collect::<Result<_, _>>()?;
        if tests.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            is_any: conditions::is_any(conditional_operator),
            tests,
        }))
    }
}

impl Entry {
    fn read(mut entry: Value) -> Result<Self, Refusal> {
        let value = entry.get_mut("Value").map(Value::take);
        let operator = entry.get("ComparisonOperator");
        let operator = operator.map(|name| conditions::operator(Some(name)));
        Ok(Self {
            exists: entry.get("Exists").and_then(Value::as_bool),
            value: value.map(AttributeValue::from_json).transpose()?,
            operator: operator.transpose()?,
            list: match entry.get_mut("AttributeValueList") {
                Some(list) => Some(conditions::read_values(Some(list), NESTING)?),
                None => None,
            },
        })
    }

    /// What it expects of the attribute with a name.
    fn test(self, name: &str) -> Result<Test, Refusal> {
        let refuse = |reason: &str| {
            Err(Refusal::invalid_values(format_args!(
                "{reason} for Attribute: {name}"
            )))
        };
        if self.value.is_some() && self.list.is_some() {
            return refuse("Value and AttributeValueList cannot be used together");
        }
        let Some(operator) = self.operator else {
            if self.list.is_some() {
                return refuse("AttributeValueList can only be used with a ComparisonOperator");
            }
            return match (self.exists, self.value) {
                (Some(false), None) => Ok(Test::new(Operator::Null, Vec::new())),
                (Some(false), Some(_)) => refuse("Value cannot be used when Exists is false"),
                (_, Some(value)) => Ok(Test::new(Operator::Equal, vec![value])),
                (Some(true), None) => refuse("Value must be provided when Exists is true"),
                (None, None) => refuse("Value must be provided when Exists is null"),
            };
        };
        if self.exists.is_some() {
            return refuse("Exists and ComparisonOperator cannot be used together");
        }
        let is_about_existence = matches!(operator, Operator::Null | Operator::NotNull);
        if self.value.is_none() && self.list.is_none() && !is_about_existence {
            return refuse(&format!(
                "Value or AttributeValueList must be used with ComparisonOperator: {}",
                operator.name()
            ));
        }
        let values = match self.value {
            Some(value) => vec![value],
            None => self.list.unwrap_or_default(),
        };
        operator.check(&values)?;
        Ok(Test::new(operator, values))
    }
}

impl Test {
    fn new(operator: Operator, values: Vec<AttributeValue>) -> Self {
        Self { operator, values }
    }
}
