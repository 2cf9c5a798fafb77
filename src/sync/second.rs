//! An older state that was put back, or a second psactl beside this one: records that psactl's own login wrote
//! later than this state knows of (design section 10).
//!
//! False alarms stop all billing, so that several things must come together: ConnectWise names psactl's own
//! login, what is billed differs from what this state knows, and it was written later than that. Whoever changes
//! other fields with the same login, or a server that touches its times, is no second psactl.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::billing::{AgreementFacts, same_text};
use super::faults::FaultKey;
use crate::psa::{Addition, OrEmpty, Ticket};
use crate::store::{Binding, Sighting};
use crate::ui::text;

/// So much later by the server's own clock counts as later: an answer may be a moment older than what is kept.
const SAME_CLOCK: SignedDuration = SignedDuration::from_mins(1);

/// The same where only psactl's clock is known; billing is blocked where the two are further apart than half of it.
pub const TWO_CLOCKS: SignedDuration = SignedDuration::from_mins(10);

/// What the state knows, beside the values in its bindings.
pub struct Known<'a> {
    /// What ConnectWise calls psactl's own login, where a write has told.
    pub own_name: Option<&'a str>,
    /// The additions that psactl keeps.
    pub bindings: &'a BTreeMap<i64, Binding>,
    /// When each was last changed, by ConnectWise's clock.
    pub seen: &'a BTreeMap<i64, Timestamp>,
}

/// What a fresh reading of additions tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Written by psactl's login and unknown.
    pub strange: Vec<Sighting>,
    /// As they are known: when they were last changed.
    pub seen: Vec<(i64, Timestamp)>,
}

/// Compares additions that were just read with what the state knows.
pub fn additions(agreements: &[AgreementFacts], known: &Known<'_>) -> Looked {
    let mut looked = Looked::default();
    for addition in agreements.iter().flat_map(|with| &with.additions) {
        let (Some(binding), Some(info)) = (known.bindings.get(&addition.id), &addition.info) else {
            continue;
        };
        let Some(changed) = info.last_updated else { continue };
        let seen = known.seen.get(&addition.id).copied();
        let Some(found) = difference(binding, addition) else {
            if seen.is_none_or(|seen| seen < changed) {
                looked.seen.push((addition.id, changed));
            }
            continue;
        };
        let by = info.updated_by.as_deref().unwrap_or_default();
        let until = seen
            .and_then(|seen| seen.checked_add(SAME_CLOCK).ok())
            .or_else(|| binding.pushed_at?.checked_add(TWO_CLOCKS).ok());
        if known.own_name == Some(by) && until.is_some_and(|until| changed > until) {
            looked.strange.push(Sighting {
                kind: "agreement addition".to_owned(),
                id: addition.id,
                cid: binding.cid.clone(),
                found,
                by: by.to_owned(),
                at: changed,
                known: known_of(binding, seen.or(binding.pushed_at)),
            });
        }
    }
    looked
}

/// What an addition holds that is not what the state knows.
fn difference(binding: &Binding, addition: &Addition) -> Option<String> {
    if addition.quantity != binding.pushed.or(binding.adopted) {
        let quantity = addition.quantity.map_or_else(|| "empty".to_owned(), text::quantity);
        return Some(format!("quantity {quantity}"));
    }
    let description = addition.invoice_description.or_empty();
    let other = binding.description.as_ref().is_some_and(|known| !same_text(known, description));
    other.then(|| format!("invoice description “{}”", text::shorten(&text::clean(description), 40)))
}

fn known_of(binding: &Binding, at: Option<Timestamp>) -> String {
    let quantity = binding.pushed.or(binding.adopted).map_or_else(|| "empty".to_owned(), text::quantity);
    match at {
        Some(at) => format!("quantity {quantity} of {} UTC", text::moment(at)),
        None => format!("quantity {quantity}"),
    }
}

/// An open ticket with psactl's own key, made while this installation was there and by none of its writes.
/// `knows` says whether the journal or a person knows a ticket. One that is older was there before: it is adopted.
pub fn ticket(key: &FaultKey, ticket: &Ticket, since: Timestamp) -> Option<Sighting> {
    let info = ticket.info.as_ref()?;
    let entered = info.date_entered?;
    let before = since.checked_add(TWO_CLOCKS).unwrap_or(since);
    (!ticket.closed_flag && entered > before).then(|| Sighting {
        kind: "ticket".to_owned(),
        id: ticket.id,
        cid: key.cid.clone(),
        found: format!("“{}”, opened for {}", ticket.summary.or_empty(), key.account),
        by: info.entered_by.clone().filter(|by| !by.is_empty()).unwrap_or_else(|| "unknown".to_owned()),
        at: entered,
        known: "no such ticket".to_owned(),
    })
}

#[cfg(test)]
#[path = "second_tests.rs"]
mod tests;
