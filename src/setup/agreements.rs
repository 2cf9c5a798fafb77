//! Guide, company step 2: for each service a customer uses, one agreement addition.
//!
//! An addition is never created empty to be filled later: the guide's figure 19 bills -75.00 that way.

mod answers;
mod make;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Finding, FlatFee, Product, Setup, Step};
use crate::config::BelowIncluded;
use crate::error::Result;
use crate::psa::{Addition, Agreement, OrEmpty};
use crate::services::Service;
use crate::store::Link;
use crate::sync::billing::{self, AgreementFacts, Use};
use crate::sync::{billable, observe};
use crate::ui::text;

pub use answers::Answers;
use make::Place;
use place::{choose, effective, named};

const STEP: Step = Step::Agreements;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let snapshot = match &setup.portal {
        Ok(snapshot) => snapshot.clone(),
        Err(error) => {
            finding.person(format!("the portal's data cannot be read: {error}"));
            return Ok(finding);
        }
    };
    let today = setup.today().await?;
    let last = setup.store.import(setup.source)?.and_then(|import| import.measured_at);
    let older = billable::is_older(last, &snapshot, setup.now);
    let skew = setup.client.clock_skew(setup.now);
    let mut billed = Vec::new();
    for link in setup.links.clone() {
        if let Some(unconfirmed) = super::unconfirmed(&link, setup.config) {
            finding.person(unconfirmed);
            continue;
        }
        let usage = observe::usage(&snapshot, &link.cid);
        if usage.is_empty() && snapshot.problems_of(&link.cid).next().is_none() {
            continue;
        }
        // What sync would not bill gets no addition either.
        if let Some((reason, fix)) = billable::blocked(setup.config, &snapshot, &link, older, skew, setup.now)
        {
            finding.person(format!("customer {}: {reason}; {fix}", link.cid));
            continue;
        }
        billed.push((link, usage));
    }
    let companies: BTreeSet<i64> = billed.iter().map(|(link, _)| link.company_id).collect();
    let agreements = observe::agreements_of(setup.client, companies).await?;
    let mut undecided: BTreeMap<&'static str, Vec<&Link>> = BTreeMap::new();
    // Every customer of the company counts, not only those that are looked at now.
    let linked = setup.store.links(setup.source)?;
    let alone = |link: &Link| {
        let mut all = linked.iter().chain(billed.iter().map(|(other, _)| other));
        all.all(|other| other.company_id != link.company_id || other.cid == link.cid)
    };
    for (link, usage) in &billed {
        let agreements = agreements.get(&link.company_id).map_or(&[][..], Vec::as_slice);
        let managed_id = setup.config.connectwise.managed_id(&link.cid);
        for service in setup.services() {
            let Some(used) = usage.get(service.key).filter(|used| !used.total.is_zero()) else { continue };
            let products = setup.known.products.get(service.key).map_or(&[][..], Vec::as_slice);
            let existing = existing(agreements, products, &managed_id, today);
            if !existing.is_empty() {
                finding.found.extend(
                    existing
                        .into_iter()
                        .map(|found| format!("{} of {}: {found}", service.name, link.company_name)),
                );
                continue;
            }
            if let Some(doubt) = snapshot.doubts_of(&link.cid).get(service.key) {
                needs(
                    &mut finding,
                    link,
                    service,
                    used,
                    &format!("that is in doubt ({doubt}): see to it first"),
                );
                continue;
            }
            let Some(product) = products.first() else { continue };
            if let Some(why) = billed_without_serial(agreements, products, &managed_id, today) {
                needs(&mut finding, link, service, used, &why);
                continue;
            }
            let placed = placed(setup, &mut finding, link, agreements, &managed_id, today);
            let (agreement, from) = match placed {
                Ok(placed) => placed,
                Err(why) => {
                    needs(&mut finding, link, service, used, &why);
                    continue;
                }
            };
            let place = Place { source: setup.source, link, managed_id: &managed_id, agreement, from };
            let mut included = None;
            let mut flat_fee = None;
            if let Some(fee) = setup.known.flat_fees.get(service.key) {
                let billed = is_billed(fee, agreements, &managed_id, alone(link), today);
                // One that may be the company's other customer's: to bill it again, or to take off what it includes,
                // could both be wrong.
                if let Some(addition) = unsigned_fee(fee, agreements, today).filter(|_| !billed) {
                    let why = format!(
                        "the flat fee #{} has no serial number, and {} has several customers: enter the Managed ID of \
                         the one it is for",
                        addition.id, link.company_name
                    );
                    needs(&mut finding, link, service, used, &why);
                    continue;
                }
                let named = setup.flat_fees.contains(service.key).then_some(true);
                match named.or_else(|| setup.answers.flat_fee(service.key, &link.cid)) {
                    _ if billed => included = Some(fee.included),
                    Some(true) => {
                        included = Some(fee.included);
                        flat_fee = Some(place.flat_fee(service, fee));
                    }
                    Some(false) => {}
                    None => undecided.entry(service.key).or_default().push(link),
                }
            }
            let settings = &setup.config.billing;
            let below = included
                .filter(|included| billing::round(used.total, settings.rounding) < *included)
                .filter(|_| settings.below_included == BelowIncluded::Hold);
            if let Some(included) = below {
                let why = format!(
                    "this is below the included {}, which [billing] below_included leaves to a person: add it by hand",
                    text::quantity(included)
                );
                needs(&mut finding, link, service, used, &why);
                continue;
            }
            // First what is paid for the included amount, then what it is taken from.
            finding.changes.extend(flat_fee);
            finding.changes.push(place.usage(service, product, used, included, setup.config));
        }
    }
    for service in setup.services() {
        if let (Some(links), Some(fee)) = (undecided.get(service.key), setup.known.flat_fees.get(service.key))
        {
            finding.offer(answers::who_gets(service, fee, links));
        }
    }
    Ok(finding)
}

/// A person has to do something before the use of a service can be billed.
fn needs(finding: &mut Finding, link: &Link, service: &Service, used: &Use, why: &str) {
    finding.person(format!(
        "{} ({}) uses {} {} of {} and {why}; Company > {} > Agreements",
        link.company_name,
        link.cid,
        text::quantity(used.total),
        service.unit.as_str(),
        service.name,
        link.company_name
    ));
}

/// Where an addition goes and from when it bills, or why only a person can say so; what can be asked is offered.
fn placed<'a>(
    setup: &Setup<'_>,
    finding: &mut Finding,
    link: &Link,
    agreements: &'a [AgreementFacts],
    managed_id: &str,
    today: Date,
) -> std::result::Result<(&'a Agreement, Date), String> {
    let said = setup.answers.agreement(&link.cid);
    // An answer about an agreement that ran out since is none.
    let said = said.and_then(|id| named(agreements, id).ok());
    let agreement =
        match (setup.agreement, said) {
            (Some(id), _) => named(agreements, id)?,
            (None, Some(agreement)) => agreement,
            (None, None) => choose(agreements, &setup.config.billing.agreement_type, managed_id, today)
                .map_err(|why| match answers::which_agreement(link, agreements) {
                    Some(offer) => {
                        finding.offer(offer);
                        format!(
                            "{why}: psactl companies add {} {} --agreement ID says which",
                            link.cid, link.company_id
                        )
                    }
                    None => why,
                })?,
        };
    let given = setup.answers.start(agreement.id).or(setup.effective_date);
    let from = effective(agreement, given, today)
        .inspect_err(|_| finding.offer(answers::which_start(agreement, &link.company_name)))?;
    Ok((agreement, from))
}

/// Whether a customer is billed a flat fee already: with its serial number, or by hand without one where it is the
/// company's only customer.
fn is_billed(
    fee: &FlatFee,
    agreements: &[AgreementFacts],
    managed_id: &str,
    alone: bool,
    today: Date,
) -> bool {
    let Some(product) = fee.product.item.id else { return false };
    let serials = [Some(managed_id), alone.then_some("")];
    serials.into_iter().flatten().any(|serial| {
        with_serial(agreements, serial, today)
            .any(|(_, addition)| addition.product.as_ref().and_then(|product| product.id) == Some(product))
    })
}

/// A flat fee that was made by hand without a serial number.
fn unsigned_fee<'a>(fee: &FlatFee, agreements: &'a [AgreementFacts], today: Date) -> Option<&'a Addition> {
    let product = fee.product.item.id?;
    let of_fee = |addition: &Addition| addition.product.as_ref().and_then(|own| own.id) == Some(product);
    with_serial(agreements, "", today).map(|(_, addition)| addition).find(|addition| of_fee(addition))
}

/// Why a person must look first: an addition bills the service with the serial number left out, or written otherwise.
/// Beside it psactl's own would bill twice.
fn billed_without_serial(
    agreements: &[AgreementFacts],
    products: &[Product],
    managed_id: &str,
    today: Date,
) -> Option<String> {
    let (agreement, addition) = running(agreements, today).find(|(_, addition)| {
        let serial = addition.serial_number.or_empty().trim();
        let alike = serial.is_empty() || serial.to_lowercase() == managed_id.to_lowercase();
        alike && is_of(addition, products)
    })?;
    let serial = match addition.serial_number.or_empty().trim() {
        "" => "without a serial number".to_owned(),
        other => format!("with the serial number “{other}”"),
    };
    Some(format!(
        "addition #{} on {} bills it {serial}: enter {managed_id} there, or end it",
        addition.id,
        agreement.name.or_empty()
    ))
}

/// Whether an addition is of one of these products.
fn is_of(addition: &Addition, products: &[Product]) -> bool {
    let product = addition.product.as_ref().and_then(|product| product.id);
    product.is_some() && products.iter().any(|known| known.item.id == product)
}

/// Additions that bill the service or will: psactl never adds one of its own beside them. One that was
/// cancelled or whose agreement has ended bills nothing any more.
fn existing(
    agreements: &[AgreementFacts],
    products: &[Product],
    managed_id: &str,
    today: Date,
) -> Vec<String> {
    with_serial(agreements, managed_id, today)
        .filter(|(_, addition)| is_of(addition, products))
        .map(|(agreement, addition)| format!("addition #{} on {}", addition.id, agreement.name.or_empty()))
        .collect()
}

/// The additions of a customer that have not ended.
pub fn with_serial<'a>(
    agreements: &'a [AgreementFacts],
    managed_id: &'a str,
    today: Date,
) -> impl Iterator<Item = (&'a Agreement, &'a Addition)> {
    running(agreements, today)
        .filter(move |(_, addition)| addition.serial_number.or_empty().trim() == managed_id)
}

/// The additions that have not ended.
fn running(agreements: &[AgreementFacts], today: Date) -> impl Iterator<Item = (&Agreement, &Addition)> {
    agreements
        .iter()
        .flat_map(|with| with.additions.iter().map(move |addition| (&with.agreement, addition)))
        .filter(move |(agreement, addition)| billing::why_ended(agreement, addition, today).is_none())
}

#[cfg(test)]
#[path = "agreements_tests.rs"]
mod tests;
