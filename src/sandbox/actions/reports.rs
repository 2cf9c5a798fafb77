//! Reports: the plain fields of a list, answered by column (contract: behaviours, section 13).
//!
//! Which reports a server has, and what their columns are called, is not on record: here they bear
//! the names of the records that they show and the columns those of the fields.

use serde_json::{Value, json};

use crate::sandbox::contract::{Field, Kind, Schema};
use crate::sandbox::engine::{Answer, Outcome, Request, known, visible};
use crate::sandbox::errors::Refusal;
use crate::sandbox::paging;
use crate::sandbox::query::Query;
use crate::sandbox::rules;
use crate::sandbox::view::{Found, View};

const REPORTS: [(&str, &str); 7] = [
    ("Agreement", "/finance/agreements"),
    ("Company", "/company/companies"),
    ("Configuration", "/company/configurations"),
    ("Contact", "/company/contacts"),
    ("Member", "/system/members"),
    ("Product", "/procurement/catalog"),
    ("Service", "/service/tickets"),
];

/// The reports that there are; of the list's parameters only paging means something here.
pub fn names(_: &View<'_>, request: &Request<'_>) -> Outcome {
    let ids: Vec<i64> = (1..).take(REPORTS.len()).collect();
    let page = paging::page(request.parameters, false, &ids, &|_| request.url.clone())?;
    let names = REPORTS[page.range].iter().map(|(name, _)| json!({ "name": name }));
    Ok(Answer::of(200, names.collect()))
}

/// The columns of a report, each an object with one key.
pub fn columns(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let (_, schema) = report(view, request)?;
    Ok(Answer::of(200, definitions(schema, &chosen(schema, request)?)))
}

/// How many rows a report has.
pub fn count(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let (key, schema) = report(view, request)?;
    Ok(Answer::of(200, json!({"count": found(view, request, key, schema)?.len()})))
}

/// A report: its columns, and the values row by row in their order.
pub fn rows(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let (key, schema) = report(view, request)?;
    let columns = chosen(schema, request)?;
    let found = found(view, request, key, schema)?;
    let ids: Vec<i64> = found.iter().map(|found| found.id).collect();
    let page = paging::page(request.parameters, false, &ids, &|_| request.url.clone())?;
    let rows = found[page.range].iter().map(|one| {
        let values = columns.iter().map(|field| view.field(*one, field).into_owned());
        Value::Array(values.collect())
    });
    let rows: Vec<Value> = rows.collect();
    let answer = json!({"column_definitions": definitions(schema, &columns), "row_values": rows});
    Ok(Answer::of(200, answer))
}

fn report<'a>(view: &View<'a>, request: &Request<'_>) -> Result<(&'static str, &'a Schema), Refusal> {
    let wanted = &request.matched.text;
    let hit = REPORTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let (_, key) = hit.ok_or_else(|| Refusal::missing(&format!("report {wanted} not found")))?;
    Ok((key, known(view.contract, key)?.1))
}

fn found<'a>(
    view: &View<'a>,
    request: &Request<'_>,
    key: &'static str,
    schema: &'a Schema,
) -> Result<Vec<Found<'a>>, Refusal> {
    let query = Query::read(view, schema, request.parameters)?;
    let rows = view.store.table(key).into_iter().flat_map(|table| table.under(&[]));
    let rows = rows.map(|(id, row)| Found { key, id, row });
    let mut found: Vec<Found<'a>> =
        rows.filter(|found| visible(request.writer, *found) && query.wants(view, *found)).collect();
    query.sort(view, &mut found);
    Ok(found)
}

fn kind(schema: &Schema, field: &Field) -> Option<&'static str> {
    match field.kind {
        _ if rules::unseen(&schema.name, field) => None,
        Kind::Text | Kind::Enum(_) => Some("Text"),
        Kind::DateTime => Some("DateTime"),
        Kind::Int | Kind::Num => Some("Numeric"),
        Kind::Bool => Some("Boolean"),
        _ => None,
    }
}

/// The columns that are asked for, or all.
fn chosen<'a>(schema: &'a Schema, request: &Request<'_>) -> Result<Vec<&'a Field>, Refusal> {
    let Some(names) = request.parameters.get("columns") else {
        return Ok(schema.fields.values().filter(|field| kind(schema, field).is_some()).collect());
    };
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let fields = names.map(|name| {
        let field = schema.find(name).filter(|field| kind(schema, field).is_some());
        field.ok_or_else(|| Refusal::bad_query(&format!("columns: the column \"{name}\" does not exist.")))
    });
    fields.collect()
}

fn definitions(schema: &Schema, columns: &[&Field]) -> Value {
    let definition = |field: &&Field| {
        let identity = field.name == "id";
        let definition =
            json!({"type": kind(schema, field), "isNullable": !identity, "identityColumn": identity});
        json!({ &field.name: definition })
    };
    columns.iter().map(definition).collect()
}
