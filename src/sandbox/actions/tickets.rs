//! Tickets: searching, bundling, merging, converting (contract: behaviours, section 9).

use serde_json::Value;

use super::{done, existing, ids};
use crate::sandbox::contract::{Collection, Schema};
use crate::sandbox::engine::{Outcome, Request, list, parents_exist};
use crate::sandbox::errors::Refusal;
use crate::sandbox::query::Parameters;
use crate::sandbox::rules::{self, Draft, families};
use crate::sandbox::store::{Record, reference};
use crate::sandbox::view::{Found, View};
use crate::sandbox::work::Work;

const TICKETS: &str = "/service/tickets";
const NOTES: &str = "/service/tickets/{}/notes";
/// The schema of the view on notes, which is no list of its own.
pub const ALL_NOTES: &str = "ServiceTicketNote";

/// All tickets as a list of the usual kind.
pub fn list_all(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let schema = view.schema_of(TICKETS).ok_or_else(Refusal::no_such_page)?;
    let rows = view.store.table(TICKETS).into_iter().flat_map(|t| t.under(&[]));
    list(view, request, schema, rows.map(|(id, row)| Found { key: TICKETS, id, row }))
}

/// The list by POST: conditions and order stand in the body, paging and fields in the query.
pub fn search(work: &Work<'_>, request: &Request<'_>) -> Outcome {
    let body = work.checked("FilterValues", request)?;
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let body: Vec<(String, String)> = body.iter().filter_map(text).collect();
    let all = request.query_pairs.iter().cloned().chain(body);
    let parameters = Parameters::from_pairs(all);
    let request = Request { parameters: &parameters, body: None, url: request.url.clone(), ..*request };
    list_all(&work.view(), &request)
}

/// The notes of a ticket in their other shape; the sandbox keeps no time entries.
pub fn all_notes(view: &View<'_>, request: &Request<'_>, ticket: i64) -> Outcome {
    let (Some(collection), Some(schema)) = (view.contract.collection(NOTES), view.contract.schema(ALL_NOTES))
    else {
        return Err(Refusal::no_such_page());
    };
    parents_exist(view, request.writer, collection, &[ticket])?;
    let rows = view.store.table(NOTES).into_iter().flat_map(|t| t.under(&[ticket]));
    list(view, request, schema, rows.map(|(id, row)| Found { key: ALL_NOTES, id, row }))
}

/// What the other shape of a note says besides.
pub fn note_computed(found: Found<'_>, field: &str) -> Option<Value> {
    match field {
        "noteType" => Some("TicketNote".into()),
        "ticket" => found.row.parents.last().map(|ticket| reference(*ticket)),
        _ => None,
    }
}

/// Makes tickets the children of another.
pub fn attach_children(work: &mut Work<'_>, request: &Request<'_>, parent: i64) -> Outcome {
    let body = work.checked("TicketBundle", request)?;
    let children = ids(&body, "childTicketIds")?;
    joined(work, request, parent, &children)?;
    let fields = |id: &i64| work.store.get(TICKETS, *id).map(|row| &row.fields);
    let before: Vec<i64> = children.iter().filter_map(|child| families::parent(fields(child)?)).collect();
    for child in children {
        set(work, request, child, [("parentTicketId", parent.into())]);
    }
    let stamp = request.writer.stamp(work.now);
    for changed in before.into_iter().chain([parent]) {
        families::refresh(work.store, changed, &stamp);
    }
    done("Child tickets attached.")
}

/// Merges tickets into another: they get a status, know their parent, and are closed.
pub fn merge(work: &mut Work<'_>, request: &Request<'_>, parent: i64) -> Outcome {
    let given = request.object()?.get("status").cloned();
    let body = work.checked("TicketMerge", request)?;
    let children = ids(&body, "mergeTicketIds")?;
    joined(work, request, parent, &children)?;
    let (collection, schema) = tickets(work)?;
    // The status is one of each ticket's own board: all are checked before one is changed.
    let mut merged = Vec::new();
    let given: Record = [("status".to_owned(), given.unwrap_or_default())].into_iter().collect();
    for child in &children {
        let mut record = work.updated(collection, schema, *child, &given, true, request.writer)?;
        record.insert("mergedParentTicket".to_owned(), reference(parent));
        let before = work.store.get(TICKETS, *child).map(|row| row.fields.clone()).unwrap_or_default();
        let mut draft = Draft {
            key: TICKETS,
            parents: &[],
            id: Some(*child),
            before: Some(&before),
            record: &mut record,
            given: &given,
            whole: false,
            writer: request.writer,
        };
        rules::tickets::close(&work.view(), &mut draft);
        merged.push((*child, record));
    }
    for (child, record) in merged {
        work.put(collection, child, record, request.writer);
    }
    families::refresh(work.store, parent, &request.writer.stamp(work.now));
    done("Tickets merged.")
}

/// Makes a project's ticket or issue of a service ticket. Projects are outside of the contract, so
/// of the body only the kind of record is kept.
pub fn convert(work: &mut Work<'_>, request: &Request<'_>, ticket: i64) -> Outcome {
    existing(&work.view(), request.writer, TICKETS, ticket)?;
    let body = work.checked("ConvertToProject", request)?;
    let kind = body.get("recordType").cloned().unwrap_or_else(|| "ProjectTicket".into());
    set(work, request, ticket, [("recordType", kind)]);
    done("Ticket converted.")
}

fn tickets<'a>(work: &Work<'a>) -> Result<(&'a Collection, &'a Schema), Refusal> {
    crate::sandbox::engine::known(work.contract, TICKETS)
}

/// All tickets exist as far as the caller may see, and can be joined.
fn joined(work: &Work<'_>, request: &Request<'_>, parent: i64, children: &[i64]) -> Result<(), Refusal> {
    for id in children.iter().chain([&parent]) {
        existing(&work.view(), request.writer, TICKETS, *id)?;
    }
    families::may_join(work.store, parent, children)
}

fn set<const N: usize>(work: &mut Work<'_>, request: &Request<'_>, ticket: i64, changes: [(&str, Value); N]) {
    if let Some(row) = work.store.get(TICKETS, ticket) {
        let mut fields = row.fields.clone();
        fields.extend(changes.map(|(field, value)| (field.to_owned(), value)));
        work.store.update(TICKETS, ticket, fields, &request.writer.stamp(work.now));
    }
}
