//! Records that set-up chose, found or made, kept by id.

use rusqlite::params;

use super::{Result, Store};

/// One remembered record of ConnectWise.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Choice {
    /// What it is to the step: `new`, `closed`, a service key …
    pub key: String,
    /// Its id in ConnectWise.
    pub id: i64,
    /// Its name when it was last seen.
    pub name: String,
    /// Whether psactl created it.
    pub made_here: bool,
}

impl Store {
    /// The records of a step.
    pub fn choices(&self, step: &str) -> Result<Vec<Choice>> {
        let mut query = self.db.prepare_cached(
            "SELECT key, id, name, made_here FROM choices WHERE step = ?1 ORDER BY key, id",
        )?;
        let rows = query.query_map([step], |row| {
            Ok(Choice { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, made_here: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Replaces the records of a step.
    pub fn set_choices(&self, step: &str, choices: &[Choice]) -> Result<()> {
        self.together(|| {
            self.db.execute("DELETE FROM choices WHERE step = ?1", [step])?;
            for choice in choices {
                self.db.execute(
                    "INSERT OR REPLACE INTO choices (step, key, id, name, made_here) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![step, choice.key, choice.id, choice.name, choice.made_here],
                )?;
            }
            Ok(())
        })
    }

    /// Whether psactl created a record of a step.
    pub fn made_here(&self, step: &str, id: i64) -> Result<bool> {
        let made: i64 = self.db.query_row(
            "SELECT count(*) FROM choices WHERE step = ?1 AND id = ?2 AND made_here",
            params![step, id],
            |row| row.get(0),
        )?;
        Ok(made > 0)
    }
}
