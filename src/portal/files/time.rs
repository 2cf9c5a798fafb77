//! Times as exports write them: with an offset, or local in the zone of their column's heading or of
//! `[portal] time_zone`.

use super::super::Error;
use super::table::broken;
use crate::text::{clean, shorten};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use std::path::Path;

/// The zones that headings such as `When [EDT] >` or `Measured At (UTC)` name, by column.
#[derive(Debug, Default)]
pub(super) struct Zones(Vec<(usize, TimeZone)>);

impl Zones {
    /// The zone of a column, where its heading names one.
    pub fn of(&self, column: usize) -> Option<&TimeZone> {
        self.0.iter().find(|(at, _)| *at == column).map(|(_, zone)| zone)
    }
}

/// Reads the zones of these columns' headings.
///
/// # Errors
/// Where a heading names a zone that is not known, or that contradicts `[portal] time_zone`.
pub(super) fn zones(
    header: &[String],
    columns: impl Iterator<Item = usize>,
    setting: Option<&TimeZone>,
    file: &Path,
) -> Result<Zones, Error> {
    let mut zones = Vec::new();
    for at in columns {
        let Some(heading) = header.get(at) else { continue };
        let inside = heading.split_once(['[', '(']).and_then(|(_, rest)| rest.split_once([']', ')']));
        let Some((written, _)) = inside else { continue };
        let zone = zone_of(written.trim(), setting)
            .map_err(|reason| broken(file, Some(1), format!("column \"{heading}\": {reason}")))?;
        zones.extend(zone.map(|zone| (at, zone)));
    }
    Ok(Zones(zones))
}

/// Abbreviations that mail knows (RFC 5322, section 4.3), in hours from UTC. Others mean several zones.
const ABBREVIATIONS: &[(&str, i8)] =
    &[("EDT", -4), ("EST", -5), ("CDT", -5), ("CST", -6), ("MDT", -6), ("MST", -7), ("PDT", -7), ("PST", -8)];

fn zone_of(written: &str, setting: Option<&TimeZone>) -> Result<Option<TimeZone>, String> {
    if matches!(written, "UTC" | "Z") {
        return Ok(Some(TimeZone::UTC));
    }
    if written.contains('/') {
        return match TimeZone::get(written) {
            Ok(zone) => Ok(Some(zone)),
            Err(_) => Err(format!("\"{written}\" is not a time zone")),
        };
    }
    let offset = written.trim_start_matches("UTC").trim_start_matches("GMT").trim();
    if let Some(rest) = offset.strip_prefix(['+', '-', '\u{2212}']) {
        let (hours, minutes) = match rest.split_once(':') {
            Some((hours, minutes)) => (number(hours), number(minutes)),
            None if rest.len() == 4 => (rest.get(..2).and_then(number), rest.get(2..).and_then(number)),
            None => (number(rest), Some(0)),
        };
        let seconds = hours.zip(minutes).filter(|(hours, minutes)| *hours <= 14 && *minutes < 60);
        let seconds = seconds.map(|(hours, minutes)| i32::from(hours) * 3600 + i32::from(minutes) * 60);
        let seconds = seconds.map(|seconds| if offset.starts_with('+') { seconds } else { -seconds });
        return match seconds.and_then(|seconds| Offset::from_seconds(seconds).ok()) {
            Some(offset) => Ok(Some(TimeZone::fixed(offset))),
            None => Err(format!("\"{written}\" is not an offset from UTC")),
        };
    }
    let looks_like_one =
        (2..=5).contains(&written.len()) && written.bytes().all(|byte| byte.is_ascii_uppercase());
    if !looks_like_one {
        // A unit, a mark of the portal's screen.
        return Ok(None);
    }
    if let Some(setting) = setting {
        // What it is called in winter and in summer: with the setting behind it every hour of the year is known.
        let halves = [Date::constant(2026, 1, 15), Date::constant(2026, 7, 15)];
        let called = halves
            .iter()
            .filter_map(|day| day.to_zoned(setting.clone()).ok())
            .any(|day| setting.to_offset_info(day.timestamp()).abbreviation() == written);
        return if called {
            Ok(Some(setting.clone()))
        } else if written == "GMT" {
            Ok(Some(TimeZone::UTC))
        } else {
            let name = setting.iana_name().unwrap_or("the zone");
            Err(format!("\"{written}\" is no time of {name}, which [portal] time_zone says"))
        };
    }
    if written == "GMT" {
        return Ok(Some(TimeZone::UTC));
    }
    match ABBREVIATIONS.iter().find(|(name, _)| *name == written) {
        Some((_, hours)) => Ok(Offset::from_hours(*hours).ok().map(TimeZone::fixed)),
        None => Err(format!("\"{written}\" may be several time zones: set [portal] time_zone")),
    }
}

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
    self::local(local, text, zone)
}

/// A local time as a moment; `text` is what was written.
pub(super) fn local(local: DateTime, text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, String> {
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
    shorten(&clean(text), 40)
}

fn civil(text: &str) -> Option<DateTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let date: Date = date.parse().ok()?;
    if rest.is_empty() {
        return Some(date.to_datetime(Time::midnight()));
    }
    let rest = rest.strip_prefix([' ', 'T'])?.trim_start().to_ascii_lowercase();
    let (clock, half) = match (rest.strip_suffix("am"), rest.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        _ => (rest.as_str(), None),
    };
    // Digits and what parts them: a zone behind them would be passed over.
    if !clock.contains(':') || !clock.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
    {
        return None;
    }
    let zero = if clock.find(':') == Some(1) { "0" } else { "" };
    let time: Time = format!("{zero}{clock}").parse().ok()?;
    let time = match half {
        None => time,
        Some(_) if !(1..=12).contains(&time.hour()) => return None,
        Some(noon) => time.with().hour(time.hour() % 12 + noon).build().ok()?,
    };
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
    fn zones_of_headings() {
        let new_york = TimeZone::get("America/New_York").expect("a known zone");
        let at = |written: &str, setting: Option<&TimeZone>| {
            let zone = zone_of(written, setting)?;
            Ok::<_, String>(
                zone.map(|zone| parse("2026-07-01 12:00", Some(&zone)).expect("a time").to_string()),
            )
        };
        for (written, setting, expected) in [
            ("EDT", Some(&new_york), Ok(Some("2026-07-01T16:00:00Z"))),
            // The screen was looked at in winter.
            ("EST", Some(&new_york), Ok(Some("2026-07-01T16:00:00Z"))),
            ("EDT", None, Ok(Some("2026-07-01T16:00:00Z"))),
            ("UTC", Some(&new_york), Ok(Some("2026-07-01T12:00:00Z"))),
            ("GMT", None, Ok(Some("2026-07-01T12:00:00Z"))),
            ("GMT+1", None, Ok(Some("2026-07-01T11:00:00Z"))),
            ("UTC-04:30", None, Ok(Some("2026-07-01T16:30:00Z"))),
            ("+0200", Some(&new_york), Ok(Some("2026-07-01T10:00:00Z"))),
            ("Europe/Berlin", Some(&new_york), Ok(Some("2026-07-01T10:00:00Z"))),
            ("S", None, Ok(None)),
            ("local", Some(&new_york), Ok(None)),
            (
                "PDT",
                Some(&new_york),
                Err("\"PDT\" is no time of America/New_York, which [portal] time_zone says"),
            ),
            ("IST", None, Err("\"IST\" may be several time zones: set [portal] time_zone")),
            ("Mars/Base", None, Err("\"Mars/Base\" is not a time zone")),
            ("+99", None, Err("\"+99\" is not an offset from UTC")),
        ] {
            let found = at(written, setting);
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(String::as_str), expected, "{written}");
        }
    }

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
            // As SQL Server and .NET write it.
            ("2026-10-31 06:00:00.000", Ok("2026-10-31T10:00:00Z")),
            ("2026-10-31T06:00:00.1234567", Ok("2026-10-31T10:00:00.1234567Z")),
            ("2026-10-31 6:00:00 pm", Ok("2026-10-31T22:00:00Z")),
            ("2026-10-31 9:05", Ok("2026-10-31T13:05:00Z")),
            (
                "2026-10-31 06:00[UTC]",
                Err("\"2026-10-31 06:00[UTC]\" is not a time: \
                     write 2026-10-31T18:05:00-04:00 or 2026-10-31 18:05"),
            ),
            (
                "2026-10-31 0600",
                Err("\"2026-10-31 0600\" is not a time: \
                     write 2026-10-31T18:05:00-04:00 or 2026-10-31 18:05"),
            ),
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
