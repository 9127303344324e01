//! What AWS charges for a CloudWatch alarm.

use serde::Serialize;

/// A CloudWatch alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// The metrics that it watches, of standard resolution. None is known of an
    /// alarm that AWS charges for otherwise: one of high resolution, on an
    /// anomaly, on a query, or composed of others.
    pub metrics: Option<usize>,
}
