//! A file for the textfile collector of a Prometheus node exporter.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;

use super::Beat;

/// Writes the file whole or not at all; the exporter, another account, must be able to read it.
pub(super) fn write(file: &Path, beat: &Beat, now: Timestamp) -> std::io::Result<()> {
    crate::disk::write_whole(file, render(beat, now).as_bytes(), 0o644)
}

/// The metrics of the last run.
fn render(beat: &Beat, now: Timestamp) -> String {
    let Beat { overview, .. } = beat;
    let seconds = |time: Timestamp| time.as_second().to_string();
    let never = || "0".to_owned();
    let age = overview.measured_at.map(|at| now.duration_since(at).as_secs().max(0).to_string());
    let metrics: [(&str, &str, Option<String>); 16] = [
        ("last_run_timestamp_seconds", "When psactl sync last ended.", Some(seconds(beat.at))),
        (
            "last_success_timestamp_seconds",
            "When it last ended with nothing for a person to do; 0: never.",
            Some(beat.last_success.map_or_else(never, seconds)),
        ),
        ("last_run_exit_code", "Its exit code.", Some(beat.exit.to_string())),
        (
            "last_run_failing",
            "1 where nothing could be done at all, also when that was said before.",
            Some(u8::from(beat.failure.is_some()).to_string()),
        ),
        ("last_run_idle", "1 where nothing was due.", Some(u8::from(beat.idle).to_string())),
        (
            "last_run_duration_seconds",
            "How long it took.",
            Some(format!("{}.{:03}", beat.milliseconds / 1000, beat.milliseconds % 1000)),
        ),
        ("last_run_requests", "Requests it sent to ConnectWise.", Some(beat.requests.to_string())),
        ("last_run_records_written", "Records it wrote in ConnectWise.", Some(beat.done.to_string())),
        ("changes_held", "Changes that wait for a yes.", Some(overview.held.to_string())),
        ("subjects_blocked", "Subjects for which nothing is written.", Some(overview.blocked.to_string())),
        ("subjects_failed", "What failed and was not mended yet.", Some(overview.failed.to_string())),
        ("standing_faults", "Faults that stand.", Some(overview.standing_faults.to_string())),
        ("open_tickets", "Tickets of psactl's that are open.", Some(overview.open_tickets.to_string())),
        ("customers", "Customers of the portal.", Some(overview.customers.to_string())),
        (
            "portal_measured_timestamp_seconds",
            "When the portal's data were measured.",
            overview.measured_at.map(seconds),
        ),
        ("portal_data_age_seconds", "How old the portal's data were at the last run.", age),
    ];
    let mut text = String::new();
    for (name, help, value) in metrics {
        let Some(value) = value else { continue };
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "# HELP psactl_{name} {help}\n# TYPE psactl_{name} gauge\npsactl_{name} {value}");
    }
    text
}
