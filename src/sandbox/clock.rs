//! The sandbox's own time: it starts where a test says and runs on from there.

use std::sync::Mutex;
use std::time::Instant;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// A clock that can be set.
#[derive(Debug)]
pub struct Clock(Mutex<(Timestamp, Instant)>);

impl Clock {
    pub fn starting(now: Option<Timestamp>) -> Clock {
        Clock(Mutex::new((now.unwrap_or_else(Timestamp::now), Instant::now())))
    }

    pub fn now(&self) -> Timestamp {
        let (start, since) = *super::locked(&self.0);
        let run = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::ZERO);
        start.checked_add(run).unwrap_or(start)
    }

    pub fn set(&self, now: Timestamp) {
        *super::locked(&self.0) = (now, Instant::now());
    }
}

/// ConnectWise writes times in UTC without a fraction (contract: behaviours, section 4).
pub fn text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads what the contract lets a client send: UTC with `Z`, with or without a fraction; up to the last day of the
/// year 9999, which is how people say “for ever”.
pub fn parse(text: &str) -> Option<DateTime> {
    if text.len() < 20 {
        return None;
    }
    text.strip_suffix('Z')?.parse().ok()
}

/// The civil day in UTC.
pub fn day(time: Timestamp) -> jiff::civil::Date {
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}
