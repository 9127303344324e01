//! Random histories: steps that say little, and so shrink well; what they mean depends on the tables there are.

mod expressions;
mod values;

use proptest::collection::{SizeRange, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use self::expressions::{action, condition};
use self::values::{number, suited};
use crate::expressions::Condition;
use crate::request::Returned;
use crate::table::{EXPIRY, View};
use crate::updates::Action;
use crate::value::{Kind, Value};

pub(crate) use self::values::{BYTES, NUMBERS, TEXTS};

/// Attributes that keys of indexes have.
pub(crate) const INDEXED: [&str; 4] = ["g", "h", "r", "s"];

/// Attributes that are part of no key; some differ from others in their case only.
const PLAIN: [&str; 9] = ["a", "A", "n", "m", "l", "t", "G", "select", "x-y"];

/// What a table is made like.
#[derive(Clone, Debug)]
pub(crate) struct SchemaSeed {
    pub(crate) names: usize,
    pub(crate) partition: Kind,
    pub(crate) sort: Option<Kind>,
    pub(crate) kinds: [Kind; 4],
    pub(crate) indexes: Vec<IndexSeed>,
    pub(crate) view: Option<View>,
}

#[derive(Clone, Debug)]
pub(crate) struct IndexSeed {
    pub(crate) name: usize,
    pub(crate) is_local: bool,
    pub(crate) partition: usize,
    pub(crate) sort: Option<usize>,
    pub(crate) projection: usize,
}

/// An item's key: places in lists of values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeySeed(pub(crate) usize, pub(crate) usize);

/// An attribute: of an index's key it mostly has a value of the right type.
#[derive(Clone, Debug)]
pub(crate) struct AttributeSeed {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) place: usize,
    pub(crate) is_any: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum ChangeSeed {
    Put(Vec<AttributeSeed>),
    Update(Vec<Action>, Option<AttributeSeed>, Option<&'static str>),
    Delete,
    Check,
}

#[derive(Clone, Debug)]
pub(crate) struct WriteSeed {
    pub(crate) table: usize,
    pub(crate) key: KeySeed,
    pub(crate) change: ChangeSeed,
    pub(crate) condition: Option<Condition>,
    pub(crate) shows_failed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct SearchSeed {
    pub(crate) table: usize,
    /// Which index, if there are as many.
    pub(crate) index: Option<usize>,
    /// The item whose partition is searched; without one it is a Scan.
    pub(crate) partition: Option<usize>,
    pub(crate) range: Option<(usize, usize, usize)>,
    pub(crate) is_forward: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) segments: usize,
    pub(crate) filter: Option<Condition>,
    pub(crate) is_statement: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Create(usize, SchemaSeed),
    Drop(usize),
    AddIndex(usize, IndexSeed),
    DropIndex(usize, usize),
    Stream(usize, Option<View>),
    Write(WriteSeed, Returned),
    Statement(WriteSeed),
    Batch(Vec<WriteSeed>),
    Transact(Vec<WriteSeed>, Option<usize>),
    /// An earlier transaction with a token again.
    Again(usize),
    Get(usize, KeySeed),
    Gets(Vec<(usize, KeySeed)>, bool),
    Search(SearchSeed),
    TimeToLive(usize, bool),
    /// Some hours pass.
    Pass(u64),
    /// All is compared.
    Check,
    /// The store is closed and opened again.
    Reopen,
}

#[derive(Clone, Debug)]
pub(crate) struct History {
    /// What tables are called; some may be called the same.
    pub(crate) names: Vec<String>,
    /// What the first tables are made like.
    pub(crate) schemas: Vec<SchemaSeed>,
    pub(crate) steps: Vec<Step>,
}

pub(crate) fn history(steps: impl Into<SizeRange>) -> BoxedStrategy<History> {
    let parts = (vec(name(), 4), vec(schema(), 2), vec(step(), steps));
    parts
        .prop_map(|(names, schemas, steps)| History {
            names,
            schemas,
            steps,
        })
        .boxed()
}

/// Names that differ in their case only, and some that mean something to SQLite.
const KNOWN: [&str; 19] = [
    "abc",
    "ABC",
    "Abc",
    "_tables",
    "sqlite_master",
    "tables",
    "items_1",
    "index_2",
    "a.b",
    "a-b",
    "select",
    "...",
    "---",
    "__a",
    "records",
    "sqlite_sequence",
    "a_b",
    "1e5",
    "000",
];

/// Names from all of DynamoDB's characters, and those that may mean something to SQLite.
fn name() -> BoxedStrategy<String> {
    prop_oneof![
        4 => select(&KNOWN[..]).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9_.-]{3,8}",
        1 => "[a-zA-Z0-9_.-]{255}",
    ]
    .boxed()
}

/// Mostly one of the tables that are made at first.
fn table() -> BoxedStrategy<usize> {
    prop_oneof![14 => 0..2_usize, 1 => 0..4_usize].boxed()
}

fn kind() -> BoxedStrategy<Kind> {
    select(&[Kind::S, Kind::N, Kind::B][..]).boxed()
}

fn view() -> BoxedStrategy<View> {
    select(&[View::Both, View::Keys, View::New, View::Old][..]).boxed()
}

pub(crate) fn schema() -> BoxedStrategy<SchemaSeed> {
    let kinds = [kind(), kind(), kind(), kind()];
    let parts = (
        0..3_usize,
        kind(),
        weighted(0.7, kind()),
        kinds,
        vec(index(), 0..4),
        weighted(0.7, view()),
    );
    parts
        .prop_map(
            |(names, partition, sort, kinds, indexes, view)| SchemaSeed {
                names,
                partition,
                sort,
                kinds,
                indexes,
                view,
            },
        )
        .boxed()
}

fn index() -> BoxedStrategy<IndexSeed> {
    let parts = (
        0..8_usize,
        any::<bool>(),
        0..3_usize,
        weighted(0.6, 0..4_usize),
        0..4_usize,
    );
    parts
        .prop_map(|(name, is_local, partition, sort, projection)| IndexSeed {
            name,
            is_local,
            partition,
            sort,
            projection,
        })
        .boxed()
}

fn key() -> BoxedStrategy<KeySeed> {
    let place = || prop_oneof![4 => 0..3_usize, 1 => 0..30_usize];
    (place(), place())
        .prop_map(|(partition, sort)| KeySeed(partition, sort))
        .boxed()
}

fn attribute() -> BoxedStrategy<AttributeSeed> {
    let name = prop_oneof![
        5 => select(&INDEXED[..]),
        5 => select(&PLAIN[..]),
        2 => Just(EXPIRY),
    ];
    let parts = name.prop_flat_map(|name| {
        let is_any = prop::bool::weighted(0.04);
        (Just(name), suited(name), 0..30_usize, is_any)
    });
    parts
        .prop_map(|(name, value, place, is_any)| AttributeSeed {
            name,
            value,
            place: place % 8 % (place + 1),
            is_any,
        })
        .boxed()
}

fn put() -> BoxedStrategy<ChangeSeed> {
    vec(attribute(), 0..6).prop_map(ChangeSeed::Put).boxed()
}

fn update() -> BoxedStrategy<ChangeSeed> {
    let parts = (
        vec(action(), 0..4),
        weighted(0.5, attribute()),
        weighted(0.1, select(&INDEXED[..])),
    );
    parts
        .prop_map(|(actions, set, removed)| ChangeSeed::Update(actions, set, removed))
        .boxed()
}

fn write(
    change: impl Strategy<Value = ChangeSeed> + 'static,
    conditional: f64,
) -> BoxedStrategy<WriteSeed> {
    let parts = (
        table(),
        key(),
        change,
        weighted(conditional, condition()),
        any::<bool>(),
    );
    parts
        .prop_map(|(table, key, change, condition, shows_failed)| WriteSeed {
            table,
            key,
            change,
            condition,
            shows_failed,
        })
        .boxed()
}

fn any_change() -> BoxedStrategy<ChangeSeed> {
    prop_oneof![3 => put(), 3 => update(), 2 => Just(ChangeSeed::Delete)].boxed()
}

fn search() -> BoxedStrategy<SearchSeed> {
    let parts = (
        (
            table(),
            weighted(0.6, 0..4_usize),
            weighted(0.7, 0..20_usize),
        ),
        weighted(0.6, (0..7_usize, 0..30_usize, 0..30_usize)),
        (any::<bool>(), weighted(0.6, 1..4_usize), 1..4_usize),
        weighted(0.2, condition()),
        prop::bool::weighted(0.25),
    );
    parts
        .prop_map(
            |(
                (table, index, partition),
                range,
                (is_forward, limit, segments),
                filter,
                is_statement,
            )| {
                SearchSeed {
                    table,
                    index,
                    partition,
                    range,
                    is_forward,
                    limit,
                    segments,
                    filter,
                    is_statement,
                }
            },
        )
        .boxed()
}

/// A write of any kind, of one item or of more.
pub(crate) fn item_step() -> BoxedStrategy<Step> {
    use Returned::{AllNew, AllOld, None, UpdatedNew, UpdatedOld};
    let returned = select(&[None, AllOld, AllNew, UpdatedOld, UpdatedNew][..]);
    let batched = prop_oneof![3 => put(), 1 => Just(ChangeSeed::Delete)];
    prop_oneof![
        10 => (write(any_change(), 0.3), returned).prop_map(|(write, returned)| Step::Write(write, returned)),
        2 => write(any_change(), 0.1).prop_map(Step::Statement),
        2 => vec(write(batched, 0.1), 1..8).prop_map(Step::Batch),
        3 => transaction(),
    ]
    .boxed()
}

pub(crate) fn transaction() -> BoxedStrategy<Step> {
    let in_transaction = prop_oneof![
        3 => put(),
        2 => number().prop_map(|number| {
            let add = Action::Add(expressions::named("n"), Value::N(number));
            ChangeSeed::Update(vec![add], None, None)
        }),
        1 => any_change(),
        2 => Just(ChangeSeed::Delete),
        1 => Just(ChangeSeed::Check),
    ];
    let writes = vec(write(in_transaction, 0.1), 1..6);
    let parts = (writes, weighted(0.5, 0..4_usize));
    parts
        .prop_map(|(writes, token)| Step::Transact(writes, token))
        .boxed()
}

pub(crate) fn definition_step() -> BoxedStrategy<Step> {
    prop_oneof![
        2 => (0..4_usize, schema()).prop_map(|(table, schema)| Step::Create(table, schema)),
        1 => table().prop_map(Step::Drop),
        2 => (table(), index()).prop_map(|(table, index)| Step::AddIndex(table, index)),
        1 => (table(), 0..4_usize).prop_map(|(table, index)| Step::DropIndex(table, index)),
        2 => (table(), weighted(0.6, view())).prop_map(|(table, view)| Step::Stream(table, view)),
    ]
    .boxed()
}

pub(crate) fn step() -> BoxedStrategy<Step> {
    prop_oneof![
        17 => item_step(),
        3 => definition_step(),
        1 => (0..4_usize).prop_map(Step::Again),
        2 => (table(), key()).prop_map(|(table, key)| Step::Get(table, key)),
        1 => (vec((table(), key()), 1..5), any::<bool>()).prop_map(|(keys, is_transaction)| Step::Gets(keys, is_transaction)),
        5 => search().prop_map(Step::Search),
        1 => (table(), prop::bool::weighted(0.8)).prop_map(|(table, is_enabled)| Step::TimeToLive(table, is_enabled)),
        1 => (1..4_u64).prop_map(Step::Pass),
        1 => Just(Step::Check),
        1 => Just(Step::Reopen),
    ]
    .boxed()
}
