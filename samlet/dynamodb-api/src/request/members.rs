//! The members of a request's structures, taken out one by one while a request is read.
//!
//! Their types were checked before (`wire`), which has also dropped members that are null: a member of another type is
//! as good as none here.

use serde_json::{Map, Value};

use super::{ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues, Returned};
use crate::expression::{Condition, Placeholders, Projection};
use crate::legacy::{Conditions, read_attributes_to_get};
use crate::value::item_from_json;
use crate::{Item, Refusal};

/// The members of a structure.
#[derive(Debug, Default)]
pub(super) struct Members(Map<String, Value>);

impl From<Value> for Members {
    fn from(structure: Value) -> Self {
        match structure {
            Value::Object(members) => Self(members),
            _ => Self::default(),
        }
    }
}

impl Members {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// The members of a member that is a structure itself.
    pub(super) fn structure(&mut self, name: &str) -> Option<Self> {
        self.object(name).map(Self)
    }

    /// The first of these that is there.
    pub(super) fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.has(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.0.remove(name) {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.0.remove(name) {
            Some(Value::Array(values)) => Some(values),
            _ => None,
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let number = self.0.get(name).and_then(Value::as_u64)?;
        Some(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// A member whose value is one of a few names.
    pub(super) fn choice<T>(&self, name: &str, from_name: fn(&str) -> Option<T>) -> Option<T> {
        self.0.get(name).and_then(Value::as_str).and_then(from_name)
    }

    /// The table's name, which is required.
    pub(super) fn table(&mut self) -> String {
        self.text("TableName").unwrap_or_default()
    }

    /// A map of attributes, which is required.
    pub(super) fn item(&mut self, name: &str) -> Result<Item, Refusal> {
        item_from_json(self.object(name).unwrap_or_default())
    }

    pub(super) fn consumed_capacity(&self) -> ReturnConsumedCapacity {
        self.choice("ReturnConsumedCapacity", ReturnConsumedCapacity::from_name)
            .unwrap_or_default()
    }

    pub(super) fn item_collection_metrics(&self) -> ReturnItemCollectionMetrics {
        self.choice(
            "ReturnItemCollectionMetrics",
            ReturnItemCollectionMetrics::from_name,
        )
        .unwrap_or_default()
    }

    /// Whether a failed condition answers the item.
    pub(super) fn values_on_failure(&self) -> bool {
        let values = self.choice(
            "ReturnValuesOnConditionCheckFailure",
            ReturnValues::from_name,
        );
        values == Some(ReturnValues::AllOld)
    }

    /// What a write answers.
    pub(super) fn returned(&self) -> Returned {
        Returned {
            consumed_capacity: self.consumed_capacity(),
            item_collection_metrics: self.item_collection_metrics(),
            values: self
                .choice("ReturnValues", ReturnValues::from_name)
                .unwrap_or_default(),
            values_on_failure: self.values_on_failure(),
        }
    }

    /// Refuses parameters of both kinds in one request, and placeholders without an expression that could use them.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html>
    pub(super) fn check_kinds(
        &self,
        expressions: &[&'static str],
        legacy: &[&'static str],
    ) -> Result<(), Refusal> {
        let present = |names: &[&'static str]| -> Vec<&'static str> {
            names
                .iter()
                .copied()
                .filter(|name| self.has(name))
                .collect()
        };
        let used = present(expressions);
        let mut old = present(legacy);
        // KeyConditions go with expressions other than their own.
        if !self.has("KeyConditionExpression") {
            old.retain(|name| *name != "KeyConditions");
        }
        if !used.is_empty() && !old.is_empty() {
            return Err(Refusal::validation(format!(
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
                old.join(", "),
                used.join(", ")
            )));
        }
        if self.has("ExpressionAttributeNames") && used.is_empty() {
            return Err(Refusal::validation(
                "ExpressionAttributeNames can only be specified when using expressions",
            ));
        }
        let with_values: Vec<&str> = expressions
            .iter()
            .copied()
            .filter(|name| *name != "ProjectionExpression")
            .collect();
        let may_have_values = with_values.iter().any(|name| self.has(name));
        if self.has("ExpressionAttributeValues") && !may_have_values && !with_values.is_empty() {
            let verb = if with_values.len() > 1 { "are" } else { "is" };
            return Err(Refusal::validation(format!(
                "ExpressionAttributeValues can only be specified when using expressions: {} {verb} null",
                with_values.join(" and "),
            )));
        }
        Ok(())
    }

    /// `AttributesToGet`: a projection of attributes as they are named, dots included.
    pub(super) fn attributes_to_get(&mut self) -> Result<Option<Projection>, Refusal> {
        let Some(names) = self.list("AttributesToGet") else {
            return Ok(None);
        };
        read_attributes_to_get(&names).map(Some)
    }

    /// `Expected`, with `ConditionalOperator`.
    pub(super) fn expected(&mut self) -> Result<Option<Conditions>, Refusal> {
        let operator = self.text("ConditionalOperator");
        Conditions::read_expected(self.object("Expected"), operator.as_deref())
    }

    /// What the request's expressions may refer to.
    pub(super) fn placeholders(&mut self) -> Result<Placeholders, Refusal> {
        let names = self.object("ExpressionAttributeNames");
        let values = self.object("ExpressionAttributeValues");
        Placeholders::read(names.as_ref(), values.as_ref())
    }

    /// A condition or a filter.
    pub(super) fn condition(
        &mut self,
        name: &'static str,
        placeholders: &mut Placeholders,
    ) -> Result<Option<Condition>, Refusal> {
        self.text(name)
            .map(|text| placeholders.condition(name, &text))
            .transpose()
    }

    /// `ProjectionExpression`.
    pub(super) fn projection(
        &mut self,
        placeholders: &mut Placeholders,
    ) -> Result<Option<Projection>, Refusal> {
        self.text("ProjectionExpression")
            .map(|text| placeholders.projection(&text))
            .transpose()
    }
}
