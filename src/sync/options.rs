//! What a run is asked to do.

use std::collections::BTreeSet;

use crate::plan::Change;

/// A part of what a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Tickets for faults.
    Tickets,
    /// Backup statistics.
    Statistics,
    /// Quantities of agreement additions.
    Billing,
}

/// What a run is asked to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only these customers.
    pub cids: Vec<String>,
    /// Only this part.
    pub only: Option<Part>,
    /// Passes over intervals, never over guards.
    pub force: bool,
    /// Reads back even what did not change.
    pub verify: bool,
    /// Opens tickets for the faults that stood at the first run.
    pub open_standing: bool,
    /// Plans and shows, writes nothing.
    pub dry_run: bool,
    /// A person typed it: no waiting after a refused login.
    pub by_hand: bool,
    /// Runs these events of the log again.
    pub events: Option<BTreeSet<i64>>,
    /// Writes exactly these changes: where anything else is planned, nothing is written.
    pub exactly: Option<Vec<Change>>,
}

impl Options {
    /// Whether the run has to look whatever the time and the files say.
    pub(super) fn insists(&self) -> bool {
        self.force
            || self.verify
            || self.open_standing
            || self.events.is_some()
            || self.exactly.is_some()
            || !self.cids.is_empty()
    }

    /// Whether somebody waits for the answer, and wants to know each time what is wrong.
    pub(super) fn is_asked(&self) -> bool {
        self.by_hand || !self.cids.is_empty()
    }

    pub(super) fn does(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}
