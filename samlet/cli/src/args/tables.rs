//! The arguments of `samlet tables`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ApplicationArgs, SecretArgs};
use crate::overrides::parse_override;

// Its options may stand before the subcommand or after it.
#[derive(Debug, Args)]
#[command(mut_args(|arg| arg.global(true)))]
pub(crate) struct TablesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<TablesCommand>,
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TablesCommand {
    /// List the tables, with how much they hold (the default)
    List,
    /// Print a table's items, one a line
    Scan {
        /// The table, by logical id or name
        table: String,
        /// So many at most
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Print the item with a key
    Get {
        /// The table, by logical id or name
        table: String,
        /// The key's attributes, such as pk=1 sk=v0
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = parse_override)]
        key: Vec<(String, String)>,
    },
    /// Store an item, over one that has its key
    Put {
        /// The table, by logical id or name
        table: String,
        /// The item, or - for standard input
        item: String,
    },
    /// Write all items to a file, one a line
    Export {
        /// The table, by logical id or name
        table: String,
        /// The file [default: standard output]
        file: Option<PathBuf>,
    },
    /// Store every line's item, over those that have their keys
    Import {
        /// The table, by logical id or name
        table: String,
        /// The file, or - for standard input
        file: PathBuf,
    },
}
