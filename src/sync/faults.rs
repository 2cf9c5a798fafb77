//! Faults: what stands wrong now, folded from all known events by event time.
//!
//! The order in which events arrive does not matter, and a good event older than the last bad one ends
//! nothing (design section 9, *Tickets*).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::error::Result;
use crate::portal::{EventKind, Severity};
use crate::store::{EventState, LoggedEvent, Store};

/// What a fault is known by, within one source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FaultKey {
    /// The customer.
    pub cid: String,
    /// The account.
    pub account: String,
    /// The event type; for any other text the type with a hash of the normalised text.
    pub kind: String,
}

impl FaultKey {
    /// The part of a ticket's `externalXRef` that names the fault: `psactl:` and a hash of source, customer,
    /// account and type.
    pub fn xref(&self, source: &str) -> String {
        format!("psactl:{}", hash(&[source, &self.cid, &self.account, &self.kind]))
    }

    /// The whole `externalXRef` of the ticket for an episode: the fault, and the event that began it.
    pub fn xref_of(&self, source: &str, first_event: &str) -> String {
        format!("{}:{}", self.xref(source), hash(&[first_event]))
    }
}

/// One episode of a fault: from its first bad event to the event that ended it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The portal's id of the event that began it.
    pub first_event: String,
    /// When it began.
    pub began: Timestamp,
    /// The number of the last bad event in the event log.
    pub last_number: i64,
    /// The portal's id of the last bad event.
    pub last_event: String,
    /// The time of the last bad event.
    pub last_bad: Timestamp,
    /// When psactl first saw the last bad event.
    pub last_seen: Timestamp,
    /// The account's user name.
    pub user: String,
    /// What the last bad event said.
    pub text: String,
    /// The worst severity of the episode.
    pub severity: Severity,
    /// The type of its events.
    pub kind: EventKind,
    /// Its bad events, by the portal's ids.
    pub events: BTreeSet<String>,
    /// How many bad events it has.
    pub repeats: usize,
    /// The event that ended it, and when.
    pub ended: Option<(String, Timestamp)>,
}

impl Fault {
    /// Whether an event is one of this episode.
    pub fn holds(&self, event: &str) -> bool {
        self.events.contains(event)
    }
}

/// The latest episode of every fault.
pub fn fold(events: &[LoggedEvent]) -> BTreeMap<FaultKey, Fault> {
    let mut ordered: Vec<&LoggedEvent> = events.iter().collect();
    // At the same instant the bad event counts first: a good one then ends it.
    ordered.sort_by(|a, b| {
        let rank = |event: &LoggedEvent| event.event.kind.is_good();
        (a.event.time, rank(a), &a.event.id).cmp(&(b.event.time, rank(b), &b.event.id))
    });
    let mut folding = Folding::default();
    ordered.into_iter().for_each(|logged| folding.see(logged));
    folding.faults
}

/// The latest episode of every fault, from the event log.
///
/// # Errors
/// Where the state cannot be read.
pub fn of_log(store: &Store, source: &str) -> Result<BTreeMap<FaultKey, Fault>> {
    let mut folding = Folding::default();
    store.each_event(source, |logged| folding.see(&logged))?;
    Ok(folding.faults)
}

/// Faults while events are folded, one after the other: by time, at the same instant the bad ones first, then by ID.
#[derive(Debug, Default)]
pub struct Folding {
    /// The latest episode of every fault so far.
    pub faults: BTreeMap<FaultKey, Fault>,
    /// The portal's ids of those events that ended a fault and that nothing was done for yet.
    pub fresh_ends: BTreeSet<String>,
}

impl Folding {
    /// The next event.
    pub fn see(&mut self, logged: &LoggedEvent) {
        let event = &logged.event;
        if event.kind.is_good() {
            // One key for all of them: most events are good ones.
            let (cid, account) = (event.cid.clone(), event.account.clone());
            let mut key = FaultKey { cid, account, kind: String::new() };
            for kind in event.kind.ends() {
                kind.as_str().clone_into(&mut key.kind);
                if let Some(fault) = self.faults.get_mut(&key).filter(|fault| fault.ended.is_none()) {
                    fault.ended = Some((event.id.clone(), event.time));
                    if logged.state == EventState::New {
                        self.fresh_ends.insert(event.id.clone());
                    }
                }
            }
            return;
        }
        if event.severity == Severity::Ok {
            return;
        }
        let key = key_of(event);
        match self.faults.get_mut(&key) {
            Some(fault) if fault.ended.is_none() => {
                fault.last_number = logged.number;
                fault.last_event = event.id.clone();
                fault.last_bad = event.time;
                fault.last_seen = logged.seen_at;
                fault.user = event.user.clone();
                fault.text = event.text.clone();
                fault.severity = fault.severity.max(event.severity);
                fault.repeats += 1;
                fault.events.insert(event.id.clone());
            }
            _ => {
                self.faults.insert(
                    key,
                    Fault {
                        first_event: event.id.clone(),
                        began: event.time,
                        last_number: logged.number,
                        last_event: event.id.clone(),
                        last_bad: event.time,
                        last_seen: logged.seen_at,
                        user: event.user.clone(),
                        text: event.text.clone(),
                        severity: event.severity,
                        kind: event.kind,
                        events: [event.id.clone()].into(),
                        repeats: 1,
                        ended: None,
                    },
                );
            }
        }
    }
}

/// The fault that a bad event belongs to.
pub fn key_of(event: &crate::portal::Event) -> FaultKey {
    let kind = match event.kind {
        // Any other text is a fault of its own, whatever numbers and dates it mentions.
        EventKind::Other => format!("other:{}", hash(&[&normalise(&event.text)])),
        kind => kind.as_str().to_owned(),
    };
    FaultKey { cid: event.cid.clone(), account: event.account.clone(), kind }
}

/// A text without what changes from one event to the next: case, digits, runs of blanks.
fn normalise(text: &str) -> String {
    let letters: String = text.chars().map(|c| if c.is_ascii_digit() { ' ' } else { c }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Sixteen hexadecimal digits; parts are kept apart, so that no two lists of parts read the same.
fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::portal::Event;

    fn logged(number: i64, minute: i64, account: &str, kind: EventKind) -> LoggedEvent {
        let time = Timestamp::from_second(minute * 60).unwrap();
        let severity = if kind.is_good() { Severity::Ok } else { Severity::Error };
        let id = format!("e{number}");
        let (account, user, text) = (account.to_owned(), account.to_owned(), "text".to_owned());
        let event = Event { id, time, cid: "342".into(), account, user, severity, kind, text };
        LoggedEvent { number, event, seen_at: time, state: EventState::New }
    }

    #[test]
    fn a_good_event_ends_only_what_is_older() {
        use EventKind::{BackupFailed, BackupOk};
        let bad_then_good = [logged(1, 10, "A", BackupFailed), logged(2, 20, "A", BackupOk)];
        let folded = fold(&bad_then_good);
        assert_eq!(folded.values().next().unwrap().ended.as_ref().unwrap().0, "e2");

        // The good event is known first but is older: the fault stands.
        let good_then_bad = [logged(1, 20, "A", BackupFailed), logged(2, 10, "A", BackupOk)];
        assert!(fold(&good_then_bad).values().next().unwrap().ended.is_none());

        // Another account's good event ends nothing.
        let other = [logged(1, 10, "A", BackupFailed), logged(2, 20, "B", BackupOk)];
        assert!(fold(&other).values().next().unwrap().ended.is_none());
    }

    #[test]
    fn one_good_backup_ends_every_fault_it_contradicts() {
        use EventKind::{BackupFailed, BackupOk, BdrHardware, NoBackup};
        let events = [
            logged(1, 10, "A", BackupFailed),
            logged(2, 11, "A", NoBackup),
            logged(3, 12, "A", BdrHardware),
            logged(4, 20, "A", BackupOk),
        ];
        let open: Vec<String> = fold(&events)
            .into_iter()
            .filter(|(_, fault)| fault.ended.is_none())
            .map(|(key, _)| key.kind)
            .collect();
        assert_eq!(open, ["bdr-hardware"]);
    }

    #[test]
    fn each_fault_is_ended_by_its_own_good_news() {
        use EventKind::*;
        // Which good events end which faults (design, section 8); a person ends the rest.
        let rows = [
            (BackupFailed, Some(BackupOk)),
            (NoBackup, Some(BackupOk)),
            (NoErrorFreeBackup, Some(BackupOk)),
            (ArchivingFailed, Some(ArchivingOk)),
            (BdrHardware, Some(BdrHardwareOk)),
            (DiskUsage, Some(DiskUsageOk)),
            (DiskUsageChange, Some(DiskUsageOk)),
            (Other, None),
        ];
        for (bad, ending) in rows {
            for good in EventKind::ALL.into_iter().filter(|kind| kind.is_good()) {
                let events = [logged(1, 10, "A", bad), logged(2, 20, "A", good)];
                let folded = fold(&events);
                let ended = folded.values().next().unwrap().ended.is_some();
                assert_eq!(ended, ending == Some(good), "{bad:?} by {good:?}");
            }
        }
    }

    #[test]
    fn customers_and_times_are_told_apart() {
        use EventKind::{BackupFailed, BackupOk};
        // At the same instant the good event has the last word, whichever came first.
        let same = [logged(1, 10, "A", BackupOk), logged(2, 10, "A", BackupFailed)];
        assert!(fold(&same).values().next().unwrap().ended.is_some());
        // Another customer's account of the same name.
        let mut other = [logged(1, 10, "A", BackupFailed), logged(2, 20, "A", BackupOk)];
        other[1].event.cid = "355".into();
        assert!(fold(&other).values().next().unwrap().ended.is_none());
        // Nothing wrong is no fault.
        let mut fine = [logged(1, 10, "A", EventKind::Other)];
        fine[0].event.severity = Severity::Ok;
        assert!(fold(&fine).is_empty());
    }

    #[test]
    fn an_episode_is_as_bad_as_its_worst_event() {
        let mut events = [logged(1, 10, "A", EventKind::NoBackup), logged(2, 20, "A", EventKind::NoBackup)];
        events[1].event.severity = Severity::Warning;
        let folded = fold(&events);
        let fault = folded.values().next().unwrap();
        assert_eq!(
            (fault.severity, fault.last_event.as_str(), fault.first_event.as_str()),
            (Severity::Error, "e2", "e1")
        );
    }

    #[test]
    fn keys_keep_their_parts_apart() {
        let key = |cid: &str, account: &str| FaultKey {
            cid: cid.into(),
            account: account.into(),
            kind: "backup-failed".into(),
        };
        assert_ne!(key("34", "2A").xref("files"), key("342", "A").xref("files"));
        assert_ne!(key("342", "A").xref("files"), key("342", "A").xref("x360recover"));
        assert_ne!(key("342", "A").xref_of("files", "e1"), key("342", "A").xref_of("files", "e2"));
    }

    #[test]
    fn a_recurrence_is_a_new_episode() {
        use EventKind::{BackupFailed, BackupOk};
        let events = [
            logged(1, 10, "A", BackupFailed),
            logged(2, 20, "A", BackupOk),
            logged(3, 30, "A", BackupFailed),
            logged(4, 40, "A", BackupFailed),
        ];
        let folded = fold(&events);
        let fault = folded.values().next().unwrap();
        assert_eq!((fault.first_event.as_str(), fault.last_event.as_str(), fault.repeats), ("e3", "e4", 2));
        assert!(fault.ended.is_none());
    }

    #[test]
    fn other_texts_are_told_apart_but_not_by_their_numbers() {
        let mut first = logged(1, 10, "A", EventKind::Other).event;
        let mut second = first.clone();
        first.text = "Seed drive 12 arrived late".into();
        second.text = "seed drive  7 arrived late".into();
        assert_eq!(key_of(&first), key_of(&second));
        second.text = "Licence expired".into();
        assert_ne!(key_of(&first), key_of(&second));
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            kinds in proptest::collection::vec((0i64..40, 0usize..5, 0usize..2), 1..30),
            seed in any::<u64>(),
        ) {
            use EventKind::{BackupFailed, BackupOk, BdrHardware, BdrHardwareOk, NoBackup};
            let all = [BackupFailed, BackupOk, NoBackup, BdrHardware, BdrHardwareOk];
            let events: Vec<LoggedEvent> = kinds
                .iter()
                .enumerate()
                .map(|(n, &(minute, kind, account))| logged(n as i64, minute, ["A", "B"][account], all[kind]))
                .collect();
            let mut shuffled = events.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(fold(&events), fold(&shuffled));
        }
    }
}
