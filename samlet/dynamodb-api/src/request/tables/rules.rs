//! What must hold of a table's definition, beyond what the API's model says of each of its members. What is wrong first
//! in DynamoDB's order is what is said.

use std::collections::BTreeSet;

use super::form::{AttributeForm, IndexForm, KeyForm, KeyRole, StreamForm, ThroughputForm};
use super::java_order;
use super::parts::{BillingMode, GlobalIndex, IndexKeys, IndexProjection, LocalIndex, TableKeys};
use super::parts::{StreamSpecification, StreamViewType, Throughput};
use crate::Refusal;

const MAX_UNITS: i64 = 1_000_000_000_000;
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-secondary-indexes>
const MAX_LOCAL_INDEXES: usize = 5;
const MAX_GLOBAL_INDEXES: usize = 20;
const MAX_PROJECTED_ATTRIBUTES: usize = 100;
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html>
const MAX_GLOBAL_KEYS: usize = 8;
const MAX_GLOBAL_KEYS_OF_A_KIND: usize = 4;
const MAX_LOCAL_KEYS: usize = 2;

/// What is provisioned for a table, which must go with how it is paid for.
pub(super) fn check_throughput(
    mode: Option<BillingMode>,
    throughput: Option<&ThroughputForm>,
) -> Result<Option<Throughput>, Refusal> {
    let Some(form) = throughput else {
        return Ok(None);
    };
    if mode == Some(BillingMode::PayPerRequest) {
        return Err(Refusal::invalid_values(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ));
    }
    let units = [
        ("ReadCapacityUnits", form.read_capacity_units),
        ("WriteCapacityUnits", form.write_capacity_units),
    ];
    for (name, units) in units {
        if units > MAX_UNITS {
            return Err(Refusal::Validation(format!(
                "Given value {units} for {name} is out of bounds"
            )));
        }
    }
    Ok(Some(Throughput::from_form(form)))
}

/// An attribute is defined once.
pub(super) fn check_definitions(definitions: &[AttributeForm]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for definition in definitions {
        let name = &definition.attribute_name;
        if !seen.insert(name) {
            return Err(Refusal::invalid_values(format!(
                "Duplicate AttributeName in AttributeDefinitions: {name}"
            )));
        }
    }
    Ok(())
}

/// The keys of a table.
pub(super) fn table_keys(
    schema: Vec<KeyForm>,
    definitions: &[AttributeForm],
) -> Result<TableKeys, Refusal> {
    let defined = names_defined(definitions);
    check_defined(&schema, schema.len(), definitions, &defined)?;
    check_pair(&schema)?;
    let mut names = schema.into_iter().map(|key| key.attribute_name);
    Ok(TableKeys {
        partition: names.next().unwrap_or_default(),
        sort: names.next(),
    })
}

/// Refuses keys that aren't defined; if definitions are fewer than keys, without their names.
fn check_defined(
    schema: &[KeyForm],
    count: usize,
    definitions: &[AttributeForm],
    defined: &BTreeSet<&str>,
) -> Result<(), Refusal> {
    if count > definitions.len() {
        return Err(Refusal::validation(
            "Invalid KeySchema: Some index key attribute have no definition",
        ));
    }
    if names(schema).all(|name| defined.contains(name)) {
        return Ok(());
    }
    Err(undefined(schema, definitions))
}

/// Says that keys aren't defined.
pub(super) fn undefined(schema: &[KeyForm], definitions: &[AttributeForm]) -> Refusal {
    let defined = definitions.iter().map(|form| form.attribute_name.as_str());
    Refusal::invalid_values(format!(
        "Some index key attributes are not defined in AttributeDefinitions. \
         Keys: [{}], AttributeDefinitions: [{}]",
        java_order::sorted_to_size(names(schema)).join(", "),
        java_order::sorted_to_size(defined).join(", ")
    ))
}

fn names(schema: &[KeyForm]) -> impl Iterator<Item = &str> {
    schema.iter().map(|key| key.attribute_name.as_str())
}

fn names_defined(definitions: &[AttributeForm]) -> BTreeSet<&str> {
    let names = definitions.iter().map(|form| form.attribute_name.as_str());
    names.collect()
}

/// A partition key, and perhaps a sort key.
fn check_pair(schema: &[KeyForm]) -> Result<(), Refusal> {
    let invalid = |reason: &str| Err(Refusal::Validation(reason.into()));
    if let [first, second] = schema
        && first.attribute_name == second.attribute_name
    {
        return invalid(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        );
    }
    if schema
        .first()
        .is_some_and(|key| key.key_type != KeyRole::Hash)
    {
        return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    }
    if schema
        .get(1)
        .is_some_and(|key| key.key_type != KeyRole::Range)
    {
        return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    }
    Ok(())
}

/// Refuses more keys than an index may have, which is not said with the other constraints.
fn check_key_count(schema: &[KeyForm], max: usize) -> Result<(), Refusal> {
    if schema.len() <= max {
        return Ok(());
    }
    let shown: Vec<String> = schema
        .iter()
        .map(|key| {
            let kind = match key.key_type {
                KeyRole::Hash => "HASH",
                KeyRole::Range => "RANGE",
            };
            format!(
                "KeySchemaElement(attributeName={}, keyType={kind})",
                key.attribute_name
            )
        })
        .collect();
    Err(Refusal::Validation(format!(
        "1 validation error detected: Value '[{}]' at 'keySchema' failed to satisfy constraint: \
         Member must have length less than or equal to {max}",
        shown.join(", ")
    )))
}

/// The local indexes of a table.
pub(super) fn local_indexes(
    forms: Option<Vec<IndexForm>>,
    table: &TableKeys,
    definitions: &[AttributeForm],
) -> Result<Vec<LocalIndex>, Refusal> {
    let Some(forms) = forms else {
        return Ok(Vec::new());
    };
    if table.sort.is_none() {
        return Err(Refusal::invalid_values(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    check_keys_defined(&forms, definitions)?;
    let indexes = forms
        .into_iter()
        .map(|form| local_index(form, table))
        .collect::<Result<Vec<_>, _>>()?;
    check_duplicates(indexes.iter().map(|index| index.name.as_str()))?;
    if indexes.len() > MAX_LOCAL_INDEXES {
        return Err(Refusal::invalid_values(format!(
            "Number of LocalSecondaryIndexes exceeds per-table limit of {MAX_LOCAL_INDEXES}"
        )));
    }
    Ok(indexes)
}

fn local_index(form: IndexForm, table: &TableKeys) -> Result<LocalIndex, Refusal> {
    let name = form.index_name;
    check_pair(&form.key_schema)?;
    let mut keys = form.key_schema.into_iter().map(|key| key.attribute_name);
    let partition = keys.next().unwrap_or_default();
    let sort = keys.next().ok_or_else(|| {
        Refusal::invalid_values(format!(
            "Index KeySchema does not have a range key for index: {name}"
        ))
    })?;
    if partition != table.partition {
        return Err(Refusal::invalid_values(format!(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. \
             index hash key: {partition}, table hash key: {}",
            table.partition
        )));
    }
    let projection = projection(form.projection)?;
    Ok(LocalIndex {
        name,
        sort,
        projection,
    })
}

/// The global indexes of a table.
pub(super) fn global_indexes(
    forms: Option<Vec<IndexForm>>,
    mode: BillingMode,
    definitions: &[AttributeForm],
) -> Result<Vec<GlobalIndex>, Refusal> {
    let forms = forms.unwrap_or_default();
    check_keys_defined(&forms, definitions)?;
    let indexes = forms
        .into_iter()
        .map(global_index)
        .collect::<Result<Vec<_>, _>>()?;
    check_duplicates(indexes.iter().map(|index| index.name.as_str()))?;
    if indexes.len() > MAX_GLOBAL_INDEXES {
        return Err(Refusal::invalid_values(format!(
            "GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL_INDEXES}"
        )));
    }
    if mode == BillingMode::PayPerRequest {
        for index in &indexes {
            check_no_throughput(index)?;
        }
    }
    Ok(indexes)
}

/// Refuses throughput of an index of a table that is paid for by request.
pub(super) fn check_no_throughput(index: &GlobalIndex) -> Result<(), Refusal> {
    if index.throughput.is_none() {
        return Ok(());
    }
    Err(Refusal::invalid_values(format!(
        "ProvisionedThroughput should not be specified for index: {} when BillingMode is PAY_PER_REQUEST",
        index.name
    )))
}

/// A global index, whose keys must be defined.
pub(super) fn new_global_index(
    form: IndexForm,
    definitions: &[AttributeForm],
) -> Result<GlobalIndex, Refusal> {
    check_key_count(&form.key_schema, MAX_GLOBAL_KEYS)?;
    let schema = &form.key_schema;
    let count = names(schema).collect::<BTreeSet<_>>().len();
    check_defined(schema, count, definitions, &names_defined(definitions))?;
    global_index(form)
}

fn global_index(form: IndexForm) -> Result<GlobalIndex, Refusal> {
    check_global_keys(&form.key_schema)?;
    let throughput = form.provisioned_throughput;
    Ok(GlobalIndex {
        name: form.index_name,
        keys: IndexKeys::from_form(form.key_schema),
        projection: projection(form.projection)?,
        throughput: throughput.as_ref().map(Throughput::from_form),
    })
}

fn check_global_keys(schema: &[KeyForm]) -> Result<(), Refusal> {
    if let [_]
    | [
        _,
        KeyForm {
            key_type: KeyRole::Range,
            ..
        },
    ] = schema
    {
        return check_pair(schema);
    }
    if schema
        .first()
        .is_some_and(|key| key.key_type != KeyRole::Hash)
    {
        return check_pair(&schema[..1]);
    }
    if names(schema).collect::<BTreeSet<_>>().len() < schema.len() {
        return Err(Refusal::validation(
            "The KeySchema contains multiple key attributes with the same name",
        ));
    }
    let mut pairs = schema.windows(2);
    if pairs.any(|pair| pair[0].key_type == KeyRole::Range && pair[1].key_type == KeyRole::Hash) {
        return Err(Refusal::invalid_values(
            "All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ));
    }
    for (kind, name) in [(KeyRole::Hash, "HASH"), (KeyRole::Range, "RANGE")] {
        let count = schema.iter().filter(|key| key.key_type == kind).count();
        if count > MAX_GLOBAL_KEYS_OF_A_KIND {
            return Err(Refusal::invalid_values(format!(
                "The KeySchema exceeds the maximum allowed number of {name} key attributes"
            )));
        }
    }
    Ok(())
}

/// Refuses more keys than indexes may have.
pub(super) fn check_key_counts(
    local: Option<&Vec<IndexForm>>,
    global: Option<&Vec<IndexForm>>,
) -> Result<(), Refusal> {
    for index in local.into_iter().flatten() {
        check_key_count(&index.key_schema, MAX_LOCAL_KEYS)?;
    }
    for index in global.into_iter().flatten() {
        check_key_count(&index.key_schema, MAX_GLOBAL_KEYS)?;
    }
    Ok(())
}

fn check_keys_defined(forms: &[IndexForm], definitions: &[AttributeForm]) -> Result<(), Refusal> {
    let defined = names_defined(definitions);
    for form in forms {
        let count = names(&form.key_schema).collect::<BTreeSet<_>>().len();
        check_defined(&form.key_schema, count, definitions, &defined)?;
    }
    Ok(())
}

/// Refuses a name that two indexes have.
pub(super) fn check_duplicates<'n>(
    names: impl IntoIterator<Item = &'n str>,
) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Refusal::invalid_values(format!(
                "Duplicate index name: {name}"
            )));
        }
    }
    Ok(())
}

fn projection(form: super::form::ProjectionForm) -> Result<IndexProjection, Refusal> {
    let kind = form.projection_type;
    let names = form.non_key_attributes;
    match (kind.as_deref(), names) {
        (None, _) => Err(Refusal::invalid_values("Unknown ProjectionType: null")),
        (Some("INCLUDE"), None) => Err(Refusal::invalid_values(
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        )),
        (Some("INCLUDE"), Some(names)) => {
            let mut seen = BTreeSet::new();
            match names.iter().find(|name| !seen.insert(name.as_str())) {
                None => Ok(IndexProjection::Include(names)),
                Some(name) => Err(Refusal::invalid_values(format!(
                    "Duplicate attribute name in NonKeyAttributes: {name}"
                ))),
            }
        }
        (Some(kind), Some(_)) => Err(Refusal::invalid_values(format!(
            "ProjectionType is {kind}, but NonKeyAttributes is specified"
        ))),
        (Some("KEYS_ONLY"), None) => Ok(IndexProjection::KeysOnly),
        (Some(_), None) => Ok(IndexProjection::All),
    }
}

/// Refuses more projected attributes than a table's indexes may have together.
pub(super) fn check_projected<'p>(
    projections: impl Iterator<Item = &'p IndexProjection>,
) -> Result<(), Refusal> {
    let counts = projections.map(|projection| match projection {
        IndexProjection::Include(names) => names.len(),
        IndexProjection::All | IndexProjection::KeysOnly => 0,
    });
    if counts.sum::<usize>() > MAX_PROJECTED_ATTRIBUTES {
        return Err(Refusal::invalid_values(format!(
            "The number of NonKeyAttributes of all indexes exceeds the per-table limit of {MAX_PROJECTED_ATTRIBUTES}"
        )));
    }
    Ok(())
}

/// Refuses definitions of attributes that are part of no key.
pub(super) fn check_all_used(
    definitions: &[AttributeForm],
    keys: &TableKeys,
    local: &[LocalIndex],
    global: &[GlobalIndex],
) -> Result<(), Refusal> {
    let table = [Some(&keys.partition), keys.sort.as_ref()];
    let local_keys = local.iter().map(|index| &index.sort);
    let global_keys = global
        .iter()
        .flat_map(|index| index.keys.partition.iter().chain(&index.keys.sort));
    let used: Vec<&str> = table
        .into_iter()
        .flatten()
        .chain(local_keys)
        .chain(global_keys)
        .map(String::as_str)
        .collect();
    let used_once: BTreeSet<&str> = used.iter().copied().collect();
    if used_once.len() == definitions.len() {
        return Ok(());
    }
    if local.is_empty() && global.is_empty() {
        return Err(Refusal::invalid_values(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in \
             AttributeDefinitions",
        ));
    }
    let defined = definitions.iter().map(|form| form.attribute_name.as_str());
    Err(Refusal::invalid_values(format!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
        java_order::sorted_to_size(defined).join(", "),
        java_order::sorted(used, java_order::DEFAULT_BUCKETS).join(", ")
    )))
}

/// What becomes of a table's stream; `disabled` begins what is said of a view type without a stream.
pub(super) fn stream(
    form: Option<&StreamForm>,
    disabled: &str,
) -> Result<Option<StreamSpecification>, Refusal> {
    let Some(form) = form else {
        return Ok(None);
    };
    let view = form.stream_view_type.as_deref();
    if form.stream_enabled {
        let view = view.and_then(StreamViewType::from_name).ok_or_else(|| {
            Refusal::invalid_values("StreamViewType must be specified when StreamEnabled is true")
        })?;
        return Ok(Some(StreamSpecification::Enabled(view)));
    }
    if view.is_some() {
        return Err(Refusal::invalid_values(format!(
            "{disabled}, UpdateViewType should not be specified"
        )));
    }
    Ok(Some(StreamSpecification::Disabled))
}
