//! The paths that are no collection: single objects, views and verbs.

pub mod boards;
pub mod bundles;
pub mod companies;
pub mod configurations;
pub mod management;
pub mod products;
pub mod reports;
pub mod tickets;
pub mod usages;

use serde_json::{Value, json};

use super::auth::Writer;
use super::engine::{Answer, Outcome, Request, visible};
use super::errors::Refusal;
use super::query::Query;
use super::view::{Found, View};
use super::work::Work;
use super::world;

/// Answers a GET on one of these paths.
pub fn read(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let first = request.matched.ids.first().copied().unwrap_or_default();
    match request.matched.route.template.as_str() {
        "/system/info" => Ok(Answer::of(200, world::info(view.options))),
        "/company/companies/default" => companies::own(view, request),
        "/company/contacts/default" => companies::contact(view, request),
        "/company/management/{id}/log/download" => management::log(view, request, first),
        "/service/tickets/calculateSla" => tickets::list_all(view, request),
        "/service/tickets/{parentId}/allNotes" => tickets::all_notes(view, request, first),
        "/service/priorities/{id}/image" => boards::image(view, request, first),
        "/procurement/catalog/{catalogItemIdentifier}/quantityOnHand" => products::on_hand(view, request),
        "/system/reports" => reports::names(view, request),
        "/system/reports/{reportName}" => reports::rows(view, request),
        "/system/reports/{reportName}/columns" => reports::columns(view, request),
        "/system/reports/{reportName}/count" => reports::count(view, request),
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// Does what a verb says.
pub fn write(work: &mut Work<'_>, request: &Request<'_>, success: u16) -> Outcome {
    let first = request.matched.ids.first().copied().unwrap_or_default();
    let mut answer = match (request.matched.route.template.as_str(), request.method) {
        ("/service/tickets/search", _) => tickets::search(work, request),
        ("/service/tickets/{parentId}/attachChildren", _) => tickets::attach_children(work, request, first),
        ("/service/tickets/{parentId}/merge", _) => tickets::merge(work, request, first),
        ("/service/tickets/{parentId}/convert", _) => tickets::convert(work, request, first),
        ("/service/boards/copy", _) => boards::copy(work, request),
        ("/procurement/catalog/{id}/pricing", _) => products::pricing(work, request, first),
        ("/company/companies/{id}/merge", _) => companies::merge(work, request, first),
        ("/company/configurations/{id}/changeType", _) => configurations::change_type(work, request, first),
        ("/company/configurations/bulk", "POST") => configurations::create_all(work, request),
        ("/company/configurations/bulk", "PUT") => configurations::replace_all(work, request),
        ("/company/configurations/bulk", _) => configurations::delete_all(work, request),
        ("/company/management/{id}/executeManagedItSync", _) => management::sync(work, request, first),
        ("/system/bundles", _) => bundles::answer(work, request, false),
        ("/system/bundles/count", _) => bundles::answer(work, request, true),
        _ => Err(Refusal::method_not_allowed()),
    }?;
    answer.status = success;
    Ok(answer)
}

/// The answer of a verb that changes things and shows none.
fn done(message: &str) -> Outcome {
    Ok(Answer::of(200, json!({"success": true, "message": message})))
}

fn one(view: &View<'_>, request: &Request<'_>, found: Option<Found<'_>>) -> Outcome {
    let found = found.filter(|found| visible(request.writer, *found));
    let found = found.ok_or_else(|| Refusal::missing("record not found"))?;
    let schema = view.schema_of(found.key).ok_or_else(Refusal::no_such_page)?;
    let query = Query::partial(view, schema, request.parameters)?;
    Ok(Answer::of(200, query.shown(view, found, schema)))
}

/// Finds a record of a collection without parents, or refuses; what the caller may not see is not
/// there.
fn existing<'a>(view: &View<'a>, writer: &Writer, key: &'a str, id: i64) -> Result<Found<'a>, Refusal> {
    let resource = || view.schema_of(key).map_or_else(String::new, super::contract::Schema::resource);
    let found = view.find(key, id).filter(|found| visible(writer, *found));
    found.ok_or_else(|| Refusal::not_found(&resource(), id))
}

/// The ids that a body's field lists.
fn ids(body: &super::store::Record, field: &str) -> Result<Vec<i64>, Refusal> {
    let ids = body.get(field).and_then(Value::as_array);
    let ids: Option<Vec<i64>> = ids.and_then(|ids| ids.iter().map(Value::as_i64).collect());
    ids.filter(|ids| !ids.is_empty()).ok_or_else(|| Refusal::bad_body(&format!("{field} is required.")))
}
