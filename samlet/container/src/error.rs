//! Why a container can't be made, or can't run its program.

use std::io;

use crate::order::{Kind, Order};
use crate::wire::{Message, Word};

/// Why a container can't be made, or can't run its program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program itself can't be run.
    #[error("{0}")]
    CannotRun(io::Error),
    /// A folder that it should see is missing, or can't be used.
    #[error("{0}")]
    Folder(String),
    /// The system refused a step of making the container.
    #[error("its container cannot be made: {0}")]
    Refused(Refusal),
    /// The process that containers are forked from failed.
    #[error("its container cannot be made: {0}")]
    Launcher(io::Error),
}

/// What the system refused.
#[derive(Debug, thiserror::Error)]
#[error("{}{what}: {source}", operation.words())]
pub struct Refusal {
    pub(crate) operation: Kind,
    pub(crate) what: String,
    pub(crate) source: io::Error,
}

impl Error {
    /// The operation that failed, if it was one.
    pub(crate) fn operation(&self) -> Option<Kind> {
        match self {
            Self::CannotRun(_) => Some(Kind::Run),
            Self::Refused(refusal) => Some(refusal.operation),
            Self::Folder(_) | Self::Launcher(_) => None,
        }
    }

    /// The error that an init reports about an operation of `order`.
    pub(crate) fn of(message: Message, order: &Order) -> Self {
        let source = io::Error::from_raw_os_error(message.number);
        let operation = usize::try_from(message.operation).ok();
        let operation = operation.and_then(|number| order.operation(number));
        match (message.word, operation) {
            (Word::Failed, Some((Kind::Run, _))) => Self::CannotRun(source),
            (Word::Failed, Some((kind, what))) => Self::Refused(Refusal {
                operation: *kind,
                what: what.clone(),
                source,
            }),
            _ => Self::Launcher(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
