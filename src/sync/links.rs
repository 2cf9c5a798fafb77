//! The links a run goes by (design section 9, *Links*): a Managed ID on two companies is a contradiction that only a
//! person can resolve; one that was made in ConnectWise since, on the company that is called like the customer, is
//! taken over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Observed, Round, Run, is_everybodys, observe};
use crate::config::Config;
use crate::error::Result;
use crate::plan::Plan;
use crate::portal::Customer;
use crate::psa::{self, Company, Condition, ManagedId, OrEmpty, Query, paths};
use crate::setup::{Chosen, managed_ids};
use crate::store::Link;
use crate::ui::text;

/// When unlinked customers were last looked for in ConnectWise.
const LOOKED: &str = "looked_for_links";

/// The Managed IDs of a solution among the entries of a company.
pub(super) fn sighted(entries: &[ManagedId], solution: i64) -> BTreeSet<String> {
    let own = |entry: &&ManagedId| entry.management_solution.as_ref().and_then(|of| of.id) == Some(solution);
    let ids = entries.iter().filter(own).filter_map(|entry| entry.group_identifier.as_deref());
    ids.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
}

/// The customers whose Managed ID stands on another company than the linked one, with those companies.
pub(super) fn contradicted(
    config: &Config,
    links: &BTreeMap<String, Link>,
    doubled: &BTreeMap<String, BTreeSet<i64>>,
) -> BTreeMap<String, BTreeSet<i64>> {
    let others = |link: &Link| {
        let companies = doubled.get(&config.connectwise.managed_id(&link.cid))?;
        let others: BTreeSet<i64> = companies.iter().copied().filter(|id| *id != link.company_id).collect();
        (!others.is_empty()).then_some((link.cid.clone(), others))
    };
    links.values().filter_map(others).collect()
}

/// Blocks a customer whose Managed ID stands on other companies, too.
pub(super) fn block(config: &Config, link: &Link, others: &BTreeSet<i64>, plan: &mut Plan) {
    let others: Vec<String> = others.iter().map(|id| format!("#{id}")).collect();
    let of = if others.len() == 1 { "company" } else { "companies" };
    plan.block(
        Some(&link.cid),
        &link.company_name,
        format!(
            "its Managed ID {} stands on company #{} and on {of} {}",
            config.connectwise.managed_id(&link.cid),
            link.company_id,
            others.join(", ")
        ),
        format!(
            "delete the entry of the wrong company in ConnectWise (Company > the company > Management), then psactl \
             sync --cid {}",
            link.cid
        ),
    );
}

/// The company that a customer may be linked to without a person: called like the customer, in any letters, and the
/// only one of those with its Managed ID.
fn stated<'a>(
    customer: &Customer,
    managed_id: &str,
    companies: &'a [Company],
    sightings: &BTreeMap<i64, BTreeSet<String>>,
) -> Option<&'a Company> {
    let name = customer.name.trim().to_lowercase();
    let states = |company: &&Company| sightings.get(&company.id).is_some_and(|ids| ids.contains(managed_id));
    let mut found = companies.iter().filter(states);
    let one = found.next().filter(|_| found.next().is_none())?;
    (!name.is_empty() && one.name.or_empty().trim().to_lowercase() == name).then_some(one)
}

impl Run<'_> {
    /// Whether customers of the portal that no company is linked to are to be looked for in ConnectWise now: as often
    /// as everything is verified.
    pub(super) fn looks_for_links(&self, observed: &Observed, now: Timestamp) -> Result<bool> {
        let unlinked = observed.snapshot.customers.iter().any(|own| !observed.links.contains_key(&own.cid));
        if !unlinked || !self.options.cids.is_empty() || self.options.only.is_some() {
            return Ok(false);
        }
        let looked = self.store.meta_time(LOOKED)?.filter(|looked| *looked <= now);
        let due = looked.is_none_or(|looked| now.duration_since(looked) >= self.config.sync.verify_every);
        Ok(due || self.options.verify)
    }

    /// Links the customers whose Managed ID somebody entered in ConnectWise since, where nothing contradicts it.
    pub(super) async fn adopt_links(
        &self,
        observed: &mut Observed,
        chosen: &Chosen,
        source: &str,
        plan: &mut Plan,
        now: Timestamp,
    ) -> Result<()> {
        let Some(solution) = chosen.solution else { return Ok(()) };
        let unlinked: Vec<&Customer> =
            observed.snapshot.customers.iter().filter(|own| !observed.links.contains_key(&own.cid)).collect();
        // A name of which no record says how a filter carries it is left to companies link.
        let odd = |name: &str| name.contains('\\') || name.contains('"') && name.contains('\'');
        let plain = |name: &&str| !name.trim().is_empty() && !odd(name);
        let names = unlinked.iter().map(|customer| customer.name.as_str()).filter(plain);
        let mut companies: Vec<Company> = Vec::new();
        for some in Condition::in_batches("name", names, 1200) {
            let query = Query::all().filter(some).fields("id,name,status,deletedFlag");
            companies.extend(self.client.list::<Company>(&paths::companies(), &query).await?);
        }
        let gone = observe::out_of_use(self.client, companies.iter().map(|own| own.id).collect()).await?;
        companies.retain(|company| !gone.contains_key(&company.id));
        let mut sightings = BTreeMap::new();
        for company in &companies {
            let entries = managed_ids::entries_of(self.client, company.id).await?;
            let ids = sighted(&entries, solution);
            if !self.options.dry_run {
                self.store.see_managed_ids(company.id, &ids)?;
            }
            sightings.insert(company.id, ids);
        }
        let doubled = self.store.doubled_managed_ids()?;
        let mut found = Vec::new();
        for customer in unlinked {
            let managed_id = self.config.connectwise.managed_id(&customer.cid);
            let Some(company) = stated(customer, &managed_id, &companies, &sightings) else { continue };
            if doubled.contains_key(&managed_id) {
                continue;
            }
            // Another source, other customers: that its customer of this number is the same one, a person says.
            if self.store.is_linked_by_another(source, company.id)? {
                continue;
            }
            let name = company.name.or_empty();
            plan.note(
                Some(&customer.cid),
                format!(
                    "linked to {} (#{}): its Managed ID {managed_id} stands there",
                    text::clean(name),
                    company.id
                ),
            );
            found.push(Link {
                cid: customer.cid.clone(),
                company_id: company.id,
                company_name: name.to_owned(),
                portal_name: customer.name.clone(),
                managed_id,
                origin: "managed-id".to_owned(),
                confirmed_at: now,
            });
        }
        for link in found {
            if !self.options.dry_run {
                self.store.set_link(source, &link)?;
            }
            observed.links.insert(link.cid.clone(), link);
        }
        if !self.options.dry_run {
            self.store.set_meta(LOOKED, &now.to_string())?;
        }
        Ok(())
    }

    /// Remembers what was seen, and writes nothing for customers whose link it contradicts.
    pub(super) fn block_contradictions(
        &self,
        observed: &Observed,
        rounds: &mut BTreeMap<String, Round>,
    ) -> Result<()> {
        for (cid, round) in rounds.iter() {
            if let (Some(seen), Some(link), false) =
                (&round.sighted, observed.links.get(cid), self.options.dry_run)
            {
                self.store.see_managed_ids(link.company_id, seen)?;
            }
        }
        for (cid, others) in contradicted(self.config, &observed.links, &self.store.doubled_managed_ids()?) {
            let Some((round, link)) = rounds.get_mut(&cid).zip(observed.links.get(&cid)) else { continue };
            let mut plan = Plan::default();
            block(self.config, link, &others, &mut plan);
            // What was said of its holds stands: it was not judged.
            *round = Round { plan, sighted: round.sighted.take(), ..Round::default() };
        }
        Ok(())
    }

    /// Looks again at the companies that contradict a link, where its customer is due: the cause may be gone. Says
    /// whether it looked.
    pub(super) async fn look_again(
        &self,
        observed: &mut Observed,
        chosen: &Chosen,
        due: &BTreeSet<String>,
    ) -> Result<bool> {
        let (Some(solution), false) = (chosen.solution, self.options.dry_run) else { return Ok(false) };
        let known = observed.contradicted.iter().filter(|(cid, _)| due.contains(*cid));
        let companies: BTreeSet<i64> = known.flat_map(|(_, others)| others.iter().copied()).collect();
        if companies.is_empty() {
            return Ok(false);
        }
        for company in companies {
            // A company that is gone contradicts nothing.
            let entries = match managed_ids::entries_of(self.client, company).await {
                Ok(entries) => entries,
                Err(failure) if failure.psa().is_some_and(psa::Error::is_not_found) => Vec::new(),
                Err(failure) if is_everybodys(&failure) => return Err(failure),
                // One that cannot be read now contradicts as before: its customer stays blocked, no other.
                Err(_) => continue,
            };
            self.store.see_managed_ids(company, &sighted(&entries, solution))?;
        }
        observed.contradicted =
            contradicted(self.config, &observed.links, &self.store.doubled_managed_ids()?);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn company(id: i64, name: &str) -> Company {
        serde_json::from_value(json!({ "id": id, "name": name })).unwrap()
    }

    fn customer(cid: &str, name: &str) -> Customer {
        Customer { cid: cid.into(), name: name.into(), brand: String::new() }
    }

    #[test]
    fn only_what_is_stated_once_and_called_alike_is_taken_over() {
        let companies =
            [company(20, "Eddie's TV Repair"), company(21, "Joe TV Repair"), company(22, "Angry Fox ")];
        let seen = |rows: &[(i64, &[&str])]| -> BTreeMap<i64, BTreeSet<String>> {
            rows.iter().map(|(id, ids)| (*id, ids.iter().map(|own| (*own).to_owned()).collect())).collect()
        };
        // Who it is, what was seen on which company -> the company
        let rows = [
            ("called alike", customer("419", "angry fox"), seen(&[(22, &["EFS-419"])]), Some(22)),
            (
                "two Managed IDs on one",
                customer("419", "Angry Fox"),
                seen(&[(22, &["EFS-1", "EFS-419"])]),
                Some(22),
            ),
            ("called otherwise", customer("419", "Angry Fox"), seen(&[(21, &["EFS-419"])]), None),
            ("on two", customer("419", "Angry Fox"), seen(&[(21, &["EFS-419"]), (22, &["EFS-419"])]), None),
            ("another's", customer("419", "Angry Fox"), seen(&[(22, &["EFS-4190"])]), None),
            ("on none", customer("419", "Angry Fox"), seen(&[]), None),
            ("without a name", customer("419", " "), seen(&[(22, &["EFS-419"])]), None),
        ];
        for (what, customer, seen, expected) in rows {
            let found = stated(&customer, "EFS-419", &companies, &seen).map(|company| company.id);
            assert_eq!(found, expected, "{what}");
        }
    }
}
