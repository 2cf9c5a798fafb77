//! Moments as a person types them: how long ago, a day, a time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::error::{Exit, Failure, Result};
use crate::ui::text;

/// The moment from which on something is meant: how long ago, the beginning of a day, or a time (UTC, where it
/// names no offset).
pub(super) fn since(when: &str, now: Timestamp) -> Result<Timestamp> {
    moment(when, now).ok_or_else(|| no_moment(when))
}

/// The moment up to which something is meant, which is not part of it any more; a day is meant whole.
pub(super) fn until(when: &str, now: Timestamp) -> Result<Timestamp> {
    let end_of = |day: Date| Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    // A date-time reads as a day, too.
    let day = when.parse::<Date>().ok().filter(|day| day.to_string() == when.trim());
    day.and_then(end_of).or_else(|| moment(when, now)).ok_or_else(|| no_moment(when))
}

fn moment(when: &str, now: Timestamp) -> Option<Timestamp> {
    let ago = || {
        let span: jiff::Span = when.parse().ok()?;
        now.to_zoned(TimeZone::UTC).checked_sub(span.abs()).ok().map(|then| then.timestamp())
    };
    let civil = || {
        let time: DateTime = when.parse().ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
    };
    when.parse().ok().or_else(civil).or_else(ago)
}

fn no_moment(when: &str) -> Failure {
    Failure::new(Exit::Usage, format!("“{}” is no moment", text::clean(when)))
        .hint("write 24h, 7d, 2026-11-20 or 2026-11-20T14:00Z")
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
            assert_eq!(since(typed, now).unwrap(), from.parse().unwrap(), "since {typed}");
            assert_eq!(until(typed, now).unwrap(), to.parse().unwrap(), "until {typed}");
        }
        for typed in ["", "yesterday", "20.11.2026", "7", "d"] {
            assert_eq!(since(typed, now).unwrap_err().exit, Exit::Usage, "{typed}");
            assert_eq!(until(typed, now).unwrap_err().exit, Exit::Usage, "{typed}");
        }
    }
}
