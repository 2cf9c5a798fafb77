//! What psactl knows of the ticket of each fault.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Result, Store};
use crate::sync::faults::FaultKey;

/// What psactl knows of the ticket of a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketMemory {
    /// The standing fault was there at the first run, when no ticket is opened: the old integration may
    /// have opened one. Holds the event that began it.
    #[serde(default)]
    pub standing_since_first_run: Option<String>,
    /// The ticket.
    #[serde(default)]
    pub ticket: Option<i64>,
    /// The event that began the episode the ticket is about.
    #[serde(default)]
    pub first_event: Option<String>,
    /// The time of the last bad event that the ticket tells of.
    #[serde(default)]
    pub told_until: Option<Timestamp>,
    /// When the last note was added.
    #[serde(default)]
    pub noted_at: Option<Timestamp>,
    /// When psactl resolved it.
    #[serde(default)]
    pub resolved_at: Option<Timestamp>,
    /// When ConnectWise was last asked about it.
    #[serde(default)]
    pub looked_at: Option<Timestamp>,
    /// A person closed it while the fault stood: when psactl saw that.
    #[serde(default)]
    pub closed_by_person_at: Option<Timestamp>,
}

impl TicketMemory {
    /// Whether there is a ticket that, as far as psactl knows, is open.
    pub fn is_open(&self) -> bool {
        self.ticket.is_some() && self.resolved_at.is_none() && self.closed_by_person_at.is_none()
    }
}

impl Store {
    /// The tickets of all faults of a source.
    pub fn tickets(&self, source: &str) -> Result<BTreeMap<FaultKey, TicketMemory>> {
        let mut query =
            self.db.prepare_cached("SELECT cid, account, kind, memory FROM tickets WHERE source = ?1")?;
        let rows = query.query_map([source], |row| {
            Ok((
                FaultKey { cid: row.get(0)?, account: row.get(1)?, kind: row.get(2)? },
                row.get::<_, String>(3)?,
            ))
        })?;
        let mut tickets = BTreeMap::new();
        for row in rows {
            let (key, memory) = row?;
            tickets.insert(key, serde_json::from_str(&memory)?);
        }
        Ok(tickets)
    }

    /// The ticket of one fault.
    pub fn ticket(&self, source: &str, key: &FaultKey) -> Result<Option<TicketMemory>> {
        let mut query = self.db.prepare_cached(
            "SELECT memory FROM tickets WHERE source = ?1 AND cid = ?2 AND account = ?3 AND kind = ?4",
        )?;
        let memory: Option<String> =
            query.query_row(params![source, key.cid, key.account, key.kind], |row| row.get(0)).optional()?;
        Ok(memory.map(|memory| serde_json::from_str(&memory)).transpose()?)
    }

    /// Remembers the ticket of a fault.
    pub fn set_ticket(&self, source: &str, key: &FaultKey, memory: &TicketMemory) -> Result<()> {
        self.db.execute(
            "INSERT OR REPLACE INTO tickets (source, cid, account, kind, memory) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![source, key.cid, key.account, key.kind, serde_json::to_string(memory)?],
        )?;
        Ok(())
    }
}
