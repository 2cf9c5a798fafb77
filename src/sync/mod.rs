//! One run of `psactl sync`: observe, plan, apply, record.
//!
//! The rules are pure and live beside this file ([`billing`], [`statistics`], [`tickets`], [`faults`],
//! `due`); here is the order in which they are asked.

pub mod billable;
pub mod billing;
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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::config::Config;
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::{Applied, Applier, Secrets};
use crate::plan::{Plan, guards, saved, stop};
use crate::portal;
use crate::psa::{self, Client};
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
        let nobody = BTreeSet::from([String::new()]);
        let mut silent = None;
        match self.attempt(&mut silent).await {
            Ok(mut report) => {
                if !self.options.dry_run {
                    self.store.settle_standing(RUN, &nobody, &BTreeSet::new())?;
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
                let key = format!("run failed: {cause}");
                let now = (self.clock)();
                let speaks = self.store.speaks(&key, "", RUN, now, self.config.sync.remind_every)?;
                self.store.settle_standing(RUN, &nobody, &BTreeSet::from([key]))?;
                // Whoever names customers wants to know each time.
                if speaks || self.options.by_hand || !self.options.cids.is_empty() {
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
        const AREA: &str = "portal";
        let nobody = BTreeSet::from([String::new()]);
        let Some(failure) = silent else {
            if !self.options.dry_run {
                self.store.settle_standing(AREA, &nobody, &BTreeSet::new())?;
            }
            return Ok(());
        };
        let key = format!("portal does not answer: {}", record::wording(&failure.line()));
        let speaks = self.options.dry_run || {
            let now = (self.clock)();
            let speaks = self.store.speaks(&key, "", AREA, now, self.config.sync.remind_every)?;
            self.store.settle_standing(AREA, &nobody, &BTreeSet::from([key]))?;
            speaks || self.options.by_hand || !self.options.cids.is_empty()
        };
        if speaks {
            report.portal_was_silent(&failure);
        }
        Ok(())
    }

    /// `silent` is why the portal did not answer, where the run goes on from what it answered before.
    async fn attempt(&mut self, silent: &mut Option<Failure>) -> Result<Report> {
        stop::refuse(self.store)?;
        let now = (self.clock)();
        let source = portal::open_telling(self.config, self.store.folder(), &self.told)?;
        let name = source.name();
        // What was read before is configured rightly: it is the portal that does not deliver.
        let known = self.store.import(name)?.is_some();
        let undelivered = |error: portal::Error| match Failure::from(error) {
            failure if known && failure.exit == Exit::Configuration => {
                Failure { exit: Exit::Unreachable, ..failure }
            }
            failure => failure,
        };
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
        let known =
            |cid: &String| observed.snapshot.customer(cid).is_some() || observed.links.contains_key(cid);
        if let Some(cid) = self.options.cids.iter().find(|cid| !known(cid)) {
            return Err(Failure::new(Exit::Partial, format!("the portal knows no customer {cid}"))
                .hint("psactl companies lists the customers of the portal"));
        }
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
        let outcome = waiting::watch(self.store, self.config, self.client.requests_sent() > 0, now, outcome);
        if report.applied.iter().any(|applied| applied.ended.is_refused_login()) {
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
                let summary = serde_json::to_string(&report.counts()).unwrap_or_default();
                self.store.end_run(run, report.exit().code(), &summary, (self.clock)())?;
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
        if asks {
            waiting::allowed(self.store, self.config, self.options.by_hand, now)?;
            let zone = self.server_zone().await?;
            if !self.options.dry_run {
                self.note_release().await?;
                self.store.installation(now)?;
                self.store.note_login(self.config.connectwise.login.name())?;
                let secrets = Secrets::default();
                let settled = self.applier(report.run, &secrets, now).settle().await?;
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
            let mut plan = Plan::default();
            match self.plan_tickets(observed, chosen, name, &wanted, &mut plan, now).await {
                Ok(decided) => {
                    decisions = decided.decisions;
                    strange = decided.strange;
                    ticket_plan.extend(plan);
                }
                // Tickets that fail do not stop billing.
                Err(failure) if !is_everybodys(&failure) => ticket_trouble = Some(failure.context("tickets")),
                Err(failure) => return Err(failure),
            }
            let ids: Vec<i64> =
                due.iter().filter_map(|cid| observed.links.get(cid)).map(|link| link.company_id).collect();
            let gone = match observe::out_of_use(self.client, ids).await {
                Ok(gone) => gone,
                Err(failure) if is_everybodys(&failure) => return Err(failure),
                Err(failure) => {
                    let text = format!("whether the companies are in use is not known: {}", failure.line());
                    ticket_plan.act(None, text);
                    BTreeMap::new()
                }
            };
            let mut links: Vec<&Link> = Vec::new();
            for cid in due.iter().filter(|cid| !unknown.contains(*cid)) {
                let Some(link) = observed.links.get(cid) else { continue };
                if let Some(reason) = gone.get(&link.company_id) {
                    let mut round = Round::default();
                    let fix = format!(
                        "psactl companies link {cid} COMPANY --replace, or make the company active again"
                    );
                    round.plan.block(Some(cid), &link.company_name, reason.as_str(), fix);
                    rounds.insert(cid.clone(), round);
                    continue;
                }
                links.push(link);
            }
            let made = self.rounds(observed, chosen, name, &links, &zone, now).await?;
            approved.extend(made.values().flat_map(|round| round.billing.approved.iter().cloned()));
            rounds.extend(made);
        }
        strange.extend(rounds.values().flat_map(|round| round.looked.strange.iter().cloned()));
        self.stop_where(strange, now)?;
        self.block_contradictions(observed, &mut rounds)?;
        record::unlinked(self.config, observed, &self.options, report);
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
        let mut plan = Plan::default();
        // In one list from here on: a first run has tens of thousands, and two lists would take their memory twice.
        let many = rounds.values().map(|round| round.plan.changes.len()).sum::<usize>();
        plan.changes.reserve_exact(many + ticket_plan.changes.len());
        for round in rounds.values_mut() {
            plan.extend(std::mem::take(&mut round.plan));
        }
        if let Some(reason) =
            guards::hold_run(&mut plan, &approved, &self.config.billing.guard, invoices, observed.links.len())
        {
            plan.act(None, format!("billing of this run is held: {reason}"));
        }
        plan.changes.splice(0..0, std::mem::take(&mut ticket_plan.changes));
        let changes = std::mem::take(&mut plan.changes);
        let mut whole = ticket_plan;
        whole.extend(plan);
        whole.changes = changes;
        if let Some(wanted) = &self.options.exactly {
            saved::compare(self.client, wanted, &whole.changes).await?;
        }
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
        if !self.options.dry_run && !whole.changes.is_empty() {
            self.writing.store(true, Ordering::Relaxed);
            let secrets = Secrets::default();
            let changes = std::mem::take(&mut whole.changes);
            let read_at =
                rounds.iter().filter_map(|(cid, round)| Some((cid.clone(), round.read_at?))).collect();
            applied = self.applier(report.run, &secrets, now).apply_as_read(changes, &read_at).await?;
            self.writing.store(false, Ordering::Relaxed);
        }
        report.requests = self.client.requests_sent();
        record::finish(
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
                waiting: self.store.standing_by_customer("sync")?,
                now,
            },
            report,
        )
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
        }
    }
}

/// What a run as a whole is known by, among what stands.
const RUN: &str = "run";

/// Whether a failure met with one customer would meet every other: the way there, the login, the limit. What
/// ConnectWise says about one customer's records is that customer's.
pub(crate) fn is_everybodys(failure: &Failure) -> bool {
    use psa::Kind::{Conflict, Decode, Forbidden, Invalid, NotFound, Server, TooLong};
    match failure.error.downcast_ref::<psa::Error>().map(psa::Error::kind) {
        Some(kind) => !matches!(kind, Conflict | Decode | Forbidden | Invalid | NotFound | Server | TooLong),
        None => failure.exit != Exit::Partial,
    }
}

/// Whether ConnectWise itself failed.
fn is_servers(failure: &Failure) -> bool {
    failure.error.downcast_ref::<psa::Error>().map(psa::Error::kind) == Some(psa::Kind::Server)
}
