//! Statistics that this ConnectWise takes and does not keep: told once, not sent for ever (design section 9,
//! *Statistics*). It is the server's way and no record's, so that one memory serves all customers.

use std::collections::BTreeSet;

use super::{Result, Store};

const FIELDS: &str = "statistics_not_kept";
const RELEASE: &str = "release";

impl Store {
    /// The fields that were answered with success and not kept.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn unkept(&self) -> Result<BTreeSet<String>> {
        let fields = self.meta(FIELDS)?.unwrap_or_default();
        Ok(fields.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect())
    }

    /// Remembers more such fields.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn add_unkept(&self, fields: &[&str]) -> Result<()> {
        let mut known = self.unkept()?;
        let before = known.len();
        known.extend(fields.iter().map(|field| (*field).to_owned()));
        if known.len() > before {
            self.set_meta(FIELDS, &known.into_iter().collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }

    /// Forgets them, so that they are tried again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn forget_unkept(&self) -> Result<()> {
        self.forget_meta(FIELDS)
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
