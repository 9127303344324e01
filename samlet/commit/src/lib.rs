//! The writer of a SQLite file: groups, syncs, then acknowledges.
//!
//! A [`Writer`] is a thread that takes the jobs that wait, runs them in one
//! transaction, has SQLite sync that, and only then acknowledges them all.
//! [`Readers`] are threads beside it, which see what is synced and nothing
//! else: SQLite shows a commit after its sync. Work that takes long goes in steps
//! between groups. Never knows what is stored.

mod failure;
mod group;
mod job;
mod readers;
mod thread;
mod wal;
mod writer;

pub use failure::{Failure, JobError, disk_failure};
pub use readers::Readers;
pub use wal::{log_path, unreadable_frames};
pub use writer::{Session, Writer};
