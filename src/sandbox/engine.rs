//! One request, from path to answer: generic over every collection of the contract.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde_json::{Value, json};

use super::actions;
use super::auth::Writer;
use super::contract::{Collection, Contract, Matched, Role, Schema};
use super::errors::Refusal;
use super::links;
use super::paging;
use super::patch;
use super::query::{Parameters, Query};
use super::rules::audit::{self, Wanted};
use super::store::{Record, Store, ref_id};
use super::view::{Found, View};
use super::work::Work;

/// A request that was routed and signed in.
pub struct Request<'a> {
    pub method: &'a str,
    pub matched: &'a Matched<'a>,
    pub parameters: &'a Parameters,
    pub forward_only: bool,
    pub body: Option<Value>,
    pub writer: &'a Writer,
    /// The absolute URL of the path, for `Link` headers.
    pub url: String,
    pub query_pairs: &'a [(String, String)],
}

/// An answer that was not refused.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Option<Value>,
    pub link: Option<String>,
    /// A body that is no JSON: its content type and bytes.
    pub file: Option<(&'static str, Vec<u8>)>,
}

impl Answer {
    pub fn of(status: u16, body: Value) -> Answer {
        Answer { status, body: Some(body), link: None, file: None }
    }

    pub fn file(kind: &'static str, bytes: Vec<u8>) -> Answer {
        Answer { status: 200, body: None, link: None, file: Some((kind, bytes)) }
    }
}

pub type Outcome = Result<Answer, Refusal>;

/// Where the records of a collection are kept. The subcategories of one category are the flat list,
/// narrowed (contract: behaviours, section 10).
pub fn table_of(collection: &Collection) -> (&str, Option<&'static str>) {
    match collection.key.as_str() {
        "/procurement/categories/{}/subcategories" => ("/procurement/subcategories", Some("category")),
        key => (key, None),
    }
}

/// Answers a request that reads.
pub fn read(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let ids = &request.matched.ids;
    match &request.matched.route.role {
        Role::List(key) => {
            let (collection, schema) = known(view.contract, key)?;
            parents_exist(view, request.writer, collection, ids)?;
            let audited = Wanted::read(key, request.parameters)?;
            let rows = rows(view, collection, ids).filter(|found| audited.wants(*found));
            list(view, request, schema, rows)
        }
        Role::Count(key) => {
            let (collection, schema) = known(view.contract, key)?;
            parents_exist(view, request.writer, collection, ids)?;
            let query = Query::read(view, schema, request.parameters)?;
            let audited = Wanted::read(key, request.parameters)?;
            let found = rows(view, collection, ids).filter(|found| {
                audited.wants(*found) && visible(request.writer, *found) && query.wants(view, *found)
            });
            Ok(Answer::of(200, json!({"count": found.count()})))
        }
        Role::Item(key) => {
            let (collection, schema) = known(view.contract, key)?;
            let found = item(view, request.writer, collection, ids)?;
            let query = Query::read(view, schema, request.parameters)?;
            Ok(Answer::of(200, query.shown(view, found, schema)))
        }
        Role::Usages(key) => {
            let (collection, _) = known(view.contract, key)?;
            let id = item(view, request.writer, collection, ids)?.id;
            let each = request.matched.route.template.ends_with("/list");
            Ok(Answer::of(200, actions::usages::answer(view, request.writer, key, id, each)))
        }
        Role::Action => actions::read(view, request),
    }
}

/// Answers a request that writes.
pub fn write(
    contract: &Contract,
    store: &mut Store,
    options: &super::Options,
    now: jiff::Timestamp,
    request: &Request<'_>,
) -> Outcome {
    let ids = &request.matched.ids;
    let route = request.matched.route;
    let success = route.operations.get(request.method).map_or(200, |operation| operation.success);
    let mut work = Work { contract, store, options, now };
    match (&route.role, request.method) {
        (Role::List(key), "POST") => {
            let (collection, schema) = known(contract, key)?;
            parents_exist(&work.view(), request.writer, collection, ids)?;
            let given = request.object()?;
            // Before anything is written: what cannot be answered as asked is not done.
            let query = Query::partial(&work.view(), schema, request.parameters)?;
            let id = match links::target(collection) {
                Some(_) => links::attach(&mut work, collection, schema, ids, given, request.writer)?,
                None => work.create(collection, schema, ids, given, request.writer)?,
            };
            let view = work.view();
            let shown = match view.find(home(collection), id) {
                Some(found) => query.shown(&view, found, schema),
                None => Value::Null,
            };
            Ok(Answer::of(success, shown))
        }
        (Role::Item(key), "PUT" | "PATCH") => {
            let (collection, schema) = known(contract, key)?;
            let id = item(&work.view(), request.writer, collection, ids)?.id;
            let patching = request.method == "PATCH";
            let given = match patching {
                true => {
                    let body = request.body.as_ref().unwrap_or(&Value::Null);
                    patch::changes(contract, schema, body, options.strict_patch)?
                }
                false => request.object()?.clone(),
            };
            work.update(collection, schema, id, &given, patching, request.writer)?;
            Ok(Answer::of(success, work.shown(collection, id, schema)))
        }
        (Role::Item(key), "DELETE") => {
            let (collection, schema) = known(contract, key)?;
            let id = item(&work.view(), request.writer, collection, ids)?.id;
            let shown = work.shown(collection, id, schema);
            work.delete(collection, schema, ids, id, request.writer)?;
            Ok(match success {
                204 => Answer { status: 204, body: None, link: None, file: None },
                // Four child collections answer with the record (contract: behaviours, section 4).
                _ => Answer::of(success, shown),
            })
        }
        (Role::Action, _) => actions::write(&mut work, request, success),
        // The document has no other method on these paths.
        _ => Err(Refusal::method_not_allowed()),
    }
}

impl Request<'_> {
    pub fn object(&self) -> Result<&Record, Refusal> {
        self.body
            .as_ref()
            .and_then(Value::as_object)
            .ok_or_else(|| Refusal::bad_body("A JSON object is expected."))
    }
}

/// Where the records that a collection shows are found.
pub fn home(collection: &Collection) -> &str {
    links::target(collection).unwrap_or(table_of(collection).0)
}

pub fn known<'a>(contract: &'a Contract, key: &str) -> Result<(&'a Collection, &'a Schema), Refusal> {
    let collection = contract.collection(key).ok_or_else(Refusal::no_such_page)?;
    let schema = contract.schema(&collection.schema);
    Ok((collection, schema.ok_or_else(Refusal::no_such_page)?))
}

/// Every parent on the path exists, and below the parent before it; what the caller may not see
/// does not exist for it.
pub fn parents_exist(
    view: &View<'_>,
    writer: &Writer,
    collection: &Collection,
    ids: &[i64],
) -> Result<(), Refusal> {
    for (at, key) in collection.parents.iter().enumerate() {
        let id = ids.get(at).copied().unwrap_or_default();
        let found = view.find(key, id).filter(|found| found.row.parents == ids[..at]);
        if !found.is_some_and(|found| visible(writer, found)) {
            let resource = view.schema_of(key).map_or_else(String::new, Schema::resource);
            return Err(Refusal::not_found(&resource, id));
        }
    }
    Ok(())
}

pub fn rows<'a>(
    view: &View<'a>,
    collection: &'a Collection,
    ids: &[i64],
) -> Box<dyn Iterator<Item = Found<'a>> + 'a> {
    if let Some(target) = links::target(collection) {
        return links::rows(view, collection, target, ids);
    }
    let (key, narrowed) = table_of(collection);
    let parent = ids.last().copied();
    let rows = match (view.store.table(key), narrowed) {
        (None, _) => return Box::new(std::iter::empty()),
        (Some(table), None) => table.under(ids),
        (Some(table), Some(field)) => {
            Box::new(table.under(&[]).filter(move |(_, row)| ref_id(row.fields.get(field)) == parent))
        }
    };
    Box::new(rows.map(move |(id, row)| Found { key, id, row }))
}

pub fn item<'a>(
    view: &View<'a>,
    writer: &Writer,
    collection: &'a Collection,
    ids: &[i64],
) -> Result<Found<'a>, Refusal> {
    let (id, parents) = match ids.split_last() {
        Some((id, parents)) => (*id, parents),
        None => return Err(Refusal::no_such_page()),
    };
    parents_exist(view, writer, collection, parents)?;
    let (key, narrowed) = table_of(collection);
    let found = match links::target(collection) {
        Some(target) => links::rows(view, collection, target, parents).find(|found| found.id == id),
        None => view.find(key, id).filter(|found| match narrowed {
            None => found.row.parents == parents,
            Some(field) => ref_id(found.row.fields.get(field)) == parents.last().copied(),
        }),
    };
    let schema = view.contract.schema(&collection.schema);
    let found = found.filter(|found| visible(writer, *found));
    found.ok_or_else(|| Refusal::not_found(&schema.map_or_else(String::new, Schema::resource), id))
}

/// The records that are somebody's. The other tables are set-up, of which everybody works with the
/// same rows; and what hangs below a record of one's own (notes, sites, tasks) is a part of it, whoever
/// wrote it, as what hangs below a hidden one is hidden with it.
const GUARDED: &[&str] = &[
    "/company/companies",
    "/company/configurations",
    "/company/contacts",
    "/finance/agreements",
    "/finance/agreements/{}/additions",
    "/procurement/catalog",
    "/service/tickets",
    audit::TRAIL,
];

/// An integrator login without access to all records sees only those that it made (contract:
/// behaviours, section 7). It may still name others in a reference: a ticket needs its company.
pub fn visible(writer: &Writer, found: Found<'_>) -> bool {
    !writer.sees_own_only() || !GUARDED.contains(&found.key) || found.row.entered_by == writer.name
}

/// Filters, sorts, pages and shows.
pub fn list<'a>(
    view: &View<'a>,
    request: &Request<'_>,
    schema: &'a Schema,
    rows: impl Iterator<Item = Found<'a>>,
) -> Outcome {
    let query = Query::read(view, schema, request.parameters)?;
    let mut found: Vec<Found<'a>> =
        rows.filter(|found| visible(request.writer, *found) && query.wants(view, *found)).collect();
    query.sort(view, &mut found);
    let ids: Vec<i64> = found.iter().map(|found| found.id).collect();
    let link = |replaced: &[(&str, String)]| {
        let kept = request
            .query_pairs
            .iter()
            .filter(|(name, _)| !replaced.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)))
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let new = replaced.iter().map(|(name, value)| (*name, value.as_str()));
        let pairs: Vec<String> =
            kept.chain(new).map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        format!("{}?{}", request.url, pairs.join("&"))
    };
    // The audit trail alone knows no forward-only paging (contract: behaviours, section 3).
    let forward_only = request.forward_only && request.matched.route.template != audit::TRAIL;
    let page = paging::page(request.parameters, forward_only, &ids, &link)?;
    let shown = found[page.range].iter().map(|one| query.shown(view, *one, schema));
    Ok(Answer { status: 200, body: Some(shown.collect()), link: page.link, file: None })
}

fn encoded(text: &str) -> PercentEncode<'_> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, KEPT)
}
