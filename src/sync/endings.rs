//! Exports that were read while they were being written (design section 8: a partial sum is a wrong bill).
//!
//! A file that has always ended with a line end and now does not is taken for the beginning of one: its rows may
//! be fewer, and its last cell may be cut.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Run;
use crate::error::Result;
use crate::portal::Snapshot;

const KEY: &str = "exports_end";

/// How the exports ended when they were last read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Endings {
    accounts: Ending,
    events: Ending,
}

/// How one export ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    /// With a line end, as long as it is known.
    whole: bool,
    /// Since when it does so no longer.
    without_since: Option<Timestamp>,
}

impl Ending {
    /// Whether the export that is read now must be taken for a beginning. One that stays so for `patience` is
    /// simply written that way now.
    fn is_beginning(&mut self, unended: bool, now: Timestamp, patience: SignedDuration) -> bool {
        if !unended {
            *self = Ending { whole: true, without_since: None };
        }
        if !unended || !self.whole {
            return false;
        }
        let since = *self.without_since.get_or_insert(now);
        let over = since > now || now.duration_since(since) >= patience;
        if over {
            *self = Ending::default();
        }
        !over
    }
}

impl Run<'_> {
    /// Of an account list that may be cut nothing is billed.
    pub(super) fn leave_out_unended(&self, snapshot: &mut Snapshot, now: Timestamp) -> Result<()> {
        if self.is_beginning(|endings| &mut endings.accounts, snapshot.unended.is_some(), now)? {
            snapshot.problems.extend(snapshot.unended.clone());
        }
        Ok(())
    }

    /// Whether the event log may be cut: its last event waits then.
    pub(super) fn is_beginning_of_events(&self, unended: bool, now: Timestamp) -> Result<bool> {
        self.is_beginning(|endings| &mut endings.events, unended, now)
    }

    fn is_beginning(
        &self,
        of: fn(&mut Endings) -> &mut Ending,
        unended: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let known = self.store.meta(KEY)?;
        let mut endings: Endings =
            known.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let patience = self.config.sync.verify_every;
        let is_beginning = of(&mut endings).is_beginning(unended, now, patience);
        if !self.options.dry_run {
            let text = serde_json::to_string(&endings).map_err(crate::store::Error::from)?;
            if known.as_deref() != Some(text.as_str()) {
                self.store.set_meta(KEY, &text)?;
            }
        }
        Ok(is_beginning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table() {
        let begin: Timestamp = "2026-11-23T14:00:00Z".parse().expect("a time");
        let day = SignedDuration::from_hours(24);
        // Hours from the beginning, whether the export has no line end, whether it is taken for a beginning.
        let rows = [
            ("nothing is known", vec![(0, true, false), (1, true, false)]),
            ("cut once, then whole", vec![(0, false, false), (1, true, true), (2, false, false)]),
            ("it stays so", vec![(0, false, false), (1, true, true), (24, true, true), (25, true, false)]),
            (
                "and then it is the way it is",
                vec![(0, false, false), (1, true, true), (26, true, false), (27, true, false)],
            ),
            ("the clock was set back", vec![(0, false, false), (30, true, true), (1, true, false)]),
        ];
        for (what, steps) in rows {
            let mut ending = Ending::default();
            for (hours, unended, expected) in steps {
                let now = begin + SignedDuration::from_hours(hours);
                assert_eq!(ending.is_beginning(unended, now, day), expected, "{what}, {hours} h");
            }
        }
    }
}
