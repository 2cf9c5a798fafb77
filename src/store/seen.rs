//! Customers of the portal as psactl first met them: a new one should not go unbilled unnoticed.

use jiff::Timestamp;
use rusqlite::params;

use super::{Result, Store, moment, seconds};
use crate::portal::Customer;

/// A customer that the portal has not always had.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Newcomer {
    /// Its id at the portal.
    pub cid: String,
    /// Its name there.
    pub name: String,
    /// When psactl first met it.
    pub since: Timestamp,
}

impl Store {
    /// Remembers customers that were not seen before. Those of the first reading are nobody's news: they
    /// count as met at the beginning of time.
    pub fn meet(&self, source: &str, customers: &[Customer], now: Timestamp) -> Result<()> {
        let known: i64 =
            self.db.query_row("SELECT count(*) FROM seen WHERE source = ?1", [source], |row| row.get(0))?;
        // Customers are many and newcomers few: nothing is written where nobody came.
        if usize::try_from(known).is_ok_and(|known| known > 0) {
            let mut query = self.db.prepare_cached("SELECT cid FROM seen WHERE source = ?1")?;
            let known: std::collections::BTreeSet<String> =
                query.query_map([source], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            if customers.iter().all(|customer| known.contains(&customer.cid)) {
                return Ok(());
            }
        }
        let since = if known == 0 { 0 } else { seconds(now) };
        let change = self.transaction()?;
        {
            let mut insert = change
                .prepare("INSERT OR IGNORE INTO seen (source, cid, name, since) VALUES (?1, ?2, ?3, ?4)")?;
            for customer in customers {
                insert.execute(params![source, customer.cid, customer.name, since])?;
            }
        }
        change.commit()?;
        Ok(())
    }

    /// The customers first met since a moment, newest first.
    pub fn newcomers(&self, source: &str, since: Timestamp) -> Result<Vec<Newcomer>> {
        let mut query = self.db.prepare_cached(
            "SELECT cid, name, since FROM seen WHERE source = ?1 AND since >= ?2 ORDER BY since DESC, cid",
        )?;
        let rows = query.query_map(params![source, seconds(since)], |row| {
            Ok(Newcomer { cid: row.get(0)?, name: row.get(1)?, since: moment(row.get(2)?) })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
