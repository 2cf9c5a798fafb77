//! Billing: the quantity and invoice description of agreement additions, kept equal to use
//! (design section 9, *Billing*; guide, per-company step 2).

mod description;
mod matching;
mod money;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use crate::config::{BelowIncluded, Billing as Settings, Gigabyte, Rounding};
use crate::plan::guards::{self, Answer, Objection, Proposal, description_record, quantity_record};
use crate::plan::{Change, Ground, Held, NextInvoice, Plan, Purpose};
use crate::psa::{Addition, Agreement, OrEmpty, paths};
use crate::services::{Service, Unit};
use crate::store::{Binding, Hold, HoldState, Link};
use crate::ui::text;
pub(crate) use description::same_text;
use matching::{Match, product_of, why_unbilled, with_serial};

pub use description::{LIMIT as DESCRIPTION_LIMIT, describe};
pub use matching::{day, is_live, why_ended};
pub use money::{currency, effect, line};

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
    /// Services whose use the portal tells twice, and not alike, with what disagrees.
    pub doubts: &'a BTreeMap<&'static str, &'a str>,
    /// What the portal's gigabyte is.
    pub gigabyte: Gigabyte,
    /// How its export is read: [`crate::config::Portal::reading`].
    pub reading: &'a str,
    /// The server's date when the use was measured.
    pub measured_on: Option<Date>,
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
    /// Additions that hold what they should however it is counted now, to be remembered as counted so.
    pub recounted: Vec<Binding>,
    /// Records whose change waits for a date: what a person said of them still stands.
    pub waiting: BTreeSet<String>,
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

fn one_service(facts: &Facts<'_>, service: &'static Service, outcome: &mut Outcome) {
    let cid = facts.link.cid.as_str();
    let products = facts.products.get(service.key).map_or(&[][..], Vec::as_slice);
    let all: Vec<Match<'_>> = with_serial(facts)
        .filter(|(_, addition)| product_of(addition).is_some_and(|id| products.contains(&id)))
        .collect();
    let live: Vec<Match<'_>> = all.iter().copied().filter(|found| is_live(*found, facts.today)).collect();
    match (live.as_slice(), facts.usage.get(service.key)) {
        ([], None) => {}
        ([], Some(used)) if used.total.is_zero() => {}
        ([], Some(used)) => outcome.plan.block(
            Some(cid),
            service.name,
            format!(
                "{} used and not billed: {}",
                amount(service, used.total, facts.gigabyte),
                why_unbilled(facts, &all)
            ),
            "psactl setup agreements --dry-run shows the addition that would bill it",
        ),
        ([(agreement, addition)], None) => {
            add_line(outcome, addition);
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
            // What a person answered outlives the cause of the block.
            let records =
                several.iter().flat_map(|(_, one)| [quantity_record(one.id), description_record(one.id)]);
            outcome.waiting.extend(records);
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

/// An amount with its unit: `12.5 GB`; counts have none.
fn amount(service: &Service, value: Decimal, gigabyte: Gigabyte) -> String {
    match service.unit {
        Unit::Gigabytes => format!("{} {}", text::quantity(value), gigabyte.unit()),
        Unit::Count => text::quantity(value),
    }
}

fn add_line(outcome: &mut Outcome, addition: &Addition) {
    outcome.invoices = outcome.invoices.saturating_add(line(addition, addition.quantity));
}

/// One service, one addition: what it should hold, and whether psactl may write that.
fn propose(
    facts: &Facts<'_>,
    service: &'static Service,
    found: Match<'_>,
    used: &Use,
    outcome: &mut Outcome,
) {
    let (agreement, addition) = found;
    let (cid, id) = (facts.link.cid.as_str(), addition.id);
    add_line(outcome, addition);
    if agreement.billing_cycle.is_none() || agreement.next_invoice_date.is_none() {
        never_invoiced(cid, agreement, &mut outcome.plan);
    }
    let target = target(addition.less_included.unwrap_or_default(), used, facts.settings);
    let binding = facts.bindings.get(&id);
    let basis = basis(service, facts.settings, facts.gigabyte, facts.reading);
    match binding {
        Some(binding) if is_foreign(binding, addition, target) => {
            outcome.waiting.extend([quantity_record(id), description_record(id)]);
            another_writer(cid, service, binding, addition, &mut outcome.plan);
            return;
        }
        Some(_) => {}
        None => outcome.adopt.push(Binding {
            addition_id: id,
            agreement_id: agreement.id,
            cid: cid.to_owned(),
            service: service.key.to_owned(),
            adopted: addition.quantity,
            pushed: None,
            description: None,
            pushed_at: None,
            basis: None,
        }),
    }

    let current = addition.invoice_description.or_empty();
    let author = binding.and_then(|binding| binding.description.as_deref());
    let foreign_text = !current.trim().is_empty() && !author.is_some_and(|text| same_text(text, current));
    let quantity = (addition.quantity.unwrap_or_default() != target).then_some(target);
    // Counted otherwise and the same all the same: from now on this is how it is counted.
    if let Some(binding) =
        binding.filter(|binding| quantity.is_none() && binding.basis.as_ref() != Some(&basis))
    {
        outcome.recounted.push(Binding { basis: Some(basis.clone()), ..binding.clone() });
    }
    let described = (facts.settings.update_invoice_descriptions)
        .then(|| describe(service, used, facts.gigabyte))
        .filter(|wanted| !same_text(wanted, current))
        // Nothing to say is no reason to take away what somebody else said.
        .filter(|wanted| !wanted.is_empty() || !foreign_text);
    if quantity.is_none() && described.is_none() {
        return;
    }
    if let Some((reason, overdue)) = invoice_due(agreement, facts) {
        outcome.waiting.extend([quantity_record(id), description_record(id)]);
        let text = format!("{}, addition #{id}: {reason}", service.name);
        if overdue {
            outcome.plan.act(Some(cid), text);
        } else {
            outcome.plan.note(Some(cid), text);
        }
        return;
    }

    let make = |quantity, description| change(facts, service, found, quantity, description);
    // Taken back by a person: nothing is written, whatever the value, until a person lifts it.
    let undone = [quantity_record(id), description_record(id)]
        .iter()
        .filter_map(|record| facts.holds.get(record))
        .find(|hold| hold.state == HoldState::Undone);
    if let Some(hold) = undone {
        let change = make(quantity, described);
        let (before, after) = guards::values_of(&change);
        outcome.plan.held.push(Held {
            change,
            record: hold.record.clone(),
            reason: hold.reason.clone(),
            before,
            after,
            rejected: hold.note.is_some(),
            ground: Ground::Undone,
        });
        return;
    }
    // The description goes with the quantity, unless it would replace what psactl did not write.
    let mut with = None;
    if let Some(text) = described {
        let alone = make(None, Some(text.clone()));
        let objection =
            foreign_text.then(|| "would replace an invoice description that psactl did not write".to_owned());
        match judge(facts, alone, objection.map(Objection::from), outcome) {
            Some(alone) if quantity.is_none() => outcome.plan.changes.push(alone),
            Some(_) => with = Some(text),
            None => {}
        }
    }
    if quantity.is_some() {
        let whole = make(quantity, with);
        let first_push = binding.is_none_or(|binding| binding.pushed.is_none());
        let proposal =
            Proposal { before: addition.quantity, after: target, money: whole.money.as_ref(), first_push };
        let doubt = facts.doubts.get(service.key).map(|doubt| format!("the use is in doubt: {doubt}"));
        let objection = doubt
            .or_else(|| counted_otherwise(binding, &basis))
            .or_else(|| below_included(addition, used, facts.settings))
            .map(Objection::from)
            .or_else(|| guards::objection(&proposal, &facts.settings.guard));
        let written = judge(facts, whole, objection, outcome);
        outcome.plan.changes.extend(written);
    }
}

/// What an addition should hold: the use, rounded; where that is below the included amount, as settled.
pub fn target(included: Decimal, used: &Use, settings: &Settings) -> Decimal {
    let rounded = round(used.total, settings.rounding);
    match settings.below_included {
        BelowIncluded::Floor => rounded.max(included),
        BelowIncluded::Actual | BelowIncluded::Hold => rounded,
    }
}

/// How use becomes a quantity, in words. What it is made of is the configuration's.
pub fn basis(service: &Service, settings: &Settings, gigabyte: Gigabyte, reading: &str) -> String {
    let rounding = match settings.rounding {
        Rounding::Exact => "exact",
        Rounding::Up => "up",
        Rounding::Nearest => "nearest",
    };
    match service.unit {
        Unit::Gigabytes => format!("{}, rounding {rounding}{reading}", gigabyte.unit()),
        Unit::Count => format!("rounding {rounding}{reading}"),
    }
}

/// A change of unit, rounding or columns holds every quantity once (design section 9, *Held and blocked*).
fn counted_otherwise(binding: Option<&Binding>, basis: &str) -> Option<String> {
    let before = binding?.basis.as_deref().filter(|before| *before != basis)?;
    Some(format!("use is counted otherwise than at the last push: {before}, now {basis}"))
}

fn below_included(addition: &Addition, used: &Use, settings: &Settings) -> Option<String> {
    let included = addition.less_included.unwrap_or_default();
    let below = round(used.total, settings.rounding) < included;
    (below && settings.below_included == BelowIncluded::Hold)
        .then(|| format!("use is below the included {}", text::quantity(included)))
}

/// Whether somebody else wrote the quantity: it is neither psactl's last (before its first the one it found), nor right
/// anyway. Once psactl has written, the value it found is as foreign as any: a person may have set it back.
pub fn is_foreign(binding: &Binding, addition: &Addition, target: Decimal) -> bool {
    addition.quantity != binding.pushed.or(binding.adopted) && addition.quantity != Some(target)
}

fn another_writer(cid: &str, service: &Service, binding: &Binding, addition: &Addition, plan: &mut Plan) {
    let shown = |value: Option<Decimal>| value.map_or_else(|| "empty".to_owned(), text::quantity);
    let info = addition.info.as_ref();
    let who = info.and_then(|info| info.updated_by.clone()).filter(|who| !who.is_empty());
    let when = info.and_then(|info| info.last_updated).map(text::moment);
    let id = addition.id;
    plan.block(
        Some(cid),
        &format!("{}, addition #{id}", service.name),
        format!(
            "somebody else wrote its quantity: {} (psactl's last: {}), by {} at {}",
            shown(addition.quantity),
            shown(binding.pushed.or(binding.adopted)),
            who.as_deref().unwrap_or("unknown"),
            when.as_deref().unwrap_or("an unknown time"),
        ),
        format!("psactl review --take-over {id} lets psactl keep this addition again"),
    );
}

/// Said once per agreement, whatever it has of additions.
fn never_invoiced(cid: &str, agreement: &Agreement, plan: &mut Plan) {
    let text = format!(
        "agreement {} (#{}) is never invoiced: it has no billing cycle or next invoice date",
        agreement.name.or_empty(),
        agreement.id
    );
    if !plan.notes.iter().any(|note| note.text == text) {
        plan.act(Some(cid), text);
    }
}

/// Where the next invoice is due and the use belongs to the one after it: the change waits. Also says whether it is due
/// for more than a month: then nobody makes it, and the quantity would wait for ever.
fn invoice_due(agreement: &Agreement, facts: &Facts<'_>) -> Option<(String, bool)> {
    let next = agreement.next_invoice_date.map(day)?;
    let belongs_later = facts.measured_on.is_none_or(|measured| measured >= next);
    let overdue = next.saturating_add(jiff::Span::new().months(1)) < facts.today;
    (next <= facts.today && belongs_later).then(|| {
        let reason = format!(
            "invoice due: the invoice of {next} on {} is not made yet; waits for it",
            agreement.name.or_empty()
        );
        (reason, overdue)
    })
}

/// Gives a change back where it may be written: nothing speaks against it, or a person said yes to exactly
/// this. Else it is held; a person's no stands even where no guard objects any more.
fn judge(
    facts: &Facts<'_>,
    change: Change,
    objection: Option<Objection>,
    outcome: &mut Outcome,
) -> Option<Change> {
    let record = guards::record_of(&change)?;
    let (before, after) = guards::values_of(&change);
    // A no to one of psactl's own wordings is no answer to the next.
    let asked_again = objection.is_none() && change.money.is_none();
    let hold = facts.holds.get(&record).filter(|hold| !asked_again || hold.after == after);
    let answer = guards::answer(hold, &before, &after, &facts.settings.guard);
    let (objection, rejected) = match (objection, answer) {
        (_, Answer::Approved) => {
            outcome.approved.insert(record);
            return Some(change);
        }
        (None, Answer::None) => return Some(change),
        (objection, Answer::Rejected) => {
            (objection.unwrap_or_else(|| "a person said no to it".to_owned().into()), true)
        }
        (Some(objection), Answer::None) => (objection, false),
    };
    let Objection { words: reason, ground } = objection;
    outcome.plan.held.push(Held { change, record, reason, before, after, rejected, ground });
    None
}

fn change(
    facts: &Facts<'_>,
    service: &'static Service,
    (agreement, addition): Match<'_>,
    quantity: Option<Decimal>,
    description: Option<String>,
) -> Change {
    let mut fields: Vec<(&'static str, Value, Value)> = Vec::new();
    if let Some(quantity) = quantity {
        fields.push(("quantity", number(addition.quantity), number(Some(quantity))));
    }
    if let Some(description) = &description {
        fields.push((
            "invoiceDescription",
            json!(addition.invoice_description.or_empty()),
            json!(description),
        ));
    }
    let name = format!("{} ({}) on {}", service.name, facts.managed_id, agreement.name.or_empty());
    let path = paths::addition(agreement.id, addition.id);
    Change::update("agreement addition", addition.id, name, path, fields)
        .for_customer(&facts.link.cid)
        .with_money(quantity.map(|after| money::effect(agreement, addition, after)))
        .because(Purpose::Quantity {
            source: facts.source.to_owned(),
            service: service.key.to_owned(),
            agreement: agreement.id,
            before: addition.quantity,
            quantity: quantity.or(addition.quantity).unwrap_or_default(),
            description,
            basis: Some(basis(service, facts.settings, facts.gigabyte, facts.reading)),
            next_invoice: NextInvoice::of(agreement),
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

#[cfg(test)]
mod tests;
