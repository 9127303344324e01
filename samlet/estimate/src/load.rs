//! The load of the application: its template, what was measured here, and what the command line says instead.

use std::collections::BTreeMap;

use samlet_aws::Place;
use samlet_iam::{Context, Principal, Request, judge};
use samlet_template::{Application, Architecture};

use crate::{
    Access, Durations, Entry, EstimateError, Function, Load, Measured, Table, mix, watching,
};

/// Bytes of a response with its headers, unless said otherwise.
const RESPONSE_BYTES: f64 = 1024.0;

/// Bytes of an item, where none is stored.
const ITEM_BYTES: f64 = 1024.0;

/// Bytes of an invocation's own three lines (START, END, REPORT), about.
const LOG_BYTES: f64 = 400.0;

/// What to know of durations that were not given.
const MEASURED_HERE: &str = "Durations were measured on this machine, with the tables beside it: on AWS processors are slower at little memory, and DynamoDB takes some milliseconds; --duration-ms says what is expected there";

const GB: f64 = 1024.0 * 1024.0 * 1024.0;

const READS: [&str; 6] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
];

const WRITES: [&str; 7] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];

/// A number, of one function or table or of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The function or table; `None` for all.
    pub name: Option<String>,
    /// The number.
    pub value: f64,
}

/// What is said of the load, some of it instead of what was measured.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Requests a second, on average over the month.
    pub rate: f64,
    /// Requests a second at the peak; `None` if that is the rate.
    pub peak_rate: Option<f64>,
    /// The AWS region.
    pub region: String,
    /// Which share of invocations begin a new environment.
    pub cold_share: f64,
    /// Whether reads are strongly consistent.
    pub consistent_reads: bool,
    /// How long functions' invocations take, ms.
    pub duration_ms: Vec<Named>,
    /// Items that functions read.
    pub reads: Vec<Named>,
    /// Items that functions write.
    pub writes: Vec<Named>,
    /// Bytes that functions log.
    pub log_bytes: Vec<Named>,
    /// Bytes of functions' responses.
    pub response_bytes: Vec<Named>,
    /// Bytes of tables' items.
    pub item_bytes: Vec<Named>,
    /// GB that tables hold.
    pub stored_gb: Vec<Named>,
}

/// What was measured here.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Of functions, by logical id.
    pub functions: BTreeMap<String, FunctionFigures>,
    /// Of tables, by logical id.
    pub tables: BTreeMap<String, TableFigures>,
}

/// What is known of a function.
#[derive(Clone, Debug, Default)]
pub struct FunctionFigures {
    /// Its log's.
    pub measured: Measured,
    /// What it was allowed.
    pub uses: Vec<Use>,
}

/// How often a function did one action on one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Such as `dynamodb:GetItem`.
    pub action: String,
    /// The resource's ARN.
    pub resource: String,
    /// How often.
    pub times: u64,
}

/// What a table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TableFigures {
    /// Its items.
    pub items: f64,
    /// All their bytes.
    pub bytes: f64,
}

/// A load, and where its figures are from.
#[derive(Clone, Debug)]
pub struct SourcedLoad {
    /// The load.
    pub load: Load,
    /// Of functions' durations, by logical id.
    pub origins: BTreeMap<String, String>,
    /// What was assumed, and what to know beside the figures.
    pub notes: Vec<String>,
}

/// The load of an application that requests come into by `entries`, and whose place here is `place`.
pub fn load(
    application: &Application,
    place: &Place,
    entries: Vec<Entry>,
    given: &Given,
    figures: &Figures,
) -> Result<SourcedLoad, EstimateError> {
    let mut notes = Vec::new();
    let tables = tables(application, given, &figures.tables, &mut notes)?;
    let mut functions = Vec::new();
    let mut origins = BTreeMap::new();
    let unmeasured = FunctionFigures::default();
    for (index, declared) in application.functions.iter().enumerate() {
        let figures = figures.functions.get(&declared.logical_id);
        let figures = figures.unwrap_or(&unmeasured);
        let mut of = entries.iter().filter(|entry| entry.function == index);
        let is_used = of.any(|entry| entry.share > 0.0);
        let (function, origin) = function(application, place, given, index, figures, is_used)?;
        if is_used && shares_its_log(application, index) {
            let name = &function.name;
            notes.push(format!(
                "{name} shares a log group: it was measured together with others"
            ));
        }
        origins.insert(function.name.clone(), origin);
        functions.push(function);
    }
    if origins
        .values()
        .any(|origin| origin.starts_with("measured"))
    {
        notes.insert(0, MEASURED_HERE.to_owned());
    }
    notes.extend(watching::notes(application, &entries));
    let load = Load {
        rate: given.rate,
        peak_rate: given.peak_rate.unwrap_or(given.rate),
        region: given.region.clone(),
        cold_share: given.cold_share,
        entries,
        functions,
        tables,
        alarm_metrics: watching::alarm_metrics(application),
    };
    Ok(SourcedLoad {
        load,
        origins,
        notes,
    })
}

/// A function, and where its durations are from.
fn function(
    application: &Application,
    place: &Place,
    given: &Given,
    index: usize,
    figures: &FunctionFigures,
    is_used: bool,
) -> Result<(Function, String), EstimateError> {
    let declared = &application.functions[index];
    let of_function = |given: &[Named]| of_function(application, given, index);
    let measured = &figures.measured;
    let (durations, origin) = match (of_function(&given.duration_ms)?, measured.durations()) {
        (Some(ms), _) => (Durations::constant(ms), "given".to_owned()),
        (None, Some(durations)) => (durations, origin(measured)),
        (None, None) if is_used => {
            return Err(EstimateError::NotMeasured(declared.logical_id.clone()));
        }
        (None, None) => (Durations::constant(0.0), "-".to_owned()),
    };
    let mut access = Vec::new();
    if !shares_its_log(application, index) {
        access = seen(application, &figures.uses, measured.invocations());
    }
    if access.is_empty() {
        access = allowed(application, place, declared);
    }
    let (reads, writes) = (of_function(&given.reads)?, of_function(&given.writes)?);
    let is_named = |given: &[Named]| is_named(application, given, index);
    // What is said of all functions is meant for those that use a table.
    if !set_access(&mut access, reads, writes)
        && (is_named(&given.reads) || is_named(&given.writes))
    {
        let function = declared.logical_id.clone();
        return Err(EstimateError::NoTableUsed { function });
    }
    let log_bytes = of_function(&given.log_bytes)?.or(measured.log_bytes());
    let function = Function {
        name: declared.logical_id.clone(),
        memory_mb: declared.memory_mb,
        arm64: declared.architecture == Architecture::Arm64,
        timeout_ms: declared.timeout.as_secs_f64() * 1000.0,
        reserved_concurrency: declared.reserved_concurrency,
        durations,
        log_bytes: log_bytes.unwrap_or(LOG_BYTES),
        response_bytes: of_function(&given.response_bytes)?.unwrap_or(RESPONSE_BYTES),
        access,
    };
    Ok((function, origin))
}

fn shares_its_log(application: &Application, index: usize) -> bool {
    let group = application.functions[index].log_group.as_str();
    let mut functions = application.functions.iter();
    functions
        .any(|other| *group == other.log_group && other.name != application.functions[index].name)
}

fn origin(measured: &Measured) -> String {
    let invocations = counted(measured.invocations(), "invocation");
    let cold = counted(measured.cold_starts(), "cold start");
    format!("measured: {invocations}, {cold}")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// What is given for a function: by its name, else for all.
fn of_function(
    application: &Application,
    given: &[Named],
    index: usize,
) -> Result<Option<f64>, EstimateError> {
    let mut found = None;
    for Named { name, value } in given {
        match name {
            None => found = found.or(Some(*value)),
            Some(name) if mix::function(application, name)? == index => return Ok(Some(*value)),
            Some(_) => {}
        }
    }
    Ok(found)
}

fn is_named(application: &Application, given: &[Named], index: usize) -> bool {
    let mut names = given.iter().filter_map(|given| given.name.as_deref());
    names.any(|name| mix::function(application, name).is_ok_and(|found| found == index))
}

/// What the function did to tables, for each of its invocations.
fn seen(application: &Application, uses: &[Use], invocations: usize) -> Vec<Access> {
    let mut access: Vec<Access> = Vec::new();
    if invocations == 0 {
        return access;
    }
    for used in uses {
        let name = used
            .resource
            .split_once(":table/")
            .map_or("", |(_, name)| name);
        let name = name.split('/').next().unwrap_or_default();
        let Some(table) = application
            .tables
            .iter()
            .position(|table| table.name == name)
        else {
            continue;
        };
        let times = used.times as f64 / invocations as f64;
        let action = used.action.as_str();
        let (reads, writes) = match (READS.contains(&action), WRITES.contains(&action)) {
            (true, _) => (times, 0.0),
            (_, true) => (0.0, times),
            _ => continue,
        };
        access.push(Access {
            table,
            reads,
            writes,
        });
    }
    access
}

/// One read and one write of each table, where policies allow it.
fn allowed(
    application: &Application,
    place: &Place,
    function: &samlet_template::Function,
) -> Vec<Access> {
    let role = function.role.enforced();
    let principal = Principal::of_role(role, &function.name, place);
    let may = |actions: &[&str], arn: &str| {
        let is_allowed = |action: &&str| {
            let request = Request {
                action,
                resource: arn,
                context: &Context::complete(),
            };
            judge(&principal, &request, None).is_ok()
        };
        f64::from(actions.iter().any(is_allowed))
    };
    let tables = application.tables.iter().enumerate();
    let access = tables.map(|(table, declared)| {
        let arn = place.arn("dynamodb", format_args!("table/{}", declared.name));
        Access {
            table,
            reads: may(&READS, arn.as_str()),
            writes: may(&WRITES, arn.as_str()),
        }
    });
    access
        .filter(|access| access.reads + access.writes > 0.0)
        .collect()
}

/// Puts given numbers in the place of found ones: on the first table of those
/// that the function uses. Whether there is one, if one is needed.
fn set_access(access: &mut Vec<Access>, reads: Option<f64>, writes: Option<f64>) -> bool {
    let Some(table) = access.first().map(|access| access.table) else {
        // None of nothing needs no table.
        return reads.unwrap_or_default() + writes.unwrap_or_default() == 0.0;
    };
    for access in access.iter_mut() {
        access.reads = reads.map_or(access.reads, |_| 0.0);
        access.writes = writes.map_or(access.writes, |_| 0.0);
    }
    access.push(Access {
        table,
        reads: reads.unwrap_or_default(),
        writes: writes.unwrap_or_default(),
    });
    true
}

fn tables(
    application: &Application,
    given: &Given,
    figures: &BTreeMap<String, TableFigures>,
    notes: &mut Vec<String>,
) -> Result<Vec<Table>, EstimateError> {
    for named in given.item_bytes.iter().chain(&given.stored_gb) {
        if let Some(name) = &named.name {
            check_table(application, name)?;
        }
    }
    let mut tables = Vec::new();
    for declared in &application.tables {
        let figures = figures.get(&declared.logical_id).copied();
        let TableFigures { items, bytes } = figures.unwrap_or_default();
        let of_table = |given: &[Named]| {
            let is_own = |named: &&Named| {
                named
                    .name
                    .as_deref()
                    .is_some_and(|name| name == declared.logical_id || name == declared.name)
            };
            let mut own = given.iter().filter(is_own);
            let mut all = given.iter().filter(|named| named.name.is_none());
            own.next().or_else(|| all.next()).map(|named| named.value)
        };
        let item_bytes = of_table(&given.item_bytes).or((items > 0.0).then(|| bytes / items));
        if item_bytes.is_none() {
            let id = &declared.logical_id;
            notes.push(format!(
                "{id} holds nothing here: items are taken to have {ITEM_BYTES} bytes"
            ));
        }
        tables.push(Table {
            name: declared.logical_id.clone(),
            item_bytes: item_bytes.unwrap_or(ITEM_BYTES),
            stored_bytes: of_table(&given.stored_gb).map_or(bytes, |gb| gb * GB),
            indexes: declared.indexes.len().try_into().unwrap_or(u32::MAX),
            consistent_reads: given.consistent_reads,
            point_in_time_recovery: declared.point_in_time_recovery,
        });
    }
    Ok(tables)
}

fn check_table(application: &Application, name: &str) -> Result<(), EstimateError> {
    let ids = || {
        application
            .tables
            .iter()
            .map(|table| table.logical_id.as_str())
    };
    let names = application.tables.iter().map(|table| table.name.as_str());
    if ids().chain(names).any(|known| known == name) {
        return Ok(());
    }
    Err(EstimateError::NoTable {
        name: name.to_owned(),
        known: ids().collect::<Vec<_>>().join(", "),
    })
}
