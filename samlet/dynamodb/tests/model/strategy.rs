//! Random histories: steps that say little, and so shrink well; what they mean depends on the tables there are.

use proptest::collection::{SizeRange, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use crate::expressions::{Action, Comparator, Condition, Operand, Path, Within};
use crate::number::Decimal;
use crate::request::Returned;
use crate::table::{EXPIRY, View};
use crate::value::{Item, Kind, Value};

/// Attributes that keys of indexes have.
pub(crate) const INDEXED: [&str; 4] = ["g", "h", "r", "s"];

/// Attributes that are part of no key; some differ from others in their case only.
const PLAIN: [&str; 9] = ["a", "A", "n", "m", "l", "t", "G", "select", "x-y"];

/// Numbers as they are written; some of them are equal.
pub(crate) const NUMBERS: [&str; 24] = [
    "0",
    "1",
    "-1",
    "1.0",
    "2",
    "10",
    "1e1",
    "-0",
    "-1.5",
    "0.1",
    "100e-2",
    "9",
    "-10",
    "-9",
    "1e125",
    "-1e125",
    "1e-130",
    "-1e-130",
    "1.0000000000000000000000000000000000001",
    "99999999999999999999999999999999999999",
    "0.001",
    "-0.001",
    "12345.6789",
    "1E+2",
];

pub(crate) const TEXTS: [&str; 20] = [
    "a",
    "A",
    "b",
    "ab",
    "a\0",
    "\0",
    "a\0b",
    "\0\0",
    "a\u{1}",
    "é",
    "e\u{301}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{10000}",
    "\u{d7ff}",
    " ",
    "aa",
    "'",
    "\"",
    "B",
];

pub(crate) const BYTES: [&[u8]; 14] = [
    &[0],
    &[0, 0],
    &[1],
    &[255],
    &[255, 255],
    &[0, 255],
    &[255, 0],
    &[1, 0],
    &[0, 1],
    b"a",
    b"ab",
    &[254],
    &[0, 0, 1],
    &[128],
];

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

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        8 => select(&TEXTS[..]).prop_map(str::to_owned),
        2 => Just(String::new()),
        1 => any::<String>(),
    ]
    .boxed()
}

fn number() -> BoxedStrategy<Decimal> {
    prop_oneof![
        6 => select(&NUMBERS[..]).prop_map(Decimal::new),
        1 => (any::<i32>(), -40..40_i32).prop_map(|(digits, exponent)| Decimal::new(&format!("{digits}e{exponent}"))),
    ].boxed()
}

fn bytes() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        8 => select(&BYTES[..]).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..5),
    ]
    .boxed()
}

/// A string, a number or bytes.
fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        text().prop_map(Value::S),
        number().prop_map(Value::N),
        bytes().prop_map(Value::B),
    ]
    .boxed()
}

fn set() -> BoxedStrategy<Value> {
    prop_oneof![
        vec(
            text().prop_filter("no empty one", |text| !text.is_empty()),
            1..4
        )
        .prop_map(|texts| Value::Ss(texts.into_iter().collect())),
        vec(number(), 1..4).prop_map(|numbers| Value::Ns(numbers.into_iter().collect())),
        vec(
            bytes().prop_filter("no empty one", |bytes| !bytes.is_empty()),
            1..4
        )
        .prop_map(|values| Value::Bs(values.into_iter().collect())),
    ]
    .boxed()
}

fn leaf() -> BoxedStrategy<Value> {
    prop_oneof![
        6 => scalar(),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        2 => set(),
    ]
    .boxed()
}

fn map() -> BoxedStrategy<Value> {
    let member = (select(&["x", "y", "X"][..]), leaf());
    vec(member, 0..3)
        .prop_map(|members| {
            let members = members.into_iter();
            let members = members.map(|(name, value)| (name.to_owned(), value));
            Value::M(members.collect::<Item>())
        })
        .boxed()
}

fn list() -> BoxedStrategy<Value> {
    vec(leaf(), 0..4).prop_map(Value::L).boxed()
}

/// Any value; few are long.
fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        20 => leaf(),
        6 => map(),
        6 => list(),
        1 => (1..60_000_usize).prop_map(|length| Value::S("x".repeat(length))),
    ]
    .boxed()
}

/// A value that suits an attribute's name, mostly.
fn suited(name: &'static str) -> BoxedStrategy<Value> {
    match name {
        "n" => prop_oneof![5 => number().prop_map(Value::N), 1 => value()].boxed(),
        "m" => prop_oneof![5 => map(), 1 => value()].boxed(),
        "l" => prop_oneof![5 => list(), 1 => value()].boxed(),
        "t" => prop_oneof![5 => set(), 1 => value()].boxed(),
        _ => value().boxed(),
    }
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

fn plain() -> BoxedStrategy<Path> {
    prop_oneof![
        6 => select(&PLAIN[..]).prop_map(|name| (name, None)),
        2 => select(&["x", "y", "X"][..]).prop_map(|name| ("m", Some(Within::Member(name.into())))),
        2 => (0..4_usize).prop_map(|index| ("l", Some(Within::Index(index)))),
        1 => select(&["a", "l"][..]).prop_map(|name| (name, Some(Within::Member("x".into())))),
    ]
    .prop_map(|(attribute, within)| Path {
        attribute: attribute.to_owned(),
        within,
    })
    .boxed()
}

fn comparator() -> BoxedStrategy<Comparator> {
    use Comparator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    select(&[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual][..]).boxed()
}

fn condition() -> BoxedStrategy<Condition> {
    let is_ordered =
        |comparator: &Comparator| !matches!(comparator, Comparator::Equal | Comparator::NotEqual);
    let compare = (plain(), comparator(), scalar(), value());
    let compare = compare.prop_map(move |(path, comparator, scalar, value)| {
        let value = if is_ordered(&comparator) {
            scalar
        } else {
            value
        };
        Condition::Compare(path, comparator, value)
    });
    let between =
        (plain(), scalar(), scalar()).prop_map(|(path, one, two)| match one.order(&two) {
            Some(order) if order.is_le() => Condition::Between(path, one, two),
            Some(_) => Condition::Between(path, two, one),
            None => Condition::Between(path, one.clone(), one),
        });
    let start = prop_oneof![text().prop_map(Value::S), bytes().prop_map(Value::B)];
    let kinds = select(&["S", "N", "B", "L", "M", "SS", "NS", "NULL", "BOOL"][..]);
    let two_paths = (plain(), comparator(), plain());
    let two_paths = two_paths.prop_filter_map("of one path", |(one, comparator, two)| {
        (one != two).then_some(Condition::ComparePaths(one, comparator, two))
    });
    let simple = prop_oneof![
        3 => plain().prop_map(Condition::Exists),
        3 => plain().prop_map(Condition::Missing),
        4 => compare,
        1 => two_paths,
        2 => between,
        1 => (plain(), vec(leaf(), 1..4)).prop_map(|(path, values)| Condition::In(path, values)),
        1 => (plain(), start).prop_map(|(path, start)| Condition::BeginsWith(path, start)),
        1 => (plain(), scalar()).prop_map(|(path, part)| Condition::Contains(path, part)),
        1 => (plain(), comparator(), 0..4_usize).prop_map(|(path, comparator, size)| Condition::Size(path, comparator, size)),
        1 => (plain(), kinds).prop_map(|(path, kind)| Condition::Type(path, kind)),
    ];
    simple
        .prop_recursive(2, 4, 2, |inner| {
            let two = || (inner.clone(), inner.clone());
            prop_oneof![
                two().prop_map(|(left, right)| Condition::And(Box::new(left), Box::new(right))),
                two().prop_map(|(left, right)| Condition::Or(Box::new(left), Box::new(right))),
                inner.clone().prop_map(|one| Condition::Not(Box::new(one))),
            ]
        })
        .boxed()
}

fn operand() -> BoxedStrategy<Operand> {
    prop_oneof![
        4 => value().prop_map(Operand::Value),
        1 => plain().prop_map(Operand::Path),
        2 => (plain(), value()).prop_map(|(path, value)| Operand::IfNotExists(path, value)),
        1 => (plain(), vec(leaf(), 0..3)).prop_map(|(path, values)| Operand::Append(path, values)),
        1 => vec(leaf(), 0..3).prop_map(|values| Operand::Append(named("l"), values)),
        1 => vec(leaf(), 0..3).prop_map(|values| Operand::Prepend(named("l"), values)),
        2 => number().prop_map(|number| Operand::Plus(named("n"), number)),
        1 => (plain(), number()).prop_map(|(path, number)| Operand::Minus(path, number)),
    ]
    .boxed()
}

fn named(name: &str) -> Path {
    Path {
        attribute: name.to_owned(),
        within: None,
    }
}

fn action() -> BoxedStrategy<Action> {
    let added = || prop_oneof![number().prop_map(Value::N), set()];
    prop_oneof![
        6 => (plain(), operand()).prop_map(|(path, operand)| Action::Set(path, operand)),
        3 => plain().prop_map(Action::Remove),
        1 => (plain(), added()).prop_map(|(path, value)| Action::Add(path, value)),
        2 => number().prop_map(|number| Action::Add(named("n"), Value::N(number))),
        1 => set().prop_map(|set| Action::Add(named("t"), set)),
        1 => set().prop_map(|set| Action::Delete(named("t"), set)),
        1 => (plain(), set()).prop_map(|(path, set)| Action::Delete(path, set)),
    ]
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
            let add = Action::Add(named("n"), Value::N(number));
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
