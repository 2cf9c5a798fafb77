//! What a run leaves behind: holds, when each customer is due again, what was said. The event log is in
//! [`super::event_log`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::faults::FaultKey;
use super::known::Known;
use super::report::{Report, Standing, Trouble};
use super::tickets::{self, Decision};
use super::{Observed, Options, Round, due, event_log, pausing};
use crate::config::{Config, PortalSource};
use crate::error::{Exit, Failure, Result};
use crate::monitoring::Overview;
use crate::plan::apply::{Applied, Ended, causes};
use crate::plan::{Ground, Plan, Purpose, guards};
use crate::store::{CustomerState, HoldState, Stands, Store};
use crate::ui::text;

/// Customers of the portal that no company is linked to.
pub(super) fn unlinked(config: &Config, observed: &Observed, options: &Options, report: &mut Report) {
    let asked = |cid: &String| match &options.events {
        Some(_) => observed.asked.iter().any(|logged| logged.event.cid == *cid),
        None => options.cids.is_empty() || options.cids.contains(cid),
    };
    for customer in observed.snapshot.customers.iter().filter(|customer| asked(&customer.cid)) {
        let sleeps = observed.pauses.sleeps(&customer.cid, config);
        if !observed.links.contains_key(&customer.cid) && !sleeps {
            report.plan.block(
                Some(&customer.cid),
                &customer.name,
                "ConnectWise Management ID Error: no company is linked to it",
                format!("psactl companies adopt, or psactl companies link {} COMPANY", customer.cid),
            );
        }
    }
}

/// Where nothing but tickets is made of the portal's data, an export that is not renewed is all that tells that its
/// events may have stopped, too.
pub(super) fn stale(config: &Config, observed: &Observed, now: Timestamp, report: &mut Report) {
    if config.billing.enabled || config.statistics.enabled {
        return;
    }
    let Some(measured) = observed.snapshot.measured_at else { return };
    if now.duration_since(measured) > config.portal.max_age {
        let text = format!(
            "the portal's accounts were measured {} UTC, longer ago than max_age ({}): tickets may lack what happened \
             since",
            text::moment(measured),
            text::span(config.portal.max_age)
        );
        report.plan.act(None, text);
    }
}

/// Customers of whom something is paused; whoever asked for one is told so.
pub(super) fn paused(observed: &Observed, options: &Options, report: &mut Report) {
    for customer in &observed.snapshot.customers {
        let cid = customer.cid.as_str();
        report.paused += usize::from(observed.pauses.of(cid).next().is_some());
        if options.cids.iter().any(|asked| asked == cid) {
            for pause in observed.pauses.of(cid) {
                report.plan.note(Some(cid), pausing::told(pause));
            }
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

/// How many subjects of each customer are held or blocked: what is only told, or failed, waits for no answer.
pub(super) fn waiting(stands: Vec<Stands>) -> BTreeMap<String, usize> {
    let mut waiting = BTreeMap::new();
    for cid in stands
        .into_iter()
        .filter(|stands| matches!(stands.what.as_str(), "held" | "blocked"))
        .filter_map(|stands| stands.cid)
    {
        *waiting.entry(cid).or_default() += 1;
    }
    waiting
}

/// Records a run and fills its report; returns when there is something to do next.
pub(super) fn finish(mut run: Finish<'_>, report: &mut Report) -> Result<due::Next> {
    report.plan.extend(std::mem::take(&mut run.plan));
    report.applied = std::mem::take(&mut run.applied);
    report.standing = standing_faults(&run);
    for problem in &run.observed.event_problems {
        let fix = match run.config.portal.source {
            PortalSource::Files(_) => {
                "correct it in the event log: what is left out opens and ends no ticket"
            }
            PortalSource::X360Recover(_) => {
                "statistics wait, and tickets follow what is known; psactl asks again by itself"
            }
        };
        report.plan.block(problem.cid.as_deref(), "event log", problem.to_string(), fix);
    }
    for said in &run.observed.said {
        report.plan.note(None, said);
    }
    for ahead in &run.observed.ahead {
        report.plan.act(Some(&ahead.cid), ahead.to_string());
    }
    for (cid, round) in run.rounds.iter().filter(|(_, round)| !round.unasked) {
        if let Some(trouble) = &round.trouble {
            report.troubles.push(Trouble::of(Some(cid), trouble));
        }
    }
    // One cause, told once, of however many.
    let unasked = run.rounds.values().filter(|round| round.unasked);
    let many = unasked.clone().count();
    if let Some(trouble) = unasked.filter_map(|round| round.trouble.as_ref()).next() {
        let whom = text::count(many, "customer was", "customers were");
        report
            .troubles
            .push(Trouble { error: format!("{whom} {}", trouble.line()), ..Trouble::of(None, trouble) });
    }
    if let Some(trouble) = &run.ticket_trouble {
        report.troubles.push(Trouble::of(None, trouble));
    }
    for (applied, cause) in report.applied.iter().zip(causes(&report.applied)) {
        if let Some(error) = applied.ended.trouble() {
            let mut trouble = Trouble::of_change(applied, error);
            // What was not tried has the cause of what failed.
            if let Some(cause) = cause {
                trouble.exit = Trouble::of_change(cause, String::new()).exit;
            }
            report.troubles.push(trouble);
        }
    }
    report.customers = run.rounds.len() - many;
    if run.options.dry_run {
        return Ok(due::Next { own: run.now, all: run.now });
    }
    let store = run.store;
    store.together(|| -> Result<()> {
        holds(&mut run, report)?;
        customers(&mut run, report)?;
        report.events = event_log::record(&run, report)?;
        news(&mut run, report)?;
        report.standing_news = standing_news(&run, &report.standing)?;
        report.overview = Some(overview(&run)?);
        Ok(())
    })?;
    let next = due::next(run.config, run.store, run.source, run.observed, run.decisions, run.now)?;
    Ok(again(&run, report)?.map_or(next, |again| next.or(again)))
}

/// How long each write that was not made waits. One that was not even tried waits as long as the one whose
/// failure was the cause.
fn waits(run: &Finish<'_>, report: &Report) -> Vec<Option<SignedDuration>> {
    let own = |ended: &Ended| match ended {
        Ended::Done { .. } | Ended::NotKept { .. } => None,
        // Without a cause it was a person who stopped the run: the next one goes on.
        Ended::Skipped { .. } => Some(SignedDuration::from_secs(1)),
        Ended::Unknown { .. } | Ended::Failed { exit: Exit::Unreachable, .. } => Some(due::RETRY),
        // Whether the login may be tried again is decided elsewhere, at every run.
        Ended::Failed { login_refused: true, .. } => Some(SignedDuration::from_mins(1)),
        Ended::Failed { .. } => Some(run.config.sync.min_interval),
    };
    let causes = causes(&report.applied);
    let both = report.applied.iter().zip(causes);
    both.map(|(applied, cause)| own(&cause.unwrap_or(applied).ended)).collect()
}

/// When what was held back by the hour's share, or failed, and is no customer's to wait for, is tried again.
fn again(run: &Finish<'_>, report: &Report) -> Result<Option<Timestamp>> {
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
                due::RETRY
            }
            Ended::Failed { .. } | Ended::NotKept { .. } => run.config.sync.min_interval,
        };
        again.extend(run.now.checked_add(wait).ok());
    }
    // Those that could not be looked for; and where a run of one part keeps no customer's wait, its customers.
    let soon = |failure: &Failure| run.options.only.is_some() && failure.exit == Exit::Unreachable;
    let troubled = run.rounds.values().filter_map(|round| round.trouble.as_ref()).any(soon);
    if run.ticket_trouble.is_some() || troubled {
        again.extend(run.now.checked_add(due::RETRY).ok());
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

/// Whether any of the faults that stand without a ticket was not listed before, or speaks again.
fn standing_news(run: &Finish<'_>, standing: &[Standing]) -> Result<bool> {
    let key = |fault: &Standing| format!("{} standing {} {}", fault.cid, fault.account, wording(&fault.text));
    let stands = standing.iter().map(|fault| (key(fault), fault.cid.clone())).collect();
    let cids = run.observed.faults.keys().map(|key| key.cid.clone()).collect();
    let said = run.store.says("first run", &cids, &stands, run.now, run.config.sync.remind_every)?;
    Ok(!said.is_empty())
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
    let planned: BTreeSet<String> =
        report.applied.iter().filter_map(|applied| guards::record_of(&applied.change)).collect();
    let standing: BTreeMap<String, &FaultKey> = run
        .observed
        .faults
        .iter()
        .filter(|(_, fault)| fault.ended.is_none() && tickets::is_wanted(fault, &run.config.tickets))
        .map(|(key, fault)| (guards::ticket_record(run.source, key, &fault.first_event), key))
        .collect();
    for hold in run.store.holds()? {
        if hold.record.starts_with(guards::TICKET) {
            // A ticket that is wanted no more: its fault ended, or another one came. One that was not looked at is
            // wanted as before: what a person said of it stands.
            let gone = match standing.get(&hold.record) {
                None => true,
                Some(key) => {
                    run.decisions.contains_key(*key)
                        && !kept.contains(&hold.record)
                        && !planned.contains(&hold.record)
                }
            };
            if gone {
                run.store.drop_hold(&hold.record)?;
            }
            continue;
        }
        let looked_at =
            run.rounds.get(&hold.cid).is_some_and(|round| round.judged && round.trouble.is_none());
        // What was taken back is held until a person says otherwise, whether or not anything is proposed.
        if hold.state == HoldState::Undone {
            continue;
        }
        if looked_at && !kept.contains(&hold.record) && !unfinished.contains(&hold.record) {
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
    let mut written: BTreeMap<&str, Vec<(&Applied, Option<SignedDuration>)>> = BTreeMap::new();
    for (applied, wait) in report.applied.iter().zip(waits) {
        if let Some(cid) = &applied.change.cid {
            written.entry(cid).or_default().push((applied, wait));
        }
    }
    let plan = &report.plan;
    let held = plan.held.iter().filter_map(|held| held.change.cid.as_deref());
    let blocked = plan.blocked.iter().filter_map(|blocked| blocked.cid.as_deref());
    let noted = plan.notes.iter().filter(|note| note.act).filter_map(|note| note.cid.as_deref());
    let told: BTreeSet<&str> = held.chain(blocked).chain(noted).collect();
    for (cid, round) in run.rounds {
        let mine = written.get(cid.as_str()).map_or(&[][..], Vec::as_slice);
        let pushed = mine.iter().any(|(applied, _)| {
            applied.ended.is_done()
                && matches!(applied.change.purpose, Purpose::Quantity { .. } | Purpose::Statistics)
        });
        let troubled = round.trouble.as_ref().map(|failure| {
            let wait =
                if failure.exit == Exit::Unreachable { due::RETRY } else { run.config.sync.min_interval };
            (wait, failure.line())
        });
        let unwritten = mine
            .iter()
            .filter_map(|(applied, wait)| Some(((*wait)?, applied.ended.trouble().unwrap_or_default())));
        let clock = round.clock_is_off.then(|| (due::RETRY, "the clocks are apart".to_owned()));
        // The shortest wait: what is refused again is soon refused.
        let failed = troubled.into_iter().chain(unwritten).chain(clock).min_by_key(|(wait, _)| *wait);
        let wait = failed.as_ref().map(|(wait, _)| *wait);
        // A clock that once ran ahead must not hold a push off for ever.
        let before = run.states.get(cid).and_then(|state| state.pushed_at).map(|pushed| pushed.min(run.now));
        // What is left to do or to say is looked at again by whichever run comes to this customer.
        let settled = failed.is_none()
            && !told.contains(cid.as_str())
            && mine.iter().all(|(applied, _)| applied.ended.is_done());
        let known = if settled { round.known.clone() } else { Known::default() };
        let before_it = run.states.get(cid).filter(|_| settled && round.unread);
        let state = CustomerState {
            fingerprint: known.beside(&due::fingerprint(run.config, run.observed, cid, run.now)),
            // What was not read is not verified by this run.
            checked_at: before_it.map_or(run.now, |state| state.checked_at),
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

/// What is new in this run, or speaks again; what was said already stays quiet.
fn news(run: &mut Finish<'_>, report: &mut Report) -> Result<()> {
    let asked = run.rounds.iter().filter(|(_, round)| !round.unasked);
    let mut looked_at: BTreeSet<String> = asked.map(|(cid, _)| cid.clone()).collect();
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
    // What it is known by, the customer, and the words for `status`: what stands, and what mends it.
    let mut say: Vec<(String, Option<&String>, String, String)> = Vec::new();
    for held in report.plan.held.iter().filter(|held| !held.rejected) {
        // Another value is another question, save where no value is to be written.
        let undone = held.ground == Ground::Undone;
        let key = format!("held {} {}", held.record, if undone { &held.reason } else { &held.after });
        let words = format!("{}: {}", held.change.subject, held.reason);
        say.push((key, held.change.cid.as_ref(), words, "psactl review".to_owned()));
    }
    for blocked in &mut report.plan.blocked {
        let cid = blocked.cid.as_deref().unwrap_or_default();
        // How much it is does not make it news.
        let key = format!("blocked {} {}", blocked.subject, wording(&blocked.reason));
        blocked.since = run.store.standing_since(&format!("{cid} {key}"))?;
        let words = format!("{}: {}", blocked.subject, blocked.reason);
        say.push((key, blocked.cid.as_ref(), words, blocked.fix.clone()));
    }
    for note in report.plan.notes.iter().filter(|note| note.act) {
        let key = format!("note {}", wording(&note.text));
        say.push((key, note.cid.as_ref(), note.text.clone(), String::new()));
    }
    for trouble in &report.troubles {
        let key = format!("failed {}", wording(&trouble.error));
        let fix = trouble.hints.first().cloned().unwrap_or_default();
        say.push((key, trouble.cid.as_ref(), trouble.error.clone(), fix));
    }
    let store = run.store;
    // One write to the disk for all of them, however many customers there are.
    let news = store.together(|| -> Result<usize> {
        let mut news = 0;
        for (key, cid, words, fix) in say {
            let cid = cid.map(String::as_str).unwrap_or_default();
            let key = format!("{cid} {key}");
            if store.speaks(&key, cid, "sync", run.now, run.config.sync.remind_every)? {
                news += 1;
            }
            store.keep_words(&key, &words, &fix)?;
            keys.insert(key);
        }
        store.settle_standing("sync", &looked_at, &keys)?;
        Ok(news)
    })?;
    report.news = news;
    report.asked = run.options.events.is_some() || run.options.by_hand;
    Ok(())
}

/// How things stand after a run: not what this run met, but all that is known.
fn overview(run: &Finish<'_>) -> Result<Overview> {
    let stands = run.store.stands("sync")?;
    let count = |what: &str| stands.iter().filter(|stands| stands.what == what).count();
    let memories = run.store.tickets(run.source)?;
    Ok(Overview {
        customers: run.observed.snapshot.customers.len(),
        measured_at: run.observed.snapshot.measured_at,
        standing_faults: run.observed.faults.values().filter(|fault| fault.ended.is_none()).count(),
        open_tickets: memories.values().filter(|memory| memory.is_open()).count(),
        held: run.store.holds()?.iter().filter(|hold| hold.state == HoldState::Held).count(),
        blocked: count("blocked"),
        failed: count("failed"),
    })
}

/// A text without its numbers: how long something took, or how much it is, does not make it news.
pub(super) fn wording(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
