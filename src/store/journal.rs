//! The journal: intent before a write, outcome after it.

use jiff::Timestamp;
use rusqlite::params;
use serde_json::Value;

use super::{Result, Store, moment, seconds};
use crate::plan::Change;

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// Begun. An entry that stays so was killed between intent and outcome.
    Intent,
    /// ConnectWise has it.
    Done,
    /// ConnectWise refused it, or never got it.
    Failed,
    /// Nobody can say yet: it is looked up before anything is written again.
    Unknown,
}

impl EntryState {
    fn as_str(self) -> &'static str {
        match self {
            EntryState::Intent => "intent",
            EntryState::Done => "done",
            EntryState::Failed => "failed",
            EntryState::Unknown => "unknown",
        }
    }

    /// What is no word of this program's may have been written: nobody can say.
    pub(super) fn read(word: &str) -> Self {
        match word {
            "intent" => EntryState::Intent,
            "done" => EntryState::Done,
            "failed" => EntryState::Failed,
            _ => EntryState::Unknown,
        }
    }
}

/// One write in the journal.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// The run it belongs to.
    pub run: i64,
    /// When it was begun.
    pub at: Timestamp,
    /// When its answer was given up, where something came of it; none where the run was killed.
    pub given_up: Option<Timestamp>,
    /// The write.
    pub change: Change,
}

impl Store {
    /// Writes the intent of a change and returns the entry's number. It is on disk when this returns, or, within
    /// [`Store::together`], when that does.
    pub fn begin_write(&self, run: i64, change: &Change, now: Timestamp) -> Result<i64> {
        let mut insert = self
            .db
            .prepare_cached("INSERT INTO journal (run, at, change, state) VALUES (?1, ?2, ?3, 'intent')")?;
        insert.execute(params![run, seconds(now), serde_json::to_string(change)?])?;
        Ok(self.db.last_insert_rowid())
    }

    /// Writes the outcome of a change.
    pub fn end_write(
        &self,
        entry: i64,
        state: EntryState,
        record: Option<i64>,
        answer: Option<&Value>,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let mut update = self.db.prepare_cached(
            "UPDATE journal SET state = ?2, record = ?3, answer = ?4, error = ?5, finished_at = ?6 WHERE id = ?1",
        )?;
        update.execute(params![
            entry,
            state.as_str(),
            record,
            answer.map(Value::to_string),
            error,
            seconds(now)
        ])?;
        Ok(())
    }

    /// Writes whose fate is not known, oldest first: a killed run, or an answer that never came.
    pub fn unsettled(&self) -> Result<Vec<Entry>> {
        let mut query = self.db.prepare_cached(
            "SELECT id, run, at, change, finished_at FROM journal WHERE state IN ('intent', 'unknown') ORDER BY id",
        )?;
        let rows = query.query_map([], |row| {
            let given_up: Option<i64> = row.get(4)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?, given_up))
        })?;
        let mut entries = Vec::new();
        for row in rows {
            let (id, run, at, change, given_up) = row?;
            let change = serde_json::from_str(&change)?;
            entries.push(Entry { id, run, at: moment(at), given_up: given_up.map(moment), change });
        }
        Ok(entries)
    }

    /// How many tickets were opened since a moment, over all runs.
    pub fn tickets_opened_since(&self, since: Timestamp) -> Result<u64> {
        let count: i64 = self.db.query_row(
            "SELECT count(*) FROM journal WHERE at >= ?1 AND state <> 'failed'
             AND json_extract(change, '$.purpose.open_ticket') IS NOT NULL",
            [seconds(since)],
            |row| row.get(0),
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// When the first of the tickets opened since a moment was opened.
    pub fn first_ticket_opened_since(&self, since: Timestamp) -> Result<Option<Timestamp>> {
        let first: Option<i64> = self.db.query_row(
            "SELECT min(at) FROM journal WHERE at >= ?1 AND state <> 'failed'
             AND json_extract(change, '$.purpose.open_ticket') IS NOT NULL",
            [seconds(since)],
            |row| row.get(0),
        )?;
        Ok(first.and_then(|first| Timestamp::from_second(first).ok()))
    }
}
