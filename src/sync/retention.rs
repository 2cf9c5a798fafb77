//! Which events of the log may be forgotten (`[state] keep_events`).
//!
//! Faults are folded from events, so an event that is dropped must not change what stands: an episode that
//! stands, or that psactl's memory of a ticket is about, is kept whole with the event that ended it; of all
//! others what is old goes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::faults::{Fault, FaultKey};
use super::{Observed, Run};
use crate::error::Result;
use crate::store::TicketMemory;

/// The portal's ids of the events that are kept however old they are: something rests on them.
pub fn kept<'a>(
    faults: &'a BTreeMap<FaultKey, Fault>,
    memories: &BTreeMap<FaultKey, TicketMemory>,
) -> BTreeSet<&'a str> {
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    for (key, fault) in faults {
        let remembered = memories.get(key).is_some_and(|memory| {
            [&memory.first_event, &memory.standing_since_first_run]
                .into_iter()
                .flatten()
                .any(|event| fault.holds(event))
        });
        if fault.ended.is_none() || remembered {
            kept.extend(fault.events.iter().map(String::as_str));
            kept.extend(fault.ended.as_ref().map(|(event, _)| event.as_str()));
        }
    }
    kept
}

const DONE: &str = "forgot_old";

impl Run<'_> {
    /// Before this the event log forgets, and takes up nothing.
    pub(super) fn horizon(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.config.state.keep_events).unwrap_or(Timestamp::MIN)
    }

    /// Forgets what is old, once a day.
    pub(super) fn forget_old(&self, observed: &Observed, now: Timestamp) -> Result<()> {
        let last = self.store.meta_time(DONE)?;
        let day = SignedDuration::from_hours(24);
        if last.is_some_and(|last| last <= now && now.duration_since(last) < day) {
            return Ok(());
        }
        let horizon = self.horizon(now);
        let kept = kept(&observed.faults, &observed.memories);
        let mut events = Vec::new();
        self.store.each_event_before(self.config.portal.source.name(), horizon, |number, id| {
            if !kept.contains(id) {
                events.push(number);
            }
        })?;
        self.store.forget_before(horizon, &events)?;
        self.store.set_meta(DONE, &now.to_string())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::faults::fold;
    use super::*;
    use crate::portal::{Event, EventKind, Severity};
    use crate::store::{EventState, LoggedEvent};

    fn logged(number: i64, hour: i64, account: u8, kind: EventKind) -> LoggedEvent {
        let time = Timestamp::from_second(hour * 3600).unwrap();
        let severity = if kind.is_good() { Severity::Ok } else { Severity::Error };
        let account = format!("A{account}");
        let event = Event {
            id: format!("e{number}"),
            time,
            cid: "342".into(),
            user: account.clone(),
            account,
            severity,
            kind,
            text: "text".into(),
        };
        LoggedEvent { number, event, seen_at: time, state: EventState::Done }
    }

    proptest! {
        /// Forgetting changes nothing of what stands, and nothing of what a ticket is about.
        #[test]
        fn what_stands_or_has_a_ticket_is_not_changed_by_forgetting(
            parts in prop::collection::vec((0i64..40, 0u8..2, 0usize..4), 0..30),
            remembered in 0usize..30,
            horizon in 0i64..40,
        ) {
            let kinds =
                [EventKind::BackupFailed, EventKind::BackupOk, EventKind::ArchivingFailed, EventKind::ArchivingOk];
            let mut events: Vec<LoggedEvent> = parts
                .iter()
                .zip(1..)
                .map(|(&(hour, account, kind), number)| logged(number, hour, account, kinds[kind]))
                .collect();
            let before = fold(&events);
            // A ticket that was opened for some event, whatever became of its fault.
            let memory = TicketMemory { first_event: Some(format!("e{remembered}")), ..TicketMemory::default() };
            let memories: BTreeMap<FaultKey, TicketMemory> =
                before.keys().map(|key| (key.clone(), memory.clone())).collect();
            let horizon = Timestamp::from_second(horizon * 3600).unwrap();
            let kept = kept(&before, &memories);
            events.retain(|logged| logged.event.time >= horizon || kept.contains(logged.event.id.as_str()));
            let after = fold(&events);
            for (key, fault) in &before {
                let remembered = memory.first_event.as_ref().is_some_and(|event| fault.holds(event));
                if fault.ended.is_none() || remembered {
                    prop_assert_eq!(after.get(key), Some(fault));
                }
            }
            // Nothing begins to stand because its end was forgotten.
            for (key, fault) in after.iter().filter(|(_, fault)| fault.ended.is_none()) {
                prop_assert_eq!(before.get(key), Some(fault));
            }
        }
    }
}
