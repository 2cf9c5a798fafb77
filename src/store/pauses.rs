//! Pauses: customers for whom a person wants nothing written for a while.

use jiff::Timestamp;
use rusqlite::params;

use super::{Result, Store, moment, seconds};

/// What is paused, until when and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pause {
    /// The customer; none for every one.
    pub cid: Option<String>,
    /// `tickets`, `statistics` or `billing`; none for all of them.
    pub part: Option<String>,
    /// When a person asked for it.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

impl Store {
    /// The pauses of a source, those of every customer first; ended ones too, until they are dropped.
    pub fn pauses(&self, source: &str) -> Result<Vec<Pause>> {
        let mut query = self.db.prepare_cached(
            "SELECT cid, part, since, until, reason FROM pauses WHERE source = ?1 ORDER BY cid, part",
        )?;
        let rows = query.query_map([source], |row| {
            let given = |text: String| Some(text).filter(|text| !text.is_empty());
            Ok(Pause {
                cid: given(row.get(0)?),
                part: given(row.get(1)?),
                since: moment(row.get(2)?),
                until: moment(row.get(3)?),
                reason: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The pauses of a source whose time is not over.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn pauses_holding(&self, source: &str, now: Timestamp) -> Result<Vec<Pause>> {
        let mut pauses = self.pauses(source)?;
        pauses.retain(|pause| pause.until > now);
        Ok(pauses)
    }

    /// Adds pauses, each in place of an earlier one of the same customer and part.
    pub fn add_pauses(&self, source: &str, pauses: &[Pause]) -> Result<()> {
        let change = self.transaction()?;
        for pause in pauses {
            change.execute(
                "INSERT OR REPLACE INTO pauses (source, cid, part, since, until, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    source,
                    pause.cid.as_deref().unwrap_or_default(),
                    pause.part.as_deref().unwrap_or_default(),
                    seconds(pause.since),
                    seconds(pause.until),
                    pause.reason
                ],
            )?;
        }
        change.commit()?;
        self.forget_rest()
    }

    /// Ends pauses. What they kept from being looked at is due again.
    pub fn end_pauses(&self, source: &str, pauses: &[Pause]) -> Result<()> {
        if pauses.is_empty() {
            return Ok(());
        }
        let change = self.transaction()?;
        for pause in pauses {
            change.execute(
                "DELETE FROM pauses WHERE source = ?1 AND cid = ?2 AND part = ?3",
                params![
                    source,
                    pause.cid.as_deref().unwrap_or_default(),
                    pause.part.as_deref().unwrap_or_default()
                ],
            )?;
        }
        change.commit()?;
        if pauses.iter().any(|pause| pause.cid.is_none()) {
            self.forget_checks()
        } else {
            self.forget_checks_of(pauses.iter().filter_map(|pause| pause.cid.as_deref()))
        }
    }
}
