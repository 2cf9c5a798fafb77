//! What this state is and what it knows itself to have written last: so that an older state that was put back,
//! or a second psactl beside this one, is noticed (design section 10).

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Error, Result, Store, seconds};

const ID: &str = "installation";
const SINCE: &str = "installation_since";
const NAME: &str = "own_name";
const LOGIN: &str = "own_login";
const COMPANY: &str = "own_company";
const STOP: &str = "second_psactl";
const SEEN: &str = "seen:addition:";
const ACCEPTED: &str = "accepted:ticket:";
const SAVED: &str = "saved_plan:";

/// A record that psactl's login wrote and this state knows nothing of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The kind of record, as `agreement addition`.
    pub kind: String,
    /// Its id.
    pub id: i64,
    /// The customer it is of.
    pub cid: String,
    /// What ConnectWise has.
    pub found: String,
    /// Who wrote it, by ConnectWise.
    pub by: String,
    /// When, by ConnectWise.
    pub at: Timestamp,
    /// What this state knows of it.
    pub known: String,
}

/// Why nothing is written any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Since when.
    pub since: Timestamp,
    /// What was seen.
    pub seen: Vec<Sighting>,
}

/// Under which name it is remembered when an addition was last changed.
fn seen_key(addition: i64) -> String {
    format!("{SEEN}{addition}")
}

impl Store {
    /// The id of this installation, made the first time it is asked for, and since when it is known.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub fn installation(&self, now: Timestamp) -> Result<(String, Timestamp)> {
        if self.meta(ID)?.is_none() {
            let change = self.transaction()?;
            // Random enough to tell installations apart; it protects nothing.
            let id: String = change.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
            for (key, value) in [(ID, id), (SINCE, now.to_string())] {
                change.execute(
                    "INSERT OR IGNORE INTO meta (key, value) VALUES (?1, ?2)",
                    params![key, value],
                )?;
            }
            change.commit()?;
        }
        let since = self.meta_time(SINCE)?.unwrap_or(Timestamp::UNIX_EPOCH);
        Ok((self.meta(ID)?.unwrap_or_default(), since))
    }

    /// This state, for work with the ConnectWise of a company ID.
    ///
    /// # Errors
    /// [`Error::OtherCompany`] where it was made with another one: ids of one ConnectWise say nothing in another.
    pub fn opened_for(mut self, company_id: &str) -> Result<Store> {
        match self.company()? {
            Some(known) if !known.eq_ignore_ascii_case(company_id) => Err(Error::OtherCompany {
                folder: self.folder.display().to_string(),
                known,
                configured: company_id.to_owned(),
            }),
            _ => {
                self.company = Some(company_id.to_owned());
                Ok(self)
            }
        }
    }

    /// The company ID that the state was made with, once anything was written.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn company(&self) -> Result<Option<String>> {
        self.meta(COMPANY)
    }

    /// A person says which company ID it is now.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn set_company(&self, company_id: &str) -> Result<()> {
        self.set_meta(COMPANY, company_id)
    }

    pub(super) fn settle_on_company(&self) -> Result<()> {
        match &self.company {
            Some(company) if self.company()?.is_none() => self.set_company(company),
            _ => Ok(()),
        }
    }

    /// What ConnectWise calls psactl's own login, where a write has told.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn own_name(&self) -> Result<Option<String>> {
        self.meta(NAME)
    }

    /// Remembers what ConnectWise calls psactl's own login.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn set_own_name(&self, name: &str) -> Result<()> {
        if name.is_empty() || self.meta(NAME)?.as_deref() == Some(name) {
            return Ok(());
        }
        self.set_meta(NAME, name)
    }

    /// Notes with which login psactl works now: what another one was called is no name of its own.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_login(&self, login: &str) -> Result<()> {
        let before = self.meta(LOGIN)?;
        if before.as_deref() == Some(login) {
            return Ok(());
        }
        if before.is_some() {
            self.forget_meta(NAME)?;
        }
        self.set_meta(LOGIN, login)
    }

    /// When an addition was last changed, by ConnectWise's clock, as far as this state knows.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn seen(&self, addition: i64) -> Result<Option<Timestamp>> {
        self.meta_time(&seen_key(addition))
    }

    /// Remembers when additions were last changed, in one go.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_seen(&self, seen: &[(i64, Timestamp)]) -> Result<()> {
        if seen.is_empty() {
            return Ok(());
        }
        let change = self.transaction()?;
        for (addition, at) in seen {
            change.execute(
                "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
                params![seen_key(*addition), at.to_string()],
            )?;
        }
        change.commit()?;
        Ok(())
    }

    /// Whether psactl tried to write an addition about then, however that ended: the answer may have been lost.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn tried_to_write(&self, addition: i64, about: Timestamp, tolerance: i64) -> Result<bool> {
        let at = seconds(about);
        let found: Option<i64> = self
            .db
            .query_row(
                "SELECT 1 FROM journal WHERE state <> 'done' AND at BETWEEN ?2 AND ?3
                 AND json_extract(change, '$.subject.kind') = 'agreement addition'
                 AND json_extract(change, '$.subject.id') = ?1 LIMIT 1",
                params![addition, at.saturating_sub(tolerance), at.saturating_add(tolerance)],
                |row| row.get(0),
            )
            .optional()?;
        Ok(found.is_some())
    }

    /// Whether psactl ever set out to open a ticket with this `externalXRef`, or a person said that it is
    /// psactl's own.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn knows_ticket(&self, ticket: i64, xref: &str) -> Result<bool> {
        if self.meta(&format!("{ACCEPTED}{ticket}"))?.is_some() {
            return Ok(true);
        }
        let found: Option<i64> = self
            .db
            .query_row(
                "SELECT 1 FROM journal WHERE json_extract(change, '$.subject.kind') = 'ticket'
                 AND json_extract(change, '$.key.equals.externalXRef') = ?1 LIMIT 1",
                [xref],
                |row| row.get(0),
            )
            .optional()?;
        Ok(found.is_some())
    }

    /// Whether an invoice description of an addition is one that psactl once wrote.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn wrote_description(&self, addition: i64, text: &str) -> Result<bool> {
        let mut query = self.db.prepare(
            "SELECT json_extract(change, '$.purpose.quantity.description') FROM journal
             WHERE state = 'done' AND record = ?1 AND json_extract(change, '$.undoes') IS NULL
             AND json_extract(change, '$.purpose.quantity.description') IS NOT NULL",
        )?;
        let written = query.query_map([addition], |row| row.get::<_, String>(0))?;
        let wanted: Vec<&str> = text.split_whitespace().collect();
        for text in written {
            if text?.split_whitespace().eq(wanted.iter().copied()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why nothing is written any more, where that is so.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn stop(&self) -> Result<Option<Stop>> {
        match self.meta(STOP)? {
            Some(text) => Ok(Some(serde_json::from_str(&text)?)),
            None => Ok(None),
        }
    }

    /// From here on nothing is written.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn set_stop(&self, stop: &Stop) -> Result<()> {
        self.set_meta(STOP, &serde_json::to_string(stop)?)
    }

    /// A person says that this state is right: what was seen counts as known, and psactl writes again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn accept(&self, stop: &Stop) -> Result<()> {
        let (additions, tickets): (Vec<_>, Vec<_>) = stop.seen.iter().partition(|seen| seen.kind != "ticket");
        let mut latest: BTreeMap<i64, Timestamp> = BTreeMap::new();
        for seen in additions {
            let at = latest.entry(seen.id).or_insert(seen.at);
            *at = seen.at.max(*at);
        }
        self.note_seen(&latest.into_iter().collect::<Vec<_>>())?;
        for seen in tickets {
            self.set_meta(&format!("{ACCEPTED}{}", seen.id), &seen.at.to_string())?;
        }
        self.forget_meta(STOP)
    }

    /// Remembers a plan that was saved, by its seal.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_saved_plan(&self, seal: &str, now: Timestamp) -> Result<()> {
        self.set_meta(&format!("{SAVED}{seal}"), &format!("saved {now}"))
    }

    /// Remembers that a saved plan was applied, and in which run.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_applied_plan(&self, seal: &str, run: i64) -> Result<()> {
        self.set_meta(&format!("{SAVED}{seal}"), &format!("applied {run}"))
    }

    /// Whether this state saved a plan, and the run that applied it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn saved_plan(&self, seal: &str) -> Result<Option<Option<i64>>> {
        let kept = self.meta(&format!("{SAVED}{seal}"))?;
        Ok(kept.map(|kept| kept.strip_prefix("applied ").and_then(|run| run.parse().ok())))
    }

    /// Everything that rests on an older state is forgotten; see [`Store::rebuild`].
    pub(super) fn forget_sightings(db: &rusqlite::Connection) -> Result<()> {
        for pattern in [format!("{SEEN}*"), format!("{ACCEPTED}*"), STOP.to_owned()] {
            db.execute("DELETE FROM meta WHERE key GLOB ?1", [pattern])?;
        }
        Ok(())
    }
}
