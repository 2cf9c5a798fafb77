//! The guide's MSP as two exports, moved to the present.

use super::files::table::Table;
use super::files::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

const ACCOUNTS: &str = include_str!("../../examples/accounts.csv");
const EVENTS: &str = include_str!("../../examples/events.csv");

/// How long before `now` the newest event happened.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// The sample exports (`examples/accounts.csv`, `examples/events.csv`) with every time moved by the same
/// amount, such that the newest is five minutes before `now`. Times are RFC 3339 in UTC.
pub fn sample(now: Timestamp) -> (String, String) {
    // The samples' local times are New York's, as in examples/psactl.toml.
    let zone = TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC);
    let read = |text: &str, column: &str| {
        let table = Table::read(text.as_bytes(), Path::new("sample")).ok();
        let index =
            table.as_ref().and_then(|table| table.header.iter().position(|heading| heading == column));
        table.zip(index)
    };
    let (accounts, events) = (read(ACCOUNTS, "Measured At"), read(EVENTS, "When"));
    let newest = [&accounts, &events]
        .into_iter()
        .flatten()
        .flat_map(|(table, index)| table.rows.iter().map(|row| &row.cells[*index]))
        .filter_map(|cell| time::parse(cell, Some(&zone)).ok())
        .max()
        .unwrap_or(now);
    let distance = now.duration_since(newest).saturating_sub(FRESH);
    let moved = |table: Option<(Table, usize)>| {
        table.map(|(table, index)| write(&table, index, &zone, distance)).unwrap_or_default()
    };
    (moved(accounts), moved(events))
}

fn write(table: &Table, column: usize, zone: &TimeZone, distance: SignedDuration) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut lines = vec![table.header.clone()];
    for row in &table.rows {
        let mut cells = row.cells.clone();
        if let Ok(at) = time::parse(&cells[column], Some(zone))
            && let Ok(at) = at.checked_add(distance)
        {
            cells[column] = at.to_string();
        }
        lines.push(cells);
    }
    for cells in lines {
        // Writing to memory cannot fail, and every row has the header's length (a test reads the result).
        let _ = writer.write_record(&cells);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
