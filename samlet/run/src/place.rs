//! Where the application seems to be deployed: what functions and clients see of region, account and stack.

use samlet_aws::Place;

/// The region.
pub const REGION: &str = "us-east-1";

/// The account.
pub const ACCOUNT_ID: &str = "123456789012";

const STACK_NAME: &str = "local";

/// All of that together.
pub fn place() -> Place {
    Place::new(REGION, ACCOUNT_ID, STACK_NAME)
}
