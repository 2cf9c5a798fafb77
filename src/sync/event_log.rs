//! What the event log says of each event: the actions done for it, and their outcome in the guide's terms
//! (design section 9, *Event log*).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::faults::{self, Fault, FaultKey};
use super::record::Finish;
use super::report::Report;
use super::tickets::{self, Decision};
use super::{Observed, Options, Part, pausing};
use crate::error::{Exit, Failure, Result};
use crate::plan::Purpose;
use crate::plan::apply::{Applied, Ended};
use crate::portal;
use crate::store::{Action, EventState, LoggedEvent, Outcome, Store};
use crate::ui::text;

const TICKET: &str = "ConnectWise ticket";
const STATISTICS: &str = "ConnectWise backup statistics";
const AGREEMENTS: &str = "ConnectWise agreement parts";

/// Events of a customer that claim to be from the future.
pub(super) struct Ahead {
    pub cid: String,
    account: String,
    until: Timestamp,
    count: usize,
}

impl std::fmt::Display for Ahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let events = text::count(self.count, "event", "events");
        let (account, until) = (text::clean(&self.account), text::moment(self.until));
        write!(
            f,
            "{events} of account {account} from the future, up to {until} UTC: each counts as of when it was \
                   first seen; see to the clock that wrote the time"
        )
    }
}

/// What is seen now did not happen later: an event that claims so is taken to have happened just now, in the order
/// of such events. Left as it is, it would end or outlast everything that happens until then.
pub(super) fn not_ahead(events: &mut [portal::Event], now: Timestamp) -> Vec<Ahead> {
    let mut found: Vec<Ahead> = Vec::new();
    // They are in the order of their times, so the last ones are those ahead.
    let mut at = now;
    for event in events.iter_mut().rev().take_while(|event| super::billable::in_future(event.time, now)) {
        match found.iter_mut().find(|ahead| ahead.cid == event.cid && ahead.account == event.account) {
            Some(ahead) => ahead.count += 1,
            None => found.push(Ahead {
                cid: event.cid.clone(),
                account: event.account.clone(),
                until: event.time,
                count: 1,
            }),
        }
        event.time = at;
        at = at.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(at);
    }
    found
}

/// The faults that the chosen events are about: the one a bad event belongs to, those a good one may end.
pub(super) fn faults_of(observed: &Observed) -> BTreeSet<FaultKey> {
    observed.asked.iter().flat_map(|logged| touched_by(observed, &logged.event)).collect()
}

fn touched_by(observed: &Observed, event: &portal::Event) -> Vec<FaultKey> {
    if !event.kind.is_good() {
        return vec![faults::key_of(event)];
    }
    // Keys stand in the order of customer, account and kind.
    let first = FaultKey { cid: event.cid.clone(), account: event.account.clone(), kind: String::new() };
    let of_account = observed.faults.range(first..);
    of_account
        .take_while(|(key, _)| key.cid == event.cid && key.account == event.account)
        .filter(|(_, fault)| fault.ended.as_ref().is_some_and(|(id, _)| *id == event.id))
        .map(|(key, _)| key.clone())
        .collect()
}

/// So many events are looked at at a time: there may be a month of them.
const AT_ONCE: usize = 1_000;

/// Goes through the events that were asked for, or in some states, a few at a time; what `work` gives for each is
/// recorded. Returns how many were.
fn each_open(
    store: &Store,
    source: &str,
    observed: &Observed,
    options: &Options,
    states: &[EventState],
    mut work: impl FnMut(&LoggedEvent) -> Result<Option<(EventState, Vec<Action>)>>,
) -> Result<usize> {
    let mut count = 0;
    let mut record = |events: &[LoggedEvent]| -> Result<()> {
        let mut results = Vec::with_capacity(events.len());
        for logged in events {
            results.extend(work(logged)?.map(|(state, actions)| (logged.number, state, actions)));
        }
        count += results.len();
        Ok(store.record_actions(&results)?)
    };
    if options.events.is_some() {
        record(&observed.asked)?;
        return Ok(count);
    }
    for state in states {
        let mut after = 0;
        loop {
            let some = store.events_in_state(source, *state, after, AT_ONCE)?;
            let Some(last) = some.last() else { break };
            after = last.number;
            record(&some)?;
        }
    }
    Ok(count)
}

/// A run that could do nothing: the events it should have processed failed, with the cause.
pub(super) fn failed_run(
    store: &Store,
    source: &str,
    run: i64,
    observed: &Observed,
    options: &Options,
    failure: &Failure,
    now: Timestamp,
) -> Result<()> {
    if failure.exit == Exit::Interrupted {
        return Ok(());
    }
    store.together(|| {
        each_open(store, source, observed, options, &[EventState::New], |_| {
            let action = Action {
                run,
                at: now,
                action: "Notifications".to_owned(),
                outcome: Outcome::Failed,
                detail: "Not processed.".to_owned(),
                error: Some(failure.line()),
            };
            Ok(Some((EventState::Failed, vec![action])))
        })
    })?;
    Ok(())
}

/// Records what was done for each event that was new, waited, failed, or was asked for; returns how many were told of.
pub(super) fn record(run: &Finish<'_>, report: &Report) -> Result<usize> {
    let made = Made::of(report);
    let covering = Covering::of(run);
    // One that waited and fails now is met twice, and is no news the second time.
    let states = [EventState::Waiting, EventState::Failed, EventState::New];
    each_open(run.store, run.source, run.observed, run.options, &states, |logged| {
        result(run, report, &made, &covering, logged)
    })
}

/// What was done for an event.
fn result(
    run: &Finish<'_>,
    report: &Report,
    made: &Made<'_>,
    covering: &Covering<'_>,
    logged: &LoggedEvent,
) -> Result<Option<(EventState, Vec<Action>)>> {
    let asked = run.options.events.is_some();
    // A run of some customers leaves the events of the others to the next one.
    let covered = run.options.cids.is_empty() || run.options.cids.contains(&logged.event.cid);
    if !asked && !covered {
        return Ok(None);
    }
    let mut actions = Vec::new();
    if run.observed.links.contains_key(&logged.event.cid) {
        ticket_actions(run, made, covering, logged, &mut actions)?;
        customer_actions(run, made, logged, &mut actions);
        if asked {
            covering.customer(logged, &mut actions);
        }
    } else {
        let error = format!(
            "ConnectWise Management ID Error: customer {} is not linked to a company",
            logged.event.cid
        );
        actions.push((AGREEMENTS, Outcome::Failed, "Not processed.".to_owned(), Some(error)));
    }
    let has = |outcome: Outcome| actions.iter().any(|action| action.1 == outcome);
    let state = if has(Outcome::Failed) {
        EventState::Failed
    } else if has(Outcome::Waiting) {
        EventState::Waiting
    } else {
        EventState::Done
    };
    // What waited or failed and still does is not told again at every run.
    if !asked && state == logged.state {
        return Ok(None);
    }
    let actions = actions
        .into_iter()
        .map(|(action, outcome, detail, error)| Action {
            run: report.run,
            at: run.now,
            action: action.to_owned(),
            outcome,
            detail,
            error,
        })
        .collect();
    Ok(Some((state, actions)))
}

/// What a run made and left, by customer and fault: there are thousands of events to be told of it.
#[derive(Default)]
struct Made<'a> {
    of_customer: HashMap<&'a str, Vec<&'a Applied>>,
    of_fault: BTreeMap<&'a FaultKey, Vec<&'a Applied>>,
    held: HashMap<&'a str, usize>,
    blocked: HashMap<&'a str, usize>,
}

impl<'a> Made<'a> {
    fn of(report: &'a Report) -> Made<'a> {
        let mut made = Made::default();
        for applied in &report.applied {
            if let Some(cid) = &applied.change.cid {
                made.of_customer.entry(cid).or_default().push(applied);
            }
            if let Purpose::OpenTicket { fault, .. }
            | Purpose::NoteTicket { fault, .. }
            | Purpose::TicketStatus { fault, .. } = &applied.change.purpose
            {
                made.of_fault.entry(fault).or_default().push(applied);
            }
        }
        for cid in report.plan.held.iter().filter_map(|held| held.change.cid.as_deref()) {
            *made.held.entry(cid).or_default() += 1;
        }
        for cid in report.plan.blocked.iter().filter_map(|blocked| blocked.cid.as_deref()) {
            *made.blocked.entry(cid).or_default() += 1;
        }
        made
    }
}

type Told = (&'static str, Outcome, String, Option<String>);

/// What covers an event where several are folded to the present: the event that speaks for its fault now, and the
/// one that speaks for its customer (design section 9, *Reprocess*).
struct Covering<'a> {
    store: &'a Store,
    source: &'a str,
    /// The latest of the events that were asked for, by customer.
    latest: HashMap<&'a str, i64>,
}

impl<'a> Covering<'a> {
    fn of(run: &'a Finish<'_>) -> Covering<'a> {
        // They are in the order of their times.
        let asked = run.observed.asked.iter();
        let latest = asked.map(|logged| (logged.event.cid.as_str(), logged.number)).collect();
        Covering { store: run.store, source: run.source, latest }
    }

    fn number(&self, id: &str) -> Result<i64> {
        Ok(self.store.event_number(self.source, id)?.unwrap_or_default())
    }

    /// What speaks for an event's fault in its place, in words; nothing where the event does itself.
    fn fault(&self, fault: &Fault, logged: &LoggedEvent) -> Result<Option<String>> {
        if logged.event.kind.is_good() {
            return Ok(None);
        }
        if let Some((ending, _)) = &fault.ended
            && fault.holds(&logged.event.id)
        {
            let number = self.number(ending)?;
            return Ok(Some(format!("Covered by event {number}, which ended the fault.")));
        }
        if fault.last_event == logged.event.id {
            return Ok(None);
        }
        Ok(Some(format!("Covered by event {}, the fault's latest.", fault.last_number)))
    }

    /// One update for each customer, with present use, stands for all of its events.
    fn customer(&self, logged: &LoggedEvent, actions: &mut [Told]) {
        let latest = self.latest.get(logged.event.cid.as_str()).copied();
        let Some(latest) = latest.filter(|latest| *latest != logged.number) else { return };
        for (_, _, detail, _) in actions.iter_mut().filter(|told| told.0 == AGREEMENTS) {
            detail.push_str(&format!(
                " Covered by event {latest}, the customer's latest: one update, with present use."
            ));
        }
    }
}

fn ticket_actions(
    run: &Finish<'_>,
    made: &Made<'_>,
    covering: &Covering<'_>,
    logged: &LoggedEvent,
    actions: &mut Vec<Told>,
) -> Result<()> {
    if !run.config.tickets.enabled || !run.options.only.is_none_or(|only| only == Part::Tickets) {
        return Ok(());
    }
    if let Some(pause) = run.observed.pauses.part(&logged.event.cid, Part::Tickets) {
        actions.push((TICKET, Outcome::Waiting, format!("Waits: {}.", pausing::told(pause)), None));
        return Ok(());
    }
    for key in touched_by(run.observed, &logged.event) {
        let Some(fault) = run.observed.faults.get(&key) else { continue };
        // The fault had ended, and began anew: what is done now is done for the later events.
        if !logged.event.kind.is_good() && !fault.holds(&logged.event.id) {
            let began = covering.number(&fault.first_event)?;
            let detail = format!(
                "No ticket needed: the fault ended and began anew. Covered by event {began}, with which it began."
            );
            actions.push((TICKET, Outcome::Unneeded, detail, None));
            continue;
        }
        let made = made.of_fault.get(&key).map_or(&[][..], Vec::as_slice);
        if let Some(error) = made.iter().find_map(|applied| applied.ended.trouble()) {
            actions.push((TICKET, Outcome::Failed, "Ticket not updated.".to_owned(), Some(error)));
            continue;
        }
        if let (Some(trouble), true, None) =
            (&run.ticket_trouble, run.wanted.contains(&key), run.decisions.get(&key))
        {
            actions.push((TICKET, Outcome::Failed, "Ticket not updated.".to_owned(), Some(trouble.line())));
            continue;
        }
        let memory = run.observed.memories.get(&key);
        let told = match run.decisions.get(&key) {
            Some(Decision::Open) => match made.first().map(|applied| &applied.ended) {
                Some(Ended::Done { record }) => {
                    (Outcome::Done, format!("Opened ConnectWise ticket #{}.", record.unwrap_or_default()))
                }
                _ => (Outcome::Waiting, "Ticket held back: too many were opened within the hour.".to_owned()),
            },
            Some(Decision::Resolve(ticket) | Decision::Reopen(ticket)) if made.is_empty() => (
                Outcome::Waiting,
                format!("ConnectWise ticket #{ticket} waits: psactl sync says what blocks it."),
            ),
            Some(Decision::Note(ticket)) => (Outcome::Done, format!("Updated ConnectWise ticket #{ticket}.")),
            Some(Decision::Resolve(ticket)) => {
                (Outcome::Done, format!("Resolved ConnectWise ticket #{ticket}."))
            }
            Some(Decision::Reopen(ticket)) => {
                (Outcome::Done, format!("Reopened ConnectWise ticket #{ticket}."))
            }
            Some(Decision::Wait(until, why)) => {
                (Outcome::Waiting, format!("Ticket waits until {} UTC: {why}.", text::moment(*until)))
            }
            Some(Decision::Standing) => (Outcome::Waiting, STANDING.to_owned()),
            Some(Decision::Nothing(why)) => (Outcome::Unneeded, format!("No ticket needed: {why}.")),
            None if !tickets::is_wanted(fault, &run.config.tickets) => (
                Outcome::Unneeded,
                format!("No ticket wanted for {} events of this type.", fault.severity.as_str()),
            ),
            None if fault.ended.is_some() => {
                (Outcome::Unneeded, "No ticket needed: the fault has ended.".to_owned())
            }
            None => match memory.and_then(|memory| memory.ticket) {
                Some(ticket) => (Outcome::Unneeded, format!("ConnectWise ticket #{ticket} tells of it.")),
                None if memory.is_some_and(|memory| memory.standing_since_first_run.is_some()) => {
                    (Outcome::Waiting, STANDING.to_owned())
                }
                None => {
                    (Outcome::Waiting, "Ticket waits: psactl status says what stands in its way.".to_owned())
                }
            },
        };
        let covered = covering.fault(fault, logged)?.map(|covered| format!(" {covered}")).unwrap_or_default();
        actions.push((TICKET, told.0, told.1 + &covered, None));
    }
    Ok(())
}

const STANDING: &str = "No ticket: the fault stood at the first run (psactl sync --open-standing opens it).";

fn customer_actions(run: &Finish<'_>, all: &Made<'_>, logged: &LoggedEvent, actions: &mut Vec<Told>) {
    let cid = &logged.event.cid;
    let pauses = &run.observed.pauses;
    let waits = [Part::Statistics, Part::Billing].into_iter().find_map(|part| pauses.part(cid, part));
    if let Some(pause) = waits {
        actions.push((AGREEMENTS, Outcome::Waiting, format!("Waits: {}.", pausing::told(pause)), None));
    }
    let Some(round) = run.rounds.get(cid) else {
        if waits.is_some() {
            return;
        }
        actions.push(earlier(run, cid));
        return;
    };
    if let Some(trouble) = &round.trouble {
        actions.push((AGREEMENTS, Outcome::Failed, "Not processed.".to_owned(), Some(trouble.line())));
        return;
    }
    let mine = |purpose: fn(&Purpose) -> bool| {
        let of_customer = all.of_customer.get(cid.as_str()).map_or(&[][..], Vec::as_slice);
        of_customer.iter().copied().filter(|applied| purpose(&applied.change.purpose)).collect::<Vec<_>>()
    };
    if run.config.statistics.enabled && pauses.part(cid, Part::Statistics).is_none() {
        let made = mine(|purpose| matches!(purpose, Purpose::Statistics));
        actions.push(told(
            STATISTICS,
            "Updated ConnectWise backup statistics. Updated ConnectWise management report.",
            "Backup statistics and management report are up to date.",
            &made,
        ));
    }
    if run.config.billing.enabled && pauses.part(cid, Part::Billing).is_none() {
        let made = mine(|purpose| matches!(purpose, Purpose::Quantity { .. }));
        let mut billing = told(
            AGREEMENTS,
            "Updated ConnectWise agreement parts.",
            "Agreement parts are up to date.",
            &made,
        );
        let held = all.held.get(cid.as_str()).copied().unwrap_or_default();
        let blocked = all.blocked.get(cid.as_str()).copied().unwrap_or_default();
        if billing.1 != Outcome::Failed && held + blocked > 0 {
            billing.1 = Outcome::Waiting;
            let updated = if made.is_empty() { "" } else { "Updated ConnectWise agreement parts; " };
            billing.2 = format!("{updated}{held} held, {blocked} blocked.");
        }
        actions.push(billing);
    }
}

/// What is known of a customer that this run did not look at: an earlier failure stands until it is tried
/// again, and what is held or blocked waits.
fn earlier(run: &Finish<'_>, cid: &str) -> Told {
    if let Some(error) = run.states.get(cid).and_then(|state| state.error.clone()) {
        return (AGREEMENTS, Outcome::Failed, "Not processed.".to_owned(), Some(error));
    }
    match run.waiting.get(cid) {
        Some(waiting) => {
            let detail = format!(
                "{}.",
                text::count(*waiting, "change is held or blocked", "changes are held or blocked")
            );
            (AGREEMENTS, Outcome::Waiting, detail, None)
        }
        None => {
            let every = text::span(run.config.sync.min_interval);
            let detail = format!("Nothing to update: no change, or updated within the last {every}.");
            (AGREEMENTS, Outcome::Unneeded, detail, None)
        }
    }
}

fn told(action: &'static str, done: &str, unneeded: &str, made: &[&Applied]) -> Told {
    if let Some(error) = made.iter().find_map(|applied| applied.ended.trouble()) {
        return (action, Outcome::Failed, "Not updated.".to_owned(), Some(error));
    }
    if made.is_empty() {
        (action, Outcome::Unneeded, unneeded.to_owned(), None)
    } else {
        (action, Outcome::Done, done.to_owned(), None)
    }
}
