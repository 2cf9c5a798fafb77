//! Exports in every form they come in, through the binary: what is understood of them, which file is taken, and what
//! an address may answer.

pub mod address;
mod damages;
mod forms;
mod logs;
mod places;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::Desk;

/// The account list as rows of cells, its header first.
fn cells(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Rows as CSV with this between the cells.
fn csv(rows: &[Vec<String>], delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// A key of `[portal]` set to a value, in place of the line that sets it.
pub fn set(desk: &Desk, key: &str, value: &str) {
    let text = desk.read("psactl.toml");
    let begins = format!("{key} =");
    assert_eq!(text.lines().filter(|line| line.starts_with(&begins)).count(), 1, "{key}");
    let lines = text.lines().map(|line| match line.starts_with(&begins) {
        true => format!("{key} = {value}\n"),
        false => format!("{line}\n"),
    });
    let text: String = lines.collect();
    desk.write("psactl.toml", &text);
}

/// What `portal check` understands, and how it ends.
fn check(desk: &Desk) -> (i32, Value) {
    let ran = desk.psactl(&["portal", "check", "--output", "json"]);
    let found = if ran.stdout.is_empty() { Value::String(ran.stderr.clone()) } else { ran.json() };
    (ran.code, found)
}

/// The rows that were left out, as one line each.
fn left_out(found: &Value) -> Vec<String> {
    let line = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
        format!(
            "{}:{} {} [{}/{}] {}",
            text("export"),
            row["line"],
            text("column"),
            text("cid"),
            text("account"),
            text("reason")
        )
    };
    found["left_out"].as_array().unwrap_or_else(|| panic!("{found}")).iter().map(line).collect()
}

/// The sum of a service.
fn total(found: &Value, service: &str) -> Option<String> {
    let totals = found["accounts"]["totals"].as_array().unwrap_or_else(|| panic!("{found}"));
    let own = totals.iter().find(|total| total["service"] == service)?;
    Some(own["quantity"].as_str().unwrap().to_owned())
}

/// A moment from now, to the second.
fn moment(desk: &Desk, from_now: SignedDuration) -> Timestamp {
    Timestamp::from_second((desk.sandbox().now() + from_now).as_second()).unwrap()
}
