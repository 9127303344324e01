//! Labels of streams: when they were made, as text.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamDescription.html>

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// `2026-11-27T17:05:00.123`, of milliseconds since the epoch.
pub(super) fn of(millis: i64) -> String {
    let (year, month, day) = date(millis.div_euclid(MILLIS_PER_DAY));
    let rest = millis.rem_euclid(MILLIS_PER_DAY);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
}

/// Days of 400 years, after which the calendar repeats.
const DAYS_PER_CYCLE: i64 = 146_097;

/// From 1 March of the year 0 to the epoch.
const DAYS_TO_EPOCH: i64 = 719_468;

/// The year, month and day of a number of days since the epoch, in the Gregorian calendar. Years are counted from March
/// on, so that a leap day is the last one.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_EPOCH;
    let (cycle, day_of_cycle) = (
        days.div_euclid(DAYS_PER_CYCLE),
        days.rem_euclid(DAYS_PER_CYCLE),
    );
    let leap_days = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle - leap_days) / 365;
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = 400 * cycle + year_of_cycle + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_time_with_milliseconds() {
        for (millis, label) in [
            (0, "1970-01-01T00:00:00.000"),
            (951_782_399_999, "2000-02-28T23:59:59.999"),
            (951_782_400_000, "2000-02-29T00:00:00.000"),
            (951_868_800_000, "2000-03-01T00:00:00.000"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001"),
            (1_795_799_100_123, "2026-11-27T17:05:00.123"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999"),
        ] {
            assert_eq!(of(millis), label);
        }
    }
}
