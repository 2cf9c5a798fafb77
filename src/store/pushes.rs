//! The last writes to one record, from the journal: who wrote what stands there.

use jiff::Timestamp;
use rusqlite::params;
use serde_json::Value;

use super::{Result, Store, moment};
use crate::plan::Change;

/// One write to a record, and how it ended.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Push {
    /// The run that made it.
    pub run: i64,
    /// When.
    pub at: Timestamp,
    /// `done`, `failed`, `intent` or `unknown`.
    pub state: String,
    /// The write.
    pub change: Change,
    /// What ConnectWise answered, where something came of it.
    pub answer: Option<Value>,
    /// What failed.
    pub error: Option<String>,
}

impl Store {
    /// The last writes to an agreement addition, newest first.
    pub fn pushes_to(&self, addition: i64, most: usize) -> Result<Vec<Push>> {
        let mut query = self.db.prepare_cached(
            "SELECT run, at, state, change, answer, error FROM journal
             WHERE (record = ?1 OR json_extract(change, '$.subject.id') = ?1)
               AND json_extract(change, '$.purpose.quantity') IS NOT NULL
             ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = query.query_map(params![addition, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, Option<String>>(4)?,
                row.get(5)?,
            ))
        })?;
        let mut pushes = Vec::new();
        for row in rows {
            let (run, at, state, change, answer, error) = row?;
            let answer = answer.and_then(|answer| serde_json::from_str(&answer).ok());
            let change = serde_json::from_str(&change)?;
            pushes.push(Push { run, at: moment(at), state, change, answer, error });
        }
        Ok(pushes)
    }
}
