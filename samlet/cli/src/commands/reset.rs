//! `samlet reset`: deletes what is stored, without opening it.

use std::io::{BufRead, IsTerminal, Write};

use crate::args::ResetArgs;
use crate::error::Error;
use samlet_run::DataFolder;

/// `samlet reset`: built functions stay.
pub(crate) fn command(args: &ResetArgs) -> Result<(), Error> {
    let folder = args.application.data_dir();
    let mut stdout = anstream::stdout();
    if !folder.is_dir() {
        writeln!(stdout, "nothing is stored in {}", folder.display()).ok();
        return Ok(());
    }
    if !args.yes
        && !confirmed(&format!(
            "Delete the {} in {}?",
            stored().join(" and "),
            folder.display()
        ))?
    {
        return Err(Error::NotConfirmed);
    }
    let removed = DataFolder::open(&folder)?.forget()?;
    let folder = folder.display();
    if removed.is_empty() {
        writeln!(stdout, "nothing is stored in {folder}").ok();
    } else {
        writeln!(stdout, "deleted from {folder}: {}", removed.join(", ")).ok();
    }
    Ok(())
}

/// What services keep in the data folder.
fn stored() -> Vec<&'static str> {
    let stored = samlet_run::identities().flat_map(|identity| identity.stored);
    stored.map(|stored| stored.title).collect()
}

/// Asks the user at a terminal; without one, the answer is no.
fn confirmed(question: &str) -> Result<bool, Error> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    let mut stderr = anstream::stderr();
    write!(stderr, "{question} [y/N] ").ok();
    stderr.flush().ok();
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .map_err(Error::Runtime)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
