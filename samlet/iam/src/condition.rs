//! A statement's conditions.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::context::{Context, Key};
use crate::error::PolicyError;
use crate::pattern::{Pattern, arn_matches, has_variable};
use crate::truth::Truth;

/// One key that is to have certain values.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// As written: `ForAllValues:StringLikeIfExists`.
    operator: String,
    key: String,
    values: Vec<String>,
    set: Option<Set>,
    if_exists: bool,
    test: Test,
    negated: bool,
}

/// How the several values of a key are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

/// How one value is held against one of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equals { ignoring_case: bool },
    Like,
    Number(Compare),
    Date(Compare),
    Bool,
    Ip,
    Arn,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Equals,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Compare {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// All operators without their additions: what they test, and whether the
/// opposite is wanted.
const OPERATORS: [(&str, Test, bool); 27] = [
    (
        "StringEquals",
        Test::Equals {
            ignoring_case: false,
        },
        false,
    ),
    (
        "StringNotEquals",
        Test::Equals {
            ignoring_case: false,
        },
        true,
    ),
    (
        "StringEqualsIgnoreCase",
        Test::Equals {
            ignoring_case: true,
        },
        false,
    ),
    (
        "StringNotEqualsIgnoreCase",
        Test::Equals {
            ignoring_case: true,
        },
        true,
    ),
    ("StringLike", Test::Like, false),
    ("StringNotLike", Test::Like, true),
    ("NumericEquals", Test::Number(Compare::Equals), false),
    ("NumericNotEquals", Test::Number(Compare::Equals), true),
    ("NumericLessThan", Test::Number(Compare::Less), false),
    (
        "NumericLessThanEquals",
        Test::Number(Compare::AtMost),
        false,
    ),
    ("NumericGreaterThan", Test::Number(Compare::More), false),
    (
        "NumericGreaterThanEquals",
        Test::Number(Compare::AtLeast),
        false,
    ),
    ("DateEquals", Test::Date(Compare::Equals), false),
    ("DateNotEquals", Test::Date(Compare::Equals), true),
    ("DateLessThan", Test::Date(Compare::Less), false),
    ("DateLessThanEquals", Test::Date(Compare::AtMost), false),
    ("DateGreaterThan", Test::Date(Compare::More), false),
    ("DateGreaterThanEquals", Test::Date(Compare::AtLeast), false),
    ("Bool", Test::Bool, false),
    // Base64 texts are the same when they are written the same.
    (
        "BinaryEquals",
        Test::Equals {
            ignoring_case: false,
        },
        false,
    ),
    ("IpAddress", Test::Ip, false),
    ("NotIpAddress", Test::Ip, true),
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Condition {
    /// All conditions of a statement's `Condition`: each of them must hold.
    pub(crate) fn parse_all(block: &Value) -> Result<Vec<Self>, PolicyError> {
        let malformed = |text: String| PolicyError::Malformed(text);
        let operators = block
            .as_object()
            .ok_or_else(|| malformed("a Condition is a map of operators".into()))?;
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let keys = keys
                .as_object()
                .ok_or_else(|| malformed(format!("{operator} is a map of condition keys")))?;
            for (key, values) in keys {
                let values = texts(values).ok_or_else(|| {
                    malformed(format!(
                        "{operator} of {key} is a value or a list of values"
                    ))
                })?;
                conditions.push(Self::parse(operator, key, values)?);
            }
        }
        Ok(conditions)
    }

    fn parse(operator: &str, key: &str, values: Vec<String>) -> Result<Self, PolicyError> {
        let (set, name) = match operator.split_once(':') {
            Some(("ForAllValues", name)) => (Some(Set::All), name),
            Some(("ForAnyValue", name)) => (Some(Set::Any), name),
            _ => (None, operator),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let known = OPERATORS.iter().find(|(known, ..)| *known == name);
        let Some((_, test, negated)) = known else {
            let message = format!("`{operator}` is no condition operator");
            return Err(PolicyError::Malformed(message));
        };
        Ok(Self {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values,
            set,
            if_exists,
            test: *test,
            negated: *negated,
        })
    }

    /// Whether it holds for what is known; `variables` says whether the
    /// policy's version has them.
    pub(crate) fn holds(&self, context: &Context, variables: bool) -> Truth {
        let key = context.get(&self.key);
        if self.test == Test::Null {
            return self.holds_of_null(key);
        }
        let present = match key {
            Key::Values(present) => present,
            Key::Absent => return self.holds_of_nothing().into(),
            Key::Unknown => return Truth::Unknown,
        };
        let each = present
            .iter()
            .map(|actual| self.holds_of(actual, context, variables));
        match self.set {
            Some(Set::All) => Truth::all(each),
            Some(Set::Any) => Truth::any(each),
            // AWS requires a set operator for several values, and doesn't say what holds without one.
            // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
            None => Truth::common(each),
        }
    }

    fn holds_of_null(&self, key: Key<'_>) -> Truth {
        let asks_for = |absent: &str| {
            let mut values = self.values.iter();
            values.any(|value| value.eq_ignore_ascii_case(absent))
        };
        let (if_absent, if_present) = (asks_for("true").into(), asks_for("false").into());
        match key {
            Key::Values(_) => if_present,
            Key::Absent => if_absent,
            Key::Unknown => Truth::common([if_absent, if_present].into_iter()),
        }
    }

    /// The opposite of a missing value holds; and so does all of none.
    fn holds_of_nothing(&self) -> bool {
        self.if_exists || self.set == Some(Set::All) || (self.set.is_none() && self.negated)
    }

    /// Whether it asks for a key that begins so.
    pub(crate) fn asks_for(&self, prefix: &str) -> bool {
        let mut values = self.values.iter();
        self.key.to_lowercase().starts_with(prefix)
            || values.any(|value| has_variable(value, prefix))
    }

    fn holds_of(&self, actual: &str, context: &Context, variables: bool) -> Truth {
        let fill = |text: &str| match variables {
            true => Pattern::filled(text, context),
            false => Some(Pattern::plain(text)),
        };
        let filled = |text: &str, matches: &dyn Fn(Pattern) -> Truth| {
            fill(text).map_or(Truth::False, matches)
        };
        let matches = |expected: &String| match self.test {
            Test::Equals { ignoring_case } => {
                filled(expected, &|expected| expected.equals(actual, ignoring_case))
            }
            Test::Like => filled(expected, &|expected| expected.matches(actual)),
            Test::Arn => arn_matches(expected, actual, &fill),
            Test::Number(compare) => {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                let ordering = number(actual)
                    .zip(number(expected))
                    .and_then(|(actual, expected)| actual.partial_cmp(&expected));
                let holds = ordering.is_some_and(|ordering| compare.holds(ordering));
                holds.into()
            }
            Test::Date(compare) => {
                let times = instant(actual).zip(instant(expected));
                let holds =
                    times.is_some_and(|(actual, expected)| compare.holds(actual.cmp(&expected)));
                holds.into()
            }
            Test::Bool => expected.eq_ignore_ascii_case(actual).into(),
            Test::Ip => in_network(actual, expected).into(),
            Test::Null => Truth::False,
        };
        Truth::any(self.values.iter().map(matches)).negated(self.negated)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.operator,
            self.key,
            self.values.join(", ")
        )
    }
}

/// A value or a list of values, as texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(scalar).collect(),
        one => scalar(one).map(|one| vec![one]),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A date or time of ISO 8601, or seconds since the epoch.
fn instant(text: &str) -> Option<OffsetDateTime> {
    if let Ok(seconds) = text.parse() {
        return OffsetDateTime::from_unix_timestamp(seconds).ok();
    }
    let day_only = format!("{text}T00:00:00Z");
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&day_only, &Rfc3339))
        .ok()
}

/// Whether an address is in a network, or is the address itself.
fn in_network(address: &str, network: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let network = network
        .parse::<IpNet>()
        .or_else(|_| network.parse::<IpAddr>().map(IpNet::from));
    network.is_ok_and(|network| network.contains(&address))
}

#[cfg(test)]
mod tests;
