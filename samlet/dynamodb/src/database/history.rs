//! What became of tables and indexes, as far as their descriptions say so.

use rusqlite::{OptionalExtension, params};

use super::Database;
use crate::error::Error;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Something that descriptions give the time of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// More throughput was provisioned.
    Increase,
    /// Less throughput was provisioned.
    Decrease,
    /// A table came to be paid for by request.
    OnDemand,
    /// A table came to be of another class.
    Class,
}

/// When what happened last to a table or an index, in seconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct History {
    /// Its throughput rose.
    pub(crate) increased: Option<f64>,
    /// Its throughput fell.
    pub(crate) decreased: Option<f64>,
    /// How often its throughput has fallen on the present day, by UTC.
    pub(crate) decreases_today: i64,
    /// It came to be paid for by request.
    pub(crate) on_demand: Option<f64>,
    /// It came to be of another class.
    pub(crate) class: Option<f64>,
}

impl Event {
    const ALL: [Self; 4] = [Self::Increase, Self::Decrease, Self::OnDemand, Self::Class];

    /// As the file has it.
    fn name(self) -> &'static str {
        match self {
            Self::Increase => "INCREASE",
            Self::Decrease => "DECREASE",
            Self::OnDemand => "ON_DEMAND",
            Self::Class => "CLASS",
        }
    }
}

impl Database {
    /// Notes what happens to a table or an index now; `owner` is its number.
    pub(crate) fn note(&self, owner: i64, event: Event) -> Result<(), Error> {
        self.note_at(owner, event, self.now())
    }

    /// Notes what happened to a table or an index at a time.
    pub(crate) fn note_at(&self, owner: i64, event: Event, now: f64) -> Result<(), Error> {
        let day = (now / SECONDS_OF_A_DAY).floor() * SECONDS_OF_A_DAY;
        let mut note = self.connection.prepare_cached(
            "INSERT INTO history (owner, event, at, times_that_day) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (owner, event) DO UPDATE
             SET at = ?3, times_that_day = CASE WHEN at >= ?4 THEN times_that_day + 1 ELSE 1 END",
        )?;
        note.execute(params![owner, event.name(), now, day])?;
        Ok(())
    }

    /// What has happened to a table or an index.
    pub(crate) fn history(&self, owner: i64) -> Result<History, Error> {
        let today = (self.now() / SECONDS_OF_A_DAY).floor();
        let mut history = History::default();
        let mut select = self.connection.prepare_cached(
            "SELECT at, times_that_day FROM history WHERE owner = ? AND event = ?",
        )?;
        for event in Event::ALL {
            let found = select.query_row(params![owner, event.name()], |row| {
                Ok((row.get::<_, f64>(0)?, row.get::<_, i64>(1)?))
            });
            let Some((at, times)) = found.optional()? else {
                continue;
            };
            match event {
                Event::Increase => history.increased = Some(at),
                Event::OnDemand => history.on_demand = Some(at),
                Event::Class => history.class = Some(at),
                Event::Decrease => {
                    history.decreased = Some(at);
                    if (at / SECONDS_OF_A_DAY).floor() >= today {
                        history.decreases_today = times;
                    }
                }
            }
        }
        Ok(history)
    }

    /// Forgets what has happened to a table or an index that goes.
    pub(crate) fn forget(&self, owner: i64) -> Result<(), Error> {
        let mut delete = self
            .connection
            .prepare_cached("DELETE FROM history WHERE owner = ?")?;
        delete.execute([owner])?;
        Ok(())
    }
}
