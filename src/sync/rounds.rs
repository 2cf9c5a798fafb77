//! One customer's round: what is read of ConnectWise, and what is planned from it. The rules are in
//! [`super::statistics`] and [`super::billing`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Observed, Part, Round, Run, billable, billing, is_everybodys, links, observe, statistics};
use crate::error::Result;
use crate::plan::Plan;
use crate::services;
use crate::setup::{Chosen, managed_ids};
use crate::store::Link;

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
        }
        if !self.config.billing.enabled || !self.options.does(Part::Billing) {
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
        let bindings =
            self.store.bindings(source)?.into_iter().map(|binding| (binding.addition_id, binding)).collect();
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
        Ok(())
    }
}
