//! API keys and usage plans: who may use an API, how fast and how often.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use samlet_template::{Api, ApiKey, Period, PlanStage, Quota, UsagePlan};
use time::{Date, Duration, OffsetDateTime};
use tokio::time::Instant;

use crate::answers::GatewayAnswer;
use crate::routes::Route;
use crate::throttle::Bucket;

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
    throttle: Option<Bucket>,
    /// Of methods that have one of their own: `/path/GET`.
    throttles: HashMap<String, Bucket>,
    quota: Option<Quota>,
    /// Held for a moment only.
    used: Mutex<Used>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Used {
    /// Requests since `since`.
    requests: u64,
    since: Option<Date>,
}

impl Usage {
    /// The keys of all plans that name this API's stage.
    pub(crate) fn of(api: &Api, keys: &[ApiKey], plans: &[UsagePlan]) -> Self {
        let ours = |stage: &&PlanStage| stage.api == api.id && stage.stage == api.stage;
        let mut grants = HashMap::new();
        for plan in plans {
            let Some(stage) = plan.stages.iter().find(ours) else {
                continue;
            };
            for key in keys
                .iter()
                .filter(|key| key.enabled && plan.keys.contains(&key.id))
            {
                let throttles = stage.throttles.iter();
                let grant = Grant {
                    id: key.id.clone(),
                    throttle: plan.throttle.map(Bucket::new),
                    throttles: throttles
                        .map(|(method, throttle)| (method.clone(), Bucket::new(*throttle)))
                        .collect(),
                    quota: plan.quota,
                    used: Mutex::default(),
                };
                grants.insert(key.value.clone(), grant);
            }
        }
        Self { grants }
    }

    /// Takes over how often each key was used, as far as its quota is the same.
    pub(crate) fn continue_from(&mut self, previous: &Self) {
        for (value, grant) in &mut self.grants {
            if let Some(before) = previous.grants.get(value)
                && before.quota == grant.quota
            {
                let used = before.used.lock().unwrap_or_else(PoisonError::into_inner);
                grant.used = Mutex::new(*used);
            }
        }
    }

    /// Lets a request in that sends a key, and counts it.
    pub(crate) fn admit(
        &self,
        headers: &HeaderMap,
        route: &Route,
    ) -> Result<Holder, GatewayAnswer> {
        let sent = headers
            .get("x-api-key")
            .and_then(|value| value.to_str().ok());
        let (value, grant) = sent
            .and_then(|value| self.grants.get_key_value(value))
            .ok_or(GatewayAnswer::Forbidden)?;
        let own = grant.throttles.get(&route.path_and_method());
        if let Some(bucket) = own.or(grant.throttle.as_ref())
            && !bucket.take(Instant::now())
        {
            return Err(GatewayAnswer::Throttled);
        }
        grant.count(OffsetDateTime::now_utc().date())?;
        Ok(Holder {
            value: value.clone(),
            id: grant.id.clone(),
        })
    }
}

impl Grant {
    fn count(&self, today: Date) -> Result<(), GatewayAnswer> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
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
    use super::*;
    use time::macros::date;

    fn grant(quota: Quota) -> Grant {
        Grant {
            id: "id".into(),
            throttle: None,
            throttles: HashMap::new(),
            quota: Some(quota),
            used: Mutex::default(),
        }
    }

    #[test]
    fn a_deployment_does_not_give_back_what_of_a_quota_is_used() {
        let usage = |limit| Usage {
            grants: HashMap::from([(
                "key".to_owned(),
                grant(Quota {
                    limit,
                    period: Period::Day,
                }),
            )]),
        };
        let today = date!(2026 - 11 - 24);
        let before = usage(1);
        assert_eq!(before.grants["key"].count(today), Ok(()));
        let mut after = usage(1);
        after.continue_from(&before);
        let spent = Err(GatewayAnswer::QuotaSpent);
        assert_eq!(after.grants["key"].count(today), spent);
        // Another quota begins anew.
        let mut other = usage(2);
        other.continue_from(&after);
        assert_eq!(other.grants["key"].count(today), Ok(()));
    }

    #[test]
    fn a_quota_begins_anew_with_its_period() {
        for (period, within, after) in [
            (Period::Day, date!(2026 - 11 - 24), date!(2026 - 11 - 25)),
            (Period::Week, date!(2026 - 11 - 29), date!(2026 - 11 - 30)),
            (Period::Month, date!(2026 - 11 - 30), date!(2026 - 12 - 01)),
        ] {
            let grant = grant(Quota { limit: 1, period });
            assert_eq!(grant.count(date!(2026 - 11 - 24)), Ok(()));
            assert_eq!(grant.count(within), Err(GatewayAnswer::QuotaSpent));
            assert_eq!(grant.count(after), Ok(()));
        }
    }
}
