//! Conditions on attributes: filters, and those on keys.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.Conditions.html>

use serde_json::{Map, Value};

use super::Operator;
use crate::value::NESTING;
use crate::{AttributeValue, Refusal};

/// What must hold of attributes: all or any of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// `ConditionalOperator`: any of them is enough.
    pub is_any: bool,
    /// By attribute, whose names' dots are part of them.
    pub tests: Vec<(String, Test)>,
}

/// What must hold of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// How it is compared.
    pub operator: Operator,
    /// With what: as many values as the operator takes, of types that it takes.
    pub values: Vec<AttributeValue>,
}

impl Conditions {
    /// Reads a `QueryFilter` with the request's `ConditionalOperator`; `None` if there are no conditions.
    pub fn read_query_filter(
        filter: Option<Map<String, Value>>,
        conditional_operator: Option<&str>,
    ) -> Result<Option<Self>, Refusal> {
        read_filter(filter, conditional_operator, NESTING)
    }

    /// Reads a `ScanFilter` with the request's `ConditionalOperator`; `None` if there are no conditions.
    pub fn read_scan_filter(
        filter: Option<Map<String, Value>>,
        conditional_operator: Option<&str>,
    ) -> Result<Option<Self>, Refusal> {
        // DynamoDB allows these values one level more.
        read_filter(filter, conditional_operator, NESTING + 1)
    }

    /// Reads `KeyConditions`.
    pub fn read_key_conditions(conditions: Map<String, Value>) -> Result<Self, Refusal> {
        let tests = read_tests(conditions, NESTING)?;
        if !(1..=2).contains(&tests.len()) {
            return Err(Refusal::validation(
                "Conditions can be of length 1 or 2 only",
            ));
        }
        Ok(Self {
            is_any: false,
            tests,
        })
    }

    /// Writes them as a request's `member`, such as `Expected` or `ScanFilter`, with `ConditionalOperator` if any of
    /// them is enough.
    pub fn write(&self, member: &str, request: &mut Map<String, Value>) {
        let tests = self.tests.iter();
        let members = tests.map(|(name, test)| (name.clone(), test.write()));
        request.insert(member.into(), Value::Object(members.collect()));
        if self.is_any {
            request.insert("ConditionalOperator".into(), "OR".into());
        }
    }
}

impl Test {
    fn write(&self) -> Value {
        let mut members = Map::new();
        members.insert("ComparisonOperator".into(), self.operator.name().into());
        if !self.values.is_empty() {
            let values = self.values.iter().map(AttributeValue::write).collect();
            members.insert("AttributeValueList".into(), values);
        }
        Value::Object(members)
    }
}

/// Refuses a `ConditionalOperator` that joins nothing. `conditions` is what it would join: `Expected`, `QueryFilter` or
/// `ScanFilter`.
pub fn check_conditional_operator(
    conditional_operator: Option<&str>,
    conditions: Option<&Map<String, Value>>,
) -> Result<(), Refusal> {
    if conditional_operator.is_none() {
        return Ok(());
    }
    match conditions.map_or(0, Map::len) {
        0 => Err(Refusal::validation(
            "ConditionalOperator cannot be used without Filter or Expected",
        )),
        1 => Err(Refusal::validation(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        )),
        _ => Ok(()),
    }
}

/// Whether one of several conditions is enough.
pub(super) fn is_any(conditional_operator: Option<&str>) -> bool {
    conditional_operator == Some("OR")
}

fn read_filter(
    filter: Option<Map<String, Value>>,
    conditional_operator: Option<&str>,
    nesting: usize,
) -> Result<Option<Conditions>, Refusal> {
    check_conditional_operator(conditional_operator, filter.as_ref())?;
    let tests = read_tests(filter.unwrap_or_default(), nesting)?;
    if tests.is_empty() {
        return Ok(None);
    }
    Ok(Some(Conditions {
        is_any: is_any(conditional_operator),
        tests,
    }))
}

/// Reads all values, then asks whether the operators take them.
fn read_tests(
    conditions: Map<String, Value>,
    nesting: usize,
) -> Result<Vec<(String, Test)>, Refusal> {
    let mut tests = Vec::with_capacity(conditions.len());
    for (name, mut condition) in conditions {
        let operator = operator(condition.get("ComparisonOperator"))?;
        let values = read_values(condition.get_mut("AttributeValueList"), nesting)?;
        tests.push((name, Test { operator, values }));
    }
    for (_, test) in &tests {
        test.operator.check(&test.values)?;
    }
    Ok(tests)
}

/// The operator of a condition, whose name was checked before (`wire`).
pub(super) fn operator(name: Option<&Value>) -> Result<Operator, Refusal> {
    name.and_then(Value::as_str)
        .and_then(Operator::from_name)
        .ok_or_else(|| Refusal::invalid_values("Invalid comparison operator"))
}

/// Takes the values of an `AttributeValueList`.
pub(super) fn read_values(
    list: Option<&mut Value>,
    nesting: usize,
) -> Result<Vec<AttributeValue>, Refusal> {
    let Some(Value::Array(values)) = list.map(Value::take) else {
        return Ok(Vec::new());
    };
    values
        .into_iter()
        .map(|value| AttributeValue::from_json_within(value, nesting))
        .collect()
}
