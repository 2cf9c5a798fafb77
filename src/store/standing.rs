//! What stands and was said already, so that cron does not cry every minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::{Result, Store, moment, seconds};

/// Something that stands: held, blocked, failed or to be known, as the run that said it worded it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stands {
    /// `held`, `blocked`, `note` or `failed`.
    pub what: String,
    /// The customer, where it is about one.
    pub cid: Option<String>,
    /// In words.
    pub text: String,
    /// What mends it.
    pub fix: String,
    /// Since when it stands.
    pub since: Timestamp,
}

impl Store {
    /// What stands in an area, oldest first.
    pub fn stands(&self, area: &str) -> Result<Vec<Stands>> {
        let mut query = self.db.prepare_cached(
            "SELECT key, cid, since, text, fix FROM standing WHERE area = ?1 ORDER BY since, key",
        )?;
        let rows = query.query_map([area], |row| {
            let (key, cid): (String, String) = (row.get(0)?, row.get(1)?);
            // "342 blocked Online Backup …", or "run failed: …" where it is nobody's.
            let own = key.strip_prefix(&format!("{cid} ")).unwrap_or(&key);
            let (what, rest) = own.split_once(' ').unwrap_or((own, ""));
            let text: String = row.get(3)?;
            Ok(Stands {
                what: what.to_owned(),
                cid: Some(cid).filter(|cid| !cid.is_empty()),
                text: if text.is_empty() { rest.to_owned() } else { text },
                fix: row.get(4)?,
                since: moment(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps the words in which something that stands was said last. Equal words are not written again.
    pub fn keep_words(&self, key: &str, text: &str, fix: &str) -> Result<()> {
        self.db.execute(
            "UPDATE standing SET text = ?2, fix = ?3 WHERE key = ?1 AND (text <> ?2 OR fix <> ?3)",
            params![key, text, fix],
        )?;
        Ok(())
    }

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

    /// Which of the things that stand in an area now are to be said; each by what it is known by, with its customer.
    /// What stood there of these customers and is not among them is forgotten. What is nobody's has the empty customer.
    pub fn says<'a>(
        &self,
        area: &str,
        cids: &BTreeSet<String>,
        stands: &'a BTreeMap<String, String>,
        now: Timestamp,
        remind_every: SignedDuration,
    ) -> Result<BTreeSet<&'a str>> {
        let mut said = BTreeSet::new();
        for (key, cid) in stands {
            if self.speaks(key, cid, area, now, remind_every)? {
                said.insert(key.as_str());
            }
        }
        self.settle_standing(area, cids, &stands.keys().cloned().collect())?;
        Ok(said)
    }

    /// The same of the one thing that may stand in an area and is nobody's; whether it is to be said.
    pub fn says_one(
        &self,
        area: &str,
        stands: Option<String>,
        now: Timestamp,
        remind_every: SignedDuration,
    ) -> Result<bool> {
        let nobody = BTreeSet::from([String::new()]);
        let stands = stands.map(|key| (key, String::new())).into_iter().collect();
        Ok(!self.says(area, &nobody, &stands, now, remind_every)?.is_empty())
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
}
