//! The writer of a SQLite file: groups, syncs, then acknowledges.

mod wal;

pub use wal::{log_path, unreadable_frames};
