//! What a load asks of functions and tables: rates, concurrency, units, partitions.

use serde::Serialize;

use crate::{Durations, Function, Load, Quotas, Table};

/// Bytes that one unit reads of an item.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
const READ_UNIT_BYTES: f64 = 4096.0;

/// Bytes that one unit writes of an item.
const WRITE_UNIT_BYTES: f64 = 1024.0;

/// What is asked of a function at the peak.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionDemand {
    /// Its logical id.
    pub name: String,
    /// Invocations a second.
    pub rate: f64,
    /// Memory, MB.
    pub memory_mb: u32,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// How long they take.
    #[serde(flatten)]
    pub durations: Durations,
    /// Environments that are busy at once.
    pub concurrency: f64,
    /// Items that an invocation reads.
    pub reads: f64,
    /// Items that an invocation writes.
    pub writes: f64,
    /// Bytes that an invocation logs.
    pub log_bytes: f64,
}

/// What is asked of a table at the peak.
#[derive(Clone, Debug, Serialize)]
pub struct TableDemand {
    /// Its logical id.
    pub name: String,
    /// The mean size of its items.
    pub item_bytes: f64,
    /// Read units a second.
    pub read_units: f64,
    /// Write units a second.
    pub write_units: f64,
    /// Partitions that rate and size need, when keys are evenly used.
    pub partitions: f64,
}

/// Units, of reads and of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Units {
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

pub(crate) fn functions(load: &Load) -> Vec<FunctionDemand> {
    let functions = load.functions.iter().enumerate();
    let demand = |(index, function): (usize, &Function)| {
        let share = share_of(load, index);
        // The sum of nothing is -0.
        let sum = |of: fn(&crate::Access) -> f64| 0.0 + function.access.iter().map(of).sum::<f64>();
        FunctionDemand {
            name: function.name.clone(),
            rate: share * load.peak_rate,
            memory_mb: function.memory_mb,
            architecture: if function.arm64 { "arm64" } else { "x86_64" },
            durations: function.durations,
            concurrency: concurrency(load, index) * load.peak_rate,
            reads: sum(|access| access.reads),
            writes: sum(|access| access.writes),
            log_bytes: function.log_bytes,
        }
    };
    functions.map(demand).collect()
}

pub(crate) fn tables(load: &Load, quotas: &Quotas) -> Vec<TableDemand> {
    let tables = load.tables.iter().enumerate();
    let demand = |(index, table): (usize, &Table)| {
        let units = units_of(load, index);
        let (reads, writes) = (units.reads * load.peak_rate, units.writes * load.peak_rate);
        // Rounded before it is rounded up: shares are not exact.
        let by_rate = quotas.partitions(reads, writes);
        let by_rate = (by_rate * 1e6).round() / 1e6;
        let by_size = table.stored_bytes / quotas.partition_bytes();
        TableDemand {
            name: table.name.clone(),
            item_bytes: table.item_bytes,
            read_units: reads,
            write_units: writes,
            partitions: by_rate.max(by_size).ceil().max(1.0),
        }
    };
    tables.map(demand).collect()
}

/// Which part of all requests a function answers.
pub(crate) fn share_of(load: &Load, function: usize) -> f64 {
    let entries = load.entries.iter();
    let own = entries.filter(|entry| entry.function == function);
    own.map(|entry| entry.share).sum()
}

/// Environments of a function that each request a second keeps busy: Little's law.
pub(crate) fn concurrency(load: &Load, function: usize) -> f64 {
    let durations = &load.functions[function].durations;
    let with_init = durations.mean_ms + load.cold_share * durations.init_ms;
    share_of(load, function) * with_init / 1000.0
}

/// Units of a table that each request takes.
pub(crate) fn units_of(load: &Load, table: usize) -> Units {
    let declared = &load.tables[table];
    let per_read = (declared.item_bytes / READ_UNIT_BYTES).ceil().max(1.0);
    let per_read = match declared.consistent_reads {
        true => per_read,
        false => per_read / 2.0,
    };
    let per_write = (declared.item_bytes / WRITE_UNIT_BYTES).ceil().max(1.0);
    let copies = 1.0 + f64::from(declared.indexes);
    let mut units = Units::default();
    for (index, function) in load.functions.iter().enumerate() {
        let share = share_of(load, index);
        for access in function
            .access
            .iter()
            .filter(|access| access.table == table)
        {
            units.reads += share * access.reads * per_read;
            units.writes += share * access.writes * per_write * copies;
        }
    }
    units
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{QUOTAS, example};

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    }

    #[test]
    fn concurrency_is_rate_times_duration() {
        let functions = functions(&example::load());
        // 200/s x (20 ms + 1 % of 100 ms); 800/s x (10 ms + 1 ms).
        assert_near(functions[0].concurrency, 4.2);
        assert_near(functions[1].concurrency, 8.8);
        assert_near(functions[1].rate, 800.0);
    }

    #[test]
    fn units_follow_the_size_of_items() {
        let quotas = Quotas::parse(QUOTAS).unwrap();
        let mut load = example::load();
        // 1.5 KB: a write is 2 units, an eventually consistent read half a unit.
        let table = &tables(&load, &quotas)[0];
        assert_near(table.read_units, 400.0);
        assert_near(table.write_units, 400.0);
        // 21 GB are three partitions of 10 GB.
        assert_near(table.partitions, 3.0);

        load.tables[0].consistent_reads = true;
        load.tables[0].indexes = 2;
        load.tables[0].item_bytes = 4_097.0;
        load.peak_rate = 10_000.0;
        // A read of 4,097 bytes is 2 units; a write 5, thrice.
        let table = &tables(&load, &quotas)[0];
        assert_near(table.read_units, 16_000.0);
        assert_near(table.write_units, 30_000.0);
        // 16,000 / 3,000 + 30,000 / 1,000 = 35.3.
        assert_near(table.partitions, 36.0);
    }

    #[test]
    fn what_was_measured_is_summed_up() {
        let mut durations: Vec<f64> = (1..=100).rev().map(|n| f64::from(n) - 0.5).collect();
        let found = Durations::measured(&mut durations, &[10.0, 20.0]).unwrap();
        assert_near(found.mean_ms, 50.0);
        assert_near(found.median_ms, 49.5);
        assert_near(found.p99_ms, 98.5);
        // 1 to 100.
        assert_near(found.billed_ms, 50.5);
        assert_near(found.init_ms, 15.0);
        assert_eq!(Durations::measured(&mut [], &[1.0]), None);
        assert_near(Durations::constant(1.2).billed_ms, 2.0);
    }
}
