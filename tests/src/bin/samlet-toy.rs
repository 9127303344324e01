//! samlet with two services more than it has: two lines in its list.

use std::process::ExitCode;

fn main() -> ExitCode {
    samlet_cli::main_with(vec![&toy::BELLS, &toy::CHIMES])
}
