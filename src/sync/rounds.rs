//! One customer's round: what is read of ConnectWise, and what is planned from it. The rules are in
//! [`super::statistics`] and [`super::billing`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{
    Observed, Part, Round, Run, billable, billing, is_everybodys, links, observe, second, statistics,
};
use crate::error::Result;
use crate::plan::Plan;
use crate::services;
use crate::setup::{Chosen, managed_ids};
use crate::store::{Binding, Link};

impl Run<'_> {
    /// One customer: statistics, then billing. A failure is this customer's, unless it is everybody's.
    pub(super) async fn round(
        &mut self,
        observed: &Observed,
        chosen: &Chosen,
        source: &str,
        link: &Link,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Round> {
        let mut round = Round::default();
        match self.plan_customer(observed, chosen, source, link, zone, now, &mut round).await {
            Ok(()) => Ok(round),
            Err(failure) if !is_everybodys(&failure) => {
                round.plan = Plan::default();
                round.trouble =
                    Some(failure.context(format!("customer {} ({})", link.cid, link.company_name)));
                Ok(round)
            }
            Err(failure) => Err(failure),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of a run, handed down")]
    async fn plan_customer(
        &mut self,
        observed: &Observed,
        chosen: &Chosen,
        source: &str,
        link: &Link,
        zone: &TimeZone,
        now: Timestamp,
        round: &mut Round,
    ) -> Result<()> {
        if let Some((reason, fix)) = billable::unconfirmed(self.config, &observed.snapshot, link) {
            round.plan.block(Some(&link.cid), &link.portal_name, reason, fix);
            return Ok(());
        }
        let managed_id = self.config.connectwise.managed_id(&link.cid);
        let usage = observe::usage(&observed.snapshot, &link.cid);
        let partial = observed.older || observed.snapshot.problems_of(&link.cid).next().is_some();
        if self.config.statistics.enabled
            && self.options.does(Part::Statistics)
            && observed.pauses.part(&link.cid, Part::Statistics).is_none()
            && !partial
            && let Some(solution) = chosen.solution
        {
            let entries = managed_ids::entries_of(self.client, link.company_id).await?;
            round.sighted = Some(links::sighted(&entries, solution));
            // Which month it is, the clock says.
            if let Some((reason, fix)) = billable::clock_is_off(self.client.clock_skew((self.clock)())) {
                round.plan.block(Some(&link.cid), "backup statistics", reason, fix);
                return Ok(());
            }
            let numbers = statistics::count(&observed.events, &link.cid, &usage, zone, now);
            let mut unkept = BTreeMap::new();
            for entry in entries.iter().filter(|_| !self.options.force) {
                unkept.insert(entry.id, self.store.unkept(entry.id)?);
            }
            statistics::plan(link, &managed_id, solution, &entries, numbers, &unkept, &mut round.plan);
            statistics::hold_undone(&mut round.plan, &self.store.holds()?);
        }
        let paused = observed.pauses.part(&link.cid, Part::Billing).is_some();
        if !self.config.billing.enabled || !self.options.does(Part::Billing) || paused {
            return Ok(());
        }
        let blocked = |skew| {
            let now = (self.clock)();
            billable::blocked(self.config, &observed.snapshot, link, observed.older, skew, now)
        };
        if let Some((reason, fix)) = blocked(None) {
            round.plan.block(Some(&link.cid), "billing", reason, fix);
            return Ok(());
        }
        let agreements = observe::agreements(self.client, link.company_id).await?;
        // The server's clock is known for certain only once it has answered.
        if let Some((reason, fix)) = blocked(self.client.clock_skew((self.clock)())) {
            round.plan.block(Some(&link.cid), "billing", reason, fix);
            return Ok(());
        }
        round.judged = true;
        let bindings: BTreeMap<i64, Binding> =
            self.store.bindings(source)?.into_iter().map(|binding| (binding.addition_id, binding)).collect();
        round.looked = self.look(&agreements, &bindings)?;
        let holds = self.store.holds()?.into_iter().map(|hold| (hold.record.clone(), hold)).collect();
        round.billing = billing::plan(&billing::Facts {
            source,
            link,
            managed_id: &managed_id,
            agreements: &agreements,
            services: &services::enabled(&self.config.billing),
            products: &chosen.products,
            usage: &usage,
            bindings: &bindings,
            holds: &holds,
            settings: &self.config.billing,
            gigabyte: self.config.portal.gigabyte,
            measured_on: observed
                .snapshot
                .measured_at_of(&link.cid)
                .map(|time| time.to_zoned(zone.clone()).date()),
            today: now.to_zoned(zone.clone()).date(),
        });
        round.plan.extend(std::mem::take(&mut round.billing.plan));
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
    fn look(
        &self,
        agreements: &[billing::AgreementFacts],
        bindings: &BTreeMap<i64, Binding>,
    ) -> Result<second::Looked> {
        let mut seen = BTreeMap::new();
        for addition in agreements.iter().flat_map(|with| &with.additions) {
            if bindings.contains_key(&addition.id)
                && let Some(at) = self.store.seen(addition.id)?
            {
                seen.insert(addition.id, at);
            }
        }
        let own_name = self.store.own_name()?;
        let known = second::Known { own_name: own_name.as_deref(), bindings, seen: &seen };
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
