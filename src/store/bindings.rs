//! The agreement additions that psactl keeps, and the values it is the author of.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use rust_decimal::Decimal;

use super::{Result, Store, moment, seconds};

/// An agreement addition that psactl keeps equal to use.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Binding {
    /// The addition.
    pub addition_id: i64,
    /// Its agreement.
    pub agreement_id: i64,
    /// The customer it bills.
    pub cid: String,
    /// The service it bills.
    pub service: String,
    /// The quantity seen when psactl adopted it.
    pub adopted: Option<Decimal>,
    /// The quantity psactl wrote last.
    pub pushed: Option<Decimal>,
    /// The invoice description psactl wrote last.
    pub description: Option<String>,
    /// When psactl wrote it last.
    pub pushed_at: Option<Timestamp>,
    /// How use was counted when psactl last wrote its quantity, or found it right.
    pub basis: Option<String>,
}

impl Store {
    /// All bindings of a source.
    pub fn bindings(&self, source: &str) -> Result<Vec<Binding>> {
        let mut query = self.db.prepare_cached(
            "SELECT addition_id, agreement_id, cid, service, adopted, pushed, description, pushed_at, basis
             FROM bindings WHERE source = ?1 ORDER BY addition_id",
        )?;
        let rows = query.query_map([source], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The binding of one addition.
    pub fn binding(&self, source: &str, addition: i64) -> Result<Option<Binding>> {
        let mut query = self.db.prepare_cached(
            "SELECT addition_id, agreement_id, cid, service, adopted, pushed, description, pushed_at, basis
             FROM bindings WHERE source = ?1 AND addition_id = ?2",
        )?;
        Ok(query.query_row(params![source, addition], read).optional()?)
    }

    /// Remembers a binding, in place of an earlier one of the same addition.
    pub fn set_binding(&self, source: &str, binding: &Binding) -> Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT OR REPLACE INTO bindings
             (addition_id, agreement_id, source, cid, service, adopted, pushed, description, pushed_at, basis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        insert.execute(params![
            binding.addition_id,
            binding.agreement_id,
            source,
            binding.cid,
            binding.service,
            binding.adopted.map(|value| value.to_string()),
            binding.pushed.map(|value| value.to_string()),
            binding.description,
            binding.pushed_at.map(seconds),
            binding.basis,
        ])?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Binding> {
    let decimal = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Ok(Binding {
        addition_id: row.get(0)?,
        agreement_id: row.get(1)?,
        cid: row.get(2)?,
        service: row.get(3)?,
        adopted: decimal(row.get(4)?),
        pushed: decimal(row.get(5)?),
        description: row.get(6)?,
        pushed_at: row.get::<_, Option<i64>>(7)?.map(moment),
        basis: row.get(8)?,
    })
}
