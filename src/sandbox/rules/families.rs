//! Tickets that belong together: children below a parent, and tickets merged into another
//! (contract: behaviours, section 9).
//!
//! How ConnectWise refuses what makes no sense here is not on record; that it keeps no ticket which is
//! its own ancestor is taken for granted.

use std::collections::BTreeSet;

use crate::sandbox::errors::Refusal;
use crate::sandbox::store::{Record, Stamp, Store, ref_id};

const TICKETS: &str = "/service/tickets";
const PARENT: &str = "parentTicketId";

/// The ticket that one hangs below.
pub fn parent(ticket: &Record) -> Option<i64> {
    ticket.get(PARENT)?.as_i64()
}

/// The ticket that one was merged into.
fn merged_into(ticket: &Record) -> Option<i64> {
    ref_id(ticket.get("mergedParentTicket"))
}

/// Refuses to join tickets that were merged away, and those which the parent itself hangs below.
pub fn may_join(store: &Store, to: i64, tickets: &[i64]) -> Result<(), Refusal> {
    let fields = |id: i64| store.get(TICKETS, id).map(|row| &row.fields);
    for id in tickets.iter().chain([&to]) {
        if let Some(other) = fields(*id).and_then(merged_into) {
            return Err(Refusal::bad_body(&format!("Ticket {id} is merged into ticket {other}.")));
        }
    }
    let mut above = vec![to];
    let mut seen = BTreeSet::new();
    while let Some(id) = above.pop() {
        if tickets.contains(&id) {
            let message = format!("Ticket {id} cannot be joined to itself or to what hangs below it.");
            return Err(Refusal::bad_body(&message));
        }
        if seen.insert(id) {
            let ticket = fields(id);
            above.extend(ticket.and_then(parent));
            above.extend(ticket.and_then(merged_into));
        }
    }
    Ok(())
}

/// Brings up to date what a ticket says of the tickets below it.
pub fn refresh(store: &mut Store, id: i64, stamp: &Stamp) {
    let any = |above: fn(&Record) -> Option<i64>| {
        let mut rows = store.table(TICKETS).into_iter().flat_map(|table| table.under(&[]));
        rows.any(|(_, row)| above(&row.fields) == Some(id))
    };
    let flags = [("hasChildTicket", any(parent)), ("hasMergedChildTicketFlag", any(merged_into))];
    if let Some(row) = store.get(TICKETS, id) {
        let mut fields = row.fields.clone();
        for (flag, holds) in flags {
            fields.insert(flag.to_owned(), holds.into());
        }
        store.update(TICKETS, id, fields, stamp);
    }
}

/// A deleted ticket leaves no trace in others: its children are nobody's, and its parent has one less.
/// (A ticket that others were merged into is referred to by them, and so is not deleted.)
pub fn deleted(store: &mut Store, id: i64, gone: &Record, stamp: &Stamp) {
    let rows = store.table(TICKETS).into_iter().flat_map(|table| table.under(&[]));
    let orphans: Vec<(i64, Record)> = rows
        .filter(|(_, row)| parent(&row.fields) == Some(id))
        .map(|(child, row)| (child, row.fields.clone()))
        .collect();
    for (child, mut fields) in orphans {
        fields.remove(PARENT);
        store.update(TICKETS, child, fields, stamp);
    }
    for above in [parent(gone), merged_into(gone)].into_iter().flatten() {
        refresh(store, above, stamp);
    }
}
