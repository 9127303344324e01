//! Requests about tables are read as they were written.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;

use super::super::{
    AttributeDefinition, Billing, BillingMode, CreateTable, Encryption, GlobalIndex, IndexKeys,
    IndexProjection, IndexUpdate, ListTables, LocalIndex, OnDemandThroughput, StreamSpecification,
    StreamViewType, TableClass, TableKeys, TagResource, Throughput, UntagResource, UpdateTable,
    UpdateTimeToLive,
};
use super::{place, read};
use crate::{AttributeType, Operation};

const NAME: &str = "t[a-z0-9_.-]{2,20}";

fn projections() -> impl Strategy<Value = IndexProjection> {
    prop_oneof![
        Just(IndexProjection::All),
        Just(IndexProjection::KeysOnly),
        btree_set("\\PC{1,10}", 1..4)
            .prop_map(|names| IndexProjection::Include(names.into_iter().collect())),
    ]
}

fn throughputs() -> impl Strategy<Value = Throughput> {
    (1..=1_000_000_000_000_i64, 1..=1_000_000_000_000_i64)
        .prop_map(|(read, write)| Throughput { read, write })
}

fn limits() -> impl Strategy<Value = OnDemandThroughput> {
    let unit = 1..1000_i64;
    (unit.clone(), of(unit)).prop_map(|(read, max_write)| OnDemandThroughput {
        max_read: Some(read),
        max_write,
    })
}

fn streams() -> impl Strategy<Value = StreamSpecification> {
    prop::sample::select(vec![
        StreamSpecification::Disabled,
        StreamSpecification::Enabled(StreamViewType::NewImage),
        StreamSpecification::Enabled(StreamViewType::OldImage),
        StreamSpecification::Enabled(StreamViewType::NewAndOldImages),
        StreamSpecification::Enabled(StreamViewType::KeysOnly),
    ])
}

fn classes() -> impl Strategy<Value = TableClass> {
    prop_oneof![
        Just(TableClass::Standard),
        Just(TableClass::StandardInfrequentAccess)
    ]
}

fn encryptions() -> impl Strategy<Value = Encryption> {
    let kind = of(prop_oneof![Just("KMS"), Just("AES256")]);
    (of(any::<bool>()), kind, of("\\PC{0,20}")).prop_map(|(is_enabled, kind, key)| Encryption {
        is_enabled,
        kind: kind.map(str::to_owned),
        key,
    })
}

fn index_keys() -> impl Strategy<Value = IndexKeys> {
    (
        btree_set("p[a-z]{0,3}", 1..=4),
        btree_set("s[a-z]{0,3}", 0..=4),
    )
        .prop_map(|(partition, sort)| IndexKeys {
            partition: partition.into_iter().collect(),
            sort: sort.into_iter().collect(),
        })
}

fn global_indexes() -> impl Strategy<Value = GlobalIndex> {
    ("g[a-z0-9_.-]{2,20}", index_keys(), projections()).prop_map(|(name, keys, projection)| {
        GlobalIndex {
            name,
            keys,
            projection,
            throughput: None,
        }
    })
}

fn local_indexes() -> impl Strategy<Value = LocalIndex> {
    ("l[a-z0-9_.-]{2,20}", "k[a-z]{1,3}", projections()).prop_map(|(name, sort, projection)| {
        LocalIndex {
            name,
            sort,
            projection,
        }
    })
}

fn definitions(names: BTreeSet<String>) -> Vec<AttributeDefinition> {
    let kinds = [AttributeType::S, AttributeType::N, AttributeType::B];
    names
        .into_iter()
        .zip(kinds.into_iter().cycle())
        .map(|(name, kind)| AttributeDefinition { name, kind })
        .collect()
}

fn billings() -> impl Strategy<Value = Billing> {
    prop_oneof![
        throughputs().prop_map(Billing::Provisioned),
        of(limits()).prop_map(Billing::PayPerRequest),
    ]
}

fn created() -> impl Strategy<Value = CreateTable> {
    let local = btree_map("[a-z]{3}", local_indexes(), 0..=5);
    let global = btree_map("[a-z]{3}", global_indexes(), 0..4);
    let tags = btree_map("[a-z]{1,10}", "[a-zA-Z0-9 +=._:/@-]{0,10}", 0..5);
    let first = (NAME, of("r[a-z]{0,3}"), local, global, billings());
    let second = (
        of(streams()),
        of(encryptions()),
        tags,
        of(classes()),
        of(any::<bool>()),
    );
    (first, second).prop_map(
        |(
            (table, sort, local, global, billing),
            (stream, encryption, tags, class, deletion_protection),
        )| {
            // Names that only differ where that is allowed.
            let local_indexes: Vec<LocalIndex> = local
                .into_iter()
                .map(|(name, index)| LocalIndex {
                    name: format!("l{name}"),
                    ..index
                })
                .filter(|_| sort.is_some())
                .collect();
            let mut global_indexes: Vec<GlobalIndex> = global
                .into_iter()
                .map(|(name, index)| GlobalIndex {
                    name: format!("g{name}"),
                    ..index
                })
                .collect();
            if let Billing::Provisioned(throughput) = billing {
                for index in &mut global_indexes {
                    index.throughput = Some(throughput);
                }
            }
            let mut names: BTreeSet<String> = std::iter::once("hash".to_owned()).collect();
            names.extend(sort.clone());
            names.extend(local_indexes.iter().map(|index| index.sort.clone()));
            for index in &global_indexes {
                names.extend(index.keys.partition.iter().chain(&index.keys.sort).cloned());
            }
            CreateTable {
                table,
                attributes: definitions(names),
                keys: TableKeys {
                    partition: "hash".into(),
                    sort,
                },
                local_indexes,
                global_indexes,
                billing,
                stream,
                encryption,
                tags,
                class,
                deletion_protection,
            }
        },
    )
}

fn index_updates() -> impl Strategy<Value = IndexUpdate> {
    prop_oneof![
        global_indexes().prop_map(IndexUpdate::Create),
        (NAME, throughputs())
            .prop_map(|(name, throughput)| IndexUpdate::Update { name, throughput }),
        NAME.prop_map(IndexUpdate::Delete),
    ]
}

fn updated() -> impl Strategy<Value = UpdateTable> {
    let first = (
        NAME,
        of(throughputs()),
        of(limits()),
        vec(index_updates(), 0..=1),
    );
    let second = (of(streams()), of(classes()), any::<bool>());
    (first, second).prop_map(
        |((table, throughput, on_demand_throughput, indexes), (stream, class, protection))| {
            let names = indexes.iter().flat_map(|update| match update {
                IndexUpdate::Create(index) => index
                    .keys
                    .partition
                    .iter()
                    .chain(&index.keys.sort)
                    .cloned()
                    .collect(),
                IndexUpdate::Update { .. } | IndexUpdate::Delete(_) => Vec::new(),
            });
            UpdateTable {
                table,
                attributes: definitions(names.collect()),
                billing_mode: throughput.map(|_| BillingMode::Provisioned),
                throughput,
                on_demand_throughput,
                indexes,
                stream,
                class,
                deletion_protection: Some(protection),
            }
        },
    )
}

proptest! {
    #[test]
    fn new_tables_are_read_as_they_were_written(request in created()) {
        let again = read(Operation::CreateTable, CreateTable::read, request.write());
        prop_assert_eq!(again, Ok(request));
    }

    #[test]
    fn updates_are_read_as_they_were_written(request in updated()) {
        let again = read(Operation::UpdateTable, UpdateTable::read, request.write());
        prop_assert_eq!(again, Ok(request));
    }

    #[test]
    fn lists_and_times_to_live_are_read_as_they_were_written(
        limit in of(1_u32..=100),
        name in of(NAME),
        attribute in "\\PC{1,255}",
        is_enabled in any::<bool>(),
    ) {
        let list = ListTables { limit, start: name };
        let again = read(Operation::ListTables, ListTables::read, list.write());
        prop_assert_eq!(again, Ok(list));
        let request = UpdateTimeToLive { table: "abc".into(), attribute, is_enabled };
        let again = read(Operation::UpdateTimeToLive, UpdateTimeToLive::read, request.write());
        prop_assert_eq!(again, Ok(request));
    }

    #[test]
    fn tags_are_read_as_they_were_written(
        name in NAME,
        tags in btree_map("[a-z]{1,10}", "[a-zA-Z0-9 +=._:/@-]{0,10}", 1..50),
    ) {
        let resource = String::from(place().arn("dynamodb", format_args!("table/{name}")));
        let keys = tags.keys().cloned().collect();
        let untag = UntagResource { resource: resource.clone(), keys };
        let tag = TagResource { resource, tags };
        let again = read(Operation::TagResource, TagResource::read, tag.write());
        prop_assert_eq!(again, Ok(tag));
        let again = read(Operation::UntagResource, UntagResource::read, untag.write());
        prop_assert_eq!(again, Ok(untag));
    }
}
