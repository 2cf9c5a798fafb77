//! The additions that carry a customer's Managed ID: what they hold, who wrote it, what they come to.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::config::Billing as Settings;
use crate::error::Result;
use crate::psa::{Addition, Agreement, OrEmpty};
use crate::services::Service;
use crate::store::{Binding, Push, Store};
use crate::sync::billing::{self, AgreementFacts, Use};

/// A record by id and name; the name is not known to the state alone.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Named {
    pub id: i64,
    pub name: Option<String>,
}

/// One addition, as ConnectWise has it, or as psactl's state remembers it.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub id: i64,
    pub agreement: Named,
    pub product: Option<Named>,
    /// Why it bills nothing, where it does not.
    pub idle: Option<String>,
    pub quantity: Option<Decimal>,
    pub less_included: Decimal,
    pub unit_price: Option<Decimal>,
    pub bill_customer: Option<String>,
    pub effective: Option<Date>,
    /// What it should hold by the use measured, before anybody objects.
    pub target: Option<Decimal>,
    pub next_invoice: Option<Date>,
    /// What the line comes to on the next invoice as it stands.
    pub amount: Option<Decimal>,
    pub currency: String,
    pub prorated: bool,
    pub updated_by: Option<String>,
    pub updated_at: Option<Timestamp>,
    /// What psactl found when it first met the addition.
    pub adopted: Option<Decimal>,
    /// What psactl wrote last.
    pub pushed: Option<Decimal>,
    pub pushed_at: Option<Timestamp>,
    /// psactl's last writes, newest first.
    pub pushes: Vec<Written>,
}

/// One write of psactl's.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    pub run: i64,
    pub at: Timestamp,
    pub state: String,
    pub before: String,
    pub after: String,
    pub error: Option<String>,
}

/// So many writes tell the story.
const PUSHES: usize = 3;

/// The additions of a service on freshly read agreements: those that bill first.
pub(super) fn fresh(
    store: &Store,
    agreements: &[AgreementFacts],
    (managed_id, products): (&str, &[i64]),
    bindings: &[Binding],
    used: Option<&Use>,
    settings: &Settings,
    today: Date,
) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for with in agreements {
        for addition in &with.additions {
            let product = addition.product.as_ref().and_then(|product| product.id);
            let mine = addition.serial_number.or_empty().trim() == managed_id
                && product.is_some_and(|id| products.contains(&id));
            if mine {
                let binding = bindings.iter().find(|binding| binding.addition_id == addition.id);
                let mut line = one(&with.agreement, addition, binding, today);
                let included = addition.less_included.unwrap_or_default();
                line.target = used.map(|used| billing::target(included, used, settings));
                line.pushes = pushes(store, addition.id)?;
                lines.push(line);
            }
        }
    }
    lines.sort_by_key(|line| (line.idle.is_some(), line.id));
    Ok(lines)
}

fn one(agreement: &Agreement, addition: &Addition, binding: Option<&Binding>, today: Date) -> Line {
    let idle = billing::why_ended(agreement, addition, today).or_else(|| {
        let later = !billing::is_live((agreement, addition), today);
        later.then(|| match addition.effective_date.map(billing::day) {
            Some(effective) => format!("takes effect on {effective}"),
            None => "bills nothing".to_owned(),
        })
    });
    let info = addition.info.as_ref();
    Line {
        id: addition.id,
        agreement: Named { id: agreement.id, name: agreement.name.clone() },
        product: addition.product.as_ref().and_then(|product| {
            Some(Named { id: product.id?, name: product.identifier.clone().or_else(|| product.name.clone()) })
        }),
        quantity: addition.quantity,
        less_included: addition.less_included.unwrap_or_default(),
        unit_price: addition.unit_price,
        bill_customer: addition.bill_customer.as_ref().map(|word| word.as_str().to_owned()),
        effective: addition.effective_date.map(billing::day),
        target: None,
        next_invoice: agreement.next_invoice_date.map(billing::day),
        amount: Some(if idle.is_some() { Decimal::ZERO } else { billing::line(addition, addition.quantity) }),
        idle,
        currency: billing::currency(agreement),
        prorated: agreement.prorate_flag.unwrap_or(false),
        updated_by: info.and_then(|info| info.updated_by.clone()).filter(|who| !who.is_empty()),
        updated_at: info.and_then(|info| info.last_updated),
        adopted: binding.and_then(|binding| binding.adopted),
        pushed: binding.and_then(|binding| binding.pushed),
        pushed_at: binding.and_then(|binding| binding.pushed_at),
        pushes: Vec::new(),
    }
}

/// The additions that psactl keeps for a service, from its state alone.
pub(super) fn remembered(
    store: &Store,
    service: &Service,
    cid: &str,
    bindings: &[Binding],
) -> Result<Vec<Line>> {
    let mine = bindings.iter().filter(|binding| binding.cid == cid && binding.service == service.key);
    mine.map(|binding| {
        Ok(Line {
            id: binding.addition_id,
            agreement: Named { id: binding.agreement_id, name: None },
            product: None,
            idle: None,
            quantity: binding.pushed.or(binding.adopted),
            less_included: Decimal::ZERO,
            unit_price: None,
            bill_customer: None,
            effective: None,
            target: None,
            next_invoice: None,
            amount: None,
            currency: String::new(),
            prorated: false,
            updated_by: None,
            updated_at: None,
            adopted: binding.adopted,
            pushed: binding.pushed,
            pushed_at: binding.pushed_at,
            pushes: pushes(store, binding.addition_id)?,
        })
    })
    .collect()
}

fn pushes(store: &Store, addition: i64) -> Result<Vec<Written>> {
    let told = |push: Push| {
        let (before, after) = crate::plan::guards::values_of(&push.change);
        Written { run: push.run, at: push.at, state: push.state, before, after, error: push.error }
    };
    Ok(store.pushes_to(addition, PUSHES)?.into_iter().map(told).collect())
}
