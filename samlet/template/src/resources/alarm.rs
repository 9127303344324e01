//! AWS::CloudWatch::Alarm and CompositeAlarm: what AWS charges for them.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html>

use crate::Alarm;
use crate::reading::Reading;
use crate::resolve::Scope;
use crate::types::{Handling, ResourceType};
use crate::yaml::{Entry, Kind, Node};

/// Seconds: an alarm that looks more often is of high resolution.
/// <https://aws.amazon.com/cloudwatch/pricing/>
const STANDARD_PERIOD: u64 = 60;

pub(super) static ALARM: ResourceType = ResourceType {
    handling: Handling::Read,
    ..ResourceType::new("AWS::CloudWatch::Alarm")
};

pub(super) static COMPOSITE_ALARM: ResourceType = ResourceType {
    handling: Handling::Read,
    ..ResourceType::new("AWS::CloudWatch::CompositeAlarm")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let alarm = alarm(resource, reading.scope);
    reading.alarms.push(alarm);
}

/// Reads an alarm: nobody has to be woken by what goes wrong here. Which metrics it watches is left unresolved: it makes no
/// difference here, and may be of another stack.
fn alarm(resource: &Entry, scope: &mut Scope<'_>) -> Alarm {
    let empty = Node::empty(resource.at);
    let properties = resource.value.get("Properties").unwrap_or(&empty);
    let metrics = match property(properties, "Metrics", scope) {
        Some(metrics) => several(metrics, properties, scope),
        None => one(properties, scope),
    };
    Alarm {
        logical_id: resource.key.clone(),
        metrics,
    }
}

/// An alarm on a metric that the alarm itself names.
fn one(properties: &Node, scope: &mut Scope<'_>) -> Option<usize> {
    property(properties, "MetricName", scope)?;
    is_standard(properties, scope).then_some(1)
}

/// An alarm on an expression over metrics: each of them is charged.
fn several(metrics: &Node, properties: &Node, scope: &mut Scope<'_>) -> Option<usize> {
    let Kind::List(items) = &metrics.kind else {
        return None;
    };
    if property(properties, "ThresholdMetricId", scope).is_some() {
        return None;
    }
    let mut count = 0;
    for item in items {
        let Some(item) = scope.chosen(item) else {
            continue;
        };
        if let Some(expression) = property(item, "Expression", scope)
            && is_query(expression)
        {
            return None;
        }
        if let Some(metric) = property(item, "MetricStat", scope) {
            if !is_standard(metric, scope) {
                return None;
            }
            count += 1;
        }
    }
    Some(count)
}

fn is_standard(node: &Node, scope: &mut Scope<'_>) -> bool {
    let period = property(node, "Period", scope).and_then(|node| scope.resolve(node));
    let seconds = period.and_then(|node| node.as_text()?.parse::<u64>().ok());
    seconds.is_none_or(|seconds| seconds >= STANDARD_PERIOD)
}

/// Metrics Insights: as many metrics as it finds.
fn is_query(expression: &Node) -> bool {
    let text = match &expression.kind {
        // `!Sub`, of a text or of a text with variables.
        Kind::Call(_, argument) => argument.one_or_several().first().and_then(Node::as_text),
        _ => expression.as_text(),
    };
    let first = text.and_then(|text| text.split_whitespace().next());
    first.is_some_and(|word| word.eq_ignore_ascii_case("SELECT"))
}

/// A property, where it is not `AWS::NoValue`.
fn property<'n>(node: &'n Node, name: &str, scope: &mut Scope<'_>) -> Option<&'n Node> {
    let node = scope.chosen(node)?;
    scope.chosen(node.get(name)?)
}
