//! Reading records: following references, computing what ConnectWise computes, showing the result.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::contract::{Contract, Field, Kind, Schema};
use super::store::{Record, Row, Store};
use super::{Options, clock, rules};

/// The world at one moment, as a request sees it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub contract: &'a Contract,
    pub store: &'a Store,
    pub options: &'a Options,
    pub now: Timestamp,
}

/// One record with the place it came from.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    pub key: &'a str,
    pub id: i64,
    pub row: &'a Row,
}

const NULL: Value = Value::Null;

impl<'a> View<'a> {
    pub fn find(&self, key: &'a str, id: i64) -> Option<Found<'a>> {
        let row = self.store.get(key, id)?;
        Some(Found { key, id, row })
    }

    /// The schema of the records of a table.
    pub fn schema_of(&self, key: &str) -> Option<&'a Schema> {
        match self.contract.collection(key) {
            Some(collection) => self.contract.schema(&collection.schema),
            None => self.contract.schema(key),
        }
    }

    /// The table that a reference points into, if the sandbox keeps one.
    pub fn target(&self, reference: &'a str) -> Option<&'a str> {
        let key = rules::references::target(reference).unwrap_or(reference);
        self.store.has(key).then_some(key)
    }

    /// One field of a record, computed where ConnectWise computes it. A flag that was never set
    /// is false, as a bit column is.
    pub fn field(&self, found: Found<'a>, field: &Field) -> Cow<'a, Value> {
        if field.name == "id" {
            return Cow::Owned(json!(found.id));
        }
        if field.kind == Kind::Info {
            return Cow::Owned(info(found.row));
        }
        if let Some(value) = rules::computed(self, found, &field.name) {
            return Cow::Owned(value);
        }
        match found.row.fields.get(&field.name) {
            Some(value) => Cow::Borrowed(value),
            None if field.kind == Kind::Bool => Cow::Owned(Value::Bool(false)),
            None => Cow::Borrowed(&NULL),
        }
    }

    /// The value at the end of a path of conditions or ordering; the path was checked before.
    pub fn lookup(&self, found: Found<'a>, path: &[String]) -> Cow<'a, Value> {
        let Some((first, rest)) = path.split_first() else {
            return Cow::Borrowed(&NULL);
        };
        let Some(field) = self.schema_of(found.key).and_then(|schema| schema.fields.get(first)) else {
            return Cow::Borrowed(&NULL);
        };
        if rest.is_empty() {
            return self.field(found, field);
        }
        match self.field(found, field) {
            Cow::Borrowed(value) => self.inside(value, &field.kind, rest),
            Cow::Owned(value) => Cow::Owned(self.inside_owned(&value, &field.kind, rest).unwrap_or(NULL)),
        }
    }

    /// Follows a path into a value that the store owns.
    pub fn inside(&self, value: &'a Value, kind: &'a Kind, path: &[String]) -> Cow<'a, Value> {
        let Some((first, rest)) = path.split_first() else {
            return Cow::Borrowed(value);
        };
        if let Kind::Reference(name) = kind
            && let Some(target) = self.followed(name, value)
        {
            if first == "id" {
                return Cow::Owned(json!(target.id));
            }
            if rest.is_empty()
                && let Some(shown) = rules::references::shown(self, target, first)
            {
                return Cow::Owned(shown);
            }
            return self.lookup(target, path);
        }
        let next = value.get(first).unwrap_or(&NULL);
        self.inside(next, &Kind::Any, rest)
    }

    fn inside_owned(&self, value: &Value, kind: &'a Kind, path: &[String]) -> Option<Value> {
        let (first, rest) = path.split_first()?;
        if let Kind::Reference(name) = kind
            && let Some(target) = self.followed(name, value)
        {
            return Some(match first.as_str() {
                "id" => json!(target.id),
                _ => rules::references::shown(self, target, first)
                    .unwrap_or_else(|| self.lookup(target, path).into_owned()),
            });
        }
        let mut at = value.get(first)?;
        for name in rest {
            at = at.get(name)?;
        }
        Some(at.clone())
    }

    fn followed(&self, reference: &'a str, value: &Value) -> Option<Found<'a>> {
        self.find(self.target(reference)?, value.get("id")?.as_i64()?)
    }

    /// The record as the API answers it: references expanded, write-only fields left out.
    pub fn shown(&self, found: Found<'a>, schema: &'a Schema) -> Record {
        let mut record = Record::new();
        for field in schema.fields.values() {
            if rules::unseen(&schema.name, field) {
                continue;
            }
            let value = self.field(found, field);
            if value.is_null() {
                if self.options.nulls {
                    record.insert(field.name.clone(), NULL);
                }
                continue;
            }
            record.insert(field.name.clone(), self.expanded(&value, &field.kind));
        }
        record
    }

    /// Fields that are no record's, shown as a record's are.
    pub fn shown_fields(&self, fields: &Record, schema: &'a Schema) -> Record {
        let shown = schema.fields.values().filter_map(|field| {
            let value = fields.get(&field.name).filter(|value| !value.is_null())?;
            Some((field.name.clone(), self.expanded(value, &field.kind)))
        });
        shown.collect()
    }

    fn expanded(&self, value: &Value, kind: &'a Kind) -> Value {
        match (kind, value) {
            (Kind::Reference(name), _) => self.expanded_reference(name, value),
            (Kind::Array(of), Value::Array(items)) => {
                items.iter().map(|item| self.expanded(item, of)).collect()
            }
            _ => value.clone(),
        }
    }

    fn expanded_reference(&self, name: &'a str, value: &Value) -> Value {
        let (Some(target), Some(schema)) = (self.followed(name, value), self.contract.schema(name)) else {
            return value.clone();
        };
        let mut record = Record::new();
        record.insert("id".to_owned(), json!(target.id));
        for field in schema.fields.keys().filter(|f| *f != "id" && *f != "_info") {
            if let Some(value) = rules::references::shown(self, target, field) {
                record.insert(field.clone(), value);
            }
        }
        Value::Object(record)
    }
}

/// `_info`: strings only (contract: behaviours, section 4).
fn info(row: &Row) -> Value {
    json!({
        "lastUpdated": clock::text(row.updated_at),
        "updatedBy": &*row.updated_by,
        "dateEntered": clock::text(row.entered_at),
        "enteredBy": &*row.entered_by,
    })
}
