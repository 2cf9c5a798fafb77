//! What psactl remembers once a change is made. Everything here follows from the change and the answer
//! alone, so that a killed run can be finished from its journal.

use jiff::Timestamp;
use serde_json::Value;

use super::{Change, Purpose, guards};
use crate::psa;
use crate::store::{Binding, Choice, Store};

/// Remembers a change that ConnectWise has.
pub(super) fn remember(
    store: &Store,
    change: &Change,
    record: Option<i64>,
    answer: &Value,
    differences: &[String],
    now: Timestamp,
) -> Result<(), crate::store::Error> {
    let seen = answer.get("_info").and_then(|info| info.get("lastUpdated")).and_then(Value::as_str);
    if let (true, Some(addition), Some(seen)) =
        (change.subject.kind == ADDITION, record, seen.and_then(psa::read_time))
    {
        store.note_seen(&[(addition, seen)])?;
    }
    match &change.purpose {
        Purpose::Setup { step, key } => {
            if let Some(id) = record
                && change.action == super::Action::Create
                && !key.is_empty()
            {
                let mut choices = store.choices(step)?;
                choices.retain(|choice| choice.id != id);
                choices.push(Choice {
                    key: key.clone(),
                    id,
                    name: change.subject.name.clone(),
                    made_here: true,
                });
                store.set_choices(step, &choices)?;
            }
        }
        Purpose::Quantity { source, service, agreement, before, quantity, description, basis, .. } => {
            let Some(addition) = record else { return Ok(()) };
            let known = store.binding(source, addition)?;
            let kept = |name: &str| differences.iter().all(|difference| !difference.starts_with(name));
            let mut binding = known.unwrap_or(Binding {
                addition_id: addition,
                agreement_id: *agreement,
                cid: change.cid.clone().unwrap_or_default(),
                service: service.clone(),
                adopted: *before,
                pushed: None,
                description: None,
                pushed_at: None,
                basis: None,
            });
            let wrote_quantity = change.fields.iter().any(|field| field.name == "quantity");
            if wrote_quantity {
                binding.basis.clone_from(basis);
                // Where the server keeps it otherwise (rounded, say), what it kept is psactl's value all the same.
                let answered =
                    answer.get("quantity").map(ToString::to_string).and_then(|text| text.parse().ok());
                binding.pushed = if kept("quantity") { Some(*quantity) } else { answered.or(binding.pushed) };
            }
            if let Some(text) = description
                && kept("invoiceDescription")
            {
                // What was taken back is the text that stood there before: psactl's only where psactl wrote it.
                let own = change.undoes.is_none() || store.wrote_description(addition, text)?;
                binding.description = own.then(|| text.clone());
            }
            binding.pushed_at = Some(now);
            store.set_binding(source, &binding)?;
            if let Some(record) = guards::record_of(change) {
                hold_or_free(store, change, &record, now)?;
            }
        }
        // Its quantity is one and stays one: nothing of it is psactl's to keep.
        Purpose::FlatFee { .. } => {}
        Purpose::Statistics => {
            let refused = |field: &&super::Field| {
                let differs = differences.iter().any(|line| line.starts_with(&format!("{}:", field.name)));
                let was = serde_json::json!({ &*field.name: field.before });
                differs && psa::differences(&was, answer).is_empty()
            };
            let unkept: Vec<&str> =
                change.fields.iter().filter(refused).map(|field| field.name.as_ref()).collect();
            if let Some(entry) = record {
                store.add_unkept(entry, &unkept)?;
                hold_or_free(store, change, &guards::statistics_record(entry), now)?;
            }
        }
        Purpose::OpenTicket { source, fault, first_event, told_until } => {
            let mut memory = store.ticket(source, fault)?.unwrap_or_default();
            memory.ticket = record;
            memory.first_event = Some(first_event.clone());
            memory.told_until = Some(*told_until);
            memory.noted_at = Some(now);
            memory.resolved_at = None;
            memory.closed_by_person_at = None;
            memory.standing_since_first_run = None;
            store.set_ticket(source, fault, &memory)?;
            if let Some(record) = guards::record_of(change) {
                store.drop_hold(&record)?;
            }
        }
        Purpose::NoteTicket { source, fault, ticket, told_until } => {
            let mut memory = store.ticket(source, fault)?.unwrap_or_default();
            memory.ticket = Some(*ticket);
            memory.told_until = Some(*told_until);
            memory.noted_at = Some(now);
            store.set_ticket(source, fault, &memory)?;
        }
        Purpose::TicketStatus { source, fault, resolved, first_event } => {
            let mut memory = store.ticket(source, fault)?.unwrap_or_default();
            memory.ticket = record.or(memory.ticket);
            memory.first_event = Some(first_event.clone());
            // A status that the server did not keep resolves nothing.
            memory.resolved_at = (*resolved && differences.is_empty()).then_some(now);
            memory.closed_by_person_at = None;
            store.set_ticket(source, fault, &memory)?;
        }
    }
    Ok(())
}

/// What an agreement addition is called in a change.
pub(super) const ADDITION: &str = "agreement addition";

/// A write uses up what was held for its record. One that takes another back leaves a hold that only a person
/// lifts (design section 9, *Undo*).
fn hold_or_free(
    store: &Store,
    change: &Change,
    record: &str,
    now: Timestamp,
) -> Result<(), crate::store::Error> {
    // What was approved of the description alone is used up with it too.
    for used in guards::records_of(change) {
        store.drop_hold(&used)?;
    }
    match change.undoes {
        None => store.drop_hold(record),
        Some(run) => {
            let mut again = change.clone();
            again.undoes = None;
            for field in &mut again.fields {
                std::mem::swap(&mut field.before, &mut field.after);
            }
            if let Some(money) = &mut again.money {
                std::mem::swap(&mut money.before, &mut money.after);
            }
            let (before, after) = guards::values_of(&again);
            store.hold_undone(record, &again, &format!("{} {run}", guards::UNDONE), (&before, &after), now)
        }
    }
}
