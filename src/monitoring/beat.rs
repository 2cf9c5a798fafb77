//! What the last run of `psactl sync` was, in a small file beside the state. An idle run leaves no trace in
//! the database, and must not: it may come every minute. This file it may write, since losing it harms nobody.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::sync::Report;

/// How things stood at the end of the last run that looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Customers of the portal.
    pub customers: usize,
    /// When the portal's data were measured.
    pub measured_at: Option<Timestamp>,
    /// Faults that stand.
    pub standing_faults: usize,
    /// Tickets of psactl's that are open.
    pub open_tickets: usize,
    /// Changes that wait for a yes.
    pub held: usize,
    /// Subjects that are blocked.
    pub blocked: usize,
    /// What failed and was not mended yet.
    pub failed: usize,
}

/// The last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// When it ended.
    pub at: Timestamp,
    /// Its exit code.
    pub exit: u8,
    /// Nothing was due.
    pub idle: bool,
    /// Why nothing could be done at all, now or since an earlier run.
    pub failure: Option<String>,
    /// When a run last ended with nothing for a person to do.
    pub last_success: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// How many requests it sent.
    pub requests: u64,
    /// How many records it wrote.
    pub done: usize,
    /// What it did, in a line.
    pub summary: String,
    /// How things stood when a run last looked.
    pub overview: Overview,
}

impl Beat {
    /// The beat of a run, with what an idle or failed one leaves as it was.
    pub fn of(before: Option<Beat>, outcome: &Result<Report>, took: Duration, now: Timestamp) -> Beat {
        let (overview, last_success) =
            before.map(|beat| (beat.overview, beat.last_success)).unwrap_or_default();
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut beat = Beat {
            at: now,
            exit: 0,
            idle: false,
            failure: None,
            last_success,
            milliseconds,
            requests: 0,
            done: 0,
            summary: String::new(),
            overview,
        };
        match outcome {
            Ok(report) => {
                beat.exit = report.exit().code();
                beat.idle = report.idle;
                beat.failure.clone_from(&report.still);
                beat.requests = report.requests;
                beat.done = report.applied.iter().filter(|applied| applied.ended.is_done()).count();
                beat.summary = report.summary();
                beat.overview = report.overview.unwrap_or(beat.overview);
            }
            Err(failure) => {
                beat.exit = failure.exit.code();
                beat.failure = Some(failure.line());
                beat.summary = failure.line();
            }
        }
        if beat.is_success() {
            beat.last_success = Some(now);
        }
        beat
    }

    /// Whether the run did what it is for, and no person is needed.
    pub fn is_success(&self) -> bool {
        self.exit == 0 && self.failure.is_none()
    }

    /// The last beat of a state folder; none where no run ever ended, or the file says nothing.
    pub fn read(folder: &Path) -> Option<Beat> {
        let text = std::fs::read_to_string(path(folder)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes it in place of the one before.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        crate::disk::write_whole(&path(folder), serde_json::to_string(self)?.as_bytes(), 0o600)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("last-sync.json")
}
