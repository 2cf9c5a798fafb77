//! Times as exports write them: with an offset, or local in `[portal] time_zone`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// `2026-10-31T06:00:00-04:00`, `2026-10-31 06:00[:00]`, `2014-05-31 12:05pm` or a date alone (its start).
///
/// The reason reads after the column's name. A local hour that the clock change skips or repeats is refused:
/// which of two hours is meant cannot be known.
pub(in crate::portal) fn parse(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let Some(local) = civil(text) else {
        let why = if text.contains('/') {
            ": it could be day or month first, write 2026-10-31 18:05"
        } else {
            ": write 2026-10-31T18:05:00-04:00 or 2026-10-31 18:05"
        };
        return Err(format!("\"{}\" is not a time{why}", shown(text)));
    };
    let Some(zone) = zone else {
        return Err(format!("\"{text}\" has no offset, and [portal] time_zone is not set"));
    };
    let found = zone.to_ambiguous_timestamp(local);
    let zone_name = zone.iana_name().unwrap_or("the time zone");
    match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            found.unambiguous().map_err(|_| format!("\"{text}\" is out of range"))
        }
        AmbiguousOffset::Fold { .. } => {
            Err(format!("\"{text}\" happens twice in {zone_name} (clock change): write it with an offset"))
        }
        AmbiguousOffset::Gap { .. } => {
            Err(format!("\"{text}\" does not exist in {zone_name} (clock change)"))
        }
    }
}

/// At most forty characters of foreign text, for an error.
pub(in crate::portal) fn shown(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.chars().count() <= 40 { plain } else { plain.chars().take(39).chain(['…']).collect() }
}

fn civil(text: &str) -> Option<DateTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = number(&date[..4])?;
    let month = number(date.get(5..7)?)?;
    let day = number(date.get(8..)?)?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if rest.is_empty() {
        return Some(date.to_datetime(Time::midnight()));
    }
    let rest = rest.strip_prefix([' ', 'T'])?.trim_start().to_ascii_lowercase();
    let (clock, half) = match (rest.strip_suffix("am"), rest.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        _ => (rest.as_str(), None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (number(hour)?, number(minute)?, 0),
        [hour, minute, second] => (number(hour)?, number(minute)?, number(second)?),
        _ => return None,
    };
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(noon) => hour % 12 + noon,
    };
    let small = |value: i16| i8::try_from(value).ok();
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(date.to_datetime(time))
}

fn number(digits: &str) -> Option<i16> {
    let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_offset() {
        let zone = TimeZone::get("America/New_York").expect("a known zone");
        for (text, expected) in [
            ("2026-10-31T06:00:00-04:00", Ok("2026-10-31T10:00:00Z")),
            ("2026-10-31 06:00:00Z", Ok("2026-10-31T06:00:00Z")),
            ("2014-05-31 12:05pm", Ok("2014-05-31T16:05:00Z")),
            ("2014-05-31 12:05 AM", Ok("2014-05-31T04:05:00Z")),
            ("2014-05-31 1:05pm", Ok("2014-05-31T17:05:00Z")),
            ("2014-12-31 23:59:58", Ok("2015-01-01T04:59:58Z")),
            ("2014-12-31T23:59", Ok("2015-01-01T04:59:00Z")),
            ("2026-10-31", Ok("2026-10-31T04:00:00Z")),
            (
                "2026-11-01 01:30",
                Err("\"2026-11-01 01:30\" happens twice in America/New_York (clock change): \
                     write it with an offset"),
            ),
            (
                "2026-03-08 02:30am",
                Err("\"2026-03-08 02:30am\" does not exist in America/New_York (clock change)"),
            ),
            (
                "5/31/2014 12:05 PM",
                Err("\"5/31/2014 12:05 PM\" is not a time: it could be day or month first, \
                     write 2026-10-31 18:05"),
            ),
            (
                "2014-05-31 13:05pm",
                Err("\"2014-05-31 13:05pm\" is not a time: \
                     write 2026-10-31T18:05:00-04:00 or 2026-10-31 18:05"),
            ),
            (
                "2014-02-30 13:05",
                Err("\"2014-02-30 13:05\" is not a time: \
                     write 2026-10-31T18:05:00-04:00 or 2026-10-31 18:05"),
            ),
        ] {
            let found = parse(text, Some(&zone)).map(|time| time.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        }
        assert_eq!(
            parse("2014-05-31 12:05pm", None),
            Err("\"2014-05-31 12:05pm\" has no offset, and [portal] time_zone is not set".to_string())
        );
    }
}
