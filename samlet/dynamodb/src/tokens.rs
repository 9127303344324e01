//! Idempotency: a request that is sent again with its ClientRequestToken is answered again, not done again.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use dynoxide::{DynoxideError, Result};
use serde_json::Value;

/// How long a token is remembered.
const WINDOW: Duration = Duration::from_secs(600);

/// Tokens remembered at most; the oldest are forgotten first.
const MAX_TOKENS: usize = 10_000;

/// The requests of the last ten minutes that had a token.
#[derive(Default)]
pub(crate) struct Tokens {
    answered: HashMap<Token, Answered>,
    /// Those whose requests are not committed yet, in their order.
    pending: Vec<Token>,
}

/// An operation, and the token that a request for it had.
type Token = (String, String);

struct Answered {
    at: SystemTime,
    request: Value,
    answer: String,
}

impl Answered {
    fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.at).unwrap_or_default()
    }
}

impl Tokens {
    /// Runs a request, unless its token has been seen in the ten minutes before `now`.
    pub(crate) fn once(
        &mut self,
        now: SystemTime,
        operation: &str,
        body: &[u8],
        run: impl FnOnce() -> Result<String>,
    ) -> Result<String> {
        let mut request: Value = serde_json::from_slice(body).unwrap_or_default();
        let token = request
            .as_object_mut()
            .and_then(|members| members.remove("ClientRequestToken"));
        let Some(Value::String(token)) = token else {
            return run();
        };
        self.answered
            .retain(|_, answered| answered.age(now) < WINDOW);
        let key = (operation.to_owned(), token);
        if let Some(known) = self.answered.get(&key) {
            if known.request == request {
                return Ok(known.answer.clone());
            }
            let text = "Idempotent parameter mismatch.";
            return Err(DynoxideError::IdempotentParameterMismatchException(
                text.into(),
            ));
        }
        let answer = run()?;
        if self.answered.len() >= MAX_TOKENS
            && let Some(oldest) = self.answered.iter().min_by_key(|(_, answered)| answered.at)
        {
            let oldest = oldest.0.clone();
            self.answered.remove(&oldest);
        }
        let answered = Answered {
            at: now,
            request,
            answer: answer.clone(),
        };
        self.pending.push(key.clone());
        self.answered.insert(key, answered);
        Ok(answer)
    }

    /// How many requests are not committed yet.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Forgets the requests after the first `kept` that are not committed:
    /// they are rolled back.
    pub(crate) fn roll_back_to(&mut self, kept: usize) {
        for token in self.pending.split_off(kept) {
            self.answered.remove(&token);
        }
    }

    /// All requests are committed.
    pub(crate) fn commit(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FIRST: &str = r#"{"ClientRequestToken":"a","TransactItems":[1]}"#;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_answers_again_and_runs_once() {
        let mut tokens = Tokens::default();
        let mut runs = 0;
        let mut send = |body: &str| {
            tokens.once(at(0), "TransactWriteItems", body.as_bytes(), || {
                runs += 1;
                Ok(format!("{runs}"))
            })
        };
        assert_eq!(send(FIRST).unwrap(), "1");
        assert_eq!(send(FIRST).unwrap(), "1");
        let other = r#"{"ClientRequestToken":"a","TransactItems":[2]}"#;
        assert!(matches!(
            send(other),
            Err(DynoxideError::IdempotentParameterMismatchException(_))
        ));
        assert_eq!(send(r#"{"TransactItems":[1]}"#).unwrap(), "2");
    }

    #[test]
    fn a_request_that_is_rolled_back_runs_again() {
        let mut tokens = Tokens::default();
        let mut runs = 0;
        let mut send = |tokens: &mut Tokens, token: &str| {
            let body = format!(r#"{{"ClientRequestToken":"{token}"}}"#);
            let run = || {
                runs += 1;
                Ok(format!("run {runs}"))
            };
            tokens.once(at(0), "TransactWriteItems", body.as_bytes(), run)
        };
        send(&mut tokens, "a").unwrap();
        tokens.commit();
        send(&mut tokens, "b").unwrap();
        let kept = tokens.pending();
        send(&mut tokens, "c").unwrap();
        tokens.roll_back_to(kept);
        assert_eq!(send(&mut tokens, "c").unwrap(), "run 4");
        tokens.roll_back_to(0);
        assert_eq!(send(&mut tokens, "a").unwrap(), "run 1");
        assert_eq!(send(&mut tokens, "b").unwrap(), "run 5");
    }

    #[test]
    fn a_token_is_forgotten_ten_minutes_after_its_first_use() {
        let mut tokens = Tokens::default();
        let mut send = |seconds: u64| {
            let run = || Ok(format!("run at {seconds}"));
            tokens.once(at(seconds), "TransactWriteItems", FIRST.as_bytes(), run)
        };
        assert_eq!(send(0).unwrap(), "run at 0");
        assert_eq!(send(599).unwrap(), "run at 0");
        assert_eq!(send(600).unwrap(), "run at 600");
        assert_eq!(send(1_199).unwrap(), "run at 600");
    }
}
