//! Idempotency: a request that is sent again with its ClientRequestToken is answered again, not done again.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::request::Fingerprint;

/// How long a token is remembered.
const WINDOW: Duration = Duration::from_secs(600);

/// Tokens remembered at most; the oldest are forgotten first.
const MAX_TOKENS: usize = 10_000;

/// Bytes of the answers that are remembered: the oldest are forgotten first.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The requests of the last ten minutes that had a token.
#[derive(Default)]
pub(crate) struct Tokens {
    answered: HashMap<Token, Answered>,
    /// Of all answers.
    bytes: usize,
    /// Those whose requests are not committed yet, in their order.
    pending: Vec<Token>,
}

/// An operation, and the token that a request for it had.
type Token = (&'static str, String);

struct Answered {
    at: SystemTime,
    fingerprint: Fingerprint,
    answer: String,
}

impl Answered {
    fn is_old(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.at).unwrap_or_default();
        age >= WINDOW
    }
}

impl Tokens {
    /// What a request was answered in the ten minutes before `now`, if its token has been seen then.
    pub(crate) fn find(
        &self,
        now: SystemTime,
        operation: &'static str,
        token: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<String>> {
        match self.answered.get(&(operation, token.to_owned())) {
            Some(known) if known.is_old(now) => Ok(None),
            Some(known) if known.fingerprint == *fingerprint => Ok(Some(known.answer.clone())),
            None => Ok(None),
            Some(_) => Err(DynoxideError::IdempotentParameterMismatchException(
                "Idempotent parameter mismatch.".into(),
            )),
        }
    }

    /// Remembers a request that was just run.
    pub(crate) fn keep(
        &mut self,
        now: SystemTime,
        operation: &'static str,
        token: &str,
        fingerprint: Fingerprint,
        answer: String,
    ) {
        self.answered.retain(|_, answered| !answered.is_old(now));
        self.bytes = answer.len()
            + self
                .answered
                .values()
                .map(|known| known.answer.len())
                .sum::<usize>();
        while self.answered.len() >= MAX_TOKENS || self.bytes > MAX_BYTES {
            if !self.forget_oldest() {
                break;
            }
        }
        let answered = Answered {
            at: now,
            fingerprint,
            answer,
        };
        let key = (operation, token.to_owned());
        self.pending.push(key.clone());
        self.answered.insert(key, answered);
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.answered.iter().min_by_key(|(_, known)| known.at);
        let Some(oldest) = oldest.map(|(token, _)| token.clone()) else {
            return false;
        };
        let known = self.answered.remove(&oldest);
        self.bytes -= known.map_or(0, |known| known.answer.len());
        true
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
    use crate::command::tests::place;
    use samlet_dynamodb_api::{Operation, Request};
    use serde_json::json;

    const OPERATION: &str = "TransactWriteItems";

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn fingerprint(number: u8) -> Fingerprint {
        Fingerprint::from_bytes([number; 32])
    }

    /// Sends a request that answers with how many were run.
    fn send(tokens: &mut Tokens, seconds: u64, token: &str, request: u8) -> Result<String> {
        let (now, fingerprint) = (at(seconds), fingerprint(request));
        if let Some(answer) = tokens.find(now, OPERATION, token, &fingerprint)? {
            return Ok(answer);
        }
        let answer = format!("{token} at {seconds}");
        tokens.keep(now, OPERATION, token, fingerprint, answer.clone());
        Ok(answer)
    }

    #[test]
    fn a_token_answers_again_and_runs_once() {
        let mut tokens = Tokens::default();
        assert_eq!(send(&mut tokens, 0, "a", 1).unwrap(), "a at 0");
        assert_eq!(send(&mut tokens, 1, "a", 1).unwrap(), "a at 0");
        assert!(matches!(
            send(&mut tokens, 1, "a", 2),
            Err(DynoxideError::IdempotentParameterMismatchException(_))
        ));
        assert_eq!(send(&mut tokens, 2, "b", 1).unwrap(), "b at 2");
    }

    #[test]
    fn a_request_that_is_rolled_back_runs_again() {
        let mut tokens = Tokens::default();
        send(&mut tokens, 0, "a", 1).unwrap();
        tokens.commit();
        send(&mut tokens, 0, "b", 1).unwrap();
        let kept = tokens.pending();
        send(&mut tokens, 0, "c", 1).unwrap();
        tokens.roll_back_to(kept);
        assert_eq!(send(&mut tokens, 1, "c", 1).unwrap(), "c at 1");
        tokens.roll_back_to(0);
        assert_eq!(send(&mut tokens, 2, "a", 1).unwrap(), "a at 0");
        assert_eq!(send(&mut tokens, 2, "b", 1).unwrap(), "b at 2");
    }

    #[test]
    fn a_token_is_forgotten_ten_minutes_after_its_first_use() {
        let mut tokens = Tokens::default();
        for (seconds, answer) in [
            (0, "a at 0"),
            (599, "a at 0"),
            (600, "a at 600"),
            (1_199, "a at 600"),
        ] {
            assert_eq!(send(&mut tokens, seconds, "a", 1).unwrap(), answer);
        }
    }

    /// 200 transactions of nearly a megabyte each: their tokens keep what stands for them, and their answers.
    #[test]
    fn what_is_kept_of_a_request_does_not_grow_with_it() {
        assert_eq!(std::mem::size_of::<Fingerprint>(), 32);
        let mut tokens = Tokens::default();
        let text = "x".repeat(390_000);
        for number in 0..200 {
            let put = |key: &str| {
                let item = json!({"pk": {"S": format!("{key}{number}")}, "text": {"S": text}});
                json!({"Put": {"TableName": "messages", "Item": item}})
            };
            let items = json!({"TransactItems": [put("a"), put("b")]});
            let request = Request::from_json(Operation::TransactWriteItems, items, &place());
            let fingerprint = request.unwrap().fingerprint().unwrap();
            let token = number.to_string();
            tokens.keep(at(number), OPERATION, &token, fingerprint, "{}".to_owned());
        }
        assert_eq!((tokens.answered.len(), tokens.bytes), (200, 400));
    }

    #[test]
    fn answers_are_kept_within_bounds() {
        let mut tokens = Tokens::default();
        let mebibyte = "x".repeat(1024 * 1024);
        for number in 0..40 {
            let token = number.to_string();
            tokens.keep(
                at(number),
                OPERATION,
                &token,
                fingerprint(1),
                mebibyte.clone(),
            );
        }
        assert_eq!(tokens.answered.len(), MAX_BYTES / mebibyte.len());
        let find = |token| {
            tokens
                .find(at(40), OPERATION, token, &fingerprint(1))
                .unwrap()
        };
        assert!(find("39").is_some());
        assert!(find("0").is_none());
    }
}
