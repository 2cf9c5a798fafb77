//! Customers, companies and their Managed IDs (guide, company step 1 and issue C; design section 9, *Links*).

use std::collections::{BTreeMap, BTreeSet};

use super::folded;
use crate::config::Config;
use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{Lists, PortalData, Seen, State};
use crate::psa::{ManagedId, OrEmpty};
use crate::setup::managed_ids::{FIRST, SECOND, of_solution};
use crate::store::Link;
use crate::sync::billable;
use crate::sync::pausing::Pauses;

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let Some((config, portal, state)) = seen.ground() else { return };
    let Some(lists) = seen.lists() else { return };
    if state.chosen.solution.is_none() {
        found.skip_group(Group::Links, "not checked, because set-up is not finished");
        return;
    }
    unlinked(seen, config, portal, state, found);
    let links: Vec<&Link> = state.links.iter().filter(|link| seen.asked(&link.cid)).collect();
    for link in &links {
        let company = company(link);
        if let Some((reason, fix)) = billable::unconfirmed(config, &portal.snapshot, link) {
            found.find_with(
                "link-unconfirmed",
                about(link, format!("customer {} on {company}: {reason}", link.cid)),
                fix,
            );
            found.explain(&link.cid, "");
        }
        if let Some(reason) = lists.gone.get(&link.company_id) {
            let fix = format!(
                "psactl companies link {} COMPANY --replace, or make the company active again",
                link.cid
            );
            found.find_with("company-gone", about(link, format!("customer {}: {reason}", link.cid)), fix);
            found.explain(&link.cid, "");
        }
    }
    let Some(entries) = &lists.entries else {
        if seen.look.wants(Group::Links) {
            skip(found, "not checked, because not all companies could be read");
        }
        return;
    };
    let Some(solution) = state.chosen.solution else { return };
    for link in &links {
        let confirmed = link.is_confirmed_for(config) && !lists.gone.contains_key(&link.company_id);
        if let Some(entries) = entries.get(&link.company_id).filter(|_| confirmed) {
            one_company(config, link, solution, entries, found);
        }
    }
    all_companies(seen, Whole { config, portal, lists, solution, links: &links, entries }, found);
}

fn skip(found: &mut Findings, because: &str) {
    for id in [
        "managed-id-missing",
        "managed-id-letters",
        "managed-id-doubled",
        "managed-id-companies",
        "managed-id-order",
        "managed-id-unknown",
        "managed-id-agreement",
    ] {
        found.skip(id, because);
    }
}

fn company(link: &Link) -> String {
    format!("{} (#{})", link.company_name, link.company_id)
}

fn about(link: &Link, text: String) -> Evidence {
    Evidence::new(text).of(&link.cid).record("company", link.company_id)
}

fn unlinked(seen: &Seen<'_>, config: &Config, portal: &PortalData, state: &State, found: &mut Findings) {
    let linked: BTreeSet<&str> = state.links.iter().map(|link| link.cid.as_str()).collect();
    let pauses = Pauses::at(state.store.pauses(portal.source).unwrap_or_default(), seen.now);
    for customer in &portal.snapshot.customers {
        let cid = customer.cid.as_str();
        if !linked.contains(cid) && seen.asked(cid) && !pauses.sleeps(cid, config) {
            found.find("customer-unlinked", Evidence::new(format!("{cid} {}", customer.name)).of(cid));
            found.explain(cid, "");
        }
    }
}

fn kind(entry: &ManagedId) -> &str {
    entry.device_type.as_ref().map_or("", |own| own.as_str())
}

fn entry(entry: &ManagedId) -> String {
    format!("#{} ({})", entry.id, kind(entry))
}

/// The entries of one linked company.
fn one_company(config: &Config, link: &Link, solution: i64, entries: &[ManagedId], found: &mut Findings) {
    let managed_id = config.connectwise.managed_id(&link.cid);
    let own = of_solution(entries, Some(solution), &managed_id);
    let at = |wanted: &str| own.iter().copied().filter(|own| kind(own) == wanted).collect::<Vec<_>>();
    let (first, second) = (at(FIRST), at(SECOND));
    let on = format!("{managed_id} on {}", company(link));
    let near: Vec<&ManagedId> = entries
        .iter()
        .filter(|own| own.management_solution.as_ref().and_then(|of| of.id) == Some(solution))
        .filter(|own| {
            let text = own.group_identifier.or_empty().trim();
            text != managed_id && folded(text) == folded(&managed_id)
        })
        .collect();
    for own in &near {
        found.find(
            "managed-id-letters",
            about(link, format!("{}: entry {} reads “{}”", on, entry(own), own.group_identifier.or_empty())),
        );
    }
    for doubled in [&first, &second].into_iter().filter(|entries| entries.len() > 1) {
        let which: Vec<String> = doubled.iter().map(|own| entry(own)).collect();
        found.find("managed-id-doubled", about(link, format!("{on}: entries {}", which.join(" and "))));
    }
    match (first.as_slice(), second.as_slice()) {
        ([first, ..], [second, ..]) if first.id > second.id => {
            found.find_with(
                "managed-id-order",
                about(link, format!("{on}: {} comes before {}", entry(second), entry(first))),
                "psactl setup managed-ids --apply exchanges them, or by hand: Company > the company > Management",
            );
        }
        ([_, ..], [_, ..]) => {}
        _ => {
            // Where the letters differ, that is the cause.
            if near.is_empty() {
                for missing in [(first.is_empty(), FIRST), (second.is_empty(), SECOND)] {
                    if missing.0 {
                        found
                            .find("managed-id-missing", about(link, format!("{on}: no entry {}", missing.1)));
                    }
                }
            }
            found.explain(&link.cid, "backup statistics");
        }
    }
    for own in &own {
        if let Some(agreement) = own.agreement.as_ref().filter(|agreement| agreement.id.is_some()) {
            found.find(
                "managed-id-agreement",
                about(link, format!("{on}: entry {} names agreement “{agreement}”", entry(own))),
            );
        }
    }
}

/// What is judged over all companies that were read.
struct Whole<'a> {
    config: &'a Config,
    portal: &'a PortalData,
    lists: &'a Lists,
    solution: i64,
    links: &'a [&'a Link],
    entries: &'a BTreeMap<i64, Vec<ManagedId>>,
}

fn all_companies(seen: &Seen<'_>, whole: Whole<'_>, found: &mut Findings) {
    let connectwise = &whole.config.connectwise;
    let customers: BTreeMap<String, &str> = whole
        .portal
        .snapshot
        .customers
        .iter()
        .map(|customer| (connectwise.managed_id(&customer.cid), customer.cid.as_str()))
        .collect();
    let letters: BTreeSet<String> = customers.keys().map(|managed_id| folded(managed_id)).collect();
    let mut at: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for (company, entries) in whole.entries {
        for own in entries {
            let of_solution = own.management_solution.as_ref().and_then(|of| of.id) == Some(whole.solution);
            let managed_id = own.group_identifier.or_empty().trim();
            if of_solution && !managed_id.is_empty() {
                at.entry(managed_id).or_default().insert(*company);
            }
        }
    }
    let named = |id: &i64| match whole.lists.names.get(id) {
        Some(name) => format!("{name} (#{id})"),
        None => format!("company #{id}"),
    };
    for (managed_id, companies) in at {
        let shown: Vec<String> = companies.iter().map(named).collect();
        match customers.get(managed_id) {
            Some(cid) if !seen.asked(cid) => {}
            Some(cid) if companies.len() > 1 => {
                let evidence = Evidence::new(format!("{managed_id} on {}", shown.join(" and "))).of(cid);
                let link = whole.links.iter().find(|link| link.cid == **cid);
                let wrong = link.map_or_else(
                    || "the wrong company".to_owned(),
                    |link| format!("the one that is not {}", company(link)),
                );
                found.find_with(
                    "managed-id-companies",
                    evidence,
                    format!(
                        "delete the entry of {wrong} in ConnectWise (Company > the company > Management), then psactl \
                         sync --cid {cid}"
                    ),
                );
                found.explain(cid, "");
            }
            Some(_) => {}
            // Where only letters differ, the linked company's own check tells.
            None if letters.contains(&folded(managed_id)) => {}
            None if !seen.look.cids.is_empty() => {}
            None => {
                for id in &companies {
                    found.find(
                        "managed-id-unknown",
                        Evidence::new(format!("{managed_id} on {}", named(id))).record("company", *id),
                    );
                }
            }
        }
    }
}
