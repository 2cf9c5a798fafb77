//! When a customer is due (design section 9, *Due*).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::faults::{Fault, FaultKey};
use super::tickets::Decision;
use super::{Observed, Options, billable, known, observe};
use crate::config::Config;
use crate::error::Result;
use crate::portal::{Event, EventKind, Stamp};
use crate::store::{CustomerState, HoldState, NEXT_DUE, Store, TicketMemory};
use serde::{Deserialize, Serialize};

/// Why a customer is due, or when it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// Not before this.
    At(Timestamp),
}

/// A customer that failed because the server could not answer is tried again after this time.
pub(super) const RETRY: SignedDuration = SignedDuration::from_mins(15);

/// Whether a customer is due: what it used differs from what was last worked off, or `verify_every` has
/// passed; and `min_interval` has passed since the last push. A time in the future counts as due.
pub fn judge(
    state: Option<&CustomerState>,
    fingerprint: &str,
    approved: bool,
    min_interval: SignedDuration,
    verify_every: SignedDuration,
    now: Timestamp,
) -> Due {
    let Some(state) = state else { return Due::Now };
    let after = |from: Timestamp, wait: SignedDuration| from.checked_add(wait).unwrap_or(now);
    let in_future = state.checked_at > now || state.pushed_at.is_some_and(|pushed| pushed > now);
    if in_future || approved {
        return Due::Now;
    }
    let changed = known::fingerprint(state) != fingerprint;
    let at = match state.retry_at {
        // What was refused may be accepted once it is something else; a server in trouble is left alone.
        Some(retry) if !changed || retry.duration_since(state.checked_at) <= RETRY => retry,
        _ => {
            let wanted = if changed { state.checked_at } else { after(state.checked_at, verify_every) };
            state.pushed_at.map_or(wanted, |pushed| wanted.max(after(pushed, min_interval)))
        }
    };
    if at <= now { Due::Now } else { Due::At(at) }
}

/// The farthest moment ahead of which the state of some customers speaks.
pub(super) fn ahead<'a>(
    states: &BTreeMap<String, CustomerState>,
    cids: impl Iterator<Item = &'a String>,
    now: Timestamp,
) -> Option<Timestamp> {
    let times = cids
        .filter_map(|cid| states.get(cid))
        .map(|state| state.checked_at.max(state.pushed_at.unwrap_or(state.checked_at)));
    times.max().filter(|latest| *latest > now)
}

/// After how long a customer is verified: up to a quarter sooner than all must be, each after its own time,
/// so that those first seen in one run are spread over the day.
pub(super) fn verify_every(all: SignedDuration, cid: &str) -> SignedDuration {
    let first = Sha256::digest(cid)[0];
    all - all / 1024 * i32::from(first)
}

/// Counts the backup jobs that the log knows of each customer.
pub(super) fn count_job(jobs: &mut BTreeMap<String, usize>, event: &Event) {
    if matches!(event.kind, EventKind::BackupOk | EventKind::BackupFailed) {
        match jobs.get_mut(&event.cid) {
            Some(known) => *known += 1,
            None => drop(jobs.insert(event.cid.clone(), 1)),
        }
    }
}

/// What a customer's use and statistics are, in a hash.
pub(super) fn fingerprint(config: &Config, observed: &Observed, cid: &str, now: Timestamp) -> String {
    let Observed { snapshot, jobs, .. } = observed;
    let mut hasher = Sha256::new();
    known::hash_use(&mut hasher, config, &observe::usage(snapshot, cid));
    if config.statistics.enabled {
        let jobs = jobs.get(cid).copied().unwrap_or_default();
        hasher.update(format!("jobs {jobs};"));
    }
    // What was held or rounded by other settings must be looked at again.
    hasher.update(settings(config));
    // A row that can no longer be read blocks billing: the customer must be looked at again.
    let stale = billable::untimely(config, snapshot, cid, now).is_some();
    hasher.update(format!(
        "problems {} stale {stale} older {}",
        snapshot.problems_of(cid).count(),
        observed.older
    ));
    // Only where there are any, so that no customer of another source is looked at anew.
    for (service, doubt) in snapshot.doubts_of(cid) {
        hasher.update(format!("doubt {service} {doubt};"));
    }
    if snapshot.results_unknown.contains(cid) {
        hasher.update("results unknown");
    }
    known::short(hasher)
}

/// What tells that nothing changed since the last run: the portal's files, and the settings.
pub(super) fn stamp(config: &Config, portal: &Stamp) -> String {
    format!("{} {}", portal.as_str(), settings(config))
}

/// The settings that decide what is written, in a hash: where they change, everything is due at once.
fn settings(config: &Config) -> String {
    let Config { billing, tickets, statistics, portal, .. } = config;
    let mut hasher = Sha256::new();
    hasher.update(format!("{billing:?} {tickets:?} {statistics:?} {:?}", portal.gigabyte));
    known::short(hasher)
}

/// The linked customers that are due.
pub(super) fn customers(
    config: &Config,
    store: &Store,
    source: &str,
    observed: &Observed,
    options: &Options,
    now: Timestamp,
) -> Result<BTreeSet<String>> {
    let Observed { asked, links, .. } = observed;
    if options.only == Some(super::Part::Tickets) || !(config.statistics.enabled || config.billing.enabled) {
        return Ok(BTreeSet::new());
    }
    if options.events.is_some() {
        return Ok(asked
            .iter()
            .map(|logged| logged.event.cid.clone())
            .filter(|cid| links.contains_key(cid))
            .collect());
    }
    let states = store.customers(source)?;
    let approved = approvals(store)?;
    let due = links.keys().filter(|cid| {
        if !options.cids.is_empty() {
            return options.cids.contains(cid);
        }
        let state = states.get(*cid);
        let print = fingerprint(config, observed, cid, now);
        options.force
            || options.verify
            || judge(
                state,
                &print,
                approved.contains(*cid),
                config.sync.min_interval,
                verify_every(config.sync.verify_every, cid),
                now,
            ) == Due::Now
    });
    Ok(due.cloned().collect())
}

fn approvals(store: &Store) -> Result<BTreeSet<String>> {
    Ok(store
        .holds()?
        .into_iter()
        .filter(|hold| hold.state == HoldState::Approved)
        .map(|hold| hold.cid)
        .collect())
}

/// Until when nothing is to be done, as long as the portal's files are what they were.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rest {
    stamp: String,
    next: Timestamp,
}

/// The name under which runs of all parts, or of one, remember their rest.
fn key(only: Option<super::Part>) -> String {
    only.map_or_else(|| NEXT_DUE.to_owned(), |part| format!("{NEXT_DUE}: {part:?}"))
}

impl Rest {
    fn read(store: &Store, key: &str) -> Result<Option<Rest>> {
        Ok(store.meta(key)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn write(&self, store: &Store, key: &str) -> Result<()> {
        store.set_meta(key, &serde_json::to_string(self).map_err(crate::store::Error::from)?)?;
        Ok(())
    }

    /// When such a run has work again, if it has none now.
    pub(super) fn until(
        store: &Store,
        options: &Options,
        stamp: &str,
        now: Timestamp,
        longest: SignedDuration,
    ) -> Result<Option<Timestamp>> {
        let rest = Rest::read(store, &key(options.only))?;
        // A clock that once ran ahead must not make the rest endless.
        let rests = |rest: &Rest| rest.next > now && rest.next.duration_since(now) <= longest;
        Ok(rest.filter(|rest| rest.stamp == stamp && rests(rest)).map(|rest| rest.next))
    }

    /// Remembers when there is work again. A run of one part or of some customers says nothing of the rest:
    /// it may only bring the next whole run forward.
    pub(super) fn remember(store: &Store, options: &Options, stamp: &str, next: &Next) -> Result<()> {
        let some = !options.cids.is_empty() || options.events.is_some();
        if !some {
            // What a run of all parts left undone is for the next one.
            let next = if options.only.is_none() { next.all } else { next.own };
            Rest { stamp: stamp.to_owned(), next }.write(store, &key(options.only))?;
        }
        if (some || options.only.is_some())
            && let Some(whole) = Rest::read(store, NEXT_DUE)?
        {
            Rest { next: whole.next.min(next.all), ..whole }.write(store, NEXT_DUE)?;
        }
        Ok(())
    }
}

/// When there is something to do next, if nothing else changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    /// For a run like this one.
    pub(super) own: Timestamp,
    /// For a run of all parts and customers: now, where this one left something undone.
    pub(super) all: Timestamp,
}

impl Next {
    /// Something more is to be done then.
    pub(super) fn or(self, at: Timestamp) -> Next {
        Next { own: self.own.min(at), all: self.all.min(at) }
    }
}

/// When there is something to do next, if nothing else changes.
pub(super) fn next(
    config: &Config,
    store: &Store,
    source: &str,
    observed: &Observed,
    decisions: &BTreeMap<FaultKey, Decision>,
    now: Timestamp,
) -> Result<Next> {
    let verify = now.checked_add(config.sync.verify_every).unwrap_or(now);
    // Standing trouble speaks again, and an export that is not renewed grows stale.
    let mut next = now.checked_add(config.sync.remind_every).unwrap_or(now).min(verify);
    let states = store.customers(source)?;
    let mut undone = false;
    for cid in observed.links.keys().filter(|cid| !observed.pauses.rests(cid, config)) {
        // Use that is not measured anew grows stale.
        let stale =
            observed.snapshot.measured_at_of(cid).and_then(|at| at.checked_add(config.portal.max_age).ok());
        next = stale.filter(|stale| *stale > now).map_or(next, |stale| next.min(stale));
        let print = fingerprint(config, observed, cid, now);
        let verify = verify_every(config.sync.verify_every, cid);
        match judge(states.get(cid), &print, false, config.sync.min_interval, verify, now) {
            Due::At(at) => next = next.min(at),
            Due::Now => undone = true,
        }
    }
    let memories = store.tickets(source)?;
    for (key, decision) in decisions {
        let (fault, memory) = (observed.faults.get(key), memories.get(key).cloned().unwrap_or_default());
        match decision {
            Decision::Wait(until, _) => next = next.min(*until),
            decision if fault.is_some_and(|fault| !is_carried_out(decision, fault, &memory)) => {
                next = next.min(now.checked_add(RETRY).unwrap_or(now));
            }
            _ => {}
        }
    }
    Ok(Next { own: next, all: if undone { now } else { next } })
}

/// Whether what was decided about a ticket has come to pass: it may have been refused, or held back.
fn is_carried_out(decision: &Decision, fault: &Fault, memory: &TicketMemory) -> bool {
    match decision {
        Decision::Open => memory.ticket.is_some() && memory.first_event.as_ref() == Some(&fault.first_event),
        Decision::Note(_) => memory.told_until.is_some_and(|told| told >= fault.last_bad),
        Decision::Resolve(_) => memory.resolved_at.is_some(),
        Decision::Reopen(_) => memory.resolved_at.is_none(),
        Decision::Nothing(_) | Decision::Wait(..) | Decision::Standing => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_is_a_table() {
        let time = |text: &str| -> Timestamp { format!("2026-11-23T{text}:00Z").parse().unwrap() };
        let now = time("12:00");
        let (interval, verify) = (SignedDuration::from_hours(12), SignedDuration::from_hours(24));
        let state =
            |fingerprint: &str, checked: Timestamp, pushed: Option<Timestamp>, retry: Option<Timestamp>| {
                CustomerState {
                    fingerprint: fingerprint.into(),
                    checked_at: checked,
                    pushed_at: pushed,
                    retry_at: retry,
                    error: None,
                    invoices: rust_decimal::Decimal::ZERO,
                }
            };
        let day_ago = now - SignedDuration::from_hours(25);
        let rows = [
            ("never seen", None, false, Due::Now),
            (
                "unchanged",
                Some(state("same", time("11:00"), Some(time("11:00")), None)),
                false,
                Due::At(time("11:00") + verify),
            ),
            (
                "changed, pushed an hour ago",
                Some(state("other", time("11:00"), Some(time("11:00")), None)),
                false,
                Due::At(time("23:00")),
            ),
            ("changed, never pushed", Some(state("other", time("11:00"), None, None)), false, Due::Now),
            ("unchanged for a day", Some(state("same", day_ago, Some(day_ago), None)), false, Due::Now),
            (
                "a yes was given",
                Some(state("same", time("11:00"), Some(time("11:00")), None)),
                true,
                Due::Now,
            ),
            ("the clock was set back", Some(state("same", time("13:00"), None, None)), false, Due::Now),
            (
                "failed, wait",
                Some(state("other", time("11:50"), None, Some(time("12:05")))),
                false,
                Due::At(time("12:05")),
            ),
            (
                "failed, waited",
                Some(state("same", time("11:40"), None, Some(time("11:55")))),
                false,
                Due::Now,
            ),
            (
                "refused, wait",
                Some(state("same", time("11:50"), None, Some(time("23:50")))),
                false,
                Due::At(time("23:50")),
            ),
            (
                "refused, and it is something else now",
                Some(state("other", time("11:50"), None, Some(time("23:50")))),
                false,
                Due::Now,
            ),
            (
                "refused, something else, pushed an hour ago",
                Some(state("other", time("11:50"), Some(time("11:00")), Some(time("23:50")))),
                false,
                Due::At(time("23:00")),
            ),
            (
                "a day since the last look, pushed lately",
                Some(state("same", day_ago, Some(time("11:00")), None)),
                false,
                Due::At(time("23:00")),
            ),
            (
                "pushed in the future",
                Some(state("same", time("11:00"), Some(time("12:01")), None)),
                false,
                Due::Now,
            ),
        ];
        for (what, state, approved, expected) in rows {
            assert_eq!(judge(state.as_ref(), "same", approved, interval, verify, now), expected, "{what}");
        }
    }

    #[test]
    fn verification_is_spread_over_a_quarter_of_its_time() {
        let day = SignedDuration::from_hours(24);
        let hours: BTreeSet<i64> =
            (0..200).map(|cid| verify_every(day, &cid.to_string()).as_secs() / 3600).collect();
        assert_eq!(hours, BTreeSet::from([18, 19, 20, 21, 22, 23]));
        assert_eq!(verify_every(day, "342"), verify_every(day, "342"));
    }

    #[test]
    fn what_was_decided_and_did_not_happen_is_tried_again() {
        let time = |text: &str| -> Timestamp { format!("2026-11-23T{text}:00Z").parse().unwrap() };
        let fault = Fault {
            first_event: "e1".into(),
            began: time("10:00"),
            last_number: 2,
            last_event: "e2".into(),
            last_bad: time("11:00"),
            last_seen: time("11:00"),
            user: "A".into(),
            text: String::new(),
            severity: crate::portal::Severity::Error,
            kind: EventKind::BackupFailed,
            events: Default::default(),
            repeats: 2,
            ended: None,
        };
        let of = |ticket: Option<i64>, first: &str, told: &str, resolved: Option<&str>| TicketMemory {
            ticket,
            first_event: Some(first.into()),
            told_until: Some(time(told)),
            resolved_at: resolved.map(time),
            ..TicketMemory::default()
        };
        let rows = [
            ("opened", Decision::Open, of(Some(548), "e1", "11:00", None), true),
            ("held back", Decision::Open, TicketMemory::default(), false),
            ("held back, an older one known", Decision::Open, of(Some(548), "e0", "09:00", None), false),
            ("noted", Decision::Note(548), of(Some(548), "e1", "11:00", None), true),
            ("note refused", Decision::Note(548), of(Some(548), "e1", "10:00", None), false),
            ("resolved", Decision::Resolve(548), of(Some(548), "e1", "11:00", Some("12:00")), true),
            ("closing refused", Decision::Resolve(548), of(Some(548), "e1", "11:00", None), false),
            ("reopened", Decision::Reopen(548), of(Some(548), "e1", "11:00", None), true),
            ("reopening refused", Decision::Reopen(548), of(Some(548), "e0", "11:00", Some("09:00")), false),
            ("nothing", Decision::Nothing("why"), TicketMemory::default(), true),
            ("standing", Decision::Standing, TicketMemory::default(), true),
        ];
        for (what, decision, memory, expected) in rows {
            assert_eq!(is_carried_out(&decision, &fault, &memory), expected, "{what}");
        }
    }
}
