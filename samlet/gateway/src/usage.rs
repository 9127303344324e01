//! API keys and usage plans: who may use an API, how fast and how often.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use samlet_template::{Api, ApiKey, Period, Quota, Throttle, UsagePlan};
use time::{Date, Duration, OffsetDateTime};
use tokio::time::Instant;

use crate::answers::GatewayAnswer;

/// A key that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) value: String,
    pub(crate) id: String,
}

/// The keys of one API's stage.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// By the value that clients send.
    grants: HashMap<String, Grant>,
}

#[derive(Debug)]
struct Grant {
    id: String,
    throttle: Option<Throttle>,
    quota: Option<Quota>,
    /// Held for a moment only.
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    /// What is left in the bucket, at `at`.
    tokens: f64,
    at: Instant,
    /// Requests since `since`.
    requests: u64,
    since: Option<Date>,
}

impl Usage {
    /// The keys of all plans that name this API's stage.
    pub(crate) fn of(api: &Api, keys: &[ApiKey], plans: &[UsagePlan]) -> Self {
        let stage = (api.id.clone(), api.stage.clone());
        let mut grants = HashMap::new();
        for plan in plans.iter().filter(|plan| plan.stages.contains(&stage)) {
            for key in keys
                .iter()
                .filter(|key| key.enabled && plan.keys.contains(&key.id))
            {
                let used = Used {
                    tokens: plan.throttle.map_or(0.0, |throttle| throttle.burst.into()),
                    at: Instant::now(),
                    requests: 0,
                    since: None,
                };
                let grant = Grant {
                    id: key.id.clone(),
                    throttle: plan.throttle,
                    quota: plan.quota,
                    used: Mutex::new(used),
                };
                grants.insert(key.value.clone(), grant);
            }
        }
        Self { grants }
    }

    /// Lets a request in that sends a key, and counts it.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<Holder, GatewayAnswer> {
        let sent = headers
            .get("x-api-key")
            .and_then(|value| value.to_str().ok());
        let (value, grant) = sent
            .and_then(|value| self.grants.get_key_value(value))
            .ok_or(GatewayAnswer::Forbidden)?;
        grant.count(Instant::now(), OffsetDateTime::now_utc().date())?;
        Ok(Holder {
            value: value.clone(),
            id: grant.id.clone(),
        })
    }
}

impl Grant {
    fn count(&self, now: Instant, today: Date) -> Result<(), GatewayAnswer> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Throttle { rate, burst }) = self.throttle {
            let refilled = now.duration_since(used.at).as_secs_f64() * rate;
            used.tokens = (used.tokens + refilled).min(burst.into());
            used.at = now;
            if used.tokens < 1.0 {
                return Err(GatewayAnswer::Throttled);
            }
            used.tokens -= 1.0;
        }
        if let Some(Quota { limit, period }) = self.quota {
            let start = start_of(period, today);
            if used.since != Some(start) {
                used.since = Some(start);
                used.requests = 0;
            }
            if used.requests >= limit {
                return Err(GatewayAnswer::QuotaSpent);
            }
            used.requests += 1;
        }
        Ok(())
    }
}

/// The first day of the period that a day is in.
fn start_of(period: Period, day: Date) -> Date {
    let back = match period {
        Period::Day => 0,
        Period::Week => day.weekday().number_days_from_monday(),
        Period::Month => day.day() - 1,
    };
    day - Duration::days(back.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration as StdDuration;
    use time::macros::date;

    fn grant(throttle: Option<Throttle>, quota: Option<Quota>) -> Grant {
        let used = Used {
            tokens: throttle.map_or(0.0, |throttle| throttle.burst.into()),
            at: Instant::now(),
            requests: 0,
            since: None,
        };
        Grant {
            id: "id".into(),
            throttle,
            quota,
            used: Mutex::new(used),
        }
    }

    #[test]
    fn a_burst_is_let_in_and_then_the_rate() {
        let grant = grant(
            Some(Throttle {
                rate: 2.0,
                burst: 3,
            }),
            None,
        );
        let (start, today) = (Instant::now(), date!(2026 - 11 - 24));
        let let_in = |after: u64| {
            grant
                .count(start + StdDuration::from_millis(after), today)
                .is_ok()
        };
        assert_eq!([0, 0, 0, 0].map(let_in), [true, true, true, false]);
        assert_eq!([400, 600, 700].map(let_in), [false, true, false]);
    }

    #[test]
    fn a_quota_begins_anew_with_its_period() {
        for (period, within, after) in [
            (Period::Day, date!(2026 - 11 - 24), date!(2026 - 11 - 25)),
            (Period::Week, date!(2026 - 11 - 29), date!(2026 - 11 - 30)),
            (Period::Month, date!(2026 - 11 - 30), date!(2026 - 12 - 01)),
        ] {
            let grant = grant(None, Some(Quota { limit: 1, period }));
            let now = Instant::now();
            assert_eq!(grant.count(now, date!(2026 - 11 - 24)), Ok(()));
            assert_eq!(grant.count(now, within), Err(GatewayAnswer::QuotaSpent));
            assert_eq!(grant.count(now, after), Ok(()));
        }
    }
}
