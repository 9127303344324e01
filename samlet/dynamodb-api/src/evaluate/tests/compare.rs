use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::json;

use crate::evaluate::testing::value;
use crate::evaluate::{compare, equal, order};
use crate::expression::Comparator;
use crate::value::strategies;
use crate::{AttributeValue, Number};

const ALL: [Comparator; 6] = [
    Comparator::Equal,
    Comparator::NotEqual,
    Comparator::Less,
    Comparator::LessOrEqual,
    Comparator::Greater,
    Comparator::GreaterOrEqual,
];

#[test]
fn values_are_equal_by_what_they_mean() {
    let cases = [
        (json!(1), json!(1.0), true),
        (json!(100), json!(1e2), true),
        (json!(1), json!("1"), false),
        (json!("a"), json!({"B": "a"}), false),
        (json!({"SS": ["a", "b"]}), json!({"SS": ["b", "a"]}), true),
        (json!({"SS": ["a", "b"]}), json!({"SS": ["a"]}), false),
        (json!({"SS": ["a", "b"]}), json!({"SS": ["a", "c"]}), false),
        (json!({"NS": [1, 20]}), json!({"NS": [2e1, 1.0]}), true),
        (json!({"BS": ["a", "b"]}), json!({"BS": ["b", "a"]}), true),
        (json!({"SS": ["a"]}), json!({"BS": ["a"]}), false),
        (json!([1, 2]), json!([2, 1]), false),
        (json!([1, 2]), json!([1]), false),
        (
            json!({"a": 1, "b": [{"SS": ["x", "y"]}]}),
            json!({"b": [{"SS": ["y", "x"]}], "a": 1}),
            true,
        ),
        (json!({"a": 1}), json!({"b": 1}), false),
        (json!({"a": 1}), json!({"a": 1, "b": 1}), false),
        (json!({}), json!([]), false),
        (json!(null), json!(null), true),
        (json!(true), json!(true), true),
        (json!(true), json!(false), false),
    ];
    for (left, right, are_equal) in cases {
        let (one, other) = (value(&left), value(&right));
        assert_eq!(equal(&one, &other), are_equal, "{left} = {right}");
        let is_unequal = compare(Comparator::NotEqual, Some(&one), Some(&other));
        assert_eq!(is_unequal, !are_equal, "{left} <> {right}");
    }
}

#[test]
fn strings_numbers_and_bytes_have_an_order() {
    let bytes = |bytes: &[u8]| AttributeValue::B(bytes.to_vec());
    let cases = [
        (value(&json!("a")), value(&json!("b"))),
        (value(&json!("")), value(&json!("a"))),
        (value(&json!("Z")), value(&json!("a"))),
        // By UTF-8, unlike by UTF-16.
        (value(&json!("\u{ffff}")), value(&json!("\u{10000}"))),
        (value(&json!(9)), value(&json!(10))),
        (value(&json!(-10)), value(&json!(-9))),
        (value(&json!(-1)), value(&json!(0.5))),
        (bytes(&[127]), bytes(&[128])),
        (bytes(&[1]), bytes(&[1, 0])),
    ];
    for (less, greater) in cases {
        assert_eq!(
            order(&less, &greater),
            Some(Ordering::Less),
            "{less:?} < {greater:?}"
        );
        let hold = ALL.map(|comparator| compare(comparator, Some(&less), Some(&greater)));
        assert_eq!(
            hold,
            [false, true, true, true, false, false],
            "{less:?} and {greater:?}"
        );
        let hold = ALL.map(|comparator| compare(comparator, Some(&less), Some(&less)));
        assert_eq!(
            hold,
            [true, false, false, true, false, true],
            "{less:?} and itself"
        );
    }
}

#[test]
fn what_has_no_order_is_only_unequal() {
    let cases = [
        (Some(json!(1)), Some(json!("1"))),
        (Some(json!("a")), Some(json!({"B": "a"}))),
        (Some(json!([1])), Some(json!([2]))),
        (Some(json!({"a": 1})), Some(json!({"a": 2}))),
        (Some(json!({"NS": [1]})), Some(json!({"NS": [2]}))),
        (Some(json!(false)), Some(json!(true))),
        (Some(json!(null)), Some(json!(0))),
        (Some(json!(1)), None),
        (None, Some(json!(1))),
        (None, None),
    ];
    for (left, right) in cases {
        let (one, other) = (left.as_ref().map(value), right.as_ref().map(value));
        let hold = ALL.map(|comparator| compare(comparator, one.as_ref(), other.as_ref()));
        assert_eq!(
            hold,
            [false, true, false, false, false, false],
            "{left:?} and {right:?}"
        );
    }
}

/// Whether two values are equal, by the members that one has and the other not.
fn naively_equal(left: &AttributeValue, right: &AttributeValue) -> bool {
    use AttributeValue::{Bs, L, M, Ns, Ss};
    fn same<T: PartialEq>(left: &[T], right: &[T]) -> bool {
        left.iter().all(|one| right.contains(one)) && right.iter().all(|one| left.contains(one))
    }
    match (left, right) {
        (Ss(left), Ss(right)) => same(left, right),
        (Ns(left), Ns(right)) => same(left, right),
        (Bs(left), Bs(right)) => same(left, right),
        (L(left), L(right)) => {
            left.len() == right.len()
                && (0..left.len()).all(|index| naively_equal(&left[index], &right[index]))
        }
        (M(left), M(right)) => {
            let names = left.keys().chain(right.keys());
            names
                .into_iter()
                .all(|name| match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => naively_equal(left, right),
                    _ => false,
                })
        }
        _ => left == right,
    }
}

/// The same value with its sets the other way around.
fn turned(value: &AttributeValue) -> AttributeValue {
    use AttributeValue::{Bs, L, M, Ns, Ss};
    match value.clone() {
        Ss(members) => Ss(members.into_iter().rev().collect()),
        Ns(members) => Ns(members.into_iter().rev().collect()),
        Bs(members) => Bs(members.into_iter().rev().collect()),
        L(values) => L(values.iter().map(turned).collect()),
        M(members) => M(members
            .iter()
            .map(|(name, one)| (name.clone(), turned(one)))
            .collect()),
        other => other,
    }
}

fn ordered() -> impl Strategy<Value = [AttributeValue; 3]> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..3);
    let number = prop_oneof![(0..3_u64).prop_map(Number::from), strategies::number()];
    prop_oneof![
        [
            "[a-c\u{ffff}\u{10000}]{0,3}",
            "[a-c\u{ffff}\u{10000}]{0,3}",
            "[a-c\u{ffff}\u{10000}]{0,3}"
        ]
        .prop_map(|texts| texts.map(AttributeValue::S)),
        proptest::array::uniform3(number).prop_map(|numbers| numbers.map(AttributeValue::N)),
        [bytes(), bytes(), bytes()].prop_map(|values| values.map(AttributeValue::B)),
    ]
}

proptest! {
    #[test]
    fn values_of_a_type_with_an_order_are_in_one([a, b, c] in ordered()) {
        let of = |left, right| order(left, right).expect("an order");
        prop_assert_eq!(of(&a, &b), of(&b, &a).reverse());
        prop_assert_eq!(of(&a, &b).is_eq(), equal(&a, &b));
        if of(&a, &b).is_le() && of(&b, &c).is_le() {
            prop_assert!(of(&a, &c).is_le());
        }
        for comparator in ALL {
            let holds = compare(comparator, Some(&a), Some(&b));
            let naive = match comparator {
                Comparator::Equal => of(&a, &b).is_eq(),
                Comparator::NotEqual => of(&a, &b).is_ne(),
                Comparator::Less => of(&a, &b).is_lt(),
                Comparator::LessOrEqual => !of(&a, &b).is_gt(),
                Comparator::Greater => of(&b, &a).is_lt(),
                Comparator::GreaterOrEqual => !of(&a, &b).is_lt(),
            };
            prop_assert_eq!(holds, naive);
        }
    }

    #[test]
    fn equality_is_as_a_naive_one(one in strategies::value(), other in strategies::value()) {
        prop_assert_eq!(equal(&one, &other), naively_equal(&one, &other));
        prop_assert!(equal(&one, &turned(&one)));
    }
}
