//! The history as a person reads it: runs with what they wrote, from the journal alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Params, Row, params};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::{EntryState, Result, Run, Store, moment, seconds};
use crate::plan::{Change, Purpose};

/// A run with how many writes it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// Writes that ConnectWise has.
    pub done: usize,
    /// Writes that ConnectWise refused or never got.
    pub failed: usize,
    /// Writes of which nobody knows.
    pub unknown: usize,
    /// The runs that took something of it back.
    pub undone_by: Vec<i64>,
    /// The run that it took back.
    pub undoes: Option<i64>,
    /// What it came to, or why it failed, in its own words.
    pub said: Option<String>,
}

impl RunSummary {
    /// How many writes it set out to make.
    pub fn writes(&self) -> usize {
        self.done + self.failed + self.unknown
    }
}

/// Which runs are wanted.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only these; counts are of all their writes.
    pub run: Option<i64>,
    /// Only what was written for these customers; for all where none is named.
    pub cids: Vec<String>,
    /// Only runs that began then or later.
    pub since: Option<Timestamp>,
}

/// One write of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// Its number in the journal.
    pub id: i64,
    /// The run that made it.
    pub run: i64,
    /// When it was begun.
    pub at: Timestamp,
    /// The write.
    pub change: Change,
    /// How it ended.
    pub state: EntryState,
    /// The record, where ConnectWise has it.
    pub record: Option<i64>,
    /// What ConnectWise answered: the fields that were written.
    pub answer: Option<Value>,
    /// What went wrong.
    pub error: Option<String>,
    /// When its outcome was known.
    pub finished_at: Option<Timestamp>,
    /// The run that took it back.
    pub undone_by: Option<i64>,
}

impl Written {
    /// The record it is about: kind and id.
    pub fn about(&self) -> Option<(&str, i64)> {
        Some((self.change.subject.kind.as_ref(), self.record.or(self.change.subject.id)?))
    }
}

impl Store {
    /// Runs with what they wrote, newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>> {
        let undone = self.undoing_runs()?;
        let mut query = self.db.prepare(
            "SELECT runs.id, command, started_at, runs.finished_at, exit,
                    count(CASE WHEN state = 'done' THEN 1 END),
                    count(CASE WHEN state = 'failed' THEN 1 END),
                    count(CASE WHEN state IN ('intent', 'unknown') THEN 1 END), summary
             FROM runs LEFT JOIN journal ON journal.run = runs.id
               AND (?1 IS NULL OR json_extract(change, '$.cid') IN (SELECT value FROM json_each(?1)))
             WHERE started_at >= ?2 AND (?3 IS NULL OR runs.id = ?3)
             GROUP BY runs.id ORDER BY runs.id DESC",
        )?;
        let cids = match filter.cids.as_slice() {
            [] => None,
            cids => Some(serde_json::to_string(cids)?),
        };
        let since = filter.since.map_or(i64::MIN, seconds);
        let count = |number: i64| usize::try_from(number).unwrap_or(0);
        let rows = query.query_map(params![cids, since, filter.run], |row| {
            let id = row.get(0)?;
            Ok(RunSummary {
                run: Run {
                    id,
                    command: row.get(1)?,
                    started_at: moment(row.get(2)?),
                    finished_at: row.get::<_, Option<i64>>(3)?.map(moment),
                    exit: row.get(4)?,
                },
                done: count(row.get(5)?),
                failed: count(row.get(6)?),
                unknown: count(row.get(7)?),
                undone_by: undone.get(&id).cloned().unwrap_or_default(),
                undoes: undone.iter().find(|(_, by)| by.contains(&id)).map(|(of, _)| *of),
                said: row.get::<_, Option<String>>(8)?.filter(|said| !said.is_empty()),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The number of the last run.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn newest_run(&self) -> Result<Option<i64>> {
        Ok(self.db.query_row("SELECT max(id) FROM runs", [], |row| row.get(0)).optional()?.flatten())
    }

    /// The writes of a run, in their order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn writes_of(&self, run: i64) -> Result<Vec<Written>> {
        let mut writes = self.select_writes("run = ?1", [run])?;
        let undoing =
            self.select_writes("json_extract(change, '$.undoes') = ?1 AND state = 'done'", [run])?;
        for write in &mut writes {
            let by = undoing.iter().rev().find(|undo| undo.about() == write.about());
            write.undone_by = by.filter(|_| write.state == EntryState::Done).map(|undo| undo.run);
        }
        Ok(writes)
    }

    /// What was written to records after a write, or may have been: by record, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn writes_after(&self, entry: i64) -> Result<Vec<Written>> {
        self.select_writes("id > ?1 AND state <> 'failed'", [entry])
    }

    /// What was written, or tried, from a moment on and before another, oldest first; each write says which run took
    /// it back.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn writes_between(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Written>> {
        let mut writes = self.select_writes("at >= ?1 AND at < ?2", [seconds(from), seconds(until)])?;
        let undoing =
            self.select_writes("json_extract(change, '$.undoes') IS NOT NULL AND state = 'done'", [])?;
        for write in writes.iter_mut().filter(|write| write.state == EntryState::Done) {
            let by = undoing.iter().rev();
            let mut by =
                by.filter(|undo| undo.change.undoes == Some(write.run) && undo.about() == write.about());
            write.undone_by = by.next().map(|undo| undo.run);
        }
        Ok(writes)
    }

    /// The quantity that was last written to each addition before a moment.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn quantities_before(&self, until: Timestamp) -> Result<BTreeMap<i64, Decimal>> {
        let mut query = self.db.prepare(
            "SELECT coalesce(record, json_extract(change, '$.subject.id')), change FROM journal
             WHERE at < ?1 AND state = 'done' AND json_extract(change, '$.purpose.quantity') IS NOT NULL
             ORDER BY id",
        )?;
        let rows = query.query_map([seconds(until)], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut quantities = BTreeMap::new();
        for row in rows {
            let (addition, change) = row?;
            let change: Change = serde_json::from_str(&change)?;
            if let (Some(addition), Purpose::Quantity { quantity, .. }) = (addition, change.purpose) {
                quantities.insert(addition, quantity);
            }
        }
        Ok(quantities)
    }

    fn select_writes(&self, which: &str, values: impl Params) -> Result<Vec<Written>> {
        let mut query = self.db.prepare(&format!(
            "SELECT id, run, at, change, state, record, answer, error, finished_at FROM journal WHERE {which} ORDER BY id"
        ))?;
        let rows = query.query_map(values, |row| {
            Ok((row.get::<_, String>(3)?, row.get::<_, Option<String>>(6)?, read(row)?))
        })?;
        let mut writes = Vec::new();
        for row in rows {
            let (change, answer, write) = row?;
            let answer = answer.map(|answer| serde_json::from_str(&answer)).transpose()?;
            writes.push(write(serde_json::from_str(&change)?, answer));
        }
        Ok(writes)
    }

    /// The runs that took something back, by the run they took it back of.
    fn undoing_runs(&self) -> Result<BTreeMap<i64, Vec<i64>>> {
        let mut query = self.db.prepare(
            "SELECT DISTINCT json_extract(change, '$.undoes'), run FROM journal
             WHERE state = 'done' AND json_extract(change, '$.undoes') IS NOT NULL ORDER BY run",
        )?;
        let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let mut undone: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for row in rows {
            let (of, by) = row?;
            undone.entry(of).or_default().push(by);
        }
        Ok(undone)
    }
}

/// A row of the journal, but for what has to be read as JSON.
fn read(row: &Row<'_>) -> rusqlite::Result<impl FnOnce(Change, Option<Value>) -> Written + use<>> {
    let (id, run, at) = (row.get(0)?, row.get(1)?, moment(row.get(2)?));
    let state = EntryState::read(&row.get::<_, String>(4)?);
    let (record, error) = (row.get(5)?, row.get(7)?);
    let finished_at = row.get::<_, Option<i64>>(8)?.map(moment);
    Ok(move |change, answer| Written {
        id,
        run,
        at,
        change,
        state,
        record,
        answer,
        error,
        finished_at,
        undone_by: None,
    })
}
