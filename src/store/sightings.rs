//! Which companies were seen with which Managed ID, at the last look at each company.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::{Result, Store};

impl Store {
    /// Remembers the Managed IDs that a company was seen with, in place of those of the last look.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn see_managed_ids(&self, company: i64, managed_ids: &BTreeSet<String>) -> Result<()> {
        let mut query = self.db.prepare_cached("SELECT managed_id FROM sightings WHERE company_id = ?1")?;
        let known: BTreeSet<String> =
            query.query_map([company], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        if known == *managed_ids {
            return Ok(());
        }
        let change = self.transaction()?;
        change.execute("DELETE FROM sightings WHERE company_id = ?1", [company])?;
        for managed_id in managed_ids {
            change.execute(
                "INSERT INTO sightings (managed_id, company_id) VALUES (?1, ?2)",
                params![managed_id, company],
            )?;
        }
        change.commit()
    }

    /// The companies of each Managed ID that was seen on more than one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn doubled_managed_ids(&self) -> Result<BTreeMap<String, BTreeSet<i64>>> {
        let mut query = self.db.prepare_cached(
            "SELECT managed_id, company_id FROM sightings WHERE managed_id IN
             (SELECT managed_id FROM sightings GROUP BY managed_id HAVING count(*) > 1)",
        )?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut doubled: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for row in rows {
            let (managed_id, company) = row?;
            doubled.entry(managed_id).or_default().insert(company);
        }
        Ok(doubled)
    }
}
