//! Guide, company step 2: for each service a customer uses, one agreement addition.
//!
//! An addition is never created empty to be filled later: the guide's figure 19 bills -75.00 that way.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use super::{Finding, Product, Setup, Step};
use crate::error::Result;
use crate::plan::{Change, MoneyEffect, Purpose};
use crate::psa::{Agreement, AgreementStatus, OrEmpty};
use crate::services::Service;
use crate::store::Link;
use crate::sync::billing::{self, AgreementFacts, Use};
use crate::sync::observe;
use crate::ui::text;

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
    for link in setup.links.clone() {
        if let Some(problem) = snapshot.problems_of(&link.cid).next() {
            finding.person(format!("customer {}: {problem}; a partial sum is a wrong bill", link.cid));
            continue;
        }
        let usage = observe::usage(&snapshot, &link.cid);
        let agreements = observe::agreements(setup.client, link.company_id).await?;
        let managed_id = setup.config.connectwise.managed_id(&link.cid);
        for service in setup.services() {
            let Some(used) = usage.get(service.key).filter(|used| !used.total.is_zero()) else { continue };
            let products = setup.known.products.get(service.key).cloned().unwrap_or_default();
            let existing = existing(&agreements, &products, &managed_id);
            if !existing.is_empty() {
                finding.found.extend(
                    existing
                        .into_iter()
                        .map(|found| format!("{} of {}: {found}", service.name, link.company_name)),
                );
                continue;
            }
            let Some(product) = products.first() else { continue };
            match choose(&agreements, &setup.config.billing.agreement_type) {
                Ok(agreement) => finding.changes.push(addition_for(
                    setup.source,
                    &link,
                    &managed_id,
                    service,
                    product,
                    agreement,
                    used,
                    setup.today,
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

/// Additions that would do, live or not: psactl never adds one of its own beside them.
fn existing(agreements: &[AgreementFacts], products: &[Product], managed_id: &str) -> Vec<String> {
    let mut found = Vec::new();
    for with in agreements {
        for addition in &with.additions {
            let product = addition.product.as_ref().and_then(|product| product.id);
            let fits = product.is_some() && products.iter().any(|known| known.item.id == product);
            let serial = addition.serial_number.as_deref().unwrap_or_default().trim();
            let ended = addition.cancelled_date.is_some();
            if fits && serial == managed_id && !ended {
                found.push(format!("addition #{} on {}", addition.id, with.agreement.name.or_empty()));
            }
        }
    }
    found
}

/// The agreement an addition belongs on, where there is no doubt.
fn choose<'a>(agreements: &'a [AgreementFacts], kind: &str) -> std::result::Result<&'a Agreement, String> {
    let active: Vec<&Agreement> = agreements
        .iter()
        .map(|with| &with.agreement)
        .filter(|agreement| {
            agreement.agreement_status.as_ref().is_none_or(|status| *status == AgreementStatus::Active)
        })
        .collect();
    let of_type: Vec<&Agreement> = active
        .iter()
        .copied()
        .filter(|agreement| agreement.r#type.as_ref().and_then(|own| own.name.as_deref()) == Some(kind))
        .collect();
    match (active.as_slice(), of_type.as_slice()) {
        ([one], _) | (_, [one]) => Ok(one),
        ([], _) => Err("has no active agreement to bill it on".to_owned()),
        (several, _) => Err(format!(
            "has several active agreements ({}): add the first addition by hand, psactl then keeps to that agreement",
            several.iter().map(|agreement| agreement.name.or_empty()).collect::<Vec<_>>().join(", ")
        )),
    }
}

/// The addition that bills a service from the next invoice on, with its quantity.
#[expect(clippy::too_many_arguments, reason = "each is one part of the addition")]
pub fn addition_for(
    source: &str,
    link: &Link,
    managed_id: &str,
    service: &'static Service,
    product: &Product,
    agreement: &Agreement,
    used: &Use,
    today: Date,
    config: &crate::config::Config,
) -> Change {
    let quantity = billing::round(used.total, config.billing.rounding);
    // A next invoice date ahead means that the running period is invoiced.
    let next = agreement.next_invoice_date.map(billing::day);
    let effective = next.filter(|next| *next > today).unwrap_or(today);
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
    let currency = agreement.currency.as_ref();
    let money = MoneyEffect {
        currency: currency.and_then(|currency| currency.currency_code.clone()).unwrap_or_default(),
        before: Decimal::ZERO,
        after: quantity * product.price.unwrap_or_default(),
        prorated: agreement.prorate_flag.unwrap_or(false),
    };
    let name = format!("{} ({managed_id}) on {}", service.name, agreement.name.or_empty());
    let mut change = Change::create(
        "agreement addition",
        name,
        crate::psa::paths::additions(agreement.id),
        body,
        &["serialNumber", "product/id", "effectiveDate"],
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
    });
    if product.item.id.is_none() {
        change.waits_for = Some(format!("product “{}”", product.item.name));
    }
    change
}
