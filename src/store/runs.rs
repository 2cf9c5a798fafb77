//! The history of runs.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Result, Store, moment, seconds};

/// One run of a command that may write.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The command.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// Its exit code.
    pub exit: Option<u8>,
}

impl Store {
    /// Begins a run and returns its number.
    pub fn begin_run(&self, command: &str, now: Timestamp) -> Result<i64> {
        self.db.execute(
            "INSERT INTO runs (command, started_at) VALUES (?1, ?2)",
            params![command, seconds(now)],
        )?;
        Ok(self.db.last_insert_rowid())
    }

    /// Ends a run. `summary` says what it came to, or why it failed; empty where its writes say it all.
    pub fn end_run(&self, run: i64, exit: u8, summary: &str, now: Timestamp) -> Result<()> {
        self.db.execute(
            "UPDATE runs SET finished_at = ?2, exit = ?3, summary = ?4 WHERE id = ?1",
            params![run, seconds(now), exit, summary],
        )?;
        Ok(())
    }

    /// Whether the last run was begun and never ended: what it was at is to be taken up.
    pub fn was_killed(&self) -> Result<bool> {
        let ended: Option<bool> = self
            .db
            .query_row("SELECT finished_at IS NOT NULL FROM runs ORDER BY id DESC LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(ended == Some(false))
    }

    /// The last run of a command.
    pub fn last_run(&self, command: &str) -> Result<Option<Run>> {
        Ok(self
            .db
            .query_row(
                "SELECT id, command, started_at, finished_at, exit FROM runs WHERE command = ?1
                 ORDER BY id DESC LIMIT 1",
                [command],
                |row| {
                    Ok(Run {
                        id: row.get(0)?,
                        command: row.get(1)?,
                        started_at: moment(row.get(2)?),
                        finished_at: row.get::<_, Option<i64>>(3)?.map(moment),
                        exit: row.get(4)?,
                    })
                },
            )
            .optional()?)
    }
}
