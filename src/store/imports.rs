//! The exports as they were last read.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Result, Store, moment, seconds};

/// What is remembered of the last reading of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The source's stamp: equal stamps, equal content.
    pub stamp: String,
    /// A hash of the account list.
    pub digest: String,
    /// When the account list was measured.
    pub measured_at: Option<Timestamp>,
}

impl Store {
    /// The last reading of a source.
    pub fn import(&self, source: &str) -> Result<Option<Import>> {
        Ok(self
            .db
            .query_row("SELECT stamp, digest, measured_at FROM imports WHERE source = ?1", [source], |row| {
                Ok(Import {
                    stamp: row.get(0)?,
                    digest: row.get(1)?,
                    measured_at: row.get::<_, Option<i64>>(2)?.map(moment),
                })
            })
            .optional()?)
    }

    /// Remembers a reading.
    pub fn set_import(&self, source: &str, import: &Import, now: Timestamp) -> Result<()> {
        self.db.execute(
            "INSERT OR REPLACE INTO imports (source, stamp, digest, measured_at, read_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![source, import.stamp, import.digest, import.measured_at.map(seconds), seconds(now)],
        )?;
        Ok(())
    }

    /// When a reading has something to do next, if nothing else changes.
    pub fn next_due(&self, source: &str) -> Result<Option<Timestamp>> {
        let next: Option<Option<i64>> = self
            .db
            .query_row("SELECT next_due FROM imports WHERE source = ?1", [source], |row| row.get(0))
            .optional()?;
        Ok(next.flatten().map(moment))
    }

    /// Remembers when a reading has something to do next.
    pub fn set_next_due(&self, source: &str, next: Timestamp) -> Result<()> {
        self.db
            .execute("UPDATE imports SET next_due = ?2 WHERE source = ?1", params![source, seconds(next)])?;
        Ok(())
    }

    /// The newest measurement of a source that was ever used, by whichever part.
    pub fn last_measured(&self, source: &str) -> Result<Option<Timestamp>> {
        let measured: Option<i64> = self.db.query_row(
            "SELECT max(measured_at) FROM imports WHERE source = ?1 OR substr(source, 1, length(?1) + 1) = ?1 || ' '",
            [source],
            |row| row.get(0),
        )?;
        Ok(measured.map(moment))
    }
}
