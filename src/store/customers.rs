//! When each customer was last pushed, and when it may be tried again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;
use rust_decimal::Decimal;

use super::{Result, Store, moment, seconds};

/// What psactl knows of a customer's last push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerState {
    /// What was last worked off: a hash of the use and statistics.
    pub fingerprint: String,
    /// When ConnectWise was last compared with it.
    pub checked_at: Timestamp,
    /// When something was last written.
    pub pushed_at: Option<Timestamp>,
    /// After a failure: not before this.
    pub retry_at: Option<Timestamp>,
    /// What failed last.
    pub error: Option<String>,
    /// The lines psactl keeps on the customer's next invoices, as they stood when last looked at.
    pub invoices: Decimal,
}

impl Store {
    /// All customers of a source that were ever worked on, by CID.
    pub fn customers(&self, source: &str) -> Result<BTreeMap<String, CustomerState>> {
        let mut query = self.db.prepare_cached(
            "SELECT cid, fingerprint, checked_at, pushed_at, retry_at, error, invoices FROM customers WHERE source = ?1",
        )?;
        let rows = query.query_map([source], |row| {
            Ok((
                row.get(0)?,
                CustomerState {
                    fingerprint: row.get(1)?,
                    checked_at: moment(row.get(2)?),
                    pushed_at: row.get::<_, Option<i64>>(3)?.map(moment),
                    retry_at: row.get::<_, Option<i64>>(4)?.map(moment),
                    error: row.get(5)?,
                    invoices: row.get::<_, String>(6)?.parse().unwrap_or_default(),
                },
            ))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Remembers how a customer stands.
    pub fn set_customer(&self, source: &str, cid: &str, state: &CustomerState) -> Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT OR REPLACE INTO customers (source, cid, fingerprint, checked_at, pushed_at, retry_at, error, invoices)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(params![
            source,
            cid,
            state.fingerprint,
            seconds(state.checked_at),
            state.pushed_at.map(seconds),
            state.retry_at.map(seconds),
            state.error,
            state.invoices.to_string()
        ])?;
        Ok(())
    }

    /// Makes these customers due again: a person changed something of theirs that runs remember as worked off.
    pub fn forget_checks_of<'a>(&self, cids: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let change = self.transaction()?;
        for cid in cids {
            change.execute(
                "UPDATE customers SET fingerprint = '', pushed_at = NULL, retry_at = NULL WHERE cid = ?1",
                [cid],
            )?;
        }
        change.commit()?;
        self.forget_rest()
    }

    /// The next run looks who is due, whatever the last one found.
    pub(super) fn forget_rest(&self) -> Result<()> {
        // Runs of one part keep their own rest, under longer names.
        self.db.execute("DELETE FROM meta WHERE key LIKE ?1 || '%'", [super::NEXT_DUE])?;
        Ok(())
    }

    /// Makes every customer due again: a person changed something that runs remember as worked off.
    pub fn forget_checks(&self) -> Result<()> {
        self.db.execute("UPDATE customers SET fingerprint = '', pushed_at = NULL, retry_at = NULL", [])?;
        self.forget_rest()
    }
}
