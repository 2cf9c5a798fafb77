//! Bundles: several reading requests in one (contract: behaviours, section 4).
//!
//! Which names `resourceType` takes is not on record: here, those of the document's schemas and of
//! the paths (`ticket`, `tickets`). A bundle only reads, for of writing nothing is known.

use serde_json::{Value, json};

use crate::sandbox::contract::{Collection, Role};
use crate::sandbox::engine::{Answer, Outcome, Request, item, known, list, parents_exist, rows, visible};
use crate::sandbox::errors::Refusal;
use crate::sandbox::query::{Parameters, Query};
use crate::sandbox::view::View;
use crate::sandbox::work::Work;

/// Answers each request of a bundle; one that fails stops no other.
pub fn answer(work: &Work<'_>, request: &Request<'_>, counting: bool) -> Outcome {
    let body = work.checked("BundleRequestsCollection", request)?;
    let requests = body.get("requests").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let view = work.view();
    let results = requests.iter().map(|one| {
        let mut result = json!({});
        for field in ["sequenceNumber", "resourceType", "version"] {
            if !one[field].is_null() {
                result[field] = one[field].clone();
            }
        }
        match single(&view, request, one, counting) {
            Ok(entities) => {
                result["success"] = true.into();
                result["statusCode"] = 200.into();
                match entities {
                    Value::Array(entities) => {
                        result["count"] = entities.len().into();
                        result["entities"] = entities.into();
                    }
                    count => result["count"] = count,
                }
            }
            Err(refusal) => {
                result["success"] = false.into();
                result["statusCode"] = refusal.status.into();
                result["error"] = refusal.error();
            }
        }
        result
    });
    Ok(Answer::of(200, json!({"results": results.collect::<Vec<_>>()})))
}

/// One request: the records that it finds, or how many they are.
fn single(view: &View<'_>, request: &Request<'_>, one: &Value, counting: bool) -> Result<Value, Refusal> {
    let asked = &one["apiRequest"];
    if !asked["entity"].is_null() {
        return Err(Refusal::bad_body("A bundle does not write."));
    }
    let number = |field: &str| asked[field].as_i64();
    let parents: Vec<i64> = [number("grandParentId"), number("parentId")].into_iter().flatten().collect();
    let wanted = one["resourceType"].as_str().unwrap_or_default();
    let collection = collection(view, wanted, parents.len())
        .ok_or_else(|| Refusal::bad_body(&format!("The resourceType {wanted} is unknown.")))?;
    let (_, schema) = known(view.contract, &collection.key)?;
    let route = view.contract.routes.iter().find(|route| route.role == Role::List(collection.key.clone()));
    if !route.is_some_and(|route| request.writer.may("GET", &route.template)) {
        return Err(Refusal::forbidden());
    }
    let filters = &asked["filters"];
    let mut pairs = Vec::new();
    for (name, value) in [
        ("conditions", &filters["conditions"]),
        ("childConditions", &filters["childconditions"]),
        ("customFieldConditions", &filters["customfieldconditions"]),
        ("orderBy", &filters["orderBy"]),
        ("fields", &asked["fields"]),
        ("page", &asked["page"]["page"]),
        ("pageSize", &asked["page"]["pageSize"]),
        ("pageId", &asked["page"]["pageId"]),
    ] {
        match value {
            Value::String(text) => pairs.push((name.to_owned(), text.clone())),
            Value::Number(number) => pairs.push((name.to_owned(), number.to_string())),
            _ => {}
        }
    }
    let parameters = Parameters::from_pairs(pairs);
    let query = Query::read(view, schema, &parameters)?;
    if let Some(id) = number("id").filter(|id| *id != 0) {
        let ids: Vec<i64> = parents.iter().copied().chain([id]).collect();
        let found = item(view, request.writer, collection, &ids)?;
        return Ok(if counting { 1.into() } else { json!([query.shown(view, found, schema)]) });
    }
    parents_exist(view, request.writer, collection, &parents)?;
    let found = rows(view, collection, &parents);
    if counting {
        let found = found.filter(|found| visible(request.writer, *found) && query.wants(view, *found));
        return Ok(found.count().into());
    }
    let inner = Request { parameters: &parameters, body: None, url: request.url.clone(), ..*request };
    Ok(list(view, &inner, schema, found)?.body.unwrap_or_default())
}

/// The collection that a name means, with as many parents as are given.
fn collection<'a>(view: &View<'a>, wanted: &str, parents: usize) -> Option<&'a Collection> {
    view.contract.collections.values().find(|collection| {
        let path = collection.key.rsplit('/').next().unwrap_or_default();
        let schema = view.contract.schema(&collection.schema);
        collection.parents.len() == parents
            && (path.eq_ignore_ascii_case(wanted)
                || schema.is_some_and(|schema| schema.resource().eq_ignore_ascii_case(wanted)))
    })
}
