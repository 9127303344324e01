//! samlet with two services more than it has: two lines in its list.

use std::process::ExitCode;

use samlet_cli::Registration;

fn main() -> ExitCode {
    samlet_cli::main_with(vec![
        Registration {
            identity: &toy::BELLS,
            make: |core| Ok(std::sync::Arc::new(toy::Bells::new(&core.setup)?)),
        },
        Registration {
            identity: &toy::CHIMES,
            make: |core| Ok(std::sync::Arc::new(toy::Chimes::new(&core.setup))),
        },
    ])
}
