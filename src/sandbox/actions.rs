//! The paths that are no collection: single objects, views and verbs.

use serde_json::{Value, json};

use super::contract::{Kind, Role};
use super::engine::{Answer, Outcome, Request, Work, list, parents_exist};
use super::errors::Refusal;
use super::query::Parameters;
use super::store::{Record, ref_id, reference};
use super::view::{Found, View};
use super::{rules, world};

const TICKETS: &str = "/service/tickets";
const COMPANIES: &str = "/company/companies";
const CONTACTS: &str = "/company/contacts";

pub fn read(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let first = request.matched.ids.first().copied().unwrap_or_default();
    match request.matched.route.template.as_str() {
        "/system/info" => Ok(Answer::of(200, world::info(view.contract))),
        "/company/companies/default" => {
            let own = view.store.table(COMPANIES).and_then(|t| t.under(&[]).next());
            one(view, own.map(|(id, row)| Found { key: COMPANIES, id, row }))
        }
        "/company/contacts/default" => {
            let company = request.parameters.number("companyId")?.unwrap_or_default();
            let contacts = view.store.table(CONTACTS);
            let hit = contacts
                .into_iter()
                .flat_map(|t| t.under(&[]))
                .find(|(_, row)| ref_id(row.fields.get("company")) == Some(company));
            one(view, hit.map(|(id, row)| Found { key: CONTACTS, id, row }))
        }
        "/service/tickets/calculateSla" => tickets(view, request),
        "/service/tickets/{parentId}/allNotes" => all_notes(view, request, first),
        "/procurement/catalog/{catalogItemIdentifier}/quantityOnHand" => {
            Ok(Answer::of(200, json!({"count": 0})))
        }
        "/system/reports" => Ok(Answer::of(200, json!([]))),
        "/service/priorities/{id}/image" => Err(Refusal::missing("priority image not found")),
        template if template.starts_with("/system/reports/") => Err(Refusal::missing("report not found")),
        _ => Err(Refusal::not_played()),
    }
}

fn one(view: &View<'_>, found: Option<Found<'_>>) -> Outcome {
    let shown = found.and_then(|found| {
        let schema = view.schema_of(found.key)?;
        Some(Value::Object(view.shown(found, schema)))
    });
    match shown {
        Some(shown) => Ok(Answer::of(200, shown)),
        None => Err(Refusal::missing("record not found")),
    }
}

fn tickets(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let schema = view.schema_of(TICKETS).ok_or_else(Refusal::no_such_page)?;
    let rows = view.store.table(TICKETS).into_iter().flat_map(|t| t.under(&[]));
    let rows = rows.map(|(id, row)| Found { key: TICKETS, id, row });
    list(view, request, schema, rows)
}

/// The records that refer to one: by collection, or each for itself.
pub fn usages(view: &View<'_>, key: &str, id: i64, each: bool) -> Value {
    let mut usages = Vec::new();
    for collection in view.contract.collections.values() {
        let (Some(table), Some(schema)) =
            (view.store.table(&collection.key), view.contract.schema(&collection.schema))
        else {
            continue;
        };
        let referring: Vec<&str> = schema
            .fields
            .values()
            .filter(|field| match &field.kind {
                Kind::Reference(name) => rules::references::target(name) == Some(key),
                _ => false,
            })
            .map(|field| field.name.as_str())
            .collect();
        let hits: Vec<i64> = table
            .rows
            .iter()
            .filter(|(_, row)| referring.iter().any(|field| ref_id(row.fields.get(*field)) == Some(id)))
            .map(|(id, _)| *id)
            .collect();
        match each {
            _ if hits.is_empty() => {}
            true => usages.extend(hits.iter().map(|id| json!({"type": schema.name, "id": id}))),
            false => usages.push(json!({"type": schema.name, "count": hits.len()})),
        }
    }
    usages.into()
}

/// The notes of a ticket in their other shape; the sandbox keeps no time entries.
fn all_notes(view: &View<'_>, request: &Request<'_>, ticket: i64) -> Outcome {
    let key = "/service/tickets/{}/notes";
    let (Some(collection), Some(schema)) =
        (view.contract.collection(key), view.contract.schema("ServiceTicketNote"))
    else {
        return Err(Refusal::no_such_page());
    };
    parents_exist(view, collection, &[ticket])?;
    let rows = view.store.table(key).into_iter().flat_map(|t| t.under(&[ticket]));
    let rows = rows.map(|(id, row)| Found { key, id, row });
    let mut answer = list(view, request, schema, rows)?;
    for note in answer.body.iter_mut().filter_map(Value::as_array_mut).flatten() {
        note["noteType"] = "TicketNote".into();
        note["ticket"] = reference(ticket);
    }
    Ok(answer)
}

pub fn write(work: &mut Work<'_>, request: &Request<'_>, success: u16) -> Outcome {
    let first = request.matched.ids.first().copied().unwrap_or_default();
    match request.matched.route.template.as_str() {
        "/service/tickets/search" => {
            let body = request.object()?;
            let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
            let body: Vec<(String, String)> = body.iter().filter_map(text).collect();
            let all = request.query_pairs.iter().cloned().chain(body);
            let parameters = Parameters::from_pairs(all);
            let request =
                Request { parameters: &parameters, body: None, url: request.url.clone(), ..*request };
            tickets(&work.view(), &request)
        }
        "/service/tickets/{parentId}/attachChildren" => {
            join(work, request, first, "childTicketIds", |work, child| {
                set(work, request, child, "parentTicketId", first.into());
                set(work, request, first, "hasChildTicket", true.into());
            })
        }
        "/service/tickets/{parentId}/merge" => {
            let status = ref_id(request.object()?.get("status"));
            let Some(status) = status else {
                return Err(Refusal::bad_body("status/id is required."));
            };
            join(work, request, first, "mergeTicketIds", |work, child| {
                set(work, request, child, "mergedParentTicket", reference(first));
                set(work, request, child, "status", reference(status));
                set(work, request, first, "hasMergedChildTicketFlag", true.into());
            })
        }
        "/company/management/{id}/executeManagedItSync" => {
            if work.store.get("/company/management", first).is_none() {
                return Err(Refusal::not_found("management", first));
            }
            Ok(Answer::of(success, json!({"success": true, "message": "Managed IT sync started."})))
        }
        "/company/companies/{id}/merge" => merge_companies(work, request, first, success),
        "/company/configurations/{id}/changeType" => {
            let (Some(collection), Some(schema)) = (
                work.contract.collection("/company/configurations"),
                work.contract.schema("Company.Configuration"),
            ) else {
                return Err(Refusal::no_such_page());
            };
            let body = request.body.as_ref().unwrap_or(&Value::Null);
            let given = super::patch::changes(schema, body, !work.options.strict_patch)?;
            work.update(collection, schema, first, &given, true, request.writer)?;
            Ok(Answer::of(success, work.shown(collection, first, schema)))
        }
        _ => {
            debug_assert_eq!(request.matched.route.role, Role::Action);
            Err(Refusal::not_played())
        }
    }
}

/// Does something to each ticket that the body names, if all of them exist.
fn join(
    work: &mut Work<'_>,
    request: &Request<'_>,
    parent: i64,
    field: &str,
    act: impl Fn(&mut Work<'_>, i64),
) -> Outcome {
    let ids = request.object()?.get(field).and_then(Value::as_array);
    let ids: Option<Vec<i64>> = ids.and_then(|ids| ids.iter().map(Value::as_i64).collect());
    let Some(ids) = ids.filter(|ids| !ids.is_empty()) else {
        return Err(Refusal::bad_body(&format!("{field} is required.")));
    };
    for id in ids.iter().chain([&parent]) {
        if work.store.get(TICKETS, *id).is_none() {
            return Err(Refusal::not_found("ticket", *id));
        }
    }
    for id in ids {
        act(work, id);
    }
    Ok(Answer::of(200, json!({"success": true, "message": "OK"})))
}

fn set(work: &mut Work<'_>, request: &Request<'_>, ticket: i64, field: &str, value: Value) {
    let Some(row) = work.store.get(TICKETS, ticket) else {
        return;
    };
    let mut fields = row.fields.clone();
    fields.insert(field.to_owned(), value);
    work.store.update(TICKETS, ticket, fields, &request.writer.stamp(work.now));
}

/// The merged company is gone afterwards; its agreements and tickets belong to the other.
fn merge_companies(work: &mut Work<'_>, request: &Request<'_>, from: i64, success: u16) -> Outcome {
    let to = request.object()?.get("toCompanyId").and_then(Value::as_i64);
    let to = to.ok_or_else(|| Refusal::bad_body("toCompanyId is required."))?;
    for id in [from, to] {
        if work.store.get(COMPANIES, id).is_none() {
            return Err(Refusal::not_found("company", id));
        }
    }
    if from == to {
        return Err(Refusal::bad_body("A company cannot be merged into itself."));
    }
    let stamp = request.writer.stamp(work.now);
    for key in ["/finance/agreements", TICKETS, CONTACTS, "/company/configurations"] {
        let moved: Vec<(i64, Record)> = work
            .store
            .table(key)
            .into_iter()
            .flat_map(|table| table.under(&[]))
            .filter(|(_, row)| ref_id(row.fields.get("company")) == Some(from))
            .map(|(id, row)| (id, row.fields.clone()))
            .collect();
        for (id, mut fields) in moved {
            fields.insert("company".to_owned(), reference(to));
            work.store.update(key, id, fields, &stamp);
        }
    }
    work.store.delete(COMPANIES, from);
    let view = work.view();
    let row = work.store.get(COMPANIES, to);
    let mut answer = one(&view, row.map(|row| Found { key: COMPANIES, id: to, row }))?;
    answer.status = success;
    Ok(answer)
}
