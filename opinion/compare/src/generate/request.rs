//! Requests about one item, and searches.

use serde_json::{Value, json};

use super::expression::{self, Placeholders};
use super::schema::Schema;
use super::source::Source;
use super::{legacy, statement as partiql};

pub(super) fn put(source: &mut Source, schema: &Schema) -> Value {
    let mut request = json!({"TableName": schema.name, "Item": schema.item(source)});
    let mut placeholders = Placeholders::default();
    conditioned(source, &mut request, &mut placeholders, 25);
    placeholders.write(&mut request);
    if source.chance(30) {
        request["ReturnValues"] = source.pick(&["ALL_OLD", "NONE"]).into();
    }
    write_options(source, &mut request);
    request
}

pub(super) fn delete(source: &mut Source, schema: &Schema) -> Value {
    let mut request = json!({"TableName": schema.name, "Key": schema.key(source)});
    let mut placeholders = Placeholders::default();
    conditioned(source, &mut request, &mut placeholders, 35);
    placeholders.write(&mut request);
    if source.chance(30) {
        request["ReturnValues"] = source.pick(&["ALL_OLD", "NONE"]).into();
    }
    write_options(source, &mut request);
    request
}

pub(super) fn update(source: &mut Source, schema: &Schema) -> Value {
    let mut request = json!({"TableName": schema.name, "Key": schema.key(source)});
    if source.chance(15) {
        request["AttributeUpdates"] = legacy::updates(source);
        if source.chance(20) {
            legacy::expected(source, &mut request);
        }
    } else {
        let mut placeholders = Placeholders::default();
        if source.chance(97) {
            let text = expression::update(source, &mut placeholders, schema);
            request["UpdateExpression"] = text.into();
        }
        if source.chance(25) {
            let text = expression::condition(source, &mut placeholders, 2);
            request["ConditionExpression"] = text.into();
        }
        placeholders.unused(source);
        placeholders.write(&mut request);
    }
    if source.chance(60) {
        let values = ["ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "NONE"];
        request["ReturnValues"] = source.pick(&values).into();
    }
    write_options(source, &mut request);
    request
}

/// With a condition, as an expression or before there were any.
fn conditioned(
    source: &mut Source,
    request: &mut Value,
    placeholders: &mut Placeholders,
    percent: u32,
) {
    if !source.chance(percent) {
        return;
    }
    if source.chance(20) {
        legacy::expected(source, request);
        return;
    }
    let text = expression::condition(source, placeholders, 2);
    request["ConditionExpression"] = text.into();
    placeholders.unused(source);
}

fn write_options(source: &mut Source, request: &mut Value) {
    consumed(source, request);
    if source.chance(10) {
        request["ReturnItemCollectionMetrics"] = "SIZE".into();
    }
    if source.chance(20) {
        request["ReturnValuesOnConditionCheckFailure"] = source.pick(&["ALL_OLD", "NONE"]).into();
    }
}

pub(super) fn consumed(source: &mut Source, request: &mut Value) {
    if source.chance(25) {
        let levels = ["TOTAL", "INDEXES", "INDEXES", "NONE"];
        request["ReturnConsumedCapacity"] = source.pick(&levels).into();
    }
}

pub(super) fn get(source: &mut Source, schema: &Schema) -> Value {
    let mut request = json!({"TableName": schema.name, "Key": schema.key(source)});
    projected(source, &mut request, 35);
    consistent(source, &mut request);
    consumed(source, &mut request);
    request
}

/// With a projection that has names of its own.
pub(super) fn projected(source: &mut Source, request: &mut Value, percent: u32) {
    if !source.chance(percent) {
        return;
    }
    if source.chance(20) {
        request["AttributesToGet"] = legacy::attributes(source);
        return;
    }
    let mut placeholders = Placeholders::default();
    let text = expression::projection(source, &mut placeholders);
    request["ProjectionExpression"] = text.into();
    placeholders.write(request);
}

pub(super) fn consistent(source: &mut Source, request: &mut Value) {
    // A global index has no such reads.
    let of_global = request["IndexName"]
        .as_str()
        .is_some_and(|name| !name.starts_with("by-pk"));
    if source.chance(if of_global { 2 } else { 20 }) {
        request["ConsistentRead"] = source.chance(70).into();
    }
}

pub(super) fn query(source: &mut Source, schema: &Schema) -> Value {
    let mut request = json!({"TableName": schema.name});
    let (mut hash, mut range, mut has_filters) = (schema.hash, schema.range, true);
    if !schema.indexes.is_empty() && source.chance(50) {
        let index = &schema.indexes[source.below(schema.indexes.len())];
        request["IndexName"] = index.name.as_str().into();
        (hash, range, has_filters) = (index.hash, index.range, index.has_filters());
    }
    if source.chance(12) && has_filters {
        request["KeyConditions"] = legacy::key_conditions(source, hash, range);
        if source.chance(30) {
            legacy::filter(source, &mut request, "QueryFilter");
        }
        if source.chance(20) {
            request["AttributesToGet"] = legacy::attributes(source);
        }
    } else {
        let mut placeholders = Placeholders::default();
        let text = expression::key_condition(source, &mut placeholders, hash, range);
        request["KeyConditionExpression"] = text.into();
        if has_filters {
            filtered(source, &mut request, placeholders);
        } else {
            placeholders.write(&mut request);
        }
    }
    if source.chance(40) {
        request["ScanIndexForward"] = source.chance(30).into();
    }
    search_options(source, schema, &mut request);
    request
}

pub(super) fn scan(source: &mut Source, schema: &Schema) -> Value {
    let mut request = json!({"TableName": schema.name});
    let mut has_filters = true;
    if !schema.indexes.is_empty() && source.chance(35) {
        let index = &schema.indexes[source.below(schema.indexes.len())];
        request["IndexName"] = index.name.as_str().into();
        has_filters = index.has_filters();
    }
    if !has_filters {
        // All that there is in it.
    } else if source.chance(15) {
        legacy::filter(source, &mut request, "ScanFilter");
    } else {
        filtered(source, &mut request, Placeholders::default());
    }
    if source.chance(15) {
        request["Segment"] = 0.into();
        request["TotalSegments"] = source.pick(&[1, 2, 5]).into();
    }
    search_options(source, schema, &mut request);
    request
}

fn filtered(source: &mut Source, request: &mut Value, mut placeholders: Placeholders) {
    if source.chance(45) {
        let text = expression::filter(source, &mut placeholders);
        request["FilterExpression"] = text.into();
    }
    if source.chance(30) {
        let text = expression::projection(source, &mut placeholders);
        request["ProjectionExpression"] = text.into();
    }
    placeholders.unused(source);
    placeholders.write(request);
}

fn search_options(source: &mut Source, schema: &Schema, request: &mut Value) {
    if source.chance(30) {
        request["Limit"] = (1 + source.below(4)).into();
    }
    if source.chance(20) {
        let kinds = [
            "ALL_ATTRIBUTES",
            "COUNT",
            "ALL_PROJECTED_ATTRIBUTES",
            "SPECIFIC_ATTRIBUTES",
        ];
        let has_index = request["IndexName"].is_string();
        let is_projected = ["ProjectionExpression", "AttributesToGet"]
            .iter()
            .any(|member| !request[*member].is_null());
        // Seldom one that doesn't go with the rest.
        request["Select"] = match (is_projected, source.chance(4)) {
            (_, true) => source.pick(&kinds),
            (true, _) => "SPECIFIC_ATTRIBUTES",
            (false, _) => source.pick(&kinds[..if has_index { 3 } else { 2 }]),
        }
        .into();
    }
    // The order of a scan, and of an index's items of one key, is each implementation's own.
    let is_ordered =
        request["KeyConditionExpression"].is_string() && request["IndexName"].is_null();
    if is_ordered && source.chance(12) {
        request["ExclusiveStartKey"] = schema.key(source).into();
    }
    consistent(source, request);
    consumed(source, request);
}

pub(super) fn statement(source: &mut Source, schema: &Schema) -> Value {
    let mut request = partiql::statement(source, schema);
    if source.chance(15) {
        request["Limit"] = (1 + source.below(4)).into();
    }
    consistent(source, &mut request);
    // What a statement for several keys consumes is not documented.
    let text = request["Statement"].as_str().unwrap_or_default();
    if !text.contains("pk IN") && !text.contains("g IN") {
        consumed(source, &mut request);
    }
    request
}

/// Takes a member away, or makes its value another one.
pub(super) fn spoil(source: &mut Source, request: &mut Value) {
    let Some(members) = request.as_object_mut() else {
        return;
    };
    // Without an expression, its values are unused, which the second opinion seldom sees.
    let names = members.keys().filter(|name| !name.ends_with("Expression"));
    let names: Vec<_> = names.cloned().collect();
    if names.is_empty() {
        return;
    }
    let name = &names[source.below(names.len())];
    match source.below(4) {
        0 | 1 => {
            members.remove(name);
        }
        2 => {
            members.insert(name.clone(), "WRONG".into());
        }
        _ => {
            members.insert("TableName".into(), "missing".into());
        }
    }
}
