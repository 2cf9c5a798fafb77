//! The rounds of the customers that are due: what is read of ConnectWise, many customers at a time, and what is
//! planned from it. The rules are in [`super::statistics`] and [`super::billing`].

use std::collections::{BTreeMap, HashMap};

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::known::{self, Known};
use super::{
    Observed, Part, Round, Run, billable, billing, due, is_everybodys, links, observe, second, statistics,
};
use crate::error::{Failure, Result};
use crate::psa::{self, Agreement};
use crate::services::{self, Service};
use crate::setup::{Chosen, managed_ids};
use crate::store::{Binding, CustomerState, Hold, Link};

/// After so many customers in a row for whom ConnectWise itself fails no more are asked for in this run.
const MOST_FAILING: usize = 3;

/// What the failure of a customer begins with that was not asked for.
const UNASKED: &str = "not asked for";
/// The agreements of so many customers are listed at a time, and forgotten once these customers are planned.
const WAVE: usize = 1_000;

/// What the rounds of one run share.
struct Shared<'a> {
    observed: &'a Observed,
    chosen: &'a Chosen,
    source: &'a str,
    zone: &'a TimeZone,
    now: Timestamp,
    services: Vec<&'static Service>,
    jobs: HashMap<String, statistics::Jobs>,
    bindings: BTreeMap<i64, Binding>,
    holds: BTreeMap<String, Hold>,
    /// What ConnectWise calls psactl's own login.
    own_name: Option<String>,
    states: BTreeMap<String, CustomerState>,
    /// The agreements of the companies of this wave, where they could be read in lists.
    agreements: BTreeMap<i64, Vec<Agreement>>,
}

impl Round {
    /// The round of a customer that was not asked for, because of what ConnectWise answered otherwise.
    pub(super) fn unasked(error: &psa::Error, why: &str) -> Round {
        let trouble = Failure::from(error.clone()).context(format!("{UNASKED}: {why}"));
        Round { trouble: Some(trouble), unasked: true, ..Round::default() }
    }
}

impl Run<'_> {
    /// The rounds of these customers, by CID.
    ///
    /// # Errors
    /// What would meet every customer: the way there, the login, the limit, a state that cannot be read.
    pub(super) async fn rounds(
        &self,
        observed: &Observed,
        chosen: &Chosen,
        source: &str,
        links: &[&Link],
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Round>> {
        let mut counting = statistics::Counting::of(zone, now);
        let since = counting.since();
        self.store.each_job(source, since, |cid, kind, time| counting.see(cid, kind, time))?;
        let bindings = self.store.bindings(source)?;
        let holds = self.store.holds()?;
        let mut shared = Shared {
            observed,
            chosen,
            source,
            zone,
            now,
            services: services::enabled(&self.config.billing),
            jobs: counting.jobs,
            bindings: bindings.into_iter().map(|binding| (binding.addition_id, binding)).collect(),
            holds: holds.into_iter().map(|hold| (hold.record.clone(), hold)).collect(),
            own_name: self.store.own_name()?,
            states: self.store.customers(source)?,
            agreements: BTreeMap::new(),
        };
        // What failed at the last try comes last: what fails for good must not keep the others from being asked for.
        let failed = |link: &&Link| {
            let error = shared.states.get(&link.cid).and_then(|state| state.error.as_deref());
            error.is_some_and(|error| !error.starts_with(UNASKED))
        };
        let (last, first): (Vec<&Link>, Vec<&Link>) = links.iter().copied().partition(failed);
        let links: Vec<&Link> = first.into_iter().chain(last).collect();
        let mut rounds = BTreeMap::new();
        let mut failing = 0;
        'waves: for wave in links.chunks(WAVE) {
            let billed = wave.iter().filter(|link| self.reads_agreements(&shared, link));
            let companies: Vec<i64> = billed.map(|link| link.company_id).collect();
            shared.agreements = observe::agreements_listed(self.client, companies).await?;
            let shared = &shared;
            // Twice as many customers as requests can be under way: between two of its requests none keeps a place
            // empty.
            let mut under_way = stream::iter(wave)
                .map(|link| async move { (link.cid.clone(), self.round(shared, link).await) })
                .buffer_unordered(2 * self.client.max_concurrency());
            while let Some((cid, round)) = under_way.next().await {
                // What is everybody's ends those under way, too: a refused login is not tried for each of them.
                let round = round?;
                let servers =
                    round.trouble.as_ref().and_then(Failure::psa).filter(|error| error.is_servers());
                failing = if servers.is_some() { failing + 1 } else { 0 };
                let servers = servers.filter(|_| failing == MOST_FAILING).cloned();
                rounds.insert(cid, round);
                if let Some(error) = servers {
                    drop(under_way);
                    let why = format!("ConnectWise failed for {MOST_FAILING} customers in a row");
                    let left = links.iter().filter(|link| !rounds.contains_key(&link.cid));
                    let left: Vec<_> =
                        left.map(|link| (link.cid.clone(), Round::unasked(&error, &why))).collect();
                    rounds.extend(left);
                    break 'waves;
                }
            }
        }
        Ok(rounds)
    }

    /// Whether the agreements of a customer will be asked for.
    fn reads_agreements(&self, shared: &Shared<'_>, link: &Link) -> bool {
        let Observed { snapshot, older, .. } = shared.observed;
        let usage = || {
            let usage = observe::usage(snapshot, &link.cid);
            known::usage(self.config, &shared.chosen.products, link, &usage)
        };
        self.config.billing.enabled
            && self.options.does(Part::Billing)
            && billable::blocked(self.config, snapshot, link, *older, None, shared.now).is_none()
            && self.known(shared, link).usage.is_none_or(|known| known != usage())
    }

    /// What need not be read of a customer: nothing is taken as known where it is to be verified, failed before, or
    /// a person insists.
    fn known(&self, shared: &Shared<'_>, link: &Link) -> Known {
        let trusted = |state: &&CustomerState| {
            let age = shared.now.duration_since(state.checked_at);
            let every = due::verify_every(self.config.sync.verify_every, &link.cid);
            state.retry_at.is_none() && !age.is_negative() && age < every
        };
        let state = shared.states.get(&link.cid).filter(trusted);
        state.filter(|_| !self.options.insists()).map(Known::of).unwrap_or_default()
    }

    /// One customer: statistics, then billing. A failure is this customer's, unless it is everybody's.
    async fn round(&self, shared: &Shared<'_>, link: &Link) -> Result<Round> {
        let mut round = Round { read_at: Some((self.clock)()), ..Round::default() };
        match self.plan_customer(shared, link, &mut round).await {
            Ok(()) => {
                round.plan.changes.shrink_to_fit();
                Ok(round)
            }
            Err(failure) if !is_everybodys(&failure) => {
                let trouble = failure.context(format!("customer {} ({})", link.cid, link.company_name));
                Ok(Round { trouble: Some(trouble), ..Round::default() })
            }
            Err(failure) => Err(failure),
        }
    }

    async fn plan_customer(&self, shared: &Shared<'_>, link: &Link, round: &mut Round) -> Result<()> {
        let Shared { observed, chosen, source, zone, now, .. } = *shared;
        if let Some((reason, fix)) = billable::unconfirmed(self.config, &observed.snapshot, link) {
            round.plan.block(Some(&link.cid), &link.portal_name, reason, fix);
            return Ok(());
        }
        let does = |part: Part, enabled: bool| {
            enabled && self.options.does(part) && observed.pauses.part(&link.cid, part).is_none()
        };
        let statistics = does(Part::Statistics, self.config.statistics.enabled);
        let bills = does(Part::Billing, self.config.billing.enabled);
        let data = billable::data(self.config, &observed.snapshot, &link.cid, observed.older, (self.clock)());
        if let Some((reason, fix)) = data {
            // One cause, told once: quantities are what it matters for most.
            if bills || statistics {
                let subject = if bills { "billing" } else { "backup statistics" };
                round.plan.block(Some(&link.cid), subject, reason, fix);
            }
            return Ok(());
        }
        let known = self.known(shared, link);
        let managed_id = self.config.connectwise.managed_id(&link.cid);
        let usage = observe::usage(&observed.snapshot, &link.cid);
        if statistics
            && !observed.snapshot.results_unknown.contains(&link.cid)
            && let Some(solution) = chosen.solution
        {
            let jobs = shared.jobs.get(link.cid.as_str()).copied().unwrap_or_default();
            let numbers = statistics::numbers(jobs, &usage, observed.snapshot.machines_apart);
            let print = known::statistics(link, &numbers);
            if known.statistics.as_ref() == Some(&print) {
                round.unread = true;
            } else {
                let entries = managed_ids::entries_of(self.client, link.company_id).await?;
                round.sighted = Some(links::sighted(&entries, solution));
                // Which month it is, the clock says.
                if let Some((reason, fix)) = billable::clock_is_off(self.client.clock_skew((self.clock)())) {
                    round.plan.block(Some(&link.cid), "backup statistics", reason, fix);
                    round.clock_is_off = true;
                    return Ok(());
                }
                let mut unkept = BTreeMap::new();
                for entry in entries.iter().filter(|_| !self.options.force) {
                    unkept.insert(entry.id, self.store.unkept(entry.id)?);
                }
                statistics::plan(link, &managed_id, solution, &entries, numbers, &unkept, &mut round.plan);
                statistics::hold_undone(&mut round.plan, &shared.holds);
            }
            round.known.statistics = Some(print);
        }
        if !bills {
            return Ok(());
        }
        let print = known::usage(self.config, &chosen.products, link, &usage);
        if known.usage.as_ref() == Some(&print) {
            round.unread = true;
            round.known.usage = Some(print);
            return Ok(());
        }
        round.read_at = Some((self.clock)());
        let agreements = match shared.agreements.get(&link.company_id) {
            Some(listed) => observe::with_additions(self.client, listed.clone()).await?,
            None => observe::agreements(self.client, link.company_id).await?,
        };
        // The server's clock is known for certain only once it has answered.
        if let Some((reason, fix)) = billable::clock_is_off(self.client.clock_skew((self.clock)())) {
            round.plan.block(Some(&link.cid), "billing", reason, fix);
            round.clock_is_off = true;
            return Ok(());
        }
        round.judged = true;
        round.looked = self.look(&agreements, shared)?;
        round.billing = billing::plan(&billing::Facts {
            source,
            link,
            managed_id: &managed_id,
            agreements: &agreements,
            services: &shared.services,
            products: &chosen.products,
            usage: &usage,
            bindings: &shared.bindings,
            holds: &shared.holds,
            settings: &self.config.billing,
            doubts: &observed.snapshot.doubts_of(&link.cid),
            gigabyte: self.config.portal.gigabyte,
            reading: &self.config.portal.reading(),
            measured_on: observed
                .snapshot
                .measured_at_of(&link.cid)
                .map(|time| time.to_zoned(zone.clone()).date()),
            today: now.to_zoned(zone.clone()).date(),
        });
        round.plan.extend(std::mem::take(&mut round.billing.plan));
        round.known.usage = Some(print).filter(|_| round.billing.waiting.is_empty());
        // What is seen for the first time is known from now on.
        let adopted = |id: i64| round.billing.adopt.iter().any(|binding| binding.addition_id == id);
        let first_seen = agreements.iter().flat_map(|with| &with.additions).filter_map(|addition| {
            let changed = addition.info.as_ref()?.last_updated?;
            adopted(addition.id).then_some((addition.id, changed))
        });
        round.looked.seen.extend(first_seen);
        Ok(())
    }

    /// Whether psactl's login wrote any of these additions without this state knowing.
    fn look(&self, agreements: &[billing::AgreementFacts], shared: &Shared<'_>) -> Result<second::Looked> {
        let bindings = &shared.bindings;
        let mut seen = BTreeMap::new();
        for addition in agreements.iter().flat_map(|with| &with.additions) {
            if bindings.contains_key(&addition.id)
                && let Some(at) = self.store.seen(addition.id)?
            {
                seen.insert(addition.id, at);
            }
        }
        let known = second::Known { own_name: shared.own_name.as_deref(), bindings, seen: &seen };
        let mut looked = second::additions(agreements, &known);
        // A write of this psactl whose answer was lost, and which the server kept in a form of its own.
        let mut strange = Vec::new();
        for sighting in looked.strange {
            if !self.store.tried_to_write(sighting.id, sighting.at, second::TWO_CLOCKS.as_secs())? {
                strange.push(sighting);
            }
        }
        looked.strange = strange;
        Ok(looked)
    }
}
