//! What stands and was said already, so that cron does not cry every minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::{Result, Store, moment, seconds};

impl Store {
    /// Whether something that stands is to be said now: it is new, or `remind_every` has passed. Remembers
    /// that it was said.
    pub fn speaks(
        &self,
        key: &str,
        cid: &str,
        area: &str,
        now: Timestamp,
        remind_every: SignedDuration,
    ) -> Result<bool> {
        let said: Option<i64> = self
            .db
            .query_row("SELECT said_at FROM standing WHERE key = ?1", [key], |row| row.get(0))
            .optional()?;
        // A moment ahead comes from a clock that was wrong.
        let due = said.map(moment).is_none_or(|said| said > now || now.duration_since(said) >= remind_every);
        if due {
            self.db.execute(
                "INSERT INTO standing (key, cid, area, since, said_at) VALUES (?1, ?2, ?3, ?4, ?4)
                 ON CONFLICT (key) DO UPDATE SET said_at = ?4",
                params![key, cid, area, seconds(now)],
            )?;
        }
        Ok(due)
    }

    /// Since when something stands, where that is known.
    pub fn standing_since(&self, key: &str) -> Result<Option<Timestamp>> {
        let mut query = self.db.prepare_cached("SELECT since FROM standing WHERE key = ?1")?;
        Ok(query.query_row([key], |row| row.get(0)).optional()?.map(moment))
    }

    /// Forgets what no longer stands: everything of these customers in an area that is not among `keys`.
    pub fn settle_standing(
        &self,
        area: &str,
        cids: &BTreeSet<String>,
        keys: &BTreeSet<String>,
    ) -> Result<()> {
        let mut query = self.db.prepare_cached("SELECT key, cid FROM standing WHERE area = ?1")?;
        let rows: Vec<(String, String)> = query
            .query_map([area], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (key, cid) in rows {
            if cids.contains(&cid) && !keys.contains(&key) {
                self.db.execute("DELETE FROM standing WHERE key = ?1", [key])?;
            }
        }
        Ok(())
    }

    /// How many subjects of each customer stand in an area.
    pub fn standing_by_customer(&self, area: &str) -> Result<BTreeMap<String, usize>> {
        let mut query = self.db.prepare_cached(
            "SELECT cid, count(*) FROM standing WHERE area = ?1 AND cid <> '' GROUP BY cid",
        )?;
        let rows = query.query_map([area], |row| {
            Ok((row.get(0)?, usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0)))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
