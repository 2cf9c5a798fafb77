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
    /// The file or address it was read from; none where an earlier psactl read it.
    pub file: Option<String>,
    /// Its rows, good and bad.
    pub rows: Option<u64>,
    /// The period that its rows speak of, where they do.
    pub period: Option<(Timestamp, Timestamp)>,
}

impl Store {
    /// The last reading of a source.
    pub fn import(&self, source: &str) -> Result<Option<Import>> {
        Ok(self
            .db
            .query_row(
                "SELECT stamp, digest, measured_at, file, rows, period_start, period_end FROM imports
                 WHERE source = ?1",
                [source],
                |row| {
                    let time =
                        |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(moment));
                    Ok(Import {
                        stamp: row.get(0)?,
                        digest: row.get(1)?,
                        measured_at: time(2)?,
                        file: row.get(3)?,
                        rows: row.get::<_, Option<i64>>(4)?.and_then(|rows| u64::try_from(rows).ok()),
                        period: time(5)?.zip(time(6)?),
                    })
                },
            )
            .optional()?)
    }

    /// Remembers a reading.
    pub fn set_import(&self, source: &str, import: &Import, now: Timestamp) -> Result<()> {
        self.db.execute(
            "INSERT OR REPLACE INTO imports
             (source, stamp, digest, measured_at, read_at, file, rows, period_start, period_end)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                source,
                import.stamp,
                import.digest,
                import.measured_at.map(seconds),
                seconds(now),
                import.file,
                import.rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX)),
                import.period.map(|(start, _)| seconds(start)),
                import.period.map(|(_, end)| seconds(end)),
            ],
        )?;
        Ok(())
    }
}
