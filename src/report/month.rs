//! A calendar month in the server's time zone, and the backup jobs of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::portal::EventKind;
use crate::store::LoggedEvent;

/// A calendar month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    first: Date,
    zone: TimeZone,
}

impl Month {
    /// The month of a moment.
    pub fn of(now: Timestamp, zone: TimeZone) -> Month {
        let first = now.to_zoned(zone.clone()).date().first_of_month();
        Month { first, zone }
    }

    /// The first day of a month as people write it: `2026-11`; nothing where it is none.
    pub fn parse(written: &str) -> Option<Date> {
        let shaped = written.len() == 7 && written.as_bytes().get(4) == Some(&b'-');
        format!("{written}-01").parse::<Date>().ok().filter(|_| shaped)
    }

    /// The month of a day.
    pub fn that_begins(day: Date, zone: TimeZone) -> Month {
        Month { first: day.first_of_month(), zone }
    }

    /// The month before.
    pub fn before(&self) -> Month {
        let first = self.first.yesterday().unwrap_or(self.first).first_of_month();
        Month { first, zone: self.zone.clone() }
    }

    /// Its first moment.
    pub fn from(&self) -> Timestamp {
        self.begin(self.first)
    }

    /// The first moment after it.
    pub fn until(&self) -> Timestamp {
        self.begin(self.first.last_of_month().tomorrow().unwrap_or(Date::MAX))
    }

    /// Whether a moment is in it.
    pub fn holds(&self, time: Timestamp) -> bool {
        time >= self.from() && time < self.until()
    }

    /// The time zone's name.
    pub fn zone_name(&self) -> String {
        self.zone.iana_name().unwrap_or("UTC").to_owned()
    }

    /// The date of a moment, where the month is.
    pub fn today(&self, now: Timestamp) -> Date {
        self.day(now)
    }

    fn day(&self, time: Timestamp) -> Date {
        time.to_zoned(self.zone.clone()).date()
    }

    fn begin(&self, day: Date) -> Timestamp {
        // A day that a zone skips begins when the next one does.
        day.to_zoned(self.zone.clone()).map_or(Timestamp::MAX, |begin| begin.timestamp())
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.first.strftime("%Y-%m"))
    }
}

/// Backup jobs by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Jobs {
    /// Those that ended well.
    pub successful: u64,
    /// Those that failed.
    pub failed: u64,
}

impl Jobs {
    /// Both together.
    pub fn all(self) -> u64 {
        self.successful + self.failed
    }

    /// With others.
    pub fn plus(self, other: Jobs) -> Jobs {
        Jobs { successful: self.successful + other.successful, failed: self.failed + other.failed }
    }

    fn count(&mut self, kind: EventKind) {
        match kind {
            EventKind::BackupOk => self.successful += 1,
            EventKind::BackupFailed => self.failed += 1,
            _ => {}
        }
    }
}

/// The jobs of a month, by customer.
pub(super) fn jobs<'a>(events: &'a [LoggedEvent], month: &Month) -> BTreeMap<&'a str, Jobs> {
    let (from, until) = (month.from(), month.until());
    let mut jobs: BTreeMap<&str, Jobs> = BTreeMap::new();
    for LoggedEvent { event, .. } in
        events.iter().filter(|one| one.event.time >= from && one.event.time < until)
    {
        jobs.entry(&event.cid).or_default().count(event.kind);
    }
    jobs
}

/// The jobs of a month, by day, up to now.
pub(super) fn days(events: &[LoggedEvent], month: &Month, now: Timestamp) -> Vec<(Date, Jobs)> {
    let last = month.first.last_of_month().min(month.day(now));
    let mut days: BTreeMap<Date, Jobs> = BTreeMap::new();
    let mut day = month.first;
    while day <= last {
        days.insert(day, Jobs::default());
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    for LoggedEvent { event, .. } in events.iter().filter(|logged| month.holds(logged.event.time)) {
        if let Some(jobs) = days.get_mut(&month.day(event.time)) {
            jobs.count(event.kind);
        }
    }
    days.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_the_servers() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let month = Month::that_begins(Month::parse("2026-11").unwrap(), zone.clone());
        assert_eq!(month.to_string(), "2026-11");
        // Summer time ends in it: it begins at four and ends at five.
        assert_eq!(month.from().to_string(), "2026-11-01T04:00:00Z");
        assert_eq!(month.until().to_string(), "2026-12-01T05:00:00Z");
        assert_eq!(month, Month::of("2026-12-01T04:59:59Z".parse().unwrap(), zone.clone()));
        assert_eq!(month.before().to_string(), "2026-10");
        assert_eq!(
            Month::that_begins(Month::parse("2026-01").unwrap(), zone.clone()).before().to_string(),
            "2025-12"
        );
        for wrong in ["2026", "2026-13", "2026-1", "11-2026", "2026-11-01", "20261101", "next"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }
}
