//! Billing: the quantity and invoice description of agreement additions, kept equal to use
//! (design section 9, *Billing*; guide, per-company step 2).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use crate::config::{BelowIncluded, Billing as Settings, Rounding};
use crate::plan::guards::{self, Answer, Proposal};
use crate::plan::{Change, Held, MoneyEffect, Plan, Purpose};
use crate::psa::{Addition, Agreement, AgreementStatus, BillCustomer, OrEmpty, paths};
use crate::services::{Service, Unit};
use crate::store::{Binding, Hold, Link};
use crate::ui::text;

/// An agreement of the linked company with all its additions, freshly read.
#[derive(Debug, Clone)]
pub struct AgreementFacts {
    /// The agreement.
    pub agreement: Agreement,
    /// Every addition on it.
    pub additions: Vec<Addition>,
}

/// The use of one service by one customer.
#[derive(Debug, Clone, Default)]
pub struct Use {
    /// The sum over all accounts, in the service's unit.
    pub total: Decimal,
    /// Each account's part, for the invoice description.
    pub parts: Vec<(String, Decimal)>,
}

/// Everything that decides what one customer is billed.
pub struct Facts<'a> {
    /// The portal's source.
    pub source: &'a str,
    /// The link.
    pub link: &'a Link,
    /// The customer's Managed ID, which is the serial number of its additions.
    pub managed_id: &'a str,
    /// The company's agreements.
    pub agreements: &'a [AgreementFacts],
    /// The enabled services.
    pub services: &'a [&'static Service],
    /// The catalog items of each service, by id.
    pub products: &'a BTreeMap<String, Vec<i64>>,
    /// The use of each measured service.
    pub usage: &'a BTreeMap<&'static str, Use>,
    /// What psactl wrote before, by addition.
    pub bindings: &'a BTreeMap<i64, Binding>,
    /// What is held, by record.
    pub holds: &'a BTreeMap<String, Hold>,
    /// The settings.
    pub settings: &'a Settings,
    /// When the use was measured.
    pub measured_at: Option<Timestamp>,
    /// The server's date.
    pub today: Date,
}

/// What planning one customer's billing gives.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Changes, held, blocked, notes.
    pub plan: Plan,
    /// Additions seen for the first time, to be remembered as found.
    pub adopt: Vec<Binding>,
    /// Records whose hold has lost its cause.
    pub settled: BTreeSet<String>,
    /// Records whose change carries a person's yes.
    pub approved: BTreeSet<String>,
    /// The lines psactl keeps on this customer's next invoices, as they stand.
    pub invoices: Decimal,
}

/// Plans one customer's billing.
pub fn plan(facts: &Facts<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    for service in facts.services {
        one_service(facts, service, &mut outcome);
    }
    outcome
}

/// An addition with its agreement.
type Match<'a> = (&'a Agreement, &'a Addition);

fn one_service(facts: &Facts<'_>, service: &'static Service, outcome: &mut Outcome) {
    let cid = facts.link.cid.as_str();
    let products = facts.products.get(service.key).map_or(&[][..], Vec::as_slice);
    let all: Vec<Match<'_>> = facts
        .agreements
        .iter()
        .flat_map(|with| with.additions.iter().map(move |addition| (&with.agreement, addition)))
        .filter(|(_, addition)| {
            addition.product.as_ref().and_then(|p| p.id).is_some_and(|id| products.contains(&id))
        })
        .filter(|(_, addition)| {
            addition.serial_number.as_deref().is_some_and(|serial| serial.trim() == facts.managed_id)
        })
        .collect();
    let live: Vec<Match<'_>> = all.iter().copied().filter(|found| is_live(*found, facts.today)).collect();
    match (live.as_slice(), facts.usage.get(service.key)) {
        ([], None) => {}
        ([], Some(used)) if used.total.is_zero() => {}
        ([], Some(used)) => {
            let why = match all.first() {
                Some(found) => {
                    format!("addition #{} is there but {}", found.1.id, why_not_live(*found, facts.today))
                }
                None => format!("no addition with serial number {} bills it", facts.managed_id),
            };
            outcome.plan.block(
                Some(cid),
                service.name,
                format!("{}{} used and not billed: {why}", text::quantity(used.total), unit(service)),
                "psactl setup agreements --dry-run shows the addition that would bill it",
            );
        }
        ([(agreement, addition)], None) => {
            outcome.invoices += line(addition, addition.quantity);
            outcome.plan.act(
                Some(cid),
                format!(
                    "{}: addition #{} on {} bills {} and the portal's data have no measurement of it; left as it is",
                    service.name,
                    addition.id,
                    agreement.name.or_empty(),
                    text::quantity(addition.quantity.unwrap_or_default())
                ),
            );
        }
        ([one], Some(used)) => propose(facts, service, *one, used, outcome),
        (several, _) => {
            let which: Vec<String> = several
                .iter()
                .map(|(agreement, addition)| format!("#{} on {}", addition.id, agreement.name.or_empty()))
                .collect();
            outcome.plan.block(
                Some(cid),
                service.name,
                format!("billed twice: additions {}", which.join(" and ")),
                "cancel all but one in ConnectWise (Finance > Agreements > the agreement > Additions > Cancelled Date)",
            );
        }
    }
}

/// Whether an addition bills today: effective, not cancelled, on an active agreement.
pub fn is_live((agreement, addition): Match<'_>, today: Date) -> bool {
    why_not(agreement, addition, today).is_none()
}

fn why_not_live((agreement, addition): Match<'_>, today: Date) -> String {
    why_not(agreement, addition, today).unwrap_or_else(|| "is live".to_owned())
}

fn why_not(agreement: &Agreement, addition: &Addition, today: Date) -> Option<String> {
    let status = addition.agreement_status.as_ref().or(agreement.agreement_status.as_ref());
    if let Some(status) = status.filter(|status| **status != AgreementStatus::Active) {
        return Some(format!(
            "its agreement {} is {}",
            agreement.name.or_empty(),
            status.as_str().to_lowercase()
        ));
    }
    if let Some(cancelled) = addition.cancelled_date.map(day)
        && cancelled <= today
    {
        return Some(format!("was cancelled on {cancelled}"));
    }
    // A line of the next invoice counts already: its quantity must be right when that invoice is made.
    let horizon = agreement.next_invoice_date.map_or(today, |next| day(next).max(today));
    if let Some(effective) = addition.effective_date.map(day)
        && effective > horizon
    {
        return Some(format!("takes effect on {effective}"));
    }
    None
}

/// The day of a date-time: midnight UTC stands for a plain date.
pub fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The unit behind an amount: nothing for counts.
fn unit(service: &Service) -> &'static str {
    match service.unit {
        Unit::Gigabytes => " GB",
        Unit::Count => "",
    }
}

fn propose(
    facts: &Facts<'_>,
    service: &'static Service,
    (agreement, addition): Match<'_>,
    used: &Use,
    outcome: &mut Outcome,
) {
    let cid = facts.link.cid.as_str();
    let id = addition.id;
    outcome.invoices += line(addition, addition.quantity);
    let included = addition.less_included.unwrap_or_default();
    let rounded = round(used.total, facts.settings.rounding);
    let below = rounded < included;
    let target =
        if below && facts.settings.below_included == BelowIncluded::Floor { included } else { rounded };

    let binding = facts.bindings.get(&id);
    if let Some(binding) = binding {
        let ours = [binding.adopted, binding.pushed].iter().any(|known| same(*known, addition.quantity));
        if !ours && !same(addition.quantity, Some(target)) {
            let who = addition.info.as_ref().and_then(|info| info.updated_by.clone()).unwrap_or_default();
            let when = addition
                .info
                .as_ref()
                .and_then(|info| info.last_updated)
                .map(text::moment)
                .unwrap_or_default();
            outcome.plan.block(
                Some(cid),
                &format!("{}, addition #{id}", service.name),
                format!(
                    "somebody else wrote its quantity: {} (psactl's last: {}), by {} at {}",
                    shown(addition.quantity),
                    shown(binding.pushed.or(binding.adopted)),
                    if who.is_empty() { "unknown" } else { &who },
                    if when.is_empty() { "an unknown time" } else { &when },
                ),
                format!("psactl review --take-over {id} lets psactl keep this addition again"),
            );
            return;
        }
    } else {
        outcome.adopt.push(Binding {
            addition_id: id,
            agreement_id: agreement.id,
            cid: cid.to_owned(),
            service: service.key.to_owned(),
            adopted: addition.quantity,
            pushed: None,
            description: None,
            pushed_at: None,
        });
    }

    let quantity_moves = !same(addition.quantity, Some(target));
    let current = addition.invoice_description.as_deref().unwrap_or_default();
    let described = facts.settings.update_invoice_descriptions.then(|| describe(service, used));
    let description_moves = described.as_deref().is_some_and(|wanted| !same_text(wanted, current));
    let quantity_record = format!("addition {id} quantity");
    let description_record = format!("addition {id} invoice description");
    if !quantity_moves {
        outcome.settled.insert(quantity_record.clone());
    }
    if !description_moves {
        outcome.settled.insert(description_record.clone());
    }
    if !quantity_moves && !description_moves {
        return;
    }
    if let Some(reason) = invoice_due(agreement, facts) {
        outcome.plan.note(Some(cid), format!("{}, addition #{id}: {reason}", service.name));
        return;
    }
    if agreement.billing_cycle.is_none() || agreement.next_invoice_date.is_none() {
        outcome.plan.act(
            Some(cid),
            format!(
                "agreement {} (#{}) is never invoiced: it has no billing cycle or next invoice date",
                agreement.name.or_empty(),
                agreement.id
            ),
        );
    }

    let effect = quantity_moves.then(|| money(agreement, addition, target));
    let author = binding.and_then(|binding| binding.description.as_deref());
    let foreign_text = !current.trim().is_empty() && !author.is_some_and(|text| same_text(text, current));
    let make = |quantity: bool, description: bool| {
        change(
            facts,
            service,
            (agreement, addition),
            quantity.then_some(target),
            description.then(|| described.clone()).flatten(),
            &effect,
        )
    };

    // The description waits with the quantity; alone it is held only where it would replace foreign text.
    let mut with_description = description_moves;
    if description_moves && foreign_text {
        let before = current.to_owned();
        let after = described.clone().unwrap_or_default();
        match guards::answer(facts.holds.get(&description_record), &before, &after, &facts.settings.guard) {
            Answer::Approved => {
                outcome.approved.insert(description_record);
            }
            answer => {
                with_description = false;
                outcome.plan.held.push(Held {
                    change: make(false, true),
                    record: description_record,
                    reason: "would replace an invoice description that psactl did not write".to_owned(),
                    before,
                    after,
                    rejected: answer == Answer::Rejected,
                });
            }
        }
    }
    if !quantity_moves {
        if with_description {
            outcome.plan.changes.push(make(false, true));
        }
        return;
    }
    let first_push = binding.is_none_or(|binding| binding.pushed.is_none());
    let proposal = Proposal { before: addition.quantity, after: target, money: effect.as_ref(), first_push };
    let mut objection = guards::objection(&proposal, &facts.settings.guard);
    if below && facts.settings.below_included == BelowIncluded::Hold {
        objection = Some(format!("use is below the included {}", text::quantity(included)));
    }
    let whole = make(true, with_description);
    let (before, after) = guards::values_of(&whole);
    let answer = guards::answer(facts.holds.get(&quantity_record), &before, &after, &facts.settings.guard);
    match (objection, answer) {
        (None, Answer::None | Answer::Rejected) => outcome.plan.changes.push(whole),
        (_, Answer::Approved) => {
            outcome.approved.insert(quantity_record);
            outcome.plan.changes.push(whole);
        }
        (Some(reason), answer) => outcome.plan.held.push(Held {
            change: whole,
            record: quantity_record,
            reason,
            before,
            after,
            rejected: answer == Answer::Rejected,
        }),
    }
}

fn change(
    facts: &Facts<'_>,
    service: &'static Service,
    (agreement, addition): Match<'_>,
    quantity: Option<Decimal>,
    description: Option<String>,
    effect: &Option<MoneyEffect>,
) -> Change {
    let mut fields: Vec<(&'static str, Value, Value)> = Vec::new();
    if let Some(quantity) = quantity {
        fields.push(("quantity", number(addition.quantity), number(Some(quantity))));
    }
    if let Some(description) = &description {
        fields.push((
            "invoiceDescription",
            json!(addition.invoice_description.clone().unwrap_or_default()),
            json!(description),
        ));
    }
    let name = format!("{} ({}) on {}", service.name, facts.managed_id, agreement.name.or_empty());
    Change::update(
        "agreement addition",
        addition.id,
        name,
        paths::addition(agreement.id, addition.id),
        fields,
    )
    .for_customer(&facts.link.cid)
    .with_money(effect.clone().filter(|_| quantity.is_some()))
    .because(Purpose::Quantity {
        source: facts.source.to_owned(),
        service: service.key.to_owned(),
        agreement: agreement.id,
        before: addition.quantity,
        quantity: quantity.or(addition.quantity).unwrap_or_default(),
        description,
    })
}

/// A decimal as the JSON number it is, without passing through a float.
pub fn number(value: Option<Decimal>) -> Value {
    value.map_or(Value::Null, |value| crate::psa::number(value.normalize()))
}

/// Rounds use to what is billed.
pub fn round(value: Decimal, rounding: Rounding) -> Decimal {
    let rounded = match rounding {
        Rounding::Exact => value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero),
        Rounding::Up => value.round_dp_with_strategy(0, RoundingStrategy::AwayFromZero),
        Rounding::Nearest => value.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
    };
    rounded.normalize()
}

/// One entry per account with its use, joined by "; ": whole entries within 6,000 characters (the
/// contract's limit), then "and N more".
pub fn describe(service: &Service, used: &Use) -> String {
    const LIMIT: usize = 6000;
    let unit = unit(service);
    let entries: Vec<String> = used
        .parts
        .iter()
        .map(|(account, amount)| {
            let amount = round(*amount, Rounding::Exact);
            format!("{}: {}{unit}", text::clean(account), text::quantity(amount))
        })
        .collect();
    let whole = entries.join("; ");
    if whole.chars().count() <= LIMIT {
        return whole;
    }
    let mut kept = String::new();
    for (index, entry) in entries.iter().enumerate() {
        let rest = format!("; and {} more", entries.len() - index);
        if kept.chars().count() + 2 + entry.chars().count() + rest.len() + 8 > LIMIT {
            kept.push_str(&rest);
            break;
        }
        if index > 0 {
            kept.push_str("; ");
        }
        kept.push_str(entry);
    }
    kept
}

/// The running period's invoice is due and the use belongs to the next: the change waits.
fn invoice_due(agreement: &Agreement, facts: &Facts<'_>) -> Option<String> {
    let next = agreement.next_invoice_date.map(day)?;
    let measured = day(facts.measured_at?);
    (next <= facts.today && measured >= next).then(|| {
        format!(
            "invoice due: the invoice of {next} on {} is not made yet; waits for it",
            agreement.name.or_empty()
        )
    })
}

/// The line's amount on the next invoice, as ConnectWise computes it where it says so.
pub fn line(addition: &Addition, quantity: Option<Decimal>) -> Decimal {
    if addition.bill_customer.as_ref().is_some_and(|bill| *bill != BillCustomer::Billable) {
        return Decimal::ZERO;
    }
    if quantity == addition.quantity
        && let Some(price) = addition.ext_price
    {
        return price;
    }
    let billed = quantity.unwrap_or_default() - addition.less_included.unwrap_or_default();
    // Some releases bill a negative quantity (guide, figure 19), others floor it: what this server does
    // shows on what it has.
    let may_be_negative =
        addition.billed_quantity.is_some_and(|billed| billed.is_sign_negative() && !billed.is_zero());
    let billed = if may_be_negative { billed } else { billed.max(Decimal::ZERO) };
    billed * addition.unit_price.unwrap_or_default()
}

fn money(agreement: &Agreement, addition: &Addition, after: Decimal) -> MoneyEffect {
    let currency = agreement.currency.as_ref();
    MoneyEffect {
        currency: currency
            .and_then(|currency| currency.currency_code.clone().or_else(|| currency.symbol.clone()))
            .unwrap_or_default(),
        before: line(addition, addition.quantity),
        after: line(addition, Some(after)),
        prorated: agreement.prorate_flag.unwrap_or(false),
    }
}

fn same(a: Option<Decimal>, b: Option<Decimal>) -> bool {
    a == b
}

fn same_text(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

fn shown(value: Option<Decimal>) -> String {
    value.map_or_else(|| "empty".to_owned(), text::quantity)
}
