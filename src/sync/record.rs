//! What a run leaves behind: the event log, holds, when each customer is due again, what was said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::faults::{self, FaultKey};
use super::report::{Report, Standing, Trouble};
use super::tickets::{self, Decision};
use super::{Observed, Options, Part, Round, due};
use crate::config::Config;
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::{Applied, Ended};
use crate::plan::{Plan, Purpose};
use crate::portal;
use crate::store::{Action, CustomerState, EventState, LoggedEvent, Outcome, Store};
use crate::ui::text;

const TICKET: &str = "ConnectWise ticket";
const STATISTICS: &str = "ConnectWise backup statistics";
const AGREEMENTS: &str = "ConnectWise agreement parts";

/// Known events with those of the portal that are not in the log yet: for a dry run, which records nothing.
pub(super) fn merged(
    mut known: Vec<LoggedEvent>,
    read: &[portal::Event],
    now: Timestamp,
) -> Vec<LoggedEvent> {
    let ids: BTreeSet<String> = known.iter().map(|logged| logged.event.id.clone()).collect();
    known.extend(read.iter().filter(|event| !ids.contains(&event.id)).map(|event| LoggedEvent {
        number: 0,
        event: event.clone(),
        seen_at: now,
        state: EventState::New,
    }));
    known
}

/// The portal ids of events nothing was done for yet.
pub(super) fn fresh(events: &[LoggedEvent]) -> BTreeSet<&str> {
    events
        .iter()
        .filter(|logged| logged.state == EventState::New)
        .map(|logged| logged.event.id.as_str())
        .collect()
}

/// The faults that events are about: the one a bad event belongs to, those a good one may end.
pub(super) fn faults_of(observed: &Observed, numbers: &BTreeSet<i64>) -> BTreeSet<FaultKey> {
    let mut touched = BTreeSet::new();
    for logged in observed.events.iter().filter(|logged| numbers.contains(&logged.number)) {
        touched.extend(touched_by(observed, &logged.event));
    }
    touched
}

fn touched_by(observed: &Observed, event: &portal::Event) -> Vec<FaultKey> {
    if !event.kind.is_good() {
        return vec![faults::key_of(event)];
    }
    observed
        .faults
        .iter()
        .filter(|(key, fault)| {
            key.cid == event.cid
                && key.account == event.account
                && fault.ended.as_ref().is_some_and(|(id, _)| *id == event.id)
        })
        .map(|(key, _)| key.clone())
        .collect()
}

/// A run that could do nothing: the events it should have processed failed, with the cause.
pub(super) fn failed_run(
    store: &Store,
    run: i64,
    events: &[LoggedEvent],
    options: &Options,
    failure: &Failure,
    now: Timestamp,
) -> Result<()> {
    if failure.exit == Exit::Interrupted {
        return Ok(());
    }
    let asked = |logged: &&LoggedEvent| match &options.events {
        Some(numbers) => numbers.contains(&logged.number),
        None => logged.state == EventState::New,
    };
    let results: Vec<_> = events
        .iter()
        .filter(asked)
        .map(|logged| {
            let action = Action {
                run,
                at: now,
                action: "Notifications".to_owned(),
                outcome: Outcome::Failed,
                detail: "Not processed.".to_owned(),
                error: Some(failure.line()),
            };
            (logged.number, EventState::Failed, vec![action])
        })
        .collect();
    store.record_actions(&results)?;
    Ok(())
}

/// Customers of the portal that no company is linked to.
pub(super) fn unlinked(observed: &Observed, options: &Options, report: &mut Report) {
    let of_events = |numbers: &BTreeSet<i64>, cid: &String| {
        observed.events.iter().any(|logged| numbers.contains(&logged.number) && logged.event.cid == *cid)
    };
    let asked = |cid: &String| match &options.events {
        Some(numbers) => of_events(numbers, cid),
        None => options.cids.is_empty() || options.cids.contains(cid),
    };
    for customer in observed.snapshot.customers.iter().filter(|customer| asked(&customer.cid)) {
        if !observed.links.contains_key(&customer.cid) {
            report.plan.block(
                Some(&customer.cid),
                &customer.name,
                "ConnectWise Management ID Error: no company is linked to it",
                format!("psactl companies adopt, or psactl companies link {} COMPANY", customer.cid),
            );
        }
    }
}

/// What [`finish`] works from.
pub(super) struct Finish<'a> {
    pub config: &'a Config,
    pub store: &'a Store,
    pub source: &'static str,
    pub options: &'a Options,
    pub observed: &'a Observed,
    pub rounds: &'a BTreeMap<String, Round>,
    pub decisions: &'a BTreeMap<FaultKey, Decision>,
    /// The faults whose tickets ConnectWise was to be asked about.
    pub wanted: &'a BTreeSet<FaultKey>,
    /// Why it could not be asked about tickets.
    pub ticket_trouble: Option<Failure>,
    pub plan: Plan,
    pub applied: Vec<Applied>,
    /// How each customer stood before this run.
    pub states: BTreeMap<String, CustomerState>,
    /// How many subjects of each customer stood held or blocked before this run.
    pub waiting: BTreeMap<String, usize>,
    pub now: Timestamp,
}

/// Records a run and fills its report; returns when there is something to do next.
pub(super) fn finish(mut run: Finish<'_>, report: &mut Report) -> Result<due::Next> {
    report.plan.extend(std::mem::take(&mut run.plan));
    report.applied = std::mem::take(&mut run.applied);
    report.standing = standing_faults(&run);
    for problem in &run.observed.event_problems {
        let fix = "correct the row in the event log: it opens and ends no ticket";
        report.plan.block(problem.cid.as_deref(), "event log", problem.to_string(), fix);
    }
    for (cid, round) in run.rounds {
        if let Some(trouble) = &round.trouble {
            report.troubles.push(Trouble::of(Some(cid), trouble));
        }
    }
    if let Some(trouble) = &run.ticket_trouble {
        report.troubles.push(Trouble::of(None, trouble));
    }
    let mut cause = Exit::Partial;
    for applied in &report.applied {
        if let Some(error) = applied.ended.trouble() {
            let mut trouble = Trouble::of_change(applied, error);
            // What was not tried has the cause of what failed before it.
            match &applied.ended {
                Ended::Skipped { .. } => trouble.exit = cause,
                _ => cause = trouble.exit,
            }
            report.troubles.push(trouble);
        }
    }
    report.customers = run.rounds.len();
    if run.options.dry_run {
        return Ok(due::Next { own: run.now, all: run.now });
    }
    holds(&mut run, report)?;
    customers(&mut run, report)?;
    let results = event_results(&run, report);
    report.events = results.len();
    run.store.record_actions(&results)?;
    news(&mut run, report)?;
    let next = due::next(run.config, run.store, run.source, run.observed, run.decisions, run.now)?;
    Ok(tickets_again(&run, report)?.map_or(next, |again| next.or(again)))
}

/// After a failure that may pass by itself.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// How long each write that was not made waits. One that was not even tried waits as long as the one whose
/// failure was the cause.
fn waits(run: &Finish<'_>, report: &Report) -> Vec<Option<SignedDuration>> {
    // Without a cause it was a person who stopped the run: the next one goes on.
    let mut cause = SignedDuration::from_secs(1);
    let wait = |applied: &Applied| {
        let own = match &applied.ended {
            Ended::Done { .. } | Ended::NotKept { .. } => return None,
            Ended::Skipped { .. } => return Some(cause),
            Ended::Unknown { .. } | Ended::Failed { exit: Exit::Unreachable, .. } => SOON,
            // Whether the login may be tried again is decided elsewhere, at every run.
            Ended::Failed { login_refused: true, .. } => SignedDuration::from_mins(1),
            Ended::Failed { .. } => run.config.sync.min_interval,
        };
        cause = own;
        Some(own)
    };
    report.applied.iter().map(wait).collect()
}

/// When tickets that were held back by the hour's share, or failed, are tried again.
fn tickets_again(run: &Finish<'_>, report: &Report) -> Result<Option<Timestamp>> {
    let hour = SignedDuration::from_hours(1);
    let mut again = Vec::new();
    let of_tickets = |applied: &&Applied| {
        matches!(
            applied.change.purpose,
            Purpose::OpenTicket { .. } | Purpose::NoteTicket { .. } | Purpose::TicketStatus { .. }
        )
    };
    for applied in report.applied.iter().filter(of_tickets) {
        let wait = match &applied.ended {
            Ended::Done { .. } => continue,
            Ended::Failed { exit: Exit::Unreachable, .. } | Ended::Unknown { .. } | Ended::Skipped { .. } => {
                SignedDuration::from_mins(15)
            }
            Ended::Failed { .. } | Ended::NotKept { .. } => run.config.sync.min_interval,
        };
        again.extend(run.now.checked_add(wait).ok());
    }
    let tried = |key: &FaultKey| {
        report.applied.iter().any(
            |applied| matches!(&applied.change.purpose, Purpose::OpenTicket { fault, .. } if fault == key),
        )
    };
    let held_back = run.decisions.iter().any(|(key, decision)| *decision == Decision::Open && !tried(key));
    if held_back {
        let first = run.store.first_ticket_opened_since(run.now.checked_sub(hour).unwrap_or(run.now))?;
        // The window slides: a second after the first of its tickets has left it, there is room again.
        let room = first.unwrap_or(run.now).checked_add(hour + SignedDuration::from_secs(1)).ok();
        again.extend(room);
    }
    Ok(again.into_iter().min())
}

/// Faults that stand without a ticket since the first run.
fn standing_faults(run: &Finish<'_>) -> Vec<Standing> {
    run.observed
        .faults
        .iter()
        .filter(|(_, fault)| fault.ended.is_none() && tickets::is_wanted(fault, &run.config.tickets))
        .filter(|(key, fault)| {
            run.observed
                .memories
                .get(*key)
                .is_some_and(|memory| memory.standing_since_first_run.as_ref() == Some(&fault.first_event))
        })
        .map(|(key, fault)| Standing {
            cid: key.cid.clone(),
            account: fault.user.clone(),
            since: fault.began,
            text: fault.text.clone(),
        })
        .collect()
}

/// Keeps the holds in step with what was planned for the customers of this run.
fn holds(run: &mut Finish<'_>, report: &Report) -> Result<()> {
    let mut kept = BTreeSet::new();
    for held in &report.plan.held {
        kept.insert(held.record.clone());
        // A no that stands is kept as it was said: how far the value moved is measured from there.
        if held.rejected {
            continue;
        }
        run.store.keep_hold(
            &held.record,
            &held.change,
            &held.reason,
            (&held.before, &held.after),
            run.now,
        )?;
    }
    let unfinished: BTreeSet<&String> = run
        .rounds
        .values()
        .flat_map(|round| round.billing.approved.iter().chain(&round.billing.waiting))
        .collect();
    for hold in run.store.holds()? {
        let looked_at =
            run.rounds.get(&hold.cid).is_some_and(|round| round.judged && round.trouble.is_none());
        let billed = run.options.only.is_none_or(|only| only == Part::Billing);
        if looked_at && billed && !kept.contains(&hold.record) && !unfinished.contains(&hold.record) {
            run.store.drop_hold(&hold.record)?;
        }
    }
    Ok(())
}

/// When each customer of this run is due again.
fn customers(run: &mut Finish<'_>, report: &Report) -> Result<()> {
    // A run of one part says nothing of the other.
    if run.options.only.is_some() {
        return Ok(());
    }
    let waits = waits(run, report);
    for (cid, round) in run.rounds {
        let mine = || report.applied.iter().filter(|applied| applied.change.cid.as_ref() == Some(cid));
        let pushed = mine().any(|applied| {
            applied.ended.is_done()
                && matches!(applied.change.purpose, Purpose::Quantity { .. } | Purpose::Statistics)
        });
        let troubled = round.trouble.as_ref().map(|failure| {
            let wait = if failure.exit == Exit::Unreachable { SOON } else { run.config.sync.min_interval };
            (wait, failure.line())
        });
        let unwritten = report.applied.iter().zip(&waits).filter_map(|(applied, wait)| {
            let wait = wait.filter(|_| applied.change.cid.as_ref() == Some(cid))?;
            Some((wait, applied.ended.trouble().unwrap_or_default()))
        });
        // The shortest wait: what is refused again is soon refused.
        let failed = troubled.into_iter().chain(unwritten).min_by_key(|(wait, _)| *wait);
        let wait = failed.as_ref().map(|(wait, _)| *wait);
        // A clock that once ran ahead must not hold a push off for ever.
        let before = run.states.get(cid).and_then(|state| state.pushed_at).map(|pushed| pushed.min(run.now));
        let state = CustomerState {
            fingerprint: due::fingerprint(run.config, run.observed, cid, run.now),
            checked_at: run.now,
            pushed_at: if pushed { Some(run.now) } else { before },
            retry_at: wait.and_then(|wait| run.now.checked_add(wait).ok()),
            error: failed.map(|(_, error)| error),
            invoices: if round.judged {
                round.billing.invoices
            } else {
                run.states.get(cid).map(|state| state.invoices).unwrap_or_default()
            },
        };
        run.store.set_customer(run.source, cid, &state)?;
    }
    Ok(())
}

/// What was done for each event that was new, waited, failed, or was asked for.
fn event_results(run: &Finish<'_>, report: &Report) -> Vec<(i64, EventState, Vec<Action>)> {
    let mut results = Vec::new();
    for logged in &run.observed.events {
        let asked = run.options.events.as_ref().is_some_and(|numbers| numbers.contains(&logged.number));
        // A run of some customers leaves the events of the others to the next one.
        let covered = run.options.cids.is_empty() || run.options.cids.contains(&logged.event.cid);
        let open = run.options.events.is_none() && covered && logged.state != EventState::Done;
        if !asked && !open {
            continue;
        }
        let mut actions = Vec::new();
        if run.observed.links.contains_key(&logged.event.cid) {
            ticket_actions(run, report, logged, &mut actions);
            customer_actions(run, report, logged, &mut actions);
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
        if asked || state != logged.state {
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
            results.push((logged.number, state, actions));
        }
    }
    results
}

type Told = (&'static str, Outcome, String, Option<String>);

fn ticket_actions(run: &Finish<'_>, report: &Report, logged: &LoggedEvent, actions: &mut Vec<Told>) {
    if !run.config.tickets.enabled || !run.options.only.is_none_or(|only| only == Part::Tickets) {
        return;
    }
    for key in touched_by(run.observed, &logged.event) {
        let Some(fault) = run.observed.faults.get(&key) else { continue };
        let of_fault = |applied: &&Applied| match &applied.change.purpose {
            Purpose::OpenTicket { fault, .. }
            | Purpose::NoteTicket { fault, .. }
            | Purpose::TicketStatus { fault, .. } => *fault == key,
            _ => false,
        };
        let made: Vec<&Applied> = report.applied.iter().filter(of_fault).collect();
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
                None => (Outcome::Waiting, STANDING.to_owned()),
            },
        };
        actions.push((TICKET, told.0, told.1, None));
    }
}

const STANDING: &str = "No ticket: the fault stood at the first run (psactl sync --open-standing opens it).";

fn customer_actions(run: &Finish<'_>, report: &Report, logged: &LoggedEvent, actions: &mut Vec<Told>) {
    let cid = &logged.event.cid;
    let Some(round) = run.rounds.get(cid) else {
        actions.push(earlier(run, cid));
        return;
    };
    if let Some(trouble) = &round.trouble {
        actions.push((AGREEMENTS, Outcome::Failed, "Not processed.".to_owned(), Some(trouble.line())));
        return;
    }
    let mine = |purpose: fn(&Purpose) -> bool| {
        report
            .applied
            .iter()
            .filter(move |applied| {
                applied.change.cid.as_ref() == Some(cid) && purpose(&applied.change.purpose)
            })
            .collect::<Vec<_>>()
    };
    if run.config.statistics.enabled {
        let made = mine(|purpose| matches!(purpose, Purpose::Statistics));
        actions.push(told(
            STATISTICS,
            "Updated ConnectWise backup statistics and management report.",
            "Backup statistics are up to date.",
            &made,
        ));
    }
    if run.config.billing.enabled {
        let made = mine(|purpose| matches!(purpose, Purpose::Quantity { .. }));
        let mut billing = told(
            AGREEMENTS,
            "Updated ConnectWise agreement parts.",
            "Agreement parts are up to date.",
            &made,
        );
        let held = report.plan.held.iter().filter(|held| held.change.cid.as_ref() == Some(cid)).count();
        let blocked = report.plan.blocked.iter().filter(|blocked| blocked.cid.as_ref() == Some(cid)).count();
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

/// What is new in this run, or speaks again; what was said already stays quiet.
fn news(run: &mut Finish<'_>, report: &mut Report) -> Result<()> {
    let mut looked_at: BTreeSet<String> = run.rounds.keys().cloned().collect();
    // Unlinked customers and tickets are looked at by every run that reads the portal.
    looked_at.extend(
        run.observed
            .snapshot
            .customers
            .iter()
            .map(|customer| customer.cid.clone())
            .filter(|cid| !run.observed.links.contains_key(cid)),
    );
    looked_at.insert(String::new());
    let mut keys = BTreeSet::new();
    let mut say: Vec<(String, String)> = Vec::new();
    for held in report.plan.held.iter().filter(|held| !held.rejected) {
        say.push((
            format!("held {} {}", held.record, held.after),
            held.change.cid.clone().unwrap_or_default(),
        ));
    }
    for blocked in &report.plan.blocked {
        say.push((
            format!("blocked {} {}", blocked.subject, blocked.reason),
            blocked.cid.clone().unwrap_or_default(),
        ));
    }
    for note in report.plan.notes.iter().filter(|note| note.act) {
        say.push((format!("note {}", wording(&note.text)), note.cid.clone().unwrap_or_default()));
    }
    for trouble in &report.troubles {
        say.push((format!("failed {}", wording(&trouble.error)), trouble.cid.clone().unwrap_or_default()));
    }
    let mut news = 0;
    for (key, cid) in say {
        let key = format!("{cid} {key}");
        if run.store.speaks(&key, &cid, "sync", run.now, run.config.sync.remind_every)? {
            news += 1;
        }
        keys.insert(key);
    }
    run.store.settle_standing("sync", &looked_at, &keys)?;
    report.news = news;
    report.asked = run.options.events.is_some() || run.options.by_hand;
    Ok(())
}

/// A text without its numbers: how long something took, or how much it is, does not make it news.
pub(super) fn wording(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
