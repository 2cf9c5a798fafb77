//! Agreement additions and use (guide, company step 2; design section 9, *Billing*).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::folded;
use crate::config::Config;
use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{PortalData, Seen, State, company_of};
use crate::psa::{Addition, Agreement, OrEmpty};
use crate::services::{self, Service, Unit};
use crate::store::{Binding, Link};
use crate::sync::billing::{AgreementFacts, day, is_foreign, is_live, target, why_ended};
use crate::sync::{billable, observe};
use crate::ui::text;

/// An addition with its agreement.
type Line<'a> = (&'a Agreement, &'a Addition);

/// What every customer's judgement needs.
struct Facts<'a> {
    config: &'a Config,
    portal: &'a PortalData,
    state: &'a State,
    today: Date,
    names: &'a BTreeMap<i64, String>,
    /// Additions by serial number without case and blanks.
    lines: BTreeMap<String, Vec<Line<'a>>>,
    bindings: BTreeMap<i64, Binding>,
}

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let Some((config, portal, state)) = seen.ground() else { return };
    let Some(lists) = seen.lists() else { return };
    if !config.billing.enabled {
        found.skip_group(Group::Billing, "billing is off ([billing] enabled)");
        return;
    }
    let (Some(Ok(agreements)), Some(today)) = (&lists.agreements, lists.today) else {
        if seen.look.wants(Group::Billing) {
            found.skip_group(Group::Billing, "not checked, because the agreements could not be read");
        }
        return;
    };
    if state.chosen.products.is_empty() {
        found.skip_group(Group::Billing, "not checked, because set-up is not finished");
        return;
    }
    let bindings = state.store.bindings(portal.source).unwrap_or_default();
    let facts = Facts {
        config,
        portal,
        state,
        today,
        names: &lists.names,
        lines: by_serial(agreements),
        bindings: bindings.into_iter().map(|binding| (binding.addition_id, binding)).collect(),
    };
    for link in state.links.iter().filter(|link| seen.asked(&link.cid)) {
        let (gone, unread) = (&lists.gone, &lists.unread_companies);
        let in_use = !gone.contains_key(&link.company_id) && !unread.contains(&link.company_id);
        if in_use && billable::unconfirmed(config, &portal.snapshot, link).is_none() {
            facts.customer(link, found);
        }
    }
    if seen.look.cids.is_empty() {
        facts.orphans(found);
    }
}

fn by_serial(agreements: &[AgreementFacts]) -> BTreeMap<String, Vec<Line<'_>>> {
    let mut lines: BTreeMap<String, Vec<Line<'_>>> = BTreeMap::new();
    for with in agreements {
        for addition in &with.additions {
            let serial = folded(addition.serial_number.or_empty());
            if !serial.is_empty() {
                lines.entry(serial).or_default().push((&with.agreement, addition));
            }
        }
    }
    lines
}

fn product(addition: &Addition) -> Option<i64> {
    addition.product.as_ref().and_then(|product| product.id)
}

impl Facts<'_> {
    fn shown(&self, (agreement, addition): Line<'_>) -> String {
        let company = company_of(agreement);
        let name = company.and_then(|id| self.names.get(&id)).map_or("", String::as_str);
        format!(
            "addition #{} ({}) on {} (#{}) of {name}",
            addition.id,
            addition.product.as_ref().map(ToString::to_string).unwrap_or_default(),
            agreement.name.or_empty(),
            agreement.id,
        )
    }

    fn evidence(&self, line: Line<'_>, cid: Option<&str>, and: &str) -> Evidence {
        let evidence = Evidence::new(format!("{}{and}", self.shown(line)));
        let evidence = evidence.record("agreement addition", line.1.id);
        match cid {
            Some(cid) => evidence.of(cid),
            None => evidence,
        }
    }

    fn is_ours(&self, addition: &Addition) -> bool {
        let products = &self.state.chosen.products;
        product(addition).is_some_and(|id| products.values().any(|known| known.contains(&id)))
    }

    /// One customer's services.
    fn customer(&self, link: &Link, found: &mut Findings) {
        let managed_id = self.config.connectwise.managed_id(&link.cid);
        let all = self.lines.get(&folded(&managed_id)).map_or(&[][..], Vec::as_slice);
        let exact = |line: &&Line<'_>| line.1.serial_number.or_empty().trim() == managed_id;
        let here = |line: &&Line<'_>| company_of(line.0) == Some(link.company_id);
        let live = |line: &&Line<'_>| is_live(**line, self.today);
        let usage = observe::usage(&self.portal.snapshot, &link.cid);
        let whole = self.portal.snapshot.problems_of(&link.cid).next().is_none();
        for line in all.iter().filter(live) {
            self.negative(*line, link, found);
        }
        for line in all.iter().filter(|line| !exact(line)).filter(live) {
            let and =
                format!(": serial number “{}”, should be {managed_id}", line.1.serial_number.or_empty());
            found.find("addition-letters", self.evidence(*line, Some(&link.cid), &and));
        }
        for line in all.iter().filter(exact).filter(live).filter(|line| !here(line)) {
            let and = format!(
                " bills {managed_id}, which is linked to {} (#{})",
                link.company_name, link.company_id
            );
            found.find("addition-elsewhere", self.evidence(*line, Some(&link.cid), &and));
        }
        for service in services::enabled(&self.config.billing) {
            let products = self.state.chosen.products.get(service.key).map_or(&[][..], Vec::as_slice);
            let of_service: Vec<Line<'_>> = all
                .iter()
                .copied()
                .filter(|line| product(line.1).is_some_and(|id| products.contains(&id)))
                .collect();
            let own: Vec<Line<'_>> = of_service.iter().filter(exact).filter(here).copied().collect();
            let running: Vec<Line<'_>> = own.iter().filter(live).copied().collect();
            let used = usage.get(service.key).filter(|used| !used.total.is_zero());
            match (running.as_slice(), used) {
                ([], Some(used)) if whole => {
                    found.explain(&link.cid, service.name);
                    // What is written wrongly elsewhere is told where it stands.
                    let told = |line: &&Line<'_>| (!exact(line) || !here(line)) && live(line);
                    if !of_service.iter().any(|line| told(&line)) {
                        self.unbilled(link, service, used.total, &own, found);
                    }
                }
                ([], _) => {}
                ([one], used) => {
                    if let (Some(binding), Some(used)) = (self.bindings.get(&one.1.id), used)
                        && is_foreign(
                            binding,
                            one.1,
                            target(one.1.less_included.unwrap_or_default(), used, &self.config.billing),
                        )
                    {
                        self.another_writer(*one, link, service, binding, found);
                    }
                }
                (several, _) => {
                    found.explain(&link.cid, service.name);
                    for line in several {
                        let and = format!(" bills {} of {managed_id}", service.name);
                        found.find("addition-doubled", self.evidence(*line, Some(&link.cid), &and));
                    }
                }
            }
        }
    }

    /// A used service that no live addition bills: why.
    fn unbilled(
        &self,
        link: &Link,
        service: &Service,
        used: Decimal,
        own: &[Line<'_>],
        found: &mut Findings,
    ) {
        let unit = match service.unit {
            Unit::Gigabytes => format!(" {}", self.config.portal.gigabyte.unit()),
            Unit::Count => String::new(),
        };
        let uses = format!(
            "{} (#{}) uses {}{unit} of {}",
            link.company_name,
            link.company_id,
            text::quantity(used),
            service.name
        );
        let dry =
            format!("psactl setup agreements {} --dry-run shows the addition that would bill it", link.cid);
        let Some(line) = own.iter().max_by_key(|line| (line.0.next_invoice_date, line.1.id)) else {
            let managed_id = self.config.connectwise.managed_id(&link.cid);
            let evidence =
                Evidence::new(format!("{uses}, and no addition with serial number {managed_id} bills it"));
            found.find_with("usage-unbilled", evidence.of(&link.cid).record("company", link.company_id), dry);
            return;
        };
        let (agreement, addition) = *line;
        let uncancelled = Addition { cancelled_date: None, ..addition.clone() };
        if let Some(why) = why_ended(agreement, &uncancelled, self.today) {
            found.find_with(
                "addition-ended",
                self.evidence(*line, Some(&link.cid), &format!(": {why}; {uses}")),
                dry,
            );
        } else if let Some(why) = why_ended(agreement, addition, self.today) {
            let fix = format!(
                "take Cancelled Date out: Finance > Agreements > {} > Additions",
                agreement.name.or_empty()
            );
            found.find_with(
                "addition-cancelled",
                self.evidence(*line, Some(&link.cid), &format!(" {why}; {uses}")),
                fix,
            );
            found.mend("addition-cancelled", &format!("or {dry}"));
        } else {
            let from = addition.effective_date.map(|from| day(from).to_string()).unwrap_or_default();
            found.find(
                "addition-future",
                self.evidence(*line, Some(&link.cid), &format!(" takes effect on {from}; {uses}")),
            );
        }
    }

    fn negative(&self, line: Line<'_>, link: &Link, found: &mut Findings) {
        let Some(billed) =
            line.1.billed_quantity.filter(|billed| billed.is_sign_negative() && !billed.is_zero())
        else {
            return;
        };
        let and = format!(
            ": quantity {}, less included {}, quantity to bill {}, price of the line {}",
            line.1.quantity.map_or_else(|| "empty".to_owned(), text::quantity),
            text::quantity(line.1.less_included.unwrap_or_default()),
            text::quantity(billed),
            line.1.ext_price.map_or_else(|| "unknown".to_owned(), text::money),
        );
        found.find("addition-negative", self.evidence(line, Some(&link.cid), &and));
    }

    fn another_writer(
        &self,
        line: Line<'_>,
        link: &Link,
        service: &Service,
        binding: &Binding,
        found: &mut Findings,
    ) {
        let shown = |value: Option<Decimal>| value.map_or_else(|| "empty".to_owned(), text::quantity);
        let id = line.1.id;
        let info = line.1.info.as_ref();
        let who = info.and_then(|info| info.updated_by.clone()).filter(|who| !who.is_empty());
        let when = info.and_then(|info| info.last_updated).map(text::moment);
        let and = format!(
            ": quantity {}, psactl's last {}; written by {} at {} UTC",
            shown(line.1.quantity),
            shown(binding.pushed.or(binding.adopted)),
            who.as_deref().unwrap_or("unknown"),
            when.as_deref().unwrap_or("an unknown time"),
        );
        found.find_with(
            "another-writer",
            self.evidence(line, Some(&link.cid), &and),
            format!("psactl review --take-over {id} lets psactl keep this addition again"),
        );
        found.explain(&link.cid, &format!("{}, addition #{id}", service.name));
    }

    /// Additions whose serial number is no customer's: with psactl's products, or with its prefix.
    fn orphans(&self, found: &mut Findings) {
        let connectwise = &self.config.connectwise;
        let known: BTreeSet<String> = (self.portal.snapshot.customers.iter())
            .map(|customer| folded(&connectwise.managed_id(&customer.cid)))
            .collect();
        let prefix = folded(&connectwise.managed_id(""));
        for (serial, lines) in self.lines.iter().filter(|(serial, _)| !known.contains(*serial)) {
            let prefixed = !prefix.is_empty() && serial.starts_with(&prefix);
            for line in lines.iter().filter(|line| is_live(**line, self.today)) {
                if !prefixed && !self.is_ours(line.1) {
                    continue;
                }
                let and = format!(
                    " bills {} of {}, which the portal does not know",
                    line.1.quantity.map_or_else(|| "nothing".to_owned(), text::quantity),
                    line.1.serial_number.or_empty()
                );
                found.find("addition-orphan", self.evidence(*line, None, &and));
            }
        }
    }
}
