//! The members of a request's structures, put together while a request is written.

use serde_json::{Map, Value};

use super::{
    Check, KeySearch, ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues, Returned,
};
use crate::Item;
use crate::expression::{Condition, Printer, Projection, Update};
use crate::value::write_item;

/// A structure with the expressions that are in it. What DynamoDB takes for granted is left out.
#[derive(Debug, Default)]
pub(super) struct Body {
    members: Map<String, Value>,
    printer: Printer,
}

impl Body {
    /// One that is about a table.
    pub(super) fn of_table(table: &str) -> Self {
        let mut body = Self::default();
        body.set("TableName", table);
        body
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.into(), value.into());
    }

    pub(super) fn set_item(&mut self, name: &str, item: &Item) {
        self.set(name, write_item(item));
    }

    /// Sets what is false without it.
    pub(super) fn set_flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.set(name, true);
        }
    }

    pub(super) fn set_consumed_capacity(&mut self, capacity: ReturnConsumedCapacity) {
        if capacity != ReturnConsumedCapacity::None {
            self.set("ReturnConsumedCapacity", capacity.name());
        }
    }

    pub(super) fn set_item_collection_metrics(&mut self, metrics: ReturnItemCollectionMetrics) {
        if metrics != ReturnItemCollectionMetrics::None {
            self.set("ReturnItemCollectionMetrics", metrics.name());
        }
    }

    pub(super) fn set_values_on_failure(&mut self, is_set: bool) {
        if is_set {
            self.set(
                "ReturnValuesOnConditionCheckFailure",
                ReturnValues::AllOld.name(),
            );
        }
    }

    pub(super) fn set_returned(&mut self, returned: Returned) {
        self.set_consumed_capacity(returned.consumed_capacity);
        self.set_item_collection_metrics(returned.item_collection_metrics);
        if returned.values != ReturnValues::None {
            self.set("ReturnValues", returned.values.name());
        }
        self.set_values_on_failure(returned.values_on_failure);
    }

    pub(super) fn set_condition(&mut self, name: &str, condition: &Condition) {
        let text = self.printer.condition(condition);
        self.set(name, text);
    }

    pub(super) fn set_update(&mut self, update: &Update) {
        let text = self.printer.update(update);
        self.set("UpdateExpression", text);
    }

    pub(super) fn set_projection(&mut self, projection: Option<&Projection>) {
        if let Some(projection) = projection {
            let text = self.printer.projection(projection);
            self.set("ProjectionExpression", text);
        }
    }

    /// What must hold of items: an expression, or a parameter of before there were any.
    pub(super) fn set_check(&mut self, expression: &str, legacy: &str, check: Option<&Check>) {
        match check {
            Some(Check::Expression(condition)) => self.set_condition(expression, condition),
            Some(Check::Legacy(conditions)) => conditions.write(legacy, &mut self.members),
            None => {}
        }
    }

    pub(super) fn set_key_search(&mut self, key: &KeySearch) {
        match key {
            KeySearch::Expression(condition) => {
                let text = self.printer.key_condition(condition);
                self.set("KeyConditionExpression", text);
            }
            KeySearch::Legacy(conditions) => conditions.write("KeyConditions", &mut self.members),
        }
    }

    pub(super) fn finish(mut self) -> Value {
        self.printer.finish(&mut self.members);
        Value::Object(self.members)
    }
}
