//! Tickets and their notes (contract: behaviours, section 9).

use jiff::Timestamp;
use serde_json::Value;

use super::Draft;
use crate::sandbox::auth::Writer;
use crate::sandbox::clock;
use crate::sandbox::errors::Violation;
use crate::sandbox::store::{Record, Row, Store, ref_id, reference};
use crate::sandbox::view::{Found, View};

pub const READ_ONLY: &[&str] = &[
    "closedFlag",
    "closedDate",
    "closedBy",
    "dateResolved",
    "dateResplan",
    "dateResponded",
    "resolveMinutes",
    "resPlanMinutes",
    "respondMinutes",
    "respondedHours",
    "resplanHours",
    "resolutionHours",
    "respondedBy",
    "resplanBy",
    "resolvedBy",
    "isInSla",
    "slaStatus",
    "hasChildTicket",
    "hasMergedChildTicketFlag",
    "mergedParentTicket",
    "parentTicketId",
    "escalationStartDateUTC",
    "escalationLevel",
    "minutesBeforeWaiting",
    "minutesWaiting",
    "respondedSkippedMinutes",
    "resplanSkippedMinutes",
    "actualHours",
    "recordType",
];

/// Instructions for the one call, and the texts that become notes: never kept in the record.
pub const ASIDE: &[&str] = &[
    "initialDescription",
    "initialInternalAnalysis",
    "initialResolution",
    "initialDescriptionFrom",
    "processNotifications",
    "skipCallback",
    "contactEmailLookup",
];

const STATUSES: &str = "/service/boards/{}/statuses";
const NOTES: &str = "/service/tickets/{}/notes";

/// The record of a table that is flagged as default, else its first.
pub fn flagged(view: &View<'_>, key: &str, parents: &[i64]) -> Option<Value> {
    let table = view.store.table(key)?;
    let is_default = |row: &Row| row.fields.get("defaultFlag") == Some(&Value::Bool(true));
    let hit =
        table.under(parents).find(|(_, row)| is_default(row)).or_else(|| table.under(parents).next())?;
    Some(reference(hit.0))
}

/// Board, priority and source have defaults, in a replaced ticket as in a new one; an integrator login
/// names its own board.
pub fn defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    if !draft.whole {
        return;
    }
    draft.default("recordType", "ServiceTicket");
    let board = draft.writer.board.map(reference);
    if let Some(board) = board.or_else(|| flagged(view, "/service/boards", &[])) {
        draft.default("board", board);
    }
    for (field, key) in [("priority", "/service/priorities"), ("source", "/service/sources")] {
        if let Some(value) = flagged(view, key, &[]) {
            draft.default(field, value);
        }
    }
    // Of a replaced ticket the document requires these two.
    if draft.creating() {
        draft.default("severity", "Medium");
        draft.default("impact", "Medium");
    }
}

/// The status belongs to the board, and so do type, subtype, item and team. Of a ticket that moves
/// to another board, what was said with the move must fit the new board, be it word for word what
/// stood there before; what was not said falls to the new board's defaults.
///
/// The record has this check of new tickets only, and one client has seen a status of another board
/// on an old one (contract: behaviours, section 9); how it came there is not told. The sandbox
/// refuses what no honest client means to do.
pub fn check(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    let Some(board) = ref_id(draft.record.get("board")) else {
        violations.push(Violation::missing("board/id"));
        return;
    };
    if !draft.creating() && draft.changed("board") {
        for field in ["status", "type", "subType", "item", "team"] {
            if !draft.sent(field) {
                draft.record.remove(field);
            }
        }
    }
    let of_integration = draft.creating() && draft.writer.is_integrator();
    let referenced = of_integration.then(|| super::integration::referenced_status(view, board)).flatten();
    if let Some(status) = referenced.or_else(|| flagged(view, STATUSES, &[board])) {
        draft.default("status", status);
    }
    if let Some(kind) = flagged(view, "/service/boards/{}/types", &[board]) {
        draft.default("type", kind);
    }
    site(view, draft);
    if let Some(row) = view.store.get("/service/boards", board) {
        for field in ["location", "department"] {
            if let Some(value) = row.fields.get(field) {
                draft.default(field, value.clone());
            }
        }
    }
    let parts = [
        ("status", STATUSES, "Service Status"),
        ("type", "/service/boards/{}/types", "Service Type"),
        ("subType", "/service/boards/{}/subtypes", "Service SubType"),
        ("item", "/service/boards/{}/items", "Service Item"),
        ("team", "/service/boards/{}/teams", "Service Team"),
    ];
    for (field, key, what) in parts {
        let Some(id) = ref_id(draft.record.get(field)) else {
            continue;
        };
        let row = view.store.get(key, id);
        if row.is_some_and(|row| row.parents.last() != Some(&board)) {
            let message = format!("{what} {id} not found for Service Board {board}");
            violations.push(Violation::new("NotFound", format!("{field}/id"), message));
        }
    }
    close(view, draft);
}

/// A ticket is for the primary site of its company, if no other is named. One that goes to another
/// company does not keep the site of the former.
fn site(view: &View<'_>, draft: &mut Draft<'_>) {
    let moved = !draft.creating() && draft.changed("company");
    if moved && !draft.sent("site") {
        draft.record.remove("site");
    }
    if (draft.whole || moved)
        && let Some(company) = ref_id(draft.record.get("company"))
        && let Some(site) = primary_site(view.store, company)
    {
        draft.default("site", site);
    }
}

/// The primary site of a company.
pub fn primary_site(store: &Store, company: i64) -> Option<Value> {
    let mut sites = store.table("/company/companies/{}/sites")?.under(&[company]);
    let primary = |row: &Row| row.fields.get("primaryAddressFlag") == Some(&Value::Bool(true));
    sites.find(|(_, row)| primary(row)).map(|(id, _)| reference(id))
}

/// A ticket is closed by a status that closes, or by being merged into another.
fn closed(view: &View<'_>, ticket: &Record) -> bool {
    let status = ref_id(ticket.get("status")).and_then(|id| view.store.get(STATUSES, id));
    ticket.contains_key("mergedParentTicket")
        || status.is_some_and(|row| row.fields.get("closedStatus") == Some(&Value::Bool(true)))
}

/// Closing and reopening leave their mark.
pub fn close(view: &View<'_>, draft: &mut Draft<'_>) {
    let was = draft.before.is_some_and(|before| closed(view, before));
    match (was, closed(view, draft.record)) {
        (false, true) => {
            let by = draft.writer.name.to_string();
            draft.record.insert("closedDate".to_owned(), clock::text(view.now).into());
            draft.record.insert("closedBy".to_owned(), by.into());
        }
        (true, false) => {
            draft.record.remove("closedDate");
            draft.record.remove("closedBy");
        }
        _ => {}
    }
}

/// `closedFlag` says what the status says, whoever wrote what into it.
pub fn computed<'a>(view: &View<'a>, found: Found<'a>, field: &str) -> Option<Value> {
    match field {
        "closedFlag" => Some(closed(view, &found.row.fields).into()),
        "agreementType" => {
            let agreement = ref_id(found.row.fields.get("agreement"))?;
            let agreement = view.find("/finance/agreements", agreement)?;
            super::references::shown(view, agreement, "type")
        }
        _ => None,
    }
}

/// The initial texts of a new ticket become its first notes.
pub fn after(store: &mut Store, id: i64, aside: &Record, writer: &Writer, now: Timestamp) {
    for (field, flag) in [
        ("initialDescription", "detailDescriptionFlag"),
        ("initialInternalAnalysis", "internalAnalysisFlag"),
        ("initialResolution", "resolutionFlag"),
    ] {
        let text = aside.get(field).and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            continue;
        }
        let mut note = Record::new();
        note.insert("ticketId".to_owned(), id.into());
        note.insert("text".to_owned(), text.into());
        note.insert(flag.to_owned(), true.into());
        sign(&mut note, writer, now);
        store.insert(NOTES, &[id], note, &writer.stamp(now));
    }
}

fn sign(note: &mut Record, writer: &Writer, now: Timestamp) {
    note.insert("dateCreated".to_owned(), clock::text(now).into());
    note.insert("createdBy".to_owned(), writer.name.to_string().into());
    let signed =
        ["member", "contact"].iter().any(|field| note.get(*field).is_some_and(|value| !value.is_null()));
    if let Some(member) = writer.member.filter(|_| !signed) {
        note.insert("member".to_owned(), reference(member));
    }
}

pub fn note_defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    if draft.creating() {
        sign(draft.record, draft.writer, view.now);
    }
}

/// A note has a text and says which of the three it is.
pub fn note_check(draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    let text = draft.record.get("text").and_then(Value::as_str);
    if text.is_none_or(|text| text.trim().is_empty()) {
        violations.push(Violation::missing("text"));
    }
    let flags = ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"];
    if !flags.iter().any(|flag| draft.flag(flag)) {
        violations.push(Violation::new(
            "MissingRequiredField",
            "detailDescriptionFlag",
            "detailDescriptionFlag, internalAnalysisFlag or resolutionFlag is required.",
        ));
    }
}
