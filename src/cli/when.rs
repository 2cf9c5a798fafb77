//! Moments as a person types them: how long ago, a day, a time. They are read with the command line, before anything
//! else is, and become moments when the command runs.

use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A moment as it was typed; days and times that name no offset are UTC.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// With its offset.
    At(Timestamp),
    /// A day.
    Day(Date),
    /// A day and a time.
    Time(DateTime),
    /// So long ago.
    Ago(Span),
}

impl When {
    /// The moment from which on something is meant: of a day its beginning.
    pub(super) fn since(self, now: Timestamp) -> Timestamp {
        let zoned = match self {
            When::At(moment) => return moment,
            When::Day(day) => day.to_zoned(TimeZone::UTC),
            When::Time(time) => time.to_zoned(TimeZone::UTC),
            When::Ago(span) => now.to_zoned(TimeZone::UTC).checked_sub(span.abs()),
        };
        // Longer ago than there is time: everything is meant.
        zoned.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    /// The moment up to which something is meant, which is not part of it any more; a day is meant whole.
    pub(super) fn until(self, now: Timestamp) -> Timestamp {
        match self {
            When::Day(day) => day.tomorrow().map_or(Timestamp::MAX, |next| When::Day(next).since(now)),
            other => other.since(now),
        }
    }
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<When, Self::Err> {
        let typed = typed.trim();
        // A date-time reads as a day, too.
        let day = typed.parse::<Date>().ok().filter(|day| day.to_string() == typed);
        let at = || typed.parse().ok().map(When::At);
        let time = || typed.parse().ok().map(When::Time);
        let ago = || typed.parse().ok().map(When::Ago);
        day.map(When::Day)
            .or_else(at)
            .or_else(time)
            .or_else(ago)
            .ok_or("no moment; write 24h, 7d, 2026-11-20 or 2026-11-20T14:00Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_people_type_them() {
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        for (typed, from, to) in [
            ("24h", "2026-11-22T14:00:00Z", "2026-11-22T14:00:00Z"),
            ("7d", "2026-11-16T14:00:00Z", "2026-11-16T14:00:00Z"),
            ("90 minutes", "2026-11-23T12:30:00Z", "2026-11-23T12:30:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            ("2026-11-20T14:00", "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z"),
            ("2026-11-20T14:00:00+02:00", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
        ] {
            let when: When = typed.parse().unwrap();
            assert_eq!(when.since(now), from.parse().unwrap(), "since {typed}");
            assert_eq!(when.until(now), to.parse().unwrap(), "until {typed}");
        }
        let long: When = "19000y".parse().unwrap();
        assert_eq!(long.since(now), Timestamp::MIN);
        for typed in ["", "yesterday", "20.11.2026", "7", "d"] {
            assert!(typed.parse::<When>().is_err(), "{typed}");
        }
    }
}
