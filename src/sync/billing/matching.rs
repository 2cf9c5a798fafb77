//! Which addition bills a customer's use of a service.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Facts;
use crate::psa::{Addition, Agreement, AgreementStatus, OrEmpty};

/// An addition with its agreement.
pub(super) type Match<'a> = (&'a Agreement, &'a Addition);

/// Every addition that carries the customer's Managed ID, on whatever agreement and of whatever product.
pub(super) fn with_serial<'a>(facts: &Facts<'a>) -> impl Iterator<Item = Match<'a>> {
    let managed_id = facts.managed_id;
    facts
        .agreements
        .iter()
        .flat_map(|with| with.additions.iter().map(move |addition| (&with.agreement, addition)))
        .filter(move |(_, addition)| addition.serial_number.or_empty().trim() == managed_id)
}

pub(super) fn product_of(addition: &Addition) -> Option<i64> {
    addition.product.as_ref().and_then(|product| product.id)
}

/// Why use is not billed, after the serial number was searched on every agreement read.
pub(super) fn why_unbilled(facts: &Facts<'_>, all: &[Match<'_>]) -> String {
    if let Some((agreement, addition)) = all.first() {
        let why = why_not(agreement, addition, facts.today).unwrap_or_default();
        return format!("addition #{} is there but {why}", addition.id);
    }
    let known = |id: i64| facts.products.values().any(|products| products.contains(&id));
    let foreign = with_serial(facts)
        .filter(|found| is_live(*found, facts.today))
        .find(|(_, addition)| product_of(addition).is_some_and(|id| !known(id)));
    let none = format!("no addition with serial number {} bills it", facts.managed_id);
    match foreign {
        Some((agreement, addition)) => format!(
            "{none}; #{} on {} carries it with product {}, which is none of psactl's",
            addition.id,
            agreement.name.or_empty(),
            addition.product.as_ref().map(ToString::to_string).unwrap_or_default()
        ),
        None => none,
    }
}

/// Whether an addition bills: effective by the next invoice, not cancelled, on an active agreement.
pub fn is_live((agreement, addition): (&Agreement, &Addition), today: Date) -> bool {
    why_not(agreement, addition, today).is_none()
}

fn why_not(agreement: &Agreement, addition: &Addition, today: Date) -> Option<String> {
    if let Some(why) = why_ended(agreement, addition, today) {
        return Some(why);
    }
    // A line of the next invoice counts already: its quantity must be right when that invoice is made.
    let horizon = agreement.next_invoice_date.map_or(today, |next| day(next).max(today));
    let effective = addition.effective_date.map(day).filter(|effective| *effective > horizon)?;
    Some(format!("takes effect on {effective}"))
}

/// Why an addition bills nothing any more: cancelled, or on an agreement that does not run.
pub fn why_ended(agreement: &Agreement, addition: &Addition, today: Date) -> Option<String> {
    let mut known =
        [&addition.agreement_status, &agreement.agreement_status].into_iter().flatten().peekable();
    let status = if known.peek().is_none() {
        // Old releases do not compute the status.
        let ended = !agreement.no_ending_date_flag && agreement.end_date.is_some_and(|end| day(end) < today);
        let cancelled =
            agreement.cancelled_flag && agreement.date_cancelled.is_none_or(|from| day(from) <= today);
        cancelled.then_some(&AgreementStatus::Cancelled).or(ended.then_some(&AgreementStatus::Expired))
    } else {
        known.find(|status| **status != AgreementStatus::Active)
    };
    if let Some(status) = status {
        return Some(format!(
            "its agreement {} is {}",
            agreement.name.or_empty(),
            status.as_str().to_lowercase()
        ));
    }
    let cancelled = addition.cancelled_date.map(day).filter(|cancelled| *cancelled <= today)?;
    Some(format!("was cancelled on {cancelled}"))
}

/// The day of a date-time: midnight UTC stands for a plain date.
pub fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}
