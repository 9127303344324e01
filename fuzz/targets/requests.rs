//! DynamoDB's requests: any body of any operation, and those that are read are written as they were.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samlet_aws::Place;
use samlet_dynamodb_api::{Operation, Refusal, Request};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let operation = Operation::ALL[usize::from(*first) % Operation::ALL.len()];
    let place = Place::new("us-east-1", "123456789012", "local");
    let request = match Request::read(operation, body, &place) {
        Ok(request) => request,
        Err(Refusal::Serialization(_)) => return,
        Err(why) => return assert!(!why.to_string().is_empty()),
    };
    assert_eq!(request.operation(), operation);
    for need in request.needs() {
        let keys = need.condition_keys(Some("pk"));
        assert_eq!(keys.is_empty(), need.condition_keys(None).is_empty());
    }
    let written = request.to_json();
    let again = Request::from_json(operation, written.clone(), &place);
    assert_eq!(again.as_ref(), Ok(&request), "{written}");
    // How a body is laid out says nothing.
    let value: Value = serde_json::from_slice(body).expect("it was read");
    let laid_out = serde_json::to_vec_pretty(&value).expect("it is JSON");
    let again = Request::read(operation, &laid_out, &place);
    assert_eq!(again.as_ref(), Ok(&request));
    if let Ok(again) = again {
        assert_eq!(again.fingerprint(), request.fingerprint());
    }
});
