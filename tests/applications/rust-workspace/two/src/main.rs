//! Answers with its version, that of the common crate and its process.

const VERSION: u32 = 0;

fn main() -> std::io::Result<()> {
    common::serve("two", VERSION)
}
