//! What time it is: the wall clock, kept from running backwards, plus an offset.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The clock stops here, at the end of the year 9999: the last time that RFC 3339 and the crate `time` can write.
pub(crate) const END: Duration = Duration::from_secs(253_402_300_799);

/// Where the time of day comes from.
pub(crate) type Wall = Box<dyn Fn() -> SystemTime + Send + Sync>;

/// The clock's hands. Times are durations since 1970.
pub(crate) struct Time {
    wall: Wall,
    /// The latest reading, without the offset.
    latest: Duration,
    read_at: Instant,
    offset: Duration,
}

impl Time {
    pub(crate) fn new(wall: Wall, offset: Duration) -> Self {
        Self {
            latest: since_epoch(wall()),
            read_at: Instant::now(),
            offset: offset.min(END),
            wall,
        }
    }

    pub(crate) fn now(&mut self) -> Duration {
        // The wall is read first: being interrupted between the two must not put the clock ahead of it.
        let wall = since_epoch((self.wall)());
        let read_at = Instant::now().max(self.read_at);
        let passed = read_at - self.read_at;
        self.read_at = read_at;
        self.latest = self.latest.saturating_add(passed).max(wall).min(END);
        (self.latest + self.offset).min(END)
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let left = END - self.now();
        self.offset += by.min(left);
    }

    pub(crate) fn offset(&self) -> Duration {
        self.offset
    }
}

/// Times before 1970 count as 1970.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(crate) fn system_time(since_epoch: Duration) -> SystemTime {
    UNIX_EPOCH + since_epoch.min(END)
}
