//! Configurations: another type, and many at once.
//!
//! The document states 207 for the three bulk operations, and for DELETE a result for each item. For
//! POST and PUT it states one configuration, which cannot answer a list; the sandbox answers them as
//! DELETE. What DELETE takes is not stated: here, a list of ids or of records with an id.

use serde_json::{Value, json};

use crate::sandbox::contract::{Collection, Schema};
use crate::sandbox::engine::{Answer, Outcome, Request, known, visible};
use crate::sandbox::errors::Refusal;
use crate::sandbox::patch;
use crate::sandbox::work::Work;

const CONFIGURATIONS: &str = "/company/configurations";

/// Changes the type, and what else is sent with it, by a PATCH of its own.
pub fn change_type(work: &mut Work<'_>, request: &Request<'_>, id: i64) -> Outcome {
    let (collection, schema) = known(work.contract, CONFIGURATIONS)?;
    seen(work, request, schema, id)?;
    let body = request.body.as_ref().unwrap_or(&Value::Null);
    let given = patch::changes(work.contract, schema, body, work.options.strict_patch)?;
    work.update(collection, schema, id, &given, true, request.writer)?;
    Ok(Answer::of(200, work.shown(collection, id, schema)))
}

/// Creates each configuration of a list.
pub fn create_all(work: &mut Work<'_>, request: &Request<'_>) -> Outcome {
    each(work, request, &|work, collection, schema, item| {
        let given = item.as_object().ok_or_else(|| Refusal::bad_body("A JSON object is expected."))?;
        let id = work.create(collection, schema, &[], given, request.writer)?;
        Ok((201, Some(id)))
    })
}

/// Replaces each configuration of a list, by the id in it.
pub fn replace_all(work: &mut Work<'_>, request: &Request<'_>) -> Outcome {
    each(work, request, &|work, collection, schema, item| {
        let given = item.as_object().ok_or_else(|| Refusal::bad_body("A JSON object is expected."))?;
        let id = id_of(item)?;
        seen(work, request, schema, id)?;
        work.update(collection, schema, id, given, false, request.writer)?;
        Ok((200, Some(id)))
    })
}

/// Deletes each configuration of a list.
pub fn delete_all(work: &mut Work<'_>, request: &Request<'_>) -> Outcome {
    each(work, request, &|work, collection, schema, item| {
        let id = id_of(item)?;
        seen(work, request, schema, id)?;
        work.delete(collection, schema, &[id], id, request.writer)?;
        Ok((204, None))
    })
}

fn id_of(item: &Value) -> Result<i64, Refusal> {
    let id = if item.is_object() { &item["id"] } else { item };
    id.as_i64().ok_or_else(|| Refusal::bad_body("id is required."))
}

fn seen(work: &Work<'_>, request: &Request<'_>, schema: &Schema, id: i64) -> Result<(), Refusal> {
    let view = work.view();
    let found = view.find(CONFIGURATIONS, id).filter(|found| visible(request.writer, *found));
    found.map(|_| ()).ok_or_else(|| Refusal::not_found(&schema.resource(), id))
}

type Act<'a> =
    dyn Fn(&mut Work<'_>, &Collection, &Schema, &Value) -> Result<(u16, Option<i64>), Refusal> + 'a;

/// Does one thing to each item, and says of each how it went; one that fails stops no other.
fn each(work: &mut Work<'_>, request: &Request<'_>, act: &Act<'_>) -> Outcome {
    let (collection, schema) = known(work.contract, CONFIGURATIONS)?;
    let items = match request.body.as_ref() {
        Some(Value::Array(items)) => items.as_slice(),
        None if request.method == "DELETE" => &[],
        _ => return Err(Refusal::bad_body("A JSON array is expected.")),
    };
    let mut payload = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut result = json!({"originalIndex": index});
        match act(work, collection, schema, item) {
            Ok((status, id)) => {
                result["success"] = true.into();
                result["statusCode"] = status.into();
                if let Some(id) = id {
                    result["data"] = work.shown(collection, id, schema);
                }
            }
            Err(refusal) => {
                result["success"] = false.into();
                result["statusCode"] = refusal.status.into();
                result["error"] = refusal.error();
            }
        }
        payload.push(result);
    }
    Ok(Answer::of(207, json!({ "payload": payload })))
}
