//! Which ConnectWise company a customer of the portal is.

use jiff::Timestamp;
use rusqlite::params;

use super::{Result, Store, moment, seconds};
use crate::config::Config;

/// A customer of the portal and its company.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// The customer's id at the portal.
    pub cid: String,
    /// The company's id in ConnectWise.
    pub company_id: i64,
    /// The company's name when linked.
    pub company_name: String,
    /// The customer's name at the portal when linked.
    pub portal_name: String,
    /// The Managed ID it was linked with: another prefix makes another customer of it.
    pub managed_id: String,
    /// How the link came to be: `link`, `managed-id`, `serial-number`.
    pub origin: String,
    /// When a person agreed.
    pub confirmed_at: Timestamp,
}

impl Link {
    /// Whether what a person agreed to still holds: under another prefix the same customer would be billed a
    /// second time beside the additions of the first.
    pub fn is_confirmed_for(&self, config: &Config) -> bool {
        self.managed_id == config.connectwise.managed_id(&self.cid)
    }
}

impl Store {
    /// Whether a company is linked to a customer of another source than this one.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn is_linked_by_another(&self, source: &str, company: i64) -> Result<bool> {
        let mut query = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM links WHERE source <> ?1 AND company_id = ?2)")?;
        Ok(query.query_row(rusqlite::params![source, company], |row| row.get(0))?)
    }

    /// All links of a source, by customer.
    pub fn links(&self, source: &str) -> Result<Vec<Link>> {
        let mut query = self.db.prepare_cached(
            "SELECT cid, company_id, company_name, portal_name, managed_id, origin, confirmed_at FROM links
             WHERE source = ?1 ORDER BY cid",
        )?;
        let rows = query.query_map([source], |row| {
            Ok(Link {
                cid: row.get(0)?,
                company_id: row.get(1)?,
                company_name: row.get(2)?,
                portal_name: row.get(3)?,
                managed_id: row.get(4)?,
                origin: row.get(5)?,
                confirmed_at: moment(row.get(6)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Remembers a link, in place of an earlier one of the same customer.
    pub fn set_link(&self, source: &str, link: &Link) -> Result<()> {
        self.db.execute(
            "INSERT OR REPLACE INTO links (source, cid, company_id, company_name, portal_name, managed_id, origin,
             confirmed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                source,
                link.cid,
                link.company_id,
                link.company_name,
                link.portal_name,
                link.managed_id,
                link.origin,
                seconds(link.confirmed_at)
            ],
        )?;
        Ok(())
    }

    /// Forgets the link of a customer, with what is held for it. What psactl wrote stays known, so that the
    /// additions of the customer are not taken for somebody else's when it is linked again.
    pub fn forget_link(&self, source: &str, cid: &str) -> Result<()> {
        let change = self.transaction()?;
        change.execute("DELETE FROM links WHERE source = ?1 AND cid = ?2", [source, cid])?;
        // What a person took back stays so when the customer is linked again.
        change.execute("DELETE FROM holds WHERE cid = ?1 AND state <> 'undone'", [cid])?;
        change.commit()?;
        self.forget_checks_of([cid])
    }
}
