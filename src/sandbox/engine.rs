//! One request, from path to answer: generic over every collection of the contract.

use serde_json::{Value, json};

use super::actions;
use super::auth::Writer;
use super::contract::{Collection, Contract, Matched, Role, Schema};
use super::errors::{Refusal, Violation};
use super::links;
use super::paging;
use super::patch;
use super::query::{Parameters, Query};
use super::rules::audit::{self, Wanted};
use super::rules::{self, Draft};
use super::store::{Record, Row, Store, ref_id};
use super::validate;
use super::view::{Found, View};

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
fn table_of(collection: &Collection) -> (&str, Option<&'static str>) {
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
            parents_exist(view, collection, ids)?;
            let audited = Wanted::read(key, request.parameters)?;
            let rows = rows(view, collection, ids).filter(|found| audited.wants(*found));
            list(view, request, schema, rows)
        }
        Role::Count(key) => {
            let (collection, schema) = known(view.contract, key)?;
            parents_exist(view, collection, ids)?;
            let query = Query::read(view, schema, request.parameters)?;
            let audited = Wanted::read(key, request.parameters)?;
            let found = rows(view, collection, ids).filter(|found| {
                audited.wants(*found) && visible(request.writer, *found) && query.wants(view, *found)
            });
            Ok(Answer::of(200, json!({"count": found.count()})))
        }
        Role::Item(key) => {
            let (collection, schema) = known(view.contract, key)?;
            let found = item(view, collection, ids)?;
            if !visible(request.writer, found) {
                return Err(Refusal::not_found(&schema.resource(), found.id));
            }
            let query = Query::read(view, schema, request.parameters)?;
            Ok(Answer::of(200, query.shown(view, found, schema)))
        }
        Role::Usages(key) => {
            let (collection, _) = known(view.contract, key)?;
            let id = item(view, collection, ids)?.id;
            let each = request.matched.route.template.ends_with("/list");
            Ok(Answer::of(200, actions::usages::answer(view, key, id, each)))
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
            parents_exist(&work.view(), collection, ids)?;
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
            let found = item(&work.view(), collection, ids)?;
            if !visible(request.writer, found) {
                return Err(Refusal::not_found(&schema.resource(), found.id));
            }
            let id = found.id;
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
            let found = item(&work.view(), collection, ids)?;
            if !visible(request.writer, found) {
                return Err(Refusal::not_found(&schema.resource(), found.id));
            }
            let id = found.id;
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
fn home(collection: &Collection) -> &str {
    links::target(collection).unwrap_or(table_of(collection).0)
}

pub fn known<'a>(contract: &'a Contract, key: &str) -> Result<(&'a Collection, &'a Schema), Refusal> {
    let collection = contract.collection(key).ok_or_else(Refusal::no_such_page)?;
    let schema = contract.schema(&collection.schema);
    Ok((collection, schema.ok_or_else(Refusal::no_such_page)?))
}

/// Every parent on the path exists, and below the parent before it.
pub fn parents_exist(view: &View<'_>, collection: &Collection, ids: &[i64]) -> Result<(), Refusal> {
    for (at, key) in collection.parents.iter().enumerate() {
        let id = ids.get(at).copied().unwrap_or_default();
        let row = view.store.get(key, id);
        if row.is_none_or(|row| row.parents != ids[..at]) {
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

pub fn item<'a>(view: &View<'a>, collection: &'a Collection, ids: &[i64]) -> Result<Found<'a>, Refusal> {
    let (id, parents) = match ids.split_last() {
        Some((id, parents)) => (*id, parents),
        None => return Err(Refusal::no_such_page()),
    };
    parents_exist(view, collection, parents)?;
    let (key, narrowed) = table_of(collection);
    let found = match links::target(collection) {
        Some(target) => links::rows(view, collection, target, parents).find(|found| found.id == id),
        None => view.find(key, id).filter(|found| match narrowed {
            None => found.row.parents == parents,
            Some(field) => ref_id(found.row.fields.get(field)) == parents.last().copied(),
        }),
    };
    let schema = view.contract.schema(&collection.schema);
    found.ok_or_else(|| Refusal::not_found(&schema.map_or_else(String::new, Schema::resource), id))
}

/// An integrator login without access to all records sees of tickets and configurations only what
/// it made (contract: behaviours, section 7).
pub fn visible(writer: &Writer, found: Found<'_>) -> bool {
    let guarded = matches!(found.key, "/service/tickets" | "/company/configurations");
    !guarded || !writer.sees_own_only() || found.row.entered_by == writer.name
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

fn encoded(text: &str) -> String {
    let mut made = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                made.push(char::from(byte));
            }
            _ => made.push_str(&format!("%{byte:02X}")),
        }
    }
    made
}

/// The world while it is being changed.
pub struct Work<'a> {
    pub contract: &'a Contract,
    pub store: &'a mut Store,
    pub options: &'a super::Options,
    pub now: jiff::Timestamp,
}

impl Work<'_> {
    pub fn view(&self) -> View<'_> {
        View { contract: self.contract, store: self.store, options: self.options, now: self.now }
    }

    /// The record as it now is.
    pub fn shown(&self, collection: &Collection, id: i64, schema: &Schema) -> Value {
        let view = self.view();
        match view.find(home(collection), id) {
            Some(found) => Value::Object(view.shown(found, schema)),
            None => Value::Null,
        }
    }

    /// Creates a record from what was sent.
    pub fn create(
        &mut self,
        collection: &Collection,
        schema: &Schema,
        parents: &[i64],
        given: &Record,
        writer: &Writer,
    ) -> Result<i64, Refusal> {
        let mut violations = Vec::new();
        let mut record = validate::accept(&self.view(), schema, given, true, &mut violations);
        let (key, narrowed) = table_of(collection);
        let mut parents = parents;
        if let (Some(field), Some(parent)) = (narrowed, parents.last()) {
            record.insert(field.to_owned(), super::store::reference(*parent));
            parents = &[];
        }
        let aside = self.set_aside(key, &mut record);
        let mut draft = Draft { key, parents, id: None, before: None, record: &mut record, given, writer };
        self.settle(&mut draft, schema, false, &mut violations)?;
        record.retain(|_, value| !value.is_null());
        let id = self.store.insert(key, parents, record, &writer.stamp(self.now));
        rules::after(self.store, key, id, &aside, writer, self.now);
        audit::note(self.store, key, id, "created", writer, self.now);
        Ok(id)
    }

    /// Changes a record: PUT replaces it, PATCH changes the fields that are given. Either is one
    /// update, validated as a whole.
    pub fn update(
        &mut self,
        collection: &Collection,
        schema: &Schema,
        id: i64,
        given: &Record,
        patching: bool,
        writer: &Writer,
    ) -> Result<(), Refusal> {
        let record = self.updated(collection, schema, id, given, patching, writer)?;
        self.put(collection, id, record, writer);
        Ok(())
    }

    /// What an update would make of a record; nothing is written yet.
    pub fn updated(
        &self,
        collection: &Collection,
        schema: &Schema,
        id: i64,
        given: &Record,
        patching: bool,
        writer: &Writer,
    ) -> Result<Record, Refusal> {
        let (key, _) = table_of(collection);
        let Some(Row { parents, fields, .. }) = self.store.get(key, id) else {
            return Err(Refusal::not_found(&schema.resource(), id));
        };
        let mut violations = Vec::new();
        let mut taken = validate::accept(&self.view(), schema, given, false, &mut violations);
        self.set_aside(key, &mut taken);
        let mut record = fields.clone();
        if !patching {
            // What cannot be read cannot be sent back, and what the server computes is the server's.
            record.retain(|name, _| {
                let hidden = schema.fields.get(name).is_some_and(|f| f.never_returned);
                hidden || !schema.fields.contains_key(name) || rules::read_only(&schema.name, name)
            });
        }
        record.extend(taken);
        record.retain(|_, value| !value.is_null());
        let mut draft =
            Draft { key, parents, id: Some(id), before: Some(fields), record: &mut record, given, writer };
        self.settle(&mut draft, schema, !patching, &mut violations)?;
        record.retain(|_, value| !value.is_null());
        Ok(record)
    }

    /// Writes what [`Work::updated`] made.
    pub fn put(&mut self, collection: &Collection, id: i64, record: Record, writer: &Writer) {
        let (key, _) = table_of(collection);
        self.store.update(key, id, record, &writer.stamp(self.now));
        rules::after(self.store, key, id, &Record::new(), writer, self.now);
        audit::note(self.store, key, id, "updated", writer, self.now);
    }

    /// Deletes a record that no other refers to, or takes away a link.
    pub fn delete(
        &mut self,
        collection: &Collection,
        schema: &Schema,
        ids: &[i64],
        id: i64,
        writer: &Writer,
    ) -> Result<(), Refusal> {
        let (key, _) = table_of(collection);
        if links::target(collection).is_some() {
            let parents = ids.split_last().map_or(ids, |(_, parents)| parents);
            links::detach(self.store, collection, parents, id);
            return Ok(());
        }
        if let Some(by) = actions::usages::in_use(&self.view(), key, id) {
            return Err(Refusal::in_use(&schema.resource(), id, &by));
        }
        self.store.delete(key, id);
        audit::note(self.store, key, id, "deleted", writer, self.now);
        Ok(())
    }

    /// Checks a body that is no record of a collection, as far as the document describes it:
    /// fields, types, references, required fields.
    pub fn checked(&self, schema: &str, request: &Request<'_>) -> Result<Record, Refusal> {
        let given = request.object()?;
        let schema = self.contract.schema(schema).ok_or_else(Refusal::no_such_page)?;
        let mut violations = Vec::new();
        let mut record = validate::accept(&self.view(), schema, given, true, &mut violations);
        // An id in such a body is part of what is asked, not the server's.
        if let Some(id) = given.get("id") {
            record.insert("id".to_owned(), id.clone());
        }
        let writer = request.writer;
        let mut draft = Draft {
            key: &schema.name,
            parents: &[],
            id: None,
            before: None,
            record: &mut record,
            given,
            writer,
        };
        self.settle(&mut draft, schema, false, &mut violations)?;
        Ok(record)
    }

    /// Defaults, references, required fields and rules, in this order; any violation refuses all.
    fn settle(
        &self,
        draft: &mut Draft<'_>,
        schema: &Schema,
        on_update: bool,
        violations: &mut Vec<Violation>,
    ) -> Result<(), Refusal> {
        let view = self.view();
        rules::defaults(&view, draft);
        rules::references::resolve(&view, draft, violations);
        // What was refused for its form is not reported missing as well.
        let wrong: Vec<String> = violations.iter().map(|v| v.field.clone()).collect();
        let mut missing = Vec::new();
        if violations.is_empty() {
            rules::check(&view, draft, violations);
        }
        validate::required(schema, draft.record, on_update, &mut missing);
        missing.retain(|m| {
            let root = m.field.split('/').next().unwrap_or_default();
            !wrong.iter().any(|w| w.split('/').next() == Some(root))
                && !violations.iter().any(|v| v.field == m.field)
        });
        violations.extend(missing);
        match violations.is_empty() {
            true => Ok(()),
            false => Err(Refusal::invalid(&schema.resource(), violations)),
        }
    }

    /// Takes out of a ticket what is no part of the record.
    fn set_aside(&self, key: &str, record: &mut Record) -> Record {
        let mut aside = Record::new();
        if key == "/service/tickets" {
            for field in rules::tickets::ASIDE {
                aside.extend(record.remove_entry(*field));
            }
        }
        aside
    }
}
