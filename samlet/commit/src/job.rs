//! A job that waits for the writer, and its caller who waits for the answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::failure::{Failure, JobError};

pub(crate) struct Job<S> {
    pub(crate) is_alone: bool,
    pub(crate) work: Box<dyn Work<S>>,
}

/// A job, whatever it returns.
pub(crate) trait Work<S>: Send {
    fn run(&mut self, session: &mut S) -> Done;

    /// Answers the caller: by `failure`, if the group has failed.
    fn answer(self: Box<Self>, failure: Option<&Failure>);
}

/// How a job has ended.
pub(crate) enum Done {
    Succeeded,
    Failed,
    /// Its whole group fails, for this reason.
    DiskFailed(String),
}

struct Task<F, T, E> {
    job: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

pub(crate) fn boxed<S, F, T, E>(job: F, reply: oneshot::Sender<Result<T, E>>) -> Box<dyn Work<S>>
where
    F: FnOnce(&mut S) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    Box::new(Task {
        job: Some(job),
        result: None,
        reply,
    })
}

impl<S, F, T, E> Work<S> for Task<F, T, E>
where
    F: FnOnce(&mut S) -> Result<T, E> + Send,
    T: Send,
    E: JobError,
{
    fn run(&mut self, session: &mut S) -> Done {
        let Some(job) = self.job.take() else {
            return Done::Failed;
        };
        let result = catch_unwind(AssertUnwindSafe(|| job(session)));
        let result = result.unwrap_or_else(|_| Err(Failure::Panicked.into()));
        let done = match &result {
            Ok(_) => Done::Succeeded,
            Err(error) => match error.disk_failure() {
                Some(reason) => Done::DiskFailed(reason),
                None => Done::Failed,
            },
        };
        self.result = Some(result);
        done
    }

    fn answer(self: Box<Self>, failure: Option<&Failure>) {
        let result = match (self.result, failure) {
            (Some(result), None) => result,
            // The job that met the failure knows it best. Other errors may come
            // from what the group had written before, and is not there now.
            (Some(Err(error)), Some(_)) if error.disk_failure().is_some() => Err(error),
            (_, failure) => Err(failure.cloned().unwrap_or(Failure::Closed).into()),
        };
        // A caller who has gone doesn't need it.
        self.reply.send(result).ok();
    }
}
