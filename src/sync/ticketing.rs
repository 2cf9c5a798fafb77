//! What a run reads and remembers to plan tickets: the rule itself is in [`super::tickets`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::faults::{Fault, FaultKey};
use super::tickets::{self, Decision};
use super::{Observed, Part, Run, billable, event_log, is_everybodys, observe, second};
use crate::error::{Failure, Result};
use crate::plan::{Plan, Purpose, Request};
use crate::psa::{OrEmpty, Query, Ticket, TicketNote, paths};
use crate::setup::Chosen;
use crate::store::{Sighting, TicketMemory};

/// What was decided about tickets.
#[derive(Default)]
pub(super) struct Tickets {
    pub decisions: BTreeMap<FaultKey, Decision>,
    /// Tickets that psactl's login opened and this state knows nothing of.
    pub strange: Vec<Sighting>,
}

impl Run<'_> {
    /// The faults whose tickets ConnectWise must be asked about: those that may need one, and those whose
    /// ticket may have to be resolved. Memory decides only whether there is work.
    pub(super) fn wanted_tickets(&self, observed: &Observed, now: Timestamp) -> BTreeSet<FaultKey> {
        if !self.config.tickets.enabled || !self.options.does(Part::Tickets) {
            return BTreeSet::new();
        }
        let touched = self.options.events.as_ref().map(|_| event_log::faults_of(observed));
        observed
            .faults
            .iter()
            .filter(|(key, fault)| {
                let memory = observed.memories.get(*key).cloned().unwrap_or_default();
                let asked = self.options.cids.is_empty() || self.options.cids.contains(&key.cid);
                let touched = touched.as_ref().is_none_or(|touched| touched.contains(*key));
                let insists = self.options.verify || self.options.events.is_some();
                let news = match &fault.ended {
                    Some((event, _)) => {
                        memory.ticket.is_some()
                            && memory.resolved_at.is_none()
                            && memory.closed_by_person_at.is_none()
                            || observed.fresh_ends.contains(event)
                    }
                    None => {
                        memory.standing_since_first_run.as_ref() != Some(&fault.first_event)
                            && (memory.ticket.is_none()
                                || memory.first_event.as_ref() != Some(&fault.first_event)
                                || memory.told_until.is_none_or(|told| told < fault.last_bad)
                                || memory.resolved_at.is_some()
                                || memory.closed_by_person_at.is_some()
                                || memory.looked_at.is_none_or(|looked| {
                                    now.duration_since(looked) >= self.config.sync.verify_every
                                }))
                    }
                };
                asked
                    && touched
                    // The company could be the wrong one.
                    && !observed.contradicted.contains_key(&key.cid)
                    && observed.pauses.part(&key.cid, Part::Tickets).is_none()
                    && (news || insists)
                    // What was opened is resolved, too, where none would be opened any more.
                    && (tickets::is_wanted(fault, &self.config.tickets)
                        || fault.ended.is_some() && memory.is_open())
                    && observed.links.get(&key.cid).is_some_and(|link| {
                        billable::unconfirmed(self.config, &observed.snapshot, link).is_none()
                    })
            })
            .map(|(key, _)| key.clone())
            .collect()
    }

    pub(super) async fn plan_tickets(
        &mut self,
        observed: &Observed,
        chosen: &Chosen,
        source: &str,
        wanted: &BTreeSet<FaultKey>,
        plan: &mut Plan,
        now: Timestamp,
    ) -> Result<Tickets> {
        let mut decided = Tickets::default();
        let (Some(board), Some(new_status), Some(closed)) =
            (chosen.board, chosen.new_status, chosen.closed_status)
        else {
            return Ok(decided);
        };
        let found = observe::tickets(self.client, source, wanted).await?;
        let mut seen: BTreeMap<&FaultKey, Vec<tickets::Seen>> = BTreeMap::new();
        for (key, tickets) in &found {
            decided.strange.extend(self.strange_tickets(key, tickets, observed)?);
            seen.insert(key, tickets.iter().map(tickets::Seen::from).collect());
        }
        observe::parents(self.client, seen.values_mut().flatten()).await?;
        // Nothing of it is taken for psactl's own before a person has looked.
        if !decided.strange.is_empty() {
            return Ok(decided);
        }
        let mut closed_status = BTreeMap::from([(board, closed)]);
        let boards: BTreeSet<i64> = seen
            .values()
            .flatten()
            .filter(|ticket| !ticket.closed)
            .filter_map(|ticket| ticket.board)
            .collect();
        for moved in boards.into_iter().filter(|id| *id != board) {
            // A board that cannot be read has no status to resolve with: its tickets are blocked.
            match observe::closed_status(self.client, moved).await {
                Ok(status) => closed_status.extend(status.map(|status| (moved, status))),
                Err(failure) if !is_everybodys(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        let hour_ago = now.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(now);
        let opened = self.store.tickets_opened_since(hour_ago)?;
        let settings = &self.config.tickets;
        let may_open = u64::from(settings.max_new_per_hour).saturating_sub(opened);
        let holds = self.store.holds()?.into_iter().map(|hold| (hold.record.clone(), hold)).collect();
        let mut facts = tickets::Facts {
            source,
            settings,
            board,
            new_status,
            closed_status,
            may_open: usize::try_from(may_open).unwrap_or(usize::MAX),
            holds: &holds,
        };
        for key in wanted {
            let (Some(fault), Some(link)) = (observed.faults.get(key), observed.links.get(&key.cid)) else {
                continue;
            };
            let of_fault = seen.get(key).map_or(&[][..], Vec::as_slice);
            let memory = self.ticket_memory(source, key, fault, of_fault, observed, now)?;
            let decision = tickets::decide(fault, &memory, of_fault, settings.into(), now);
            let case = tickets::Case { key, fault, link, memory: &memory, seen: of_fault };
            let decision = tickets::plan(&mut facts, case, decision, plan);
            decided.decisions.insert(key.clone(), decision);
        }
        self.leave_out_told(source, plan, now).await?;
        Ok(decided)
    }

    /// Leaves out the notes that their tickets have: a state that was put back may not know that it wrote them. The
    /// event's id in the text is what a note is known by (design section 10).
    async fn leave_out_told(&self, source: &str, plan: &mut Plan, now: Timestamp) -> Result<()> {
        let mut changes = Vec::with_capacity(plan.changes.len());
        for change in std::mem::take(&mut plan.changes) {
            if let (Purpose::NoteTicket { fault, ticket, told_until, .. }, Request::Post { body, .. }) =
                (&change.purpose, &change.request)
                && self.has_note(*ticket, body).await?
            {
                let mut memory = self.store.ticket(source, fault)?.unwrap_or_default();
                memory.told_until = memory.told_until.max(Some(*told_until));
                memory.noted_at = memory.noted_at.or(Some(now));
                if !self.options.dry_run {
                    self.store.set_ticket(source, fault, &memory)?;
                }
                continue;
            }
            changes.push(change);
        }
        plan.changes = changes;
        Ok(())
    }

    /// Whether a ticket has a note of the event that this one tells of. Where its notes may not be read, it is written.
    async fn has_note(&self, ticket: i64, body: &Value) -> Result<bool> {
        let event = body["text"].as_str().and_then(|text| text.lines().last()).unwrap_or_default();
        let notes = self.client.list::<TicketNote>(&paths::ticket_notes(ticket), &Query::all().lean()).await;
        match notes.map_err(Failure::from) {
            Ok(notes) => Ok(!event.is_empty()
                && notes.iter().any(|note| note.text.or_empty().trim_end().ends_with(event))),
            Err(failure) if !is_everybodys(&failure) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Tickets of a fault that carry psactl's key and that this state did not open.
    fn strange_tickets(
        &self,
        key: &FaultKey,
        tickets: &[Ticket],
        observed: &Observed,
    ) -> Result<Vec<Sighting>> {
        let known = observed.memories.get(key).and_then(|memory| memory.ticket);
        let now = (self.clock)();
        let (_, since) = self.store.installation(now)?;
        // What the journal has forgotten tells nothing.
        let since = since.max(self.horizon(now));
        let mut strange = Vec::new();
        for ticket in tickets.iter().filter(|ticket| known != Some(ticket.id)) {
            if let Some(sighting) = second::ticket(key, ticket, since)
                && !self.store.knows_ticket(ticket.id, ticket.external_x_ref.or_empty())?
            {
                strange.push(sighting);
            }
        }
        Ok(strange)
    }

    /// What is known of a fault's ticket, with what was just seen: a ticket found by its `externalXRef`
    /// that the state does not know, or one that a person has closed.
    fn ticket_memory(
        &mut self,
        source: &str,
        key: &FaultKey,
        fault: &Fault,
        seen: &[tickets::Seen],
        observed: &Observed,
        now: Timestamp,
    ) -> Result<TicketMemory> {
        let mut memory = observed.memories.get(key).cloned().unwrap_or_default();
        let before = memory.clone();
        if let Some(open) = seen.iter().find(|ticket| !ticket.closed) {
            if memory.ticket != Some(open.id) {
                memory.ticket = Some(open.id);
                memory.first_event = Some(fault.first_event.clone());
                memory.told_until = Some(fault.last_bad);
            }
            memory.closed_by_person_at = None;
            memory.resolved_at = None;
        } else if let Some(closed) = seen.iter().find(|ticket| memory.ticket == Some(ticket.id))
            && memory.resolved_at.is_none()
            && memory.closed_by_person_at.is_none()
        {
            memory.closed_by_person_at = Some(closed.closed_at.unwrap_or(now));
        }
        memory.looked_at = Some(now);
        if memory != before && !self.options.dry_run {
            self.store.set_ticket(source, key, &memory)?;
        }
        Ok(memory)
    }
}
