//! The event log: what the portal reported, what was done about it, what failed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{Result, Store, moment, seconds};
use crate::portal;

/// How far psactl is with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventState {
    /// Known, nothing was done yet.
    New,
    /// Every action it calls for was done or is not needed.
    Done,
    /// An action waits: for its time, for a yes, for a cause to be removed.
    Waiting,
    /// An action failed.
    Failed,
}

impl EventState {
    /// The word in the database and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            EventState::New => "new",
            EventState::Done => "done",
            EventState::Waiting => "waiting",
            EventState::Failed => "failed",
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "done" => EventState::Done,
            "waiting" => EventState::Waiting,
            "failed" => EventState::Failed,
            _ => EventState::New,
        }
    }
}

/// How one action for an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Written, and read back.
    Done,
    /// Nothing to do.
    Unneeded,
    /// Will be done later.
    Waiting,
    /// Failed.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Unneeded => "unneeded",
            Outcome::Waiting => "waiting",
            Outcome::Failed => "failed",
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "done" => Outcome::Done,
            "unneeded" => Outcome::Unneeded,
            "waiting" => Outcome::Waiting,
            _ => Outcome::Failed,
        }
    }
}

/// One action for an event, in the guide's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Action {
    /// The run that did it.
    pub run: i64,
    /// When.
    pub at: Timestamp,
    /// `ConnectWise ticket`, `ConnectWise backup statistics`, `ConnectWise management report`,
    /// `ConnectWise agreement parts`.
    pub action: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was done, as the guide words it.
    pub detail: String,
    /// What failed, with its cause.
    pub error: Option<String>,
}

/// An event with its number in the log.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedEvent {
    /// Its number in the event log: what a person types.
    pub number: i64,
    /// The event as the portal reported it.
    pub event: portal::Event,
    /// When psactl first saw it.
    pub seen_at: Timestamp,
    /// How far psactl is with it.
    pub state: EventState,
}

/// The columns of [`read`].
const COLUMNS: &str = "id, event_id, time, cid, account, user, severity, kind, text, seen_at, state";

/// What events of the portal are added to: the event log, or for a dry run what stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// The event log.
    Log,
    /// See [`Store::beside`].
    Beside,
}

/// Events that are not recorded, and count as known as long as this lives.
pub struct Beside<'a> {
    store: &'a Store,
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        // They are gone with the connection, too.
        let _gone = self.store.db.execute_batch("DROP VIEW temp.events; DROP TABLE temp.beside");
    }
}

impl Store {
    /// Lets events count as known without recording them: they stand in a table of this connection alone, and every
    /// reading of the event log has them. Whoever only looks writes nothing and keeps nobody waiting.
    ///
    /// # Errors
    /// Where there is no room for them.
    pub fn beside(&self) -> Result<Beside<'_>> {
        self.db.execute_batch(
            "CREATE TEMP TABLE beside (source TEXT NOT NULL, event_id TEXT NOT NULL, time INTEGER NOT NULL,
               cid TEXT NOT NULL, account TEXT NOT NULL, user TEXT NOT NULL, severity TEXT NOT NULL,
               kind TEXT NOT NULL, text TEXT NOT NULL, seen_at INTEGER NOT NULL, UNIQUE (source, event_id)) STRICT;
             CREATE TEMP VIEW events AS
               SELECT id, source, event_id, time, cid, account, user, severity, kind, text, seen_at, state
               FROM main.events UNION ALL
               SELECT 0, source, event_id, time, cid, account, user, severity, kind, text, seen_at, 'new'
               FROM temp.beside",
        )?;
        Ok(Beside { store: self })
    }

    /// Adds an event, unless it is known; says whether it was new.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn add_event(&self, into: Into, source: &str, event: &portal::Event, now: Timestamp) -> Result<bool> {
        let sql = match into {
            Into::Log => {
                "INSERT OR IGNORE INTO main.events
                 (source, event_id, time, cid, account, user, severity, kind, text, seen_at, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'new')"
            }
            Into::Beside => {
                "INSERT OR IGNORE INTO temp.beside SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
                 WHERE NOT EXISTS (SELECT 1 FROM main.events WHERE source = ?1 AND event_id = ?2)"
            }
        };
        let new = self.db.prepare_cached(sql)?.execute(params![
            source,
            event.id,
            seconds(event.time),
            event.cid,
            event.account,
            event.user,
            event.severity.as_str(),
            event.kind.as_str(),
            event.text,
            seconds(now),
        ])?;
        Ok(new > 0)
    }

    /// Every event of a source, oldest first.
    pub fn events(&self, source: &str) -> Result<Vec<LoggedEvent>> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE source = ?1 ORDER BY time, id");
        let mut query = self.db.prepare_cached(&sql)?;
        let rows = query.query_map([source], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every event of a source, one after the other, by time; at the same second bad ones first, then by ID. There
    /// may be millions: none is kept.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn each_event(&self, source: &str, mut each: impl FnMut(LoggedEvent)) -> Result<()> {
        let good: Vec<&str> =
            portal::EventKind::ALL.iter().filter(|kind| kind.is_good()).map(|kind| kind.as_str()).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE source = ?1 ORDER BY time, kind IN ('{}'), event_id",
            good.join("', '")
        );
        let mut query = self.db.prepare_cached(&sql)?;
        let mut rows = query.query([source])?;
        while let Some(row) = rows.next()? {
            each(read(row)?);
        }
        Ok(())
    }

    /// Every backup job of a source since a moment: its customer, how it ended, and when.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn each_job(
        &self,
        source: &str,
        since: Timestamp,
        mut each: impl FnMut(&str, portal::EventKind, Timestamp),
    ) -> Result<()> {
        let [ok, failed] = [portal::EventKind::BackupOk, portal::EventKind::BackupFailed];
        let mut query = self.db.prepare_cached(
            "SELECT cid, kind, time FROM events
             WHERE source = ?1 AND time >= ?2 AND kind IN (?3, ?4)",
        )?;
        let mut rows = query.query(params![source, seconds(since), ok.as_str(), failed.as_str()])?;
        while let Some(row) = rows.next()? {
            let kind =
                if row.get_ref(1)?.as_str().is_ok_and(|kind| kind == ok.as_str()) { ok } else { failed };
            each(row.get_ref(0)?.as_str().unwrap_or_default(), kind, moment(row.get(2)?));
        }
        Ok(())
    }

    /// Numbers and IDs of the events of a source before a moment.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn each_event_before(
        &self,
        source: &str,
        horizon: Timestamp,
        mut each: impl FnMut(i64, &str),
    ) -> Result<()> {
        let mut query =
            self.db.prepare_cached("SELECT id, event_id FROM events WHERE source = ?1 AND time < ?2")?;
        let mut rows = query.query(params![source, seconds(horizon)])?;
        while let Some(row) = rows.next()? {
            each(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default());
        }
        Ok(())
    }

    /// Some events of a source in a state, by number, with a number above `after`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn events_in_state(
        &self,
        source: &str,
        state: EventState,
        after: i64,
        most: usize,
    ) -> Result<Vec<LoggedEvent>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE source = ?1 AND state = ?2 AND id > ?3 ORDER BY id LIMIT ?4"
        );
        let mut query = self.db.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![source, state.as_str(), after, most], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The number of an event by the portal's ID.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn event_number(&self, source: &str, id: &str) -> Result<Option<i64>> {
        let mut query =
            self.db.prepare_cached("SELECT id FROM events WHERE source = ?1 AND event_id = ?2")?;
        Ok(query.query_row([source, id], |row| row.get(0)).optional()?)
    }

    /// One event of a source by its number.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn event(&self, source: &str, number: i64) -> Result<Option<LoggedEvent>> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE source = ?1 AND id = ?2");
        let mut query = self.db.prepare_cached(&sql)?;
        Ok(query.query_row(params![source, number], read).optional()?)
    }

    /// Every error that the actions of a source's events ever ended with, by event, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn errors_of_events(&self, source: &str) -> Result<BTreeMap<i64, Vec<String>>> {
        let mut query = self.db.prepare(
            "SELECT event, error FROM actions JOIN events ON events.id = actions.event
             WHERE source = ?1 AND error IS NOT NULL ORDER BY actions.id",
        )?;
        let rows = query.query_map([source], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let mut errors: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for row in rows {
            let (event, error) = row?;
            errors.entry(event).or_default().push(error);
        }
        Ok(errors)
    }

    /// How many events of a source are in a state.
    pub fn count_events(&self, source: &str, state: EventState) -> Result<u64> {
        let count: i64 = self.db.query_row(
            "SELECT count(*) FROM events WHERE source = ?1 AND state = ?2",
            params![source, state.as_str()],
            |row| row.get(0),
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Everything that was done for an event, oldest first.
    pub fn actions(&self, number: i64) -> Result<Vec<Action>> {
        let mut query = self.db.prepare_cached(
            "SELECT run, at, action, outcome, detail, error FROM actions WHERE event = ?1 ORDER BY id",
        )?;
        let rows = query.query_map([number], |row| {
            Ok(Action {
                run: row.get(0)?,
                at: moment(row.get(1)?),
                action: row.get(2)?,
                outcome: Outcome::read(&row.get::<_, String>(3)?),
                detail: row.get(4)?,
                error: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Records what a run did for events, and how far each now is; all or none.
    pub fn record_actions(&self, results: &[(i64, EventState, Vec<Action>)]) -> Result<()> {
        self.together(|| {
            let mut update = self.db.prepare_cached("UPDATE events SET state = ?2 WHERE id = ?1")?;
            let mut insert = self.db.prepare_cached(
                "INSERT INTO actions (event, run, at, action, outcome, detail, error)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for (number, state, actions) in results {
                update.execute(params![number, state.as_str()])?;
                for action in actions {
                    insert.execute(params![
                        number,
                        action.run,
                        seconds(action.at),
                        action.action,
                        action.outcome.as_str(),
                        action.detail,
                        action.error
                    ])?;
                }
            }
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<LoggedEvent> {
    let severity: String = row.get(6)?;
    let kind: String = row.get(7)?;
    Ok(LoggedEvent {
        number: row.get(0)?,
        event: portal::Event {
            id: row.get(1)?,
            time: moment(row.get(2)?),
            cid: row.get(3)?,
            account: row.get(4)?,
            user: row.get(5)?,
            severity: portal::Severity::from_word(&severity).unwrap_or(portal::Severity::Error),
            kind: portal::EventKind::from_word(&kind).unwrap_or(portal::EventKind::Other),
            text: row.get(8)?,
        },
        seen_at: moment(row.get(9)?),
        state: EventState::read(&row.get::<_, String>(10)?),
    })
}
