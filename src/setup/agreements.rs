//! Guide, company step 2: for each service a customer uses, one agreement addition.
//!
//! An addition is never created empty to be filled later: the guide's figure 19 bills -75.00 that way.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use super::{Finding, Product, Setup, Step};
use crate::error::Result;
use crate::plan::{Change, MoneyEffect, Purpose};
use crate::psa::{Addition, Agreement, AgreementStatus, OrEmpty};
use crate::services::Service;
use crate::store::Link;
use crate::sync::billing::{self, AgreementFacts, Use};
use crate::sync::{billable, observe};
use crate::ui::text;

const STEP: Step = Step::Agreements;

/// What only a person can decide before an addition can be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undecided {
    /// On which of several agreements: id and name of each.
    Agreement(Vec<(i64, String)>),
    /// From when it bills: the agreement has no next invoice ahead.
    Start {
        /// The agreement.
        agreement: i64,
        /// Its name.
        name: String,
    },
}

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
    let older =
        match (setup.store.import(setup.source)?.and_then(|import| import.measured_at), snapshot.measured_at)
        {
            (Some(last), Some(this)) => this < last,
            _ => false,
        };
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
    for (link, usage) in billed {
        let agreements = agreements.get(&link.company_id).map_or(&[][..], Vec::as_slice);
        let managed_id = setup.config.connectwise.managed_id(&link.cid);
        for service in setup.services() {
            let Some(used) = usage.get(service.key).filter(|used| !used.total.is_zero()) else { continue };
            let products = setup.known.products.get(service.key).cloned().unwrap_or_default();
            let existing = existing(agreements, &products, &managed_id, today);
            if !existing.is_empty() {
                finding.found.extend(
                    existing
                        .into_iter()
                        .map(|found| format!("{} of {}: {found}", service.name, link.company_name)),
                );
                continue;
            }
            let Some(product) = products.first() else { continue };
            let agreement = match setup.agreement {
                Some(id) => named(agreements, id),
                None => choose(agreements, &setup.config.billing.agreement_type, &managed_id, today)
                    .map_err(|why| which(why, &link, agreements, &mut setup.undecided)),
            };
            let placed = agreement.and_then(|agreement| {
                let from = effective(agreement, setup.effective_date, today).inspect_err(|_| {
                    let (id, name) = (agreement.id, agreement.name.or_empty().to_owned());
                    setup.undecided.insert(Undecided::Start { agreement: id, name });
                })?;
                Ok((agreement, from))
            });
            match placed {
                Ok((agreement, effective)) => finding.changes.push(addition_for(
                    setup.source,
                    &link,
                    &managed_id,
                    service,
                    product,
                    agreement,
                    used,
                    effective,
                    setup.config,
                )),
                Err(why) => finding.person(format!(
                    "{} ({}) uses {} {} of {} and {why}; Company > {} > Agreements",
                    link.company_name,
                    link.cid,
                    text::quantity(used.total),
                    service.unit.as_str(),
                    service.name,
                    link.company_name
                )),
            }
        }
    }
    if finding.found.len() > 12 {
        let more = finding.found.len() - 10;
        finding.found.truncate(10);
        finding.found.push(format!("and {more} more"));
    }
    Ok(finding)
}

/// From when an addition bills: a next invoice ahead means that the running period is invoiced. Without one
/// nobody but a person knows the start.
fn effective(agreement: &Agreement, given: Option<Date>, today: Date) -> std::result::Result<Date, String> {
    let next = agreement.next_invoice_date.map(billing::day);
    next.filter(|next| *next > today).or(given).ok_or_else(|| {
        let state = next.map_or("no next invoice date".to_owned(), |next| format!("a next invoice that is due since {next}"));
        format!(
            "its agreement “{}” has {state}, so that a person must say from when it bills: set the agreement's next \
             invoice date, add the addition by hand, or psactl setup agreements --effective-date YYYY-MM-DD",
            agreement.name.or_empty()
        )
    })
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
        .filter(|(_, addition)| {
            let product = addition.product.as_ref().and_then(|product| product.id);
            product.is_some() && products.iter().any(|known| known.item.id == product)
        })
        .map(|(agreement, addition)| format!("addition #{} on {}", addition.id, agreement.name.or_empty()))
        .collect()
}

/// The additions of a customer that have not ended.
pub fn with_serial<'a>(
    agreements: &'a [AgreementFacts],
    managed_id: &'a str,
    today: Date,
) -> impl Iterator<Item = (&'a Agreement, &'a Addition)> {
    agreements
        .iter()
        .flat_map(|with| with.additions.iter().map(move |addition| (&with.agreement, addition)))
        .filter(move |(_, addition)| addition.serial_number.or_empty().trim() == managed_id)
        .filter(move |(agreement, addition)| billing::why_ended(agreement, addition, today).is_none())
}

/// The agreements that run.
fn active(agreements: &[AgreementFacts]) -> Vec<&AgreementFacts> {
    let runs = |status: &AgreementStatus| *status == AgreementStatus::Active;
    agreements.iter().filter(|with| with.agreement.agreement_status.as_ref().is_none_or(runs)).collect()
}

fn listed(agreements: &[&AgreementFacts]) -> String {
    let names =
        agreements.iter().map(|with| format!("#{} {}", with.agreement.id, with.agreement.name.or_empty()));
    names.collect::<Vec<_>>().join(", ")
}

/// The agreement that a person named.
fn named(agreements: &[AgreementFacts], id: i64) -> std::result::Result<&Agreement, String> {
    let active = active(agreements);
    match active.iter().find(|with| with.agreement.id == id) {
        Some(with) => Ok(&with.agreement),
        None if active.is_empty() => Err("has no active agreement to bill it on".to_owned()),
        None => Err(format!("has no active agreement #{id}; its active ones are {}", listed(&active))),
    }
}

/// Why no agreement could be chosen, with the way to say which it is where several would do.
fn which(
    why: String,
    link: &Link,
    agreements: &[AgreementFacts],
    undecided: &mut std::collections::BTreeSet<Undecided>,
) -> String {
    let active = active(agreements);
    if active.len() < 2 {
        return why;
    }
    let name = |with: &&AgreementFacts| (with.agreement.id, with.agreement.name.or_empty().to_owned());
    undecided.insert(Undecided::Agreement(active.iter().map(name).collect()));
    format!("{why}: psactl companies add {} {} --agreement ID says which", link.cid, link.company_id)
}

/// The agreement an addition belongs on, where there is no doubt: the only one, the only one of the type,
/// or the one that has the customer's other additions.
fn choose<'a>(
    agreements: &'a [AgreementFacts],
    kind: &str,
    managed_id: &str,
    today: Date,
) -> std::result::Result<&'a Agreement, String> {
    let active = active(agreements);
    let keeps =
        |with: &AgreementFacts| with_serial(std::slice::from_ref(with), managed_id, today).next().is_some();
    let is_of_type = |with: &AgreementFacts| {
        with.agreement.r#type.as_ref().and_then(|own| own.name.as_deref()) == Some(kind)
    };
    let only = |fits: &dyn Fn(&AgreementFacts) -> bool| {
        let mut fitting = active.iter().filter(|with| fits(with));
        fitting.next().filter(|_| fitting.next().is_none()).map(|with| &with.agreement)
    };
    if active.is_empty() {
        return Err("has no active agreement to bill it on".to_owned());
    }
    only(&|_| true)
        .or_else(|| only(&keeps))
        .or_else(|| only(&is_of_type))
        .ok_or_else(|| format!("has several active agreements ({})", listed(&active)))
}

/// The addition that bills a service from a date on, with its quantity.
#[expect(clippy::too_many_arguments, reason = "each is one part of the addition")]
fn addition_for(
    source: &str,
    link: &Link,
    managed_id: &str,
    service: &'static Service,
    product: &Product,
    agreement: &Agreement,
    used: &Use,
    effective: Date,
    config: &crate::config::Config,
) -> Change {
    let quantity = billing::round(used.total, config.billing.rounding);
    let mut body = json!({
        "product": product.item.reference("identifier"),
        "billCustomer": "Billable",
        "quantity": billing::number(Some(quantity)),
        "effectiveDate": format!("{effective}T00:00:00Z"),
        "serialNumber": managed_id,
    });
    let description = config.billing.update_invoice_descriptions.then(|| billing::describe(service, used));
    if let Some(description) = &description {
        body["invoiceDescription"] = json!(description);
    }
    if let Some(price) = product.price {
        body["unitPrice"] = billing::number(Some(price));
    }
    let money = MoneyEffect {
        currency: billing::currency(agreement),
        before: Decimal::ZERO,
        after: quantity.saturating_mul(product.price.unwrap_or_default()),
        prorated: agreement.prorate_flag.unwrap_or(false),
    };
    let name = format!("{} ({managed_id}) on {}", service.name, agreement.name.or_empty());
    let mut change = Change::create(
        "agreement addition",
        name,
        crate::psa::paths::additions(agreement.id),
        body,
        // Not a cancelled one of the same product, nor one that began at another time.
        &["serialNumber", "product/id", "effectiveDate", "cancelledDate"],
    )
    .for_customer(&link.cid)
    .with_money(Some(money))
    .because(Purpose::Quantity {
        source: source.to_owned(),
        service: service.key.to_owned(),
        agreement: agreement.id,
        before: None,
        quantity,
        description,
        next_invoice: crate::plan::NextInvoice::of(agreement),
    });
    if product.item.id.is_none() {
        change.waits_for = Some(format!("product “{}”", product.item.name));
    }
    change
}

#[cfg(test)]
#[path = "agreements_tests.rs"]
mod tests;
