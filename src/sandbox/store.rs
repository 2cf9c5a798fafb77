//! The records, in tables by collection.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A record as it is kept: references are `{"id": n}`, nulls are absent.
pub type Record = Map<String, Value>;

/// A record with what the server knows of it.
#[derive(Debug, Clone)]
pub struct Row {
    pub parents: Vec<i64>,
    pub fields: Record,
    pub entered_by: Arc<str>,
    pub entered_at: Timestamp,
    pub updated_by: Arc<str>,
    pub updated_at: Timestamp,
}

/// One collection's records. Ids are unique over all parents, as in the PSA's own tables.
#[derive(Debug, Default)]
pub struct Table {
    pub rows: BTreeMap<i64, Row>,
    children: BTreeMap<i64, BTreeSet<i64>>,
    last_id: i64,
}

impl Table {
    pub fn get(&self, id: i64) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// The rows below one parent, or all of them for a collection without one.
    pub fn under<'a>(&'a self, parents: &[i64]) -> Box<dyn Iterator<Item = (i64, &'a Row)> + 'a> {
        match parents.last() {
            None => Box::new(self.rows.iter().map(|(id, row)| (*id, row))),
            Some(parent) => Box::new(
                self.children
                    .get(parent)
                    .into_iter()
                    .flatten()
                    .filter_map(|id| Some((*id, self.rows.get(id)?))),
            ),
        }
    }
}

/// All tables, by the key of their collection. Tables whose records the contract has no path for
/// (currencies, billing cycles) are kept under the name of their reference schema.
#[derive(Debug, Default)]
pub struct Store {
    tables: HashMap<String, Table>,
}

/// Who writes, and when.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub by: Arc<str>,
    pub at: Timestamp,
}

impl Store {
    pub fn table(&self, key: &str) -> Option<&Table> {
        self.tables.get(key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.tables.contains_key(key)
    }

    pub fn get(&self, key: &str, id: i64) -> Option<&Row> {
        self.table(key)?.get(id)
    }

    /// The next id of a table will be above this one.
    pub fn start_ids(&mut self, key: &str, after: i64) {
        let table = self.tables.entry(key.to_owned()).or_default();
        table.last_id = table.last_id.max(after);
    }

    pub fn insert(&mut self, key: &str, parents: &[i64], fields: Record, stamp: &Stamp) -> i64 {
        let table = self.tables.entry(key.to_owned()).or_default();
        table.last_id += 1;
        let id = table.last_id;
        if let Some(parent) = parents.last() {
            table.children.entry(*parent).or_default().insert(id);
        }
        table.rows.insert(
            id,
            Row {
                parents: parents.to_vec(),
                fields,
                entered_by: stamp.by.clone(),
                entered_at: stamp.at,
                updated_by: stamp.by.clone(),
                updated_at: stamp.at,
            },
        );
        id
    }

    /// Replaces a record's fields; a record that is gone stays gone.
    pub fn update(&mut self, key: &str, id: i64, fields: Record, stamp: &Stamp) {
        if let Some(row) = self.tables.get_mut(key).and_then(|t| t.rows.get_mut(&id)) {
            row.fields = fields;
            row.updated_by = stamp.by.clone();
            row.updated_at = stamp.at;
        }
    }

    /// Deletes a record and what hangs below it.
    pub fn delete(&mut self, key: &str, id: i64) {
        if let Some(table) = self.tables.get_mut(key)
            && let Some(row) = table.rows.remove(&id)
            && let Some(parent) = row.parents.last()
            && let Some(siblings) = table.children.get_mut(parent)
        {
            siblings.remove(&id);
        }
        let below = format!("{key}/{{}}/");
        let children: Vec<(String, Vec<i64>)> = self
            .tables
            .iter()
            .filter(|(k, _)| k.starts_with(&below) && !k[below.len()..].contains('/'))
            .map(|(k, t)| {
                let ids = t.children.get(&id).into_iter().flatten().copied();
                (k.clone(), ids.collect())
            })
            .collect();
        for (table, ids) in children {
            for child in ids {
                self.delete(&table, child);
            }
        }
    }
}

/// The id inside a stored reference.
pub fn ref_id(value: Option<&Value>) -> Option<i64> {
    value?.get("id")?.as_i64()
}

/// A stored reference.
pub fn reference(id: i64) -> Value {
    json!({ "id": id })
}
