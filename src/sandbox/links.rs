//! Lists that hold no records of their own but references to others': the configurations attached to
//! a ticket, and those that an agreement covers (contract: behaviours, section 9).

use serde_json::{Value, json};

use super::auth::Writer;
use super::contract::{Collection, Schema};
use super::engine::visible;
use super::errors::{Refusal, Violation};
use super::rules;
use super::store::{Record, Store, ref_id, reference};
use super::view::{Found, View};
use super::work::Work;

/// The field of a kept link that names the record.
const TO: &str = "to";

/// The table that a collection's references point into, where it is a list of references.
pub fn target(collection: &Collection) -> Option<&'static str> {
    rules::references::target(&collection.schema)
}

/// The records that are linked below a parent.
pub fn rows<'a>(
    view: &View<'a>,
    collection: &'a Collection,
    target: &'static str,
    ids: &[i64],
) -> Box<dyn Iterator<Item = Found<'a>> + 'a> {
    let view = *view;
    let Some(table) = view.store.table(&collection.key) else {
        return Box::new(std::iter::empty());
    };
    let linked = table.under(ids).filter_map(|(_, row)| ref_id(row.fields.get(TO)));
    Box::new(linked.filter_map(move |id| view.find(target, id)))
}

/// Links a record that is named by its id or its identifier; answers its id. Linked twice is linked.
pub fn attach(
    work: &mut Work<'_>,
    collection: &Collection,
    schema: &Schema,
    parents: &[i64],
    given: &Record,
    writer: &Writer,
) -> Result<i64, Refusal> {
    let target = target(collection).ok_or_else(Refusal::no_such_page)?;
    let resource = schema.resource();
    let refuse = |code, field: &str, message: String| {
        Err(Refusal::invalid(&resource, &[Violation::new(code, field, message)]))
    };
    if let Some(unknown) = given.keys().find(|name| !schema.fields.contains_key(*name)) {
        return refuse("InvalidField", unknown, format!("The field {unknown} does not exist."));
    }
    let id = given.get("id").filter(|id| !id.is_null() && **id != json!(0));
    let name = given.get("deviceIdentifier").filter(|name| !name.is_null() && **name != json!(""));
    let table = work.store.table(target);
    let (hit, field, wanted) = match (id, name) {
        (Some(Value::Number(id)), _) => {
            (id.as_i64().filter(|id| table.is_some_and(|t| t.get(*id).is_some())), "id", id.to_string())
        }
        (None, Some(Value::String(name))) => {
            let mut rows = table.into_iter().flat_map(|t| t.under(&[]));
            let device = |row: &Record| row.get("deviceIdentifier").and_then(Value::as_str) == Some(name);
            (rows.find(|(_, row)| device(&row.fields)).map(|(id, _)| id), "deviceIdentifier", name.clone())
        }
        (None, None) => {
            return refuse("MissingRequiredField", "id", "id or deviceIdentifier is required.".to_owned());
        }
        (Some(_), _) => return refuse("InvalidType", "id", "The id field must be an integer.".to_owned()),
        (_, Some(_)) => {
            let message = "The deviceIdentifier field must be a string.".to_owned();
            return refuse("InvalidType", "deviceIdentifier", message);
        }
    };
    let seen = |id: &i64| work.view().find(target, *id).is_some_and(|found| visible(writer, found));
    let Some(id) = hit.filter(seen) else {
        return refuse("NotFound", field, format!("Configuration {wanted} not found"));
    };
    if link_of(work.store, collection, parents, id).is_none() {
        let mut link = Record::new();
        link.insert(TO.to_owned(), reference(id));
        work.store.insert(&collection.key, parents, link, &writer.stamp(work.now));
    }
    Ok(id)
}

/// Takes a link away; the record stays.
pub fn detach(store: &mut Store, collection: &Collection, parents: &[i64], id: i64) {
    if let Some(link) = link_of(store, collection, parents, id) {
        store.delete(&collection.key, link);
    }
}

fn link_of(store: &Store, collection: &Collection, parents: &[i64], id: i64) -> Option<i64> {
    let mut links = store.table(&collection.key)?.under(parents);
    links.find(|(_, row)| ref_id(row.fields.get(TO)) == Some(id)).map(|(link, _)| link)
}
