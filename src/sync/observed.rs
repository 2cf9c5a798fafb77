//! What a run reads before it looks at any customer: the portal's data with what is remembered beside them, and what
//! ConnectWise says of itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::faults::{Fault, FaultKey, Folding};
use super::pausing::Pauses;
use super::taking::Taken;
use super::{Run, billable, due, event_log, links};
use crate::error::Result;
use crate::portal::{self, Snapshot};
use crate::store::{Link, LoggedEvent, TicketMemory};

/// What was read of the portal, and what follows from it alone.
pub(super) struct Observed {
    pub snapshot: Snapshot,
    pub stamp: String,
    pub older: bool,
    /// Rows of the event log that could not be understood.
    pub event_problems: Vec<portal::RowProblem>,
    /// Events that claim to be from the future.
    pub ahead: Vec<event_log::Ahead>,
    /// What the event log has to say once.
    pub said: Vec<String>,
    /// The events that were asked for, by time.
    pub asked: Vec<LoggedEvent>,
    /// The portal's ids of those events that ended a fault and that nothing was done for yet.
    pub fresh_ends: BTreeSet<String>,
    /// How many backup jobs the log knows of each customer.
    pub jobs: BTreeMap<String, usize>,
    pub faults: BTreeMap<FaultKey, Fault>,
    pub memories: BTreeMap<FaultKey, TicketMemory>,
    pub links: BTreeMap<String, Link>,
    /// Customers whose Managed ID was last seen on other companies, too.
    pub contradicted: BTreeMap<String, BTreeSet<i64>>,
    pub pauses: Pauses,
}

impl Run<'_> {
    pub(super) fn observe(
        &mut self,
        name: &str,
        mut snapshot: Snapshot,
        taken: Taken,
        stamp: String,
        now: Timestamp,
    ) -> Result<Observed> {
        self.leave_out_unended(&mut snapshot, now)?;
        let last = self.store.import(name)?.and_then(|import| import.measured_at);
        let older = billable::is_older(last, &snapshot, now);
        if !self.options.dry_run {
            self.store.meet(name, &snapshot.customers, now)?;
        }
        let mut asked = Vec::new();
        for number in self.options.events.iter().flatten() {
            asked.extend(self.store.event(name, *number)?);
        }
        asked.sort_by_key(|logged| (logged.event.time, logged.number));
        let mut jobs = BTreeMap::new();
        let mut folding = Folding::default();
        self.store.each_event(name, |logged| {
            due::count_job(&mut jobs, &logged.event);
            folding.see(&logged);
        })?;
        let Folding { faults, fresh_ends } = folding;
        let mut memories = self.store.tickets(name)?;
        self.first_run(name, &faults, &mut memories, now)?;
        let links = self.store.links(name)?.into_iter().map(|link| (link.cid.clone(), link)).collect();
        let contradicted = links::contradicted(self.config, &links, &self.store.doubled_managed_ids()?);
        Ok(Observed {
            snapshot,
            stamp,
            older,
            event_problems: taken.problems,
            ahead: taken.ahead,
            said: taken.said,
            asked,
            fresh_ends,
            jobs,
            faults,
            memories,
            links,
            contradicted,
            pauses: Pauses::at(self.store.pauses(name)?, now),
        })
    }

    /// At the first run no ticket is opened for what stands already: the old integration may have opened one.
    fn first_run(
        &mut self,
        source: &str,
        faults: &BTreeMap<FaultKey, Fault>,
        memories: &mut BTreeMap<FaultKey, TicketMemory>,
        now: Timestamp,
    ) -> Result<()> {
        // Each source has a first run: its faults are others than those that have tickets.
        let done = match source {
            "files" => "tickets_first_run".to_owned(),
            other => format!("tickets_first_run: {other}"),
        };
        // With tickets off nothing is the first run's yet.
        if !self.config.tickets.enabled {
            return Ok(());
        }
        let first = self.store.meta(&done)?.is_none();
        for (key, fault) in faults.iter().filter(|(_, fault)| fault.ended.is_none()) {
            let memory = memories.entry(key.clone()).or_default();
            let before = memory.clone();
            // An older event of the same episode that arrives late does not make it another fault.
            if memory.standing_since_first_run.as_ref().is_some_and(|known| fault.holds(known)) {
                memory.standing_since_first_run = Some(fault.first_event.clone());
            }
            if first && memory.ticket.is_none() {
                memory.standing_since_first_run = Some(fault.first_event.clone());
            }
            let chosen = self.options.cids.is_empty() || self.options.cids.contains(&key.cid);
            if self.options.open_standing && chosen {
                memory.standing_since_first_run = None;
            }
            if *memory != before && !self.options.dry_run {
                self.store.set_ticket(source, key, memory)?;
            }
        }
        if first && !self.options.dry_run {
            self.store.set_meta(&done, &now.to_string())?;
        }
        Ok(())
    }

    /// Notes which release answers: a new one, and a person who insists, try again what was not kept before.
    pub(super) async fn note_release(&self) -> Result<()> {
        let info = self.client.company_info().await?;
        let release = info.version_number.or(info.version_code).unwrap_or_default();
        self.store.note_release(&release)?;
        if self.options.force {
            self.store.forget_unkept()?;
        }
        Ok(())
    }
}
