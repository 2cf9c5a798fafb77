//! Statistics that ConnectWise takes and does not keep: told once, not sent for ever (design section 9,
//! *Statistics*). Remembered record by record, so that one odd entry silences no other.

use std::collections::BTreeSet;

use super::{Result, Store};

const RELEASE: &str = "release";

/// The key under which an entry's fields stand.
fn key(entry: i64) -> String {
    format!("{PREFIX}{entry}")
}

const PREFIX: &str = "statistics_not_kept:";

impl Store {
    /// The fields of an entry that were answered with success and not kept.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn unkept(&self, entry: i64) -> Result<BTreeSet<String>> {
        let fields = self.meta(&key(entry))?.unwrap_or_default();
        Ok(fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect())
    }

    /// All such fields, and of how many entries.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn all_unkept(&self) -> Result<(BTreeSet<String>, usize)> {
        let mut query = self.db.prepare("SELECT value FROM meta WHERE key GLOB ?1")?;
        let rows = query.query_map([format!("{PREFIX}*")], |row| row.get::<_, String>(0))?;
        let entries = rows.collect::<std::result::Result<Vec<_>, _>>()?;
        let fields = entries.iter().flat_map(|fields| fields.split(',')).map(str::to_owned).collect();
        Ok((fields, entries.len()))
    }

    /// Remembers more such fields of an entry.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn add_unkept(&self, entry: i64, fields: &[&str]) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let mut known = self.unkept(entry)?;
        known.extend(fields.iter().map(|field| (*field).to_owned()));
        self.set_meta(&key(entry), &known.into_iter().collect::<Vec<_>>().join(","))
    }

    /// Forgets all of them, so that they are tried again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn forget_unkept(&self) -> Result<()> {
        self.db.execute("DELETE FROM meta WHERE key GLOB ?1", [format!("{PREFIX}*")])?;
        Ok(())
    }

    /// Remembers ConnectWise's release; a new one may keep what the old one did not.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_release(&self, release: &str) -> Result<()> {
        if self.meta(RELEASE)?.as_deref() != Some(release) {
            self.forget_unkept()?;
            self.set_meta(RELEASE, release)?;
        }
        Ok(())
    }
}
