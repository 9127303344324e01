//! A token bucket: so many requests at once, and so many a second.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use std::sync::{Mutex, PoisonError};

use samlet_template::Throttle;
use tokio::time::Instant;

/// What is left of a throttle.
#[derive(Debug)]
pub(crate) struct Bucket {
    throttle: Throttle,
    /// The tokens at an instant; held for a moment only.
    left: Mutex<(f64, Instant)>,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(throttle: Throttle) -> Self {
        let left = Mutex::new((throttle.burst.into(), Instant::now()));
        Self { throttle, left }
    }

    /// Takes a token; whether there was one.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = *left;
        let refilled = now.duration_since(at).as_secs_f64() * self.throttle.rate;
        let tokens = (tokens + refilled).min(self.throttle.burst.into());
        let enough = tokens >= 1.0;
        *left = (if enough { tokens - 1.0 } else { tokens }, now);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_let_in_and_then_the_rate() {
        let bucket = Bucket::new(Throttle {
            rate: 2.0,
            burst: 3,
        });
        let start = Instant::now();
        let let_in = |after: u64| bucket.take(start + Duration::from_millis(after));
        assert_eq!([0, 0, 0, 0].map(let_in), [true, true, true, false]);
        assert_eq!([400, 600, 700].map(let_in), [false, true, false]);
    }

    #[test]
    fn a_rate_of_zero_lets_nobody_in() {
        let bucket = Bucket::new(Throttle {
            rate: 0.0,
            burst: 0,
        });
        assert!(!bucket.take(Instant::now() + Duration::from_secs(3600)));
    }
}
