//! Guards: which known values need a yes before they are written (design section 9, *Held and blocked*).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Ground, Held, MoneyEffect, Plan};
use crate::config::{Allowance, Guard};
use crate::store::{Hold, HoldState};
use crate::sync::faults::FaultKey;
use crate::ui::text;

/// A quantity that would be written.
#[derive(Debug, Clone)]
pub struct Proposal<'a> {
    /// What the addition holds.
    pub before: Option<Decimal>,
    /// What it would hold.
    pub after: Decimal,
    /// What that does to the next invoice.
    pub money: Option<&'a MoneyEffect>,
    /// psactl has never written this addition.
    pub first_push: bool,
}

/// Why a value needs a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// In plain words.
    pub words: String,
    /// Which kind it is.
    pub ground: Ground,
}

impl From<String> for Objection {
    fn from(words: String) -> Self {
        Objection { words, ground: Ground::Other }
    }
}

impl Objection {
    fn beyond(words: String) -> Self {
        Objection { words, ground: Ground::Beyond }
    }
}

/// Why a quantity is held, or nothing where no guard objects.
///
/// An effect too small to matter passes the two percentages: by money (`floor_money`) where the change has
/// a money effect, by quantity (`floor_quantity`) where it has none.
pub fn objection(proposal: &Proposal<'_>, guard: &Guard) -> Option<Objection> {
    let Proposal { before, after, money, first_push } = proposal;
    let was = before.unwrap_or_default();
    if *first_push && guard.first_push == Allowance::Hold {
        return Some("first quantity that psactl pushes to this addition".to_owned().into());
    }
    if guard.to_zero == Allowance::Hold && after.is_zero() && !was.is_zero() {
        return Some(Objection::beyond(format!("falls to zero from {}", text::quantity(was))));
    }
    let small = match money {
        Some(effect) if !effect.delta().is_zero() => effect.delta().abs() < guard.floor_money,
        _ => after.saturating_sub(was).abs() < guard.floor_quantity,
    };
    if small || was.is_zero() && after.is_zero() {
        return None;
    }
    let (limit, word) = if *after > was { (guard.increase, "rises") } else { (guard.decrease, "falls") };
    let limit = limit?.0;
    if was.is_zero() {
        return Some(format!("rises from nothing to {}", text::quantity(*after)).into());
    }
    let percent = percent(after.saturating_sub(was), was);
    (percent > limit).then(|| {
        let percent = text::quantity(percent.round_dp(1));
        Objection::beyond(format!("{word} by {percent}% (guard: {}%)", text::quantity(limit)))
    })
}

/// How much of a whole a part is, without its sign. What no decimal can hold is as much as one can.
fn percent(part: Decimal, whole: Decimal) -> Decimal {
    part.checked_div(whole).map_or(Decimal::MAX, |share| share.saturating_mul(Decimal::ONE_HUNDRED)).abs()
}

/// What earlier answers of a person mean for a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nobody has answered for exactly this.
    None,
    /// A yes for exactly this record, before and after.
    Approved,
    /// A no that still stands.
    Rejected,
}

/// Looks up what a person said. A rejection stands until the value moves beyond the guard; that of a text
/// for as long as the text is there that was not to be replaced.
pub fn answer(hold: Option<&Hold>, before: &str, after: &str, guard: &Guard) -> Answer {
    let Some(hold) = hold else { return Answer::None };
    match hold.state {
        HoldState::Approved if hold.before == before && hold.after == after => Answer::Approved,
        HoldState::Rejected if !moved_beyond(hold, before, after, guard) => Answer::Rejected,
        HoldState::Held | HoldState::Approved | HoldState::Rejected | HoldState::Undone => Answer::None,
    }
}

fn moved_beyond(hold: &Hold, before: &str, after: &str, guard: &Guard) -> bool {
    let (Ok(rejected), Ok(proposed)) = (hold.after.parse::<Decimal>(), after.parse::<Decimal>()) else {
        return hold.before != before;
    };
    let limit = if proposed > rejected { guard.increase } else { guard.decrease };
    match limit {
        None => proposed != rejected,
        Some(_) if rejected.is_zero() => !proposed.is_zero(),
        Some(limit) => percent(proposed.saturating_sub(rejected), rejected) > limit.0,
    }
}

/// Holds all billing of a run whose sum moves too far, or in which too many customers move beyond the
/// percentages at once: a wrong export changes everything, a busy month does not.
///
/// `plans` are those of its customers; each keeps what is held of it. `invoices` is the sum of the lines psactl keeps
/// on all next invoices, `customers` how many it bills.
/// What a person has approved already is not counted and not held.
pub fn hold_run(
    plans: &mut [&mut Plan],
    approved: &BTreeSet<String>,
    guard: &Guard,
    invoices: Decimal,
    customers: usize,
) -> Option<String> {
    let limit = guard.run_total?.0;
    let counted = |record: &str| !approved.contains(record);
    let mut delta = Decimal::ZERO;
    for change in plans.iter().flat_map(|plan| &plan.changes) {
        if let (Some(record), Some(money)) = (record_of(change), &change.money)
            && counted(&record)
        {
            delta = delta.saturating_add(money.delta());
        }
    }
    let beyond: BTreeSet<&str> = plans
        .iter()
        .flat_map(|plan| &plan.held)
        .filter(|held| !held.rejected && held.ground == Ground::Beyond)
        .filter_map(|held| held.change.cid.as_deref())
        .collect();
    let share =
        Decimal::from(beyond.len() as u64) * Decimal::ONE_HUNDRED / Decimal::from(customers.max(1) as u64);
    let reason =
        if delta.abs() >= guard.floor_money && !invoices.is_zero() && percent(delta, invoices) > limit {
            format!(
                "this run would change all next invoices together by {} of {} (guard: {}%)",
                text::signed_money(delta),
                text::money(invoices),
                text::quantity(limit)
            )
        } else if beyond.len() > 2 && share > limit * Decimal::TWO {
            format!(
                "{} of {customers} customers move beyond the guards in one run (guard: {}%)",
                beyond.len(),
                text::quantity(limit * Decimal::TWO)
            )
        } else {
            return None;
        };
    let is_billing = |change: &super::Change| matches!(change.purpose, super::Purpose::Quantity { .. });
    let mut any = false;
    for plan in plans {
        for change in std::mem::take(&mut plan.changes) {
            match record_of(&change).filter(|record| is_billing(&change) && counted(record)) {
                Some(record) => {
                    let (before, after) = values_of(&change);
                    let (reason, ground) = (reason.clone(), Ground::Other);
                    plan.held.push(Held { change, record, reason, before, after, rejected: false, ground });
                    any = true;
                }
                None => plan.changes.push(change),
            }
        }
    }
    any.then_some(reason)
}

/// The name under which a billing change or a new ticket is held and approved; other changes are never held.
pub fn record_of(change: &super::Change) -> Option<String> {
    match &change.purpose {
        super::Purpose::Quantity { .. } => {
            let quantity = change.fields.iter().any(|field| field.name == "quantity");
            let record = if quantity { quantity_record } else { description_record };
            change.subject.id.map(record)
        }
        super::Purpose::OpenTicket { source, fault, first_event, .. } => {
            Some(ticket_record(source, fault, first_event))
        }
        _ => None,
    }
}

/// What the record of a ticket that is held begins with.
pub const TICKET: &str = "ticket ";

/// The name under which the ticket of an episode of a fault is held: that of its first event.
pub fn ticket_record(source: &str, fault: &FaultKey, first_event: &str) -> String {
    format!("{TICKET}{}", fault.xref_of(source, first_event))
}

/// The name under which the quantity of an addition is held.
pub fn quantity_record(addition: i64) -> String {
    format!("addition {addition} quantity")
}

/// The name under which the invoice description of an addition is held where it is written for itself.
pub fn description_record(addition: i64) -> String {
    format!("addition {addition} invoice description")
}

/// Every name under which something that a billing change writes may be held.
pub fn records_of(change: &super::Change) -> Vec<String> {
    let (super::Purpose::Quantity { .. }, Some(id)) = (&change.purpose, change.subject.id) else {
        return Vec::new();
    };
    let names = change.fields.iter().filter_map(|field| match field.name.as_ref() {
        "quantity" => Some(quantity_record(id)),
        "invoiceDescription" => Some(description_record(id)),
        _ => None,
    });
    names.collect()
}

/// What the reason of a hold begins with that an undo left.
pub const UNDONE: &str = "undone in run";

/// The name under which the statistics of a Managed ID entry are held once they were taken back; nothing else
/// holds them.
pub fn statistics_record(entry: i64) -> String {
    format!("Managed ID entry {entry} statistics")
}

/// Before and after of a change, as an approval remembers them; of statistics all of their numbers; a ticket is known
/// by the event that began its fault.
pub fn values_of(change: &super::Change) -> (String, String) {
    if let super::Purpose::OpenTicket { first_event, .. } = &change.purpose {
        return (String::new(), first_event.clone());
    }
    if change.purpose == super::Purpose::Statistics {
        let all = |value: fn(&super::Field) -> &serde_json::Value| {
            let numbers = change.fields.iter().map(|field| format!("{} {}", field.name, value(field)));
            numbers.collect::<Vec<_>>().join(", ")
        };
        return (all(|field| &field.before), all(|field| &field.after));
    }
    let field = change
        .fields
        .iter()
        .find(|field| field.name == "quantity")
        .or_else(|| change.fields.iter().find(|field| field.name == "invoiceDescription"));
    let plain = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    field.map_or_else(Default::default, |field| (plain(&field.before), plain(&field.after)))
}

#[cfg(test)]
#[path = "guards_tests.rs"]
pub(crate) mod tests;
