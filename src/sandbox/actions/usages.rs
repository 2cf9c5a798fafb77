//! Which records refer to another: the `usages` paths, and why a record cannot be deleted.

use serde_json::{Value, json};

use crate::sandbox::auth::Writer;
use crate::sandbox::contract::{Field, Kind, Schema};
use crate::sandbox::engine::visible;
use crate::sandbox::rules;
use crate::sandbox::store::{Row, ref_id};
use crate::sandbox::view::{Found, View};

/// The records of one collection that refer to a record.
struct Referrers<'a> {
    schema: &'a Schema,
    ids: Vec<i64>,
}

/// The records that refer to one: by collection, or each for itself.
pub fn answer(view: &View<'_>, writer: &Writer, key: &str, id: i64, each: bool) -> Value {
    let mut usages = Vec::new();
    let seen = |key: &str, id: i64, row: &Row| visible(writer, Found { key, id, row });
    for Referrers { schema, ids } in referrers(view, key, id, seen) {
        match each {
            true => usages.extend(ids.iter().map(|id| json!({"type": schema.name, "id": id}))),
            false => usages.push(json!({"type": schema.name, "count": ids.len()})),
        }
    }
    usages.into()
}

/// What stands in the way of deleting a record, in words: a record elsewhere that refers to it. What
/// hangs below the record goes with it.
///
/// A company is deleted whatever refers to it: its schema has `deletedFlag`, `dateDeleted` and
/// `deletedBy`, so the server gets rid of companies in use.
pub fn in_use(view: &View<'_>, key: &str, id: i64) -> Option<String> {
    if key == "/company/companies" {
        return None;
    }
    let below = format!("{key}/{{}}/");
    let depth = key.matches("{}").count();
    let elsewhere = |other: &str, other_id: i64, row: &Row| {
        let under = other.starts_with(&below) && row.parents.get(depth) == Some(&id);
        !under && (other, other_id) != (key, id)
    };
    let found = referrers(view, key, id, elsewhere);
    let Referrers { schema, ids } = found.first()?;
    Some(format!("{} {}", schema.resource(), ids.first()?))
}

fn referrers<'a>(
    view: &View<'a>,
    key: &str,
    id: i64,
    counts: impl Fn(&str, i64, &Row) -> bool,
) -> Vec<Referrers<'a>> {
    let mut found = Vec::new();
    for collection in view.contract.collections.values() {
        let (Some(table), Some(schema)) =
            (view.store.table(&collection.key), view.contract.schema(&collection.schema))
        else {
            continue;
        };
        let fields: Vec<&Field> = schema.fields.values().filter(|field| points(&field.kind, key)).collect();
        if fields.is_empty() {
            continue;
        }
        let rows = table.rows.iter().filter(|(other, row)| {
            fields.iter().any(|field| refers(row.fields.get(&field.name), id))
                && counts(&collection.key, **other, row)
        });
        let ids: Vec<i64> = rows.map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            found.push(Referrers { schema, ids });
        }
    }
    found
}

/// Whether a field can hold references into a table.
fn points(kind: &Kind, key: &str) -> bool {
    match kind {
        Kind::Reference(name) => rules::references::target(name) == Some(key),
        Kind::Array(of) => points(of, key),
        _ => false,
    }
}

fn refers(value: Option<&Value>, id: i64) -> bool {
    match value {
        Some(Value::Array(items)) => items.iter().any(|item| ref_id(Some(item)) == Some(id)),
        value => ref_id(value) == Some(id),
    }
}
