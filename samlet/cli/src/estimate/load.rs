//! The load of the application: its template, what was measured here, and what the command line says instead.

use std::path::Path;

use samlet_access::Usage;
use samlet_estimate::{Access, Durations, Load};
use samlet_iam::{Context, Principal, Request, Role, judge};
use samlet_template::{Application, Architecture, Function};
use serde_json::json;

use super::measured::Measured;
use super::{mix, watching};
use crate::args::{EstimateArgs, Named};
use crate::error::Error;
use crate::tables::Tables;
use crate::terminal::counted;
use samlet_run::{Template, place};

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

/// A load, and where its figures are from.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) load: Load,
    /// Of each function's durations.
    pub(super) origins: Vec<String>,
    /// What was assumed, and what to know beside the figures.
    pub(super) notes: Vec<String>,
}

/// Gathers everything.
pub(super) fn load(args: &EstimateArgs, template: &Template) -> Result<Found, Error> {
    let application = &template.application;
    let entries = mix::entries(application, &args.mix)?;
    let mut notes = Vec::new();
    let tables = tables(args, template, &mut notes)?;
    let usage = Usage::open(args.application.data_dir().join("usage.json"));
    let mut functions = Vec::new();
    let mut origins = Vec::new();
    for (index, role) in template.roles()?.iter().enumerate() {
        let mut of = entries.iter().filter(|entry| entry.function == index);
        let is_used = of.any(|entry| entry.share > 0.0);
        let (function, origin) = function(args, application, index, role, &usage, is_used)?;
        if is_used && shares_its_log(application, index) {
            let name = &function.name;
            notes.push(format!(
                "{name} shares a log group: it was measured together with others"
            ));
        }
        functions.push(function);
        origins.push(origin);
    }
    if origins.iter().any(|origin| origin.starts_with("measured")) {
        notes.insert(0, MEASURED_HERE.to_owned());
    }
    notes.extend(watching::notes(application, &entries));
    let rate = args.rate.unwrap_or_default();
    let load = Load {
        rate,
        peak_rate: args.peak_rate.unwrap_or(rate),
        region: args.region.clone(),
        cold_share: args.cold_share,
        entries,
        functions,
        tables,
        alarm_metrics: watching::alarm_metrics(application),
    };
    Ok(Found {
        load,
        origins,
        notes,
    })
}

/// A function, and where its durations are from.
fn function(
    args: &EstimateArgs,
    application: &Application,
    index: usize,
    role: &Role,
    usage: &Usage,
    is_used: bool,
) -> Result<(samlet_estimate::Function, String), Error> {
    let function = &application.functions[index];
    let given = |given: &[Named]| of_function(application, given, index);
    let logs = args.application.data_dir().join("logs");
    let mut measured = Measured::read(&logs, &function.log_group());
    let (durations, origin) = match (given(&args.duration_ms)?, measured.durations()) {
        (Some(ms), _) => (Durations::constant(ms), "given".to_owned()),
        (None, Some(durations)) => (durations, origin(&measured)),
        (None, None) if is_used => return Err(Error::NotMeasured(function.logical_id.clone())),
        (None, None) => (Durations::constant(0.0), "-".to_owned()),
    };
    let seen = match shares_its_log(application, index) {
        true => Vec::new(),
        false => seen(application, usage, &function.name, measured.invocations()),
    };
    let mut access = match seen.is_empty() {
        true => allowed(application, role, &function.name),
        false => seen,
    };
    let (reads, writes) = (given(&args.reads)?, given(&args.writes)?);
    let is_named = |given: &[Named]| is_named(application, given, index);
    // What is said of all functions is meant for those that use a table.
    if !set_access(&mut access, reads, writes) && (is_named(&args.reads) || is_named(&args.writes))
    {
        let function = function.logical_id.clone();
        return Err(Error::NoTableUsed { function });
    }
    let log_bytes = given(&args.log_bytes)?.or(measured.log_bytes());
    let function = samlet_estimate::Function {
        name: function.logical_id.clone(),
        memory_mb: function.memory_mb,
        arm64: function.architecture == Architecture::Arm64,
        timeout_ms: function.timeout.as_secs_f64() * 1000.0,
        reserved_concurrency: function.reserved_concurrency,
        durations,
        log_bytes: log_bytes.unwrap_or(LOG_BYTES),
        response_bytes: given(&args.response_bytes)?.unwrap_or(RESPONSE_BYTES),
        access,
    };
    Ok((function, origin))
}

fn shares_its_log(application: &Application, index: usize) -> bool {
    let group = application.functions[index].log_group();
    let groups = application.functions.iter().map(Function::log_group);
    groups.filter(|other| *other == group).count() > 1
}

fn origin(measured: &Measured) -> String {
    let count = |count: usize, what| counted(count as u64, what);
    let (invocations, cold) = (measured.invocations(), measured.cold_starts());
    let (invocations, cold) = (count(invocations, "invocation"), count(cold, "cold start"));
    format!("measured: {invocations}, {cold}")
}

/// What is given for a function: by its name, else for all.
fn of_function(
    application: &Application,
    given: &[Named],
    index: usize,
) -> Result<Option<f64>, Error> {
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
fn seen(
    application: &Application,
    usage: &Usage,
    function: &str,
    invocations: usize,
) -> Vec<Access> {
    let mut access: Vec<Access> = Vec::new();
    if invocations == 0 {
        return access;
    }
    for entry in usage.of(function).iter().filter(|entry| entry.allowed > 0) {
        let name = entry
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
        let times = entry.allowed as f64 / invocations as f64;
        let action = entry.action.as_str();
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
fn allowed(application: &Application, role: &Role, function: &str) -> Vec<Access> {
    let principal = Principal::of_role(role.clone(), function, &place());
    let may = |actions: &[&str], arn: &str| {
        let is_allowed = |action: &&str| {
            let request = Request {
                action,
                resource: arn,
                context: &Context::default(),
            };
            judge(&principal, &request, None).is_ok()
        };
        f64::from(actions.iter().any(is_allowed))
    };
    let tables = application.tables.iter().enumerate();
    let access = tables.map(|(table, declared)| {
        let arn = place().arn("dynamodb", format_args!("table/{}", declared.name));
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
    args: &EstimateArgs,
    template: &Template,
    notes: &mut Vec<String>,
) -> Result<Vec<samlet_estimate::Table>, Error> {
    let application = &template.application;
    let stored = stored(args, template, &args.application.data_dir())?;
    for given in args.item_bytes.iter().chain(&args.stored_gb) {
        if let Some(name) = &given.name {
            table(application, name)?;
        }
    }
    let mut tables = Vec::new();
    for (declared, (items, bytes)) in application.tables.iter().zip(stored) {
        let given = |given: &[Named]| {
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
        let item_bytes = given(&args.item_bytes).or((items > 0.0).then(|| bytes / items));
        if item_bytes.is_none() {
            let id = &declared.logical_id;
            notes.push(format!(
                "{id} holds nothing here: items are taken to have {ITEM_BYTES} bytes"
            ));
        }
        let indexes = |kind: &str| declared.create_table[kind].as_array().map_or(0, Vec::len);
        let indexes = indexes("GlobalSecondaryIndexes") + indexes("LocalSecondaryIndexes");
        tables.push(samlet_estimate::Table {
            name: declared.logical_id.clone(),
            item_bytes: item_bytes.unwrap_or(ITEM_BYTES),
            stored_bytes: given(&args.stored_gb).map_or(bytes, |gb| gb * GB),
            indexes: indexes.try_into().unwrap_or(u32::MAX),
            consistent_reads: args.consistent_reads,
            point_in_time_recovery: declared.point_in_time_recovery,
        });
    }
    Ok(tables)
}

fn table(application: &Application, name: &str) -> Result<(), Error> {
    let ids = || {
        application
            .tables
            .iter()
            .map(|table| table.logical_id.as_str())
    };
    let names = application.tables.iter().map(|table| table.name.as_str());
    match ids().chain(names).any(|known| known == name) {
        true => Ok(()),
        false => Err(Error::NoTable {
            name: name.to_owned(),
            known: ids().collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Items and bytes of each declared table; of a data folder that isn't there, none.
fn stored(args: &EstimateArgs, template: &Template, data: &Path) -> Result<Vec<(f64, f64)>, Error> {
    let declared = &template.application.tables;
    if !data.join("dynamodb").exists() || declared.is_empty() {
        return Ok(vec![(0.0, 0.0); declared.len()]);
    }
    let tables = Tables::open(&args.application, &args.secret, template)?;
    let described = declared.iter().map(|table| {
        let described = tables.call("DescribeTable", &json!({"TableName": table.name}))?;
        let number = |name: &str| described["Table"][name].as_f64().unwrap_or_default();
        Ok((number("ItemCount"), number("TableSizeBytes")))
    });
    let described = described.collect();
    tables.close();
    described
}
