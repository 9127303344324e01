//! Requests that look for items.

use serde_json::{Map, Value};

use super::body::Body;
use super::members::Members;
use super::{Check, ReturnConsumedCapacity, Select};
use crate::expression::{KeyCondition, KeyTest, Projection};
use crate::legacy::{Conditions, Operator, Test, write_attributes_to_get};
use crate::value::item_from_json;
use crate::{AttributeType, AttributeValue, Item, Refusal};

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The table's name.
    pub table: String,
    /// The index's name.
    pub index: Option<String>,
    /// Which keys.
    pub key: KeySearch,
    /// What must hold of the items that have them.
    pub filter: Option<Check>,
    /// What is asked for.
    pub projection: Option<Projection>,
    /// What is answered of items, as far as the request says.
    pub select: Option<Select>,
    /// Items that are looked at, at most.
    pub limit: Option<u32>,
    /// Where to go on.
    pub start: Option<Item>,
    /// Whether keys rise.
    pub is_forward: bool,
    /// Whether all that was acknowledged must show.
    pub consistent_read: bool,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

/// Which keys a Query is about.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySearch {
    /// A `KeyConditionExpression`.
    Expression(KeyCondition),
    /// `KeyConditions`.
    Legacy(Conditions),
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The table's name.
    pub table: String,
    /// The index's name.
    pub index: Option<String>,
    /// What must hold of items.
    pub filter: Option<Check>,
    /// What is asked for.
    pub projection: Option<Projection>,
    /// What is answered of items, as far as the request says.
    pub select: Option<Select>,
    /// Items that are looked at, at most.
    pub limit: Option<u32>,
    /// Where to go on.
    pub start: Option<Item>,
    /// Which part of the table.
    pub segment: Option<Segment>,
    /// Whether all that was acknowledged must show.
    pub consistent_read: bool,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

/// A part of a table that is scanned in parallel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which, from 0.
    pub number: u32,
    /// Of how many.
    pub total: u32,
}

/// What a search's own members are called.
const PROJECTIONS: [&str; 2] = ["AttributesToGet", "ProjectionExpression"];

/// What a starting key's refusal begins with.
const STARTING_KEY: &str = "The provided starting key is invalid: ";

impl Query {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        members.check_kinds(
            &[
                "ProjectionExpression",
                "FilterExpression",
                "KeyConditionExpression",
            ],
            &[
                "AttributesToGet",
                "QueryFilter",
                "ConditionalOperator",
                "KeyConditions",
            ],
        )?;
        let index = members.text("IndexName");
        let select = members.choice("Select", Select::from_name);
        let projected = members.first_of(&PROJECTIONS);
        let has_expressions = members
            .first_of(&["ProjectionExpression", "FilterExpression"])
            .is_some();
        let operator = members.text("ConditionalOperator");
        let old_filter =
            Conditions::read_query_filter(members.object("QueryFilter"), operator.as_deref())?;
        let attributes = members.attributes_to_get()?;
        let start = start_key(&mut members, |reason| {
            reason.starts_with("Supplied AttributeValue")
        })?;
        let old_key = members.object("KeyConditions");
        if old_key.is_none() && !members.has("KeyConditionExpression") {
            return Err(Refusal::validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            ));
        }
        let mut placeholders = members.placeholders()?;
        let key = members.text("KeyConditionExpression");
        let key = key.map(|text| placeholders.key_condition(&text));
        let key = key.transpose()?;
        let filter = members.condition("FilterExpression", &mut placeholders)?;
        let projection = members.projection(&mut placeholders)?;
        placeholders.finish()?;
        let key = match key {
            Some(condition) => KeySearch::Expression(condition),
            None => old_key_search(old_key.unwrap_or_default(), has_expressions)?,
        };
        check_select(select, projected, index.as_deref())?;
        Ok(Self {
            table: members.table(),
            index,
            key,
            filter: filter
                .map(Check::Expression)
                .or(old_filter.map(Check::Legacy)),
            projection: projection.or(attributes),
            select,
            limit: members.number("Limit"),
            start,
            is_forward: members.flag("ScanIndexForward").unwrap_or(true),
            consistent_read: members.flag("ConsistentRead").unwrap_or_default(),
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        let is_legacy = matches!(self.key, KeySearch::Legacy(_))
            || matches!(self.filter, Some(Check::Legacy(_)));
        body.set_key_search(&self.key);
        body.set_check("FilterExpression", "QueryFilter", self.filter.as_ref());
        write_projection(&mut body, self.projection.as_ref(), is_legacy);
        write_common(
            &mut body,
            self.index.as_deref(),
            self.select,
            self.limit,
            self.start.as_ref(),
        );
        if !self.is_forward {
            body.set("ScanIndexForward", false);
        }
        body.set_flag("ConsistentRead", self.consistent_read);
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }
}

impl Scan {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        members.check_kinds(
            &["ProjectionExpression", "FilterExpression"],
            &["AttributesToGet", "ScanFilter", "ConditionalOperator"],
        )?;
        let index = members.text("IndexName");
        let select = members.choice("Select", Select::from_name);
        let projected = members.first_of(&PROJECTIONS);
        let attributes = members.attributes_to_get()?;
        let operator = members.text("ConditionalOperator");
        let old_filter =
            Conditions::read_scan_filter(members.object("ScanFilter"), operator.as_deref())?;
        let start = start_key(&mut members, |reason| {
            reason.starts_with("Supplied AttributeValue")
                || reason.starts_with("Nesting Levels")
                || reason.contains("Null attribute value")
                || reason.contains("An string set")
                || reason.contains("Binary sets")
        })?;
        let segment = read_segment(&members)?;
        let mut placeholders = members.placeholders()?;
        let filter = members.condition("FilterExpression", &mut placeholders)?;
        let projection = members.projection(&mut placeholders)?;
        placeholders.finish()?;
        check_select(select, projected, index.as_deref())?;
        Ok(Self {
            table: members.table(),
            index,
            filter: filter
                .map(Check::Expression)
                .or(old_filter.map(Check::Legacy)),
            projection: projection.or(attributes),
            select,
            limit: members.number("Limit"),
            start,
            segment,
            consistent_read: members.flag("ConsistentRead").unwrap_or_default(),
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        let is_legacy = matches!(self.filter, Some(Check::Legacy(_)));
        body.set_check("FilterExpression", "ScanFilter", self.filter.as_ref());
        write_projection(&mut body, self.projection.as_ref(), is_legacy);
        write_common(
            &mut body,
            self.index.as_deref(),
            self.select,
            self.limit,
            self.start.as_ref(),
        );
        if let Some(segment) = self.segment {
            body.set("Segment", segment.number);
            body.set("TotalSegments", segment.total);
        }
        body.set_flag("ConsistentRead", self.consistent_read);
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }
}

/// Reads `KeyConditions`. With expressions beside them they are read as the expression that says the same, so that a
/// request keeps to one kind.
fn old_key_search(
    conditions: Map<String, Value>,
    has_expressions: bool,
) -> Result<KeySearch, Refusal> {
    let conditions = Conditions::read_key_conditions(conditions)?;
    if !has_expressions {
        return Ok(KeySearch::Legacy(conditions));
    }
    let tests = conditions.tests.into_iter().map(|(name, test)| {
        let test = key_test(test)?;
        Ok((name, test))
    });
    let tests: Vec<_> = tests.collect::<Result<_, Refusal>>()?;
    Ok(KeySearch::Expression(KeyCondition(tests)))
}

/// The test of a key's attribute that says the same.
fn key_test(test: Test) -> Result<KeyTest, Refusal> {
    let is_key = |value: &AttributeValue| {
        let kind = value.kind();
        matches!(kind, AttributeType::S | AttributeType::N | AttributeType::B)
    };
    if !test.values.iter().all(is_key) {
        return Err(Refusal::invalid_values(
            "Condition parameter type does not match schema type",
        ));
    }
    let mut values = test.values.into_iter();
    match (test.operator, values.next(), values.next()) {
        (Operator::Equal, Some(value), None) => Ok(KeyTest::Equal(value)),
        (Operator::Less, Some(value), None) => Ok(KeyTest::Less(value)),
        (Operator::LessOrEqual, Some(value), None) => Ok(KeyTest::LessOrEqual(value)),
        (Operator::Greater, Some(value), None) => Ok(KeyTest::Greater(value)),
        (Operator::GreaterOrEqual, Some(value), None) => Ok(KeyTest::GreaterOrEqual(value)),
        (Operator::BeginsWith, Some(value), None) => Ok(KeyTest::BeginsWith(value)),
        (Operator::Between, Some(low), Some(high)) => Ok(KeyTest::Between(low, high)),
        _ => Err(Refusal::validation(
            "Attempted conditional constraint is not an indexable operation",
        )),
    }
}

/// Reads `ExclusiveStartKey`; `is_named` says which reasons name it.
fn start_key(members: &mut Members, is_named: fn(&str) -> bool) -> Result<Option<Item>, Refusal> {
    let Some(key) = members.object("ExclusiveStartKey") else {
        return Ok(None);
    };
    match item_from_json(key) {
        Ok(key) => Ok(Some(key)),
        Err(Refusal::Validation(reason)) if is_named(&reason) => {
            Err(Refusal::Validation(format!("{STARTING_KEY}{reason}")))
        }
        Err(refusal) => Err(refusal),
    }
}

/// Reads `Segment` and `TotalSegments`.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html#DDB-Scan-request-Segment>
fn read_segment(members: &Members) -> Result<Option<Segment>, Refusal> {
    match (members.number("Segment"), members.number("TotalSegments")) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(Refusal::validation(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        )),
        (None, Some(_)) => Err(Refusal::validation(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        )),
        (Some(number), Some(total)) if number >= total => Err(Refusal::validation(format!(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: \
             Segment: {number} is not less than TotalSegments: {total}"
        ))),
        (Some(number), Some(total)) => Ok(Some(Segment { number, total })),
    }
}

/// Refuses what `Select` doesn't go with; `projected` is the member that says which attributes are asked for.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select>
fn check_select(
    select: Option<Select>,
    projected: Option<&str>,
    index: Option<&str>,
) -> Result<(), Refusal> {
    let Some(select) = select else {
        return Ok(());
    };
    let reason = match (select, projected) {
        (Select::SpecificAttributes, Some(_)) => return Ok(()),
        (Select::SpecificAttributes, None) => {
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
                .into()
        }
        (Select::Count, Some(member)) => {
            format!("Cannot specify the {member} when choosing to get only the Count")
        }
        (_, Some(member)) => format!(
            "Cannot specify the {member} when choosing to get {}",
            select.name()
        ),
        (Select::AllProjectedAttributes, None) if index.is_none() => {
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName".into()
        }
        (_, None) => return Ok(()),
    };
    Err(Refusal::Validation(format!(
        "1 validation error detected: {reason}"
    )))
}

/// Writes a projection in the kind of parameters that the request has.
fn write_projection(body: &mut Body, projection: Option<&Projection>, is_legacy: bool) {
    let names = projection.filter(|_| is_legacy);
    match names.and_then(write_attributes_to_get) {
        Some(names) => body.set("AttributesToGet", names),
        None => body.set_projection(projection),
    }
}

fn write_common(
    body: &mut Body,
    index: Option<&str>,
    select: Option<Select>,
    limit: Option<u32>,
    start: Option<&Item>,
) {
    if let Some(index) = index {
        body.set("IndexName", index);
    }
    if let Some(select) = select {
        body.set("Select", select.name());
    }
    if let Some(limit) = limit {
        body.set("Limit", limit);
    }
    if let Some(start) = start {
        body.set_item("ExclusiveStartKey", start);
    }
}
