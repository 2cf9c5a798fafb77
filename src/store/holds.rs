//! Held changes: known values that need a yes.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{Result, Store, moment, seconds};
use crate::plan::Change;

/// What a person said of a held change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldState {
    /// Nobody has answered yet.
    Held,
    /// Approved, for exactly this record, before and after; used once.
    Approved,
    /// Rejected, until the proposed value moves beyond the guard.
    Rejected,
    /// Taken back by `psactl undo`: nothing is written there, whatever the value, until a person approves.
    Undone,
}

impl HoldState {
    fn as_str(self) -> &'static str {
        match self {
            HoldState::Held => "held",
            HoldState::Approved => "approved",
            HoldState::Rejected => "rejected",
            HoldState::Undone => "undone",
        }
    }
}

/// A held change.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Hold {
    /// What a person types: `psactl review --approve ID`.
    pub id: i64,
    /// The record it is about, such as `addition 12`.
    pub record: String,
    /// The customer.
    pub cid: String,
    /// The change as it was planned.
    pub change: Change,
    /// Why it is held.
    pub reason: String,
    /// What the record held when it was planned.
    pub before: String,
    /// What it would hold.
    pub after: String,
    /// What a person said.
    pub state: HoldState,
    /// The reason of a rejection.
    pub note: Option<String>,
    /// Held since.
    pub since: Timestamp,
}

impl Store {
    /// All holds, oldest first.
    pub fn holds(&self) -> Result<Vec<Hold>> {
        let mut query = self.db.prepare_cached(
            "SELECT id, record, cid, change, reason, before, after, state, note, since
             FROM holds ORDER BY id",
        )?;
        let rows = query.query_map([], |row| Ok((read(row)?, row.get::<_, String>(3)?)))?;
        let mut holds = Vec::new();
        for row in rows {
            let (hold, change) = row?;
            holds.push(hold(serde_json::from_str(&change)?));
        }
        Ok(holds)
    }

    /// Keeps a hold in step with what was planned. Where before or after moved, it is a
    /// new question, asked now: what a person said of the old one is void.
    pub fn keep_hold(
        &self,
        record: &str,
        change: &Change,
        reason: &str,
        (before, after): (&str, &str),
        now: Timestamp,
    ) -> Result<()> {
        self.db.execute(
            "INSERT INTO holds (record, cid, change, reason, before, after, state, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'held', ?7)
             ON CONFLICT (record) DO UPDATE SET change = ?3, reason = ?4, before = ?5, after = ?6,
               state = CASE WHEN (before = ?5 AND after = ?6) OR state = 'undone' THEN state ELSE 'held' END,
               note = CASE WHEN (before = ?5 AND after = ?6) OR state = 'undone' THEN note END,
               since = CASE WHEN (before = ?5 AND after = ?6) OR state = 'undone' THEN since ELSE ?7 END",
            params![
                record,
                change.cid.as_deref().unwrap_or_default(),
                serde_json::to_string(change)?,
                reason,
                before,
                after,
                seconds(now)
            ],
        )?;
        Ok(())
    }

    /// Holds a record whose write was taken back, in place of whatever was held or said of it before.
    pub fn hold_undone(
        &self,
        record: &str,
        change: &Change,
        reason: &str,
        (before, after): (&str, &str),
        now: Timestamp,
    ) -> Result<()> {
        self.db.execute(
            "INSERT INTO holds (record, cid, change, reason, before, after, state, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'undone', ?7)
             ON CONFLICT (record) DO UPDATE SET change = ?3, reason = ?4, before = ?5, after = ?6,
               state = 'undone', note = NULL, since = ?7",
            params![
                record,
                change.cid.as_deref().unwrap_or_default(),
                serde_json::to_string(change)?,
                reason,
                before,
                after,
                seconds(now)
            ],
        )?;
        Ok(())
    }

    /// Answers a hold. Returns whether there is one of that number.
    pub fn answer_hold(&self, id: i64, state: HoldState, note: Option<&str>) -> Result<bool> {
        let answered = self.db.execute(
            "UPDATE holds SET state = ?2, note = ?3 WHERE id = ?1",
            params![id, state.as_str(), note],
        )?;
        Ok(answered > 0)
    }

    /// Forgets the hold of a record: its cause is gone, or its approval was used.
    pub fn drop_hold(&self, record: &str) -> Result<()> {
        self.db.execute("DELETE FROM holds WHERE record = ?1", [record])?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<impl FnOnce(Change) -> Hold + use<>> {
    let (id, record, cid, reason) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?);
    let (before, after) = (row.get(5)?, row.get(6)?);
    let state = match row.get::<_, String>(7)?.as_str() {
        "approved" => HoldState::Approved,
        "rejected" => HoldState::Rejected,
        "undone" => HoldState::Undone,
        _ => HoldState::Held,
    };
    let note = row.get(8)?;
    let since = moment(row.get(9)?);
    Ok(move |change| Hold { id, record, cid, change, reason, before, after, state, note, since })
}
