//! ARNs between the application's account and the engine, which has one of its own.

use samlet_aws::Place;

/// What the engine puts before `table/NAME`.
const ENGINE_PREFIX: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// Puts the application's region and account into a description's ARNs.
pub(crate) fn localise(description: &str, place: &Place) -> String {
    description.replace(ENGINE_PREFIX, &prefix(place)).replace(
        "\"awsRegion\":\"dynoxide\"",
        &format!("\"awsRegion\":\"{}\"", place.region),
    )
}

/// Puts the engine's own account into a request's ARNs.
pub(crate) fn delocalise(request: &[u8], place: &Place) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    text.replace(&prefix(place), ENGINE_PREFIX).into_bytes()
}

/// What stands before `table/NAME` in the application's ARNs.
fn prefix(place: &Place) -> String {
    place.arn("dynamodb", "").into()
}
