//! One run of `psactl sync`: observe, plan, apply, record.
//!
//! The rules are pure and live beside this file ([`billing`], [`statistics`], [`tickets`], [`faults`],
//! `due`); here is the order in which they are asked.

pub mod billable;
pub mod billing;
pub mod customers;
mod due;
mod endings;
mod event_log;
pub mod faults;
mod idle;
mod known;
mod links;
pub mod observe;
mod observed;
mod options;
pub mod pausing;
pub mod rebuild;
mod record;
mod report;
pub mod retention;
mod rounds;
pub mod second;
pub mod statistics;
mod taking;
mod ticketing;
pub mod tickets;
pub mod waiting;
pub mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use crate::config::Config;
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::{Applied, Applier, Secrets};
use crate::plan::{Plan, guards, saved, stop};
use crate::portal;
use crate::psa::Client;
use crate::setup::Chosen;
use crate::store::{Import, Link, Sighting, Stop, Store};
use faults::FaultKey;
use tickets::Decision;

pub use idle::{idle, rests_until};
use idle::{is_to_be_asked, rest};
use observed::Observed;
pub use options::{Options, Part};
pub use report::{Report, Standing, Trouble};

/// What a run is made of.
pub struct Run<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The client.
    pub client: &'a Client,
    /// The state.
    pub store: &'a Store,
    /// What is asked.
    pub options: Options,
    /// The command, for the history.
    pub command: &'static str,
    /// Reads the clock.
    pub clock: &'a dyn Fn() -> Timestamp,
    /// Set by Ctrl-C.
    pub interrupted: Arc<AtomicBool>,
    /// Set while writes may be under way.
    pub writing: Arc<AtomicBool>,
    /// Who is told how far the asking of the portal is.
    pub told: portal::Told,
}

/// What one customer's round gives, before it is applied.
#[derive(Default)]
struct Round {
    plan: Plan,
    billing: billing::Outcome,
    /// Billing was judged; where it was blocked as a whole, what is held stays as it is.
    judged: bool,
    /// The Managed IDs that its company was seen with.
    sighted: Option<BTreeSet<String>>,
    /// Why the customer could not be planned.
    trouble: Option<Failure>,
    /// It was not asked for at all, because of what befell others.
    unasked: bool,
    /// When what it is planned from was read.
    read_at: Option<Timestamp>,
    /// What ConnectWise has, once this is applied.
    known: known::Known,
    /// Something was known and not read.
    unread: bool,
    /// It was blocked because of the clocks: nothing that is remembered tells when they agree again.
    clock_is_off: bool,
    /// What was read of its additions, compared with what this state knows.
    looked: second::Looked,
}

impl Run<'_> {
    /// Runs once.
    ///
    /// # Errors
    /// Where nothing could be done at all: portal unreadable, login refused, ConnectWise unreachable, the
    /// state not writable. Everything less stands in the report. What failed in the run before for the same
    /// cause is an error only every `remind_every`, so that cron does not cry each minute.
    pub async fn once(mut self) -> Result<Report> {
        let mut silent = None;
        match self.attempt(&mut silent).await {
            Ok(mut report) => {
                if !self.options.dry_run {
                    self.says(RUN, None)?;
                }
                self.tell_silent(silent, &mut report)?;
                Ok(report)
            }
            Err(failure) if self.options.dry_run || failure.exit == Exit::Interrupted => Err(failure),
            // Whoever applies a saved plan is told each time, and the scheduler's runs have nothing to do with it.
            Err(failure) if self.options.exactly.is_some() => Err(failure),
            Err(failure) => {
                // Another cause is news, another number in it is not.
                let cause = if failure.exit == Exit::Refused {
                    "login".to_owned()
                } else {
                    record::wording(&failure.line())
                };
                let speaks = self.says(RUN, Some(format!("run failed: {cause}")))?;
                if speaks || self.options.is_asked() {
                    Err(failure)
                } else {
                    Ok(Report::still(failure.line()))
                }
            }
        }
    }

    /// A portal that did not answer is told of once, and again every `remind_every`; the run itself went on from what
    /// it answered before.
    fn tell_silent(&mut self, silent: Option<Failure>, report: &mut Report) -> Result<()> {
        let stands = silent
            .as_ref()
            .map(|failure| format!("portal does not answer: {}", record::wording(&failure.line())));
        let speaks = self.options.dry_run || self.says("portal", stands)? || self.options.is_asked();
        if let Some(failure) = silent.filter(|_| speaks) {
            report.portal_was_silent(&failure);
        }
        Ok(())
    }

    /// Whether the one thing that stands in an area is to be said now, if one does.
    fn says(&self, area: &str, stands: Option<String>) -> Result<bool> {
        Ok(self.store.says_one(area, stands, (self.clock)(), self.config.sync.remind_every)?)
    }

    /// `silent` is why the portal did not answer, where the run goes on from what it answered before.
    async fn attempt(&mut self, silent: &mut Option<Failure>) -> Result<Report> {
        stop::refuse(self.store)?;
        let now = (self.clock)();
        let source = portal::open_telling(self.config, self.store.folder(), &self.told)?;
        let name = source.name();
        let known = self.store.import(name)?.is_some();
        let undelivered = |error: portal::Error| Failure::from(error).undelivered(known);
        if (is_to_be_asked(self.config, source.as_ref(), now) || self.options.insists())
            && let Err(error) = source.refresh(now).await
        {
            // What was answered before is still there: everything but the news goes on from that.
            if source.stamp().is_err() {
                return Err(undelivered(error));
            }
            *silent = Some(undelivered(error));
        } else if let Some(error) = source.trouble() {
            *silent = Some(undelivered(error));
        }
        // By now the service was asked: the next time is one to wake up at.
        let asks_at = source.asks_at();
        let stamp = due::stamp(self.config, &source.stamp().map_err(undelivered)?);
        if let Some(next) = rest(self.config, self.store, &self.options, &stamp, now)? {
            return Ok(Report::idle(Some(asks_at.map_or(next, |at| next.min(at)))));
        }
        let chosen = Chosen::read(self.store)?;
        chosen.complete(self.config)?;
        let _beside = if self.options.dry_run { Some(self.store.beside()?) } else { None };
        // In this order what the events are read with is gone before the accounts are kept.
        let taken = self.take_events(source.as_ref(), &undelivered, now)?;
        let look_again = taken.look_again;
        let snapshot = source.accounts().map_err(undelivered)?;
        let mut observed = self.observe(name, snapshot, taken, stamp, now)?;
        let portal = observed.snapshot.customers.iter().map(|customer| customer.cid.as_str());
        customers::are_known(&self.options.cids, portal.chain(observed.links.keys().map(String::as_str)))?;
        let run = if self.options.dry_run { 0 } else { self.store.begin_run(self.command, now)? };
        let mut report = Report::new(run, self.options.dry_run);
        if !self.options.dry_run {
            self.store.end_pauses(name, &observed.pauses.ended)?;
        }
        let outcome = self.work(&mut observed, &chosen, &mut report, now).await;
        // A dry run changes nothing, not even what is known of the login.
        if self.options.dry_run {
            outcome?;
            return Ok(report);
        }
        // A login that reads and is refused half-way does not work: the refusals before it count on.
        let refused_half_way = report.applied.iter().any(|applied| applied.ended.is_refused_login());
        let works = self.client.requests_sent() > 0 && !refused_half_way;
        let outcome = waiting::watch(self.store, self.config, works, now, outcome);
        if refused_half_way {
            waiting::refused(self.store, self.config, now)?;
        }
        match outcome {
            Ok(next) => {
                if !observed.older {
                    // An export without a measurement does not make an older one the newest.
                    let last = self.store.import(name)?.and_then(|import| import.measured_at);
                    let import = Import {
                        stamp: observed.stamp.clone(),
                        digest: observed.snapshot.digest.clone(),
                        measured_at: observed
                            .snapshot
                            .measured_at
                            .filter(|measured| !billable::in_future(*measured, now))
                            .or(last),
                        file: Some(observed.snapshot.file.display().to_string()),
                        rows: u64::try_from(observed.snapshot.rows).ok(),
                        period: observed.snapshot.period,
                    };
                    self.store.set_import(name, &import, now)?;
                }
                // An older export is looked at again by every run, until the newer one is back.
                let stamp = if observed.older { "" } else { &observed.stamp };
                let next = observed.pauses.next_end().map_or(next, |end| next.or(end));
                let next = look_again.map_or(next, |again| next.or(again));
                self.forget_old(&observed, now)?;
                due::Rest::remember(self.store, &self.options, stamp, &next)?;
                report.next = Some(asks_at.map_or(next.own, |at| next.own.min(at)));
                self.store.end_run(run, report.exit().code(), &report.summary(), (self.clock)())?;
                Ok(report)
            }
            Err(failure) => {
                // A saved plan that is refused is no failure of what happened at the portal.
                if !failure.error.is::<saved::Moved>() {
                    event_log::failed_run(self.store, name, run, &observed, &self.options, &failure, now)?;
                }
                self.store.end_run(run, failure.exit.code(), &failure.line(), (self.clock)())?;
                Err(failure)
            }
        }
    }

    /// Plans and applies; returns when there is something to do next.
    async fn work(
        &mut self,
        observed: &mut Observed,
        chosen: &Chosen,
        report: &mut Report,
        now: Timestamp,
    ) -> Result<due::Next> {
        let name = self.config.portal.source.name();
        let mut due = due::customers(self.config, self.store, name, observed, &self.options, now)?;
        due.retain(|cid| !observed.pauses.rests(cid, self.config));
        let mut wanted = self.wanted_tickets(observed, now);
        record::paused(observed, &self.options, report);
        let looks = self.looks_for_links(observed, now)?;
        let asks = looks || !due.is_empty() || !wanted.is_empty() || !self.store.unsettled()?.is_empty();
        let mut rounds: BTreeMap<String, Round> = BTreeMap::new();
        let mut decisions: BTreeMap<FaultKey, Decision> = BTreeMap::new();
        let mut ticket_plan = Plan::default();
        let mut ticket_trouble = None;
        let mut strange: Vec<Sighting> = Vec::new();

        let mut approved = BTreeSet::new();
        // Customers of whom nothing is written before an earlier write is cleared up.
        let mut unknown: BTreeSet<String> = BTreeSet::new();
        // When those are looked up again, whatever else there is to do then.
        let mut look_up_at = None;
        if asks {
            waiting::allowed(self.store, self.config, self.options.by_hand, now)?;
            let zone = zone::asked(self.config, self.client, self.store, !self.options.dry_run).await?;
            if !self.options.dry_run {
                self.note_release().await?;
                self.store.installation(now)?;
                self.store.note_login(self.config.connectwise.login.name())?;
                let secrets = Secrets::default();
                let settled = self.applier(report.run, &secrets, now).settle().await?;
                if !settled.open.is_empty() {
                    look_up_at = settled.until.or_else(|| now.checked_add(due::RETRY).ok());
                }
                for (cid, record, error) in settled.open {
                    let reason = format!("what became of an earlier write is not known: {error}");
                    let fix = "look at that record in ConnectWise; the next run looks again";
                    ticket_plan.block(cid.as_deref(), &record, reason, fix);
                    unknown.extend(cid);
                }
                if settled.found > 0 {
                    // What a killed run had done after all is remembered only now.
                    observed.memories = self.store.tickets(name)?;
                    wanted = self.wanted_tickets(observed, now);
                }
            }
            if looks {
                match self.adopt_links(observed, chosen, name, &mut ticket_plan, now).await {
                    Err(failure) if is_everybodys(&failure) => return Err(failure),
                    Err(failure) => ticket_plan.act(
                        None,
                        format!("customers without a company were not looked for: {}", failure.line()),
                    ),
                    Ok(()) => {}
                }
            }
            if self.look_again(observed, chosen, &due).await? {
                wanted = self.wanted_tickets(observed, now);
            }
            let observed = &*observed;
            wanted.retain(|key| !unknown.contains(&key.cid));
            due.retain(|cid| !unknown.contains(cid));
            let concerned: BTreeSet<&String> = due.iter().chain(wanted.iter().map(|key| &key.cid)).collect();
            let links: Vec<&Link> = concerned.into_iter().filter_map(|cid| observed.links.get(cid)).collect();
            match observe::out_of_use(self.client, links.iter().map(|link| link.company_id).collect()).await {
                Ok(gone) => {
                    for link in links {
                        let Some(reason) = gone.get(&link.company_id) else { continue };
                        let (cid, mut round) = (&link.cid, Round::default());
                        let fix = format!(
                            "psactl companies link {cid} COMPANY --replace, or make the company active again"
                        );
                        round.plan.block(Some(cid), &link.company_name, reason.as_str(), fix);
                        wanted.retain(|key| key.cid != *cid);
                        // Of one that was not due only the tickets wait.
                        if due.remove(cid) {
                            rounds.insert(cid.clone(), round);
                        } else {
                            ticket_plan.extend(round.plan);
                        }
                    }
                }
                // Nothing is written as if all were in use.
                Err(failure) => {
                    let Some(error) = failure.psa().filter(|error| error.is_one_records()) else {
                        return Err(failure);
                    };
                    let why = "whether the companies are in use is not known";
                    let unasked = |cid| (cid, Round::unasked(error, why));
                    rounds.extend(std::mem::take(&mut due).into_iter().map(unasked));
                    if !wanted.is_empty() {
                        let failure = Failure::from(error.clone());
                        ticket_trouble = Some(failure.context(format!("tickets were not looked for: {why}")));
                    }
                }
            }
            let mut plan = Plan::default();
            let none = BTreeSet::new();
            let asked = if ticket_trouble.is_none() { &wanted } else { &none };
            match self.plan_tickets(observed, chosen, name, asked, &mut plan, now).await {
                Ok(decided) => {
                    decisions = decided.decisions;
                    strange = decided.strange;
                    ticket_plan.extend(plan);
                }
                // Tickets that fail do not stop billing.
                Err(failure) if !is_everybodys(&failure) => ticket_trouble = Some(failure.context("tickets")),
                Err(failure) => return Err(failure),
            }
            let links: Vec<&Link> = due.iter().filter_map(|cid| observed.links.get(cid)).collect();
            let mut made = self.rounds(observed, chosen, name, &links, &zone, now).await?;
            approved.extend(made.values().flat_map(|round| round.billing.approved.iter().cloned()));
            rounds.append(&mut made);
        }
        strange.extend(rounds.values().flat_map(|round| round.looked.strange.iter().cloned()));
        self.stop_where(strange, now)?;
        self.block_contradictions(observed, &mut rounds)?;
        record::unlinked(self.config, observed, &self.options, report);
        record::stale(self.config, observed, now, report);
        let states = self.store.customers(name)?;
        // All next invoices: as they are for the customers of this run, as remembered for the others.
        let invoices: rust_decimal::Decimal = observed
            .links
            .keys()
            .map(|cid| match rounds.get(cid) {
                Some(round) if round.judged => round.billing.invoices,
                _ => states.get(cid).map(|state| state.invoices).unwrap_or_default(),
            })
            .fold(rust_decimal::Decimal::ZERO, rust_decimal::Decimal::saturating_add);
        if let Some(ahead) = due::ahead(&states, observed.links.keys(), now) {
            report.plan.act(
                None,
                format!(
                    "psactl's state speaks of {} UTC, which lies ahead: the clock was wrong then, or is now; \
                     what it says counts as due",
                    crate::ui::text::moment(ahead)
                ),
            );
        }
        let mut plans: Vec<&mut Plan> = rounds.values_mut().map(|round| &mut round.plan).collect();
        let guard = &self.config.billing.guard;
        let held = guards::hold_run(&mut plans, &approved, guard, invoices, observed.links.len());
        // A first run has tens of thousands of changes: they stay in the lists of their customers, for another list of
        // all of them would take their memory twice.
        let mut whole = Plan::default();
        let mut changes = vec![std::mem::take(&mut ticket_plan.changes)];
        whole.extend(ticket_plan);
        for plan in plans {
            changes.push(std::mem::take(&mut plan.changes));
            whole.extend(std::mem::take(plan));
        }
        if let Some(reason) = held {
            whole.act(None, format!("billing of this run is held: {reason}"));
        }
        if let Some(wanted) = &self.options.exactly {
            saved::compare(self.client, wanted, changes.iter().flatten()).await?;
        }
        let is_empty = changes.iter().all(Vec::is_empty);
        let changes = changes.into_iter().flatten();
        let mut applied: Vec<Applied> = Vec::new();
        if !self.options.dry_run {
            let looked = rounds.values().flat_map(|round| round.looked.seen.iter().copied());
            let looked: Vec<_> = looked.collect();
            self.store.together(|| {
                self.store.note_seen(&looked)?;
                let billings = rounds.values().map(|round| &round.billing);
                let mut seen = billings.flat_map(|billing| billing.adopt.iter().chain(&billing.recounted));
                seen.try_for_each(|binding| self.store.set_binding(name, binding))
            })?;
        }
        if self.options.dry_run {
            whole.changes.extend(changes);
        } else if !is_empty {
            let secrets = Secrets::default();
            let read_at =
                rounds.iter().filter_map(|(cid, round)| Some((cid.clone(), round.read_at?))).collect();
            applied = self.applier(report.run, &secrets, now).apply_as_read(changes, &read_at).await?;
        }
        report.requests = self.client.requests_sent();
        let next = record::finish(
            record::Finish {
                config: self.config,
                store: self.store,
                source: name,
                options: &self.options,
                observed,
                rounds: &rounds,
                decisions: &decisions,
                wanted: &wanted,
                ticket_trouble,
                plan: whole,
                applied,
                states,
                waiting: record::waiting(self.store.stands("sync")?),
                now,
            },
            report,
        )?;
        Ok(look_up_at.map_or(next, |at| next.or(at)))
    }

    /// Stops, now and from now on, where psactl's login wrote what this state knows nothing of.
    fn stop_where(&self, seen: Vec<Sighting>, now: Timestamp) -> Result<()> {
        if seen.is_empty() {
            return Ok(());
        }
        let found = Stop { since: now, seen };
        if !self.options.dry_run {
            self.store.set_stop(&found)?;
        }
        Err(stop::failure(&found))
    }

    fn applier<'b>(&'b mut self, run: i64, secrets: &'b Secrets, observed_at: Timestamp) -> Applier<'b> {
        Applier {
            client: self.client,
            store: self.store,
            run,
            secrets,
            clock: self.clock,
            observed_at,
            interrupted: Arc::clone(&self.interrupted),
            writing: Arc::clone(&self.writing),
        }
    }
}

/// What a run as a whole is known by, among what stands.
const RUN: &str = "run";

/// Whether a failure met with one customer would meet every other: the way there, the login, the limit. What
/// ConnectWise says about one customer's records is that customer's.
pub(crate) fn is_everybodys(failure: &Failure) -> bool {
    failure.psa().map_or(failure.exit != Exit::Partial, |error| !error.is_one_records())
}
