//! The world while it is being changed: creating, changing and deleting records by the rules.

use serde_json::Value;

use super::actions;
use super::auth::Writer;
use super::contract::{Collection, Contract, Schema};
use super::engine::{Request, home, table_of};
use super::errors::{Refusal, Violation};
use super::links;
use super::rules::{self, Draft, audit};
use super::store::{Record, Row, Store};
use super::validate;
use super::view::View;

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
        let mut draft =
            Draft { key, parents, id: None, before: None, record: &mut record, given, whole: true, writer };
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
                let kept = schema.fields.get(name).is_some_and(|f| rules::post_only(&schema.name, f));
                hidden || kept || !schema.fields.contains_key(name) || rules::read_only(&schema.name, name)
            });
        }
        record.extend(taken);
        record.retain(|_, value| !value.is_null());
        let mut draft = Draft {
            key,
            parents,
            id: Some(id),
            before: Some(fields),
            record: &mut record,
            given,
            whole: !patching,
            writer,
        };
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
        let gone = self.store.get(key, id).map(|row| row.fields.clone()).unwrap_or_default();
        self.store.delete(key, id);
        rules::deleted(self.store, key, id, &gone, &writer.stamp(self.now));
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
            whole: true,
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
