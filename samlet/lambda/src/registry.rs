//! The functions there are, by name: what an invocation looks up, and what an update changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::function::Function;
use crate::invocation::ThrottleReason;
use crate::pool::Pool;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// Replaced whole, and held for a moment only.
    current: RwLock<Arc<Current>>,
    /// The pool's indices of all functions there ever were: one that comes
    /// back is taken up where it was. Held during an update.
    indices: Mutex<HashMap<String, usize>>,
}

#[derive(Debug, Default)]
struct Current {
    /// In the template's order.
    functions: Vec<Arc<Function>>,
    by_name: HashMap<String, Entry>,
}

/// A function, and how it is invoked.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The pool's.
    pub(crate) index: usize,
    pub(crate) function: Arc<Function>,
    /// What is left of its reserved concurrency.
    reserved: Option<Arc<Semaphore>>,
}

impl Entry {
    /// A share of the reserved concurrency, if the function has one.
    pub(crate) fn admit(&self) -> Result<Option<OwnedSemaphorePermit>, ThrottleReason> {
        let Some(reserved) = &self.reserved else {
            return Ok(None);
        };
        let permit = Arc::clone(reserved).try_acquire_owned();
        let throttled = ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded;
        permit.map(Some).map_err(|_| throttled)
    }
}

impl Registry {
    pub(crate) fn find(&self, name: &str) -> Option<Entry> {
        self.current().by_name.get(name).cloned()
    }

    pub(crate) fn functions(&self) -> Vec<Arc<Function>> {
        self.current().functions.clone()
    }

    /// See [`crate::Lambda::update`].
    pub(crate) fn update(
        &self,
        pool: &Pool,
        functions: Vec<Function>,
        is_rebuilt: impl Fn(&Function) -> bool,
    ) -> Vec<String> {
        let mut indices = self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current();
        let mut after = Current::default();
        let mut replaced = Vec::new();
        for function in functions {
            let name = function.name.clone();
            let function = Arc::new(function);
            let known = before.by_name.get(&name);
            let index = match (known, indices.get(&name)) {
                (Some(known), _) if known.function == function && !is_rebuilt(&function) => {
                    known.index
                }
                (_, Some(&index)) => {
                    replaced.push((index, Arc::clone(&function)));
                    index
                }
                (_, None) => pool.add(Arc::clone(&function)),
            };
            indices.insert(name.clone(), index);
            let limit = function.reserved_concurrency;
            let reserved = match known {
                // What is in flight counts on.
                Some(known) if known.function.reserved_concurrency == limit => {
                    known.reserved.clone()
                }
                _ => limit.map(|limit| {
                    Arc::new(Semaphore::new(usize::try_from(limit).unwrap_or(usize::MAX)))
                }),
            };
            let entry = Entry {
                index,
                function: Arc::clone(&function),
                reserved,
            };
            after.functions.push(function);
            after.by_name.insert(name, entry);
        }
        for (name, entry) in &before.by_name {
            if !after.by_name.contains_key(name) {
                // Nobody finds it any more; its environments end.
                replaced.push((entry.index, Arc::clone(&entry.function)));
            }
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        let mut names = Vec::new();
        for (index, function) in replaced {
            names.push(function.name.clone());
            pool.replace(index, function);
        }
        names
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}
